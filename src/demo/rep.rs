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

/// A robot leaves an emergency to people for this long, so that they see and hear the alarm.
const EMERGENCY_LEFT: Duration = Duration::from_secs(20);

type Answers = Arc<BTreeMap<String, Vec<String>>>;

/// What a robot has decided to do, and when.
struct Plan {
    at: Instant,
    next: Next,
}

enum Next {
    /// Take what is offered, if it still is.
    Accept { offer: u64 },
    /// Say the line of this number; after the last one, close.
    Say { contact: u64, line: usize, language: String },
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
            frame = socket.hear() => plans.extend(heed(&mut socket, frame?, &mut dice).await?),
            () = sleep_until(next) => {
                if plans.is_empty() {
                    available(&mut client).await?; // back from a missed offer
                } else {
                    let plan = plans.remove(0);
                    plans.extend(act(&mut client, plan, &answers, &mut dice).await?);
                }
            }
        }
    }
}

async fn available(client: &mut Client) -> anyhow::Result<()> {
    client.must(Method::PUT, "/api/v1/me/presence", Some(json!({ "presence": "available" }))).await.map(drop)
}

async fn heed(socket: &mut Socket, frame: Value, dice: &mut Dice) -> anyhow::Result<Option<Plan>> {
    match frame["type"].as_str() {
        Some("offer") => return Ok(offered(&frame["offer"], dice)),
        Some("hb") => socket.say(json!({ "hb": {} })).await?,
        _ => {}
    }
    Ok(None)
}

fn offered(offer: &Value, dice: &mut Dice) -> Option<Plan> {
    let left = if offer["contact"]["urgency"] == "emergency" { EMERGENCY_LEFT } else { Duration::ZERO };
    let at = Instant::now() + left + dice.pause(2.0);
    Some(Plan { at, next: Next::Accept { offer: offer["id"].as_u64()? } })
}

async fn act(client: &mut Client, plan: Plan, answers: &Answers, dice: &mut Dice) -> anyhow::Result<Option<Plan>> {
    match plan.next {
        Next::Accept { offer } => accept(client, offer, dice).await,
        Next::Say { contact, line, language } => Ok(say(client, contact, line, language, answers, dice).await),
    }
}

/// Somebody else may have been faster: then there is nothing to say.
async fn accept(client: &mut Client, offer: u64, dice: &mut Dice) -> anyhow::Result<Option<Plan>> {
    let (status, contact) =
        client.ask(Method::POST, &format!("/api/v1/offers/{offer}/accept"), Some(json!({}))).await?;
    if !status.is_success() {
        return Ok(None);
    }
    let language = contact["language"]["code"].as_str().unwrap_or("en").to_owned();
    let next = Next::Say { contact: contact["id"].as_u64().unwrap_or(0), line: 0, language };
    Ok(Some(Plan { at: Instant::now() + dice.pause(5.0), next }))
}

/// Say the next line; after the last one, close. A contact that is gone is let go.
async fn say(
    client: &mut Client,
    contact: u64,
    line: usize,
    language: String,
    answers: &Answers,
    dice: &mut Dice,
) -> Option<Plan> {
    let primary = language.split('-').next().unwrap_or("en");
    let lines = answers.get(primary).or_else(|| answers.get("en"))?;
    let path = format!("/api/v1/contacts/{contact}");
    match lines.get(line) {
        Some(text) => {
            client.post(&format!("{path}/messages"), json!({ "text": text })).await.ok()?;
            let next = Next::Say { contact, line: line + 1, language };
            Some(Plan { at: Instant::now() + dice.pause(14.0), next })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emergency_is_left_to_people_first() {
        let mut dice = Dice(1);
        let mut waits = |urgency: &str| {
            let before = Instant::now();
            let offer = json!({ "id": 7, "contact": { "urgency": urgency } });
            offered(&offer, &mut dice).expect("a plan").at - before
        };
        assert!(waits("emergency") >= EMERGENCY_LEFT);
        assert!(waits("normal") < EMERGENCY_LEFT);
        assert!(offered(&json!({}), &mut Dice(1)).is_none(), "an offer has a number");
    }
}
