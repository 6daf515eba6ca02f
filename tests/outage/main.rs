//! Outages: the real daemon is killed, starved of disk, lied to by its disk, asked to stop and abused. It may refuse;
//! it may not break a promise: what was acknowledged is there afterwards, once, with one owner.

#[allow(dead_code)] // every test binary uses a part of it
#[path = "../support/mod.rs"]
mod support;

mod abuse;
mod chat;
mod crashes;
mod ledger;
mod looks;
mod people;
mod space;
mod strace;
mod syncs;
mod town;
