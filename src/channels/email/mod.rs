//! E-mail: mail that comes in and mail that goes out.

pub mod imap;
