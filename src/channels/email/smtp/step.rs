//! What a relay's reply means, which depends on the step it answers.

use crate::channels::delivery::{Outcome, Reply};

/// How far an attempt had come when the relay answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Greeting, EHLO, STARTTLS.
    Hello,
    /// AUTH.
    SignIn,
    /// MAIL: about us as sender.
    Sender,
    /// RCPT: about the recipient.
    Recipient,
    /// DATA, and the answer to the final dot: about the letter.
    Letter,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Step::Hello => "the greeting",
            Step::SignIn => "the sign-in",
            Step::Sender => "the sender address",
            Step::Recipient => "the recipient",
            Step::Letter => "the letter",
        }
    }

    /// What a refusing reply means at this step.
    ///
    /// Until a recipient is named every 5xx is about us, not about them: the letter is kept. So is one that a relay declines
    /// for want of a sign-in (530, 535, 538; RFC 4954 §6) at whatever step.
    pub fn outcome(self, reply: Reply) -> Outcome {
        let about_us = matches!(self, Step::Hello | Step::SignIn | Step::Sender);
        match reply.code {
            // 421 closing, 432 too many connections or password in transition, 454 sign-in or TLS not now
            421 | 432 | 454 => Outcome::Later { reply, pause_relay: true },
            400..=499 => Outcome::Later { pause_relay: matches!(self, Step::Hello | Step::SignIn), reply },
            500..=599 if about_us || matches!(reply.code, 530 | 535 | 538) => Outcome::Misconfigured {
                why: format!("the relay refuses {}: {} {}", self.name(), reply.code, reply.text),
            },
            500..=599 => Outcome::Refused(reply),
            _ => Outcome::nonsense(reply),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(step: Step, code: u16) -> &'static str {
        match step.outcome(Reply::new(code, "x")) {
            Outcome::Sent(_) => "sent",
            Outcome::Refused(_) => "refused",
            Outcome::Later { pause_relay: true, .. } => "pause",
            Outcome::Later { .. } => "later",
            Outcome::Unknown { .. } => "unknown",
            Outcome::Unreachable { .. } => "unreachable",
            Outcome::Misconfigured { .. } => "misconfigured",
            Outcome::NoToken { .. } => "no token",
        }
    }

    #[test]
    fn a_reply_means_what_its_step_makes_it_mean() {
        use Step::*;
        let table = [
            (Hello, 554, "misconfigured"),
            (Hello, 421, "pause"),
            (Hello, 450, "pause"),
            (SignIn, 535, "misconfigured"),
            (SignIn, 454, "pause"),
            (SignIn, 432, "pause"),
            (Sender, 550, "misconfigured"),
            (Sender, 451, "later"),
            (Recipient, 550, "refused"),
            (Recipient, 530, "misconfigured"),
            (Recipient, 450, "later"),
            (Recipient, 421, "pause"),
            (Letter, 554, "refused"),
            (Letter, 452, "later"),
            (Letter, 354, "later"),
            (Letter, 200, "later"),
        ];
        for (step, code, means) in table {
            assert_eq!(kind(step, code), means, "{code} at {step:?}");
        }
    }
}
