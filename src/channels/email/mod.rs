//! E-mail: letters in, letters out.

pub mod compose;
pub mod dkim;
mod line;
pub mod outcome;
mod plaintext;
pub mod probe;
pub mod relay;
pub mod relay_settings;
pub mod schedule;
pub mod texts;
pub mod wording;
