//! Many cuts of the line at any moment, in any order, on both sides' words: nothing lost, nothing twice, nothing out of order.

use super::city::{City, Server};
use super::page::{Page, open};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use steelbridge::channels::chat::Settings;
use steelbridge::channels::chat::visitors::Limits;
use steelbridge::channels::rate::Rate;
use steelbridge::routing::ids::Span;

const FROM_CUSTOMER: usize = 40;
const FROM_REP: usize = 400;

/// What a page keeps between connections, as the shipped page does.
#[derive(Default)]
struct Memory {
    last_seq: u64,
    seen: Vec<(u64, String)>,
    unsent: Vec<(String, String)>,
    acks: Vec<(String, u64)>,
}

impl Memory {
    fn hear(&mut self, frame: &Value) {
        let cid = frame["cid"].as_str().map(str::to_owned);
        match frame["type"].as_str().unwrap() {
            "msg" => {
                self.last_seq = frame["seq"].as_u64().unwrap();
                self.seen.push((self.last_seq, frame["text"].as_str().unwrap().to_owned()));
            }
            "ack" => self.acks.push((cid.clone().unwrap(), frame["seq"].as_u64().unwrap())),
            "err" => panic!("{frame}"),
            _ => return,
        }
        self.unsent.retain(|(unsent, _)| Some(unsent) != cid.as_ref());
    }
}

async fn storm(seed: u64) {
    let messages = Rate { burst: 10_000, refill: Span::millis(1) };
    let server =
        Server::start(Settings { limits: Limits { messages, ..Limits::default() }, ..Settings::default() }).await;
    let (contact, token) = open(&server, "127.0.0.1", "first").await;
    let mut dice = StdRng::seed_from_u64(seed);
    let mut memory = Memory::default();
    let mut said = 0;
    let rep = tokio::spawn(answers(server.city.clone(), contact, seed));
    while said < FROM_CUSTOMER || !rep.is_finished() || !memory.unsent.is_empty() {
        let (mut page, heard) = Page::resume(&server, &token, memory.last_seq).await;
        heard.iter().for_each(|frame| memory.hear(frame));
        for (cid, text) in memory.unsent.clone() {
            page.say(json!({ "type": "msg", "cid": cid, "text": text })).await;
        }
        for _ in 0..dice.random_range(0..25) {
            match dice.random_range(0..3) {
                0 if said < FROM_CUSTOMER => {
                    said += 1;
                    let (cid, text) = (format!("c{said}"), format!("customer {said}"));
                    page.say(json!({ "type": "msg", "cid": cid, "text": text })).await;
                    memory.unsent.push((cid, text));
                }
                _ => {
                    if let Ok(frame) = tokio::time::timeout(Duration::from_millis(3), page.hear()).await {
                        memory.hear(&frame);
                    }
                }
            }
        }
        drop(page); // cut, with whatever was under way
    }
    let (_, heard) = Page::resume(&server, &token, memory.last_seq).await;
    heard.iter().for_each(|frame| memory.hear(frame));

    let kept: Vec<(u64, String)> =
        server.city.messages(contact).into_iter().map(|m| (u64::from(m.seq), m.text)).collect();
    assert_eq!(memory.seen, kept, "seed {seed}");
    let customers: Vec<&String> =
        kept.iter().map(|(_, text)| text).filter(|text| text.starts_with("customer")).collect();
    assert_eq!(customers.len(), FROM_CUSTOMER, "seed {seed}: each once");
    for (cid, seq) in &memory.acks {
        assert_eq!(kept[*seq as usize - 1].1, cid.replace('c', "customer "), "seed {seed}: an ack names its message");
    }
}

/// A representative who writes on, whatever the line does.
async fn answers(city: Arc<City>, contact: u64, seed: u64) {
    let mut dice = StdRng::seed_from_u64(!seed);
    for n in 1..=FROM_REP {
        city.rep_says(contact, &format!("rep {n}"));
        match dice.random_range(0..4) {
            0 => tokio::time::sleep(Duration::from_millis(2)).await,
            1 => {}
            _ => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn words_survive_a_line_that_is_cut_again_and_again() {
    for seed in 0..8 {
        storm(seed).await;
    }
}
