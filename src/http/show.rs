//! What staff screens are shown, as JSON: one place for requests and the live stream.

pub use super::said::{Envelope, Letter, Said, Seen, Sending};

use super::sentences;
use super::session::SignedIn;
use crate::channels::Adapter;
use crate::daemon::feed::Stand;
use crate::message::{ContactRecord, LanguageChoice, Party};
use crate::routing::board::{RepCard, WaitingCell, WaitingContact};
use crate::routing::event::{Chosen, Handed, Reason, Reservation};
use crate::routing::explain::RepAnswer;
use crate::routing::forecast::Forecast;
use crate::routing::ids::*;
use crate::routing::skill::Need;
use crate::store::{Account, Role};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

/// Who is signed in, and how they stand.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Me {
    #[schema(value_type = u32)]
    pub id: RepId,
    #[schema(value_type = String)]
    pub name: Word,
    pub display: String,
    /// `rep`, `supervisor`, `admin` or `auditor`.
    #[schema(value_type = String)]
    pub role: Role,
    /// `{presence, reason?}`.
    #[schema(value_type = Object)]
    pub presence: Presence,
    pub load: u16,
    pub capacity: u16,
}

/// An account, as admins see it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Login {
    #[schema(value_type = u32)]
    pub id: RepId,
    #[schema(value_type = String)]
    pub name: Word,
    pub display: String,
    /// `rep`, `supervisor`, `admin` or `auditor`.
    #[schema(value_type = String)]
    pub role: Role,
    /// Without one nobody can sign in as them.
    pub has_password: bool,
    pub disabled: bool,
}

/// One contact held for this rep.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Offer {
    #[schema(value_type = u64)]
    pub id: OfferId,
    pub contact: Glance,
    pub reason: Why,
    /// Microseconds since 1970; null for an emergency, which stands until someone takes it.
    #[schema(value_type = Option<i64>)]
    pub expires_at: Option<Timestamp>,
}

/// A contact in short.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Glance {
    #[schema(value_type = u64)]
    pub id: ContactId,
    pub reference: String,
    #[schema(value_type = String)]
    pub channel: Channel,
    /// `{code, source, confidence}`: who says so, and how sure it is, in percent.
    #[schema(value_type = Object)]
    pub language: LanguageChoice,
    #[schema(value_type = String)]
    pub urgency: Urgency,
    pub subject: String,
    pub service: Option<String>,
    pub service_name: Option<String>,
}

/// Why a contact was offered to this rep.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Why {
    pub sentence: String,
    /// Name of the plan's rule that decided; absent for "otherwise".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    pub waited_secs: i64,
    pub could_serve: u16,
    #[schema(value_type = String)]
    pub chosen: Chosen,
}

/// A contact with all that staff may know of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Contact {
    #[serde(flatten)]
    pub glance: Glance,
    /// Null once closed.
    #[schema(value_type = Option<String>)]
    pub queue: Option<Word>,
    /// `waiting`, `offered`, `active`, `parked`, `wrap_up` or `closed`.
    pub stage: &'static str,
    #[schema(value_type = Option<u32>)]
    pub rep: Option<RepId>,
    /// When this stage, or this wait, began.
    #[schema(value_type = i64)]
    pub since: Timestamp,
    /// When the offer, the wrap-up or the reminder ends.
    #[schema(value_type = Option<i64>)]
    pub until: Option<Timestamp>,
    /// `{name, email, phone}`.
    #[schema(value_type = Object)]
    pub party: Party,
    /// Answers to the form's own questions, by name.
    pub fields: BTreeMap<String, String>,
    /// Looks automatic or forged.
    pub doubtful: bool,
    #[schema(value_type = i64)]
    pub opened_at: Timestamp,
    pub customer_away: bool,
    /// An emergency that nobody has said they have seen.
    pub alarm: bool,
    /// The closed contact that this one goes on from. Who may read it is asked when they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<Earlier>,
    /// The address that a reply is mailed to; absent when it is read on a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailed_to: Option<String>,
    /// How far the customer has read.
    pub customer_read: u32,
    #[schema(value_type = Option<String>)]
    pub disposition: Option<Disposition>,
    pub reason: Option<Why>,
    /// Absent in frames that tell of a change only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<Said>>,
    /// Mails to the person that carry no message of the conversation, as they were made; beside messages only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub letters: Vec<Letter>,
    /// Earlier messages were left out: ask for the contact by itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_earlier: bool,
}

/// A contact that another one goes on from, or may belong to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Earlier {
    #[schema(value_type = u64)]
    pub id: ContactId,
    pub reference: String,
}

/// A colleague, to hand a contact over to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Colleague {
    #[schema(value_type = u32)]
    pub rep: RepId,
    #[schema(value_type = String)]
    pub name: Word,
    pub display: String,
    #[schema(value_type = Object)]
    pub presence: Presence,
    /// A live screen is there.
    pub connected: bool,
    /// What they hold, in weights, of how much.
    pub load: u16,
    pub capacity: u16,
    /// What they speak or write, as tags.
    #[schema(value_type = Vec<String>)]
    pub languages: BTreeSet<Word>,
}

/// A service of the catalogue, as reps need it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Service {
    pub code: String,
    pub topic: String,
    /// By language.
    pub names: BTreeMap<String, String>,
    /// For the rep only.
    pub script: String,
}

/// Something with a rep in it, and the name that colleagues know them by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Named<T> {
    #[serde(flatten)]
    pub it: T,
    pub display: String,
}

/// All that waits and all who work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Board {
    pub at: Timestamp,
    pub waiting: Vec<WaitingCell>,
    pub reps: Vec<Named<RepCard>>,
    pub unacknowledged: Vec<ContactId>,
    pub next: Vec<WaitingContact>,
    pub opened: u64,
    pub closed: u64,
    /// Mail that somebody must decide on, and deliveries that did not arrive.
    pub held: Tally,
    pub troubled: Tally,
    /// Mailboxes and relays, the worst first.
    pub adapters: Vec<Adapter>,
}

/// How many there are, and whether they are the same as before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub count: u64,
    /// Another number: other things on the list.
    pub mark: u64,
}

impl Tally {
    pub fn of(ids: impl Iterator<Item = u64>) -> Tally {
        ids.fold(Tally::default(), |tally, id| Tally {
            count: tally.count + 1,
            mark: tally.mark.wrapping_mul(31).wrapping_add(id),
        })
    }
}

/// Why a contact stands where it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    pub contact: ContactId,
    pub stage: Word,
    pub queue: Word,
    pub urgency: Urgency,
    pub need: Need,
    pub wanted: Need,
    pub widened_steps: u8,
    pub next_widening: Option<Timestamp>,
    pub since: Timestamp,
    pub head_start: Span,
    pub ahead: Option<u32>,
    pub forecast: Option<Forecast>,
    pub reserved: Option<Reservation>,
    pub handed: Option<Handed>,
    /// How long it would wait for a rep whom it is handed to, in microseconds.
    pub kept_for_named: Span,
    pub reps: Vec<Named<RepAnswer>>,
    /// Who is asked to take it now.
    pub asked: Vec<RepId>,
    pub owner: Option<RepId>,
    /// All of it in plain English.
    pub sentences: Vec<String>,
}

impl Login {
    pub fn of(account: &Account) -> Login {
        let Account { id, name, ref display, role, ref password, disabled } = *account;
        Login { id, name, display: display.clone(), role, has_password: password.is_some(), disabled }
    }
}

impl Me {
    /// `None`: not on the roster.
    pub fn of(who: &SignedIn, stand: Option<Stand>) -> Me {
        let (presence, load, capacity) =
            stand.map_or((Presence::Offline, 0, 0), |stand| (stand.presence, stand.load, stand.capacity));
        let account = &who.account;
        let (name, display, role) = (account.name, account.display.clone(), account.role);
        Me { id: who.id(), name, display, role, presence, load, capacity }
    }
}

/// What colleagues call each rep.
#[derive(Debug, Default)]
pub struct Displays(pub HashMap<RepId, String>);

impl Displays {
    pub fn get(&self, rep: RepId) -> String {
        self.0.get(&rep).cloned().unwrap_or_else(|| format!("rep {}", rep.0))
    }
}

/// The names that numbers and codes stand for, fixed while the daemon runs.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// In the catalogue's order.
    pub services: Vec<Service>,
    /// The plan's rules, in its order.
    pub rules: Vec<String>,
    /// The programme's languages, the usual one first.
    pub languages: Vec<Word>,
}

impl Names {
    pub fn service(&self, code: &str) -> Option<&str> {
        let service = self.services.iter().find(|s| s.code == code)?;
        service.names.get("en").map(String::as_str)
    }

    /// To the rep it is offered to, or went to.
    pub fn why(&self, to: RepId, need: &Need, urgency: Urgency, reason: &Reason, names: &Displays) -> Why {
        Why {
            sentence: sentences::offer(need, urgency, reason, to, |rep| names.get(rep)),
            rule: reason.rule.and_then(|rule| self.rules.get(usize::from(rule)).cloned()),
            waited_secs: reason.waited.as_secs(),
            could_serve: reason.could_serve,
            chosen: reason.chosen,
        }
    }

    pub fn glance(&self, record: &ContactRecord) -> Glance {
        Glance {
            id: record.id,
            reference: record.reference.clone(),
            channel: record.channel,
            language: record.language,
            urgency: record.urgency,
            subject: record.subject.clone(),
            service: record.service.clone(),
            service_name: record.service.as_deref().and_then(|code| self.service(code)).map(str::to_owned),
        }
    }
}
