//! Lots of mail as a mailbox hands them in, read and judged, on a daemon whose storage fails for a moment.

use crate::town::Town;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use steelbridge::channels::NotKept;
use steelbridge::channels::email::arrive::Arrivals;
use steelbridge::channels::email::imap::{Arrival, Extent, Fetched, Kept, Ledger, MailKey, Place};
use steelbridge::channels::email::mail::automatic::Own;
use steelbridge::channels::email::mail::token::Tokens;
use steelbridge::channels::email::sorting::Sorter;
use steelbridge::message::Author;
use steelbridge::routing::ids::ContactId;

fn arrivals(town: &Town) -> Arrivals {
    let own = Own { addresses: vec!["311@city.example".into()], ..Own::default() };
    let tokens = Arc::new(Tokens::new([7; 32], "mail.city.example"));
    let sorter = Sorter { own, tokens, mailboxes: Default::default() };
    Arrivals::new(Arc::new(town.daemon.mailroom.clone()), Arc::new(sorter), Arc::default())
}

/// Maria's mails to the city, numbered as they came, with these header fields and words.
fn lot(mails: &[(&str, &str)]) -> Vec<Fetched> {
    let place = Place { account: "desk".into(), folder: "INBOX".into() };
    let fetched = |(number, (fields, words)): (usize, &(&str, &str))| {
        let raw = format!("From: maria@example.org\r\nTo: 311@city.example\r\n{fields}\r\n\r\n{words}\r\n");
        Fetched {
            key: MailKey { place: place.clone(), uid_validity: 7, uid: number as u32 + 1 },
            arrived: None,
            size: raw.len() as u64,
            raw: raw.into(),
            extent: Extent::Whole,
            arrival: Arrival::Live,
        }
    };
    mails.iter().enumerate().map(fetched).collect()
}

/// It bears no mark of ours: only the first, once it is kept, says where the second belongs.
#[tokio::test]
async fn an_answer_is_not_kept_before_what_it_answers_although_storage_fails_in_between() {
    let town = Town::opens().await;
    let arrivals = arrivals(&town);
    let mails = lot(&[
        ("Subject: Bench\r\nMessage-ID: <1@theirs>", "It is broken."),
        ("Subject: Re: Bench\r\nMessage-ID: <2@theirs>\r\nIn-Reply-To: <1@theirs>", "In the park, I forgot."),
        ("Subject: Lamp\r\nMessage-ID: <3@theirs>", "It is dark here."),
    ]);
    town.failures.store(1, Ordering::SeqCst);
    let outcomes = arrivals.ingest(mails.clone()).await;
    assert_eq!(outcomes, [(); 3].map(|()| Err(NotKept::Unavailable)), "what is behind it waits with it");
    assert_eq!(arrivals.ingest(mails).await, [(); 3].map(|()| Ok(Kept::New)));
    let texts =
        |contact| town.talk(ContactId(contact)).into_iter().filter(|(from, _)| *from == Author::Customer).count();
    assert_eq!((texts(1), texts(2)), (2, 1), "one conversation, and another about something else");
}
