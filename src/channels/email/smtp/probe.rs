//! Is the relay there, does it take us, and does it take our letters? Asked by `steelbridge check --connect`; sends nothing.

use super::line::{Limits, Line, Wiring};
use super::settings::RelaySettings;
use super::step::Step;
use crate::channels::delivery::{Kind, Outcome};
use crate::routing::ids::Timestamp;
use lettre::Address;
use lettre::transport::smtp::commands::{Mail, Rset};

/// What was found to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub encrypted: bool,
    pub signed_in: bool,
    /// Others sign in, and then may send further than we may.
    pub lets_sign_in: bool,
}

/// Connect, encrypt, sign in, name both senders we would use, take them back, leave. Or what is wrong, in plain words.
pub async fn probe(settings: &RelaySettings, limits: Limits, now: Timestamp) -> Result<Found, String> {
    let wiring = Wiring::new(settings.clone()).map_err(|problems| problems.join("; "))?;
    let place = format!("relay {}:{}", settings.host, settings.port());
    let mut line = Line::open(&wiring, limits, now).await.map_err(|outcome| format!("{place}: {}", plain(&outcome)))?;
    for kind in [Kind::Reply, Kind::Acknowledgement] {
        let sender = settings.envelope_from(kind, |_| None);
        let said = match &sender {
            Some(address) => format!("letters from <{address}>"),
            None => "letters without a sender (<>); set `automatic_sender = \"bounces\"`".to_owned(),
        };
        let address = sender.map(|address| address.parse::<Address>()).transpose();
        let address = address.map_err(|_| format!("{place}: the sender is not an address"))?;
        let asked = match line.ask(Mail::new(address, Vec::new()), 250).await {
            Ok(_) => line.ask(Rset, 250).await.map(drop),
            Err(fault) => Err(fault),
        };
        asked.map_err(|fault| format!("{place} does not take {said}: {}", plain(&fault.outcome(Step::Sender))))?;
    }
    let found =
        Found { encrypted: line.is_encrypted(), signed_in: settings.user.is_some(), lets_sign_in: line.lets_sign_in() };
    line.quit().await;
    Ok(found)
}

fn plain(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Unreachable { why }
        | Outcome::Misconfigured { why }
        | Outcome::NoToken { why }
        | Outcome::Unknown { why } => why.clone(),
        Outcome::Later { reply, .. } => format!("not now, it says: {} {}", reply.code, reply.text),
        Outcome::Refused(reply) | Outcome::Sent(reply) => format!("it says: {} {}", reply.code, reply.text),
    }
}
