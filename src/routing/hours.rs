//! Opening hours: a week of times in one zone, holidays, and the arithmetic on them. Right across daylight-saving changes.

use super::ids::{Span, Timestamp};
use jiff::civil::{Date, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::collections::BTreeSet;

/// How far ahead the next opening is looked for, in days: longer than any closure.
const AHEAD: usize = 400;
/// Opening times a day at most.
const A_DAY: usize = 8;

/// When someone is there. Two hours are equal when they were written with the same text, zone and holidays.
#[derive(Clone, Debug)]
pub struct Hours {
    text: String,
    zone: TimeZone,
    /// Monday first; minutes of the day `[from, to)`, in order, not overlapping.
    week: [Vec<(u16, u16)>; 7],
    holidays: BTreeSet<Date>,
}

/// Minutes of a day, `[from, to)`.
type Range = (u16, u16);

/// Why a text is not opening hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadHours(String);

fn bad(why: impl Into<String>) -> BadHours {
    BadHours(why.into())
}

/// A zone of the IANA database built into the program, so that every machine agrees. `None` when there is no such zone.
pub fn zone(name: &str) -> Option<TimeZone> {
    thread_local!(static ZONES: TimeZoneDatabase = TimeZoneDatabase::bundled());
    ZONES.with(|zones| zones.get(name).ok())
}

impl Hours {
    /// Read for example `every day 07:00-20:00`, `mon-fri 08:00-17:00; sat 09:00-13:00`, `mon,wed 08:00-12:00 13:00-17:00`
    /// or `always`. Closed on the holidays, except for `always`.
    pub fn parse(text: &str, zone: TimeZone, holidays: BTreeSet<Date>) -> Result<Hours, BadHours> {
        let mut week: [Vec<(u16, u16)>; 7] = Default::default();
        let lower = text.trim().to_lowercase();
        if lower == "always" {
            let week = std::array::from_fn(|_| vec![(0, 24 * 60)]);
            return Ok(Hours { text: text.into(), zone, week, holidays: BTreeSet::new() });
        }
        for clause in lower.split(';') {
            let (days, times) = parse_clause(clause.trim())?;
            for day in days {
                week[day].extend(&times);
            }
        }
        for times in &mut week {
            times.sort_unstable();
            if times.windows(2).any(|pair| pair[1].0 < pair[0].1) {
                return Err(bad("two opening times of one day overlap"));
            }
            if times.len() > A_DAY {
                return Err(bad(format!("more than {A_DAY} opening times on one day")));
            }
        }
        Ok(Hours { text: text.into(), zone, week, holidays })
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Monday first; minutes of the day `[from, to)`, in order, not overlapping. Holidays are not in it.
    pub fn week(&self) -> &[Vec<(u16, u16)>; 7] {
        &self.week
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub fn is_open(&self, at: Timestamp) -> bool {
        self.on(self.date(at)).any(|(from, to)| from <= at && at < to)
    }

    /// `at` itself when open, else the next opening; `None` when there is none within 400 days.
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        let day = self.date(at);
        std::iter::successors(Some(day), |day| day.tomorrow().ok())
            .take(AHEAD)
            .find_map(|day| self.on(day).find(|(_, to)| *to > at).map(|(from, _)| from.max(at)))
    }

    /// How much of the time from `a` to `b` was open (the service-level clock counts open time).
    pub fn open_between(&self, a: Timestamp, b: Timestamp) -> Span {
        if b <= a {
            return Span::ZERO;
        }
        let last = self.date(b);
        let days = std::iter::successors(Some(self.date(a)), |day| day.tomorrow().ok()).take_while(|day| *day <= last);
        let (mut open, mut counted) = (0, a);
        for (from, to) in days.flat_map(|day| self.on(day).collect::<Vec<_>>()) {
            // an hour that comes twice may belong to two ranges that touch
            open += (to.min(b) - from.max(counted)).0.max(0);
            counted = counted.max(to);
        }
        Span(open)
    }

    /// Opening times of one day, as instants, in order.
    fn on(&self, day: Date) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let times: &[(u16, u16)] =
            if self.holidays.contains(&day) { &[] } else { &self.week[day.weekday().to_monday_zero_offset() as usize] };
        times
            .iter()
            .filter_map(move |&(from, to)| Some((self.instant(day, from, false)?, self.instant(day, to, true)?)))
            .filter(move |(from, to)| from < to && self.date(*from) == day) // a day that a zone left out has none
    }

    /// The instant of a minute of a day. A minute that a clock change skips moves later; of a minute that comes
    /// twice, an opening takes the first and a closing the second; a day ends when the next begins.
    fn instant(&self, day: Date, minute: u16, closing: bool) -> Option<Timestamp> {
        let (day, minute, closing) =
            if minute == 24 * 60 { (day.tomorrow().ok()?, 0, false) } else { (day, minute, closing) };
        let time = day.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        let instant = self.zone.to_ambiguous_timestamp(time);
        let instant = if closing { instant.later() } else { instant.compatible() };
        Some(Timestamp(instant.ok()?.as_microsecond()))
    }

    fn date(&self, at: Timestamp) -> Date {
        let instant = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
        self.zone.to_datetime(instant).date()
    }
}

impl PartialEq for Hours {
    fn eq(&self, other: &Hours) -> bool {
        self.week == other.week && self.holidays == other.holidays && self.zone == other.zone
    }
}

/// `mon-fri 08:00-12:00 13:00-17:00` as days and times.
fn parse_clause(clause: &str) -> Result<(Vec<usize>, Vec<Range>), BadHours> {
    let rest = clause.strip_prefix("every day").map(|rest| format!("mon-sun{rest}"));
    let clause = rest.as_deref().unwrap_or(clause);
    let (days, times) = clause.split_once(' ').ok_or_else(|| bad(format!("`{clause}` has no times")))?;
    let times: Result<Vec<_>, _> = times.split_whitespace().map(parse_range).collect();
    Ok((parse_days(days)?, times?))
}

/// `mon-fri`, `sat`, `mon,wed`.
fn parse_days(days: &str) -> Result<Vec<usize>, BadHours> {
    let mut found = Vec::new();
    for part in days.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (parse_day(first)?, parse_day(last)?);
        found.extend((0..7).map(|i| (first + i) % 7).take((last + 7 - first) % 7 + 1));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn parse_day(day: &str) -> Result<usize, BadHours> {
    const NAMES: [(&str, Weekday); 7] = [
        ("mon", Weekday::Monday),
        ("tue", Weekday::Tuesday),
        ("wed", Weekday::Wednesday),
        ("thu", Weekday::Thursday),
        ("fri", Weekday::Friday),
        ("sat", Weekday::Saturday),
        ("sun", Weekday::Sunday),
    ];
    NAMES
        .iter()
        .find(|(name, _)| *name == day.trim())
        .map(|(_, day)| day.to_monday_zero_offset() as usize)
        .ok_or_else(|| bad(format!("`{day}` is not a day: mon, tue, wed, thu, fri, sat, sun or `every day`")))
}

/// `07:00-20:00` as minutes of the day.
fn parse_range(range: &str) -> Result<(u16, u16), BadHours> {
    let (from, to) = range.split_once('-').ok_or_else(|| bad(format!("`{range}` is not a range like 08:00-17:00")))?;
    let (from, to) = (parse_minute(from)?, parse_minute(to)?);
    if from >= to {
        return Err(bad(format!("`{range}` ends before it starts; write hours over midnight as two ranges")));
    }
    Ok((from, to))
}

fn parse_minute(time: &str) -> Result<u16, BadHours> {
    let wrong = || bad(format!("`{time}` is not a time from 00:00 to 24:00"));
    let (hour, minute) = time.split_once(':').ok_or_else(wrong)?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return Err(wrong());
    }
    let (hour, minute): (u16, u16) = (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
    let total = hour * 60 + minute;
    if minute < 60 && total <= 24 * 60 { Ok(total) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portland(text: &str, holidays: &[&str]) -> Hours {
        let holidays = holidays.iter().map(|day| day.parse().unwrap()).collect();
        Hours::parse(text, zone("America/Los_Angeles").unwrap(), holidays).unwrap()
    }

    /// A local time in Portland; of one that comes twice, the first.
    fn at(local: &str) -> Timestamp {
        let time: jiff::civil::DateTime = local.parse().unwrap();
        Timestamp(time.to_zoned(zone("America/Los_Angeles").unwrap()).unwrap().timestamp().as_microsecond())
    }

    #[test]
    fn open_on_the_days_and_times_that_are_written() {
        let hours = portland("mon-fri 08:00-17:00; sat 09:00-13:00", &["2026-11-26"]);
        for (local, open) in [
            ("2026-11-23T07:59:59", false), // Monday
            ("2026-11-23T08:00:00", true),
            ("2026-11-23T16:59:59", true),
            ("2026-11-23T17:00:00", false),
            ("2026-11-26T10:00:00", false), // Thanksgiving
            ("2026-11-28T12:59:00", true),  // Saturday
            ("2026-11-29T12:00:00", false), // Sunday
        ] {
            assert_eq!(hours.is_open(at(local)), open, "{local}");
        }
    }

    #[test]
    fn the_next_opening_skips_nights_weekends_and_holidays() {
        let hours = portland("mon-fri 08:00-17:00", &["2026-11-26", "2026-11-27"]);
        assert_eq!(hours.next_open(at("2026-11-25T12:00:00")), Some(at("2026-11-25T12:00:00")));
        assert_eq!(hours.next_open(at("2026-11-25T03:00:00")), Some(at("2026-11-25T08:00:00")));
        assert_eq!(hours.next_open(at("2026-11-25T17:00:00")), Some(at("2026-11-30T08:00:00")));
    }

    #[test]
    fn a_week_that_never_opens_has_no_next_opening() {
        let all_year: Vec<String> = (0..420)
            .map(|i| "2026-01-01".parse::<Date>().unwrap().saturating_add(jiff::Span::new().days(i)).to_string())
            .collect();
        let hours = portland("every day 08:00-09:00", &all_year.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(hours.next_open(at("2026-01-01T00:00:00")), None);
    }

    #[test]
    fn open_time_counts_only_what_was_open() {
        let hours = portland("every day 07:00-20:00", &[]);
        let span = hours.open_between(at("2026-11-20T19:30:00"), at("2026-11-21T07:10:00"));
        assert_eq!(span, Span::mins(40));
        assert_eq!(hours.open_between(at("2026-11-20T21:00:00"), at("2026-11-20T20:00:00")), Span::ZERO);
        assert_eq!(hours.open_between(at("2026-11-20T00:00:00"), at("2026-11-27T00:00:00")), Span::mins(7 * 13 * 60));
    }

    #[test]
    fn the_day_the_clocks_change_has_23_or_25_hours() {
        let always = portland("every day 00:00-24:00", &[]);
        let day = |from, to| always.open_between(at(from), at(to));
        assert_eq!(day("2026-03-08T00:00:00", "2026-03-09T00:00:00"), Span::mins(23 * 60));
        assert_eq!(day("2026-11-01T00:00:00", "2026-11-02T00:00:00"), Span::mins(25 * 60));
        // the hour that comes twice is open twice, the hour that is skipped is not there
        let night = portland("every day 01:00-02:00", &[]);
        let nights = |from, to| night.open_between(at(from), at(to));
        assert_eq!(nights("2026-11-01T00:00:00", "2026-11-02T00:00:00"), Span::mins(120));
        let skipped = portland("every day 02:00-03:00", &[]);
        assert_eq!(skipped.open_between(at("2026-03-08T00:00:00"), at("2026-03-09T00:00:00")), Span::ZERO);
        assert_eq!(skipped.next_open(at("2026-03-08T00:00:00")), Some(at("2026-03-09T02:00:00")));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, why) in [
            ("every day", "no times"),
            ("mon-fri", "no times"),
            ("mondays 08:00-17:00", "`mondays` is not a day"),
            ("mon 17:00-08:00", "ends before it starts"),
            ("mon 8-17", "not a time"),
            ("mon 08:00-25:00", "not a time"),
            ("mon 08:00-12:00 11:00-13:00", "overlap"),
        ] {
            let error = Hours::parse(text, TimeZone::UTC, BTreeSet::new()).unwrap_err();
            assert!(error.to_string().contains(why), "{text}: {error}");
        }
    }
}
