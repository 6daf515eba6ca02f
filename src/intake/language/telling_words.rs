//! Small words that no sentence does without: they tell languages of one script apart where no model does.

use super::{Found, word};
use crate::plan::words::Folded;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The commonest small words of each language, and of what people ask a city for; without accents, as many write them.
/// A word that several languages share stands with each of them.
const LATIN: &[(&str, &str)] = &[
    (
        "en",
        "the a is are was and or on at in of to for from with my our your we it its this that there has have been \
         not no when where how what do does please need who",
    ),
    (
        "es",
        "el la los las un una de del en y o a es esta hay mi mis su no se que por para con al lo como cuando donde \
         muy calle casa agua basura necesito quiero ayuda favor frente desde",
    ),
    (
        "fr",
        "le la les un une des de du et ou a au est sont il y dans ma mon ce cette ne pas plus sur en que qui pour \
         avec rue depuis besoin",
    ),
    (
        "pt",
        "o a os as um uma de do da dos das em no na nao e ha esta foi minha meu que por para com rua ao quando onde \
         muito preciso lixo",
    ),
    (
        "ro",
        "este sunt si la pe de din in nu se a fost un o ce cu sa mea meu noastra strada pentru cand unde apa va rog",
    ),
    (
        "de",
        "der die das den dem ein eine ist sind und oder in im am an auf nicht kein mein meine unsere unserer wurde \
         seit wir ich bitte vor es diese dieser",
    ),
    (
        "pl",
        "na w z i jest sa nie sie do o od po przed moja moj naszej nasz ulicy tym prosze mam kiedy gdzie to zostaly \
         zostal jak dla przy",
    ),
    (
        "tl",
        "ang ng sa na mga ay may po ko namin amin ito hindi wala walang nasa kailangan dito kami ako ni si pa lang \
         bahay kalsada tubig basura ilaw",
    ),
    (
        "so",
        "waa waxaa waxaan waxay ayaa oo ku ka la iyo ma uu wuu way lama fadlan waddada guriga iga aan jira yaal biyaha \
         u qashinka",
    ),
    (
        "sw",
        "kuna na ya wa la kwa katika ni si yangu yetu kwetu hii hiyo tafadhali nahitaji maji barabara takataka wiki",
    ),
    (
        "ht",
        "mwen nou yo li gen pa kijan ki kote tanpri mesi nan yon la a sa bezwen anpil dlo fatra pou ak lari kay ka te \
         ap bonjou limye kouran",
    ),
    (
        "vi",
        "co khong duong nuoc toi nguoi xin giup nha ngap duoc truoc cua tren sua rac cay bi gui chua hoi mot o tuan \
         nay thanh lam biet trong rat nhieu ngay qua den hu gan va la noi",
    ),
];
/// Different ones of them that must be there, their share of all words in percent, and by how many they must lead.
const ENOUGH: usize = 3;
const SHARE: usize = 35;
const LEAD: usize = 2;
/// How sure we are then, in percent.
const CONFIDENCE: u8 = 85;

/// Words in letters that both languages have.
const UKRAINIAN: &str = "з та що треба тече немає брудна вулиця дуже будь";
const RUSSIAN: &str = "с и из что нет надо нужно не в грязная улица очень";

const NEPALI: &str = "छ छन् छैन हुन्छ मा लाई भएको गर्नुहोस् हो मेरो पनि बाट ले यो";
const HINDI: &str = "है हैं में का की के पर नहीं मेरे मेरी से को और";

/// Each of the words, with the languages it stands for, a bit each in the order of [`LATIN`].
static LANGUAGES_OF: LazyLock<BTreeMap<&str, u16>> = LazyLock::new(|| {
    let mut all = BTreeMap::new();
    for (at, (_, telling)) in LATIN.iter().enumerate() {
        telling.split_whitespace().for_each(|word| *all.entry(word).or_default() |= 1 << at);
    }
    all
});

/// A language of the Latin script that its small words give away.
pub fn latin(text: &str) -> Option<Found> {
    let text = Folded::new(text);
    let mut said: Vec<&str> = words(text.as_str()).collect();
    said.sort_unstable();
    // for each language: words that are among its telling ones, and different ones of them
    let mut scores: [(usize, usize, usize); LATIN.len()] = std::array::from_fn(|at| (0, 0, at));
    for same in said.chunk_by(|a, b| a == b) {
        let languages = LANGUAGES_OF.get(same[0]).copied().unwrap_or(0);
        for (hits, different, _) in scores.iter_mut().filter(|(_, _, at)| languages >> at & 1 == 1) {
            *hits += same.len();
            *different += 1;
        }
    }
    scores.sort_by_key(|(hits, _, _)| std::cmp::Reverse(*hits));
    let [(hits, different, at), (second, _, _), ..] = scores;
    let clear = different >= ENOUGH && hits * 100 >= said.len() * SHARE && hits >= second + LEAD;
    clear.then(|| Found { code: word(LATIN[at].0), confidence: CONFIDENCE })
}

/// Russian or Ukrainian, where no letter has told.
pub fn cyrillic(text: &str) -> Option<Found> {
    let text = text.to_lowercase();
    let said: Vec<&str> = words(&text).collect();
    let (ukrainian, russian) = (counted(&said, UKRAINIAN), counted(&said, RUSSIAN));
    let tag = if ukrainian > russian { "uk" } else { "ru" };
    (ukrainian != russian).then(|| Found { code: word(tag), confidence: CONFIDENCE })
}

/// Which of the two that are written in Devanagari.
pub fn nepali_or_hindi(text: &str) -> &'static str {
    let said: Vec<&str> = words(text).collect();
    // Nepali hangs its small words on the word before
    let hung = said
        .iter()
        .filter(|word| ["मा", "लाई", "को", "ले"].iter().any(|end| word.len() > end.len() && word.ends_with(end)));
    if counted(&said, NEPALI) + hung.count() > counted(&said, HINDI) { "ne" } else { "hi" }
}

fn counted(said: &[&str], telling: &str) -> usize {
    said.iter().filter(|word| telling.split_whitespace().any(|told| told == **word)).count()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation() || "।«»“”„’¿¡…".contains(c))
        .filter(|w| !w.is_empty())
}
