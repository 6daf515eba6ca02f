//! Dovecot: how mail arrives, and where it goes.

use crate::dovecot::Dovecot;
use crate::memory::{Fault, Memory, Reader, mail, now};
use std::time::{Duration, Instant};
use steelbridge::channels::email::imap::{Arrival, Extent, Kept, Limits, MailboxSettings, Start, State, probe};

pub fn quick() -> Limits {
    let ms = Duration::from_millis;
    Limits {
        move_every: ms(200),
        pause_first: ms(50),
        pause_most: ms(500),
        pause_refused: ms(500),
        ..Limits::default()
    }
}

fn all(server: &Dovecot) -> MailboxSettings {
    MailboxSettings { start: Start::All, ..server.settings() }
}

#[tokio::test]
async fn mail_arrives_within_a_moment_and_is_moved_once_it_is_kept() {
    let old = [(mail("old"), 1_500_000_000)];
    let server = Dovecot::start_with(&old).await;
    let memory = Memory::new();
    let mut reader = Reader::start(server.settings(), quick(), &memory);
    let idle = |health: &steelbridge::channels::email::imap::Health| health.last_success.is_some();
    let health = reader.until("it has looked once", idle).await;
    assert_eq!((health.state, health.backlog), (State::Up, 0));

    let start = Instant::now();
    server.deliver(&mail("pothole")).await;
    memory.until("the mail is there", |books| books.taken("pothole") == 1).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let (fetched, _) = memory.books().mails[0].clone();
    assert_eq!(&fetched.raw[..], mail("pothole").as_bytes(), "byte for byte");
    assert_eq!((fetched.extent, fetched.arrival), (Extent::Whole, Arrival::Live));
    let arrived = fetched.arrived.expect("a moment");
    assert!((now() - arrived).0.abs() < 120_000_000, "{arrived:?}");

    memory.until("it is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 2)).await;
    assert_eq!((server.count("Processed").await, server.count("INBOX").await), (1, 1), "the old one is none of ours");
    assert_eq!(memory.books().taken("old"), 0);
    assert!(reader.stop().await < Duration::from_secs(3));
}

#[tokio::test]
async fn a_server_that_cannot_tell_of_new_mail_is_asked_for_it() {
    let mut server = Dovecot::start().await;
    server.can_only("IMAP4rev1 UIDPLUS MOVE").await;
    assert!(!server.hand().await.ask("CAPABILITY").await.contains("IDLE"));
    let memory = Memory::new();
    let settings = MailboxSettings { poll_secs: 1, ..server.settings() };
    let mut reader = Reader::start(settings, quick(), &memory);
    let looked = |health: &steelbridge::channels::email::imap::Health| health.last_success.is_some();
    let health = reader.until("it has looked once", looked).await;
    assert_eq!(health.state, State::Up, "that is nothing to complain of");
    for text in ["pothole", "street light"] {
        server.deliver(&mail(text)).await;
        memory.until("the mail is there", |books| books.taken(text) == 1).await;
    }
    reader.stop().await;
}

#[tokio::test]
async fn a_mail_is_moved_only_after_it_is_on_disk() {
    let server = Dovecot::start().await;
    let memory = Memory::new();
    memory.fault(Fault::HangBefore("slow".into()));
    let limits = Limits { move_every: Duration::ZERO, ..quick() };
    let reader = Reader::start(all(&server), limits.clone(), &memory);
    server.deliver(&mail("slow")).await;
    memory.until("it is being kept", |books| books.struck == 1).await;
    assert_eq!((server.count("INBOX").await, server.count("Processed").await), (1, 0));
    reader.crash().await;
    memory.fault(Fault::None);
    let reader = Reader::start(all(&server), limits, &memory);
    memory.until("it is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 1)).await;
    assert_eq!((server.count("INBOX").await, server.count("Processed").await), (0, 1));
    reader.stop().await;
}

#[tokio::test]
async fn a_backlog_is_taken_oldest_first_and_new_mail_overtakes_it() {
    const BACKLOG: usize = 2_000;
    let old: Vec<_> = (0..BACKLOG).map(|n| (mail(&format!("old-{n}.")), 1_500_000_000 + n as u64)).collect();
    let server = Dovecot::start_with(&old).await;
    let memory = Memory::new();
    let mut reader = Reader::start(all(&server), quick(), &memory);
    memory.until("the backlog is under way", |books| books.mails.len() >= 100).await;
    let mut hand = server.hand().await;
    let before = memory.books().mails.len();
    hand.append(&mail("urgent")).await;
    memory.until("the new mail is there", |books| books.taken("urgent") == 1).await;
    let place = memory.books().place("urgent").expect("its place");
    assert!(place < before + 600 && place < BACKLOG, "taken as number {place}, sent after {before}");
    memory.until("all is settled", |books| books.cursors.values().any(|c| c.last_uid == BACKLOG as u32 + 1)).await;
    {
        let books = memory.books();
        assert_eq!(books.mails.len(), BACKLOG + 1);
        assert!(books.mails.iter().all(|(_, kept)| *kept == Kept::New));
        let backlog: Vec<u32> =
            books.mails.iter().filter(|(m, _)| m.arrival == Arrival::Backlog).map(|(m, _)| m.key.uid).collect();
        assert_eq!(backlog.len(), BACKLOG);
        assert!(backlog.is_sorted(), "oldest first");
    }
    let health = reader.until("nothing waits", |health| health.last_success.is_some()).await;
    assert_eq!((health.state, health.backlog), (State::Up, 0));
    assert_eq!((hand.count("INBOX").await, hand.count("Processed").await), (0, BACKLOG as u32 + 1));
    reader.stop().await;
}

#[tokio::test]
async fn only_what_nobody_has_opened() {
    let old: Vec<_> = (1..=6).map(|n| (mail(&format!("old-{n}.")), 1_500_000_000 + n)).collect();
    let server = Dovecot::start_with(&old).await;
    let mut hand = server.hand().await;
    hand.ask("SELECT INBOX").await;
    hand.ask("UID STORE 1,4 +FLAGS (\\Seen)").await;
    let memory = Memory::new();
    let settings = MailboxSettings { start: Start::Unseen, ..server.settings() };
    let reader = Reader::start(settings, quick(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 6)).await;
    let uids: Vec<u32> = memory.books().mails.iter().map(|(mail, _)| mail.key.uid).collect();
    assert_eq!(uids, [2, 3, 5, 6]);
    assert_eq!(server.count("INBOX").await, 2);
    reader.stop().await;
}

#[tokio::test]
async fn long_mail_comes_in_steps_and_too_long_mail_in_part() {
    let server = Dovecot::start().await;
    let line = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwx\r\n";
    let long = |subject: &str, bytes: usize| mail(subject) + &line.repeat(bytes / line.len());
    let steps = long("steps", 2_500_000);
    let step = 1 << 20;
    let exact = {
        let mut exact = long("exact", 2 * step - 4_000);
        exact.push_str(&"x".repeat(2 * step - 2 - exact.len()));
        exact + "\r\n" // a whole number of steps: the last one is empty
    };
    let over = long("over", 3_500_000);
    for mail in [&steps, &exact, &over] {
        server.deliver(mail).await;
    }
    let memory = Memory::new();
    let settings = MailboxSettings { max_bytes: 3 << 20, ..all(&server) };
    let reader = Reader::start(settings, quick(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 3)).await;
    let mails = memory.books().mails.clone();
    assert!(mails[0].0.raw == steps.as_bytes() && mails[0].0.extent == Extent::Whole);
    assert!(exact.len() == 2 * step && mails[1].0.raw == exact.as_bytes());
    let (part, kept) = &mails[2];
    assert_eq!(
        (part.extent, part.size, part.raw.len(), *kept),
        (Extent::Truncated, over.len() as u64, 256 << 10, Kept::Held)
    );
    assert!(over.as_bytes().starts_with(&part.raw));
    let mut hand = server.hand().await;
    assert_eq!((hand.count("INBOX").await, hand.count("Processed").await, hand.count("Oversize").await), (0, 2, 1));
    reader.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_twice_goes_to_quarantine_and_stops_nobody() {
    let server = Dovecot::start().await;
    for subject in ["before", "poison", "after"] {
        server.deliver(&mail(subject)).await;
    }
    let memory = Memory::new();
    memory.fault(Fault::Refuse("poison".into()));
    let reader = Reader::start(all(&server), quick(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 3)).await;
    {
        let books = memory.books();
        assert_eq!((books.taken("before"), books.taken("after"), books.struck), (1, 1, 2));
        let (stub, kept) = &books.mails[2]; // its second try comes after the others
        assert_eq!((stub.extent, stub.raw.len(), stub.key.uid, *kept), (Extent::Unread, 0, 2, Kept::Held));
    }
    assert_eq!((server.count("INBOX").await, server.count("Quarantine").await), (0, 1));
    reader.stop().await;
}

#[tokio::test]
async fn while_nothing_can_be_kept_mail_waits_in_the_mailbox() {
    let server = Dovecot::start().await;
    server.deliver(&mail("patient")).await;
    let memory = Memory::new();
    memory.fault(Fault::Down);
    let mut reader = Reader::start(all(&server), quick(), &memory);
    memory.until("it was tried more than twice", |books| books.struck >= 4).await;
    let health = reader.until("it says so", |health| matches!(health.state, State::Down { .. })).await;
    assert!(format!("{:?}", health.state).contains("mail cannot be kept at the moment"), "{health:?}");
    assert_eq!(server.count("INBOX").await, 1);
    memory.fault(Fault::None);
    memory.until("it is there", |books| books.taken("patient") == 1).await;
    reader.until("it is up again", |health| health.state == State::Up).await;
    assert_eq!(server.count("Quarantine").await, 0, "it was not the mail's fault");
    reader.stop().await;
}

#[tokio::test]
async fn folders_with_odd_names_are_made_and_used() {
    let server = Dovecot::start().await;
    server.deliver(&mail("umlaut")).await;
    let memory = Memory::new();
    let settings =
        MailboxSettings { processed: "Erledigt & geprüft".into(), quarantine: String::new(), ..all(&server) };
    let limits = quick();
    let report = probe(settings.clone(), limits.clone(), now()).await.expect("it works");
    assert_eq!((report.mails, report.tells, report.moves), (1, true, true));
    assert_eq!(report.remarks.len(), 2, "two folders are missing: {:?}", report.remarks);
    assert_eq!(server.count("Erledigt &- gepr&APw-ft").await, 0, "a probe changes nothing");
    let reader = Reader::start(settings.clone(), limits.clone(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 1)).await;
    assert_eq!(server.count("Erledigt &- gepr&APw-ft").await, 1);
    assert_eq!(server.count("Quarantine").await, 0, "not wanted");
    assert_eq!(probe(settings, limits, now()).await.expect("it works").remarks, [""; 0]);
    reader.stop().await;
}
