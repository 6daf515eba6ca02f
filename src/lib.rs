//! steelbridge: one queue for every way a person reaches a city's 311.

pub mod catalogue;
pub mod channels;
pub mod commands;
pub mod console;
pub mod daemon;
pub mod demo;
pub mod document;
pub mod http;
pub mod intake;
pub mod message;
pub mod plan;
pub mod routing;
pub mod settings;
pub mod store;
