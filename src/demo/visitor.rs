//! An invented community member: fills in the form, or chats until the representative has answered.

use super::client::Client;
use super::{Dice, Person};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;

/// The longest an invented person waits for an answer in chat.
const PATIENCE: Duration = Duration::from_secs(600);

pub async fn visit(
    door: SocketAddr,
    origin: String,
    person: Person,
    number: u64,
    mut dice: Dice,
) -> anyhow::Result<()> {
    let mut client = Client::new(door, origin, number);
    if person.channel == "chat" {
        return tokio::time::timeout(PATIENCE, chat(&mut client, &person, number, &mut dice)).await?;
    }
    let body = json!({
        "channel": "form",
        "service": person.service.as_deref().unwrap_or("unknown"),
        "text": person.text,
        "language": person.language,
    });
    client.post("/api/v1/contacts", body).await.map(drop)
}

async fn chat(client: &mut Client, person: &Person, number: u64, dice: &mut Dice) -> anyhow::Result<()> {
    let opened = client.post("/chat/sessions", json!({ "text": person.text, "language": person.language })).await?;
    let token = opened["resume_token"].as_str().unwrap_or_default().to_owned();
    let mut socket = client.socket("/chat/socket", Some("steelbridge.chat.v1")).await?;
    socket.say(json!({ "type": "hello", "token": token, "last_seq": 0 })).await?;
    let mut more = person.more.iter().enumerate();
    loop {
        let frame = socket.hear().await?;
        let ended = frame["type"] == "state" && frame["state"] == "ended";
        if ended {
            return Ok(());
        }
        if frame["type"] != "msg" || frame["from"] != "representative" {
            continue;
        }
        tokio::time::sleep(dice.pause(3.0)).await;
        if let Some((i, text)) = more.next() {
            socket.say(json!({ "type": "typing", "on": true })).await?;
            tokio::time::sleep(Duration::from_millis(40 * text.chars().count() as u64)).await;
            socket.say(json!({ "type": "msg", "cid": format!("demo-{number}-{i}"), "text": text })).await?;
        }
    }
}
