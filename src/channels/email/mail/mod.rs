//! Understanding a mail: from raw bytes of a stranger to plain data, and what is to be done with it.
//!
//! ```text
//! scan.rs, guard.rs — limits before any parser; a thread that may fail
//! header.rs, parameter.rs, words.rs, charset.rs, transfer.rs — the parts of a message as they are written (RFC 5322, 2045, 2047)
//! read.rs, body.rs, html.rs — a whole mail, its best text, its HTML made safe
//! quote.rs, phrases.rs, subject.rs — what is new in it, in the languages people write
//! token.rs — our own signed marks; the thread hangs on them
//! automatic.rs, verdicts.rs, bounce.rs — machine or person, forged or not, failed or not
//! ```

pub mod automatic;
pub mod body;
pub mod bounce;
pub mod charset;
pub mod guard;
pub mod header;
pub mod html;
pub mod parameter;
pub mod phrases;
pub mod quote;
pub mod read;
pub mod scan;
pub mod subject;
pub mod token;
pub mod transfer;
pub mod verdicts;
pub mod words;
