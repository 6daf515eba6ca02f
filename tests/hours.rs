//! Opening hours hold for every week, zone and clock change: what is open adds up, and the next opening is one.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::collections::BTreeSet;
use steelbridge::routing::hours::{Hours, zone};
use steelbridge::routing::ids::{Span, Timestamp};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Clock changes at two in the morning, at midnight, by half an hour, never; and a zone that once left out a whole day.
const ZONES: [&str; 7] = [
    "America/Los_Angeles",
    "UTC",
    "America/Havana",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Pacific/Apia",
];

/// Moments near which clocks change, somewhere in the zones above; else any moment will do.
const NEAR: [&str; 6] = [
    "2026-03-08T10:00:00Z",
    "2026-11-01T09:00:00Z",
    "2026-11-01T05:00:00Z",
    "2026-03-28T22:00:00Z",
    "2026-04-04T15:00:00Z",
    "2011-12-30T10:00:00Z",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn open_time_adds_up_and_is_never_more_than_time(hours in hours(), times in prop::collection::vec(moment(), 3)) {
        let mut times = times;
        times.sort();
        let [a, b, c] = times[..] else { unreachable!() };
        prop_assert_eq!(hours.open_between(a, b).0 + hours.open_between(b, c).0, hours.open_between(a, c).0);
        prop_assert!(hours.open_between(a, c).0 <= (c - a).0, "more open time than time");
        prop_assert_eq!(hours.open_between(c, a), Span::ZERO);
    }

    #[test]
    fn open_time_is_the_minutes_that_are_open(hours in hours(), from in moment()) {
        let to = from + Span(DAY);
        let open = (0..DAY / MINUTE).filter(|minute| hours.is_open(from + Span(minute * MINUTE))).count() as i64;
        prop_assert_eq!(hours.open_between(from, to), Span(open * MINUTE));
    }

    #[test]
    fn the_next_opening_is_the_first_open_moment(hours in hours(), at in moment()) {
        match hours.next_open(at) {
            Some(next) => {
                prop_assert!(next >= at && hours.is_open(next));
                prop_assert_eq!(hours.open_between(at, next), Span::ZERO, "nothing is open before it");
                prop_assert_eq!(hours.is_open(at), next == at);
            }
            None => prop_assert_eq!(hours.open_between(at, at + Span(390 * DAY)), Span::ZERO),
        }
    }

    /// Where a local time comes once and the clocks are not changed that day, the week's table says it all.
    #[test]
    fn an_ordinary_day_is_as_it_is_written(minutes in (0u16..1440, 0u16..1440), at in moment(), name in prop::sample::select(ZONES.to_vec())) {
        let (from, to) = (minutes.0.min(minutes.1), minutes.0.max(minutes.1) + 1);
        let zone = zone(name).unwrap();
        let clock = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
        let hours = Hours::parse(&format!("every day {}-{}", clock(from), clock(to)), zone.clone(), BTreeSet::new()).unwrap();
        let local = zone.to_datetime(jiff::Timestamp::from_microsecond(at.0).unwrap());
        let whole = zone.to_ambiguous_timestamp(local.date().at(0, 0, 0, 0)).compatible().unwrap();
        let next = zone.to_ambiguous_timestamp(local.date().tomorrow().unwrap().at(0, 0, 0, 0)).compatible().unwrap();
        prop_assume!(next.as_microsecond() - whole.as_microsecond() == DAY);
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        prop_assert_eq!(hours.is_open(at), from <= minute && minute < to);
    }

    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_can_be_read_again(text in "(every day|mon|tue-sun|sat,sun|[a-z-]{0,6})( ?[0-9+-]{1,2}:[0-9]{1,2}-[0-9]{1,2}:[0-9]{2}){0,3};?") {
        if let Ok(hours) = Hours::parse(&text, TimeZone::UTC, BTreeSet::new()) {
            let again = Hours::parse(hours.text(), TimeZone::UTC, BTreeSet::new()).unwrap();
            prop_assert_eq!(hours, again);
            prop_assert!(!text.contains('+'), "a sign is no part of a time");
        }
    }
}

/// Seldom found by chance.
#[test]
fn nights_on_which_clocks_change_are_counted_once() {
    let open = |zone_name: &str, text: &str, from: &str, to: &str| {
        let hours = Hours::parse(text, zone(zone_name).expect("a zone"), BTreeSet::new()).expect("well written");
        let at = |text: &str| Timestamp(text.parse::<jiff::Timestamp>().expect("a moment").as_microsecond());
        hours.open_between(at(from), at(to)).as_secs() / 60
    };
    let (havana, portland, apia) = ("America/Havana", "America/Los_Angeles", "Pacific/Apia");
    // In Havana one o'clock at night becomes midnight again: Sunday has 25 hours, Saturday still ends at the first midnight.
    assert_eq!(open(havana, "every day 00:00-24:00", "2026-10-31T04:00:00Z", "2026-11-02T05:00:00Z"), 49 * 60);
    assert_eq!(open(havana, "sat 20:00-24:00", "2026-10-31T04:00:00Z", "2026-11-02T05:00:00Z"), 4 * 60);
    // Ranges that touch inside the hour that comes twice.
    let twice = "every day 00:00-01:30 01:30-03:00";
    assert_eq!(open(portland, twice, "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"), 4 * 60);
    // Apia went from Thursday the 29th to Saturday the 31st of December 2011.
    assert_eq!(open(apia, "fri 00:00-24:00", "2011-12-29T10:00:00Z", "2012-01-01T10:00:00Z"), 0);
    assert_eq!(open(apia, "sat 08:00-09:00", "2011-12-29T10:00:00Z", "2012-01-01T10:00:00Z"), 60);
    assert!(Hours::parse("mon +8:00-17:00", TimeZone::UTC, BTreeSet::new()).is_err(), "a sign is no part of a time");
}

fn moment() -> impl Strategy<Value = Timestamp> {
    let any = 1_262_304_000i64..1_893_456_000; // 2010 to 2030
    let near = (prop::sample::select(NEAR.to_vec()), -2_880i64..2_880).prop_map(|(text, minutes)| {
        let moment: jiff::Timestamp = text.parse().expect("a moment");
        Timestamp(moment.as_microsecond() + minutes * MINUTE)
    });
    prop_oneof![any.prop_map(|s| Timestamp(s / 60 * MINUTE)), near]
}

/// Weeks of up to three ranges a day, some touching, in any of the zones, with a holiday or two.
fn hours() -> impl Strategy<Value = Hours> {
    let ranges = prop::collection::btree_set(0u16..=48, 2..=6);
    let days = prop::sample::select(vec!["every day", "mon-fri", "sat,sun", "fri-mon"]);
    let holidays =
        prop::collection::btree_set(prop::sample::select(vec!["2026-03-08", "2026-11-01", "2026-11-02"]), 0..=2);
    let clock = |half: &u16| format!("{:02}:{:02}", half / 2, half % 2 * 30);
    (days, ranges, any::<bool>(), prop::sample::select(ZONES.to_vec()), holidays).prop_map(
        move |(days, ends, touching, name, holidays)| {
            let ends: Vec<u16> = ends.into_iter().collect();
            let pairs = ends.windows(2).step_by(if touching { 1 } else { 2 });
            let ranges: Vec<String> = pairs.map(|p| format!("{}-{}", clock(&p[0]), clock(&p[1]))).collect();
            let holidays: BTreeSet<Date> = holidays.iter().map(|d| d.parse().expect("a day")).collect();
            let text = format!("{days} {}", ranges.join(" "));
            Hours::parse(&text, zone(name).expect("a zone"), holidays).expect("well written")
        },
    )
}
