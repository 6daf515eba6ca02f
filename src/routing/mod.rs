//! The core: who waits, who is free, who has what. Give it the time and a command, it returns events.
//!
//! It promises three absences: no input or output, no clock, no randomness or hash order. It depends on `std`, serde,
//! thiserror's derive and jiff's calendar arithmetic only. Same calls, same answers.
//!
//! Invariants, checked by [`engine::Engine::check_invariants`] after every command in tests and simulation:
//!
//! 1. A waiting contact is in exactly one line.
//! 2. At most one owner, and at most one open offer; emergencies: many offers, one owner.
//! 3. A rep's load is the weight of what they are offered, handle or wrap up, and no offer takes it above capacity.
//! 4. No match is left undone.
//! 5. Every timed thing has a deadline, and every deadline a live thing.
//! 6. Within one need, earlier order is offered first.
//! 7. Time never goes back.
//! 8. An offer goes only to a rep who serves the need at that moment.
//! 9. replay(journal) = state.
//! 10. opened = open + closed.
//! 11. A contact returned keeps its order.

pub mod board;
pub mod command;
mod consequences;
pub mod contact;
mod deadlines;
pub mod engine;
pub mod event;
pub mod explain;
pub mod forecast;
pub mod hours;
pub mod ids;
mod invariants;
mod lines;
mod matching;
mod profiles;
pub mod queue;
pub mod rep;
pub mod skill;
pub mod state;
mod work;
