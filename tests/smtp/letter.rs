//! One letter and one relay to send it to, to be changed where a test needs it.

use std::time::Duration;
use steelbridge::channels::delivery::Kind;
use steelbridge::channels::delivery::Outcome;
use steelbridge::channels::email::letter::{Letter, Passage, Rendered, compose};
use steelbridge::channels::email::secret::Secret;
use steelbridge::channels::email::smtp::{Limits, Relay, RelaySettings, SignIn};
use steelbridge::routing::ids::Timestamp;
use steelbridge::serve::email;
use steelbridge::settings::Settings;

/// 2026-11-23 15:05 UTC.
pub const NOW: Timestamp = Timestamp(1_795_446_300_000_000);

pub fn letter() -> Letter {
    Letter {
        kind: Kind::Reply,
        to: "bob@resident.example".into(),
        to_name: Some("Bob".into()),
        from: "311@city.example".into(),
        from_name: "Example City 311".into(),
        reply_to: Some("311+7.k3k9@city.example".into()),
        envelope_from: Some("bounces+17@city.example".into()),
        subject: "Re: pothole".into(),
        passages: vec![Passage { language: "en".into(), text: "It is on the list.\n\nThank you.".into() }],
        message_id: "c.7.2.k3k9@mail.city.example".into(),
        in_reply_to: Some("q1@resident.example".into()),
        references: vec!["<q0@resident.example>".into(), "<q1@resident.example>".into()],
        date: NOW,
        instance: "abc123".into(),
        attachments: Vec::new(),
    }
}

pub fn rendered() -> Rendered {
    compose(&letter(), None).expect("a letter")
}

/// Limits a test can wait for.
pub fn short() -> Limits {
    Limits {
        connect: Duration::from_secs(2),
        greeting: Duration::from_millis(1500),
        command: Duration::from_millis(1500),
        letter: Duration::from_secs(2),
        quit: Duration::from_millis(500),
        ..Limits::default()
    }
}

pub fn settings(port: u16, more: &str) -> RelaySettings {
    let tls = if more.contains("tls =") { "" } else { "tls = \"none\"\n" };
    let host = if more.contains("host =") { "" } else { "host = \"127.0.0.1\"\n" };
    let text = format!(
        "[email.relay]\n{host}port = {port}\n{tls}from = \"311@city.example\"\nfrom_name = \"Example City 311\"\n{more}"
    );
    let settings = Settings::parse("test.toml", &text, "/".as_ref(), Vec::new(), &[]);
    let written = settings.unwrap_or_else(|problems| panic!("{problems:?}\n{text}")).email.relay.expect("a relay");
    let relay = email::relay(&written, "Example City 311");
    match relay.sign_in {
        SignIn::Password(_) => RelaySettings { sign_in: SignIn::Password(Secret::words("secret")), ..relay },
        _ => relay,
    }
}

/// A relay whose silence is soon noticed.
pub fn relay(port: u16, more: &str) -> Relay {
    relay_within(short(), port, more)
}

pub fn relay_within(limits: Limits, port: u16, more: &str) -> Relay {
    Relay::new(settings(port, more), limits).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// An outcome in two words.
pub fn brief(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent(reply) => format!("sent {}", reply.code),
        Outcome::Refused(reply) => format!("refused {}", reply.code),
        Outcome::Later { reply, pause_relay: true } => format!("pause {}", reply.code),
        Outcome::Later { reply, .. } => format!("later {}", reply.code),
        Outcome::Unknown { .. } => "unknown".into(),
        Outcome::Unreachable { .. } => "unreachable".into(),
        Outcome::Misconfigured { .. } => "misconfigured".into(),
        Outcome::NoToken { .. } => "no token".into(),
    }
}
