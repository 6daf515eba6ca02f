//! Where letters are handed over: the city's mail relay, as written in the settings.

use crate::channels::delivery::Kind;
use lettre::Address;
use serde::Deserialize;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// One relay. Every problem of it is found by [`RelaySettings::problems`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelaySettings {
    /// Name of the relay; its certificate must carry it.
    pub host: String,
    /// Usually 587 for `starttls`, 465 for `implicit`, 25 for `none`.
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub tls: Tls,
    /// Authorities whose certificates are believed instead of this machine's, in PEM. For a city with its own authority.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Who signs in; without it nobody does.
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub sign_in: SignIn,
    /// Where the password (or the access token) is: `file:/path`, `env:NAME` or `credential:name`.
    #[serde(default)]
    pub password: Option<SecretAt>,
    /// Address letters come from, and where answers go without a reply address.
    pub from: String,
    /// Name beside it, for example the programme's.
    pub from_name: String,
    /// What stands in the envelope of letters nobody wrote by hand.
    #[serde(default)]
    pub automatic_sender: SenderMode,
    /// Mailbox for letters that come back; each has its own tag: `bounces@city.example` becomes `bounces+…@city.example`.
    /// Without it, `bounces@` at the domain of `from`.
    #[serde(default)]
    pub bounces: Option<String>,
    /// How we call ourselves in EHLO; a name the relay can look up. Without it, the domain of `from`.
    #[serde(default)]
    pub hello: Option<String>,
    /// Letters a second, on average.
    #[serde(default = "two")]
    pub per_second: f64,
}

/// How the line is kept from being read. There is no "if possible".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Begins in the clear and must become TLS before anything is said (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// In the clear; only to a relay on this machine.
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignIn {
    /// PLAIN, or LOGIN where that is all there is.
    #[default]
    Password,
    /// The secret is an OAuth access token, which somebody else renews.
    Xoauth2,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderMode {
    /// `<>`: nothing ever answers it (RFC 3834 §3.3).
    #[default]
    Null,
    /// The tagged mailbox, for relays that refuse `<>`.
    Bounces,
}

/// Where a secret is kept; never the secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SecretAt(String);

impl SecretAt {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SecretAt {
    type Error = &'static str;

    fn try_from(place: String) -> Result<SecretAt, &'static str> {
        let known = place
            .split_once(':')
            .is_some_and(|(kind, rest)| matches!(kind, "file" | "env" | "credential") && !rest.is_empty());
        // it may be the secret itself: not repeated
        if known {
            Ok(SecretAt(place))
        } else {
            Err("write where the secret is: file:/path, env:NAME or credential:name")
        }
    }
}

/// A password or token in memory. Shows itself to nobody.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: String) -> Secret {
        Secret(secret)
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(•••)")
    }
}

fn two() -> f64 {
    2.0
}

impl RelaySettings {
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
        let usual = || format!("bounces@{}", domain(&self.from));
        let mailbox = self.bounces.clone().unwrap_or_else(usual);
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
        wrong(self.user.is_some() != self.password.is_some(), "`user` and `password` go together");
        wrong(
            self.user.as_deref().is_some_and(|user| user.is_empty() || user.chars().any(char::is_control)),
            "`user` is empty or has control characters in it",
        );
        wrong(
            self.sign_in == SignIn::Xoauth2 && self.user.is_none(),
            "`sign_in = \"xoauth2\"` needs `user`, the mailbox, and `password`, the place of the token",
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

    fn parse(text: &str) -> Result<RelaySettings, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    const LEAST: &str =
        "host = \"relay.city.example\"\nfrom = \"311@city.example\"\nfrom_name = \"Example City 311\"\n";

    #[test]
    fn little_must_be_said_and_the_rest_is_safe() {
        let settings = parse(LEAST).unwrap();
        assert_eq!(settings.problems(), [] as [&str; 0]);
        assert_eq!((settings.port(), settings.tls, settings.hello()), (587, Tls::Starttls, "city.example"));
        let tag = |mailbox: &str| Some(mailbox.replace('@', "+17@"));
        assert_eq!(settings.envelope_from(Kind::Acknowledgement, tag), None);
        assert_eq!(settings.envelope_from(Kind::Reply, tag).unwrap(), "bounces+17@city.example");
        assert_eq!(settings.envelope_from(Kind::Reply, |_| None).unwrap(), "bounces@city.example");
        let other = parse(&format!("{LEAST}automatic_sender = \"bounces\"\nbounces = \"back@mail.example\"")).unwrap();
        assert_eq!(other.envelope_from(Kind::Notice, tag).unwrap(), "back+17@mail.example");
    }

    #[test]
    fn what_is_wrong_is_said_all_at_once() {
        let wrong = parse(
            "host = \"relay.city.example\"\ntls = \"none\"\nfrom = \"nobody\"\nfrom_name = \"x\"\nuser = \"a\"\n\
             hello = \"x\\r\\nMAIL\"\nper_second = 0",
        );
        let problems = wrong.unwrap().problems();
        for word in ["tls", "from", "password", "hello", "per_second"] {
            assert!(problems.iter().any(|p| p.contains(word)), "{word}: {problems:?}");
        }
        assert!(parse(&format!("{LEAST}pasword = \"file:/x\"")).unwrap_err().contains("unknown field"));
    }

    #[test]
    fn a_secret_is_never_written_nor_repeated() {
        let error = parse(&format!("{LEAST}user = \"a\"\npassword = \"hunter2\"")).unwrap_err();
        assert!(error.contains("file:/path") && !error.contains("hunter2"), "{error}");
        let settings = parse(&format!("{LEAST}user = \"a\"\npassword = \"file:/etc/relay\"")).unwrap();
        assert_eq!(settings.password.unwrap().as_str(), "file:/etc/relay");
        assert_eq!(format!("{:?}", Secret::new("hunter2".into())), "Secret(•••)");
    }
}
