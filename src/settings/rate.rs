//! How often is too often, as it is written: `5/min`, `30/h`, `10/10min`.

use crate::routing::ids::Span;
use std::str::FromStr;

/// So many in so long a time; they may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub per: Span,
}

impl FromStr for Rate {
    type Err = ();
    fn from_str(text: &str) -> Result<Rate, ()> {
        let (count, unit) = text.split_once('/').ok_or(())?;
        let count: u32 = count.trim().parse().map_err(|_| ())?;
        let name = unit.trim().trim_start_matches(|c: char| c.is_ascii_digit());
        let times = unit.trim().strip_suffix(name).unwrap_or_default();
        let times: i64 = if times.is_empty() { 1 } else { times.parse().map_err(|_| ())? };
        let one = match name {
            "s" => Span::secs(1),
            "min" => Span::mins(1),
            "h" => Span::mins(60),
            "d" => Span::mins(24 * 60),
            _ => return Err(()),
        };
        if !(1..=1_000).contains(&times) || !(1..=1_000_000).contains(&count) {
            return Err(());
        }
        Ok(Rate { count, per: Span(one.0 * times) })
    }
}
