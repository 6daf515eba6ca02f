//! A million waiting, in the daemon's own data: `kill -9` and the first right offer; a thousand contacts a second beside them.

use crate::bare::Bare;
use crate::daemon::{Daemon, import, memory, person};
use crate::door::quantiles;
use crate::load::{Watch, disk};
use crate::screen::Rep;
use crate::workload::{City, language, settings, skill};
use std::path::Path;
use std::time::Instant;
use steelbridge::message::{Author, ContactRecord, LanguageChoice, LanguageSource, NewMessage, Party};
use steelbridge::routing::command::Command;
use steelbridge::routing::engine::Engine;
use steelbridge::routing::ids::*;
use steelbridge::store::embedded::Embedded;
use steelbridge::store::{Entry, Record, Store};

const WAITING: usize = 1_000_000;
const BATCH: usize = 2_000;
const REPS: usize = 120;
const PER_SECOND: u32 = 1_000;
const SECONDS: u32 = 8;
/// Where the reps of this bench connect from.
const HOUSEHOLD: u32 = 1_000_000;

pub async fn run() {
    println!("\nA million waiting: kill -9, and a thousand more a second\n");
    let reps: String = (0..REPS).map(|i| person(&format!("rep{i}"), 10_000)).collect();
    let folder = Daemon::settled(&(reps + &ana()));
    let started = Instant::now();
    let (events, engine) = fill(&folder.path().join("data"));
    let secs = started.elapsed().as_secs_f64();
    let rate = events as f64 / secs;
    println!("filled in {secs:.0} s: {events} events in {BATCH}-contact transactions, {rate:.0} events/s durable");
    let right = first_for_ana(&engine);
    drop(engine);
    import(&folder);

    let mut daemon = Daemon::start(folder);
    let ready = daemon.ready().await.as_secs_f64();
    println!(
        "started on the whole journal, no snapshot: {ready:.2} s to ready, {:.0} MiB",
        memory(daemon.id(), "VmRSS")
    );
    let mut rep = Rep::signs_in(daemon.door, "ana", HOUSEHOLD).await;
    rep.is_available().await;
    assert_eq!(rep.next_offer().await.1, right.0, "the first in line whom ana serves");
    let cookie = rep.line.cookie.clone();
    drop(rep);

    let started = Instant::now();
    let mut daemon = daemon.again();
    let ready = daemon.ready().await.as_secs_f64();
    let mut rep = Rep::comes_back(daemon.door, HOUSEHOLD, cookie).await;
    assert_eq!(rep.next_offer().await.1, right.0, "the same one, after the crash");
    let offered = started.elapsed().as_secs_f64();
    println!("killed with SIGKILL and started again: {ready:.2} s to ready, {offered:.2} s to the first right offer");
    drop(rep);
    beside_them(&daemon).await;
}

/// Open loop, beside the bare program that has nobody waiting.
async fn beside_them(daemon: &Daemon) {
    let bare = Bare::start();
    let count = (PER_SECOND * SECONDS) as usize;
    let (ours, theirs) = (Watch::new(count), Watch::new(count));
    for rep in 0..REPS {
        let mut console = Rep::signs_in(daemon.door, &format!("rep{rep}"), HOUSEHOLD + rep as u32).await;
        console.is_available().await;
        console.watches(ours.clone());
        bare.listen(theirs.clone()).await;
    }
    let before = disk();
    let all = ours.paced(daemon.door, "/api/v1/contacts", PER_SECOND).await;
    let bare_all = theirs.paced(bare.door, "/contacts", PER_SECOND).await;
    let after = disk();
    println!(
        "\nopen loop, {PER_SECOND} contacts a second for {SECONDS} s, {WAITING} others waiting, {REPS} screens:\n"
    );
    println!("| | steelbridge | bare axum | ratio |\n|---|---:|---:|---:|");
    quantiles(&all, &bare_all);
    println!("\nfdatasync of this disk, p50: {before:.3} ms before, {after:.3} ms after");
    println!("offers heard: {} of {count}, by the bare program {}", all.offers.len(), bare_all.offers.len());
}

/// She serves forms in the city's first language, and holds one.
fn ana() -> String {
    let skills: Vec<String> = (0..40).map(|i| format!("{} = 1", skill(i))).collect();
    let skills = skills.join(", ");
    format!(
        "[[rep]]\nname = \"ana\"\nchannels = [\"form\"]\nlanguages = {{ {} = 5 }}\nskills = {{ {skills} }}\ncapacity = 1\n",
        language(0)
    )
}

/// Found by looking at everyone.
fn first_for_ana(engine: &Engine) -> ContactId {
    let serves = |contact: &&steelbridge::routing::contact::Contact| {
        contact.channel == Channel::Form && engine.need(contact.need).language == language(0)
    };
    let first = engine.open_contacts().filter(serves).min_by_key(|contact| (contact.order, contact.id));
    first.expect("someone sent a form").id
}

/// A million contacts, as the daemon itself would have kept them; no snapshot.
fn fill(data: &Path) -> (u64, Engine) {
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
    (count, engine)
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
