//! Written Chinese: Cantonese by its own words, simplified or traditional by its characters; and Japanese by its kana.

use super::{Found, word};

/// Characters and words of written Cantonese, and how much each says; standard Chinese quotes one now and then.
const CANTONESE: &[(&str, u32)] = &[
    ("嘅", 2),
    ("咗", 3),
    ("唔", 2),
    ("喺", 3),
    ("冇", 3),
    ("啲", 2),
    ("佢", 2),
    ("嘢", 3),
    ("咁", 2),
    ("畀", 2),
    ("嚟", 2),
    ("乜", 2),
    ("哋", 3),
    ("嗰", 3),
    ("噉", 3),
    ("攞", 3),
    ("睇", 2),
    ("搵", 2),
    ("嘥", 3),
    ("㗎", 3),
    ("喎", 2),
    ("屋企", 3),
    ("隔籬", 3),
    ("點樣", 2),
    ("點解", 3),
    ("邊度", 2),
    ("唔該", 3),
    ("而家", 3),
    ("係咪", 3),
];
/// Together they must say this much.
const CANTONESE_ENOUGH: u32 = 2;

/// The same characters in both ways of writing, place by place.
const SIMPLIFIED: &str = "们这个说国时会来对发电车线气东门问间见长马开关无为与书动从现两应该让过还进边树样点头单报坏请谢话语灯区号\
     邮处举没么给谁经网费税办证许楼墙厅园旧湿热实学习员务钟维护险变难题场阳阴积飞机扫铁桥沟伤声听写买卖价钱银\
     库邻满张贴换坟爷孙妈儿岁丢垫层帮当断队恶复盖赶刚挂广欢环黄击鸡级极继坚检渐将讲节结紧剧据绿乱骂庙鸟农盘赔\
     贫齐签轻确扰认软赛双顺态谈图涂团万伟卫误戏显献乡响协兴选压严养药业医义艺忆优犹鱼愿运杂脏帐针阵镇纸质种众\
     猪专转庄装总组红盏";
const TRADITIONAL: &str = "們這個說國時會來對發電車線氣東門問間見長馬開關無為與書動從現兩應該讓過還進邊樹樣點頭單報壞請謝話語燈區號\
     郵處舉沒麼給誰經網費稅辦證許樓牆廳園舊濕熱實學習員務鐘維護險變難題場陽陰積飛機掃鐵橋溝傷聲聽寫買賣價錢銀\
     庫鄰滿張貼換墳爺孫媽兒歲丟墊層幫當斷隊惡復蓋趕剛掛廣歡環黃擊雞級極繼堅檢漸將講節結緊劇據綠亂罵廟鳥農盤賠\
     貧齊簽輕確擾認軟賽雙順態談圖塗團萬偉衛誤戲顯獻鄉響協興選壓嚴養藥業醫義藝憶優猶魚願運雜髒帳針陣鎮紙質種眾\
     豬專轉莊裝總組紅盞";

/// A text in Chinese characters or kana.
pub fn or_japanese(text: &str, letters: &[char]) -> Found {
    let kana = letters.iter().filter(|c| matches!(c, '\u{3040}'..='\u{30ff}')).count();
    // Japanese is a third kana and more; Chinese borrows one for a brand
    if kana * 8 >= letters.len() && kana > 0 {
        return Found { code: word("ja"), confidence: 98 };
    }
    if is_cantonese(text) {
        return Found { code: word("yue"), confidence: 90 };
    }
    let count = |set: &str| letters.iter().filter(|c| set.contains(**c)).count();
    let (simplified, traditional) = (count(SIMPLIFIED), count(TRADITIONAL));
    let tag = if traditional > simplified { "zh-Hant" } else { "zh-Hans" };
    // what is written the same in both goes to whoever reads simplified, and may be either
    Found { code: word(tag), confidence: if simplified == traditional { 60 } else { 95 } }
}

fn is_cantonese(text: &str) -> bool {
    let said: u32 = CANTONESE.iter().map(|(marker, weight)| weight * text.matches(marker).count() as u32).sum();
    said >= CANTONESE_ENOUGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_written_one_way_or_the_other() {
        assert_eq!(SIMPLIFIED.chars().count(), TRADITIONAL.chars().count());
        assert!(SIMPLIFIED.chars().all(|c| !TRADITIONAL.contains(c)));
    }
}
