//! What goes out: once, in order, as often as it takes, and never given up in silence.

use crate::carrier::{Does, away, later, refused, tired, unknown};
use crate::town::{ANA, MARIA, Town, answer, inbound, mail, said};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use steelbridge::channels::delivery::Outcome;
use steelbridge::channels::{AdapterState, Context};
use steelbridge::message::delivery::DeliveryState::{Failed, Sent, Unknown, Waiting};
use steelbridge::message::delivery::{Carries, Faring, Kind, NewDelivery};
use steelbridge::message::{Author, Inbound, Party};
use steelbridge::routing::command::Command;
use steelbridge::routing::contact::Stage;
use steelbridge::routing::ids::*;
use steelbridge::store::{Due, Record};

#[tokio::test]
async fn an_answer_goes_out_once_with_all_that_a_letter_needs() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hay un bache enorme en mi calle").await;
    town.takes(mail(2), answer(contact, "Elm 12")).await;
    let mut heard = town.daemon.handle.feed().staff();
    town.ana_says(contact, "We come tomorrow", Some("r-1")).await;
    town.until_states(contact, &[Sent]).await;
    town.ana_says(contact, "We come tomorrow", Some("r-1")).await;
    town.ana_says(contact, "At nine", None).await;
    town.until_states(contact, &[Sent, Sent]).await;
    let sent = town.relay.attempts();
    assert_eq!(sent.len(), 2, "what was sent twice by the screen went out once: {sent:#?}");
    assert!(
        sent[0].starts_with(&format!("Reply 1.1 to {MARIA} (Maria) in es\nsaid We come tomorrow\nby ANA\n")),
        "{}",
        sent[0]
    );
    assert!(sent[0].contains("subject Some(\"The hole\")\nthread [\"1@theirs\", \"2@theirs\"]"), "{}", sent[0]);
    assert!(sent[1].contains("thread [\"1@theirs\", \"2@theirs\", \"1.1@ours\"]"), "{}", sent[1]);
    assert_eq!(town.deliveries(contact)[0].progress.said.as_deref(), Some("250 2.0.0 ok"));
    assert_eq!(town.reads().rendered(1).unwrap(), None, "its bytes are gone");
    let mut states = Vec::new();
    while let Ok(steelbridge::daemon::feed::Heard::Commit(commit)) = heard.try_recv() {
        states.extend(commit.deliveries.iter().filter(|f| f.n == 1).map(|&Faring { seq, state, .. }| (seq, state)));
    }
    use steelbridge::message::delivery::DeliveryState::Sending;
    assert_eq!(states, [(Some(3), Waiting), (Some(3), Sending), (Some(3), Sent)], "screens hear of each step");
    let tally = town.daemon.outboxes[0].tally.clone();
    town.stops().await; // it is counted after it is kept
    assert_eq!(tally.sent.load(Relaxed), 2);
}

#[tokio::test]
async fn notes_and_chats_are_not_mailed_and_without_a_relay_nothing_is_queued() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    let note = steelbridge::daemon::outgoing::said(&town.daemon.handle, contact, said(Author::Note(ANA), "odd"));
    assert_eq!(note.await.unwrap().len(), 1);
    let party = Party { email: Some(MARIA.into()), ..Party::default() };
    let chat = Inbound { channel: Channel::Chat, party, ..inbound("Hello") };
    let chat = town.daemon.reception.deliver(chat).await.unwrap().contact;
    town.ana_says(chat, "Hi", None).await;
    let shy = town.fills_in_a_form(None).await;
    town.ana_says(shy, "Hi", None).await;
    assert_eq!((town.deliveries(chat), town.deliveries(shy)), (vec![], vec![]));
    let clock = town.clock.clone();
    let town = Town::on(town.stops().await, clock, false).await;
    town.ana_says(contact, "We come tomorrow", None).await;
    town.fills_in_a_form(Some(MARIA)).await;
    assert_eq!(town.deliveries(contact), [], "there is no way out");
}

#[tokio::test]
async fn a_form_with_an_address_is_acknowledged_and_a_chat_is_sent_when_it_is_closed() {
    let town = Town::opens().await;
    let form = town.fills_in_a_form(Some(MARIA)).await;
    town.until_states(form, &[Sent]).await;
    assert!(town.relay.attempts()[0].starts_with(&format!("Acknowledgement 1.1 to {MARIA}")));
    let party = Party { email: Some(MARIA.into()), ..Party::default() };
    let chat = Inbound { channel: Channel::Chat, party, ..inbound("Is it open today?") };
    let chat = town.daemon.reception.deliver(chat).await.unwrap().contact;
    town.ana_has(chat).await;
    town.ana_says(chat, "Until six", None).await;
    let note = Record::Said { contact: chat, message: said(Author::Note(ANA), "was rude") };
    town.does(Command::CustomerWrote { contact: chat, danger: false }, vec![note]).await;
    town.ana_closes(chat).await;
    town.until_states(chat, &[Sent]).await;
    let transcript = town.relay.attempts().remove(1);
    assert!(
        transcript.contains("Transcript 2.1") && transcript.contains("said Is it open today? / Until six\n"),
        "{transcript}"
    );
    assert!(transcript.contains("by ANA"), "{transcript}");
}

#[tokio::test]
async fn a_chat_that_no_rep_took_part_in_or_that_was_spam_is_sent_to_nobody() {
    let town = Town::opens().await;
    let party = Party { name: Some("Buy now".into()), email: Some(MARIA.into()), ..Party::default() };
    let chat = Inbound { channel: Channel::Chat, party, ..inbound("Buy at my shop") };
    let alone = town.daemon.reception.deliver(chat.clone()).await.unwrap().contact;
    town.does(Command::CustomerEnded { contact: alone }, vec![]).await;
    let spam = town.daemon.reception.deliver(chat).await.unwrap().contact;
    town.ana_has(spam).await;
    town.does(Command::Close { contact: spam, rep: ANA, disposition: Disposition::Spam }, vec![]).await;
    town.does(Command::EndWrapUp { contact: spam, rep: ANA }, vec![]).await;
    for contact in [alone, spam] {
        assert!(town.row(contact).closed.is_some());
        assert_eq!(town.deliveries(contact), []);
    }
}

#[tokio::test]
async fn a_stranger_named_in_forms_has_three_acknowledgements_and_no_more_even_after_a_restart() {
    let town = Town::opens().await;
    let mut named = Vec::new();
    for address in [MARIA, "maria+1@example.org", "Maria@Example.org", "maria+2@example.org"] {
        named.push(town.fills_in_a_form(Some(address)).await);
    }
    let queued = |town: &Town| named.iter().map(|form| town.deliveries(*form).len()).collect::<Vec<_>>();
    assert_eq!(queued(&town), [1, 1, 1, 0]);
    town.until_states(named[2], &[Sent]).await;
    let clock = town.clock.clone();
    let town = Town::on(town.stops().await, clock, true).await;
    let again = town.fills_in_a_form(Some(MARIA)).await;
    let other = town.fills_in_a_form(Some("eve@example.net")).await;
    assert_eq!((town.deliveries(again).len(), town.deliveries(other).len()), (0, 1));
    town.ana_says(again, "An answer is no acknowledgement", None).await;
    town.until_states(again, &[Sent]).await;
}

#[tokio::test]
async fn what_storage_did_not_keep_has_used_up_no_acknowledgement() {
    let town = Town::opens().await;
    for _ in 0..3 {
        town.failures.store(1, std::sync::atomic::Ordering::SeqCst);
        let party = Party { name: None, email: Some(MARIA.into()), phone: None };
        let form = Inbound { channel: Channel::Form, party, ..inbound("A pothole") };
        assert!(town.daemon.reception.deliver(form).await.is_err());
    }
    let form = town.fills_in_a_form(Some(MARIA)).await;
    assert_eq!(town.deliveries(form).len(), 1);
}

#[tokio::test]
async fn a_contacts_letters_keep_their_order_and_hold_up_nobody_else() {
    let town = Town::opens().await;
    let (one, other) = (town.writes(1, "One").await, town.writes(2, "Other").await);
    town.relay.will([later(), later()]);
    town.ana_says(one, "first", None).await;
    town.until_put_off(one, 1, 1).await;
    town.ana_says(one, "second", None).await;
    town.ana_says(other, "elsewhere", None).await;
    town.until_put_off(other, 1, 1).await;
    assert_eq!(town.states(one), [Waiting, Waiting], "the second waits although it is due");
    town.passes(Span::mins(2));
    town.until_states(one, &[Sent, Sent]).await;
    town.until_states(other, &[Sent]).await;
    let sent = town.relay.attempts();
    let at = |text: &str| sent.iter().rposition(|letter| letter.contains(text)).expect("it was sent");
    assert!(at("said first") < at("said second"), "{sent:#?}");
    let tries: Vec<&String> = sent.iter().filter(|letter| letter.contains("said first")).collect();
    assert_eq!((tries.len(), tries[0]), (2, tries[1]), "the same bytes again");
    assert_eq!(town.relay.renderings(), 3, "each was rendered once");
}

#[tokio::test]
async fn a_relay_that_wants_peace_gets_it_and_every_letter_still_goes_out_once() {
    let town = Town::opens().await;
    assert_eq!(town.daemon.outboxes[0].health.borrow().state, AdapterState::Untried, "nobody knows yet");
    town.relay.will((0..4).map(|_| tired()));
    let mut contacts = Vec::new();
    for uid in 1..=20 {
        let contact = town.somebody_writes(uid, "Hello").await;
        town.ana_says(contact, &format!("answer {uid}."), None).await;
        contacts.push(contact);
    }
    let health = &town.daemon.outboxes[0].health;
    for storm in 1..=4 {
        let put_off: u32 = storm;
        let all = |town: &Town| {
            let tried = contacts.iter().map(|c| town.deliveries(*c)[0].progress.later).sum::<u32>();
            tried == put_off
        };
        town.until("the relay was asked once more", all).await;
        assert_eq!(town.relay.attempts().len(), storm as usize, "and then left in peace");
        let mut health = health.clone();
        health.wait_for(|health| health.state == AdapterState::Degraded).await.unwrap();
        assert_eq!(health.borrow().why.as_deref(), Some("421 4.7.0"));
        town.passes(Span::mins(7));
    }
    for contact in &contacts {
        // those that were put off wait by their own schedule too
        town.passes(Span::mins(10));
        town.until_states(*contact, &[Sent]).await;
    }
    health.clone().wait_for(|health| health.state == AdapterState::Up).await.unwrap();
    let sent = town.relay.attempts();
    for uid in 1..=20 {
        let tries = sent.iter().filter(|letter| letter.contains(&format!("said answer {uid}.")));
        assert!((1..=5).contains(&tries.count()), "{uid}");
    }
    assert_eq!(sent.len(), 24);
}

#[tokio::test]
async fn a_letter_that_is_refused_is_shown_on_its_contact_which_comes_back_to_its_rep() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.ana_has(contact).await;
    town.relay.will([Does::Hangs]); // the first, so that the contact is parked before its letter is refused
    let busy = town.writes(2, "Another").await;
    town.ana_says(busy, "x", None).await;
    town.relay.begins().await;
    town.ana_says(contact, "We come tomorrow", None).await;
    town.ana_parks(contact).await;
    assert!(matches!(town.stage(contact).await, Some(Stage::Parked { .. })));
    let clock = town.clock.clone();
    let folder = copy(&town);
    let town = Town::on(folder, clock, true).await;
    town.relay.will([refused()]);
    town.daemon.outboxes[0].wake();
    town.until_states(contact, &[Failed]).await;
    let memos = town.memos(contact);
    assert!(memos.len() == 1 && memos[0].contains("550 5.1.1 no such user"), "{memos:?}");
    assert!(!matches!(town.stage(contact).await, Some(Stage::Parked { .. }) | None), "it is back");
    let troubled = town.reads().deliveries(Due::Troubled, 9).unwrap();
    assert_eq!(troubled.iter().map(|d| (d.contact, d.progress.state)).collect::<Vec<_>>(), [(contact, Failed)]);
    let tally = town.daemon.outboxes[0].tally.clone();
    town.stops().await; // it is counted after it is kept
    assert_eq!(tally.failed.load(Relaxed), 1);
}

#[tokio::test]
async fn a_letter_put_off_for_two_days_is_given_up_and_shown() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.relay.will((0..40).map(|_| later()));
    town.ana_says(contact, "We come tomorrow", None).await;
    let mut tries = 0;
    while town.states(contact) != [Failed] {
        tries += 1;
        assert!(tries < 30, "it never ends");
        let seen = |town: &Town| town.states(contact) == [Failed] || town.relay.attempts().len() == tries;
        town.until("one more attempt", seen).await;
        let kept = |town: &Town| {
            let progress = town.deliveries(contact).remove(0).progress;
            progress.later as usize == tries && progress.state != steelbridge::message::delivery::DeliveryState::Sending
        };
        town.until("its outcome is kept", kept).await;
        town.passes(Span::mins(5 * 60));
    }
    assert!(town.now() - town.deliveries(contact)[0].made_at > Span::mins(40 * 60));
    assert!(town.memos(contact)[0].contains("450 4.2.0 busy"));
}

#[tokio::test]
async fn a_relay_that_is_away_costs_no_letter_anything_and_is_reported() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.relay.will((0..3).map(|_| away()));
    town.ana_says(contact, "We come tomorrow", None).await;
    for tries in 1..=3 {
        town.until("one more attempt", |town| town.relay.attempts().len() == tries).await;
        town.until("it waits again", |town| town.states(contact) == [Waiting]).await;
        let mut health = town.daemon.outboxes[0].health.clone();
        let state = if tries < 3 { AdapterState::Degraded } else { AdapterState::Down };
        health.wait_for(|health| health.state == state).await.unwrap();
        assert_eq!(health.borrow().why.as_deref(), Some("nobody answers"));
        if tries < 3 {
            town.passes(Span::secs(10));
        }
    }
    town.passes(Span::mins(4 * 24 * 60)); // over a long weekend
    town.until_states(contact, &[Sent]).await;
    assert_eq!(town.memos(contact), [] as [String; 0]);
    assert_eq!(town.deliveries(contact)[0].progress.later, 0);
}

#[tokio::test]
async fn when_nobody_knows_a_reply_is_tried_once_more_and_nothing_else_is() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.relay.will([unknown(), unknown()]);
    town.ana_says(contact, "We come tomorrow", None).await;
    town.until_put_off(contact, 1, 1).await;
    town.passes(Span::mins(11));
    town.until_states(contact, &[Unknown]).await;
    let sent = town.relay.attempts();
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]), "with the same bytes");
    assert!(town.memos(contact)[0].contains("the line broke"));
    town.passes(Span::mins(11));
    town.relay.will([unknown()]);
    let form = town.fills_in_a_form(Some(MARIA)).await;
    town.until_states(form, &[Unknown]).await;
    assert_eq!(town.relay.attempts().len(), 3);
    let tally = town.daemon.outboxes[0].tally.clone();
    town.stops().await; // it is counted after it is kept
    assert_eq!(tally.unknown.load(Relaxed), 2);
}

#[tokio::test]
async fn a_carrier_that_cannot_write_fails_the_letter_and_one_that_panics_ends_nothing() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.relay.cannot_write(Some("the letter is larger than 25 MB"));
    town.ana_says(contact, "Huge", None).await;
    town.until_states(contact, &[Failed]).await;
    assert!(town.memos(contact)[0].contains("larger than 25 MB"));
    assert_eq!(town.relay.attempts().len(), 0);
    town.relay.cannot_write(None);
    town.relay.will([Does::Panics]);
    town.ana_says(contact, "Odd", None).await;
    town.until_put_off(contact, 2, 1).await;
    town.passes(Span::mins(11));
    town.until_states(contact, &[Failed, Sent]).await;
}

#[tokio::test]
async fn a_wrong_password_is_down_at_once_and_nobody_is_locked_out() {
    let town = Town::opens().await;
    town.relay.will([Does::Says(Outcome::Misconfigured { why: "535 5.7.8".into() })]);
    let contact = town.writes(1, "Hello").await;
    town.ana_says(contact, "We come tomorrow", None).await;
    let mut health = town.daemon.outboxes[0].health.clone();
    health.wait_for(|health| health.state == AdapterState::Down).await.unwrap();
    town.until("it waits again", |town| town.states(contact) == [Waiting]).await;
    town.passes(Span::mins(3));
    let more = NewDelivery {
        contact,
        channel: Channel::Email,
        kind: Kind::Notice,
        to: MARIA.into(),
        language: Word::new("en").unwrap(),
        language_sure: true,
        carries: Carries::Nothing,
    };
    town.does(Command::CustomerWrote { contact, danger: false }, vec![Record::Deliver(more)]).await;
    assert_eq!(town.relay.attempts().len(), 1, "five minutes of peace, whatever comes in");
    town.passes(Span::mins(4));
    town.until_states(contact, &[Sent, Sent]).await;
    health.wait_for(|health| health.state == AdapterState::Up).await.unwrap();
}

/// The data as a crash at this moment would leave them.
pub fn copy(town: &Town) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy_all(town.folder.path(), folder.path());
    folder
}

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable").path();
        let copy = to.join(entry.file_name().expect("a name"));
        if entry.is_dir() {
            std::fs::create_dir(&copy).expect("made");
            copy_all(&entry, &copy);
        } else {
            std::fs::copy(&entry, &copy).expect("copied");
        }
    }
}
