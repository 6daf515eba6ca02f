//! Contacts, messages and events to keep, made from a number.

use std::collections::BTreeMap;
use steelbridge::message::delivery::{Carries, Kind, NewDelivery};
use steelbridge::message::mail::{AlsoTo, Taken, Trust};
use steelbridge::message::*;
use steelbridge::routing::command::{DeclineReason, Profile};
use steelbridge::routing::event::*;
use steelbridge::routing::ids::*;
use steelbridge::routing::queue::*;
use steelbridge::routing::skill::*;
use steelbridge::store::{Account, Entry, Record, Role, Session, Source};

pub const NOON: Timestamp = Timestamp(1_790_000_000_000_000);

pub fn at(secs: i64) -> Timestamp {
    NOON + Span::secs(secs)
}

pub fn word(text: &str) -> Word {
    Word::new(text).expect("short enough")
}

/// 32 bytes that differ with the number.
pub fn hash(number: u64) -> [u8; 32] {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    hash
}

pub fn record(number: u64) -> ContactRecord {
    ContactRecord {
        id: ContactId(number),
        reference: format!("SB-{number:06}"),
        channel: Channel::ALL[number as usize % 6],
        service: number.is_multiple_of(2).then(|| "pothole".to_owned()),
        language: LanguageChoice::new(word("es"), LanguageSource::Person),
        urgency: Urgency::Normal,
        subject: format!("Hay un bache número {number}"),
        party: Party { name: Some("Ana Núñez".into()), email: None, phone: Some("+15035550100".into()) },
        fields: BTreeMap::from([("street".into(), "SE Division \"82nd\"".into()), ("größe".into(), "深い".into())]),
        doubtful: number.is_multiple_of(5),
        opened_at: at(0),
        follows: None,
        last_rep: None,
        closed: None,
    }
}

pub fn source(number: u64) -> Source {
    Source { channel: Channel::Form, key: format!("key-{number}") }
}

pub fn said(from: Author, text: &str, client_id: Option<&str>) -> NewMessage {
    NewMessage { from, text: text.into(), attachments: Vec::new(), client_id: client_id.map(Into::into) }
}

pub fn attachment(number: u64) -> Attachment {
    let digest = hash(number).iter().map(|b| format!("{b:02x}")).collect();
    Attachment { digest, name: format!("photo {number}.jpg"), media_type: "image/jpeg".into(), bytes: 1_000 + number }
}

pub fn place(urgency: Urgency) -> Place {
    Place {
        queue: QueueId(1),
        need: NeedId(2),
        urgency,
        since: at(0),
        order: Order(-5),
        reserved: Some(Reservation { rep: RepId(3), until: at(60) }),
    }
}

pub fn received(number: u64) -> Event {
    Event::Received { contact: ContactId(number), place: place(Urgency::Normal), rule: Some(3) }
}

pub fn offered(number: u64) -> Event {
    Event::Offered {
        offer: OfferId(number),
        contact: ContactId(number),
        rep: RepId(1),
        until: Some(at(180)),
        reason: Reason {
            plan: 1,
            rule: None,
            need: NeedId(2),
            head_start: Span::mins(-30),
            waited: Span::ZERO,
            could_serve: 4,
            chosen: Chosen::SparesScarce,
            way: None,
            handed: None,
        },
    }
}

/// A contact as the sequencer brings it: two decisions, the row, its source and what was said.
pub fn opened(number: u64) -> Entry {
    Entry {
        at: at(0),
        events: vec![received(number), offered(number)],
        records: vec![Record::Opened {
            record: Box::new(record(number)),
            secret: hash(number),
            source: Some((source(number), Some(hash(number + 1_000)))),
            first: said(Author::Customer, "Hay un bache muy grande", None),
        }],
    }
}

pub fn entry(events: Vec<Event>, records: Vec<Record>) -> Entry {
    Entry { at: at(10), events, records }
}

pub fn say(contact: u64, from: Author, text: &str, client_id: Option<&str>) -> Record {
    Record::Said { contact: ContactId(contact), message: said(from, text, client_id) }
}

pub fn account(number: u32, name: &str) -> Account {
    Account {
        id: RepId(number),
        name: word(name),
        display: format!("{name} ♥"),
        role: Role::Supervisor,
        password: Some("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into()),
        disabled: false,
    }
}

pub fn session(number: u64, account: u32) -> Session {
    Session { hash: hash(number), account: RepId(account), started: at(0), last_seen: at(0) }
}

/// A mail that was taken, with something in every field.
pub fn mail(number: u64) -> Taken {
    Taken {
        key: format!("imap:permits:INBOX:7:{number}"),
        mailbox: "permits".into(),
        digest: Some(hash(number).iter().map(|b| format!("{b:02x}")).collect()),
        size: 4_000 + number,
        arrived: Some(at(-60)),
        sender: Some("maria@example.org".into()),
        subject: format!("Bache número {number}"),
        message_id: Some(format!("{number}@example.org")),
        why: "asked".into(),
        trust: Trust::Authentic,
        html: true,
        folded: number.is_multiple_of(2),
        also_to: if number.is_multiple_of(5) { others() } else { AlsoTo::default() },
    }
}

fn others() -> AlsoTo {
    AlsoTo { addresses: vec!["neighbour@example.org".into(), "maría@exämple.org".into()], left_out: 3 }
}

pub fn delivery(contact: u64, kind: Kind) -> NewDelivery {
    NewDelivery {
        contact: ContactId(contact),
        channel: Channel::Email,
        kind,
        to: "maria@example.org".into(),
        language: word("es"),
        language_sure: true,
        carries: Carries::JustSaid,
    }
}

fn settings() -> Settings {
    let channel =
        ChannelRules { weight: 20, live: false, most: 5, prefer_for: Span::mins(5), patience: Span::secs(90) };
    let water = SkillLevel { skill: word("water"), level: 3 };
    Settings {
        version: 7,
        house_language: word("en"),
        channels: [channel; 6],
        head_start: [Span::ZERO, Span::mins(120), Span::mins(30), Span::ZERO, Span::mins(-30)],
        queues: vec![QueueRules {
            name: word("dispatch"),
            skills: vec![water],
            policy: Policy::LongestIdle,
            offer: [Span::secs(20); 6],
            wrap_up: Span::secs(60),
            widen: [
                Widening::Interpreter,
                Widening::Lower { skill: word("water"), by: 1 },
                Widening::Without { skill: word("water") },
                Widening::AlsoQueue { queue: word("general") },
            ]
            .into_iter()
            .map(|widening| Step { after: Span::secs(60), widening })
            .collect(),
            retired: true,
        }],
        bar: Span::secs(60),
        rep_grace: Span::secs(45),
        ladder: [Span::secs(30), Span::secs(60)],
    }
}

/// One of every kind of event, with something in every field.
pub fn every_event() -> Vec<Event> {
    let (contact, rep, offer, by) = (ContactId(9), RepId(4), OfferId(5), RepId(6));
    let (until, place, rule) = (at(99), place(Urgency::Emergency), Some(2));
    let need = Need {
        channel: Channel::Chat,
        language: word("zh-Hant"),
        mode: Mode::Write,
        interpreter: Some(word("en")),
        skills: vec![SkillLevel { skill: word("water"), level: 3 }],
        or_skills: vec![SkillLevel { skill: word("parks"), level: 1 }],
    };
    let ability = Ability {
        channels: Channel::ALL.to_vec(),
        languages: vec![LanguageLevel { language: word("es"), speak: 5, write: 4 }],
        skills: need.skills.clone(),
    };
    vec![
        Event::PlanSet { settings: Box::new(settings()) },
        Event::RepSet { rep, profile: Box::new(Profile { name: word("ana"), ability, capacity: 100 }) },
        Event::RepRemoved { rep },
        Event::NeedDefined { need: NeedId(1), definition: Box::new(need) },
        Event::PresenceChanged { rep, presence: Presence::Available },
        Event::PresenceChanged { rep, presence: Presence::Away(AwayReason::Missed) },
        Event::RepConnected { rep },
        Event::RepDisconnected { rep, until },
        Event::GraceEnded { rep },
        Event::Received { contact, place, rule: None },
        Event::Reopened { contact, place, rule },
        Event::Returned { contact, rep, why: ReturnReason::GraceOver },
        Event::Unparked { contact, place: Place { reserved: None, ..place } },
        Event::Transferred { contact, by, place },
        Event::Reclassified { contact, by: Some(by), place },
        Event::Reclassified { contact, by: None, place },
        Event::EmergencyRaised { contact, place },
        Event::Widened { contact, step: 1, need: NeedId(8) },
        Event::ReservationEnded { contact },
        Event::BarEnded { contact, rep },
        Event::CallbackRequested { contact },
        Event::CustomerLeft { contact, until: None },
        Event::CustomerBack { contact },
        offered(9),
        Event::Accepted { offer, contact, rep },
        Event::Declined { offer, contact, rep, reason: DeclineReason::WrongLanguage, barred_until: until },
        Event::Expired { offer, contact, rep },
        Event::Withdrawn { offer, contact, rep, why: WithdrawReason::NoLongerServes },
        Event::Assigned { contact, to: rep, by },
        Event::Parked { contact, rep, until: Some(until) },
        Event::Resumed { contact, rep },
        Event::WrapUpStarted { contact, rep, until, disposition: Disposition::NoContact },
        Event::Closed { contact, rep: Some(rep), disposition: Disposition::Spam },
        Event::EmergencyEscalated { contact, to: Rung::OnCall },
        Event::EmergencyAcknowledged { contact, by },
    ]
}
