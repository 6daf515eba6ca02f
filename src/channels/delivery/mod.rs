//! What goes out and must arrive: what an attempt came to, and when to try again. For every channel.

mod carrier;
mod outcome;
mod schedule;

pub use crate::message::delivery::Kind;
pub use carrier::{Carrier, Dispatch};
pub use outcome::{Outcome, Reply, TEXT_MAX};
pub use schedule::{Breaker, Next, Tried, next};
