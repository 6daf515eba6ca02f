//! The web: every route on one page, and what stands around them.

pub mod accept;
pub mod peers;
mod wire;
