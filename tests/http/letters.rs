//! Letters that carry no message of a conversation: whoever reads it sees that they go out, and how they fare.

use crate::support::archive::{Archive, dead_mail};
use crate::support::desk::Town;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use steelbridge::message::delivery::{DeliveryState, Kind};
use tokio::net::TcpListener;

const MARIA: &str = "maria@example.org";

async fn asks(town: &Town, body: serde_json::Value) -> u64 {
    let reply = town.sends(town.request(Method::POST, "/api/v1/contacts").json(&body)).await.is(201);
    reply.json()["contact_id"].as_u64().expect("a number")
}

#[tokio::test]
async fn an_acknowledgement_stands_in_the_conversation_and_its_rep_hears_how_it_fares() {
    let relay = TcpListener::bind("127.0.0.1:0").await.expect("a relay that says nothing");
    let mut town = Town::opens().await;
    let port = relay.local_addr().expect("an address").port();
    let settings = dead_mail(&town.city);
    let (before, after) = settings.split_once("[email.relay]").expect("a relay");
    let settings = format!("{before}[email.relay]{}", after.replace("port = 1\n", &format!("port = {port}\n")));
    town.city.adds_settings(&settings);
    town.daemon.signal("TERM");
    town.daemon.until_ended(Duration::from_secs(10)).await.expect("it stops");
    town.daemon = town.city.start().await;

    let [ana, ben, boss] = [town.signs_in("ana").await, town.signs_in("ben").await, town.signs_in("boss").await];
    ana.is_available().await;
    let asked = json!({"channel": "form", "service": "pothole", "text": "Un bache", "language": "es", "email": MARIA,
        "fields": {"location": "82nd"}});
    let contact = asks(&town, asked).await;
    ana.takes(contact).await;
    let call =
        tokio::time::timeout(Duration::from_secs(10), relay.accept()).await.expect("it is sent").expect("a call");
    let path = format!("/contacts/{contact}");
    let shown = ana.gets(&path).await.is(200).json()["letters"].clone();
    let letter = &shown[0];
    assert_eq!((shown.as_array().map(Vec::len), letter["kind"].as_str()), (Some(1), Some("acknowledgement")));
    assert_eq!((letter["to"].as_str(), letter["state"].as_str()), (Some(MARIA), Some("sending")));
    assert_eq!(letter["languages"], json!(["es"]), "the person has chosen it");
    assert_eq!(boss.gets(&path).await.is(200).json()["letters"], shown, "whoever may read the conversation");
    ben.gets(&path).await.is(404);
    assert_eq!(ana.gets(&format!("{path}/glance")).await.is(200).json().get("letters"), None);

    let (mut screen, snapshot) = ana.goes_live().await;
    assert_eq!(snapshot["contacts"][0]["letters"], shown);
    drop(call); // the relay hangs up
    let frame = screen.hears("letter").await;
    assert_eq!((frame["contact_id"].as_u64(), &frame["letter"]["id"]), (Some(contact), &letter["id"]));
    assert_eq!(frame["letter"]["state"], "waiting", "it is tried again: {frame}");
}

#[tokio::test]
async fn a_transcript_stands_in_the_conversation_that_it_tells() {
    let mut town = Town::opens().await;
    let contact = town.asks("es", "Un bache").await;
    town.daemon.signal("TERM");
    town.daemon.until_ended(Duration::from_secs(10)).await.expect("it stops");
    let refused = Some("550 5.1.1 no such user");
    Archive::of(&town.city).sends(contact, None, Kind::Transcript, MARIA, DeliveryState::Failed, refused);
    town.daemon = town.city.start().await;
    let shown = town.signs_in("boss").await.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let letter = &shown["letters"][0];
    assert_eq!(
        (letter["kind"].as_str(), letter["state"].as_str(), letter["said"].as_str()),
        (Some("transcript"), Some("failed"), refused)
    );
    assert!(letter["at"].is_i64(), "when it was given up: {letter}");
}
