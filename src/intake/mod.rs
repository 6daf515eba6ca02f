//! To be written.

pub mod photo;
