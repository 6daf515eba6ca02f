//! Dovecot: new mail before old and old mail known as old, also when the reader crashed or the folder was numbered anew.

use crate::arrivals::quick;
use crate::dovecot::Dovecot;
use crate::memory::{Books, Fault, Memory, Reader, mail};
use steelbridge::channels::email::imap::{Arrival, MailboxSettings, Start};

/// Mail that waits at the start: more than is moved at once, so that the cursor stands amidst it.
const BACKLOG: usize = 1_500;
/// Long ago.
const ONCE: u64 = 1_500_000_000;

fn old(count: usize) -> Vec<(String, u64)> {
    (0..count).map(|n| (mail(&format!("old-{n}.")), ONCE + n as u64)).collect()
}

fn says(books: &Books, text: &str, arrival: Arrival) -> usize {
    let of = |mail: &[u8]| String::from_utf8_lossy(mail).contains(text);
    books.mails.iter().filter(|(mail, _)| mail.arrival == arrival && of(&mail.raw)).count()
}

/// Delivered a minute after all that was done so far: a server's moments have whole seconds.
async fn comes_later(server: &Dovecot, subject: &str) {
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(1);
    let at = later.strftime("%d-%b-%Y %H:%M:%S +0000");
    server.hand().await.append_to(&format!("INBOX \"{at}\""), &mail(subject)).await;
}

/// The reader crashes amidst the backlog; a burst of new mail comes while nobody reads.
#[tokio::test]
async fn after_a_crash_new_mail_is_taken_first_in_order_and_the_backlog_goes_on_as_backlog() {
    const BURST: usize = 120;
    let server = Dovecot::start_with(&old(BACKLOG)).await;
    let memory = Memory::new();
    let all = MailboxSettings { start: Start::All, ..server.settings() };
    let reader = Reader::start(all.clone(), quick(), &memory);
    memory.until("the cursor is amidst it", |books| books.cursors.values().any(|c| c.last_uid > 0)).await;
    reader.crash().await;
    let before = memory.books().mails.len();
    assert!(before < BACKLOG, "{before}");
    let mut hand = server.hand().await;
    for n in 0..BURST {
        hand.append(&mail(&format!("new-{n}."))).await;
    }

    let reader = Reader::start(all, quick(), &memory);
    let whole = (BACKLOG + BURST) as u32;
    memory.until("all is settled", |books| books.cursors.values().any(|c| c.last_uid == whole)).await;
    {
        let books = memory.books();
        let places: Vec<usize> = (0..BURST).map(|n| books.place(&format!("new-{n}.")).expect("its place")).collect();
        assert!(places.is_sorted(), "the oldest first: {places:?}");
        assert_eq!((places[0], places[49]), (before, before + 49), "before the backlog");
        let between = places[BURST - 1] + 1 - before - BURST;
        assert!((1..=20).contains(&between), "the backlog has its share, {between}: {places:?}");
        assert_eq!(books.mails.len(), BACKLOG + BURST);
        assert_eq!((says(&books, "old-", Arrival::Backlog), says(&books, "old-", Arrival::Live)), (BACKLOG, 0));
        assert_eq!((says(&books, "new-", Arrival::Backlog), says(&books, "new-", Arrival::Live)), (0, BURST));
    }
    reader.stop().await;
}

/// The same while it is read: more comes than is taken at once.
#[tokio::test]
async fn while_a_burst_is_taken_the_backlog_goes_on_slowly() {
    const BURST: usize = 200;
    let server = Dovecot::start_with(&old(BACKLOG)).await;
    let mut hand = server.hand().await;
    hand.ask("CREATE Burst").await;
    for n in 0..BURST {
        hand.append_to("Burst", &mail(&format!("new-{n}."))).await;
    }
    hand.ask("SELECT Burst").await;
    let memory = Memory::new();
    let all = MailboxSettings { start: Start::All, ..server.settings() };
    let reader = Reader::start(all, quick(), &memory);
    memory.until("the backlog is under way", |books| books.mails.len() >= 50).await;
    hand.ask("UID COPY 1:* INBOX").await; // all at once
    memory.until("the burst is taken", |books| says(books, "new-", Arrival::Live) == BURST).await;
    {
        let books = memory.books();
        let places: Vec<usize> = (0..BURST).map(|n| books.place(&format!("new-{n}.")).expect("its place")).collect();
        let between = places[BURST - 1] + 1 - places[0] - BURST;
        assert!(places.is_sorted() && (1..=30).contains(&between), "{between} of the backlog in between: {places:?}");
    }
    reader.stop().await;
}

/// The daemon is too busy in the middle of a lot, or its storage fails: those behind it wait with it, and none is taken twice.
#[tokio::test]
async fn mail_stays_in_its_order_although_the_daemon_cannot_keep_one_amidst_it() {
    const COUNT: usize = 20;
    for (fault, strikes) in [(Fault::Busy("old-7.".into(), 3), 3), (Fault::Fails("old-7.".into()), 1)] {
        let server = Dovecot::start_with(&old(COUNT)).await;
        let memory = Memory::new();
        memory.fault(fault);
        let all = MailboxSettings { start: Start::All, ..server.settings() };
        let reader = Reader::start(all, quick(), &memory);
        memory.until("all are taken", |books| books.mails.len() == COUNT).await;
        {
            let books = memory.books();
            let places: Vec<usize> =
                (0..COUNT).map(|n| books.place(&format!("old-{n}.")).expect("its place")).collect();
            assert!(places.is_sorted() && books.struck == strikes, "{} times: {places:?}", books.struck);
            assert!(books.attempts.values().all(|tries| *tries == 1), "it says nothing about the mail");
        }
        reader.stop().await;
    }
}

#[tokio::test]
async fn what_was_opened_before_the_start_stays_left_out_after_a_crash() {
    let server = Dovecot::start_with(&old(BACKLOG)).await;
    let mut hand = server.hand().await;
    hand.ask("SELECT INBOX").await;
    hand.ask("UID STORE 1400:1500 +FLAGS (\\Seen)").await;
    let memory = Memory::new();
    let unseen = MailboxSettings { start: Start::Unseen, ..server.settings() };
    let reader = Reader::start(unseen.clone(), quick(), &memory);
    memory.until("it is under way", |books| books.mails.len() >= 100).await;
    reader.crash().await;
    hand.append(&mail("new")).await;
    hand.ask("UID STORE 1501 +FLAGS (\\Seen)").await; // a person looked at it in the meantime
    let reader = Reader::start(unseen, quick(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 1_501)).await;
    {
        let books = memory.books();
        assert_eq!((books.mails.len(), says(&books, "old-", Arrival::Backlog)), (1_400, 1_399));
        assert_eq!(says(&books, "new", Arrival::Live), 1, "it came while we were in charge");
    }
    assert_eq!(server.count("INBOX").await, 101);
    reader.stop().await;
}

/// Copies are known by what they say; what was never taken is old or new by the moment it arrived.
#[tokio::test]
async fn numbered_anew_amidst_the_first_backlog_old_stays_old_and_new_comes_first() {
    let mut server = Dovecot::start_with(&old(BACKLOG)).await;
    let memory = Memory::new();
    let stays = MailboxSettings { start: Start::All, processed: String::new(), ..server.settings() };
    let reader = Reader::start(stays.clone(), quick(), &memory);
    memory.until("it is under way", |books| books.mails.len() >= 100).await;
    reader.crash().await;
    let before = memory.books().mails.len();
    assert!(before < BACKLOG, "{before}");
    server.number_anew().await;
    comes_later(&server, "new").await;
    let reader = Reader::start(stays.clone(), quick(), &memory);
    memory.until("the new one is there", |books| books.taken("new") == 1).await;
    assert_eq!(memory.books().place("new"), Some(before), "before all others");
    reader.crash().await; // and once more amidst the second look
    let reader = Reader::start(stays, quick(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|c| c.last_uid == BACKLOG as u32 + 1)).await;
    {
        let books = memory.books();
        (0..BACKLOG).for_each(|n| assert_eq!(books.taken(&format!("old-{n}.")), 1, "{n}"));
        assert_eq!((says(&books, "old-", Arrival::Live), says(&books, "new", Arrival::Live)), (0, 1));
    }
    reader.stop().await;
}

/// `start = "unseen"`: what nobody had opened is still to be taken, what somebody had stays left out.
#[tokio::test]
async fn numbered_anew_amidst_the_unopened_backlog_the_rest_of_it_is_taken() {
    const COUNT: usize = 300;
    let mut server = Dovecot::start_with(&old(COUNT)).await;
    let mut hand = server.hand().await;
    hand.ask("SELECT INBOX").await;
    hand.ask("UID STORE 201:300 +FLAGS (\\Seen)").await;
    let memory = Memory::new();
    memory.fault(Fault::HangBefore("old-100.".into()));
    let settings = server.settings();
    let stays = MailboxSettings { start: Start::Unseen, processed: String::new(), ..settings };
    let reader = Reader::start(stays.clone(), quick(), &memory);
    memory.until("it is amidst it", |books| books.struck == 1).await;
    reader.crash().await;
    memory.fault(Fault::None);
    server.number_anew().await;
    comes_later(&server, "new").await;
    let reader = Reader::start(stays, quick(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|c| c.last_uid == COUNT as u32 + 1)).await;
    {
        let books = memory.books();
        (0..200).for_each(|n| assert_eq!(books.taken(&format!("old-{n}.")), 1, "{n}"));
        (200..COUNT).for_each(|n| assert_eq!(books.taken(&format!("old-{n}.")), 0, "{n} had been opened"));
        assert_eq!((says(&books, "old-", Arrival::Live), says(&books, "new", Arrival::Live)), (0, 1));
    }
    reader.stop().await;
}

/// `start = "now"`, and the reader crashes amidst the second look: what it left out stays left out.
#[tokio::test]
async fn numbered_anew_what_was_left_out_stays_left_out_after_a_crash() {
    let mut server = Dovecot::start_with(&old(300)).await;
    let memory = Memory::new();
    let stays = MailboxSettings { processed: String::new(), ..server.settings() };
    let mut reader = Reader::start(stays.clone(), quick(), &memory);
    reader.until("it has looked once", |health| health.last_success.is_some()).await;
    reader.crash().await;
    server.number_anew().await;
    comes_later(&server, "new").await;
    for _ in 0..2 {
        let mut reader = Reader::start(stays.clone(), quick(), &memory);
        memory.until("the new one is there", |books| books.taken("new") == 1).await;
        reader.until("it has looked again", |health| health.last_success.is_some()).await;
        reader.crash().await;
    }
    let books = memory.books();
    assert_eq!((books.mails.len(), says(&books, "new", Arrival::Live)), (1, 1));
}
