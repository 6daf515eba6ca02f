//! A mail and a chat beside each other on one desk: both are answered from the keyboard, and no word goes to the wrong one.

use super::rep::Rep;
use super::resident::Resident;
use super::support::archive::dead_mail;
use super::support::desk::Town;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_and_a_chat_are_answered_side_by_side() {
    let mut town = Town::opens().await;
    let settings = dead_mail(&town.city); // answers to mail are kept until the relay is there
    town.city.adds_settings(&settings);
    town.daemon.dies().await;
    town.daemon = town.city.start().await;
    let ana = Rep::is_ready(&town.base(), "ana").await;
    let screen = &ana.screen;
    screen.presses("2").await;

    let body = json!({"channel": "form", "service": "pothole", "text": "A deep hole", "language": "en", "email": "maria@example.org",
        "fields": {"location": "82nd"}});
    town.sends(town.request(Method::POST, "/api/v1/contacts").json(&body)).await.is(201);
    ana.is_offered("A deep hole").await;
    ana.accepts().await;
    ana.writes("We will come").await;

    let resident = Resident::reading(&town.base(), "en").await;
    resident.opens_chat("Is the office open today?").await;
    ana.is_offered("Is the office open today?").await;
    screen.presses_together(ALT, 'a').await; // in the middle of a sentence
    assert!(screen.until(async || columns(&ana).await == 2).await, "both are on the screen");
    assert!(screen.until(async || writes_in(&ana).await == 1).await, "the chat is written in at once");
    ana.answers_chat("Until five.").await;
    resident.sees("Until five.").await;

    screen.presses_together(ALT, '\u{e012}').await; // a column to the left: the sentence is still there
    screen.presses_together(ALT, 'r').await;
    assert!(screen.until(async || writes_in(&ana).await == 0).await, "back in the mail");
    ana.writes(" tomorrow.").await;
    screen.is_pictured("desk-side-by-side").await;
    screen.presses_together(CONTROL, ENTER).await;
    screen.sees("Waits to be mailed").await;
    let ours = "return [...document.querySelectorAll('.conversation')].map((one) => [...one.querySelectorAll('.message.ours .text')]\
                .map((text) => text.textContent).join('|'))";
    assert_eq!(screen.asks(ours).await, json!(["We will come tomorrow.", "Until five."]));
    assert_eq!(screen.complaints().await, [""; 0], "the browser has nothing to complain about");
}

const ALT: char = '\u{e00a}';
const CONTROL: char = '\u{e009}';
const ENTER: char = '\u{e007}';

async fn columns(rep: &Rep) -> u64 {
    rep.screen.asks("return document.querySelectorAll('.conversation').length").await.as_u64().unwrap_or_default()
}

/// The column whose box has the focus; -1 for none.
async fn writes_in(rep: &Rep) -> i64 {
    let script = "return [...document.querySelectorAll('.conversation')].findIndex((one) => one.querySelector('.composer textarea:focus'))";
    rep.screen.asks(script).await.as_i64().unwrap_or(-1)
}
