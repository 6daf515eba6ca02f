//! Times and waits in words: on the city's clock, in the reader's language, and no more exact than they are true.

use crate::routing::ids::Timestamp;
use crate::texts::Text;
use jiff::Zoned;
use jiff::tz::TimeZone;

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// A moment as the city's clock shows it.
pub fn local(at: Timestamp, zone: &TimeZone) -> Zoned {
    jiff::Timestamp::from_microsecond(at.0).unwrap_or_default().to_zoned(zone.clone())
}

/// For `<time datetime>`: RFC 3339 in UTC.
pub fn exact(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0).unwrap_or_default().to_string()
}

/// For example `7:05 AM` or `07:05`.
pub fn time(t: &Text, at: &Zoned) -> String {
    clock(t, at.hour() as u16 * 60 + at.minute() as u16)
}

/// The same for a minute of the day, 0 to 1440.
pub fn clock(t: &Text, minute: u16) -> String {
    let (hour, minute) = (minute / 60, minute % 60);
    match t.text("time-style").as_str() {
        "12" => {
            let half = if hour % 24 < 12 { "AM" } else { "PM" };
            format!("{}:{minute:02} {half}", (hour + 11) % 12 + 1)
        }
        _ => format!("{hour:02}:{minute:02}"),
    }
}

/// For example `11/23/2026, 7:05 AM`.
pub fn date_and_time(t: &Text, at: &Zoned) -> String {
    let (year, month, day) = (at.year().to_string(), at.month().to_string(), at.day().to_string());
    let values = [("year", year.into()), ("month", month.into()), ("day", day.into())];
    let said = format!("{}, {}", t.say("date", &values), time(t, at));
    if t.dir == "ltr" {
        return said;
    }
    // Digits and strokes read from left to right as one, not piece by piece (Unicode TR 9 §2.7).
    let plain: String = said.chars().filter(|c| !matches!(c, '\u{2066}'..='\u{2069}')).collect();
    format!("\u{2066}{plain}\u{2069}")
}

/// For example `Monday at 7:00 AM`; for the days ahead.
pub fn day_and_time(t: &Text, at: &Zoned) -> String {
    let day = t.text(&format!("weekday-{}", at.weekday().to_monday_one_offset()));
    t.say("day-and-time", &[("day", day.into()), ("time", time(t, at).into())])
}

/// A wait as a range, for example `10 to 25 minutes`: from what half wait at most to what nine in ten wait at most, in
/// seconds. Rounded outwards, so that it promises no more than the forecast does.
pub fn wait(t: &Text, (half, most): (u32, u32)) -> String {
    let (unit, key) = match most {
        0..=MINUTE => return t.text("wait-under-minute"),
        most if most < 2 * HOUR => (MINUTE, "wait-minutes"),
        most if most < 2 * DAY => (HOUR, "wait-hours"),
        _ => (DAY, "wait-days"),
    };
    let to = round(most.div_ceil(unit), true);
    let from = round(half / unit, false).clamp(1, to);
    if from == to {
        return t.say(&format!("{key}-about"), &[("to", to.into())]);
    }
    t.say(key, &[("from", from.into()), ("to", to.into())])
}

/// To a number people would say: single steps to ten, fives to thirty, then tens.
fn round(count: u32, up: bool) -> u32 {
    let step = match count {
        0..=10 => 1,
        11..=30 => 5,
        _ => 10,
    };
    if up { count.div_ceil(step) * step } else { count / step * step }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Texts;

    #[test]
    fn a_wait_is_a_range_in_words_a_person_would_use() {
        let texts = Texts::load().unwrap();
        let said = |language, half, most| wait(texts.get(language), (half, most));
        assert_eq!(said("en", 10, 45), "less than a minute");
        assert_eq!(said("en", 30, 90), "1 to 2 minutes");
        assert_eq!(said("en", 9 * 60, 23 * 60), "9 to 25 minutes");
        assert_eq!(said("en", 1000, 1170), "15 to 20 minutes");
        assert_eq!(said("en", 40 * 60, 40 * 60), "about 40 minutes");
        assert_eq!(said("en", 70 * 60, 5 * 3600 - 1), "1 to 5 hours");
        assert_eq!(said("en", 10 * 3600, 86400 * 4), "1 to 4 days");
        assert_eq!(said("es", 60, 300), "de 1 a 5 minutos");
        assert_eq!(said("ru", 60, 300), "от 1 до 5 мин");
        assert!(said("ar", 60, 300).contains("دقائق"), "three to ten take their own plural");
        assert!(said("ar", 60, 1200).contains("دقيقة"));
    }

    #[test]
    fn times_are_the_citys() {
        let texts = Texts::load().unwrap();
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let at = local(Timestamp(1_795_446_300_000_000), &zone); // 2026-11-23 15:05 UTC, a Monday
        assert_eq!(date_and_time(texts.get("en"), &at), "11/23/2026, 7:05 AM");
        assert_eq!(date_and_time(texts.get("uk"), &at), "23.11.2026, 07:05");
        assert_eq!(date_and_time(texts.get("ar"), &at), "\u{2066}23/11/2026, 07:05\u{2069}");
        assert_eq!(day_and_time(texts.get("en"), &at), "Monday at 7:05 AM");
        assert_eq!(day_and_time(texts.get("vi"), &at), "thứ Hai, 07:05");
        assert_eq!(exact(Timestamp(1_795_446_300_000_000)), "2026-11-23T15:05:00Z");
        assert_eq!(exact(Timestamp(i64::MAX)), exact(Timestamp(0)), "nonsense is no panic");
    }
}
