//! Relays that misbehave, before the whole daemon: what may have arrived is not sent again, what was put off is.

use super::scripted::{MORE, Scripted, WELL};
use super::world::{World, conversation, mail, offered};
use serde_json::json;
use steelbridge::routing::ids::Span;

/// In which the relay hangs up when it has the letter and owes the answer.
const SILENT: &str =
    "> 220 relay\n< EHLO\n> 250 relay\n< MAIL\n> 250 ok\n< RCPT\n> 250 ok\n< DATA\n> 354 go on\n.\nclose";

async fn writes(world: &World, from: &str) {
    let text = mail(from, "311@city.example", "Broken bench", "In the park.");
    world.office.sends(from, "311@city.example", &text).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_may_have_arrived_is_not_sent_again() {
    let relay = Scripted::start(&[SILENT]).await;
    let world = World::opens_with_relay(relay.port).await;
    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    writes(&world, "maria@resident.example").await;
    world.until("nobody knows", |books| books.count("delivery WHERE state = 'unknown'") == 1).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    ana.posts(&format!("/contacts/{contact}/messages"), json!({"text": "It is mended."})).await.is(201);
    // a person's words are tried once more, later, byte for byte
    world
        .until("it will be tried again", |books| books.count("delivery WHERE kind = 'reply' AND unknown = 1") == 1)
        .await;
    assert_eq!(relay.heard().len(), 2);
    let worried = world.metric("steelbridge_line_degraded{line=\"Mail relay\"} 1").await;
    assert!(worried.contains("steelbridge_letters_waiting 1"), "{worried}");
    assert_eq!(world.books().count("contact"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_the_relay_never_took_is_tried_once_more_under_the_same_number_and_then_the_rep_is_told() {
    let relay = Scripted::start(&[&SILENT.replace("close", "hang")]).await;
    let world = World::opens_with_relay_and(relay.port, "patience = \"1s\"\n").await;
    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    let text = mail("maria@resident.example", "311@city.example", "Broken bench", "In the park.");
    let text = format!("X-Auto-Response-Suppress: All\n{text}"); // so that the answer is the only letter
    world.office.sends("maria@resident.example", "311@city.example", &text).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    ana.posts(&format!("/contacts/{contact}/messages"), json!({"text": "It is mended."})).await.is(201);
    let waits = "delivery WHERE state = 'waiting' AND unknown = 1";
    world.until("its silence is too long", |books| books.count(waits) == 1).await;
    let pause = format!("{waits} AND due_at - made_at BETWEEN 600000000 AND 660000000");
    assert_eq!(world.books().count(&pause), 1, "ten minutes: it may yet make up its mind");

    let world = world.killed_and_started_later(Span::mins(11)).await;
    world.until("it is left at that", |books| books.count("delivery WHERE state = 'unknown'") == 1).await;
    let ana = world.town.signs_in("ana").await;
    let said = conversation(&ana, contact, 3).await;
    assert!(said[2].0 == "memo" && said[2].1.contains("may or may not have arrived"), "{said:?}");
    let heard = relay.heard();
    let letters: Vec<&String> = heard.iter().flatten().filter(|line| line.contains("Message-ID: ")).collect();
    assert_eq!((letters.len(), letters[0]), (2, letters[1]), "byte for byte, so that the other side can tell");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_421_loses_nothing_and_doubles_nothing() {
    let storm = "> 421 4.3.2 too busy\nclose";
    let well = format!("{WELL}\n{MORE}\n{MORE}");
    let relay = Scripted::start(&[storm, &well]).await;
    let world = World::opens_with_relay(relay.port).await;
    for n in 1..=3 {
        writes(&world, &format!("r{n}@resident.example")).await;
    }
    world.until("one was put off", |books| books.count("delivery WHERE later = 1") == 1).await;
    world.until("all are contacts", |books| books.count("contact") == 3).await;
    assert_eq!(relay.heard().len(), 1, "the relay has its peace, from all letters");
    assert_eq!(world.books().count("delivery WHERE state = 'waiting'"), 3);
    let wait = std::time::Duration::from_secs(150); // a minute's peace, give or take, and the letter's own minute
    world.until_within(wait, "all are sent", |books| books.count("delivery WHERE state = 'sent'") == 3).await;
    let letters = relay.heard().concat().iter().filter(|line| line.starts_with("RCPT")).count();
    assert_eq!(letters, 3, "{:?}", relay.heard());
}
