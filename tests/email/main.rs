//! Mail there and back: the real daemon between a real Dovecot and a real Exim, with residents who write and read.

#[path = "../imap/dovecot.rs"]
#[allow(dead_code)]
mod dovecot;
#[path = "../smtp/scripted.rs"]
#[allow(dead_code)]
mod scripted;
#[path = "../support/mod.rs"]
#[allow(dead_code)]
mod support;
#[path = "../support/token_office.rs"]
#[allow(dead_code)]
mod token_office;

mod authority;
mod backlog;
mod conversation;
mod deadly;
mod kept;
mod lines;
mod mailboxes;
mod post_office;
mod relays;
mod robots;
mod servers;
mod sightings;
#[cfg(feature = "dkim")]
mod signed;
mod threads;
mod tokens;
mod trust;
mod world;
