//! The frames of the live stream, as JSON: `{"type": …, "seq": …}`.

use super::show::{Board, Contact, Glance, Letter, Me, Offer, Said, Seen, Sending};
use crate::routing::event::Rung;
use crate::routing::ids::{ContactId, OfferId, Seq, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the daemon tells a staff screen. `seq` is the journal's position, to resume from.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    Snapshot {
        seq: Seq,
        at: Timestamp,
        me: Me,
        offers: Vec<Offer>,
        contacts: Vec<Contact>,
        #[serde(skip_serializing_if = "Option::is_none")]
        board: Option<Arc<Board>>,
    },
    Offer {
        seq: Seq,
        offer: Offer,
    },
    OfferGone {
        seq: Seq,
        offer_id: OfferId,
        contact_id: ContactId,
        why: &'static str,
    },
    /// Something about a contact of mine changed. With messages only when it is new here.
    Contact {
        seq: Seq,
        contact: Box<Contact>,
    },
    ContactGone {
        seq: Seq,
        contact_id: ContactId,
        why: &'static str,
    },
    Message {
        seq: Seq,
        contact_id: ContactId,
        message: Said,
    },
    /// The customer has read up to the message of this number.
    Read {
        seq: Seq,
        contact_id: ContactId,
        read: u32,
    },
    /// One of the staff saw the messages from `first` to `last` for the first time.
    Seen {
        seq: Seq,
        contact_id: ContactId,
        first: u32,
        last: u32,
        #[serde(flatten)]
        seen: Seen,
    },
    /// A message of this number goes by mail, and fares differently now.
    Delivery {
        seq: Seq,
        contact_id: ContactId,
        message: u32,
        #[serde(flatten)]
        sending: Sending,
    },
    /// A letter that carries no message is new, or fares differently now.
    Letter {
        seq: Seq,
        contact_id: ContactId,
        letter: Letter,
    },
    /// The customer is typing. Not kept, may be lost.
    Typing {
        contact_id: ContactId,
        on: bool,
    },
    Presence {
        seq: Seq,
        me: Me,
    },
    /// Nobody has taken an emergency yet; it climbs.
    Emergency {
        seq: Seq,
        contact: Glance,
        rung: Rung,
    },
    Board {
        seq: Seq,
        board: Arc<Board>,
    },
    Bye {
        retry_ms: u32,
    },
}

impl Frame {
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("plain data always serialises")
    }
}

/// What a screen may say.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FromScreen {
    Hello(Hello),
    Hb(serde::de::IgnoredAny),
}

/// The first frame: from where on to tell.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    pub after: Option<Seq>,
}
