//! Mail without a mark of ours that says itself where it belongs: believed only of those whose mail or contact it names.

use crate::town::{MARIA, Town, inbound, mail, said};
use steelbridge::channels::post::{Claim, Fate, Outcome};
use steelbridge::message::mail::{self as mails, Taken, Trust};
use steelbridge::message::{Author, Inbound, Party};
use steelbridge::routing::ids::{ContactId, Span};

const EVE: &str = "eve@example.net";

/// A mail that answers these, under a subject with this reference.
fn claims(answers: &[&str], reference: Option<&str>, note: bool) -> Fate {
    let claim =
        Claim { answers: answers.iter().map(|id| (*id).into()).collect(), reference: reference.map(Into::into) };
    let from = if note { Author::Memo } else { Author::Customer };
    let (message, otherwise) = (said(from, "Any news?"), Box::new(inbound("Any news?")));
    Fate::Claim { claim, note, message, otherwise, receipt: Some(MARIA.into()) }
}

fn on(outcome: Outcome) -> ContactId {
    match outcome {
        Outcome::On(contact) => contact,
        other => panic!("{other:?}"),
    }
}

fn from(sender: &str, uid: u64) -> Taken {
    Taken { sender: Some(sender.into()), ..mail(uid) }
}

#[tokio::test]
async fn who_answers_their_own_mail_is_on_the_contact_it_opened() {
    let town = Town::opens().await;
    let first = town.writes(1, "The bench is broken").await;
    let answered = |uid, sender: &str| (from(sender, uid), claims(&["nobody@theirs", "1@theirs"], None, false));
    let (reply, fate) = answered(2, "Maria@Example.org");
    assert_eq!(on(town.takes(reply, fate).await), first);
    assert_eq!(town.talk(first)[1], (Author::Customer, "Any news?".into()));
    assert_eq!(town.mails_of(first).len(), 2);
    let (stranger, fate) = answered(3, EVE);
    assert_ne!(on(town.takes(stranger, fate).await), first, "ids are seen by whoever had a copy");
    let (forged, fate) = answered(4, MARIA);
    let forged = Taken { trust: Trust::Doubtful, ..forged };
    assert_ne!(on(town.takes(forged, fate).await), first, "it may be anybody's");
    let (verified, fate) = answered(5, MARIA);
    assert_eq!(on(town.takes(Taken { trust: Trust::Authentic, ..verified }, fate).await), first);
    let nameless = Taken { sender: None, ..mail(6) };
    assert_ne!(on(town.takes(nameless, claims(&["1@theirs"], None, false)).await), first);
    assert!(town.deliveries(first).is_empty(), "nothing goes out because of an answer");
}

#[tokio::test]
async fn an_id_that_several_mails_bear_says_nothing_and_neither_does_one_that_became_no_message() {
    let town = Town::opens().await;
    for uid in [1, 2] {
        let same = Taken { message_id: Some("same@theirs".into()), ..mail(uid) };
        on(town.takes(same, Fate::Open { inbound: Box::new(inbound("A hole")), receipt: None }).await);
    }
    assert_eq!(on(town.takes(mail(3), claims(&["same@theirs"], None, false)).await), ContactId(3));
    let held = Taken { message_id: Some("held@theirs".into()), ..mail(4) };
    assert_eq!(town.takes(held, Fate::Held(None)).await, Outcome::Held);
    assert_eq!(on(town.takes(mail(5), claims(&["held@theirs"], None, false)).await), ContactId(4));
}

#[tokio::test]
async fn a_reference_is_believed_of_those_whose_contact_it_names() {
    let town = Town::opens().await;
    let first = town.writes(1, "The bench is broken").await;
    let reference = town.row(first).reference;
    let wrong = format!("{}9", &reference[..reference.len() - 1]);
    assert_eq!(on(town.takes(mail(2), claims(&[], Some(&reference), false)).await), first, "not checked is not forged");
    for (uid, taken, named) in [
        (3, from(EVE, 3), reference.as_str()),
        (4, Taken { trust: Trust::Doubtful, ..mail(4) }, &reference),
        (5, mail(5), &wrong),
        (6, mail(6), "XX-000001-8"),
        (7, mail(7), "SB-999999-8"),
    ] {
        let contact = on(town.takes(taken, claims(&[], Some(named), false)).await);
        assert_eq!((contact, town.talk(first).len()), (ContactId(uid - 1), 2), "{named}");
    }
    let form = town.fills_in_a_form(Some(MARIA)).await;
    let reference = town.row(form).reference;
    assert_eq!(on(town.takes(mail(8), claims(&[], Some(&reference), false)).await), form, "a form is answered by mail");
}

#[tokio::test]
async fn what_a_machine_says_of_where_it_belongs_is_a_note_and_wakes_nobody() {
    let town = Town::opens().await;
    let first = town.writes(1, "The bench is broken").await;
    town.ana_has(first).await;
    town.ana_parks(first).await;
    let before = town.stage(first).await;
    let reference = town.row(first).reference;
    assert_eq!(on(town.takes(mail(2), claims(&[], Some(&reference), true)).await), first);
    assert_eq!((town.memos(first), town.stage(first).await), (vec!["Any news?".to_owned()], before));
}

#[tokio::test]
async fn long_after_the_end_it_is_a_new_contact_that_follows_the_old_one() {
    let town = Town::opens().await;
    let first = town.writes(1, "The bench is broken").await;
    town.ana_has(first).await;
    town.ana_closes(first).await;
    town.passes(Span::mins(31 * 24 * 60));
    let next = on(town.takes(mail(2), claims(&["1@theirs"], None, false)).await);
    assert_eq!(town.row(next).follows, Some(first));
}

#[tokio::test]
async fn what_another_person_added_is_answered_by_them_alone() {
    let town = Town::opens().await;
    let first = town.writes(1, "The bench is broken").await;
    let joined = Fate::Answer {
        contact: first,
        message: said(Author::Customer, "Me too"),
        otherwise: Box::new(inbound("Me too")),
        receipt: None,
    };
    on(town.takes(from(EVE, 2), joined).await);
    assert_eq!(on(town.takes(from(EVE, 3), claims(&["2@theirs"], None, false)).await), first);
    let party = Party { email: Some(EVE.into()), ..Party::default() };
    let otherwise = Box::new(Inbound { party, ..inbound("And mine") });
    let claim = Claim { answers: vec!["1@theirs".into()], reference: None };
    let message = said(Author::Customer, "And mine");
    let fate = Fate::Claim { claim, note: false, message, otherwise, receipt: None };
    assert_ne!(on(town.takes(from(EVE, 4), fate).await), first, "the first mail is not hers");
    assert!(town.mails_of(first).iter().all(|kept| kept.fate == mails::Fate::Message));
}

/// Whoever forges an address has no domain that vouches for it.
#[tokio::test]
async fn whose_domain_has_vouched_for_them_is_not_believed_without_it() {
    let town = Town::opens().await;
    let vouched = Taken { trust: Trust::Authentic, ..mail(1) };
    let first = on(town.takes(vouched, Fate::Open { inbound: Box::new(inbound("A hole")), receipt: None }).await);
    let reference = town.row(first).reference;
    for (uid, answers, named) in [(2, &["1@theirs"][..], None), (3, &[][..], Some(reference.as_str()))] {
        assert_ne!(on(town.takes(mail(uid), claims(answers, named, false)).await), first, "nobody vouches for it");
        let vouched = Taken { trust: Trust::Authentic, ..mail(uid + 10) };
        assert_eq!(on(town.takes(vouched, claims(answers, named, false)).await), first);
    }
}
