//! The service catalogue, under the name the plan knows it by; the list itself is a leaf that channels read too.

pub use crate::catalogue::*;
