//! Placeholder while the others are tried.
