//! Held mail: a supervisor decides, once, and what is let in is taken as if nothing had spoken against it.

use crate::town::{BOSS, MARIA, Town, inbound, mail};
use bytes::Bytes;
use std::sync::Arc;
use steelbridge::channels::post::{Fate, Outcome, Post, Remarks, Reread};
use steelbridge::channels::{Later, NotKept};
use steelbridge::daemon::feed::Heard;
use steelbridge::message::Inbound;
use steelbridge::message::delivery::DeliveryState::Sent;
use steelbridge::message::delivery::Kind;
use steelbridge::message::mail::{self, Taken, Trust};
use steelbridge::routing::ids::{RepId, Urgency};
use steelbridge::store::Which;

/// Takes the bytes for the text of a new contact; "broken" it cannot read.
struct Reader;

impl Reread for Reader {
    fn reread(&self, _: Taken, raw: Bytes) -> Later<Result<(Fate, Remarks), String>> {
        Box::pin(async move {
            match String::from_utf8_lossy(&raw).into_owned() {
                text if text == "broken" => Err("it has no header".into()),
                text if text == "doubtful" => Ok((Fate::Held(None), Remarks::default())),
                text => Ok((
                    Fate::Open { inbound: Box::new(inbound(&text)), receipt: Some(MARIA.into()) },
                    Remarks { left_out: 3, ..Remarks::default() },
                )),
            }
        })
    }
}

/// Mails with these bytes are held.
async fn with_held(texts: &[&'static str]) -> Town {
    let town = Town::opens().await;
    town.daemon.mailroom.reread_by(Arc::new(Reader));
    for (uid, text) in (1..).zip(texts) {
        let digest = town.daemon.mailroom.keep_raw(Bytes::from_static(text.as_bytes())).await.unwrap();
        let held = Taken { digest: Some(digest), ..mail(uid) };
        assert_eq!(town.takes(held, Fate::Held(None)).await, Outcome::Held);
    }
    town
}

#[tokio::test]
async fn what_is_let_in_is_taken_as_if_nothing_had_spoken_against_it() {
    let town = with_held(&["Hay un bache"]).await;
    let mut heard = town.daemon.handle.feed().staff();
    let Outcome::On(contact) = town.daemon.mailroom.release(1, BOSS).await.unwrap() else { panic!("it opens one") };
    let commit = loop {
        let Ok(Heard::Commit(commit)) = heard.recv().await else { panic!("screens hear of it") };
        if commit.held < 0 {
            break commit; // who held it is answered before screens hear of that
        }
    };
    assert_eq!((commit.held, commit.opened.len()), (-1, 1));
    assert_eq!(town.talk(contact)[0].1, "Hay un bache");
    let memos = town.memos(contact);
    assert!(memos.len() == 1 && memos[0].starts_with("3 files of this mail are not here"), "{memos:?}");
    let kept = town.mails_of(contact).remove(0);
    assert_eq!((kept.fate, kept.became), (mail::Fate::Message, Some((contact, 1))));
    assert_eq!(kept.decided, Some((BOSS, town.now())));
    town.until_states(contact, &[Sent]).await;
    assert_eq!(town.reads().held().unwrap(), 0);
}

#[tokio::test]
async fn two_supervisors_decide_once() {
    let town = with_held(&["One", "Two"]).await;
    let post = &town.daemon.mailroom;
    let all = futures_util::future::join_all((1..=9).map(|rep| post.release(1, RepId(rep)))).await;
    let opened = all.iter().filter(|outcome| matches!(outcome, Ok(Outcome::On(_)))).count();
    assert_eq!((opened, all.iter().filter(|o| **o == Ok(Outcome::Duplicate)).count()), (1, 8));
    assert_eq!(post.discard(1, BOSS).await, Ok(Outcome::Duplicate));
    assert_eq!(post.discard(2, BOSS).await, Ok(Outcome::Remembered));
    assert_eq!(post.discard(2, BOSS).await, Ok(Outcome::Duplicate));
    assert_eq!(post.release(2, BOSS).await, Ok(Outcome::Duplicate));
    assert_eq!(town.reads().mail(Which::Id(2), 1).unwrap()[0].fate, mail::Fate::Discarded);
    assert_eq!(town.daemon.handle.read(|engine, _| engine.counts().1).await.unwrap(), 1, "one contact in all");
}

#[tokio::test]
async fn what_cannot_be_read_stays_held_and_the_supervisor_is_told_why() {
    let town = with_held(&["broken", "doubtful"]).await;
    let post = &town.daemon.mailroom;
    let why = |refused: Result<Outcome, NotKept>| match refused {
        Err(NotKept::Refused(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(post.release(1, BOSS).await), "it has no header");
    assert!(why(post.release(2, BOSS).await).contains("cannot be let in"));
    assert!(why(post.release(9, BOSS).await).contains("no such mail"));
    let unfetched = Taken { digest: None, ..mail(7) };
    town.takes(unfetched, Fate::Held(None)).await;
    assert!(why(post.release(3, BOSS).await).contains("could not be fetched"));
    assert_eq!(town.reads().held().unwrap(), 3);
}

/// What a mail that is held would open.
fn would(text: &str) -> Fate {
    Fate::Held(Some(Box::new(Inbound { doubtful: true, ..inbound(text) })))
}

#[tokio::test]
async fn danger_in_held_mail_waits_for_no_supervisor_and_a_forged_sender_is_told_nothing() {
    let town = Town::opens().await;
    let forged = Taken { why: "not_authentic".into(), trust: Trust::Doubtful, ..mail(1) };
    let Outcome::On(contact) = town.takes(forged.clone(), would("I smell gas in the house")).await else {
        panic!("it opens a contact")
    };
    let row = town.row(contact);
    assert_eq!((row.urgency, row.doubtful), (Urgency::Emergency, true));
    let kept = town.mails_of(contact).remove(0);
    assert_eq!((kept.fate, kept.mail.why.as_str()), (mail::Fate::Message, "danger:not_authentic"));
    assert_eq!(town.takes(forged, would("I smell gas in the house")).await, Outcome::Duplicate);
    let vouched = Taken { why: "spam".into(), trust: Trust::Authentic, ..mail(2) };
    let Outcome::On(other) = town.takes(vouched, would("I smell gas")).await else { panic!("it opens a contact") };
    town.until_states(other, &[Sent]).await;
    assert_eq!(town.deliveries(other)[0].kind, Kind::Notice, "whom to call, and no acknowledgement");
    assert_eq!(town.deliveries(contact), [], "who knows whose address it is");
    assert_eq!(town.takes(mail(3), would("Buy my book")).await, Outcome::Held);
    assert_eq!(town.reads().held().unwrap(), 1);
}
