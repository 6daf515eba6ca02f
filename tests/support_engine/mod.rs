//! What story and simulation share: the story language both ways, and a world that runs the engine under watch.

#![allow(dead_code)] // each test binary uses its part

pub mod chance;
pub mod claim;
#[path = "../oracle/mod.rs"]
pub mod oracle;
pub mod order;
pub mod plan;
pub mod questions;
pub mod read;
pub mod spell;
pub mod tale;
pub mod world;
