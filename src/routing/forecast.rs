//! An honest wait, as a range.

use serde::{Deserialize, Serialize};

/// Seconds from now; half wait at most `p50`, nine in ten at most `p90`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    pub p50: u32,
    pub p90: u32,
}
