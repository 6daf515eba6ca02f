//! steelbridge: one queue for every way a person reaches a city's 311.

pub mod catalogue;
pub mod channels;
pub mod console;
pub mod daemon;
pub mod http;
pub mod message;
pub mod routing;
pub mod store;
