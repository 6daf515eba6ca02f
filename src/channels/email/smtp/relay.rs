//! Sending: one relay, one line to it at a time, one letter after another.

use super::line::{Fault, Line, Wiring};
use super::settings::RelaySettings;
use super::step::Step;
use crate::channels::delivery::{Outcome, Reply};
use crate::channels::email::letter::Rendered;
use crate::routing::ids::{Span, Timestamp};
use lettre::Address;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};

pub use super::line::Limits;

/// Owned by one worker. Dropping `send` half-way drops the line with it, so no answer is ever taken for another's.
pub struct Relay {
    wiring: Wiring,
    limits: Limits,
    /// An open line, and when it was last used.
    line: Option<(Line, Timestamp)>,
}

impl Relay {
    /// Or what is wrong with the settings. Connects to nothing yet.
    pub fn new(settings: RelaySettings, limits: Limits) -> Result<Relay, Vec<String>> {
        Ok(Relay { wiring: Wiring::new(settings)?, limits, line: None })
    }

    pub fn settings(&self) -> &RelaySettings {
        &self.wiring.settings
    }

    /// One attempt. Every step ends within its limit.
    pub async fn send(&mut self, mail: &Rendered, now: Timestamp) -> Outcome {
        let (from, to) = match addresses(mail) {
            Ok(addresses) => addresses,
            Err(why) => return Outcome::Refused(Reply::new(553, why)),
        };
        // taken out, and put back only when all went well
        if let Some((line, used)) = self.line.take()
            && line.letters < self.limits.letters
            && now - used < Span(self.limits.idle.as_micros() as i64)
        {
            match self.over(line, &from, &to, &mail.mime, now).await {
                Err(Stale) => {} // the relay hung up while nobody spoke; it has nothing of this letter
                Ok(outcome) => return outcome,
            }
        }
        let line = match Line::open(&self.wiring, self.limits, now).await {
            Ok(line) => line,
            Err(outcome) => return outcome,
        };
        let hung_up = || Outcome::Unreachable { why: "the relay hung up before it had the letter".into() };
        self.over(line, &from, &to, &mail.mime, now).await.unwrap_or_else(|Stale| hung_up())
    }

    async fn over(
        &mut self,
        mut line: Line,
        from: &Option<Address>,
        to: &Address,
        mime: &[u8],
        now: Timestamp,
    ) -> Result<Outcome, Stale> {
        let parameters = match parameters(&line, from, to, mime) {
            Ok(parameters) => parameters,
            Err(why) => return Ok(Outcome::Refused(Reply::new(553, why))),
        };
        let used_before = line.letters > 0;
        match line.ask(Mail::new(from.clone(), parameters), 250).await {
            Ok(_) => {}
            Err(Fault::Broken(_)) => return Err(Stale),
            Err(Fault::Said(reply)) if reply.code == 421 && used_before => return Err(Stale),
            Err(fault) => return Ok(fault.outcome(Step::Sender)),
        }
        if let Err(fault) = line.ask(Rcpt::new(to.clone(), Vec::new()), 250).await {
            // 251: it will be forwarded (RFC 5321 §3.4)
            if !matches!(&fault, Fault::Said(reply) if reply.code == 251) {
                return Ok(fault.outcome(Step::Recipient));
            }
        }
        if let Err(fault) = line.ask(Data, 354).await {
            return Ok(fault.outcome(Step::Letter));
        }
        let outcome = line.letter(mime).await;
        if matches!(outcome, Outcome::Sent(_)) {
            line.letters += 1;
            self.line = Some((line, now));
        }
        Ok(outcome)
    }

    /// Say goodbye. Not needed for anything that was sent.
    pub async fn close(&mut self) {
        if let Some((line, _)) = self.line.take() {
            line.quit().await;
        }
    }
}

/// The line was dead before the letter's first command was answered.
struct Stale;

/// Checked again, although the composer has: these bytes come back from a store.
fn addresses(mail: &Rendered) -> Result<(Option<Address>, Address), &'static str> {
    let parse = |address: &str| address.parse::<Address>().map_err(|_| "not an address");
    let from = mail.envelope_from.as_deref().map(parse).transpose()?;
    Ok((from, parse(&mail.recipient)?))
}

/// What MAIL must say for a letter that is not all ASCII (RFC 6152, RFC 6531).
fn parameters(
    line: &Line,
    from: &Option<Address>,
    to: &Address,
    mime: &[u8],
) -> Result<Vec<MailParameter>, &'static str> {
    let mut parameters = Vec::new();
    let ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if !ascii(to) || !from.as_ref().is_none_or(ascii) {
        if !line.offers(Extension::SmtpUtfEight) {
            return Err("5.6.7 not asked: the relay cannot take addresses with letters beyond ASCII (SMTPUTF8)");
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mime.is_ascii() {
        if !line.offers(Extension::EightBitMime) {
            return Err("5.6.3 not asked: the relay cannot take letters with more than ASCII (8BITMIME)");
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}
