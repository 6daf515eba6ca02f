//! Placeholder that is written next.
