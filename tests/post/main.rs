//! Mail in and deliveries out, on a whole daemon with its real store, and a carrier that misbehaves on demand.

mod carrier;
mod claims;
mod crashes;
mod deliveries;
mod faulty;
mod flood;
mod held;
mod learning;
mod lots;
mod mailboxes;
mod mails;
mod town;
