//! The core: who waits, who is free, who has what. Give it the time and a command, it returns events.

pub mod board;
pub mod command;
pub mod contact;
pub mod engine;
pub mod event;
pub mod explain;
pub mod forecast;
pub mod hours;
pub mod ids;
pub mod queue;
pub mod rep;
pub mod skill;
