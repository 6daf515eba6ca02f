//! Invented days on the shipped engine, plan and roster: always the same for a seed, fast, and with the promises kept.

use std::time::Instant;
use steelbridge::catalogue::Catalogue;
use steelbridge::plan::{Plan, roster};
use steelbridge::routing::ids::{Span, Word};
use steelbridge::routing::skill::{Ability, SkillLevel};
use steelbridge::simulate::report::Row;
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
    day_with(text, seed, |_| {})
}

/// A day on which the shipped reps are a little different.
fn day_with(text: &str, seed: u64, train: impl Fn(&mut Ability)) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let plan = Plan::parse(include_str!("../config/routing.toml")).expect("the shipped plan");
    let mut people = roster::parse(include_str!("../config/roster.toml")).expect("the shipped roster");
    people.iter_mut().for_each(|person| train(&mut person.profile.ability));
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
                    let known: Vec<Span> = [row.p50, row.p90].into_iter().flatten().chain([row.longest]).collect();
                    assert!(known.is_sorted() && (row.p50.is_some() || row.p90.is_none()), "{row:?}");
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
        assert!(emergencies.p90.unwrap() <= Span::secs(10), "{report}");
    }
}

/// Waits of everyone who came, not only of those who held out: the urgent are reached sooner, and more of them.
#[test]
fn in_a_storm_the_urgent_come_first() {
    for seed in 1..=5 {
        let report = day(STORM, seed);
        let [urgent, normal] = ["urgent", "normal"].map(|name| report.row("urgency", name).unwrap());
        let reached = |row: &Row| row.accepted as f64 / row.contacts as f64;
        assert!(reached(urgent) > 1.5 * reached(normal), "{report}");
        assert!(urgent.p50.is_some_and(|p50| normal.p50.is_none_or(|normal| p50 < normal)), "{report}");
    }
}

#[test]
fn a_quiet_day_is_answered_as_the_city_wants_it() {
    let reports: Vec<Report> = (1..=5).map(|seed| day(QUIET, seed)).collect();
    for report in &reports {
        let [phone, general, urgent] = [("channel", "phone"), ("queue", "general"), ("urgency", "urgent")]
            .map(|(heading, name)| report.row(heading, name).unwrap());
        assert!(phone.p50.unwrap() <= Span::secs(5) && phone.on_time.unwrap() > 0.7, "{report}");
        assert!(general.on_time.unwrap() > 0.8, "{report}");
        assert!(urgent.p90.unwrap() <= Span::secs(150) && urgent.longest <= Span::mins(5), "{report}");
        let all = report.row("all", "all").unwrap();
        assert!(all.left <= 15 && all.gave_up * 20 < all.contacts, "{report}");
    }
    assert!(mean(&reports, "channel", "phone") > 0.78);
}

/// Three reps know dispatch, and in the evening one of them is there: who finds them busy waits for the plan to widen, which
/// is past the target of 20 s. Where everyone knows it, no more are late than find every rep busy.
#[test]
fn the_urgent_are_late_only_for_want_of_dispatchers() {
    let dispatch = SkillLevel { skill: Word::new("dispatch").unwrap(), level: 3 };
    let all_know = |ability: &mut Ability| ability.skills.push(dispatch);
    let [few, all]: [Vec<Report>; 2] =
        [(1..=5).map(|seed| day(QUIET, seed)).collect(), (1..=5).map(|seed| day_with(QUIET, seed, all_know)).collect()];
    let [few, all] = [few, all].map(|reports| mean(&reports, "urgency", "urgent"));
    assert!(few > 0.7 && few < 0.8 && all > 0.85, "{few} and {all}");
}

fn mean(reports: &[Report], heading: &str, name: &str) -> f64 {
    let shares = reports.iter().map(|report| report.row(heading, name).unwrap().on_time.unwrap());
    shares.sum::<f64>() / reports.len() as f64
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
