//! Whatever people call themselves and whatever they write about: the letter says what was meant, and nothing else.

use crate::letter::{NOW, letter};
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;
use steelbridge::channels::delivery::Kind;
use steelbridge::channels::email::letter::clean;
use steelbridge::channels::email::letter::{Attached, Letter, NoLetter, Passage, compose};
use steelbridge::routing::ids::{ContactId, Timestamp};

/// Any Unicode, and texts made of what headers are made of.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x00-\\x20\\x7f-\\x9f\"\\\\<>@,;:=?()\\[\\]a-z.Bc\u{202e}\u{2066}\u{2028}жش漢😀]{0,300}",
        Just("n\r\nBcc: e@e.org".to_owned()),
        Just("=?utf-8?q?a=0D=0ABcc:_x?=".to_owned()),
    ]
}

const ALLOWED: [&str; 15] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "In-Reply-To",
    "References",
    "Content-Language",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Steelbridge-Instance",
    "MIME-Version",
    "Content-Type",
    "DKIM-Signature",
];

/// Header names and lines as bytes, read without any parser of mail.
fn check_bytes(mime: &[u8]) {
    assert!(mime.is_ascii());
    let text = std::str::from_utf8(mime).unwrap();
    assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']), "every line end is CRLF");
    assert!(text.split("\r\n").all(|line| line.len() <= 998));
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let mut seen = Vec::new();
    for line in head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])) {
        let name = line.split(':').next().unwrap();
        assert!(ALLOWED.contains(&name) && !seen.contains(&name), "header {name:?} in {head}");
        seen.push(name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn names_and_subjects_are_read_back_as_they_were_meant(
        name in words(), from_name in words(), subject in words(), body in words(), file in words(), kind in words(),
        ids in proptest::collection::vec(words(), 0..4), language in words(),
    ) {
        let letter = Letter {
            to_name: Some(name.clone()),
            from_name: from_name.clone(),
            subject: subject.clone(),
            passages: vec![Passage { language, text: body.clone() }],
            in_reply_to: ids.first().cloned(),
            references: ids.clone(),
            attachments: vec![Attached { name: file.clone(), media_type: kind, bytes: body.clone().into_bytes() }],
            instance: file.clone(),
            ..letter()
        };
        let mail = compose(&letter, None).unwrap();
        check_bytes(&mail.mime);
        let read = MessageParser::default().parse(&mail.mime).unwrap();
        let some = |text: String| (!text.is_empty()).then_some(text);
        let to = read.to().unwrap().first().unwrap();
        prop_assert_eq!(to.name().map(str::to_owned), some(clean::line(&name)));
        prop_assert_eq!(to.address().unwrap(), "bob@resident.example");
        prop_assert_eq!(read.to().unwrap().iter().count(), 1);
        prop_assert_eq!(read.from().unwrap().first().unwrap().name().map(str::to_owned), some(clean::line(&from_name)));
        prop_assert_eq!(read.subject().unwrap_or_default(), clean::line(&subject));
        prop_assert!(read.cc().is_none() && read.bcc().is_none());
        let said = read.body_text(0).unwrap_or_default().replace("\r\n", "\n");
        let meant = clean::text(&body);
        prop_assert_eq!(said.trim_end_matches('\n'), meant.trim_end_matches('\n'));
        prop_assert_eq!(read.attachment(0).unwrap().contents(), body.as_bytes());
        let saved = read.attachment(0).unwrap().attachment_name().map(str::to_owned);
        prop_assert_eq!(saved, Some(clean::file_name(&file)));
    }

    #[test]
    fn an_address_is_an_address_or_there_is_no_letter(to in words()) {
        let made = compose(&Letter { to: format!("{to}@resident.example"), ..letter() }, None);
        match made {
            Ok(mail) => {
                let read = MessageParser::default().parse(&mail.mime).unwrap();
                prop_assert_eq!(read.to().unwrap().iter().count(), 1);
                prop_assert!(!mail.recipient.chars().any(|c| c.is_control() || c.is_whitespace()));
            }
            Err(error) => prop_assert_eq!(error, NoLetter::Address("recipient's")),
        }
    }
}

#[test]
fn the_same_letter_has_the_same_bytes() {
    let mut letter = letter();
    letter.attachments =
        vec![Attached { name: "a.pdf".into(), media_type: "application/pdf".into(), bytes: vec![7; 99] }];
    let first = compose(&letter, None).unwrap();
    assert_eq!(first, compose(&letter, None).unwrap());
    letter.message_id = "<c.7.3.k3k9@mail.city.example>".into();
    assert_ne!(first.mime, compose(&letter, None).unwrap().mime);
}

#[test]
fn our_marks_go_into_a_letter_as_they_are() {
    use steelbridge::channels::email::mail::token::Tokens;
    let (tokens, contact) = (Tokens::new([7; 32], "mail.city.example"), ContactId(41));
    let reply_to = tokens.reply_address("311@city.example", contact);
    let envelope_from = tokens.return_address("bounces@city.example", contact, 2);
    let message_id = tokens.message_id(contact, 2);
    let mail = compose(&Letter { reply_to: reply_to.clone(), envelope_from, message_id, ..letter() }, None).unwrap();
    let read = MessageParser::default().parse(&mail.mime).unwrap();
    assert!(tokens.read_message_id(&mail.message_id).is_some());
    assert!(tokens.read_return_address(&mail.envelope_from.unwrap()).is_some());
    assert_eq!(read.reply_to().unwrap().first().unwrap().address().map(str::to_owned), reply_to);
}

#[test]
fn a_thread_of_any_length_stays_within_a_line() {
    let references = (0..500).map(|n| format!("<{n}.{}@resident.example>", "x".repeat(60))).collect();
    let mail = compose(&Letter { references, ..letter() }, None).unwrap();
    let read = MessageParser::default().parse(&mail.mime).unwrap();
    let ids = read.references().as_text_list().unwrap();
    assert!(ids.len() == 10 && ids[0].starts_with("0.") && ids[9].starts_with("499."), "{ids:?}");
    let header = read.header_raw("References").unwrap();
    assert!("References:".len() + header.len() < 998, "{}", header.len());
}

#[test]
fn what_is_automatic_says_so_and_what_is_not_does_not() {
    let head = |kind| {
        let mail = compose(&Letter { kind, ..letter() }, None).unwrap();
        String::from_utf8(mail.mime).unwrap()
    };
    assert!(!head(Kind::Reply).contains("Auto-Submitted") && !head(Kind::Reply).contains("Suppress"));
    assert!(head(Kind::Acknowledgement).contains("Auto-Submitted: auto-replied\r\n"));
    for kind in [Kind::Notice, Kind::Transcript] {
        assert!(head(kind).contains("Auto-Submitted: auto-generated\r\n"));
        assert!(head(kind).contains("X-Auto-Response-Suppress: All\r\n"));
    }
}

#[test]
fn what_cannot_be_a_letter_is_none_and_never_a_panic() {
    let with = |change: fn(&mut Letter)| {
        let mut letter = letter();
        change(&mut letter);
        compose(&letter, None).map(drop)
    };
    assert_eq!(with(|l| l.message_id = "<a b@c>".into()), Err(NoLetter::MessageId));
    assert_eq!(with(|l| l.from = "city".into()), Err(NoLetter::Address("sender's")));
    assert_eq!(with(|l| l.reply_to = Some("x@y\r\nBcc: z@z".into())), Err(NoLetter::Address("reply")));
    assert_eq!(with(|l| l.envelope_from = Some("a@b, c@d".into())), Err(NoLetter::Address("envelope")));
    let large = |l: &mut Letter| {
        l.attachments = vec![Attached { name: "a".into(), media_type: "a/b".into(), bytes: vec![0; 20 << 20] }];
    };
    assert_eq!(with(large), Err(NoLetter::TooLarge));
    for at in [i64::MIN, -1, 0, i64::MAX] {
        let mail = compose(&Letter { date: Timestamp(at), ..letter() }, None).unwrap();
        check_bytes(&mail.mime);
    }
    assert_eq!(with(|l| l.passages.clear()), Ok(()));
    assert!(format!("{:?}", compose(&letter(), None)).len() < 60, "a letter in a log shows nothing of itself");
    assert_eq!(letter().date, NOW);
}

/// Checked by a program that shares nothing with ours: Debian's python3-dkim.
#[cfg(feature = "dkim")]
#[test]
fn a_signature_is_good_and_breaks_when_a_word_is_changed() {
    use steelbridge::channels::email::letter::Dkim;
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new(program);
        let done = command.args(arguments).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            done.status.success(),
            "{program} (apt-get install openssl python3-dkim): {said}{}",
            String::from_utf8_lossy(&done.stderr)
        );
        said
    };
    run("openssl", &["genrsa", "-traditional", "-out", "key.pem", "2048"]);
    let public = run("openssl", &["rsa", "-in", "key.pem", "-pubout"]);
    let public: String = public.lines().filter(|line| !line.starts_with("---")).collect();
    let record = format!("v=DKIM1; k=rsa; p={public}");
    let key = std::fs::read_to_string(folder.path().join("key.pem")).unwrap();
    let dkim = Dkim::new("s1", "city.example", &key).unwrap();
    assert!(Dkim::new("s1\r\n", "city.example", &key).is_err());
    assert!(Dkim::new("s1", "city.example", "-----BEGIN nothing").is_err());

    const VERIFY: &str = "import sys, dkim\nrecord, path = sys.argv[1:]\n\
        print(dkim.verify(open(path, 'rb').read(), dnsfunc=lambda name, timeout=5: record.encode() if name == b's1._domainkey.city.example.' else None))";
    let verify = |mime: &[u8]| {
        std::fs::write(folder.path().join("letter"), mime).unwrap();
        run("/usr/bin/python3", &["-c", VERIFY, &record, "letter"]).trim().to_owned()
    };
    let long = "ж 😀 ".repeat(200);
    for subject in ["Re: pothole", "", "  a  b\tc ", long.as_str()] {
        let mut letter = Letter { subject: subject.into(), ..letter() };
        letter.to_name = Some(subject.into());
        letter.passages[0].text = format!("trailing space \n\n. dot\n{subject}\n\n\n");
        let mail = compose(&letter, Some(&dkim)).unwrap();
        check_bytes(&mail.mime);
        // as it goes over the wire: with the line end before the final dot
        let wire = [mail.mime.as_slice(), b"\r\n"].concat();
        assert_eq!((verify(&mail.mime), verify(&wire)), ("True".into(), "True".into()), "{subject:?}");
        let changed = String::from_utf8(mail.mime).unwrap().replace("311@city.example", "312@city.example");
        assert_eq!(verify(changed.as_bytes()), "False");
    }
}
