//! The product in front of people: residents and reps in real browsers talk to each other through the real daemon.

#[allow(dead_code)] // every test binary uses a part of it
#[path = "../support/mod.rs"]
mod support;

mod access;
mod axe;
mod belonging;
mod conversations;
mod forms;
mod hands;
mod looks;
mod mail;
mod offers;
mod rep;
mod resident;
mod screen;
mod side_by_side;
