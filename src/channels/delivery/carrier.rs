//! What carries a delivery out, and what it is told: rendered once, sent as often as it takes.

use super::{Kind, Outcome};
use crate::channels::Opening;
use crate::console::hours::Week;
use crate::message::{Attachment, ContactRecord, Message};
use crate::routing::ids::{ContactId, RepId, Timestamp, Word};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

/// One way out: a mail relay, later a text message provider. Owned by one worker of the outbox.
pub trait Carrier: Send + 'static {
    /// The bytes to send. Asked once in a delivery's life and kept; every attempt sends the same.
    /// The error is for the person who looks after the contact.
    fn render(&self, dispatch: &Dispatch) -> Result<Vec<u8>, String>;
    /// One attempt. Dropped half-way it leaves nothing behind that a later one could trip over.
    fn send<'a>(&'a mut self, rendered: &'a [u8], now: Timestamp)
    -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
    /// Deliveries a second, on average.
    fn per_second(&self) -> f64;
    /// The id that the contact's `n`-th delivery bore, for the thread of a later one. `None` where letters have no ids.
    fn id_of(&self, _contact: ContactId, _n: u32) -> Option<String> {
        None
    }
}

/// All that a rendering may need. Personal data: never logged.
pub struct Dispatch {
    pub contact: ContactRecord,
    pub kind: Kind,
    /// The how-manieth delivery of this contact, from 1. With the contact's number it makes the ids that are sent along.
    pub n: u32,
    pub to: String,
    /// None for what nobody wrote by hand: whoever typed the address typed the name.
    pub to_name: Option<String>,
    /// What it is written in, and whether that is sure; when not, the house language follows.
    pub language: Word,
    pub language_sure: bool,
    /// The message it carries; for a transcript the whole conversation, notes left out; else nothing. A notice that carries
    /// a message says that message, for example whom to call in danger.
    pub said: Vec<Message>,
    /// Display names of the representatives who speak in `said`.
    pub names: BTreeMap<RepId, String>,
    /// The files of the message it carries, whole; a transcript has none.
    pub files: Vec<(Attachment, Bytes)>,
    /// The customer's own subject, when the contact came by mail.
    pub subject: Option<String>,
    /// Ids of the mails of this contact so far, theirs and ours, oldest first.
    pub thread: Vec<String>,
    pub made_at: Timestamp,
    pub opening: Opening,
    /// The usual opening hours.
    pub week: Week,
}
