//! Where letters are handed over: the city's mail relay, as written in the settings.

use crate::channels::delivery::Kind;
use crate::channels::email::imap::Oauth;
use crate::channels::email::secret::Secret;
use lettre::Address;
use std::net::IpAddr;
use std::path::PathBuf;

/// One relay. Every problem of it is found by [`RelaySettings::problems`].
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// Name of the relay; its certificate must carry it.
    pub host: String,
    /// Usually 587 for `starttls`, 465 for `implicit`, 25 for `none`.
    pub port: Option<u16>,
    pub tls: Tls,
    /// Authorities whose certificates are believed instead of this machine's, in PEM. For a city with its own authority.
    pub ca_file: Option<PathBuf>,
    /// Who signs in; without it nobody does.
    pub user: Option<String>,
    pub sign_in: SignIn,
    /// Address letters come from, and where answers go without a reply address.
    pub from: String,
    /// Name beside it, for example the programme's.
    pub from_name: String,
    /// What stands in the envelope of letters nobody wrote by hand.
    pub automatic_sender: SenderMode,
    /// Mailbox for letters that come back; each has its own tag: `bounces@city.example` becomes `bounces+…@city.example`.
    /// Without it, `from`, which is read anyway.
    pub bounces: Option<String>,
    /// How we call ourselves in EHLO; a name the relay can look up. Without it, the domain of `from`.
    pub hello: Option<String>,
    /// Letters a second, on average.
    pub per_second: f64,
}

/// How the line is kept from being read. There is no "if possible".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Begins in the clear and must become TLS before anything is said (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// In the clear; only to a relay on this machine.
    None,
}

#[derive(Clone, Debug, Default)]
pub enum SignIn {
    #[default]
    Nobody,
    /// PLAIN, or LOGIN where that is all there is.
    Password(Secret),
    /// XOAUTH2, as Microsoft 365 and Google ask for.
    Oauth(Oauth),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SenderMode {
    /// `<>`: nothing ever answers it (RFC 3834 §3.3).
    #[default]
    Null,
    /// The tagged mailbox, for relays that refuse `<>`.
    Bounces,
}

impl RelaySettings {
    /// With the usual values for the rest.
    pub fn new(host: &str, from: &str, from_name: &str) -> RelaySettings {
        RelaySettings {
            host: host.into(),
            port: None,
            tls: Tls::default(),
            ca_file: None,
            user: None,
            sign_in: SignIn::default(),
            from: from.into(),
            from_name: from_name.into(),
            automatic_sender: SenderMode::default(),
            bounces: None,
            hello: None,
            per_second: 2.0,
        }
    }

    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::Starttls => 587,
            Tls::Implicit => 465,
            Tls::None => 25,
        })
    }

    /// What we say in EHLO.
    pub fn hello(&self) -> &str {
        self.hello.as_deref().unwrap_or_else(|| domain(&self.from))
    }

    /// The sender in the envelope of a letter; `None` is `<>`. `tagged` marks the mailbox, so that a letter which comes back
    /// says which one it was (`Tokens::return_address`); where it cannot, the mailbox goes without.
    pub fn envelope_from(&self, kind: Kind, tagged: impl FnOnce(&str) -> Option<String>) -> Option<String> {
        if kind.is_automatic() && self.automatic_sender == SenderMode::Null {
            return None;
        }
        let mailbox = self.bounces.as_ref().unwrap_or(&self.from).clone();
        Some(tagged(&mailbox).unwrap_or(mailbox))
    }

    /// Everything that is wrong, in words for the person who wrote it.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut wrong = |is: bool, what: &str| {
            if is {
                problems.push(what.to_owned());
            }
        };
        wrong(!is_host(&self.host), "`host` is not the name of a machine");
        wrong(!is_host(self.hello()), "`hello` is not the name of a machine");
        wrong(
            self.tls == Tls::None && !is_this_machine(&self.host),
            "`tls = \"none\"` sends letters where others can read them: it is for a relay on this machine only",
        );
        wrong(!is_plain_address(&self.from), "`from` is not an e-mail address");
        wrong(
            self.bounces.as_deref().is_some_and(|address| !is_plain_address(address)),
            "`bounces` is not an e-mail address",
        );
        wrong(
            self.user.is_some() == matches!(self.sign_in, SignIn::Nobody),
            "`user` goes together with either `password` or `oauth`",
        );
        wrong(
            self.user.as_deref().is_some_and(|user| user.is_empty() || user.chars().any(char::is_control)),
            "`user` is empty or has control characters in it",
        );
        wrong(
            !(self.per_second.is_finite() && (0.01..=1000.0).contains(&self.per_second)),
            "`per_second` is a number from 0.01 to 1000",
        );
        problems
    }
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
}

fn is_plain_address(address: &str) -> bool {
    address.is_ascii() && address.parse::<Address>().is_ok()
}

/// A name or address as it may stand in EHLO: nothing that could end the line.
fn is_host(host: &str) -> bool {
    (1..=253).contains(&host.len())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> RelaySettings {
        RelaySettings::new("relay.city.example", "311@city.example", "Example City 311")
    }

    #[test]
    fn little_must_be_said_and_the_rest_is_safe() {
        let settings = usual();
        assert_eq!(settings.problems(), [] as [&str; 0]);
        assert_eq!((settings.port(), settings.tls, settings.hello()), (587, Tls::Starttls, "city.example"));
        let tag = |mailbox: &str| Some(mailbox.replace('@', "+17@"));
        assert_eq!(settings.envelope_from(Kind::Acknowledgement, tag), None);
        assert_eq!(settings.envelope_from(Kind::Reply, tag).unwrap(), "311+17@city.example");
        assert_eq!(settings.envelope_from(Kind::Reply, |_| None).unwrap(), "311@city.example");
        let bounces = Some("back@mail.example".into());
        let other = RelaySettings { automatic_sender: SenderMode::Bounces, bounces, ..usual() };
        assert_eq!(other.envelope_from(Kind::Notice, tag).unwrap(), "back+17@mail.example");
    }

    #[test]
    fn what_is_wrong_is_said_all_at_once() {
        let wrong = RelaySettings {
            tls: Tls::None,
            from: "nobody".into(),
            user: Some("a".into()),
            hello: Some("x\r\nMAIL".into()),
            per_second: 0.0,
            ..usual()
        };
        let problems = wrong.problems();
        for word in ["tls", "from", "password", "hello", "per_second"] {
            assert!(problems.iter().any(|p| p.contains(word)), "{word}: {problems:?}");
        }
        let secret = RelaySettings { sign_in: SignIn::Password(Secret::words("hunter2")), ..usual() };
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
