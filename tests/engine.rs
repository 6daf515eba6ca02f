//! What the engine promises to whoever calls it, beside what the stories tell: before a plan, out of order, and again.

mod support_engine;

use steelbridge::routing::command::{Arrival, Command, Refusal};
use steelbridge::routing::engine::Engine;
use steelbridge::routing::event::Event;
use steelbridge::routing::ids::*;
use support_engine::chance::word;
use support_engine::plan::{default_settings, rep};
use support_engine::read::{Words, need, time};

fn at(text: &str) -> Timestamp {
    time(text).expect("a time")
}

fn arrival(needs: &str) -> Command {
    let need = need(&mut Words::of(needs), Channel::Email).expect("a need");
    Command::Receive(Box::new(Arrival {
        queue: word("general"),
        need,
        urgency: Urgency::Normal,
        prefer: None,
        rule: None,
        since: None,
    }))
}

fn set_rep(number: u32, line: &str) -> Command {
    Command::SetRep { rep: RepId(number), profile: Box::new(rep(line).expect("a rep")) }
}

fn ready() -> Engine {
    let mut engine = Engine::new();
    let plan = Command::SetPlan(Box::new(default_settings()));
    engine.handle(at("09:00:00"), plan).expect("a good plan");
    engine.handle(at("09:00:00"), set_rep(1, "rep ana speaks en writes en")).expect("a rep");
    engine
}

#[test]
fn who_waited_elsewhere_has_waited_since_then_and_nobody_has_waited_since_tomorrow() {
    let mut engine = ready();
    let mut place = |since: &str| {
        let Command::Receive(arrival) = arrival("en") else { unreachable!() };
        let arrival = Arrival { since: Some(at(since)), ..*arrival };
        let events = engine.handle(at("09:00:00"), Command::Receive(Box::new(arrival))).expect("taken");
        engine.check_invariants().expect("nothing broken");
        let received = events.into_iter().find_map(|event| match event {
            Event::Received { contact, place, .. } => Some((contact, place.since)),
            _ => None,
        });
        received.expect("it is received")
    };
    let (late, since) = place("09:30:00");
    assert_eq!(since, at("09:00:00"));
    let (early, since) = place("08:00:00");
    assert_eq!(since, at("08:00:00"));
    assert_eq!((engine.place_in_line(early), engine.place_in_line(late)), (Some(1), Some(2)));
}

#[test]
fn before_a_plan_people_may_come_to_work_but_no_contact_is_taken() {
    let mut engine = Engine::new();
    let nine = at("09:00:00");
    assert_eq!(engine.handle(nine, arrival("en")), Err(Refusal::NoPlan));
    assert_eq!(engine.handle(nine, Command::Tick), Ok(vec![]));
    assert_eq!(engine.next_deadline(), None);
    for command in [
        set_rep(1, "rep ana speaks en writes en"),
        Command::SetPresence { rep: RepId(1), presence: Presence::Available },
        Command::Connect { rep: RepId(1) },
        Command::Disconnect { rep: RepId(1) },
        Command::Connect { rep: RepId(1) },
        Command::SetPresence { rep: RepId(1), presence: Presence::Offline },
        Command::RemoveRep { rep: RepId(1) },
    ] {
        engine.handle(nine, command.clone()).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        engine.check_invariants().expect("nothing broken");
    }
    let board = engine.board(nine);
    assert!(board.waiting.is_empty() && board.reps.is_empty());
}

#[test]
fn time_never_goes_back() {
    let mut engine = ready();
    engine.handle(at("09:10:00"), arrival("en")).expect("taken");
    let events = engine.handle(at("09:05:00"), arrival("en")).expect("taken");
    let Some(Event::Received { place, .. }) = events.last() else { panic!("received last: {events:?}") };
    assert_eq!(place.since, at("09:10:00"), "an earlier clock counts as the last");
    assert_eq!(place.order, Order(at("09:10:00").0));
}

#[test]
fn what_changes_nothing_says_nothing() {
    let mut engine = ready();
    let nine = at("09:00:00");
    let available = Command::SetPresence { rep: RepId(1), presence: Presence::Available };
    for (first, again) in [
        (set_rep(1, "rep ana speaks en writes en"), set_rep(1, "rep ana writes en speaks en")),
        (available.clone(), available),
        (Command::Connect { rep: RepId(1) }, Command::Connect { rep: RepId(1) }),
        (Command::Disconnect { rep: RepId(1) }, Command::Disconnect { rep: RepId(1) }),
    ] {
        engine.handle(nine, first).expect("done");
        assert_eq!(engine.handle(nine, again), Ok(vec![]), "the second time nothing happens");
    }
}

/// A need is one need however its skills are listed; one line, one number.
#[test]
fn a_need_is_known_by_what_it_asks_for() {
    let mut engine = ready();
    let nine = at("09:00:00");
    let place = |events: Vec<Event>| match events.last() {
        Some(Event::Received { place, .. }) => *place,
        other => panic!("received last, not {other:?}"),
    };
    let first = place(engine.handle(nine, arrival("en, water 2, permits 1")).expect("taken"));
    let same = place(engine.handle(nine, arrival("en, permits 1, water 2, water 1")).expect("taken"));
    let other = place(engine.handle(nine, arrival("en, permits 1, water 3")).expect("taken"));
    assert_eq!(first.need, same.need);
    assert_ne!(first.need, other.need);
}

/// Two engines, one sequence of calls, one answer.
#[test]
fn the_same_calls_have_the_same_answers() {
    let run = || {
        let mut engine = ready();
        let mut log = Vec::new();
        for number in 0..200i64 {
            let now = at("09:00:00") + Span::secs(number * 7);
            log.push(engine.handle(now, Command::Tick));
            let needs = ["en", "en, water 1", "es", "en, permits 2, streets 1"][number as usize % 4];
            log.push(engine.handle(now, arrival(needs)));
            let presence = if number % 3 == 0 { Presence::Available } else { Presence::Away(AwayReason::Break) };
            log.push(engine.handle(now, Command::SetPresence { rep: RepId(1), presence }));
        }
        log
    };
    assert_eq!(run(), run());
}

/// A rebuilt engine goes on as the first would have: same answers to the same calls from then on.
#[test]
fn a_rebuilt_engine_goes_on_as_the_first_would_have() {
    let mut live = ready();
    let mut journal: Vec<(Timestamp, Event)> = Vec::new();
    let mut keep = |now: Timestamp, events: Vec<Event>| journal.extend(events.into_iter().map(|e| (now, e)));
    let mut first = Engine::new();
    let plan = Command::SetPlan(Box::new(default_settings()));
    keep(at("09:00:00"), first.handle(at("09:00:00"), plan).expect("done"));
    keep(at("09:00:00"), first.handle(at("09:00:00"), set_rep(1, "rep ana speaks en writes en")).expect("done"));
    for number in 0..40i64 {
        let now = at("09:00:00") + Span::secs(number * 5);
        let needs = ["en", "en, water 1", "es"][number as usize % 3];
        for command in [Command::Tick, arrival(needs)] {
            live.handle(now, command.clone()).expect("done");
            keep(now, first.handle(now, command).expect("done"));
        }
    }
    let from_journal = Engine::replay(None, journal.into_iter());
    let kept = postcard::to_stdvec(&live.snapshot()).expect("kept");
    let from_snapshot = Engine::replay(Some(postcard::from_bytes(&kept).expect("read")), std::iter::empty());
    let then = at("09:30:00");
    let rest = [
        Command::SetPresence { rep: RepId(1), presence: Presence::Available },
        arrival("en"),
        Command::RemoveRep { rep: RepId(1) },
    ];
    let [mut a, mut b, mut c] = [first, from_journal, from_snapshot];
    for command in rest {
        let wanted = a.handle(then, command.clone());
        assert!(wanted.as_ref().is_ok_and(|events| !events.is_empty()));
        assert_eq!(b.handle(then, command.clone()), wanted, "from the journal");
        assert_eq!(c.handle(then, command), wanted, "from the snapshot");
    }
}
