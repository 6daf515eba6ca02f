//! A language that nobody has said is told by what the customer writes later, on every channel that is answered by mail.

use crate::town::{ANA, MARIA, Town, answer, mail, said};
use steelbridge::channels::Context;
use steelbridge::channels::post::Outcome;
use steelbridge::message::mail::Taken;
use steelbridge::message::{Author, Inbound, LanguageChoice, LanguageSource};
use steelbridge::routing::contact::Stage;
use steelbridge::routing::ids::{ContactId, Word};

const SPANISH: &str = "No recogieron la basura de mi calle esta semana, ¿cuándo van a venir?";

fn word(text: &str) -> Word {
    Word::new(text).expect("short")
}

fn language(town: &Town, contact: ContactId) -> (String, LanguageSource) {
    let LanguageChoice { code, source, .. } = town.row(contact).language;
    (code.to_string(), source)
}

/// The queue and the language that whoever takes it must write.
async fn wanted(town: &Town, contact: ContactId) -> (String, String) {
    let look = move |engine: &steelbridge::routing::engine::Engine, _| {
        let open = engine.contact(contact).expect("open");
        (engine.queue_name(open.queue).to_string(), engine.need(open.wanted).language.to_string())
    };
    town.daemon.handle.read(look).await.expect("it runs")
}

fn pair(queue: &str, language: &str) -> (String, String) {
    (queue.into(), language.into())
}

#[tokio::test]
async fn a_mail_that_tells_its_language_brings_a_waiting_contact_where_it_would_have_been() {
    let town = Town::opens().await;
    let contact = town.writes(1, "ok").await;
    assert_eq!(language(&town, contact), ("en".into(), LanguageSource::Default));
    assert_eq!(wanted(&town, contact).await, pair("general", "en"));
    town.takes(mail(2), answer(contact, "ok?")).await;
    assert_eq!(language(&town, contact).1, LanguageSource::Default, "too little to tell");
    town.takes(mail(3), answer(contact, SPANISH)).await;
    assert_eq!(language(&town, contact), ("es".into(), LanguageSource::Detected));
    assert_eq!(wanted(&town, contact).await, pair("language line", "es"));
    town.takes(mail(4), answer(contact, "На дороге большая яма, машина повреждена.")).await;
    assert_eq!(language(&town, contact).0, "es", "it has been told");
}

#[tokio::test]
async fn whoever_has_it_keeps_it_and_answers_go_out_in_the_language() {
    let town = Town::opens().await;
    let short = town.writes(1, "ok").await;
    town.ana_has(short).await;
    town.daemon.reception.say(short, said(Author::Customer, SPANISH)).await.expect("kept");
    assert_eq!(language(&town, short), ("es".into(), LanguageSource::Detected));
    assert!(matches!(town.stage(short).await, Some(Stage::Active { rep, .. }) if rep == ANA));
    assert_eq!(wanted(&town, short).await.1, "es", "whoever takes it over writes Spanish");
    town.ana_says(short, "Mañana.", None).await;
    assert_eq!(town.deliveries(short)[0].language, word("es"));
}

#[tokio::test]
async fn a_persons_word_stands_and_a_strangers_words_tell_nothing() {
    let town = Town::opens().await;
    let contact = town.writes(1, "ok").await;
    let stranger = Taken { sender: Some("eve@example.net".into()), ..mail(2) };
    assert_eq!(town.takes(stranger, answer(contact, SPANISH)).await, Outcome::On(contact));
    assert_eq!(language(&town, contact), ("en".into(), LanguageSource::Default));
    town.daemon.handle.set_language(contact, word("vi"), ANA).await.expect("open");
    town.takes(mail(3), answer(contact, SPANISH)).await;
    assert_eq!(language(&town, contact), ("vi".into(), LanguageSource::Rep));
    assert_eq!(wanted(&town, contact).await.1, "vi");
}

#[tokio::test]
async fn a_closed_contact_learns_it_from_its_customer_and_from_nobody_else() {
    let town = Town::opens().await;
    for (uid, sender, code) in [(10, "eve@example.net", "en"), (20, MARIA, "es")] {
        let contact = town.writes(uid, "ok").await;
        town.ana_has(contact).await;
        town.ana_closes(contact).await;
        let later = Taken { sender: Some(sender.into()), ..mail(uid + 1) };
        assert_eq!(town.takes(later, answer(contact, SPANISH)).await, Outcome::On(contact));
        assert!(town.stage(contact).await.is_some(), "it is open again");
        assert_eq!(
            (language(&town, contact).0, wanted(&town, contact).await.1),
            (code.into(), code.into()),
            "{sender}"
        );
    }
}

#[tokio::test]
async fn danger_is_answered_in_the_language_that_it_is_told_in() {
    let town = Town::opens().await;
    let contact = town.writes(1, "ok").await;
    town.takes(mail(2), answer(contact, "Hay un cable caído en mi calle y huele a gas, ayuda por favor")).await;
    let told = town.talk(contact).into_iter().find(|(from, _)| *from == Author::Automatic).expect("whom to call");
    assert!(told.1.to_lowercase().contains("llame"), "{}", told.1);
    assert_eq!(language(&town, contact).0, "es");
}

#[tokio::test]
async fn english_stands_beside_what_was_told_from_too_little_text() {
    let town = Town::opens().await;
    for (uid, confidence, source, sure) in [
        (1, 79, LanguageSource::Detected, false),
        (2, 80, LanguageSource::Detected, true),
        (3, 30, LanguageSource::Default, false),
        (4, 90, LanguageSource::Caller, true),
    ] {
        let choice = LanguageChoice { code: word("es"), source, confidence };
        let asked = Inbound { language: Some(choice), ..crate::town::inbound("ok") };
        let fate = steelbridge::channels::post::Fate::Open {
            inbound: Box::new(asked),
            receipt: Some(format!("r{uid}@example.org")),
        };
        let Outcome::On(contact) = town.takes(mail(uid), fate).await else { panic!("it opens one") };
        assert_eq!(town.deliveries(contact)[0].language_sure, sure, "{source:?} {confidence}");
    }
}
