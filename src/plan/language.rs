//! Spoken is not written: which language a rep must use on a channel.

use crate::routing::ids::{Channel, Word};
use crate::routing::skill::Mode;

/// The language a rep must use on a channel: `yue` and `cmn` are spoken, `zh-Hans` and `zh-Hant` written.
pub fn needed(language: Word, channel: Channel) -> Word {
    let tag = match (channel.mode(), language.as_str()) {
        (Mode::Speak, "zh-Hans" | "zh-Hant" | "zh") => "cmn",
        (Mode::Write, "cmn" | "zh") => "zh-Hans",
        (Mode::Write, "yue") => "zh-Hant",
        _ => return language,
    };
    Word::new(tag).expect("language tags are short")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cantonese_and_mandarin_are_spoken_and_chinese_is_written() {
        let word = |tag| Word::new(tag).unwrap();
        for (tag, channel, wanted) in [
            ("yue", Channel::Phone, "yue"),
            ("yue", Channel::Chat, "zh-Hant"),
            ("cmn", Channel::Form, "zh-Hans"),
            ("zh-Hant", Channel::Counter, "cmn"),
            ("es", Channel::Phone, "es"),
        ] {
            assert_eq!(needed(word(tag), channel), word(wanted), "{tag} {channel:?}");
        }
    }
}
