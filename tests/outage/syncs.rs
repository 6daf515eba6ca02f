//! The disk is asked before anyone is told: fsync before every yes, death at every fsync, and fsyncs that fail.

use super::chat::Chatter;
use super::ledger::Ledger;
use super::people::{Answer, Resident};
use super::strace;
use super::support::city::City;
use super::town::Town;
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Kill points: at each fsync of one day on fresh data, of which there are at least so many, and on data that has died before.
const FRESH: u32 = 45;
const AGAIN: u32 = 60;
const _: () = assert!(FRESH + AGAIN >= 100, "a hundred kill points are promised");

/// A commit comes before every yes: strace sees an fsync begin and end between the request and the answer to it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_before_it_is_on_disk() {
    let city = City::new();
    let seen = city.folder().join("strace");
    let daemon = city.start_under(&strace::watching(&seen)).await.expect("a start");
    let town = Town::of(&city);

    let mut synced = Vec::new();
    let [ok, created, see_other, ack] = ["\"HTTP/1.1 200", "\"HTTP/1.1 201", "\"HTTP/1.1 303", "\\\"ack\\\""];
    macro_rules! step {
        ($what:literal, $answer:expr, $step:expr) => {{
            let from = strace::length(&seen);
            let value = $step;
            synced.push(($what, strace::syncs_before(&seen, from, $answer).await));
            value
        }};
    }
    let resident = Resident::new(&city.base(), "first");
    let chatter = Chatter::new(&city.base(), "first");
    step!("a sign-in", ok, town.ana.signs_in().await.expect("yes"));
    let _live = town.ana.goes_live().await.expect("ana's live stream");
    step!("presence", ok, town.ana.is_available().await.expect("yes"));
    let promise = step!("a form contact", created, resident.asks().await.expect("yes"));
    step!("a form's page", see_other, Resident::new(&city.base(), "second").sends_the_page().await.expect("yes"));
    let status = promise["status_url"].as_str().expect("an address");
    step!("a reply on the status page", see_other, resident.replies(status, "And the next one").await.expect("yes"));
    let chat = step!("a chat", created, chatter.asks().await.expect("yes"));
    let (mut conversation, _) = chatter.enters(&chat).await.expect("the chat opens");
    step!("a chat message", ack, conversation.sends("Hello?").await.expect("yes"));
    let id = promise["contact_id"].as_u64().expect("a number");
    let offer = town.offered(&town.ana, id).await;
    step!("an accept", ok, town.ana.post(&format!("/offers/{offer}/accept"), json!({})).await.expect("yes"));
    step!("a message", created, town.ana.says(id, "On our way").await.expect("yes"));
    step!("a note", created, town.ana.notes(id, "crew called").await.expect("yes"));
    step!("a close", ok, town.ana.closes(id, "reported").await.expect("yes"));
    step!("the end of wrap-up", ok, town.ana.ends_wrap_up(id).await.expect("yes"));
    println!("fsyncs before each yes: {synced:?}");

    for (what, count) in &synced {
        assert!(*count >= 1, "{what} was acknowledged without an fsync; all: {synced:?}");
    }
    daemon.dies().await;
}

/// Deaths with a folder of their own each: first at the first fsync of the first start, then at the second, … until
/// the whole scripted day passes without reaching the n-th.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_fsync_of_a_day_it_keeps_every_promise() {
    let mut deaths = 0;
    while dies_at(&City::new(), &mut Ledger::default(), deaths + 1, 4).await {
        deaths += 1;
    }
    println!("kill points on fresh data: {deaths}, each fsync of one day");
    assert!(deaths >= FRESH, "a day has more than {deaths} fsyncs");
}

/// Deaths on one folder, one after the other: also at every fsync of a recovery from the death before.
#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_on_the_same_data_it_keeps_every_promise() {
    let (city, mut ledger) = (City::new(), Ledger::default());
    for n in 1..=AGAIN {
        assert!(dies_at(&city, &mut ledger, n, 8).await, "it never came to fsync {n}");
    }
    println!("kill points on the same data: {AGAIN}, which kept {}", ledger.size());
}

/// A day of so many contacts under strace that ends with death at the n-th fsync, then the inspection. False when the
/// day ended without.
async fn dies_at(city: &City, ledger: &mut Ledger, n: u32, contacts: u32) -> bool {
    let town = Town::of(city);
    if let Ok(mut daemon) = city.start_under(&strace::killed_at_sync(n)).await {
        let day = a_day(&town, ledger, contacts).await;
        match daemon.until_ended(Duration::from_millis(if day.is_none() { 5_000 } else { 0 })).await {
            Some(status) => assert!(!status.success(), "it left without being killed: {status}"),
            None if day.is_some() => return false,
            None => panic!("the daemon stopped answering and did not die:\n{}", city.last_words()),
        }
    }
    let daemon = city.start().await;
    town.inspects(ledger).await;
    daemon.dies().await;
    true
}

/// Contacts from the first word to the end of wrap-up, and now and then an emergency.
async fn a_day(town: &Town, ledger: &mut Ledger, contacts: u32) -> Option<()> {
    let _consoles = town.opens().await?;
    town.finishes_yesterday(ledger).await?;
    for _ in 0..contacts {
        let n = ledger.residents.len();
        town.serves(&Resident::new(&town.base, format!("resident-{n}")), ledger).await?;
        if n.is_multiple_of(4) {
            town.serves(&Resident::in_danger(&town.base, format!("in-danger-{n}")), ledger).await?;
        }
    }
    Some(())
}

/// A disk whose fsync fails once, and one whose fsync fails from then on: nothing that was asked after the error is
/// acknowledged before an fsync has worked again, and what was acknowledged is there after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_fsync_is_never_answered_with_success() {
    for (n, recovers) in [(20, true), (20, false), (33, true), (33, false), (50, true), (50, false)] {
        let (city, mut ledger) = (City::new(), Ledger::default());
        let town = Town::of(&city);
        let seen = city.folder().join("strace");
        let mut daemon = city.start_under(&strace::sync_fails_at(n, recovers, &seen)).await.expect("a start");
        let acknowledged = insists(&town, &mut ledger).await;

        let syncs = strace::syncs(&seen);
        let error = syncs.iter().find(|sync| !sync.worked).expect("the error was injected").at;
        for (asked, answered) in acknowledged.iter().filter(|(asked, _)| *asked > error) {
            let healed = syncs.iter().any(|sync| sync.worked && *asked < sync.at && sync.at < *answered);
            assert!(healed, "fsync {n} failed, and what was asked {} s later got a yes", asked - error);
        }
        let ended = daemon.until_ended(Duration::ZERO).await;
        assert!(ended.is_none_or(|status| !status.success()), "after a storage error it ended as if all were well");
        let again = acknowledged.iter().filter(|(asked, _)| *asked > error).count();
        println!("fsync {n} failed{}: {again} yeses later, ended: {ended:?}", if recovers { "" } else { " for good" });
        assert!(!recovers || again > 0 || ended.is_some(), "the disk is well again and the daemon is of no use");
        drop(daemon);
        let daemon = city.start().await;
        town.inspects(&mut ledger).await;
        daemon.dies().await;
    }
}

/// Asks for sixty things, one after the other, whatever the answers: when each yes was asked for, and when it came.
async fn insists(town: &Town, ledger: &mut Ledger) -> Vec<(f64, f64)> {
    let _consoles = town.opens().await;
    let mut yes = Vec::new();
    for n in 0..60 {
        let resident = Resident::new(&town.base, format!("insists-{n}"));
        ledger.presses(&resident);
        let asked = now();
        if let Answer::Yes(promise) = resident.asks().await {
            yes.push((asked, now()));
            ledger.note_promise(&resident.key, promise);
        }
    }
    yes
}

/// Seconds since 1970, as strace counts them.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}
