//! The shapes of what was said: messages, the mails they came as, the letters that went out, and who saw them.

use super::show::Earlier;
use crate::message::delivery::{DeliveryState, Kind};
use crate::message::mail::Trust;
use crate::message::{Attachment, Author, Message};
use crate::routing::ids::*;
use serde::Serialize;
use utoipa::ToSchema;

/// One thing said within a contact.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Said {
    pub seq: u32,
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// `{by: "customer" | "rep" | "note" | "automatic", rep?}`.
    #[schema(value_type = Object)]
    pub from: Author,
    pub text: String,
    #[schema(value_type = Vec<Object>)]
    pub attachments: Vec<Attachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The mail it came as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<Envelope>,
    /// How it fares on its way, when it is sent by mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Sending>,
    /// Who of the staff had it before their eyes, beside its author, the earliest first. Nothing is known of the person's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Seen>,
}

/// One of the staff saw a message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Seen {
    #[schema(value_type = u32)]
    pub rep: RepId,
    /// What colleagues call them.
    pub display: String,
    /// For the first time.
    #[schema(value_type = i64)]
    pub at: Timestamp,
}

/// The mail that a message came as.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Envelope {
    pub id: u64,
    /// The sender's address.
    pub from: Option<String>,
    /// It is not the address of the contact's person: somebody else wrote this.
    pub other_sender: bool,
    /// `authentic`, `unknown` or `doubtful`: what the mail server found out about the sender.
    #[schema(value_type = String)]
    pub trust: Trust,
    pub subject: String,
    /// There is quotation or a signature, to be asked for.
    pub folded: bool,
    /// It can be shown as it was sent.
    pub html: bool,
    /// The supervisor who let it in, when it had been held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub released: Option<Seen>,
    /// Who else it was sent to. Nothing we send goes there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also_to: Vec<String>,
    /// So many more that are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub also_left_out: u32,
    /// Why it is here, when that is not plain: a sentence for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Its subject names another contact, and nothing proves that it belongs there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_belong: Option<Earlier>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How a message fares that is sent by mail. None of it says that anybody has read it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Sending {
    /// `waiting`, `sending`, `sent`, `failed` or `unknown`: it may have arrived.
    #[schema(value_type = String)]
    pub state: DeliveryState,
    /// What the other side said last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The address it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// When the relay took it over, or when it was given up.
    #[schema(value_type = Option<i64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// When a mail told that it had come back.
    #[schema(value_type = Option<i64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_at: Option<Timestamp>,
}

/// A mail to the person in the programme's own words, or with the whole conversation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Letter {
    pub id: u64,
    /// `acknowledgement`, `notice` or `transcript`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// Those it is written in, one after the other; none where that is not known for sure.
    #[schema(value_type = Vec<String>)]
    pub languages: Vec<Word>,
    #[schema(value_type = i64)]
    pub made_at: Timestamp,
    #[serde(flatten)]
    pub sending: Sending,
}

impl Said {
    pub fn of(message: &Message) -> Said {
        Said {
            seq: message.seq,
            at: message.at,
            from: message.from,
            text: message.text.clone(),
            attachments: message.attachments.clone(),
            client_id: message.client_id.clone(),
            mail: None,
            delivery: None,
            seen: Vec::new(),
        }
    }
}
