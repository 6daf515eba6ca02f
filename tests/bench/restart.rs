//! `kill -9` with a million waiting: how long until the daemon answers again.

use crate::door::{Daemon, person};
use crate::workload::{City, settings};
use std::time::Instant;
use steelbridge::message::{Author, ContactRecord, LanguageChoice, LanguageSource, NewMessage, Party};
use steelbridge::routing::command::Command;
use steelbridge::routing::engine::Engine;
use steelbridge::routing::ids::*;
use steelbridge::store::embedded::Embedded;
use steelbridge::store::{Entry, Record, Store};

const WAITING: usize = 1_000_000;
const BATCH: usize = 2_000;

pub async fn run() {
    println!("\nRestart with {WAITING} waiting\n");
    let folder = Daemon::settled(&person("ana"));
    let started = Instant::now();
    let (events, journal) = fill(&folder.path().join("data"));
    let secs = started.elapsed().as_secs_f64();
    println!(
        "filled in {secs:.0} s: {events} events in {BATCH}-contact transactions, {:.0} events/s durable",
        events as f64 / secs
    );
    let mut daemon = Daemon::start(folder);
    let first = daemon.ready().await;
    println!(
        "from the whole journal ({journal} events, no snapshot): {:.2} s to the first answer",
        first.as_secs_f64()
    );
    println!("resident memory: {:.0} MiB", daemon.resident() as f64 / 1_048_576.0);
    let mut daemon = daemon.again();
    let second = daemon.ready().await;
    println!("from snapshot and tail: {:.2} s to the first answer", second.as_secs_f64());
}

/// A million contacts, as the daemon itself would have kept them; no snapshot.
fn fill(data: &std::path::Path) -> (u64, u64) {
    let (mut store, _) = Embedded::open(data).expect("a store");
    let (mut engine, mut city, mut count) = (Engine::new(), City::new(11), 0u64);
    let plan = engine.handle(Timestamp(1), Command::SetPlan(Box::new(settings(None)))).expect("a plan");
    count += plan.len() as u64;
    store.append(&[Entry { at: Timestamp(1), events: plan, records: Vec::new() }]).expect("kept");
    for batch in 0..WAITING / BATCH {
        let entries: Vec<Entry> = (0..BATCH).map(|i| received(&mut engine, &mut city, batch * BATCH + i)).collect();
        count += entries.iter().map(|e| e.events.len() as u64).sum::<u64>();
        store.append(&entries).expect("kept");
    }
    (count, count)
}

fn received(engine: &mut Engine, city: &mut City, number: usize) -> Entry {
    let at = Timestamp(1_000 + number as i64 * 1_000);
    let events = engine.handle(at, Command::Receive(Box::new(city.contact()))).expect("received");
    let language = LanguageChoice::new(Word::new("en").expect("short"), LanguageSource::Person);
    let id = ContactId(number as u64 + 1);
    let record = ContactRecord {
        id,
        reference: format!("B-{:06}", id.0),
        channel: Channel::Form,
        service: None,
        language,
        urgency: Urgency::Normal,
        subject: "A street light is out".into(),
        party: Party::default(),
        fields: Default::default(),
        doubtful: false,
        opened_at: at,
        follows: None,
        last_rep: None,
        closed: None,
    };
    let mut secret = [0; 32];
    secret[..8].copy_from_slice(&id.0.to_le_bytes());
    let first = NewMessage {
        from: Author::Customer,
        text: "The street light in front of our house has been out for three days.".into(),
        attachments: Vec::new(),
        client_id: None,
    };
    Entry { at, events, records: vec![Record::Opened { record: Box::new(record), secret, source: None, first }] }
}
