//! Bytes that change on disk behind our back are found, never believed.

use crate::sample::*;
use crate::{Directory, Home};
use rusqlite::Connection;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use steelbridge::message::delivery::{Carries, Delivery, DeliveryState, Kind, NewDelivery, Progress};
use steelbridge::message::mail::{Fate, KeptMail};
use steelbridge::message::{Author, ContactRecord, LanguageChoice, LanguageSource, Message};
use steelbridge::routing::event::Event;
use steelbridge::routing::ids::*;
use steelbridge::store::embedded::{Embedded, FILE};
use steelbridge::store::reads::EmbeddedReads;
use steelbridge::store::*;

const CONTACTS: u64 = 40;

/// A store with something in every table, closed properly: everything is in the one file.
fn filled() -> Directory {
    let home = Directory::made();
    let (mut store, _reads) = home.open().unwrap();
    let mut people = vec![Record::Account(account(1, "ana")), Record::Account(account(2, "ben"))];
    people.extend((1..=9).map(|n| Record::Session(session(n, 1))));
    let of_nobody = every_event().into_iter().filter(|event| event.contact().is_none()).collect();
    store.append(&[entry(of_nobody, people)]).unwrap();
    for number in 1..=CONTACTS {
        let (contact, rep, offer) = (ContactId(number), RepId(1), OfferId(number));
        let accepted = Event::Accepted { offer, contact, rep };
        let closed = Event::Closed { contact, rep: Some(rep), disposition: Disposition::Informed };
        let mut answer = said(Author::Rep(rep), &format!("Gracias, {number}. ").repeat(9), Some("r-1"));
        answer.attachments = vec![attachment(number)];
        let answer = Record::Said { contact, message: answer };
        let batch = [opened(number), entry(vec![accepted], vec![answer]), entry(vec![closed], vec![])];
        store.append(&batch[..if number.is_multiple_of(3) { 2 } else { 3 }]).unwrap();
    }
    for number in 1..=CONTACTS {
        store.append(&[post(number)]).unwrap();
    }
    assert!(store.verify().is_empty(), "sound to begin with: {:?}", store.verify());
    drop(store);
    home
}

/// A mail on a contact and one that is held, a delivery on its way with its bytes, one that is over, and a bookmark;
/// two have seen some of the messages.
fn post(number: u64) -> Entry {
    let contact = ContactId(number);
    let quiet = |kind| Record::Deliver(NewDelivery { carries: Carries::Nothing, ..delivery(number, kind) });
    let fares = |id, state, rendered| {
        let progress = Progress {
            state,
            later: 1,
            later_at: Some(at(5)),
            unknown: 1,
            said: Some("451 later".into()),
            over_at: (state == DeliveryState::Sent).then(|| at(800)),
            returned_at: (state == DeliveryState::Sent && number.is_multiple_of(5)).then(|| at(850)),
            ..Progress::new(at(900))
        };
        Record::Delivering { id, progress, rendered }
    };
    let first = number * 2 - 1;
    let came_back = [fares(first, DeliveryState::Failed, None), Record::DeliverySettled { id: first, by: RepId(1) }];
    let records = vec![
        say(number, Author::Customer, "Otra vez", None),
        Record::Mail { mail: Box::new(mail(first)), fate: Fate::Message, on: Some(contact) },
        Record::Mail { mail: Box::new(mail(first + 1)), fate: Fate::Held, on: None },
        quiet(Kind::Acknowledgement),
        quiet(Kind::Notice),
        fares(first, DeliveryState::Sent, None),
        fares(first + 1, DeliveryState::Sending, Some(format!("Subject: {number}\r\n\r\nHola\r\n").repeat(70).into())),
        Record::Bookmark { key: format!("imap:{number}"), value: Some(format!("uid {number}")) },
        Record::Saw { contact, rep: RepId(1), first: 1, last: 1 },
        Record::Saw { contact, rep: RepId(2), first: 2, last: 3 },
    ];
    let came_back = came_back.into_iter().filter(|_| number.is_multiple_of(4));
    entry(vec![], records.into_iter().chain(came_back).collect())
}

/// All that a store can be asked.
#[derive(Debug, PartialEq)]
struct Everything {
    journal: Vec<Journalled>,
    contacts: Vec<ContactRecord>,
    by_secret: Vec<Option<ContactId>>,
    seen: Vec<Option<Seen>>,
    talk: Vec<Vec<Message>>,
    accounts: Vec<Account>,
    sessions: Vec<Option<(Session, Account)>>,
    mails: Vec<Vec<KeptMail>>,
    deliveries: Vec<Vec<Delivery>>,
    rendered: Vec<Option<Vec<u8>>>,
    bookmarks: Vec<Option<String>>,
    sightings: Vec<Vec<Sighting>>,
}

fn everything(store: &Embedded, reads: &Arc<EmbeddedReads>) -> Result<Everything, StoreError> {
    let numbers: Vec<ContactId> = (1..=CONTACTS).map(ContactId).collect();
    Ok(Everything {
        journal: store.events(Seq(0), usize::MAX)?,
        contacts: reads.contacts(&numbers)?,
        by_secret: numbers.iter().map(|id| reads.contact_by_secret(&hash(id.0))).collect::<Result<_, _>>()?,
        seen: numbers.iter().map(|id| store.seen(&source(id.0))).collect::<Result<_, _>>()?,
        talk: numbers.iter().map(|id| reads.conversation(*id, 0, usize::MAX)).collect::<Result<_, _>>()?,
        accounts: reads.accounts()?,
        sessions: (1..=9).map(|n| reads.session(&hash(n))).collect::<Result<_, _>>()?,
        mails: {
            let of = numbers.iter().map(|id| reads.mail(Which::Of(*id), 99));
            of.chain([reads.mail(Which::Held, 99)]).collect::<Result<_, _>>()?
        },
        deliveries: {
            let due = Due::Next { channel: Channel::Email, at: at(999) };
            let of = numbers.iter().map(|id| reads.deliveries(Due::Of(*id), 99));
            of.chain([reads.deliveries(due, 99)]).collect::<Result<_, _>>()?
        },
        rendered: (1..=CONTACTS * 2).map(|id| reads.rendered(id)).collect::<Result<_, _>>()?,
        bookmarks: numbers.iter().map(|id| reads.bookmark(&format!("imap:{}", id.0))).collect::<Result<_, _>>()?,
        sightings: numbers.iter().map(|id| reads.sightings(*id)).collect::<Result<_, _>>()?,
    })
}

/// Opens, reads and verifies: the first thing found wrong, or all that was read.
fn examine(directory: &Path) -> Result<Everything, StoreError> {
    let (store, reads) = Embedded::open(directory)?;
    let read = everything(&store, &reads)?;
    match store.verify().into_iter().next() {
        Some(finding) => Err(finding),
        None => Ok(read),
    }
}

fn flip(path: &Path, offset: u64, mask: u8) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ mask], offset).unwrap();
}

fn difference(a: &Everything, b: &Everything) -> String {
    let mut parts = Vec::new();
    for (name, differs) in [
        ("journal", a.journal != b.journal),
        ("contacts", a.contacts != b.contacts),
        ("by secret", a.by_secret != b.by_secret),
        ("seen", a.seen != b.seen),
        ("talk", a.talk != b.talk),
        ("accounts", a.accounts != b.accounts),
        ("sessions", a.sessions != b.sessions),
        ("mails", a.mails != b.mails),
        ("deliveries", a.deliveries != b.deliveries),
        ("rendered", a.rendered != b.rendered),
        ("bookmarks", a.bookmarks != b.bookmarks),
        ("sightings", a.sightings != b.sightings),
    ] {
        parts.extend(differs.then_some(name));
    }
    parts.join(", ")
}

/// Guides/reliability.md §2, NATS row: any single flipped byte is detected, or it changes nothing.
#[test]
fn a_byte_flipped_anywhere_is_found_or_changes_nothing() {
    let home = filled();
    let path = home.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    let sound = examine(home.path()).unwrap();
    let (mut tried, mut found) = (0, 0);
    // A step that is prime to the page size touches every kind of place.
    for offset in (0..whole.len() as u64).step_by(401) {
        fs::write(&path, &whole).unwrap();
        flip(&path, offset, if offset.is_multiple_of(2) { 0xff } else { 0x01 });
        tried += 1;
        match examine(home.path()) {
            Err(_) => found += 1,
            Ok(read) => assert!(read == sound, "the byte at {offset} was believed: {}", difference(&read, &sound)),
        }
        for left in ["steelbridge.db-wal", "steelbridge.db-shm"] {
            let _ = fs::remove_file(home.path().join(left)); // of a store that failed to open
        }
    }
    assert!(found * 2 > tried, "{found} of {tried} found: the file is mostly empty, so this shows nothing");
}

#[test]
fn a_torn_page_is_found_at_start() {
    let home = filled();
    let path = home.path().join(FILE);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&[0; 2_048], 4_096 * 5).unwrap();
    let text = home.open().err().expect("it does not open").to_string();
    assert!(text.contains("damaged") && text.contains("backup"), "{text}");
    file.set_len(4_096 * 7).unwrap();
    assert!(home.open().is_err(), "nor when it is cut off");
}

#[test]
fn a_damaged_row_is_named_and_the_others_are_read() {
    let home = filled();
    let change = |sql: &str| Connection::open(home.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
    change("UPDATE contact SET subject = 'otra cosa' WHERE id = 7");
    change("UPDATE contact SET urgency = 'huge' WHERE id = 8");
    change("UPDATE message SET text = text || '!' WHERE contact = 9 AND seq = 2");
    change("UPDATE account SET role = 'admin' WHERE name = 'ben'");
    change("UPDATE session SET account = 2 WHERE account = 1");
    change("UPDATE mail SET fate = 'nothing' WHERE id = 2");
    change("UPDATE delivery SET state = 'waiting' WHERE id = 3");
    change("UPDATE rendered SET bytes = CAST(bytes || ' ' AS BLOB) WHERE delivery = 6");
    change("UPDATE bookmark SET value = 'uid 11' WHERE key = 'imap:1'");
    change("UPDATE sighting SET at = at - 1 WHERE contact = 9 AND rep = 2");
    let (store, reads) = Embedded::open(home.path()).unwrap();
    let named = |error: StoreError, name: &str| {
        let text = error.to_string();
        assert!(text.contains(name), "{text} should name {name}");
        assert!(!text.contains("otra") && !text.contains("Gracias") && !text.contains("huge"), "{text} quotes the row");
    };
    named(reads.contact(ContactId(7)).unwrap_err(), "contact c7");
    named(reads.contact(ContactId(8)).unwrap_err(), "contact c8");
    named(reads.conversation(ContactId(9), 0, 10).unwrap_err(), "message c9/2");
    named(reads.account("ben").unwrap_err(), "account r2");
    named(reads.session(&hash(1)).unwrap_err(), "session");
    named(reads.mail(Which::Id(2), 1).unwrap_err(), "mail 2");
    named(reads.deliveries(Due::Of(ContactId(2)), 9).unwrap_err(), "delivery 3");
    named(reads.rendered(6).unwrap_err(), "rendered 6");
    named(reads.bookmark("imap:1").unwrap_err(), "bookmark");
    assert_eq!(reads.account("ana").unwrap(), Some(account(1, "ana")));
    assert!(reads.contact(ContactId(10)).unwrap().is_some());
    let nine = reads.sightings(ContactId(9)).unwrap();
    assert_eq!(nine.iter().map(|saw| saw.rep).collect::<Vec<_>>(), [RepId(1)], "who saw it is read as far as it goes");
    let all = "one finding a table: accounts, sessions, contacts, mails, deliveries, bookmarks, sightings";
    assert_eq!(store.verify().len(), 7, "{all}");
}

#[test]
fn lists_are_given_without_what_is_damaged() {
    let home = filled();
    let change = |sql: &str| Connection::open(home.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
    let due = Due::Next { channel: Channel::Email, at: at(999) };
    let (before, held) = {
        let (_store, reads) = Embedded::open(home.path()).unwrap();
        (reads.deliveries(due, 99).unwrap(), reads.mail(Which::Held, 99).unwrap())
    };
    assert!(before.len() > 2 && held.len() > 1, "{} and {}: too few to leave one out", before.len(), held.len());
    change(&format!("UPDATE delivery SET recipient = 'eve@example.org' WHERE id = {}", before[0].id));
    change(&format!("UPDATE delivery SET due_at = -1 WHERE id = {}", before[1].id));
    change(&format!("UPDATE mail SET why = 'because' WHERE id = {}", held[0].id));
    change("UPDATE contact SET subject = 'otra cosa' WHERE id = 7");
    change("UPDATE mail SET why = 'because' WHERE contact = 7");
    change("UPDATE message SET text = text || '!' WHERE contact = 7 AND seq = 2");
    let (store, reads) = Embedded::open(home.path()).unwrap();
    assert_eq!(reads.deliveries(due, 99).unwrap(), before[2..]);
    assert_eq!(reads.deliveries(due, 1).unwrap(), before[2..3], "a page is not filled with what is damaged");
    let first = before[2..].iter().map(|delivery| delivery.progress.due_at).min();
    assert_eq!(reads.next_due(Channel::Email).unwrap(), first, "what is damaged is never due");
    assert_eq!(reads.mail(Which::Held, 1).unwrap(), held[1..2]);
    assert_eq!(reads.held().unwrap(), held.len() as u64, "it is still counted");
    let of = |records: Vec<ContactRecord>| records.iter().map(|record| record.id.0).collect::<Vec<_>>();
    assert_eq!(of(reads.contacts(&[6, 7, 8].map(ContactId)).unwrap()), [6, 8]);
    assert_eq!(reads.mail(Which::Beside(ContactId(7), 1), 9).unwrap(), []);
    assert_eq!(reads.mail(Which::Beside(ContactId(6), 1), 9).unwrap().len(), 1);
    let carriers = |digest: &str| reads.carriers(ContactId(7), digest).unwrap();
    assert_eq!([carriers(&attachment(7).digest), carriers("another")], [[2], [2]], "nobody can tell what it carries");
    drop(store);
}

/// A job on damaged rows costs only itself: it is refused before anything is decided on it.
#[test]
fn what_would_change_a_damaged_row_is_refused_before_its_batch() {
    let home = filled();
    let change = |sql: &str| Connection::open(home.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
    change("UPDATE contact SET subject = 'otra cosa' WHERE id = 7");
    change("UPDATE mail SET why = 'because' WHERE id = 2");
    change("UPDATE delivery SET recipient = 'eve@example.org' WHERE id = 3");
    let (store, reads) = Embedded::open(home.path()).unwrap();
    let language = reads.contact(ContactId(8)).unwrap().unwrap().language;
    let progress = reads.deliveries(Due::Id(4), 1).unwrap().remove(0).progress;
    let corrected = |id| Record::Language { contact: ContactId(id), language };
    let fares = |id| Record::Delivering { id, progress: progress.clone(), rendered: None };
    let decided = |id| Record::MailDecided { id, by: RepId(1), fate: Fate::Discarded, on: None };
    let check = |record: Record| store.check(&[], &[record]).map_err(|error| error.to_string());
    for sound in [corrected(8), fares(4), decided(1)] {
        assert_eq!(check(sound), Ok(()));
    }
    for (record, why) in [
        (corrected(7), "contact c7"),
        (corrected(99), "c99, which is not there"),
        (fares(3), "delivery 3"),
        (fares(999), "delivery 999, which is not there"),
        (decided(2), "mail 2"),
        (decided(999), "mail 999, which is not there"),
    ] {
        let text = check(record).expect_err(why);
        assert!(text.contains(why), "{text} should say {why}");
    }
}

#[test]
fn a_damaged_missing_or_moved_event_is_named() {
    for (sql, name) in [
        ("UPDATE journal SET event = replace(event, 'rep_removed', 'rep_connected')", "journal #3"),
        ("UPDATE journal SET at = at + 1 WHERE seq = 4", "journal #4"),
        ("DELETE FROM journal WHERE seq = 5", "journal #5"),
        ("UPDATE journal SET seq = -seq WHERE seq = 6", "journal #6"),
        ("UPDATE journal SET event = (SELECT event FROM journal WHERE seq = 8) WHERE seq = 7", "journal #7"),
    ] {
        let home = filled();
        Connection::open(home.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
        let (store, _) = home.open().unwrap();
        let text = store.events(Seq(0), usize::MAX).unwrap_err().to_string();
        assert!(text.contains(name), "{text} should name {name}");
    }
}

#[test]
fn rows_that_do_not_follow_from_the_journal_are_found() {
    for sql in [
        "UPDATE contact SET closed_at = closed_at + 1 WHERE id = 4",
        "UPDATE contact SET disposition = 'spam' WHERE id = 4",
        "UPDATE contact SET closed_at = NULL, disposition = NULL WHERE id = 4",
        "UPDATE contact SET last_rep = 9 WHERE id = 4",
        "UPDATE contact SET urgency = 'low' WHERE id = 4",
        "UPDATE contact SET last_message = 9 WHERE id = 4",
        "UPDATE contact SET customer_read = 9 WHERE id = 4",
        "UPDATE sighting SET last = 9, seal = 1 WHERE contact = 4 AND rep = 2",
        "DELETE FROM message WHERE contact = 4 AND seq = 1",
        "PRAGMA foreign_keys = OFF; DELETE FROM contact WHERE id = 4",
        "PRAGMA foreign_keys = OFF; DELETE FROM delivery WHERE id = 2",
    ] {
        let home = filled();
        Connection::open(home.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
        let (store, _) = home.open().unwrap();
        assert_eq!(store.verify().len(), 1, "{sql}: {:?}", store.verify());
    }
}

/// What somebody saw is never lost over a row that cannot be read, and that row stays as it is.
#[test]
fn a_damaged_sighting_is_in_nobodys_way() {
    let home = filled();
    let sql = |sql: &str| Connection::open(home.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
    sql("UPDATE sighting SET at = at - 1 WHERE contact = 9 AND rep = 2");
    let (mut store, reads) = Embedded::open(home.path()).unwrap();
    let saw =
        |first, last| vec![entry(vec![], vec![Record::Saw { contact: ContactId(9), rep: RepId(2), first, last }])];
    assert_eq!(store.append(&saw(1, 3)).unwrap().sightings.len(), 1);
    let seen = reads.sightings(ContactId(9)).unwrap();
    let seen: Vec<_> = seen.iter().map(|s| (s.rep.0, s.first, s.last)).collect();
    assert_eq!(seen, [(1, 1, 1), (2, 1, 3)], "as if the damaged one were not there");
    assert_eq!(store.append(&saw(2, 2)).unwrap().sightings, [], "it is in the one that is sound");
    let found = store.verify().into_iter().map(|error| error.to_string()).collect::<Vec<_>>();
    assert!(found.len() == 1 && found[0].contains("sighting c9/r2/2"), "{found:?}");
}

/// Rows written by an older steelbridge are checked with today's seals: if this fails, the seal has to go back.
#[test]
fn seals_mean_the_same_for_ever() {
    let home = filled();
    let connection = Connection::open(home.path().join(FILE)).unwrap();
    let seal = |from: &str| -> i64 {
        connection.query_row(&format!("SELECT seal FROM {from}"), [], |row| row.get(0)).unwrap()
    };
    let seals = [
        seal("journal WHERE seq = 3"),
        seal("contact WHERE id = 4"), // since there is a confidence; before: see the next test
        seal("source WHERE contact = 4"),
        seal("message WHERE contact = 4 AND seq = 2"),
        seal("account WHERE id = 1"),
        seal("session ORDER BY hash LIMIT 1"),
        seal("mail WHERE id = 7"),
        seal("delivery WHERE id = 8"),
        seal("rendered WHERE delivery = 8"),
        seal("bookmark WHERE key = 'imap:4'"),
        seal("mail WHERE id = 5"), // to others as well; the one above is as it was before that was kept
        seal("delivery WHERE id = 9"), // over and returned; likewise
        seal("sighting WHERE contact = 4 AND rep = 2"),
        seal("delivery WHERE id = 7"), // came back, and somebody has dealt with it
    ];
    let released = [
        8_236_796_148_452_204_723,
        -21_865_901_435_089_580,
        -1_658_417_671_697_049_846,
        -450_061_336_657_147_878,
        -2_379_993_637_352_416_324,
        2_921_922_736_399_313_961,
        3_229_774_047_399_065_629,
        2_495_749_536_658_699_063,
        -4_675_308_917_299_663_504,
        -4_965_774_957_388_353_361,
        315_133_986_781_835_954,
        -5_908_730_685_479_535_869,
        -6_476_759_504_457_940_649,
        -7_418_260_588_864_329_122,
    ];
    assert_eq!(seals, released);
}

/// A contact from before languages had a confidence keeps its seal, until its language is corrected.
#[test]
fn a_contact_older_than_its_languages_confidence_is_read() {
    let home = filled();
    let sql = |sql: &str| Connection::open(home.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
    sql("UPDATE contact SET language_confidence = NULL, seal = -1906655915181515606 WHERE id = 4");
    let (mut store, reads) = Embedded::open(home.path()).unwrap();
    let id = ContactId(4);
    assert_eq!(reads.contact(id).unwrap().unwrap().language, LanguageChoice::new(word("es"), LanguageSource::Person));
    let language = LanguageChoice::new(word("pt"), LanguageSource::Rep);
    store.append(&[entry(vec![], vec![Record::Language { contact: id, language }])]).unwrap();
    assert_eq!(reads.contact(id).unwrap().unwrap().language, language);
    assert!(store.verify().is_empty(), "{:?}", store.verify());

    sql("UPDATE contact SET language_confidence = 99 WHERE id = 4");
    assert!(reads.contact(id).is_err(), "a confidence that changed on disk is found");
    let language = Record::Language { contact: id, language };
    assert!(store.append(&[entry(vec![], vec![language])]).is_err(), "and not sealed anew");
}

/// Makes a store with a snapshot at 2, and gives back the snapshot's path.
fn with_snapshot(home: &Directory, bytes: &[u8]) -> std::path::PathBuf {
    let (mut store, _) = home.open().unwrap();
    store.append(&[opened(1)]).unwrap();
    store.keep_snapshot(Seq(2), bytes).unwrap();
    home.path().join("snapshot-2")
}

fn snapshot(home: &Directory) -> Option<(Seq, Vec<u8>)> {
    home.open().unwrap().0.snapshot().unwrap()
}

#[test]
fn a_damaged_snapshot_is_ignored_in_favour_of_the_journal() {
    let home = Directory::made();
    let path = with_snapshot(&home, b"the whole state");
    let size = fs::metadata(&path).unwrap().len();
    for offset in 0..size {
        flip(&path, offset, 0x40);
        assert_eq!(snapshot(&home), None, "byte {offset}");
        flip(&path, offset, 0x40);
    }
    assert_eq!(snapshot(&home), Some((Seq(2), b"the whole state".to_vec())));
    for length in 0..size {
        OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        assert_eq!(snapshot(&home), None, "cut to {length}");
    }
}

#[test]
fn a_snapshot_of_another_journal_is_ignored() {
    let (home, other) = (Directory::made(), Directory::made());
    let path = with_snapshot(&home, b"mine");
    let (mut store, _) = other.open().unwrap();
    fs::copy(&path, other.path().join("snapshot-2")).unwrap();
    assert_eq!(store.snapshot().unwrap(), None, "ahead of an empty journal, as after restoring an old backup");
    store.append(&[opened(5)]).unwrap();
    assert_eq!(store.snapshot().unwrap(), None, "as long, but with another history");
}

#[test]
fn an_older_snapshot_serves_when_the_newest_is_damaged() {
    let home = Directory::made();
    let old = with_snapshot(&home, b"two");
    let aside = home.path().join("aside");
    fs::copy(&old, &aside).unwrap();
    let (mut store, _) = home.open().unwrap();
    store.append(&[opened(2)]).unwrap();
    store.keep_snapshot(Seq(4), b"four").unwrap();
    fs::rename(&aside, &old).unwrap(); // as if a crash came before the older one was removed
    assert_eq!(store.snapshot().unwrap(), Some((Seq(4), b"four".to_vec())));
    flip(&home.path().join("snapshot-4"), 58, 1);
    assert_eq!(store.snapshot().unwrap(), Some((Seq(2), b"two".to_vec())));
}

#[test]
fn a_large_snapshot_is_kept_beside_the_log() {
    let home = Directory::made();
    let bytes: Vec<u8> = (0..64u64 << 20).map(|n| (n ^ (n >> 9)) as u8).collect();
    with_snapshot(&home, &bytes);
    let log = fs::metadata(home.path().join("steelbridge.db-wal")).map_or(0, |meta| meta.len());
    assert!(log < 1 << 20);
    assert!(snapshot(&home) == Some((Seq(2), bytes)));
}
