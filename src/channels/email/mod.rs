//! Email: mails fetched, understood and handed in; letters written and sent.
//!
//! ```text
//! imap/ — fetching: every mail exactly once
//! mail/ — understanding what was fetched
//! sorting.rs — what a mail asks for
//! arrive.rs, underway.rs, places.rs — the daemon's side of the mailboxes; mails that share a commit; how far each is done
//! letter/ — writing answers
//! smtp/ — handing them to the relay
//! letters.rs — the outbox's way to the relay
//! secret.rs — passwords, known by where they are
//! view.rs — a kept mail, shown to staff
//! ```

pub mod arrive;
pub mod imap;
pub mod letter;
pub mod letters;
pub mod mail;
mod places;
pub mod secret;
pub mod smtp;
pub mod sorting;
mod underway;
pub mod view;
