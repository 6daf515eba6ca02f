//! Invented days on the shipped engine, plan and roster: always the same for a seed, fast, and with the promises kept.

use std::time::Instant;
use steelbridge::catalogue::Catalogue;
use steelbridge::plan::{Plan, roster};
use steelbridge::routing::ids::Span;
use steelbridge::simulate::{Offering, Report, Scenario, run};

const QUIET: &str = include_str!("../config/scenarios/quiet-day.toml");
const STORM: &str = include_str!("../config/scenarios/storm.toml");
const ELECTION: &str = include_str!("../config/scenarios/election.toml");
const ONE_SHORT: &str = include_str!("../config/scenarios/one-rep-short.toml");

fn offerings() -> Vec<Offering> {
    let catalogue = Catalogue::shipped();
    let services = catalogue.services().iter();
    services
        .map(|service| Offering {
            code: service.code.to_string(),
            skill: service.skill,
            urgency: service.urgency,
            phrases: service.keywords.clone(),
        })
        .collect()
}

fn day(text: &str, seed: u64) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let plan = Plan::parse(include_str!("../config/routing.toml")).expect("the shipped plan");
    let people = roster::parse(include_str!("../config/roster.toml")).expect("the shipped roster");
    run(&scenario, &plan, &people, &offerings(), seed).expect("everyone is on the roster")
}

#[test]
fn the_same_seed_is_the_same_day_and_another_is_not() {
    let (one, again, other) = (day(STORM, 1), day(STORM, 1), day(STORM, 2));
    assert_eq!(one, again);
    assert_eq!(one.to_string(), again.to_string());
    assert_ne!(one.groups, other.groups);
}

#[test]
fn nobody_is_lost_on_any_day() {
    for text in [QUIET, STORM, ELECTION, ONE_SHORT] {
        for seed in 1..=2 {
            let report = day(text, seed);
            for (heading, rows) in &report.groups {
                let sum: usize = rows.iter().map(|row| row.contacts).sum();
                assert_eq!(sum, report.contacts, "every contact stands under one {heading}");
                for row in rows {
                    // someone may be accepted and still be open, or give up on hold; nobody is in none of the columns
                    assert!(row.accepted + row.gave_up + row.left >= row.contacts, "{heading} {}: {row:?}", row.name);
                    assert!(row.p50 <= row.p90 && row.p90 <= row.longest, "{row:?}");
                }
            }
            assert!(report.reps.iter().all(|rep| (0.0..=1.5).contains(&rep.busy)), "{report}");
            let handled: u32 = report.reps.iter().map(|rep| rep.handled).sum();
            let ended = report.row("all", "all").map(|row| row.contacts - row.gave_up - row.left).unwrap();
            assert_eq!(handled as usize, ended, "who was served was served by someone\n{report}");
        }
    }
}

#[test]
fn an_emergency_is_seen_within_seconds_even_in_a_storm() {
    for seed in 1..=3 {
        let report = day(STORM, seed);
        let emergencies = report.row("urgency", "emergency").expect("a storm has emergencies");
        assert_eq!(emergencies.gave_up, 0);
        assert!(emergencies.p90 <= Span::secs(10), "{report}");
    }
}

#[test]
fn a_quiet_day_is_answered_as_the_city_wants_it() {
    for seed in 1..=5 {
        let report = day(QUIET, seed);
        let phone = report.row("channel", "phone").unwrap();
        assert!(phone.on_time.unwrap() > 0.75, "{report}");
        assert!(phone.p50 <= Span::secs(10), "{report}");
        let all = report.row("all", "all").unwrap();
        assert!(all.left <= 15 && all.gave_up * 20 < all.contacts, "{report}");
    }
}

#[test]
fn spanish_speakers_wait_longer_without_ana() {
    let waits = |text| {
        let rows = (1..=6).map(|seed| day(text, seed).row("language", "es").unwrap().clone());
        rows.map(|row| row.widened).sum::<usize>()
    };
    assert!(waits(ONE_SHORT) > waits(QUIET), "more of them need an interpreter");
}

#[test]
fn a_day_passes_ten_thousand_times_faster_than_it_lasts() {
    day(QUIET, 1);
    let start = Instant::now();
    let report = day(QUIET, 2);
    let faster = report.length.as_secs_f64() / start.elapsed().as_secs_f64();
    assert!(faster > 10_000.0, "only {faster:.0} times");
}

#[test]
fn what_is_wrong_with_a_scenario_is_said_with_line_and_remedy() {
    for (old, new, what, mend) in [
        ("title = \"A quiet weekday\"", "titel = \"x\"", "`title` is missing", "A quiet weekday"),
        ("date = \"2026-11-24\"", "date = \"today\"", "`today` is not a day", "2026-11-24"),
        ("per_hour = [ 1,", "per_hour = [", "does not have 24 numbers", "each hour"),
        ("phone = 0.62", "fax = 0.62", "`fax` is not known", "phone"),
        ("en = 0.910", "en = -1", "`languages.en` is not a number", "1.5"),
        ("to = \"15:25\"", "to = \"25:15\"", "`25:15` is not a time of day", "07:30"),
        ("missed = 0.01", "missed = 7", "share between 0 and 1", "0.85"),
        ("lunch = \"11:00\"", "luch = \"11:00\"", "`shift.luch` is not a known key", "did you mean `lunch`?"),
    ] {
        assert!(QUIET.contains(old), "{old}");
        let problems = Scenario::parse(&QUIET.replacen(old, new, 1)).expect_err(new);
        let found = problems.iter().find(|problem| problem.what.contains(what));
        let problem = found.unwrap_or_else(|| panic!("{new}: {problems:?}"));
        assert!(problem.mend.contains(mend), "{problem}");
        assert!(problem.to_string().starts_with("scenario.toml:"), "{problem}");
    }
}
