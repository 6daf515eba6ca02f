//! What comes in: kept first, each mail once, on the contact it belongs to.

use crate::town::{ANA, MARIA, Town, answer, inbound, mail, said};
use bytes::Bytes;
use steelbridge::channels::post::{Fate, Outcome, Post, Remarks};
use steelbridge::channels::{Context, NotKept};
use steelbridge::message::delivery::DeliveryState::{Failed, Sent};
use steelbridge::message::delivery::Kind;
use steelbridge::message::mail::{self, Taken};
use steelbridge::message::{Author, Inbound, LanguageChoice, LanguageSource, Party};
use steelbridge::routing::contact::Stage;
use steelbridge::routing::ids::*;
use steelbridge::store::{Due, Which};

fn left_out(left_out: usize) -> Remarks {
    Remarks { left_out, ..Remarks::default() }
}

#[tokio::test]
async fn a_mail_opens_a_contact_and_is_acknowledged_in_the_language_it_is_in() {
    let town = Town::opens().await;
    let contact = town.opens_by_mail(1, "There is a hole", Some(MARIA)).await;
    let kept = town.mails_of(contact);
    assert_eq!((kept.len(), kept[0].fate, kept[0].became), (1, mail::Fate::Message, Some((contact, 1))));
    assert_eq!(kept[0].mail, mail(1));
    assert_eq!(town.talk(contact), [(Author::Customer, "There is a hole".to_owned())]);
    assert_eq!(town.row(contact).party.email.as_deref(), Some(MARIA));
    town.until_states(contact, &[Sent]).await;
    let sent = &town.relay.attempts()[0];
    assert!(sent.starts_with(&format!("Acknowledgement 1.1 to {MARIA} (-) in en\n")), "{sent}");
    let language = Some(LanguageChoice::new(Word::new("vi").unwrap(), LanguageSource::Caller));
    let asks =
        Fate::Open { inbound: Box::new(Inbound { language, ..inbound("Xin chào") }), receipt: Some(MARIA.into()) };
    let Outcome::On(other) = town.takes(mail(2), asks).await else { panic!("it opens a contact") };
    town.until_states(other, &[Sent]).await;
    assert!(town.relay.attempts()[1].contains(" in vi\n"));
    assert_eq!(town.states(town.writes(3, "No receipt").await), []);
    let secrets = [[0; 32]].map(|secret| town.reads().contact_by_secret(&secret).unwrap());
    assert_eq!(secrets, [None], "nobody is given the secret of a mail's contact");
}

#[tokio::test]
async fn waiting_is_counted_from_the_mailbox_within_reason() {
    let town = Town::opens().await;
    let week = Span::mins(7 * 24 * 60);
    for (uid, (minutes, waited)) in (1..).zip([(30, Span::mins(30)), (60 * 24 * 365, week), (-30, Span::ZERO)]) {
        let arrived = Some(Timestamp(town.now().0 - Span::mins(minutes).0));
        let fate = Fate::Open { inbound: Box::new(inbound("Hello")), receipt: None };
        let Outcome::On(contact) = town.takes(Taken { arrived, ..mail(uid) }, fate).await else {
            panic!("it opens one")
        };
        let look = town.daemon.handle.read(move |engine, _| engine.contact(contact).map(|open| open.since));
        assert_eq!(town.now() - look.await.unwrap().unwrap(), waited);
    }
}

#[tokio::test]
async fn an_answer_to_a_chat_that_has_ended_goes_on_by_mail() {
    let town = Town::opens().await;
    let party = Party { email: Some(MARIA.into()), ..Party::default() };
    let chat = Inbound { channel: Channel::Chat, party, ..inbound("Is it open today?") };
    let chat = town.daemon.reception.deliver(chat).await.unwrap().contact;
    assert_eq!(town.takes(mail(1), answer(chat, "I write from the bus")).await, Outcome::On(chat));
    town.ana_has(chat).await;
    town.ana_closes(chat).await;
    let Outcome::On(new) = town.takes(mail(2), answer(chat, "One more thing")).await else { panic!("a new contact") };
    assert_eq!((town.row(new).channel, town.row(new).follows), (Channel::Email, Some(chat)));
    town.ana_says(new, "Yes?", None).await;
    town.until_states(new, &[Sent, Sent]).await;
}

#[tokio::test]
async fn the_same_mail_again_does_nothing_even_in_one_batch_or_after_a_restart() {
    let town = Town::opens().await;
    let again =
        |uid| town.takes(mail(uid), Fate::Open { inbound: Box::new(inbound("Hello")), receipt: Some(MARIA.into()) });
    let all = futures_util::future::join_all((0..40).map(|n| again(n % 4))).await;
    let opened: Vec<_> = all.iter().filter(|outcome| matches!(outcome, Outcome::On(_))).collect();
    assert_eq!((opened.len(), all.iter().filter(|o| **o == Outcome::Duplicate).count()), (4, 36));
    let keys: Vec<String> = [0, 9, 3].map(|uid| mail(uid).key).into();
    assert_eq!(town.daemon.mailroom.taken(keys).await.unwrap(), [mail(0).key, mail(3).key]);
    let clock = town.clock.clone();
    let town = Town::on(town.stops().await, clock, true).await;
    for fate in [Fate::Nothing, Fate::Held(None), answer(ContactId(1), "Hello"), Fate::Copy] {
        assert_eq!(town.takes(mail(2), fate).await, Outcome::Duplicate);
    }
    assert_eq!(town.talk(ContactId(1)).len(), 1);
    assert_eq!(town.reads().contact(ContactId(5)).unwrap(), None);
}

#[tokio::test]
async fn what_nobody_acts_on_is_remembered() {
    let town = Town::opens().await;
    assert_eq!(town.takes(mail(1), Fate::Nothing).await, Outcome::Remembered);
    assert_eq!(town.takes(mail(2), Fate::Copy).await, Outcome::Remembered);
    let unfetched = Taken { digest: None, sender: None, message_id: None, ..mail(3) };
    assert_eq!(town.takes(unfetched, Fate::Held(None)).await, Outcome::Held);
    let fates = [1, 2, 3].map(|id| town.reads().mail(Which::Id(id), 1).unwrap()[0].fate);
    assert_eq!(fates, [mail::Fate::Nothing, mail::Fate::Copy, mail::Fate::Held]);
}

#[tokio::test]
async fn bytes_are_on_disk_before_anything_reads_them_and_bookmarks_and_copies_are_known() {
    let town = Town::opens().await;
    let post = &town.daemon.mailroom;
    let digest = post.keep_raw(vec![Bytes::from_static(b"From: a\r\n\r\nHello")]).await.unwrap().remove(0);
    assert!(town.folder.path().join("files").join(&digest[..2]).join(&digest).exists());
    assert!(!post.is_copy(digest.clone()).await.unwrap());
    town.takes(Taken { digest: Some(digest.clone()), ..mail(1) }, Fate::Nothing).await;
    assert!(post.is_copy(digest).await.unwrap());
    assert_eq!(post.bookmark("imap:a".into()).await.unwrap(), None);
    post.set_bookmark("imap:a".into(), Some("7:12".into())).await.unwrap();
    assert_eq!(post.bookmark("imap:a".into()).await.unwrap().as_deref(), Some("7:12"));
    assert!(matches!(post.set_bookmark("k".repeat(201), None).await, Err(NotKept::Refused(_))));
    let (file, _) = post.keep_enclosure("plan.pdf".into(), Bytes::from_static(b"%PDF-1.7 x")).await.unwrap();
    assert_eq!((file.name.as_str(), file.media_type.as_str()), ("plan.pdf", "application/pdf"));
    let (file, position) = post.keep_enclosure("../run.exe".into(), Bytes::from_static(b"MZ")).await.unwrap();
    assert_eq!((file.media_type.as_str(), file.bytes, position), ("application/octet-stream", 2, None));
    assert!(file.name.ends_with(".bin") && !file.name.contains('/'), "{}", file.name);
}

#[tokio::test]
async fn a_mail_that_rests_on_what_is_damaged_holds_up_no_other() {
    let town = Town::opens().await;
    let post = &town.daemon.mailroom;
    let digest = post.keep_raw(vec![Bytes::from_static(b"From: a\r\n\r\nHello")]).await.unwrap().remove(0);
    let first = Taken { digest: Some(digest.clone()), message_id: Some("1@example.org".into()), ..mail(1) };
    let opens = Fate::Open { inbound: Box::new(inbound("Hello")), receipt: None };
    let Outcome::On(contact) = town.takes(first, opens).await else { panic!("it opens a contact") };
    assert_eq!(post.letters("1@example.org".into()).await.unwrap().len(), 1);
    std::fs::remove_file(town.folder.path().join("files").join(&digest[..2]).join(&digest)).unwrap();
    assert_eq!(post.letter(digest.clone()).await.unwrap(), None, "it counts as another mail");
    let database = rusqlite::Connection::open(town.folder.path().join("steelbridge.db")).unwrap();
    database.execute_batch("UPDATE contact SET subject = 'another'; UPDATE mail SET why = 'because'").unwrap();
    let refused = post.take(mail(2), answer(contact, "Elm 12"), Remarks::default()).await;
    assert!(matches!(refused, Err(NotKept::Refused(_))), "{refused:?}");
    let refused = post.is_copy(digest).await;
    assert!(matches!(refused, Err(NotKept::Refused(_))), "{refused:?}");
    assert!(post.letters("1@example.org".into()).await.unwrap().is_empty());
    assert_eq!(town.takes(mail(3), Fate::Nothing).await, Outcome::Remembered);
}

#[tokio::test]
async fn an_answer_is_a_message_on_its_contact_and_brings_a_parked_one_back_to_its_rep() {
    let town = Town::opens().await;
    let contact = town.opens_by_mail(1, "Hello", Some(MARIA)).await;
    town.ana_has(contact).await;
    town.ana_parks(contact).await;
    let from = Taken { sender: Some("MARIA@Example.org".into()), ..mail(2) };
    assert_eq!(town.takes(from, answer(contact, "Elm 12")).await, Outcome::On(contact));
    assert_eq!(town.mails_of(contact)[1].became, Some((contact, 2)));
    assert!(
        matches!(town.stage(contact).await, Some(Stage::Offered { rep: ANA, .. })),
        "{:?}",
        town.stage(contact).await
    );
    town.until_states(contact, &[Sent]).await;
    assert_eq!(town.deliveries(contact).len(), 1, "an answer is not acknowledged");
}

#[tokio::test]
async fn a_strangers_mail_is_kept_and_marked_and_nothing_goes_to_the_stranger() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    let stranger = Taken { sender: Some("eve@example.net".into()), message_id: Some("eve@theirs".into()), ..mail(2) };
    assert_eq!(town.takes(stranger.clone(), answer(contact, "I smell gas")).await, Outcome::On(contact));
    let kept = &town.mails_of(contact)[1];
    assert_ne!(kept.mail.sender, town.row(contact).party.email, "this is how it is marked");
    assert_eq!(town.deliveries(contact), [], "no letter, not even about the danger");
    assert_eq!(town.row(contact).urgency, Urgency::Emergency, "danger is danger, whoever says so");
    town.ana_says(contact, "Call 911", None).await;
    town.until_states(contact, &[Sent]).await;
    let sent = town.relay.attempts().remove(0);
    assert!(
        sent.contains(&format!("to {MARIA}")) && sent.contains("thread [\"1@theirs\"]") && !sent.contains("eve"),
        "{sent}"
    );
    town.ana_has(contact).await;
    town.ana_closes(contact).await;
    town.passes(Span::mins(31 * 24 * 60));
    let late = Taken { key: "imap:late".into(), ..stranger };
    let Outcome::On(new) = town.takes(late, answer(contact, "Me again")).await else { panic!("a new contact") };
    assert_eq!((town.row(new).follows, town.deliveries(new)), (Some(contact), vec![]));
}

#[tokio::test]
async fn an_answer_opens_what_was_closed_and_long_after_it_a_new_one_that_follows() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.ana_has(contact).await;
    town.ana_closes(contact).await;
    assert_eq!(town.takes(mail(2), answer(contact, "Still there")).await, Outcome::On(contact));
    assert_eq!(town.row(contact).closed, None);
    assert_eq!(town.talk(contact).len(), 2);
    town.ana_has(contact).await;
    town.ana_closes(contact).await;
    town.passes(Span::mins(31 * 24 * 60));
    let Outcome::On(new) = town.takes(mail(3), answer(contact, "And again")).await else { panic!("a new contact") };
    assert_ne!(new, contact);
    assert_eq!((town.row(new).follows, town.talk(contact).len()), (Some(contact), 2));
    assert_eq!(town.talk(new), [(Author::Customer, "And again".to_owned())]);
    assert_eq!(town.mails_of(new).len(), 1);
    town.until_states(new, &[Sent]).await;
    assert!(town.relay.attempts()[0].starts_with("Acknowledgement"));
    let Outcome::On(other) = town.takes(mail(4), answer(ContactId(99), "Lost")).await else { panic!("a new contact") };
    assert_eq!(town.row(other).follows, None, "there is no contact 99");
}

#[tokio::test]
async fn danger_in_a_mail_is_an_emergency_and_its_sender_is_told_whom_to_call() {
    let town = Town::opens().await;
    let contact = town.opens_by_mail(1, "I smell gas", Some(MARIA)).await;
    assert_eq!(town.row(contact).urgency, Urgency::Emergency);
    town.until_states(contact, &[Sent, Sent]).await;
    let kinds: Vec<Kind> = town.deliveries(contact).iter().map(|delivery| delivery.kind).collect();
    assert_eq!(kinds, [Kind::Notice, Kind::Acknowledgement]);
    assert!(
        town.relay.attempts()[0].contains("said ") && town.relay.attempts()[0].contains("911"),
        "{:?}",
        town.relay.attempts()
    );
    let calm = town.writes(2, "Hello").await;
    town.takes(mail(3), answer(calm, "now I smell gas")).await;
    town.takes(mail(4), answer(calm, "I still smell gas")).await;
    town.until_states(calm, &[Sent]).await;
    assert_eq!(town.row(calm).urgency, Urgency::Emergency);
    assert_eq!(town.mails_of(calm)[1].became, Some((calm, 2)), "the mail is their words, not our answer");
}

#[tokio::test]
async fn a_note_is_for_the_rep_alone_and_changes_nothing() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.ana_has(contact).await;
    town.ana_parks(contact).await;
    let before = town.stage(contact).await;
    let note = Fate::Note { contact, message: said(Author::Customer, "I am out of office") };
    assert_eq!(town.takes(mail(2), note).await, Outcome::On(contact));
    assert_eq!(town.memos(contact), ["I am out of office"]);
    assert_eq!(town.stage(contact).await, before);
    let nowhere = Fate::Note { contact: ContactId(99), message: said(Author::Customer, "x") };
    assert_eq!(town.takes(mail(3), nowhere).await, Outcome::Remembered);
}

#[tokio::test]
async fn staff_are_told_how_many_files_stay_in_the_original() {
    let town = Town::opens().await;
    let post = &town.daemon.mailroom;
    let opens = Fate::Open { inbound: Box::new(inbound("Look")), receipt: Some(MARIA.into()) };
    let Ok(Outcome::On(contact)) = post.take(mail(1), opens, left_out(2)).await else { panic!("it opens a contact") };
    post.take(mail(2), answer(contact, "One more"), left_out(1)).await.unwrap();
    post.take(mail(2), answer(contact, "One more"), left_out(1)).await.unwrap();
    let memos = town.memos(contact);
    assert_eq!(memos.len(), 2, "once for each mail");
    assert!(memos[0].starts_with("2 files of this mail are") && memos[1].starts_with("1 file of this mail is"));
    let became: Vec<_> = town.mails_of(contact).iter().map(|kept| kept.became).collect();
    assert_eq!(became, [Some((contact, 1)), Some((contact, 3))], "the mail is their words, not ours");
}

fn returned(contact: ContactId, n: u32, failed: bool) -> Fate {
    Fate::Returned { contact, n, failed, said: "5.1.1 no such user".into() }
}

#[tokio::test]
async fn an_answer_that_comes_back_has_failed_and_its_rep_hears_of_it() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.ana_has(contact).await;
    town.ana_says(contact, "We come tomorrow", None).await;
    town.until_states(contact, &[Sent]).await;
    town.ana_parks(contact).await;
    assert_eq!(town.takes(mail(2), returned(contact, 1, false)).await, Outcome::On(contact));
    assert_eq!(town.states(contact), [Sent], "late is not failed");
    assert!(matches!(town.stage(contact).await, Some(Stage::Parked { .. })));
    assert_eq!(town.takes(mail(3), returned(contact, 1, true)).await, Outcome::On(contact));
    assert_eq!(town.states(contact), [Failed]);
    assert_eq!(town.deliveries(contact)[0].progress.said.as_deref(), Some("5.1.1 no such user"));
    assert!(matches!(town.stage(contact).await, Some(Stage::Offered { rep: ANA, .. })));
    let memos = town.memos(contact);
    assert!(memos.len() == 2 && memos[0].contains("is late") && memos[1].contains("came back"), "{memos:?}");
    assert_eq!(town.mails_of(contact)[2].fate, mail::Fate::Returned);
}

#[tokio::test]
async fn what_comes_back_for_a_closed_contact_opens_nothing_and_is_on_the_list_of_trouble() {
    let town = Town::opens().await;
    let contact = town.writes(1, "Hello").await;
    town.ana_has(contact).await;
    town.ana_says(contact, "Done", None).await;
    town.until_states(contact, &[Sent]).await;
    town.ana_closes(contact).await;
    town.takes(mail(2), returned(contact, 1, true)).await;
    assert!(town.row(contact).closed.is_some());
    let troubled = town.reads().deliveries(Due::Troubled, 9).unwrap();
    assert_eq!(troubled.iter().map(|delivery| (delivery.contact, delivery.n)).collect::<Vec<_>>(), [(contact, 1)]);
    assert_eq!(town.takes(mail(3), returned(contact, 7, true)).await, Outcome::On(contact), "said, though unknown");
    assert_eq!(town.takes(mail(4), returned(ContactId(99), 1, true)).await, Outcome::Remembered);
    assert_eq!(town.memos(contact).len(), 2);
}
