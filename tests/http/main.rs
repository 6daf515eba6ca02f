//! The web, over real TCP to the real daemon: what it takes, what it refuses, and what nobody may see.

#[path = "../support/mod.rs"]
#[allow(dead_code)]
mod support;

mod accounts;
mod bodies;
mod doors;
mod files;
mod letters;
mod live;
mod looks;
mod mail;
mod origins;
mod roles;
mod sightings;
mod work;
