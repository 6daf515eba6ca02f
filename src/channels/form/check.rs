//! Looks at what a request says: what must be there, how long, of what shape. Finds everything wrong at once.

use super::body::{FILE_MAX, FILES_MAX, FileTrouble};
use crate::catalogue::{Answer, Service};
use crate::message::{Attachment, Party, clean_line};
use crate::routing::ids::Word;
use crate::texts::Text;
use std::collections::BTreeMap;

/// What a person writes, in characters.
pub const TEXT_MAX: usize = 20_000;
/// A name and other short answers, in characters.
pub const NAME_MAX: usize = 200;
/// An address (RFC 5321 §4.5.3.1.3, without the brackets), in characters.
const EMAIL_MAX: usize = 254;
/// A telephone number with its extension, in characters.
const PHONE_MAX: usize = 40;
/// An answer to one of the form's own questions, in characters.
const ANSWER_MAX: usize = 2_000;
/// Answers in one request.
pub const ANSWERS_MAX: usize = 64;

/// A request as it was sent, cleaned but not looked at.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub text: Option<String>,
    pub language: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// Answers by question.
    pub answers: BTreeMap<String, String>,
    pub files: Vec<Attachment>,
    pub file_trouble: Option<FileTrouble>,
}

/// A request that can be handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub text: String,
    pub language: Option<Word>,
    pub party: Party,
    pub answers: BTreeMap<String, String>,
    pub files: Vec<Attachment>,
}

/// One field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// As it stands in the form and in JSON, for example `email` or `fields.location`.
    pub field: String,
    pub wrong: Wrong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    Required,
    TooLong(usize),
    Email,
    Phone,
    Choice,
    File(FileTrouble),
}

impl Wrong {
    /// In the reader's language.
    pub fn say(self, t: &Text) -> String {
        match self {
            Wrong::Required => t.text("error-required"),
            Wrong::TooLong(max) => t.say("error-too-long", &[("max", max.into())]),
            Wrong::Email => t.text("error-email"),
            Wrong::Phone => t.text("error-phone"),
            Wrong::Choice => t.text("error-choice"),
            Wrong::File(FileTrouble::Type) => t.text("error-file-type"),
            Wrong::File(FileTrouble::Size) => t.say("error-file-size", &[("max", (FILE_MAX >> 20).into())]),
            Wrong::File(FileTrouble::Count) => t.say("error-file-count", &[("max", FILES_MAX.into())]),
        }
    }
}

/// Who sends. Only a person is held to the questions that a form marks as required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// They see them on the page.
    Person,
    /// It need not know them; a rep will ask.
    Program,
}

/// Everything that is wrong, in the order of the page; or the request.
pub fn check(sent: Sent, service: &Service, from: Sender) -> Result<Asked, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, wrong| faults.push(Fault { field: field.to_owned(), wrong });
    if sent.answers.len() > ANSWERS_MAX {
        fault("fields", Wrong::TooLong(ANSWERS_MAX));
    }
    for question in &service.questions {
        let answer = sent.answers.get(&question.name);
        let wrong = match (answer, &question.answer) {
            (None, _) => (question.required && from == Sender::Person).then_some(Wrong::Required),
            (Some(answer), Answer::Choice(choices)) => {
                (!choices.iter().any(|choice| choice.value == *answer)).then_some(Wrong::Choice)
            }
            (Some(_), Answer::Text) => None,
        };
        if let Some(wrong) = wrong {
            fault(&format!("fields.{}", question.name), wrong);
        }
    }
    for (name, answer) in &sent.answers {
        if let Some(wrong) = too_long(answer, ANSWER_MAX).or(too_long(name, NAME_MAX)) {
            fault(&format!("fields.{name}"), wrong);
        }
    }
    match &sent.text {
        None => fault("text", Wrong::Required),
        Some(text) => too_long(text, TEXT_MAX).into_iter().for_each(|wrong| fault("text", wrong)),
    }
    sent.file_trouble.into_iter().for_each(|trouble| fault("photos", Wrong::File(trouble)));
    let language = sent.language.as_deref().map(language_tag);
    if language == Some(None) {
        fault("language", Wrong::Choice);
    }
    let name = sent.name.as_deref().and_then(|name| too_long(name, NAME_MAX));
    name.into_iter().for_each(|wrong| fault("name", wrong));
    if sent.email.as_deref().is_some_and(|email| !is_email(email)) {
        fault("email", Wrong::Email);
    }
    if sent.phone.as_deref().is_some_and(|phone| !is_phone(phone)) {
        fault("phone", Wrong::Phone);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let name = sent.name.as_deref().map(clean_line).filter(|name| !name.is_empty());
    Ok(Asked {
        text: sent.text.unwrap_or_default(),
        language: language.flatten(),
        party: Party { name, email: sent.email, phone: sent.phone },
        answers: sent.answers,
        files: sent.files,
    })
}

/// Without what nobody means to send: control characters, line ends of other systems, space around. `None` when empty.
pub fn cleaned(text: &str) -> Option<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn too_long(text: &str, max: usize) -> Option<Wrong> {
    (text.chars().nth(max).is_some()).then_some(Wrong::TooLong(max))
}

/// The shape of an address that a mail server could take; whether it exists only a mail can tell.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[]\\,;:\"@".contains(c);
    let labels = domain.split('.');
    text.chars().count() <= EMAIL_MAX
        && (1..=64).contains(&local.len())
        && local.chars().all(plain)
        && domain.contains('.')
        && labels
            .clone()
            .all(|label| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-'))
        && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.')
}

/// Seven to fifteen digits (ITU-T E.164), written as people write them, with an extension or without.
pub fn is_phone(text: &str) -> bool {
    let lower = text.to_lowercase();
    let number = lower.split(['x', '#', ';', ',', 'e']).next().unwrap_or_default();
    let extension = &lower[number.len()..];
    let digits = number.chars().filter(char::is_ascii_digit).count();
    text.chars().count() <= PHONE_MAX
        && (7..=15).contains(&digits)
        && number
            .chars()
            .enumerate()
            .all(|(at, c)| c.is_ascii_digit() || " -().\u{2011}/".contains(c) || (c == '+' && at == 0))
        && extension.chars().all(|c| c.is_ascii_digit() || "ext .:#;,=".contains(c))
}

/// A language tag (BCP 47) in its usual spelling: `zh-hant` is `zh-Hant`. `None` when it cannot be one.
pub fn language_tag(text: &str) -> Option<Word> {
    let mut parts = text.split('-');
    let primary = parts.next().filter(|part| (2..=3).contains(&part.len()) && is_alpha(part))?.to_ascii_lowercase();
    let mut tag = primary;
    for part in parts {
        let part = match part.len() {
            4 if is_alpha(part) => format!("{}{}", part[..1].to_ascii_uppercase(), part[1..].to_ascii_lowercase()),
            2 if is_alpha(part) => part.to_ascii_uppercase(),
            1..=8 if part.bytes().all(|byte| byte.is_ascii_alphanumeric()) => part.to_ascii_lowercase(),
            _ => return None,
        };
        tag = format!("{tag}-{part}");
    }
    Word::new(&tag).ok()
}

fn is_alpha(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn everything_wrong_is_found_at_once_in_the_order_of_the_page() {
        let catalogue = Catalogue::shipped();
        let sent = Sent {
            email: Some("nobody".into()),
            phone: Some("12".into()),
            name: Some("x".repeat(NAME_MAX + 1)),
            language: Some("?".into()),
            answers: BTreeMap::from([("tree_on".into(), "the moon".into())]),
            file_trouble: Some(FileTrouble::Size),
            ..Sent::default()
        };
        let service = catalogue.get("hazard_tree").unwrap();
        let fields = |from| -> Vec<(String, Wrong)> {
            let faults = check(sent.clone(), service, from).unwrap_err();
            faults.into_iter().map(|fault| (fault.field, fault.wrong)).collect()
        };
        let found = [
            ("fields.location", Wrong::Required),
            ("fields.tree_on", Wrong::Choice),
            ("text", Wrong::Required),
            ("photos", Wrong::File(FileTrouble::Size)),
            ("language", Wrong::Choice),
            ("name", Wrong::TooLong(NAME_MAX)),
            ("email", Wrong::Email),
            ("phone", Wrong::Phone),
        ]
        .map(|(field, wrong)| (field.to_owned(), wrong));
        assert_eq!(fields(Sender::Person), found);
        assert_eq!(fields(Sender::Program), found[1..], "a program need not know the form's questions");
    }

    #[test]
    fn a_name_cannot_turn_what_stands_around_it() {
        let catalogue = Catalogue::shipped();
        let name = |given: &str| {
            let sent = Sent { text: Some("x".into()), name: Some(given.into()), ..Sent::default() };
            check(sent, catalogue.get("unknown").unwrap(), Sender::Person).ok().and_then(|asked| asked.party.name)
        };
        assert_eq!(name("Ana\u{202e}nibuR\u{2066}").as_deref(), Some("AnanibuR"));
        assert_eq!(name("\u{202e}\u{2069}"), None);
    }

    #[test]
    fn the_longest_text_is_counted_in_characters() {
        let catalogue = Catalogue::shipped();
        let with = |text: String| {
            let sent = Sent { text: Some(text), ..Sent::default() };
            check(sent, catalogue.get("unknown").unwrap(), Sender::Person).is_ok()
        };
        assert!(with("水".repeat(TEXT_MAX)));
        assert!(!with("水".repeat(TEXT_MAX + 1)));
    }

    #[test]
    fn text_loses_what_nobody_means_to_send() {
        assert_eq!(cleaned("  a\r\nb\rc\0\u{1b}[31m\td \n").as_deref(), Some("a\nb\nc[31m\td"));
        assert_eq!(cleaned(" \n\0 "), None);
    }

    #[test]
    fn addresses_and_numbers_as_people_write_them() {
        for good in ["a@b.org", "o'brien+311@mail.example.com", "имя@почта.рф"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "a", "a@b", "@b.org", "a@.org", "a@b..org", "a b@c.org", "a@b.org>", "a@b.org\nBcc: x@y.z", "a@-b.org"]
        {
            assert!(!is_email(bad), "{bad}");
        }
        for good in [
            "503-823-4000",
            "(503) 823 4000",
            "+1 503.823.4000",
            "503-823-4000 x12",
            "5038234000 ext. 12",
            "5038234000#7",
        ] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["", "311", "503-823-400a", "call me", "+", "1234567890123456", "503+8234000", "5038234000 <b>"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }

    #[test]
    fn language_tags_are_spelled_one_way() {
        let tag = |text| language_tag(text).map(|tag| tag.to_string());
        assert_eq!(tag("ES").as_deref(), Some("es"));
        assert_eq!(tag("zh-hant-tw").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(tag("yue").as_deref(), Some("yue"));
        for bad in ["", "e", "english", "es_MX", "es-", "es--MX", "12", "zh-Hant-and-far-too-long-a-tag"] {
            assert_eq!(tag(bad), None, "{bad}");
        }
    }
}
