//! Opening hours in words: the days of a week with the same times said together, in the reader's language.

use super::when;
use crate::texts::Text;

/// Monday first; minutes of the day `[from, to)`, in order.
pub type Week = [Vec<(u16, u16)>; 7];

const DAY: u16 = 24 * 60;

/// For example `Monday–Friday 7:00 AM–8:00 PM, Saturday 9:00 AM–12:00 PM`. `None` for a week that never opens.
pub fn hours(t: &Text, week: &Week) -> Option<String> {
    if week.iter().all(|day| is_whole(day)) {
        return Some(t.text("hours-always"));
    }
    if week[1..].iter().all(|day| *day == week[0]) {
        return Some(t.say("hours-every-day", &[("times", times(t, &week[0])?.into())]));
    }
    let runs = runs(week).into_iter().filter_map(|(first, last)| {
        let times = times(t, &week[first])?;
        let name = |day: usize| t.text(&format!("weekday-{}", day + 1));
        Some(match last - first {
            0 => t.say("hours-day", &[("day", name(first).into()), ("times", times.into())]),
            _ => {
                let values = [("first", name(first).into()), ("last", name(last).into()), ("times", times.into())];
                t.say("hours-days", &values)
            }
        })
    });
    join(t, "hours-list", runs)
}

/// The first and the last day of each stretch of days with the same times.
fn runs(week: &Week) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for day in 0..week.len() {
        match runs.last_mut() {
            Some((first, last)) if week[*first] == week[day] => *last = day,
            _ => runs.push((day, day)),
        }
    }
    runs
}

/// `None`: closed.
fn times(t: &Text, day: &[(u16, u16)]) -> Option<String> {
    if is_whole(day) {
        return Some(t.text("hours-all-day"));
    }
    let spans = day.iter().map(|(from, to)| format!("{}–{}", when::clock(t, *from), when::clock(t, *to)));
    join(t, "hours-times", spans)
}

fn is_whole(day: &[(u16, u16)]) -> bool {
    day == [(0, DAY)]
}

fn join(t: &Text, key: &str, parts: impl Iterator<Item = String>) -> Option<String> {
    parts.reduce(|one, other| t.say(key, &[("one", one.into()), ("other", other.into())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Texts;

    const NINE: u16 = 9 * 60;
    const NOON: u16 = 12 * 60;
    const FIVE: u16 = 17 * 60;

    /// The same times from Monday to Friday, then Saturday's and Sunday's.
    fn week(workday: &[(u16, u16)], saturday: &[(u16, u16)], sunday: &[(u16, u16)]) -> Week {
        std::array::from_fn(|day| match day {
            0..5 => workday.into(),
            5 => saturday.into(),
            _ => sunday.into(),
        })
    }

    #[test]
    fn days_with_the_same_times_are_said_together() {
        let texts = Texts::load().unwrap();
        let said = |language, week| hours(texts.get(language), &week);
        let usual = || week(&[(NINE, FIVE)], &[(NINE, NOON)], &[]);
        let of = |text: &str| Some(text.to_owned());
        assert_eq!(said("en", usual()), of("Monday–Friday 9:00 AM–5:00 PM, Saturday 9:00 AM–12:00 PM"));
        assert_eq!(said("es", usual()), of("lunes a viernes 9:00 AM–5:00 PM, sábado 9:00 AM–12:00 PM"));
        assert_eq!(said("ru", usual()), of("понедельник – пятница 09:00–17:00, суббота 09:00–12:00"));
        assert_eq!(said("zh-Hans", usual()), of("星期一至星期五 09:00–17:00，星期六 09:00–12:00"));
        let same = || week(&[(NINE, NOON), (780, FIVE)], &[(NINE, NOON), (780, FIVE)], &[(NINE, NOON), (780, FIVE)]);
        assert_eq!(said("en", same()), of("every day 9:00 AM–12:00 PM and 1:00 PM–5:00 PM"));
        let mut mixed = week(&[(0, DAY)], &[], &[(FIVE, DAY)]);
        mixed[2].clear();
        assert_eq!(
            said("uk", mixed.clone()),
            of("понеділок – вівторок цілодобово, четвер – п’ятниця цілодобово, неділя 17:00–24:00")
        );
        mixed[6][0].0 = 0;
        assert!(said("en", mixed).unwrap().ends_with("Sunday all day"));
        assert_eq!(said("en", week(&[(0, DAY)], &[(0, DAY)], &[(0, DAY)])), of("24 hours a day, every day"));
        assert_eq!(said("en", week(&[], &[], &[])), None);
    }

    #[test]
    fn every_language_has_its_words_for_it() {
        let texts = Texts::load().unwrap();
        let weeks = [
            week(&[(NINE, NOON), (780, FIVE)], &[(NINE, NOON)], &[]),
            week(&[(NINE, FIVE)], &[(NINE, FIVE)], &[(NINE, FIVE)]),
            week(&[(0, DAY)], &[(0, DAY)], &[(0, DAY)]),
        ];
        for t in texts.all() {
            let said = weeks.clone().map(|week| hours(t, &week).unwrap());
            assert!(said[0].contains(&t.text("weekday-1")) && said[0].contains(&t.text("weekday-6")), "{said:?}");
            let nine = when::clock(t, NINE);
            assert!(
                said[..2].iter().all(|said| said.contains(&nine)) && !said[1].contains(&t.text("weekday-7")),
                "{said:?}"
            );
            assert!(said[2].contains("24") || !said[2].contains(':'), "{said:?}");
            assert!(said.iter().all(|said| !said.contains("hours-") && !said.contains('$')), "{}: {said:?}", t.code);
        }
    }
}
