//! Writing letters: the words in the person's language, and the bytes that are sent however often it must be tried.

pub mod clean;
mod compose;
mod dkim;
pub mod texts;

pub use compose::{Attached, LETTER_MAX, Letter, NoLetter, Passage, Rendered, compose};
pub use dkim::Dkim;
