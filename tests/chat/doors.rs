//! Who gets in: hello, tokens, origins, handshakes, hours, and how often.

use super::city::{ORIGIN, Server};
use super::page::{Page, open, post, refused, upgrade};
use serde_json::{Value, json};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use steelbridge::channels::chat::Settings;
use steelbridge::channels::chat::visitors::Limits;
use steelbridge::channels::visitor::Secret;
use steelbridge::routing::ids::Span;

const ID: &str = "u5Vd0m3oWgC7bq1Zk9yTfA";

#[tokio::test]
async fn hello_must_come_first_in_time_and_with_a_token_that_opens_something() {
    let server = Server::start(Settings { hello_within: Duration::from_millis(100), ..Settings::default() }).await;
    let (_, token) = open(&server, "127.0.0.1", "one").await;
    assert_eq!(Page::connect(&server).await.closed().await, 4408, "nothing said");

    let wrong_byte = format!("{}{}", if token.starts_with('A') { 'B' } else { 'A' }, &token[1..]);
    let hello = |token: &str| json!({ "type": "hello", "token": token, "last_seq": 0 });
    let table = [
        (json!({ "type": "msg", "cid": "1", "text": "hi" }), 4400),
        (json!({ "type": "hello" }), 4400),
        (json!("hello"), 4400),
        (hello(""), 4401),
        (hello("311-0001"), 4401),
        (hello(&token[..42]), 4401),
        (hello(&wrong_byte), 4401),
        (hello(&token.to_ascii_uppercase()), 4401),
    ];
    for (frame, code) in table {
        let mut page = Page::connect(&server).await;
        page.say(frame.clone()).await;
        assert_eq!(page.closed().await, code, "{frame}");
    }
}

#[tokio::test]
async fn a_token_opens_its_own_conversation_and_no_other() {
    let server = Server::start(Settings::default()).await;
    let (ana, ana_token) = open(&server, "127.0.0.1", "my address is 12 Elm St").await;
    let (ben, ben_token) = open(&server, "127.0.0.1", "one").await;
    let (mut page, frames) = Page::resume(&server, &ben_token, 0).await;
    server.city.rep_says(ana, "for Ana only");
    server.city.rep_says(ben, "for Ben");
    assert_eq!(page.hear().await["text"], "for Ben");
    assert!(frames.iter().all(|f| !f.to_string().contains("Elm")), "{frames:?}");
    // Nor does a guess open any.
    for _ in 0..200 {
        let guess = Secret::random().reveal();
        let mut stranger = Page::connect(&server).await;
        stranger.say(json!({ "type": "hello", "token": guess, "last_seq": 0 })).await;
        assert_eq!(stranger.closed().await, 4401);
    }
    // Nor on a socket that is already open.
    page.say(json!({ "type": "hello", "token": ana_token, "last_seq": 0 })).await;
    assert_eq!(page.closed().await, 4401);
}

#[tokio::test]
async fn only_listed_origins_open_a_socket() {
    let server = Server::start(Settings::default()).await;
    let table = [
        (Some(ORIGIN), 101),
        (Some("HTTPS://311.EXAMPLE.GOV"), 101),
        (None, 101), // a program: browsers always say theirs
        (Some("null"), 403),
        (Some(""), 403),
        (Some("http://311.example.gov"), 403),
        (Some("https://311.example.gov:8443"), 403),
        (Some("https://311.example.gov.evil.example"), 403),
        (Some("https://evil.example/https://311.example.gov"), 403),
        (Some("https://x.311.example.gov"), 403),
        (Some("https://311.example.gov, https://evil.example"), 403),
    ];
    for (origin, expected) in table {
        let mut request = upgrade(&server);
        request.headers_mut().remove("origin");
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let status = if expected == 101 {
            let stream = tokio::net::TcpStream::connect(server.at).await.unwrap();
            tokio_tungstenite::client_async(request, stream).await.unwrap().1.status().as_u16()
        } else {
            refused(&server, request).await
        };
        assert_eq!(status, expected, "{origin:?}");
    }
    let from = |origin: &'static str| {
        let request = reqwest::Client::new().post(server.url("/chat/sessions")).header("origin", origin);
        request.json(&json!({ "text": "hi" })).send()
    };
    assert_eq!(from("https://evil.example").await.unwrap().status(), 403);
    assert_eq!(from(ORIGIN).await.unwrap().status(), 201);
}

#[tokio::test]
async fn handshakes_are_checked_as_the_rfc_says() {
    let server = Server::start(Settings::default()).await;
    let good = [
        ("connection", "keep-alive, Upgrade"), // as Firefox says it
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "other, steelbridge.chat.v1"),
        ("origin", ORIGIN),
    ];
    let table = [
        (None, 101),
        (Some(("connection", "keep-alive")), 426),
        (Some(("upgrade", "h2c")), 426),
        (Some(("sec-websocket-version", "8")), 400),
        (Some(("sec-websocket-version", "")), 400),
        (Some(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ")), 400),
        (Some(("sec-websocket-key", "not base64 of 16 bytes==")), 400),
        (Some(("sec-websocket-protocol", "steelbridge.chat.v2")), 400),
        (Some(("sec-websocket-protocol", "")), 400),
    ];
    for (change, expected) in table {
        let mut request = reqwest::Client::new().get(server.url("/chat/socket"));
        for (name, value) in good {
            let value = change.filter(|(n, _)| *n == name).map_or(value, |(_, v)| v);
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), expected, "{change:?}");
        if change.is_some_and(|(name, _)| name == "sec-websocket-version") {
            assert_eq!(answer.headers()["sec-websocket-version"], "13");
        }
        if expected == 101 {
            assert_eq!(answer.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // RFC 6455 §1.3
        }
    }
}

#[tokio::test]
async fn three_conversations_a_minute_from_one_household() {
    let server = Server::start(Settings::default()).await;
    let hi = || json!({ "text": "hi" });
    for _ in 0..3 {
        assert_eq!(post(&server, "2001:db8:1:2::aaaa", hi()).await.status(), 201);
    }
    let fourth = post(&server, "2001:db8:1:2::bbbb", hi()).await;
    assert_eq!(fourth.status(), 429, "an IPv6 household is a /64");
    assert_eq!(fourth.headers()["retry-after"], "20");
    assert_eq!(fourth.headers()["content-type"], "application/problem+json");
    assert_eq!(post(&server, "2001:db8:1:3::aaaa", hi()).await.status(), 201, "the neighbours are not held back");
    server.city.pass(Span::secs(20));
    assert_eq!(post(&server, "2001:db8:1:2::aaaa", hi()).await.status(), 201);
    assert_eq!(post(&server, "2001:db8:1:2::aaaa", hi()).await.status(), 429);
}

#[tokio::test]
async fn ten_messages_at_once_then_one_a_second_in_all_tabs_together() {
    let server = Server::start(Settings::default()).await;
    let (_, token) = open(&server, "127.0.0.1", "one").await;
    let (mut first, _) = Page::resume(&server, &token, 0).await;
    let (mut second, _) = Page::resume(&server, &token, 0).await;
    for n in 0..10 {
        let page = if n % 2 == 0 { &mut first } else { &mut second };
        page.say(json!({ "type": "msg", "cid": format!("c{n}"), "text": "x" })).await;
        page.hear_until("ack").await;
    }
    second.say(json!({ "type": "msg", "cid": "c10", "text": "x" })).await;
    let err = second.hear_until("err").await;
    assert_eq!((&err["code"], &err["cid"]), (&json!("too_fast"), &json!("c10")));
    assert!((1..=1_001).contains(&err["retry_ms"].as_u64().unwrap()), "{err}");
    server.city.pass(Span::secs(1));
    second.say(json!({ "type": "msg", "cid": "c10", "text": "x" })).await;
    second.hear_until("ack").await;
}

#[tokio::test]
async fn twenty_sockets_from_one_household() {
    let server =
        Server::start(Settings { limits: Limits { sockets: 3, ..Limits::default() }, ..Settings::default() }).await;
    assert_eq!(Limits::default().sockets, 20);
    let mut pages = vec![];
    for _ in 0..3 {
        pages.push(Page::connect_from(&server, "203.0.113.9").await);
    }
    let mut request = upgrade(&server);
    request.headers_mut().insert("x-test-ip", "203.0.113.9".parse().unwrap());
    assert_eq!(refused(&server, request.clone()).await, 429);
    Page::connect_from(&server, "203.0.113.10").await;
    pages.pop().unwrap().leave().await;
    Page::connect_from(&server, "203.0.113.9").await;
}

#[tokio::test]
async fn the_same_opening_again_is_the_same_conversation() {
    let server = Server::start(Settings::default()).await;
    let body = json!({ "text": "hi", "client_id": ID });
    let first: Value = post(&server, "127.0.0.1", body.clone()).await.json().await.unwrap();
    for _ in 0..5 {
        let again = post(&server, "127.0.0.1", body.clone()).await;
        assert_eq!(again.status(), 201, "a retry is never too often");
        assert_eq!(again.json::<Value>().await.unwrap(), first);
    }
    assert_eq!(server.city.contacts(), 1);
    let other = post(&server, "127.0.0.1", json!({ "text": "another text", "client_id": ID })).await;
    assert_eq!(other.status(), 422);
    let inbound = server.city.inbound(1);
    assert!(!inbound.source_key.unwrap().contains(ID), "who reads the store cannot repeat the request");
}

#[tokio::test]
async fn an_opening_is_checked_field_by_field() {
    let server = Server::start(Settings {
        limits: Limits { exempt: vec!["127.0.0.1".parse().unwrap()], ..Limits::default() },
        ..Settings::default()
    })
    .await;
    let table = [
        (json!({}), 400, None),
        (json!([]), 400, None),
        (json!({ "text": "hi", "surprise": 1 }), 400, None),
        (json!({ "text": " \u{7} " }), 422, Some("text")),
        (json!({ "text": "水".repeat(4_001) }), 422, Some("text")),
        (json!({ "text": "水".repeat(4_000) }), 201, None),
        (json!({ "text": "hi", "language": "not a tag" }), 422, Some("language")),
        (json!({ "text": "hi", "language": "zh-Hant", "name": " ", "email": "a@example.org" }), 201, None),
        (json!({ "text": "hi", "email": "a b@example.org" }), 422, Some("email")),
        (json!({ "text": "hi", "name": "x".repeat(101) }), 422, Some("name")),
        (json!({ "text": "hi", "client_id": "user-1" }), 422, Some("client_id")),
        (json!({ "text": "x".repeat(70_000) }), 413, None),
    ];
    for (body, status, field) in table {
        let answer = post(&server, "127.0.0.1", body.clone()).await;
        let seen = answer.status().as_u16();
        let problem: Value = answer.json().await.unwrap();
        let shown = body.to_string().chars().take(60).collect::<String>();
        assert_eq!((seen, problem["field"].as_str()), (status, field), "{shown}");
    }
    assert_eq!(server.city.inbound(1).party.name, None);
    let renamed = json!({ "text": "hi", "name": "Ana\u{202e}nibuR\u{2069}\u{85}\nof Elm St" });
    let opened: Value = post(&server, "127.0.0.1", renamed).await.json().await.unwrap();
    let id = opened["contact_id"].as_u64().unwrap();
    assert_eq!(server.city.inbound(id).party.name.as_deref(), Some("AnanibuR of Elm St"));
}

#[tokio::test]
async fn outside_opening_hours_new_conversations_are_sent_to_the_form_and_old_ones_go_on() {
    let server = Server::start(Settings::default()).await;
    let body = json!({ "text": "hi", "client_id": ID });
    let token = post(&server, "127.0.0.1", body.clone()).await.json::<Value>().await.unwrap()["resume_token"].clone();
    server.city.closed.store(true, SeqCst);
    let answer = post(&server, "127.0.0.1", json!({ "text": "hi" })).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"5400".parse().unwrap()));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((&problem["title"], &problem["form_url"]), (&json!("Closed"), &json!("/forms")));
    assert!(problem["opens_at"].is_i64());
    assert_eq!(server.city.contacts(), 1, "nothing was put in a line where nobody serves");
    assert_eq!(post(&server, "127.0.0.1", body).await.status(), 201, "a retry is answered");
    let (mut page, _) = Page::resume(&server, token.as_str().unwrap(), 0).await;
    page.say(json!({ "type": "msg", "cid": "1", "text": "still here" })).await;
    page.hear_until("ack").await;
}
