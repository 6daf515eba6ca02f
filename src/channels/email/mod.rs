//! Email in parts: mails fetched, understood, written and sent. Not yet a channel: nothing calls them.
//!
//! ```text
//! imap/ — fetching: every mail exactly once
//! mail/ — understanding what was fetched
//! letter/ — writing answers
//! smtp/ — handing them to the relay
//! view.rs — a kept mail, shown to staff
//! ```

pub mod imap;
pub mod letter;
pub mod mail;
pub mod smtp;
pub mod view;
