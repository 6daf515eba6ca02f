//! A crash between the lease and what came of it: the letter may have arrived, and nobody pretends to know.
//!
//! The crash is a copy of the data made at that moment, which is what kill -9 leaves behind, and a second daemon on it.

use crate::carrier::Does;
use crate::deliveries::copy;
use crate::town::{MARIA, Town, inbound, mail};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use steelbridge::channels::NotKept;
use steelbridge::channels::post::{Fate, Outcome, Post, Remarks};
use steelbridge::message::delivery::DeliveryState::{Sending, Sent, Unknown, Waiting};
use steelbridge::routing::ids::Span;
use tokio::sync::Notify;

#[tokio::test]
async fn after_a_crash_in_the_middle_a_reply_is_sent_again_with_the_same_bytes() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.relay.will([Does::Hangs]);
    town.ana_says(contact, "We come tomorrow", None).await;
    town.relay.begins().await;
    assert_eq!(town.states(contact), [Sending], "the lease was kept before the first byte went out");
    let (folder, clock) = (copy(&town), town.clock.clone());
    let before = town.relay.attempts();

    let town = Town::on(folder, clock, true).await;
    town.until_put_off(contact, 1, 1).await;
    assert_eq!(town.states(contact), [Waiting]);
    town.passes(Span::mins(11));
    town.until_states(contact, &[Sent]).await;
    assert_eq!(town.relay.attempts(), before, "one attempt more, with the very bytes of the first");
    assert_eq!(town.relay.renderings(), 0, "it was not rendered again");
}

#[tokio::test]
async fn after_a_crash_in_the_middle_an_acknowledgement_is_left_and_shown() {
    let town = Town::opens().await;
    town.relay.will([Does::Hangs]);
    let contact = town.fills_in_a_form(Some(MARIA)).await;
    town.relay.begins().await;
    let (folder, clock) = (copy(&town), town.clock.clone());
    let town = Town::on(folder, clock, true).await;
    town.until_states(contact, &[Unknown]).await;
    assert_eq!(town.memos(contact).len(), 1);
    town.passes(Span::mins(60));
    assert_eq!(town.relay.attempts().len(), 0);
}

#[tokio::test]
async fn a_crash_before_the_lease_costs_nothing_and_after_the_outcome_sends_nothing() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.relay.will([Does::Hangs]);
    let first = town.writes(2, "First").await;
    town.ana_says(first, "x", None).await;
    town.relay.begins().await;
    town.ana_says(contact, "We come tomorrow", None).await; // waits: the one worker hangs
    let (folder, clock) = (copy(&town), town.clock.clone());
    let town = Town::on(folder, clock, true).await;
    town.until_states(contact, &[Sent]).await;
    assert_eq!(town.relay.attempts().len(), 1);
    let (folder, clock) = (copy(&town), town.clock.clone());
    let town = Town::on(folder, clock, true).await;
    town.passes(Span::mins(60));
    town.until_states(first, &[Sent]).await;
    assert_eq!(town.states(contact), [Sent]);
    assert!(town.relay.attempts().iter().all(|letter| !letter.contains("We come tomorrow")));
}

#[tokio::test]
async fn a_daemon_that_is_stopped_sends_the_rest_when_it_is_back() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.relay.will([crate::carrier::later()]);
    town.ana_says(contact, "We come tomorrow", None).await;
    town.until_put_off(contact, 1, 1).await;
    let clock = town.clock.clone();
    let town = Town::on(town.stops().await, clock, true).await;
    town.passes(Span::mins(2));
    town.until_states(contact, &[Sent]).await;
}

#[tokio::test]
async fn what_came_of_an_attempt_is_kept_although_storage_fails_at_that_moment() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    let go_on = Arc::new(Notify::new());
    town.relay.will([Does::Waits(go_on.clone())]);
    town.ana_says(contact, "We come tomorrow", None).await;
    town.relay.begins().await;
    town.failures.store(1, Ordering::SeqCst);
    go_on.notify_one();
    town.until_states(contact, &[Sent]).await;
    assert_eq!(town.failures.load(Ordering::SeqCst), 0, "the first try to keep it failed");
    assert_eq!(town.relay.attempts().len(), 1, "and it is not sent again");
}

#[tokio::test]
async fn what_came_of_an_attempt_counts_once_it_is_kept_and_not_before() {
    const MANY: u32 = 1_000;
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    let go_on = Arc::new(Notify::new());
    town.relay.will([Does::Waits(go_on.clone())]);
    town.ana_says(contact, "We come tomorrow", None).await;
    town.relay.begins().await;
    town.failures.store(MANY, Ordering::SeqCst);
    go_on.notify_one();
    town.until("a try to keep it failed", |town| town.failures.load(Ordering::SeqCst) < MANY).await;
    let tally = town.daemon.outboxes[0].tally.clone();
    assert_eq!(tally.sent.load(Ordering::SeqCst), 0, "should we die now, it will count as unknown");
    town.failures.store(0, Ordering::SeqCst);
    town.until_states(contact, &[Sent]).await;
    town.stops().await;
    assert_eq!(tally.sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_mail_whose_commit_fails_is_not_kept_and_can_be_taken_again() {
    let town = Town::opens().await;
    town.failures.store(1, Ordering::SeqCst);
    let open = || Fate::Open { inbound: Box::new(inbound("Hello")), receipt: Some(MARIA.into()) };
    assert_eq!(town.daemon.mailroom.take(mail(1), open(), Remarks::default()).await, Err(NotKept::Unavailable));
    let Outcome::On(contact) = town.takes(mail(1), open()).await else { panic!("it opens one") };
    town.until_states(contact, &[Sent]).await;
    assert_eq!((contact.0, town.talk(contact).len(), town.mails_of(contact).len()), (1, 1, 1));
}
