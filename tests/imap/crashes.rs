//! Dovecot: crashes of ours, outages of theirs, and folders that are numbered anew. Every mail exactly once.

use crate::arrivals::quick;
use crate::dovecot::Dovecot;
use crate::memory::{Fault, Memory, Reader, mail};
use std::time::Duration;
use steelbridge::channels::email::imap::{Kept, Limits, MailboxSettings, Start, State};

fn all(server: &Dovecot) -> MailboxSettings {
    MailboxSettings { start: Start::All, ..server.settings() }
}

#[tokio::test]
async fn fifty_crashes_around_the_commit_and_every_mail_once() {
    const CRASHES: u32 = 50;
    let server = Dovecot::start().await;
    let memory = Memory::new();
    let mut hand = server.hand().await;
    for n in 1..=CRASHES {
        let subject = format!("crash-{n}.");
        hand.append(&mail(&subject)).await;
        let struck = memory.books().struck;
        memory.fault(match n % 3 {
            0 => Fault::HangBefore(subject.clone()),
            1 => Fault::HangAfter(subject.clone()),
            _ => Fault::None,
        });
        // between commit and move: moves are far away, or right behind the commit
        let every = if n % 2 == 0 { Duration::from_secs(3600) } else { Duration::ZERO };
        let reader = Reader::start(all(&server), Limits { move_every: every, ..quick() }, &memory);
        memory.until("it strikes", |books| books.struck > struck || books.taken(&subject) == 1).await;
        reader.crash().await;
    }
    memory.fault(Fault::None);
    let reader = Reader::start(all(&server), quick(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|c| c.last_uid == CRASHES)).await;
    {
        let books = memory.books();
        assert_eq!(books.mails.len(), CRASHES as usize);
        assert!(books.mails.iter().all(|(_, kept)| *kept == Kept::New));
        (1..=CRASHES).for_each(|n| assert_eq!(books.taken(&format!("crash-{n}.")), 1, "{n}"));
    }
    assert_eq!((hand.count("INBOX").await, hand.count("Processed").await), (0, CRASHES));
    reader.stop().await;
}

#[tokio::test]
async fn what_kills_the_daemon_twice_is_not_touched_a_third_time() {
    let server = Dovecot::start().await;
    server.deliver(&mail("deadly")).await;
    let memory = Memory::new();
    memory.fault(Fault::HangBefore("deadly".into()));
    for crash in 1..=2 {
        let reader = Reader::start(all(&server), quick(), &memory);
        memory.until("it strikes", |books| books.struck == crash).await;
        reader.crash().await;
    }
    let reader = Reader::start(all(&server), quick(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 1)).await;
    assert_eq!(memory.books().struck, 2);
    assert_eq!(server.count("Quarantine").await, 1);
    reader.stop().await;
}

/// Mails are taken together: whatever else was in hand when one of them killed the daemon is neither lost, nor blamed.
#[tokio::test]
async fn what_kills_the_daemon_takes_no_other_mail_with_it() {
    const MAILS: u32 = 70;
    let old: Vec<_> = (1..=MAILS).map(|n| (mail(&format!("mail-{n}.")), 1_500_000_000 + u64::from(n))).collect();
    let server = Dovecot::start_with(&old).await;
    let memory = Memory::new();
    // the second deadly one was in hand already when the first one struck: it may strike once more, alone
    for (crash, deadly) in (1..).zip(["mail-5.", "mail-5.", "mail-40."]) {
        memory.fault(Fault::HangBefore(deadly.into()));
        let reader = Reader::start(all(&server), quick(), &memory);
        memory.until("it strikes", |books| books.struck == crash).await;
        reader.crash().await;
    }
    memory.fault(Fault::None);
    let reader = Reader::start(all(&server), quick(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == MAILS)).await;
    {
        let books = memory.books();
        let not_taken: Vec<u32> = (1..=MAILS).filter(|n| books.taken(&format!("mail-{n}.")) != 1).collect();
        assert_eq!((not_taken, books.struck), (vec![5, 40], 3), "nothing else suffered");
    }
    assert_eq!(server.count("INBOX").await, 0);
    reader.stop().await;
}

#[tokio::test]
async fn a_broken_connection_and_a_stopped_server_are_survived() {
    let mut server = Dovecot::start().await;
    let memory = Memory::new();
    let mut reader = Reader::start(all(&server), quick(), &memory);
    reader.until("it is up", |health| health.last_success.is_some()).await;
    for n in 0..3 {
        server.kick();
        let subject = format!("kicked-{n}.");
        server.deliver(&mail(&subject)).await;
        memory.until("the mail is there", |books| books.taken(&subject) == 1).await;
    }
    reader.until("it is up again", |health| health.state == State::Up).await;

    server.down().await;
    let health = reader.until("it is down", |health| health.failures >= 2).await;
    let State::Down { why, .. } = &health.state else { panic!("{health:?}") };
    assert!(why.contains(&format!("localhost:{} cannot be reached: Connection refused", server.port)), "{why}");
    server.up().await;
    reader.until("it is up again", |health| health.state == State::Up).await;
    server.deliver(&mail("after the outage")).await;
    memory.until("the mail is there", |books| books.taken("after the outage") == 1).await;
    assert_eq!(memory.books().mails.len(), 4);
    reader.stop().await;
}

#[tokio::test]
async fn numbered_anew_nothing_is_taken_twice_and_nothing_missed() {
    let old = [(mail("before our time"), 1_500_000_000)];
    let mut server = Dovecot::start_with(&old).await;
    let memory = Memory::new();
    let settings = MailboxSettings { processed: String::new(), ..server.settings() };
    let mut reader = Reader::start(settings, quick(), &memory);
    reader.until("it has looked once", |health| health.last_success.is_some()).await;
    let mut hand = server.hand().await;
    for n in 0..20 {
        hand.append(&mail(&format!("mail-{n}."))).await;
    }
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 21)).await;
    let before = *memory.books().cursors.values().next().expect("a cursor");

    server.number_anew().await;
    memory.until("all was looked at", |books| books.mails.len() == 40).await;
    server.deliver(&mail("afterwards")).await;
    memory.until("the new mail is there", |books| books.taken("afterwards") == 1).await;
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 22)).await;
    {
        let books = memory.books();
        let after = books.cursors.values().next().expect("a cursor");
        assert_ne!(after.uid_validity, before.uid_validity);
        assert_eq!(after.begun, before.begun);
        (0..20).for_each(|n| assert_eq!(books.taken(&format!("mail-{n}.")), 1, "{n}"));
        let again = books.mails.iter().filter(|(_, kept)| *kept == Kept::Duplicate).count();
        assert_eq!((books.mails.len(), again), (41, 20), "copies are known by what they say");
        assert_eq!(books.taken("before our time"), 0, "start = now holds for ever");
    }
    reader.stop().await;
}
