//! The product in front of people: residents and reps in real browsers talk to each other through the real daemon.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod axe;
mod conversations;
mod forms;
mod rep;
mod resident;
mod screen;
