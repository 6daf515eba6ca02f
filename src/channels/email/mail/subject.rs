//! Subjects: the prefixes that programs stack on them, and the reference we put into ours.

/// "Answer" and "forward" as mail programs write them, in lower case, without the colon.
const ANSWERS: &[&str] = &[
    "re",
    "aw",
    "sv",
    "vs",
    "res",
    "odp",
    "отв",
    "ответ",
    "ha",
    "відп",
    "回复",
    "答复",
    "回覆",
    "答覆",
    "返信",
    "답장",
    "회신",
    "trả lời",
    "rsp",
    "ynt",
    "r",
    "rif",
    "antw",
    "رد",
    "بخصوص",
    "bls",
    "atb",
    "sag",
];
const FORWARDS: &[&str] = &[
    "fwd",
    "fw",
    "wg",
    "rv",
    "enc",
    "tr",
    "i",
    "doorst",
    "轉寄",
    "转发",
    "轉發",
    "転送",
    "전달",
    "chuyển tiếp",
    "пересл",
    "пер",
    "переслано",
    "إعادة توجيه",
    "reenv",
    "vb",
];

/// A subject without any of the prefixes stacked on it: `RE: AW: Re[2]: Pothole` is `Pothole`.
pub fn plain(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some((_, behind)) = prefix(rest) {
        rest = behind;
    }
    rest
}

/// The outermost prefix says that the mail was passed on.
pub fn is_forward(subject: &str) -> bool {
    prefix(subject.trim()).is_some_and(|(forward, _)| forward)
}

/// Whether the first prefix is one of forwarding, and what follows it.
fn prefix(subject: &str) -> Option<(bool, &str)> {
    let colon = subject.char_indices().take(24).find(|(_, c)| matches!(c, ':' | '：'))?;
    let word = subject[..colon.0].trim_end();
    // `Re[2]`, `Re(2)`, `Re^2`.
    let word =
        word.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')' | '^')).trim_end();
    let word = word.to_lowercase();
    let forward = FORWARDS.contains(&word.as_str());
    let known = forward || ANSWERS.contains(&word.as_str());
    known.then(|| (forward, subject[colon.0 + colon.1.len_utf8()..].trim_start()))
}

/// The first reference in a subject, in our own brackets or as people write it: `[PDX-000123-0]`, `about PDX-000123-0`. Anyone
/// can write one: it is a claim, no proof.
pub fn reference(subject: &str) -> Option<&str> {
    subject.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').find(|word| is_reference(word))
}

fn is_reference(word: &str) -> bool {
    let mut parts = word.rsplitn(3, '-');
    let (Some(check), Some(digits), Some(name)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let is_name = (1..=20).contains(&name.len()) && !name.starts_with('-');
    is_name && (6..=20).contains(&digits.len()) && is_number(digits) && check.len() == 1 && is_number(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacked_prefixes_go_and_words_stay() {
        let plain_ones = [
            ("Re: AW: Pothole on 5th", "Pothole on 5th"),
            ("RE: Re[2]: 答复: 路灯", "路灯"),
            ("Отв: Ответ: яма", "яма"),
            ("Trả lời: Fwd: đèn", "đèn"),
            ("回覆：路燈", "路燈"),
            ("R: I: luce", "luce"),
            ("Street: light", "Street: light"),
            ("Re:", ""),
        ];
        for (subject, wanted) in plain_ones {
            assert_eq!(plain(subject), wanted, "{subject}");
        }
        assert!(is_forward("WG: Loch") && is_forward("Fwd: Re: x") && !is_forward("Re: Fwd: x"));
    }

    #[test]
    fn a_reference_is_found_with_brackets_and_without() {
        assert_eq!(reference("Re: [PDX-000123-0] We received it"), Some("PDX-000123-0"));
        assert_eq!(reference("[EXTERNAL] [311-1000000-4] x"), Some("311-1000000-4"));
        assert_eq!(reference("About PDX-000123-0, please"), Some("PDX-000123-0"));
        assert_eq!(reference("路灯（SB-000123-4）"), Some("SB-000123-4"));
        for none in ["[PDX-12-0]", "PDX-000123", "--000123-0", "[--]", "[]", "[", "26-11-2026", "PDX-000123-04"] {
            assert_eq!(reference(none), None, "{none}");
        }
    }
}
