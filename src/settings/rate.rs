//! How often is too often, as it is written: `5/min`, `30/h`.

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
        let per = match unit.trim() {
            "s" => Span::secs(1),
            "min" => Span::mins(1),
            "h" => Span::mins(60),
            "d" => Span::mins(24 * 60),
            _ => return Err(()),
        };
        if (1..=1_000_000).contains(&count) { Ok(Rate { count, per }) } else { Err(()) }
    }
}
