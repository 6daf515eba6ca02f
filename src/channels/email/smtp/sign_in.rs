//! From a relay's settings to a line that is signed in: by nobody, by password, by access token.

use super::line::{Fault, Limits, Line, Wiring, fault, reply};
use super::settings::SignIn;
use super::step::Step;
use crate::channels::delivery::{Outcome, Reply};
use crate::channels::email::imap::Trouble;
use crate::routing::ids::Timestamp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use tokio::time::timeout;

impl Line {
    /// Connect, encrypt, sign in.
    pub(super) async fn open(wiring: &Wiring, limits: Limits, now: Timestamp) -> Result<Line, Outcome> {
        let user = wiring.settings.user.as_deref().unwrap_or_default();
        let Some(tokens) = &wiring.tokens else {
            let mut line = Line::greeted(wiring, limits).await?;
            if let SignIn::Password(secret) = &wiring.settings.sign_in {
                let secret = secret.read().map_err(|why| Outcome::Misconfigured { why })?;
                line.sign_in(user, secret, &[Mechanism::Plain, Mechanism::Login]).await?;
            }
            return Ok(line);
        };
        let token = tokens.token(now, None).await.map_err(tokenless)?;
        match Line::with_token(wiring, limits, user, &token).await {
            // ended before its time, or withdrawn: one fresh token, on a fresh line
            Err(Outcome::NoToken { .. }) => {
                let token = tokens.token(now, Some(&token)).await.map_err(tokenless)?;
                Line::with_token(wiring, limits, user, &token).await
            }
            outcome => outcome,
        }
    }

    async fn with_token(wiring: &Wiring, limits: Limits, user: &str, token: &str) -> Result<Line, Outcome> {
        let mut line = Line::greeted(wiring, limits).await?;
        let refused = |said: &str| Outcome::NoToken { why: format!("the relay refuses our access token{said}") };
        match line.sign_in(user, token.to_owned(), &[Mechanism::Xoauth2]).await {
            Ok(()) => Ok(line),
            Err(NotIn::Unanswered) => Err(refused("")),
            Err(NotIn::Refused(reply)) => Err(refused(&format!(": {} {}", reply.code, reply.text))),
            Err(NotIn::Else(outcome)) => Err(outcome),
        }
    }

    async fn sign_in(&mut self, user: &str, secret: String, mechanisms: &[Mechanism]) -> Result<(), NotIn> {
        if self.connection.server_info().get_auth_mechanism(mechanisms).is_none() {
            let why = format!("the relay does not offer to sign in by {}", mechanisms[0]);
            return Err(NotIn::Else(Outcome::Misconfigured { why }));
        }
        let credentials = Credentials::new(user.to_owned(), secret);
        let answer = timeout(self.limits.command, self.connection.auth(mechanisms, &credentials)).await;
        let fault = match answer {
            Ok(Ok(response)) => match reply(&response) {
                reply if reply.code == 235 => return Ok(()),
                reply => return Err(NotIn::Else(Outcome::nonsense(reply))),
            },
            // a token that is not liked is answered with a question, which lettre does not answer
            Ok(Err(error)) if error.is_client() => return Err(NotIn::Unanswered),
            Ok(Err(error)) => fault(&error),
            Err(_) => Fault::Silent(self.limits.command),
        };
        Err(match fault {
            Fault::Said(reply) if reply.code / 100 == 5 => NotIn::Refused(reply),
            fault => NotIn::Else(fault.outcome(Step::SignIn)),
        })
    }
}

/// Why a sign-in did not end well.
enum NotIn {
    Refused(Reply),
    /// The relay asked back.
    Unanswered,
    Else(Outcome),
}

/// For a password.
impl From<NotIn> for Outcome {
    fn from(not_in: NotIn) -> Outcome {
        match not_in {
            NotIn::Refused(reply) => Step::SignIn.outcome(reply),
            NotIn::Unanswered => Outcome::Misconfigured { why: "the relay does not accept this sign-in".into() },
            NotIn::Else(outcome) => outcome,
        }
    }
}

/// What it means for letters that we are given no token.
fn tokenless(trouble: Trouble) -> Outcome {
    let why = trouble.to_string();
    match trouble {
        Trouble::Token { denied: true, .. } => Outcome::NoToken { why },
        Trouble::Settings(_) => Outcome::Misconfigured { why },
        _ => Outcome::Unreachable { why },
    }
}
