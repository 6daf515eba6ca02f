//! One sender who writes without end: a supervisor decides, danger waits for nobody, and everyone else is taken as before.

use crate::town::{BOSS, MARIA, Town, answer, inbound, mail, said};
use bytes::Bytes;
use std::sync::Arc;
use steelbridge::channels::Later;
use steelbridge::channels::post::{Fate, Outcome, Post, Remarks, Reread};
use steelbridge::message::Author;
use steelbridge::message::mail::{DANGER, DANGER_WAITS, TOO_MANY_CONTACTS, TOO_MANY_MESSAGES, Taken, Trust};
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

/// A city under these settings, on a Monday noon.
async fn under(settings: &str) -> Town {
    let noon = Town::opens().await.clock.clone();
    Town::under(settings, tempfile::tempdir().expect("a folder"), noon, true).await
}

fn from(sender: &str, uid: u64, trust: Trust) -> Taken {
    Taken { sender: Some(sender.into()), trust, ..mail(uid) }
}

#[tokio::test]
async fn settings_say_how_much_is_too_much() {
    let town = under("[rates]\nmail_contact = [\"2/h\"]\nmail_message = [\"1/10min\"]").await;
    let contact = town.writes(1, "A wall").await;
    town.writes(2, "A wall").await;
    assert_eq!(town.takes(mail(3), open("A wall")).await, Outcome::Held);
    assert_eq!(town.takes(mail(4), answer(contact, "Still")).await, Outcome::On(contact));
    assert_eq!(town.takes(mail(5), answer(contact, "Still")).await, Outcome::Held);
    town.passes(Span::mins(59));
    assert_eq!(town.takes(mail(6), open("A wall")).await, Outcome::Held);
    town.passes(Span::mins(1));
    town.writes(7, "A wall").await;
}

#[tokio::test]
async fn trusted_senders_write_as_much_as_they_like_unless_they_may_be_forged() {
    let trusted = "[email]\ntrusted_senders = [\"Webform@city.example\", \"county.example\"]\n";
    let few = "[rates]\nmail_contact = [\"1/10min\"]\nmail_danger = [\"1/10min\"]";
    for (authserv, trust, all) in [
        ("", Trust::Unknown, true),
        ("", Trust::Doubtful, false),
        ("authserv = \"mx.city.example\"\n", Trust::Unknown, false),
        ("authserv = \"mx.city.example\"\n", Trust::Authentic, true),
    ] {
        let town = under(&format!("{trusted}{authserv}{few}")).await;
        for (n, sender) in ["webform+7@City.example", "clerk@county.example"].into_iter().enumerate() {
            let mut taken = Vec::new();
            for (uid, text) in (10 * n as u64..).zip(["A wall", "A wall", "I smell gas", "I smell gas"]) {
                taken.push(matches!(town.takes(from(sender, uid, trust), open(text)).await, Outcome::On(_)));
            }
            // of the others one is a contact, and one rings
            assert_eq!(taken, [true, all, true, all], "{authserv}{trust:?} {sender}");
        }
    }
    let town = under(&format!("{trusted}{few}")).await;
    for (n, stranger) in ["eve@notcounty.example", "eve@sub.county.example", "other@city.example"].iter().enumerate() {
        let next = async |uid: u64| town.takes(from(stranger, 10 * n as u64 + uid, Trust::Unknown), open("A")).await;
        assert!(matches!(next(1).await, Outcome::On(_)));
        assert_eq!(next(2).await, Outcome::Held, "{stranger}");
    }
}

#[tokio::test]
async fn whoever_forges_an_address_uses_up_nothing_of_its_owner() {
    let town = Town::opens().await;
    for trust in [Trust::Unknown, Trust::Doubtful] {
        for uid in 1..=20 {
            town.takes(from(MARIA, 100 * (trust as u64 + 1) + uid, trust), open("In your name")).await;
        }
    }
    assert_eq!(town.takes(from(MARIA, 1, Trust::Unknown), open("It may be anybody")).await, Outcome::Held);
    for uid in 2..=11 {
        let own = town.takes(from(MARIA, uid, Trust::Authentic), open("It is me")).await;
        assert!(matches!(own, Outcome::On(_)), "{uid}");
    }
    assert_eq!(town.takes(from(MARIA, 12, Trust::Authentic), open("It is me")).await, Outcome::Held);
}

#[tokio::test]
async fn who_rings_too_often_rings_no_more_and_is_read_first() {
    let town = Town::opens().await;
    let spam = |text: &str| {
        let would = steelbridge::message::Inbound { doubtful: true, ..inbound(text) };
        Fate::Held(Some(Box::new(would)))
    };
    town.takes(mail(1), spam("Buy")).await;
    for uid in 2..=6 {
        assert!(matches!(town.takes(mail(uid), spam("I smell gas")).await, Outcome::On(_)), "{uid}");
    }
    let because = |uid, why: &str| Taken { why: why.into(), ..mail(uid) };
    assert_eq!(town.takes(because(7, "spam"), spam("I smell gas")).await, Outcome::Held);
    let clock = town.clock.clone();
    let town = Town::on(town.stops().await, clock, true).await;
    assert_eq!(town.takes(mail(8), spam("I smell gas")).await, Outcome::Held, "nor after a restart");
    let first = town.reads().mail(Which::Held, 1).expect("readable").remove(0);
    assert_eq!((first.id, first.mail.why), (7, format!("{DANGER_WAITS}spam")));
    assert_eq!(town.reads().mail(Which::Held, 9).expect("readable").iter().map(|kept| kept.id).next_back(), Some(1));
    let other = from("juan@example.org", 9, Trust::Unknown);
    assert!(matches!(town.takes(other, spam("I smell gas")).await, Outcome::On(_)), "everyone else rings");
    opens_ten_more(&town, 20).await;
    town.passes(Span::mins(10));
    assert!(matches!(town.takes(mail(40), spam("I smell gas")).await, Outcome::On(_)));
}

/// What rang has used up nothing of the share of contacts.
async fn opens_ten_more(town: &Town, first: u64) {
    for uid in first..first + 10 {
        town.writes(uid, "A wall").await;
    }
}

#[tokio::test]
async fn danger_on_open_contacts_rings_no_more_either() {
    let town = under("[rates]\nmail_message = [\"1/10min\"]\nmail_danger = [\"2/10min\"]").await;
    let contact = town.writes(1, "The bench is broken").await;
    for uid in 2..=4 {
        assert_eq!(town.takes(mail(uid), answer(contact, "I smell gas")).await, Outcome::On(contact), "{uid}");
    }
    assert_eq!(town.mails_of(contact)[3].mail.why, format!("{DANGER}{TOO_MANY_MESSAGES}"));
    assert_eq!(town.takes(mail(5), answer(contact, "I smell gas")).await, Outcome::Held);
    assert_eq!(why(&town), [format!("{DANGER_WAITS}{TOO_MANY_MESSAGES}")]);
}

#[tokio::test]
async fn an_answer_that_opens_a_contact_counts_as_that_alone() {
    let town = under("[rates]\nmail_message = [\"1/10min\"]").await;
    let there = town.writes(1, "A wall").await;
    for uid in 2..=4 {
        let lost = town.takes(mail(uid), answer(ContactId(99), "Lost")).await;
        assert!(matches!(lost, Outcome::On(contact) if contact != there), "{uid}");
    }
    assert_eq!(town.takes(mail(5), answer(there, "Still there")).await, Outcome::On(there));
}
