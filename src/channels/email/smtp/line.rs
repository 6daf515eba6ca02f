//! One connection to a relay: every step has a time limit and one answer that will do.
//!
//! lettre 0.11 waits for ever for an answer, takes 3xx for success and, after a cancelled command, reads the answer to the one
//! before. So commands go out one by one from here, and a line on which anything went wrong is dropped.

use super::plaintext::Plaintext;
use super::settings::{RelaySettings, SignIn, Tls};
use super::step::Step;
use crate::channels::delivery::{Outcome, Reply};
use crate::channels::email::imap::{self, Tokens, tls};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::Quit;
use lettre::transport::smtp::extension::{ClientId, Extension};
use lettre::transport::smtp::response::Response;
use std::error::Error as _;
use std::fmt::Display;
use std::future::Future;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long each step may take, and how long a line is used.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To the address, all of its addresses together.
    pub connect: Duration,
    /// To the end of the greeting and the first EHLO.
    pub greeting: Duration,
    /// Each command and its answer.
    pub command: Duration,
    /// The letter and the answer to its final dot (RFC 5321 §4.5.3.2.6).
    pub letter: Duration,
    /// A relay that does not answer our farewell is left without it.
    pub quit: Duration,
    /// Letters over one line.
    pub letters: u32,
    /// A line not used for this long is not used again.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(10),
            greeting: Duration::from_secs(30),
            command: Duration::from_secs(60),
            letter: Duration::from_secs(600),
            quit: Duration::from_secs(5),
            letters: 50,
            idle: Duration::from_secs(60),
        }
    }
}

/// Why a step did not end as it should.
pub(super) enum Fault {
    Said(Reply),
    /// Nothing within the limit.
    Silent(Duration),
    /// Closed or torn.
    Broken(String),
    /// The relay is not who it should be.
    Certificate(String),
    /// Said something that is not SMTP.
    Gibberish,
}

impl Fault {
    /// What it means before the relay has the letter.
    pub(super) fn outcome(self, step: Step) -> Outcome {
        match self {
            Fault::Said(reply) => step.outcome(reply),
            Fault::Silent(limit) if step == Step::Hello => Outcome::Unreachable {
                why: format!("no answer within {} s; do `tls` and `port` go together?", limit.as_secs_f32()),
            },
            Fault::Silent(limit) => Outcome::Unreachable { why: format!("no answer within {} s", limit.as_secs_f32()) },
            Fault::Broken(why) => Outcome::Unreachable { why },
            Fault::Certificate(why) => Outcome::Misconfigured {
                why: format!(
                    "no protected connection: {why}; `host` must be a name in it, and `ca_file` the authority that signed \
                     it if that is the city's own"
                ),
            },
            Fault::Gibberish if step == Step::Hello => {
                Outcome::Unreachable { why: "what answers at this address does not speak SMTP".into() }
            }
            Fault::Gibberish => Outcome::nonsense(Reply::new(0, "an answer that is not SMTP")),
        }
    }
}

/// A line that has been greeted, encrypted and signed in.
pub(super) struct Line {
    pub(super) connection: AsyncSmtpConnection,
    pub(super) limits: Limits,
    /// Letters sent over it.
    pub(super) letters: u32,
}

/// What a line to this relay needs; checked once.
pub(super) struct Wiring {
    pub(super) settings: RelaySettings,
    tls: Option<TlsParameters>,
    pub(super) tokens: Option<Tokens>,
    hello: ClientId,
}

impl Wiring {
    /// Or what is wrong, in words for the person who set it up.
    pub(super) fn new(settings: RelaySettings) -> Result<Wiring, Vec<String>> {
        let mut problems = settings.problems();
        let tls = match settings.tls {
            Tls::None => None,
            Tls::Starttls | Tls::Implicit => protection(&settings).map_err(|problem| problems.push(problem)).ok(),
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let hello = ClientId::Domain(settings.hello().to_owned());
        let tokens = match &settings.sign_in {
            SignIn::Oauth(oauth) => Some(Tokens::new(oauth.clone(), Arc::new(imap::Limits::default()))),
            SignIn::Nobody | SignIn::Password(_) => None,
        };
        Ok(Wiring { settings, tls, tokens, hello })
    }
}

fn protection(settings: &RelaySettings) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        tls::believes(path)?;
        let wrong = |why: String| format!("`ca_file` {}: {why}", path.display());
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let authority = Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    parameters.build().map_err(|error| format!("no TLS: {error}; are ca-certificates installed?"))
}

impl Line {
    /// Connect and encrypt.
    pub(super) async fn greeted(wiring: &Wiring, limits: Limits) -> Result<Line, Outcome> {
        let settings = &wiring.settings;
        let host = settings.host.trim_matches(['[', ']']);
        let target = (host, settings.port());
        let connection = match &wiring.tls {
            Some(tls) if settings.tls == Tls::Implicit => {
                let hello = &wiring.hello;
                let all = limits.connect + limits.greeting;
                let tls = Some(tls.clone());
                within(all, AsyncSmtpConnection::connect_tokio1(target, Some(limits.connect), hello, tls, None)).await
            }
            _ => {
                let socket = match timeout(limits.connect, TcpStream::connect(target)).await {
                    Ok(Ok(socket)) => socket,
                    Ok(Err(error)) => return Err(Outcome::Unreachable { why: format!("no connection: {error}") }),
                    Err(_) => return Err(Fault::Silent(limits.connect).outcome(Step::Hello)),
                };
                let stream = Box::new(Plaintext::new(socket));
                within(limits.greeting, AsyncSmtpConnection::connect_with_transport(stream, &wiring.hello)).await
            }
        };
        let connection = connection.map_err(|fault| fault.outcome(Step::Hello))?;
        let mut line = Line { connection, limits, letters: 0 };
        if settings.tls == Tls::Starttls {
            line.encrypt(wiring).await?;
        }
        Ok(line)
    }

    /// STARTTLS, or nothing more is said. A relay that does not offer it may be somebody who took the offer out.
    async fn encrypt(&mut self, wiring: &Wiring) -> Result<(), Outcome> {
        let Some(tls) = wiring.tls.clone().filter(|_| self.connection.can_starttls()) else {
            let why = "the relay does not offer STARTTLS; without it nothing is sent, because others could read it";
            return Err(Outcome::Misconfigured { why: why.into() });
        };
        let limit = self.limits.command;
        within(limit, self.connection.starttls(tls, &wiring.hello)).await.map_err(|fault| fault.outcome(Step::Hello))
    }

    /// One command; anything but this code is a fault.
    pub(super) async fn ask(&mut self, command: impl Display, wanted: u16) -> Result<Reply, Fault> {
        let response = within(self.limits.command, self.connection.command(command)).await?;
        match reply(&response) {
            reply if reply.code == wanted => Ok(reply),
            reply => Err(Fault::Said(reply)),
        }
    }

    /// The letter itself, after DATA. From here on silence means that nobody knows.
    pub(super) async fn letter(&mut self, mime: &[u8]) -> Outcome {
        let unknown = |why: &str| Outcome::Unknown { why: why.to_owned() };
        match within(self.limits.letter, self.connection.message(mime)).await.map(|response| reply(&response)) {
            Ok(reply) if reply.code == 250 => Outcome::Sent(reply),
            Ok(reply) => unknown(&format!("the letter was answered with {}", reply.code)),
            Err(Fault::Said(reply)) => Step::Letter.outcome(reply),
            Err(Fault::Silent(_)) => unknown("no answer to the letter"),
            Err(Fault::Broken(_) | Fault::Certificate(_)) => unknown("the line broke while the letter was under way"),
            Err(Fault::Gibberish) => unknown("the answer to the letter is not SMTP"),
        }
    }

    /// What the relay can take beyond ASCII.
    pub(super) fn offers(&self, extension: Extension) -> bool {
        self.connection.server_info().supports_feature(extension)
    }

    /// Whether it offers any way to sign in that we know.
    pub(super) fn lets_sign_in(&self) -> bool {
        let known = [Mechanism::Plain, Mechanism::Login, Mechanism::Xoauth2];
        self.connection.server_info().get_auth_mechanism(&known).is_some()
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.connection.is_encrypted()
    }

    pub(super) async fn quit(mut self) {
        // it has all our letters; whether it answers does not matter
        let _ = timeout(self.limits.quit, self.connection.command(Quit)).await;
    }
}

async fn within<T>(limit: Duration, step: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
    match timeout(limit, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(fault(&error)),
        Err(_) => Err(Fault::Silent(limit)),
    }
}

pub(super) fn fault(error: &Error) -> Fault {
    let why = error.source().map(ToString::to_string).unwrap_or_default();
    let causes = successors(error.source(), |&cause| cause.source());
    let mut torn = causes.filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    if let Some((why, of_tls)) = torn.find_map(|torn| Some((tls::reason(torn), tls::fault(torn)?))) {
        return match of_tls {
            rustls::Error::InvalidCertificate(_) => Fault::Certificate(why),
            _ => Fault::Broken(format!("no protected connection: {why}")),
        };
    }
    match error.status() {
        Some(code) => Fault::Said(Reply::new(code.into(), &why)),
        None if error.is_response() && why.contains("incomplete") => Fault::Broken("the relay hung up".into()),
        None if error.is_response() => Fault::Gibberish,
        None => Fault::Broken(format!("the line broke: {why}")),
    }
}

pub(super) fn reply(response: &Response) -> Reply {
    Reply::new(response.code().into(), &response.message().collect::<Vec<_>>().join(" "))
}
