//! An invented rep: signs in, takes what is offered, answers in the language, closes.

use super::client::{Client, Socket};
use super::{Dice, Robot};
use hyper::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Robots come from addresses of their own, away from the visitors'.
const FIRST_ADDRESS: u64 = 0x00F0_0000;

type Answers = Arc<BTreeMap<String, Vec<String>>>;

/// What a robot has decided to do next with a contact.
struct Plan {
    at: Instant,
    contact: u64,
    step: usize,
    language: String,
}

pub async fn work(
    door: SocketAddr,
    origin: String,
    robot: Robot,
    answers: Answers,
    mut dice: Dice,
) -> anyhow::Result<()> {
    let mut client = Client::new(door, origin, FIRST_ADDRESS + dice.below(60_000) as u64);
    client.post("/api/v1/session", json!({ "name": robot.name, "password": robot.password })).await?;
    let mut socket = client.socket("/api/v1/live", None).await?;
    socket.say(json!({ "hello": { "after": null } })).await?;
    available(&mut client).await?;
    let mut plans: Vec<Plan> = Vec::new();
    loop {
        plans.sort_by_key(|plan| plan.at);
        let next = plans.first().map_or_else(|| Instant::now() + Duration::from_secs(20), |plan| plan.at);
        tokio::select! {
            frame = socket.hear() => heed(&mut client, &mut socket, frame?, &mut plans, &mut dice).await?,
            () = sleep_until(next) => {
                if plans.is_empty() {
                    available(&mut client).await?; // back from a missed offer
                } else {
                    let plan = plans.remove(0);
                    plans.extend(act(&mut client, plan, &answers, &mut dice).await);
                }
            }
        }
    }
}

async fn available(client: &mut Client) -> anyhow::Result<()> {
    client.must(Method::PUT, "/api/v1/me/presence", Some(json!({ "presence": "available" }))).await.map(drop)
}

async fn heed(
    client: &mut Client,
    socket: &mut Socket,
    frame: Value,
    plans: &mut Vec<Plan>,
    dice: &mut Dice,
) -> anyhow::Result<()> {
    match frame["type"].as_str() {
        Some("offer") => {
            tokio::time::sleep(dice.pause(2.0)).await;
            let offer = &frame["offer"];
            let path = format!("/api/v1/offers/{}/accept", offer["id"]);
            let (status, contact) = client.ask(Method::POST, &path, Some(json!({}))).await?;
            if status.is_success() {
                let language = contact["language"]["code"].as_str().unwrap_or("en").to_owned();
                let at = Instant::now() + dice.pause(5.0);
                plans.push(Plan { at, contact: contact["id"].as_u64().unwrap_or(0), step: 0, language });
            }
        }
        Some("hb") => socket.say(json!({ "hb": {} })).await?,
        _ => {}
    }
    Ok(())
}

/// Say the next line; after the last one, close. A contact that is gone is let go.
async fn act(client: &mut Client, plan: Plan, answers: &Answers, dice: &mut Dice) -> Option<Plan> {
    let primary = plan.language.split('-').next().unwrap_or("en");
    let lines = answers.get(primary).or_else(|| answers.get("en"))?;
    let path = format!("/api/v1/contacts/{}", plan.contact);
    match lines.get(plan.step) {
        Some(text) => {
            client.post(&format!("{path}/messages"), json!({ "text": text })).await.ok()?;
            Some(Plan { at: Instant::now() + dice.pause(14.0), step: plan.step + 1, ..plan })
        }
        None => {
            let disposition = ["informed", "requested", "reported"][dice.below(3)];
            client.post(&format!("{path}/close"), json!({ "disposition": disposition })).await.ok()?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            client.post(&format!("{path}/wrap-up/end"), json!({})).await.ok();
            None
        }
    }
}
