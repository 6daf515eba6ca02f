//! Email, the parts of it: mails understood. Not yet a channel: nothing calls them.

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
pub mod receipts;
pub mod scan;
pub mod subject;
pub mod token;
pub mod transfer;
pub mod verdicts;
pub mod words;
