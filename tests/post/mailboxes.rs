//! Several mailboxes read at once: none waits while another compares a letter with earlier ones, and of copies no file is kept.

use crate::town::Town;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use steelbridge::channels::email::arrive::Arrivals;
use steelbridge::channels::email::imap::{Arrival, Extent, Fetched, Kept, Ledger, MailKey, Place};
use steelbridge::channels::email::mail::automatic::Own;
use steelbridge::channels::email::mail::token::Tokens;
use steelbridge::channels::email::sorting::Sorter;
use steelbridge::channels::post::{Fate, Outcome, Post, Remarks};
use steelbridge::channels::{Later, NotKept};
use steelbridge::daemon::mailroom::Mailroom;
use steelbridge::message::mail::Taken;
use steelbridge::message::{Attachment, Position};
use steelbridge::routing::ids::Timestamp;
use tokio::sync::Semaphore;

/// The mailroom, with a disk that reads earlier letters only when it is let.
#[derive(Clone)]
struct SlowDisk {
    mailroom: Mailroom,
    asked: Arc<Semaphore>,
    may_read: Arc<Semaphore>,
    enclosures: Arc<AtomicUsize>,
}

impl Post for SlowDisk {
    fn now(&self) -> Timestamp {
        self.mailroom.now()
    }

    fn bookmark(&self, key: String) -> Later<Result<Option<String>, NotKept>> {
        self.mailroom.bookmark(key)
    }

    fn set_bookmark(&self, key: String, value: Option<String>) -> Later<Result<(), NotKept>> {
        self.mailroom.set_bookmark(key, value)
    }

    fn taken(&self, keys: Vec<String>) -> Later<Result<Vec<String>, NotKept>> {
        self.mailroom.taken(keys)
    }

    fn is_copy(&self, digest: String) -> Later<Result<bool, NotKept>> {
        self.mailroom.is_copy(digest)
    }

    fn letters(&self, message_id: String) -> Later<Result<Vec<String>, NotKept>> {
        self.mailroom.letters(message_id)
    }

    fn letter(&self, digest: String) -> Later<Result<Option<Bytes>, NotKept>> {
        let disk = self.clone();
        Box::pin(async move {
            disk.asked.add_permits(1);
            disk.may_read.acquire().await.expect("never closed").forget();
            disk.mailroom.letter(digest).await
        })
    }

    fn keep_raw(&self, raws: Vec<Bytes>) -> Later<Result<Vec<String>, NotKept>> {
        self.mailroom.keep_raw(raws)
    }

    fn keep_enclosure(&self, name: String, bytes: Bytes) -> Later<Result<(Attachment, Option<Position>), NotKept>> {
        self.enclosures.fetch_add(1, SeqCst);
        self.mailroom.keep_enclosure(name, bytes)
    }

    fn take(&self, mail: Taken, fate: Fate, remarks: Remarks) -> Later<Result<Outcome, NotKept>> {
        self.mailroom.take(mail, fate, remarks)
    }
}

fn desk_of(town: &Town) -> (Arrivals, SlowDisk) {
    let own = Own { addresses: vec!["311@city.example".into()], instance: "ours".into(), ..Own::default() };
    let tokens = Arc::new(Tokens::new([7; 32], "city.example"));
    let sorter = Arc::new(Sorter { own, tokens, mailboxes: Default::default() });
    let disk = SlowDisk {
        mailroom: town.daemon.mailroom.clone(),
        asked: Arc::new(Semaphore::new(0)),
        may_read: Arc::new(Semaphore::new(0)),
        enclosures: Arc::default(),
    };
    (Arrivals::new(Arc::new(disk.clone()), sorter, Arc::default()), disk)
}

fn letter(id: &str, text: &str) -> String {
    format!(
        "From: maria@example.org\r\nTo: 311@city.example\r\nSubject: A wall\r\nMessage-ID: <{id}@example.org>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n\
         --b\r\nContent-Type: application/pdf; name=wall.pdf\r\nContent-Disposition: attachment; filename=wall.pdf\r\n\r\n\
         %PDF-1.4 a wall\r\n--b--\r\n"
    )
}

fn fetched(account: &str, uid: u32, raw: &str) -> Fetched {
    let place = Place { account: account.into(), folder: "INBOX".into() };
    Fetched {
        key: MailKey { place, uid_validity: 1, uid },
        arrived: None,
        size: raw.len() as u64,
        raw: Bytes::copy_from_slice(raw.as_bytes()),
        extent: Extent::Whole,
        arrival: Arrival::Live,
    }
}

#[tokio::test]
async fn a_letter_that_is_compared_with_earlier_ones_holds_up_no_other_mailbox() {
    let town = Town::opens().await;
    let (arrivals, disk) = desk_of(&town);
    assert_eq!(arrivals.ingest(vec![fetched("one", 1, &letter("same", "Once"))]).await, [Ok(Kept::New)]);
    let slow = tokio::spawn(arrivals.ingest(vec![fetched("one", 2, &letter("same", "Another"))]));
    disk.asked.acquire().await.expect("never closed").forget();
    let other = arrivals.ingest(vec![fetched("two", 1, &letter("other", "Else"))]);
    let other = tokio::time::timeout(Duration::from_secs(20), other).await;
    assert_eq!(other.expect("it waits for nobody"), [Ok(Kept::New)]);
    assert!(!slow.is_finished(), "it is still being compared");
    disk.may_read.add_permits(1);
    assert_eq!(slow.await.expect("it ran"), [Ok(Kept::New)]);
    assert_eq!(disk.asked.available_permits(), 0, "what was compared once is not read again");
    let rows = town.reads().contacts(&[1, 2, 3].map(steelbridge::routing::ids::ContactId)).expect("readable");
    assert_eq!(rows.len(), 3);
}

#[tokio::test]
async fn of_a_copy_no_file_is_kept_and_twins_that_come_together_are_one() {
    let town = Town::opens().await;
    let (arrivals, disk) = desk_of(&town);
    disk.may_read.add_permits(9);
    let first = letter("one", "Once");
    let other_way = format!("Received: by relay.example; Mon, 23 Nov 2026 12:00:01 +0000\r\n{first}");
    arrivals.ingest(vec![fetched("one", 1, &first)]).await;
    assert_eq!(disk.enclosures.load(SeqCst), 1);
    let copies = vec![fetched("two", 1, &first), fetched("two", 2, &other_way)];
    assert_eq!(arrivals.ingest(copies).await, [Ok(Kept::New), Ok(Kept::New)]);
    assert_eq!(disk.enclosures.load(SeqCst), 1, "they are there already");
    let twin = letter("twin", "Twice");
    let other_way = format!("Received: by relay.example; Mon, 23 Nov 2026 12:00:01 +0000\r\n{twin}");
    arrivals.ingest(vec![fetched("one", 2, &twin), fetched("one", 3, &twin), fetched("one", 4, &other_way)]).await;
    let rows = town.reads().contacts(&[1, 2, 3].map(steelbridge::routing::ids::ContactId)).expect("readable");
    assert_eq!(rows.len(), 2);
}
