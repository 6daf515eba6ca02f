//! Every mail in `tests/data/email` is read, judged and compared with what its table says of it; and no bomb ends or
//! stalls the process.
//!
//! Beside each folder of mails stands its table: one entry a mail, `says` in words, the rest what must come out. What an
//! entry does not mention is not compared; `language` is for `tests/languages.rs`.

use bytes::Bytes;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use steelbridge::channels::email::mail::automatic::{Own, decide};
use steelbridge::channels::email::mail::bounce;
use steelbridge::channels::email::mail::guard::Broken;
use steelbridge::channels::email::mail::read::{Mail, ReturnPath, Unreadable, read};
use steelbridge::channels::email::mail::scan::{Limit, TooMuch, scan};
use steelbridge::channels::email::mail::token::Tokens;
use steelbridge::channels::email::mail::{subject, verdicts};
use steelbridge::channels::email::sorting::Sorter;
use steelbridge::channels::post::Fate;
use steelbridge::routing::ids::ContactId;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/email")
}

fn tokens() -> Tokens {
    Tokens::new([7; 32], "mail.city.example")
}

fn own() -> Own {
    Own {
        addresses: vec!["311@city.example".into()],
        domains: vec!["mail.city.example".into()],
        instance: "pdx".into(),
        authserv: Some("mx.city.example".into()),
    }
}

/// What came out, under the name a table asks for it by. `None`: no such name.
fn found(mail: &Mail, key: &str) -> Option<String> {
    let verdict = decide(mail, &own(), &tokens());
    let authenticity = verdicts::read(&mail.headers, own().authserv.as_deref());
    let sender = mail.from.as_ref();
    Some(match key {
        "from" => sender.map(|f| f.address.clone()).unwrap_or_default(),
        "name" => sender.and_then(|f| f.name.clone()).unwrap_or_default(),
        "subject" => mail.subject.clone(),
        "plain_subject" => subject::plain(&mail.subject).to_string(),
        "suggests" => subject::reference(&mail.subject).unwrap_or_default().to_string(),
        "new" => mail.new_text.clone(),
        "new_has" => mail.new_text.clone(),
        "text_has" => mail.text.clone(),
        "folded_has" => mail.folded.clone(),
        "languages" => mail.languages.join(", "),
        "files" => files(mail),
        "date" => {
            mail.date.map(|at| jiff::Timestamp::from_microsecond(at.0).expect("a date").to_string()).unwrap_or_default()
        }
        "reply_to" => mail.reply_to.as_ref().map(|r| r.address.clone()).unwrap_or_default(),
        "return_path" => match &mail.return_path {
            ReturnPath::Absent => "absent".into(),
            ReturnPath::Null => "null".into(),
            ReturnPath::Address(address) => address.clone(),
        },
        "suspicious" => mail.suspicious.to_string(),
        "safe_html" => mail.safe_html().unwrap_or_default().trim().to_string(),
        "thread" => tokens().find(mail).map_or(0, |contact| contact.0).to_string(),
        "contact" => format!("{:?}", verdict.contact).to_lowercase(),
        "ack" => verdict.acknowledge.to_string(),
        "why" => format!("{:?}", verdict.why),
        "spf" => format!("{:?}", authenticity.spf).to_lowercase(),
        "dkim" => format!("{:?}", authenticity.dkim).to_lowercase(),
        "dmarc" => format!("{:?}", authenticity.dmarc).to_lowercase(),
        "bounce" => bounced(mail),
        _ => return None,
    })
}

fn files(mail: &Mail) -> String {
    let file = |e: &steelbridge::channels::email::mail::body::Enclosure| {
        let id = e.content_id.as_deref().map(|id| format!(" inline {id}")).filter(|_| e.inline);
        format!("{}{}", e.name, id.unwrap_or_default())
    };
    mail.enclosures.iter().map(file).collect::<Vec<_>>().join(", ")
}

fn bounced(mail: &Mail) -> String {
    let Some(bounce) = bounce::read(mail, &tokens()) else { return "no bounce".into() };
    let mut said = format!("{:?}", bounce.action).to_lowercase();
    for part in [bounce.status, bounce.recipient].into_iter().flatten() {
        write!(said, " {part}").expect("a string");
    }
    if let Some(ours) = bounce.ours {
        write!(said, " about {} mail {}", ours.contact, ours.n).expect("a string");
    }
    said
}

/// What an entry says and the mail does not.
fn differences(entry: &toml::Table, outcome: &Result<Mail, Unreadable>) -> Vec<String> {
    let mail = match outcome {
        Ok(mail) => mail,
        Err(error) if entry.get("unreadable").and_then(toml::Value::as_str) == Some(&error.to_string()) => {
            return Vec::new();
        }
        Err(error) => return vec![format!("unreadable: {error}")],
    };
    let differs = |(key, wanted): (&String, &toml::Value)| {
        let wanted = match wanted {
            toml::Value::Array(list) => list.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let Some(found) = found(mail, key) else { return Some(format!("{key} is nothing a mail has")) };
        let same = if key.ends_with("_has") { found.contains(&wanted) } else { found == wanted };
        (!same).then(|| format!("{key}\n      wanted {wanted:?}\n      found  {found:?}"))
    };
    entry.iter().filter(|(key, _)| !matches!(key.as_str(), "says" | "language")).filter_map(differs).collect()
}

#[test]
fn every_mail_is_understood_as_its_table_says() {
    let mut problems = Vec::new();
    let mut count = 0;
    for group in ["languages", "clients", "automatic", "bounces", "broken"] {
        let table = fs::read_to_string(folder().join(format!("{group}.toml"))).expect("a table beside the folder");
        let table: toml::Table = table.parse().expect("valid TOML");
        let mails = fs::read_dir(folder().join(group)).expect("a folder").map(|e| e.expect("an entry").path());
        for path in mails {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            if !table.contains_key(&name) {
                problems.push(format!("{group}/{name}.eml has no entry in {group}.toml"));
            }
        }
        for (name, entry) in &table {
            let entry = entry.as_table().expect("an entry");
            let raw = fs::read(folder().join(group).join(format!("{name}.eml"))).expect("a mail for each entry");
            count += 1;
            let outcome = read(raw.into());
            let says = entry["says"].as_str().expect("what it is");
            if entry.len() < 2 {
                problems.push(format!("{group}/{name} expects nothing"));
            }
            problems.extend(differences(entry, &outcome).iter().map(|d| format!("{group}/{name} ({says})\n    {d}")));
        }
    }
    assert!(count > 150, "the tables were found");
    assert!(problems.is_empty(), "{} of {count} mails:\n  {}\n", problems.len(), problems.join("\n  "));
}

#[test]
fn a_mail_without_a_mark_of_ours_says_itself_where_it_belongs() {
    let sorter = Sorter { own: own(), tokens: Arc::new(tokens()), mailboxes: Default::default() };
    let fate = |rest: &str| {
        let sorted = sorter.sort(with(rest).into()).expect("a mail");
        sorter.fate(&sorted, "desk", Vec::new(), None)
    };
    let Fate::Claim { claim, note, .. } = fate(
        "Subject: Re: [SB-000001-8] Bench\r\nIn-Reply-To: <b@x.example>\r\nReferences: <a@x.example>\r\n <b@x.example>\r\n\r\nNews?",
    ) else {
        panic!("it names two mails and a reference");
    };
    assert_eq!(
        (claim.answers, note),
        (["b@x.example", "b@x.example", "a@x.example"].map(String::from).to_vec(), false)
    );
    assert_eq!(claim.reference.as_deref(), Some("SB-000001-8"));
    let away = "Auto-Submitted: auto-replied\r\nSubject: Away: [SB-000001-8]\r\n\r\nI am away.";
    assert!(matches!(fate(away), Fate::Claim { note: true, .. }), "a machine's word is only noted");
    assert!(matches!(fate("Subject: Bench\r\n\r\nBroken."), Fate::Open { .. }));
    let marked =
        format!("In-Reply-To: <{}>\r\nSubject: [SB-000001-8]\r\n\r\nYes.", tokens().message_id(ContactId(9), 1));
    assert!(matches!(fate(&marked), Fate::Answer { contact: ContactId(9), .. }), "a mark counts more");
}

/// The words that come before what breaks a mail may be the ones that matter.
#[test]
fn a_mail_that_cannot_be_read_is_searched_for_danger_as_far_as_it_goes() {
    let sorter = Sorter { own: own(), tokens: Arc::new(tokens()), mailboxes: Default::default() };
    let raw: Bytes = with(&format!("Subject: Help\r\n\r\nI smell gas\r\n{}", "x".repeat(70_000))).into();
    assert!(matches!(sorter.sort(raw.clone()), Err(Unreadable::TooMuch(_))), "one endless line");
    let Fate::Held(Some(would)) = sorter.fate_of_start(raw, "desk") else { panic!("a supervisor decides") };
    assert!(would.text.starts_with("Help\n\nI smell gas") && would.doubtful, "{}", &would.text[..40]);
}

#[test]
fn personal_data_is_not_shown_by_debug() {
    let mail =
        read(Bytes::from_static(b"From: Ana <ana@example.org>\r\nSubject: secret\r\n\r\nsecret")).expect("a mail");
    let shown = format!("{mail:?} {:?} {:?}", mail.headers, mail.party());
    assert!(!shown.contains("ana") && !shown.contains("secret"), "{shown}");
}

/// One shape that hurts a plain parser, and what must come out instead. The reading's own time limit runs on the wall clock, so
/// a busy machine has three tries to show that it is kept.
fn bomb(name: &str, raw: Vec<u8>, wanted: Option<Limit>) {
    let (size, raw) = (raw.len(), Bytes::from(raw));
    let mut tries = (0..3).map(|_| {
        let start = Instant::now();
        (read(raw.clone()), start.elapsed())
    });
    let in_time = |took: &Duration| *took < Duration::from_secs(4);
    let (outcome, took) = tries.find(|(_, took)| in_time(took)).unwrap_or_else(|| panic!("{name} takes too long"));
    eprintln!(
        "{name}: {} KB in {} ms, {}",
        size / 1000,
        took.as_millis(),
        match &outcome {
            Ok(_) => "read".to_string(),
            Err(error) => error.to_string(),
        }
    );
    let limit = match outcome {
        Ok(_) => None,
        Err(Unreadable::TooMuch(TooMuch { what, .. })) => Some(what),
        Err(other) => panic!("{name}: {other}"),
    };
    assert_eq!(limit, wanted, "{name}");
}

const START: &str = "From: a@example.org\r\nTo: 311@city.example\r\n";

fn with(rest: &str) -> Vec<u8> {
    format!("{START}{rest}").into_bytes()
}

#[test]
fn nested_messages_and_multiparts_end_at_the_limit() {
    let level = "Content-Type: message/rfc822\r\n\r\n";
    let tiny = "Subject: x\r\n\r\nx\r\n";
    bomb("nested messages", with(&(level.repeat(22_000) + tiny)), Some(Limit::MessageDepth));
    bomb("five levels", with(&(level.repeat(5) + tiny)), None);
    bomb("six levels", with(&(level.repeat(6) + tiny)), Some(Limit::MessageDepth));
    let hidden = base64(&(level.repeat(500_000) + tiny));
    let head = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    bomb("hidden in base64", with(&(head.to_string() + &hidden)), None);
    let deep = |levels: usize| {
        let mut raw = START.to_string();
        (0..levels).for_each(|n| {
            write!(raw, "Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n").expect("a string")
        });
        (raw + "\r\nx\r\n").into_bytes()
    };
    bomb("100,000 multiparts", deep(100_000), Some(Limit::MultipartDepth));
    bomb("twenty", deep(20), None);
    bomb("twenty-one", deep(21), Some(Limit::MultipartDepth));
}

fn base64(text: &str) -> String {
    use ::base64::Engine;
    let line = |chunk: &[u8]| ::base64::engine::general_purpose::STANDARD.encode(chunk) + "\r\n";
    text.as_bytes().chunks(57).map(line).collect()
}

#[test]
fn many_parts_headers_and_addresses_end_at_the_limit() {
    let parts =
        |n: usize| with(&("Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_string() + &"--b\r\n\r\n".repeat(n)));
    bomb("1,000,000 empty parts", parts(1_000_000), Some(Limit::Parts));
    bomb("499 parts", parts(499), None);
    bomb("500 parts and the whole", parts(500), Some(Limit::Parts));
    let headers = |n: usize| with(&(0..n).map(|n| format!("X-{n}: a\r\n")).collect::<String>());
    bomb("300,000 headers", headers(300_000), Some(Limit::Headers));
    bomb("498 more headers", headers(498), None);
    bomb("499 more headers", headers(499), Some(Limit::Headers));
    let addresses = |n: usize| with(&format!("Cc: {}\r\n\r\nx", "a@b,\r\n ".repeat(n)));
    bomb("500,000 addresses", addresses(500_000), Some(Limit::HeaderBlock));
    bomb("10,000 addresses", addresses(10_000), Some(Limit::Addresses));
    bomb("197 more addresses", addresses(197), None);
    let one_line = with(&format!("Cc: {}\r\n\r\nx", "a@b,".repeat(500_000)));
    bomb("in one line", one_line, Some(Limit::LineLength));
    bomb("brackets", with(&format!("Cc: {}\r\n\r\nx", "((((((((((\r\n ".repeat(7_500))), None);
    bomb("long header block", with(&format!("X: {}\r\n\r\nx", "a\r\n ".repeat(30_000))), Some(Limit::HeaderBlock));
    bomb("words never closed", with(&format!("Subject: {}\r\n\r\nx", "=?a?q?\r\n ".repeat(10_000))), None);
}

#[test]
fn large_and_tangled_bodies_are_read_or_refused_in_time() {
    bomb("26 MiB", vec![b'a'; 26 << 20], Some(Limit::RawSize));
    bomb("a long line", with(&format!("\r\n{}", "x".repeat(70_000))), Some(Limit::LineLength));
    bomb("24 MiB of lines", with(&format!("\r\n{}", "--------\r\n".repeat(2_400_000))), None);
    bomb(
        "24 MiB attached",
        with(&format!(
            "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            base64(&"x".repeat(17_000_000))
        )),
        None,
    );
    let html = "Content-Type: text/html\r\n\r\n";
    bomb("deep HTML", with(&format!("{html}{}", "<b><div>\r\n".repeat(20_000))), None);
    let wide: String = (0..100_000).map(|n| format!("a{n}=1\r\n")).collect();
    bomb("wide tag", with(&format!("{html}<a {wide}>")), None);
    bomb("colons", with(&format!("\r\n{}", "2026 @ wrote:\r\n".repeat(200_000))), None);
    bomb("quotes", with(&format!("\r\n{}", "> \r\n\r\nx\r\n".repeat(200_000))), None);
    bomb("labels", with(&format!("\r\n{}", "From: x\r\n".repeat(200_000))), None);
    bomb("K13 line break in a name", with("Reply-To: =?utf-8?Q?n=0D=0ABcc:_e@e.org?= <x@example.org>\r\n\r\nx"), None);
}

#[test]
fn safe_html_of_a_bomb_is_refused_in_time() {
    for (name, html) in
        [("deep", "<b><div>\r\n".repeat(20_000)), ("wide", format!("<a {}>", "x=1\r\n".repeat(100_000)))]
    {
        let mail = read(with(&format!("Content-Type: text/html\r\n\r\n{html}")).into()).expect("readable");
        let start = Instant::now();
        assert_eq!(mail.safe_html(), None, "{name}");
        assert!(start.elapsed() < Duration::from_secs(2), "{name}");
    }
    let page =
        "<div><table><tr><td><p>A <b>fine</b> <a href=https://example.org>page</a></p></td></tr></table></div>\r\n";
    let mail = read(with(&format!("Content-Type: text/html\r\n\r\n{}", page.repeat(2_400))).into()).expect("readable");
    let start = Instant::now();
    assert!(mail.safe_html().is_some(), "as large as is allowed");
    eprintln!("250 KB of HTML made safe in {} ms", start.elapsed().as_millis());
}

#[test]
fn any_bytes_at_all_have_an_outcome() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize % below
    };
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for group in ["languages", "clients", "automatic", "bounces", "broken"] {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder().join(group)).expect("a folder").map(|e| e.expect("an entry").path()).collect();
        paths.sort();
        seeds.extend(paths.iter().map(|p| fs::read(p).expect("a mail")).filter(|raw| !raw.is_empty()));
    }
    for round in 0..4_000 {
        let mut raw = seeds[round % seeds.len()].clone();
        let other = &seeds[next(seeds.len())];
        for _ in 0..1 + next(6) {
            let at = next(raw.len());
            match next(5) {
                0 => raw[at] = next(256) as u8,
                1 => raw.truncate(at.max(1)),
                2 => raw.splice(at..at, other[next(other.len())..].iter().take(40).copied()).for_each(drop),
                3 => raw.insert(at, *b"\n\r\0<>\"=?-;:(,@"[next(15)..].first().unwrap_or(&b' ')),
                _ => drop(raw.drain(at..(at + 1 + next(30)).min(raw.len()))),
            }
            if raw.is_empty() {
                raw.push(b'x');
            }
        }
        match read(raw.clone().into()) {
            Ok(mail) => {
                decide(&mail, &own(), &tokens());
                mail.safe_html();
                let shown = mail.from.iter().filter_map(|f| f.name.as_ref()).chain([&mail.subject]);
                assert!(shown.into_iter().all(|s| !s.chars().any(char::is_control)), "round {round}");
                assert!(
                    mail.enclosures.iter().all(|e| !e.name.is_empty() && !e.name.contains(['/', '\\'])),
                    "round {round}"
                );
            }
            Err(Unreadable::Broken(Broken::Panicked)) => panic!("round {round}: {:?}", String::from_utf8_lossy(&raw)),
            Err(_) => {}
        }
        let _ = scan(&raw);
    }
}

/// Who else a mail was sent to, and how many more there were.
fn others(fields: &str) -> (Vec<String>, u32) {
    let mail = read(with(&format!("From: Ana <ana@example.org>\r\n{fields}\r\nx")).into()).expect("a mail");
    let others = mail.addressed.others(&own().addresses, Some("ana@example.org"));
    (others.addresses, others.left_out)
}

#[test]
fn others_in_to_and_cc_are_named_once_and_never_ours() {
    assert_eq!(others("To: 311@city.example\r\n"), (vec![], 0));
    let many = "To: \"Front, desk\" <311+c.7.x@CITY.example>, =?utf-8?q?Jos=C3=A9?= <jose@example.net>\r\n\
        Cc: all: b@example.net, JOSE@example.net;, ANA@example.org, not an address, <a\u{202e}b@example.net>\r\n\
        Bcc: hidden@example.net\r\nDelivered-To: box@host.example\r\nReply-To: r@example.net\r\n";
    assert_eq!(others(many), (vec!["jose@example.net".into(), "b@example.net".into()], 0));
    let crowd: String = (0..150).map(|n| format!("n{n}@example.net,\r\n ")).collect();
    let (named, left_out) = others(&format!("Cc: {crowd}z@example.net\r\n"));
    assert_eq!((named.len(), named[0].as_str(), left_out), (30, "n0@example.net", 121));
    let long = format!("Cc: {}@example.net\r\n", "x".repeat(400));
    assert_eq!(others(&long), (vec![], 0), "no address is that long");
}
