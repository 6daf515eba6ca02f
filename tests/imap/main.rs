//! Fetching mail: against a real Dovecot, and against a scripted server that does what no real one should.

mod arrivals;
mod crashes;
mod dovecot;
mod hostile;

mod memory;
mod order;
mod peer;
mod strange;
mod tokens;

mod trust;
