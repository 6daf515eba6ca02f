//! Finds words and phrases in what people write: all lists in one pass, whatever the case, accents and script.

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// Accented Latin letters by their bare letter (Unicode Latin-1 to Latin Extended Additional, which has all of Vietnamese).
const ACCENTED: [(char, &str); 25] = [
    ('a', "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ('b', "ḃḅḇ"),
    ('c', "çćĉċčḉ"),
    ('d', "ďđḋḍḏḑḓ"),
    ('e', "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ('f', "ḟ"),
    ('g', "ĝğġģǧǵḡ"),
    ('h', "ĥħȟḣḥḧḩḫẖ"),
    ('i', "ìíîïĩīĭįıǐȉȋḭḯỉị"),
    ('j', "ĵǰ"),
    ('k', "ķǩḱḳḵ"),
    ('l', "ĺļľłḷḹḻḽ"),
    ('m', "ḿṁṃ"),
    ('n', "ñńņňǹṅṇṉṋ"),
    ('o', "òóôõöøōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ('p', "ṕṗ"),
    ('r', "ŕŗřȑȓṙṛṝṟ"),
    ('s', "śŝşšșṡṣṥṧṩ"),
    ('t', "ţťțṫṭṯṱẗ"),
    ('u', "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ('v', "ṽṿ"),
    ('w', "ŵẁẃẅẇẉẘ"),
    ('x', "ẋẍ"),
    ('y', "ýÿŷȳẏẙỳỵỷỹ"),
    ('z', "źżžẑẓẕ"),
];

/// [`ACCENTED`], to be searched by accented letter.
static BARE: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let mut bare: Vec<_> = ACCENTED.iter().flat_map(|(bare, all)| all.chars().map(|c| (c, *bare))).collect();
    bare.sort_unstable();
    bare
});

/// The letter without its accents: `ñ` → `n`, `ё` → `е`; `й` is a letter of its own and stays.
fn bare(c: char) -> char {
    match c {
        '\0'..='\u{bf}' => c,
        'ё' => 'е',
        _ => BARE.binary_search_by_key(&c, |(accented, _)| *accented).map_or(c, |at| BARE[at].1),
    }
}

/// A script written without spaces between words, or with endings joined on: phrases are found inside longer runs.
fn is_spaceless(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}'     // Thai, Lao
        | '\u{1000}'..='\u{109f}'   // Myanmar
        | '\u{1780}'..='\u{17ff}'   // Khmer
        | '\u{3040}'..='\u{30ff}'   // kana
        | '\u{3400}'..='\u{9fff}'   // Han
        | '\u{ac00}'..='\u{d7af}'   // Hangul
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A text made ready for matching: lower case, without accents, with single spaces.
pub struct Folded {
    text: String,
    /// For every byte of `text`, the lower-case character before its accents were taken away.
    marked: Vec<char>,
}

impl Folded {
    pub fn new(text: &str) -> Folded {
        let mut folded = Folded { text: String::with_capacity(text.len()), marked: Vec::with_capacity(text.len()) };
        for c in text.chars() {
            match c {
                // combining accents (text in decomposed form, as some systems send it)
                '\u{0300}'..='\u{036f}' => folded.combine(c),
                // soft hyphen, zero-width characters, direction marks, byte-order mark
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' => {}
                '\u{ff01}'..='\u{ff5e}' => {
                    let ascii = char::from_u32(c as u32 - 0xfee0).unwrap_or(c);
                    folded.push(ascii.to_ascii_lowercase());
                }
                '\u{2018}' | '\u{2019}' | '\u{02bc}' => folded.push('\''),
                '-' | '_' | '\u{2010}'..='\u{2015}' => folded.space(),
                'ß' => folded.push_all("ss"),
                'æ' | 'Æ' => folded.push_all("ae"),
                'œ' | 'Œ' => folded.push_all("oe"),
                c if c.is_whitespace() => folded.space(),
                c => c.to_lowercase().for_each(|c| folded.push(c)),
            }
        }
        folded
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn push(&mut self, marked: char) {
        if ('\u{0300}'..='\u{036f}').contains(&marked) {
            return; // the lower case of `İ` brings one
        }
        let bare = bare(marked);
        self.text.push(bare);
        self.marked.extend(std::iter::repeat_n(marked, bare.len_utf8()));
    }

    fn push_all(&mut self, text: &str) {
        text.chars().for_each(|c| self.push(c));
    }

    fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.push(' ');
        }
    }

    /// An accent that came as a character of its own is dropped, unless it makes another letter.
    fn combine(&mut self, accent: char) {
        let whole = match (self.text.chars().next_back(), accent) {
            (Some('и'), '\u{0306}') => 'й',
            (Some('і'), '\u{0308}') => 'ї',
            _ => return,
        };
        self.text.pop();
        self.marked.truncate(self.text.len());
        self.push(whole);
    }

    fn is_word(c: Option<char>) -> bool {
        c.is_some_and(|c| c.is_alphanumeric() && !is_spaceless(c))
    }
}

/// One phrase of one list. `*` at its end finds longer words as well.
#[derive(Clone, Debug)]
pub struct Phrase<'a> {
    pub list: u32,
    pub text: &'a str,
    /// In this language another accent is another word (Vietnamese tones): letters without accents still
    /// match, letters with a different one do not.
    pub tonal: bool,
}

/// Where a phrase stands in the folded text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub list: u32,
    /// The position of the phrase among those given to [`Words::new`].
    pub phrase: usize,
    pub start: usize,
    pub end: usize,
}

impl Hit {
    pub fn overlaps(&self, other: &Hit) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Any number of word lists, found together in one pass.
#[derive(Clone, Debug)]
pub struct Words {
    matcher: AhoCorasick,
    phrases: Vec<Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    list: u32,
    starts_word: bool,
    ends_word: bool,
    tonal: Option<Vec<char>>,
}

impl Words {
    /// Phrases that are empty after folding are never found; callers refuse them.
    pub fn new(phrases: &[Phrase<'_>]) -> Words {
        let mut patterns = Vec::with_capacity(phrases.len());
        let mut kept = Vec::with_capacity(phrases.len());
        for phrase in phrases {
            let (text, is_stem) = match phrase.text.trim().strip_suffix('*') {
                Some(stem) => (stem, true),
                None => (phrase.text.trim(), false),
            };
            let folded = Folded::new(text);
            kept.push(Kept {
                list: phrase.list,
                starts_word: Folded::is_word(folded.text.chars().next()),
                ends_word: !is_stem && Folded::is_word(folded.text.chars().next_back()),
                tonal: phrase.tonal.then_some(folded.marked),
            });
            patterns.push(folded.text);
        }
        let matcher = AhoCorasick::new(&patterns).expect("a few thousand phrases fit");
        Words { matcher, phrases: kept }
    }

    /// Every phrase in the text, overlapping ones too, by their end.
    pub fn hits<'a>(&'a self, text: &'a Folded) -> impl Iterator<Item = Hit> + 'a {
        self.matcher.find_overlapping_iter(&text.text).filter_map(|found| {
            let phrase = found.pattern().as_usize();
            let kept = &self.phrases[phrase];
            let hit = Hit { list: kept.list, phrase, start: found.start(), end: found.end() };
            (hit.start < hit.end && kept.stands_alone(text, &hit) && kept.accents_agree(text, &hit)).then_some(hit)
        })
    }
}

impl Kept {
    /// No letter or digit of a spaced script directly before or after.
    fn stands_alone(&self, text: &Folded, hit: &Hit) -> bool {
        let before = text.text[..hit.start].chars().next_back();
        let after = text.text[hit.end..].chars().next();
        let is_inside = self.starts_word && Folded::is_word(before) || self.ends_word && Folded::is_word(after);
        !is_inside
    }

    fn accents_agree(&self, text: &Folded, hit: &Hit) -> bool {
        let Some(phrase) = &self.tonal else { return true };
        text.marked[hit.start..hit.end].iter().zip(phrase).all(|(said, meant)| said == meant || bare(*said) == *said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrase: &str, text: &str) -> bool {
        let words = Words::new(&[Phrase { list: 0, text: phrase, tonal: false }]);
        words.hits(&Folded::new(text)).next().is_some()
    }

    #[test]
    fn case_and_accents_do_not_matter() {
        for (phrase, text) in [
            ("cable caído", "Hay un CABLE CAIDO en la calle"),
            ("cable caído", "hay un cable cai\u{301}do"),
            ("бьёт", "Он меня БЬЕТ"),
            ("rò rỉ khí gas", "Ro ri khi gas o bep"),
            ("gas leak", "a gas-leak?"),
            ("gas leak", "GAS \n LEAK"),
            ("can't get past", "I can’t get past"),
            ("gas", "ＧＡＳ"),
            ("Straße", "in der strasse"),
            ("войной", "войнои\u{306}"),
        ] {
            assert!(found(phrase, text), "{phrase} in {text}");
        }
    }

    #[test]
    fn words_are_whole_words_where_the_script_has_them() {
        for (phrase, text) in [
            ("gun", "it has begun"),
            ("gun", "gunnar"),
            ("искрит", "заискрит"),
            ("провод", "провода"),
            ("gas leak", "gas. Leak"),
            ("gas", "gas2"),
        ] {
            assert!(!found(phrase, text), "{phrase} in {text}");
        }
        for (phrase, text) in [
            ("gun", "(gun)"),
            ("自杀", "他想自杀了"),
            ("gas", "我闻到gas味"),
            ("suicid*", "suicidal thoughts"),
            ("стреля*", "здесь стреляют!"),
        ] {
            assert!(found(phrase, text), "{phrase} in {text}");
        }
    }

    #[test]
    fn a_different_tone_is_a_different_word() {
        let words = Words::new(&[Phrase { list: 0, text: "tự tử", tonal: true }]);
        let is_there = |text: &str| words.hits(&Folded::new(text)).next().is_some();
        assert!(is_there("tôi muốn tự tử"));
        assert!(is_there("toi muon tu tu"), "typed without accents");
        assert!(!is_there("xin nói từ từ"), "slowly");
    }

    #[test]
    fn all_lists_are_found_in_one_pass_even_when_they_overlap() {
        let phrase = |list, text| Phrase { list, text, tonal: false };
        let words = Words::new(&[phrase(0, "smell gas"), phrase(1, "gas station"), phrase(2, "gas")]);
        let mut lists: Vec<u32> = words.hits(&Folded::new("I smell gas station food")).map(|hit| hit.list).collect();
        lists.sort_unstable();
        assert_eq!(lists, [0, 1, 2]);
    }

    #[test]
    fn every_accented_letter_has_one_bare_letter() {
        assert!(BARE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(BARE.iter().all(|(_, bare)| bare.is_ascii_lowercase()));
    }
}
