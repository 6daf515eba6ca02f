//! An honest wait, as a range: how many are ahead, how many hands there are, how long one takes.

use super::ids::{Channel, Span};
use serde::{Deserialize, Serialize};

/// Seconds from now; half wait at most `p50`, nine in ten at most `p90`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    pub p50: u32,
    pub p90: u32,
}

/// How long contacts of one channel take, learned as they end: a moving mean over about the last sixteen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    mean: Span,
    seen: u32,
}

/// Weight of a new observation, once this many have been seen.
const MEMORY: u32 = 16;

impl Handling {
    pub(super) fn learn(&mut self, took: Span) {
        self.seen = (self.seen + 1).min(MEMORY);
        self.mean = Span(self.mean.0 + (took.0 - self.mean.0) / i64::from(self.seen));
    }

    /// The mean so far, or what the channel usually takes before the first has ended.
    pub fn mean(&self, channel: Channel) -> Span {
        if self.seen > 0 {
            return self.mean.max(Span::secs(1));
        }
        match channel {
            Channel::Phone | Channel::Counter => Span::mins(5),
            Channel::Email => Span::mins(6),
            Channel::Form | Channel::Sms => Span::mins(4),
            Channel::Chat => Span::mins(9),
        }
    }
}

/// The wait of someone with `ahead` before them when `slots` contacts are handled at once, each taking `mean` on
/// average and ending at random: the time of `ahead + 1` endings, a Gamma distribution (Wilson–Hilferty quantiles).
/// `None` when nobody is there.
pub fn wait(ahead: u32, slots: u32, mean: Span) -> Option<Forecast> {
    if slots == 0 {
        return None;
    }
    let endings = f64::from(ahead) + 1.0;
    let scale = mean.as_secs_f64() / f64::from(slots);
    let quantile = |z: f64| {
        let root = 1.0 - 1.0 / (9.0 * endings) + z / (3.0 * endings.sqrt());
        (endings * root.powi(3) * scale).max(0.0).ceil() as u32
    };
    Some(Forecast { p50: quantile(0.0), p90: quantile(1.281_55) })
}
