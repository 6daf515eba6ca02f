//! Old journals still replay: every kind of event, its exact JSON, and the state it leads to.
//!
//! `data/journal/v1.jsonl` is the journal of `stories/day.story`, one `{"at":…,"event":{…}}` a line, and `v1.state` what
//! stood at its end, in words. Neither is ever edited. When events gain a new spelling, keep these, add `v2`, and let both
//! replay: `JOURNAL_WRITE=v2 cargo test --test journal` writes a new pair from the story as it is told then.

mod support_engine;

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use steelbridge::routing::command::DeclineReason;
use steelbridge::routing::engine::Engine;
use steelbridge::routing::event::{Chosen, Event, ReturnReason, Rung, WithdrawReason};
use steelbridge::routing::ids::*;
use steelbridge::routing::queue::{Policy, Widening};
use steelbridge::routing::skill::Mode;
use support_engine::tale::{tales, told};

#[derive(Serialize, Deserialize)]
struct Line {
    at: Timestamp,
    event: Event,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/journal")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|e| panic!("tests/data/journal/{name}: {e}"))
}

/// All kept journals: name without ending, and lines.
fn journals() -> Vec<(String, Vec<Line>)> {
    let files = fs::read_dir(folder()).expect("tests/data/journal").map(|f| f.expect("a file").file_name());
    let names = files.filter_map(|f| f.to_string_lossy().strip_suffix(".jsonl").map(str::to_string));
    let mut names: Vec<String> = names.collect();
    names.sort();
    let line = |l: &str| serde_json::from_str(l).unwrap_or_else(|e| panic!("{l}\ncannot be read any more: {e}"));
    names
        .into_iter()
        .map(|name| {
            let lines = read(&format!("{name}.jsonl")).lines().map(line).collect();
            (name, lines)
        })
        .collect()
}

/// The name of an event's kind. No arm for the rest: a new kind does not compile until it is named here, and `KINDS` with
/// it, and then a journal must hold it.
fn kind(event: &Event) -> &'static str {
    match event {
        Event::PlanSet { .. } => "plan_set",
        Event::RepSet { .. } => "rep_set",
        Event::RepRemoved { .. } => "rep_removed",
        Event::NeedDefined { .. } => "need_defined",
        Event::PresenceChanged { .. } => "presence_changed",
        Event::RepConnected { .. } => "rep_connected",
        Event::RepDisconnected { .. } => "rep_disconnected",
        Event::GraceEnded { .. } => "grace_ended",
        Event::Received { .. } => "received",
        Event::Reopened { .. } => "reopened",
        Event::Returned { .. } => "returned",
        Event::Unparked { .. } => "unparked",
        Event::Transferred { .. } => "transferred",
        Event::Reclassified { .. } => "reclassified",
        Event::Widened { .. } => "widened",
        Event::ReservationEnded { .. } => "reservation_ended",
        Event::BarEnded { .. } => "bar_ended",
        Event::CallbackRequested { .. } => "callback_requested",
        Event::CustomerLeft { .. } => "customer_left",
        Event::CustomerBack { .. } => "customer_back",
        Event::Offered { .. } => "offered",
        Event::Accepted { .. } => "accepted",
        Event::Declined { .. } => "declined",
        Event::Expired { .. } => "expired",
        Event::Withdrawn { .. } => "withdrawn",
        Event::Assigned { .. } => "assigned",
        Event::Parked { .. } => "parked",
        Event::Resumed { .. } => "resumed",
        Event::WrapUpStarted { .. } => "wrap_up_started",
        Event::Closed { .. } => "closed",
        Event::EmergencyRaised { .. } => "emergency_raised",
        Event::EmergencyEscalated { .. } => "emergency_escalated",
        Event::EmergencyAcknowledged { .. } => "emergency_acknowledged",
    }
}

const KINDS: [&str; 33] = [
    "plan_set",
    "rep_set",
    "rep_removed",
    "need_defined",
    "presence_changed",
    "rep_connected",
    "rep_disconnected",
    "grace_ended",
    "received",
    "reopened",
    "returned",
    "unparked",
    "transferred",
    "reclassified",
    "widened",
    "reservation_ended",
    "bar_ended",
    "callback_requested",
    "customer_left",
    "customer_back",
    "offered",
    "accepted",
    "declined",
    "expired",
    "withdrawn",
    "assigned",
    "parked",
    "resumed",
    "wrap_up_started",
    "closed",
    "emergency_raised",
    "emergency_escalated",
    "emergency_acknowledged",
];

#[test]
fn the_kept_journals_hold_every_kind_of_event() {
    let kept: BTreeSet<&str> = journals().iter().flat_map(|(_, lines)| lines).map(|l| kind(&l.event)).collect();
    let missing: Vec<&&str> = KINDS.iter().filter(|k| !kept.contains(**k)).collect();
    assert!(
        missing.is_empty(),
        "no kept journal holds {missing:?}: let it happen in stories/day.story, write a new one"
    );
}

/// The text that is on disk is the text we would write today.
#[test]
fn every_event_is_spelled_as_it_always_was() {
    for (name, lines) in journals() {
        for (number, (kept, line)) in read(&format!("{name}.jsonl")).lines().zip(&lines).enumerate() {
            let today = serde_json::to_string(line).expect("plain data");
            assert_eq!(kept, today, "{name}.jsonl:{}", number + 1);
            let tag = format!("\"event\":{{\"event\":\"{}\"", kind(&line.event));
            assert!(kept.contains(&tag), "{name}.jsonl:{} begins {tag}", number + 1);
        }
    }
}

#[test]
fn every_old_journal_still_leads_to_the_same_state() {
    for (name, lines) in journals() {
        let engine = Engine::replay(None, lines.into_iter().map(|l| (l.at, l.event)));
        engine.check_invariants().unwrap_or_else(|broken| panic!("{name}: {broken}"));
        let state = describe(&engine);
        let kept = read(&format!("{name}.state"));
        assert!(state == kept, "{name}.jsonl leads elsewhere now.\n\nkept:\n{kept}\nnow:\n{state}");
    }
}

/// What stands, in words that a change of structs does not touch.
fn describe(engine: &Engine) -> String {
    let mut text = format!("opened and open: {:?}\n", engine.counts());
    text += &format!("next deadline: {:?}\n", engine.next_deadline().map(|t| t.0));
    let settings = engine.settings().expect("a plan");
    let queues: Vec<String> =
        settings.queues.iter().map(|q| format!("{}{}", q.name, if q.retired { "*" } else { "" })).collect();
    text += &format!("plan {} with queues {}\n", settings.version, queues.join(" "));
    for rep in engine.reps() {
        let holds: Vec<String> = rep.holds.iter().map(|c| c.to_string()).collect();
        text += &format!(
            "{} {} {:?} connected {} load {} idle since {} holds {} alarms {}\n",
            rep.id,
            rep.profile.name,
            rep.presence,
            rep.connected,
            rep.load(),
            rep.idle_since.0,
            holds.join(" "),
            rep.alarms.len()
        );
    }
    for contact in (1..=engine.counts().0).filter_map(|id| engine.contact(ContactId(id))) {
        text += &format!(
            "{} {} {} in {} since {} order {} widened {} callback {} customer away {} {:?}\n    {}\n",
            contact.id,
            contact.channel.name(),
            contact.urgency.name(),
            engine.queue_name(contact.queue),
            contact.since.0,
            contact.order.0,
            contact.widened,
            contact.is_callback(),
            contact.customer_away(),
            contact.stage,
            serde_json::to_string(engine.need(contact.need)).expect("plain data"),
        );
    }
    text
}

/// Writes a new pair when asked to; otherwise shows that it could.
#[test]
fn the_day_story_makes_such_a_journal() {
    let story = include_str!("stories/day.story");
    let (world, problems) = told(&tales("tests/stories/day.story", story)[0]);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let lines = world.journal.iter().map(|(at, event)| Line { at: *at, event: event.clone() });
    let lines: Vec<String> = lines.map(|l| serde_json::to_string(&l).expect("plain data") + "\n").collect();
    let kinds: BTreeSet<&str> = world.journal.iter().map(|(_, e)| kind(e)).collect();
    assert_eq!(kinds.len(), KINDS.len(), "the day should bring every kind of event");
    if let Ok(name) = std::env::var("JOURNAL_WRITE") {
        let (journal, state) = (folder().join(format!("{name}.jsonl")), folder().join(format!("{name}.state")));
        assert!(!journal.exists(), "{name} is kept already; old journals are never rewritten");
        fs::write(journal, lines.concat()).expect("written");
        fs::write(state, describe(&world.engine)).expect("written");
    }
}

/// The small words inside events, each as it stands in journals.
#[test]
fn the_words_inside_events_are_spelled_as_they_always_were() {
    fn spelled<T: Serialize + for<'de> Deserialize<'de> + PartialEq + std::fmt::Debug>(all: &[(T, &str)]) {
        for (value, text) in all {
            assert_eq!(serde_json::to_string(value).expect("plain data"), *text);
            assert_eq!(serde_json::from_str::<T>(text).expect("readable"), *value);
        }
    }
    spelled(&[
        (Presence::Offline, r#"{"presence":"offline"}"#),
        (Presence::Available, r#"{"presence":"available"}"#),
        (Presence::Away(AwayReason::Break), r#"{"presence":"away","reason":"break"}"#),
        (Presence::Away(AwayReason::Lunch), r#"{"presence":"away","reason":"lunch"}"#),
        (Presence::Away(AwayReason::Training), r#"{"presence":"away","reason":"training"}"#),
        (Presence::Away(AwayReason::Meeting), r#"{"presence":"away","reason":"meeting"}"#),
        (Presence::Away(AwayReason::Missed), r#"{"presence":"away","reason":"missed"}"#),
        (Presence::Away(AwayReason::Disconnected), r#"{"presence":"away","reason":"disconnected"}"#),
    ]);
    let channels = [r#""email""#, r#""chat""#, r#""form""#, r#""phone""#, r#""sms""#, r#""counter""#];
    spelled(&Channel::ALL.into_iter().zip(channels).collect::<Vec<_>>());
    let urgencies = [r#""emergency""#, r#""urgent""#, r#""soon""#, r#""normal""#, r#""low""#];
    spelled(&Urgency::ALL.into_iter().zip(urgencies).collect::<Vec<_>>());
    let ends = [
        "informed",
        "requested",
        "reported",
        "referred",
        "transferred",
        "deflected",
        "no_contact",
        "abandoned",
        "spam",
    ];
    let ends = ends.map(|e| format!("\"{e}\""));
    spelled(&Disposition::ALL.into_iter().zip(ends.iter().map(String::as_str)).collect::<Vec<_>>());
    spelled(&[(Mode::Speak, r#""speak""#), (Mode::Write, r#""write""#)]);
    spelled(&[
        (DeclineReason::NotMine, r#""not_mine""#),
        (DeclineReason::WrongLanguage, r#""wrong_language""#),
        (DeclineReason::ConflictOfInterest, r#""conflict_of_interest""#),
        (DeclineReason::Unsafe, r#""unsafe""#),
        (DeclineReason::Busy, r#""busy""#),
    ]);
    spelled(&[
        (ReturnReason::SignedOut, r#""signed_out""#),
        (ReturnReason::GraceOver, r#""grace_over""#),
        (ReturnReason::RepRemoved, r#""rep_removed""#),
    ]);
    spelled(&[
        (WithdrawReason::RepAway, r#""rep_away""#),
        (WithdrawReason::RepDisconnected, r#""rep_disconnected""#),
        (WithdrawReason::Taken, r#""taken""#),
        (WithdrawReason::CustomerGone, r#""customer_gone""#),
        (WithdrawReason::Reclassified, r#""reclassified""#),
        (WithdrawReason::Emergency, r#""emergency""#),
        (WithdrawReason::Assigned, r#""assigned""#),
        (WithdrawReason::NoLongerServes, r#""no_longer_serves""#),
    ]);
    spelled(&[
        (Chosen::Only, r#""only""#),
        (Chosen::Preferred, r#""preferred""#),
        (Chosen::SparesScarce, r#""spares_scarce""#),
        (Chosen::LeastLoaded, r#""least_loaded""#),
        (Chosen::LongestIdle, r#""longest_idle""#),
        (Chosen::MostSkilled, r#""most_skilled""#),
        (Chosen::LowestNumber, r#""lowest_number""#),
        (Chosen::Emergency, r#""emergency""#),
    ]);
    spelled(&[(Rung::Supervisors, r#""supervisors""#), (Rung::OnCall, r#""on_call""#)]);
    spelled(&[
        (Policy::SpareScarce, r#""spare-scarce""#),
        (Policy::LongestIdle, r#""longest-idle""#),
        (Policy::LeastLoaded, r#""least-loaded""#),
        (Policy::MostSkilled, r#""most-skilled""#),
    ]);
    let word = |text| Word::new(text).expect("short");
    spelled(&[
        (Widening::Interpreter, r#""interpreter""#),
        (Widening::Lower { skill: word("water"), by: 1 }, r#"{"lower":{"skill":"water","by":1}}"#),
        (Widening::Without { skill: word("water") }, r#"{"without":{"skill":"water"}}"#),
        (Widening::AlsoQueue { queue: word("water") }, r#"{"also_queue":{"queue":"water"}}"#),
    ]);
}
