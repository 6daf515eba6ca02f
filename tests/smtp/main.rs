//! Letters as they arrive: written, signed, handed to a real mail server, and to relays that misbehave in every known way.

mod exim;
mod faults;
mod letter;
mod letters;
mod scripted;
mod server;
#[path = "../support/token_office.rs"]
#[allow(dead_code)]
mod token_office;
