//! Web chat over real sockets: what a person at the other end of a bad line may count on.

mod city;
mod conversations;
mod daemon;
mod doors;
mod frames;
mod page;
mod pages;
mod storms;
#[path = "../support/mod.rs"]
#[allow(dead_code)]
mod support;
