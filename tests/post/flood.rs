//! One sender who writes without end: a supervisor decides, danger waits for nobody, and everyone else is taken as before.

use crate::town::{BOSS, MARIA, Town, answer, inbound, mail, said};
use bytes::Bytes;
use std::sync::Arc;
use steelbridge::channels::Later;
use steelbridge::channels::post::{Fate, Outcome, Post, Remarks, Reread};
use steelbridge::message::Author;
use steelbridge::message::mail::{TOO_MANY_CONTACTS, TOO_MANY_MESSAGES, Taken};
use steelbridge::routing::ids::{ContactId, Span, Timestamp, Urgency};
use steelbridge::store::Which;

/// Takes the bytes for the text of a new contact.
struct Reader;

impl Reread for Reader {
    fn reread(&self, _: Taken, raw: Option<Bytes>) -> Later<Result<(Fate, Remarks), String>> {
        let text = String::from_utf8_lossy(&raw.unwrap_or_default()).into_owned();
        Box::pin(async move { Ok((open(&text), Remarks::default())) })
    }
}

fn open(text: &str) -> Fate {
    Fate::Open { inbound: Box::new(inbound(text)), receipt: Some(MARIA.into()) }
}

async fn opens_ten(town: &Town) {
    for uid in 1..=10 {
        assert!(matches!(town.takes(mail(uid), open("A wall")).await, Outcome::On(_)), "{uid}");
    }
}

fn why(town: &Town) -> Vec<String> {
    town.reads().mail(Which::Held, 99).expect("readable").into_iter().map(|kept| kept.mail.why).collect()
}

#[tokio::test]
async fn the_eleventh_contact_within_ten_minutes_is_held_and_can_be_released() {
    let town = Town::opens().await;
    town.daemon.mailroom.reread_by(Arc::new(Reader));
    opens_ten(&town).await;
    let mut digests = town.daemon.mailroom.keep_raw(vec![Bytes::from_static(b"The last wall")]).await.expect("kept");
    let eleventh = Taken { digest: digests.pop(), sender: Some("Maria+1@example.org".into()), ..mail(11) };
    assert_eq!(town.takes(eleventh, open("The last wall")).await, Outcome::Held);
    assert_eq!(why(&town), [TOO_MANY_CONTACTS]);
    let other = Taken { sender: Some("juan@example.org".into()), ..mail(12) };
    assert!(matches!(town.takes(other, open("A hole")).await, Outcome::On(_)), "nobody else is asked to wait");
    let released = town.daemon.mailroom.release(11, BOSS).await.expect("it is let in");
    assert_eq!(released, Outcome::On(ContactId(12)));
    assert_eq!(town.talk(ContactId(12))[0].1, "The last wall");
    assert_eq!(town.takes(mail(13), open("And another")).await, Outcome::Held);
    town.passes(Span::mins(10));
    assert_eq!(town.takes(mail(14), open("Much later")).await, Outcome::On(ContactId(13)));
}

#[tokio::test]
async fn danger_in_a_flood_is_an_emergency_at_once() {
    let town = Town::opens().await;
    opens_ten(&town).await;
    let Outcome::On(contact) = town.takes(mail(11), open("I smell gas")).await else { panic!("it waits for nobody") };
    let row = town.row(contact);
    assert_eq!((row.urgency, row.doubtful), (Urgency::Emergency, true));
    assert_eq!(town.mails_of(contact)[0].mail.why, format!("danger:{TOO_MANY_CONTACTS}"));
}

#[tokio::test]
async fn a_restart_does_not_forget_who_floods() {
    let town = Town::opens().await;
    opens_ten(&town).await;
    let clock = town.clock.clone();
    let town = Town::on(town.stops().await, clock, true).await;
    assert_eq!(town.takes(mail(11), open("A wall")).await, Outcome::Held);
    town.passes(Span::mins(10));
    assert!(matches!(town.takes(mail(12), open("A wall")).await, Outcome::On(_)));
}

#[tokio::test]
async fn what_could_not_be_kept_does_not_count_and_neither_does_what_came_long_ago() {
    let town = Town::opens().await;
    for _ in 0..20 {
        town.failures.store(1, std::sync::atomic::Ordering::SeqCst);
        assert!(
            town.daemon.mailroom.take(mail(1), open("A wall"), Remarks::default()).await.is_err(),
            "the disk fails"
        );
    }
    let hours_ago = |uid: i64| Some(Timestamp(town.now().0 - Span::mins(uid * 60).0));
    for uid in 100..130 {
        let old = Taken { arrived: hours_ago(uid), ..mail(uid as u64) };
        assert!(matches!(town.takes(old, open("An old wall")).await, Outcome::On(_)), "{uid}");
    }
    opens_ten(&town).await;
    assert_eq!(town.takes(mail(11), open("A wall")).await, Outcome::Held);
}

#[tokio::test]
async fn open_contacts_take_thirty_messages_of_one_sender_and_danger_beyond() {
    let town = Town::opens().await;
    let contact = town.writes(1, "The bench is broken").await;
    for uid in 2..=31 {
        assert_eq!(town.takes(mail(uid), answer(contact, "Still broken")).await, Outcome::On(contact), "{uid}");
    }
    assert_eq!(town.takes(mail(32), answer(contact, "Still broken")).await, Outcome::Held);
    assert_eq!(why(&town), [TOO_MANY_MESSAGES]);
    assert_eq!(town.takes(mail(33), answer(contact, "I smell gas")).await, Outcome::On(contact));
    assert_eq!(town.row(contact).urgency, Urgency::Emergency);
    let note = || Fate::Note { contact, message: said(Author::Memo, "I am away") };
    assert_eq!(town.takes(mail(34), note()).await, Outcome::Remembered, "the rep has been told often enough");
    assert!(matches!(town.takes(mail(35), open("A wall")).await, Outcome::On(_)), "new contacts are counted apart");
}

#[tokio::test]
async fn what_lay_in_the_mailbox_before_us_is_no_flood() {
    let town = Town::opens().await;
    for uid in 1..=15 {
        let remarks = Remarks { backlog: true, ..Remarks::default() };
        let taken = town.daemon.mailroom.take(mail(uid), open("A wall"), remarks).await.expect("kept");
        assert!(matches!(taken, Outcome::On(_)), "{uid}");
    }
}
