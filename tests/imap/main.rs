//! Fetching mail: against a real Dovecot, and against a scripted server that does what no real one should.

mod arrivals;
mod crashes;
mod dovecot;

mod memory;



mod trust;
