//! Mail in and deliveries out, on a whole daemon with its real store, and a carrier that misbehaves on demand.

mod carrier;
mod crashes;
mod deliveries;
mod faulty;
mod held;
mod mails;
mod town;
