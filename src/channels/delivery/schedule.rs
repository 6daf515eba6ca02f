//! When to try again: for one letter, and for a relay that does not answer. Pure: time and chance are passed in.

use super::outcome::Outcome;
use crate::channels::rate::{Bucket, Rate};
use crate::message::delivery::Kind;
use crate::routing::ids::{Span, Timestamp};

/// What is remembered of a letter between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    pub kind: Kind,
    /// When the other side first put it off; an acknowledgement: when it was made.
    pub since: Timestamp,
    /// Attempts that ended in [`Outcome::Later`].
    pub later: u32,
    /// Attempts that ended in [`Outcome::Unknown`].
    pub unknown: u32,
}

/// What is to be done with a letter after an attempt. `tried` counts that attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is with the relay.
    Done,
    At(Timestamp),
    /// As soon as the relay's [`Breaker`] lets anybody pass.
    WithRelay,
    /// It failed; the contact must say so.
    GiveUp,
    /// It may have arrived; trying again would risk sending it twice.
    LeaveUnknown,
}

const WAITS: [Span; 7] = [
    Span::mins(1),
    Span::mins(5),
    Span::mins(15),
    Span::mins(30),
    Span::mins(60),
    Span::mins(120),
    Span::mins(240), // and again every four hours
];
const GIVE_UP: Span = Span::mins(48 * 60);
/// "We have your message" from yesterday only confuses.
const GIVE_UP_ACKNOWLEDGEMENT: Span = Span::mins(4 * 60);
/// Longer than any relay takes to make up its mind about the final dot.
const AFTER_UNKNOWN: Span = Span::mins(10);

/// When to try a letter again.
///
/// `chance` is a number from 0 to 1 drawn by the caller; it moves a wait by ±20 %.
pub fn next(tried: Tried, outcome: &Outcome, now: Timestamp, chance: f64) -> Next {
    let acknowledgement = tried.kind == Kind::Acknowledgement;
    let last = tried.since + if acknowledgement { GIVE_UP_ACKNOWLEDGEMENT } else { GIVE_UP };
    match outcome {
        Outcome::Sent(_) => Next::Done,
        Outcome::Refused(_) => Next::GiveUp,
        Outcome::Later { .. } => {
            let step = (tried.later.max(1) as usize - 1).min(WAITS.len() - 1);
            let at = now + jitter(WAITS[step], chance);
            if at > last { Next::GiveUp } else { Next::At(at) }
        }
        Outcome::Unknown { .. } if tried.kind == Kind::Reply && tried.unknown <= 1 => Next::At(now + AFTER_UNKNOWN),
        Outcome::Unknown { .. } => Next::LeaveUnknown,
        // a relay that is away is no fault of the letter: replies wait as long as it takes
        Outcome::Unreachable { .. } | Outcome::Misconfigured { .. } | Outcome::NoToken { .. } => {
            if acknowledgement && now > last { Next::GiveUp } else { Next::WithRelay }
        }
    }
}

fn jitter(wait: Span, chance: f64) -> Span {
    Span((wait.0 as f64 * (0.8 + 0.4 * chance.clamp(0.0, 1.0))) as i64)
}

/// Whether a relay may be bothered: its rate, and a pause that grows while it does not answer.
#[derive(Debug)]
pub struct Breaker {
    rate: Rate,
    bucket: Bucket,
    /// Failures of the line in a row.
    failures: u32,
    until: Timestamp,
}

/// The first wait for a relay that is away; doubled each time.
const AWAY: Span = Span::secs(1);
/// The longest; also the wait when people must act, so that nobody's account is locked by our trying.
const AWAY_MAX: Span = Span::mins(5);
/// The first wait for an access token that the relay takes; doubled each time.
const TOKEN: Span = Span::secs(15);
/// Peace for a relay that asks for it.
const PEACE: Span = Span::mins(1);
/// One letter tries the line after a pause; the others wait this long for what it finds.
const PROBE: Span = Span::mins(1);

impl Breaker {
    /// `per_second` letters on average, that many at once (at least one).
    pub fn new(per_second: f64) -> Breaker {
        let per_second = if per_second.is_finite() { per_second.clamp(0.01, 1000.0) } else { 1.0 };
        let refill = Span((1e6 / per_second) as i64);
        let rate = Rate { burst: per_second.ceil() as u32, refill };
        Breaker { rate, bucket: Bucket::default(), failures: 0, until: Timestamp::default() }
    }

    /// Take leave to send one letter, or hear how long to wait.
    pub fn ask(&mut self, now: Timestamp) -> Result<(), Span> {
        if now < self.until {
            return Err(self.until - now);
        }
        self.bucket.take(self.rate, now)?;
        if self.failures > 0 {
            self.until = now + PROBE;
        }
        Ok(())
    }

    /// Leave was taken and the line not used after all: whoever asks next may look whether it is well.
    pub fn unused(&mut self, now: Timestamp) {
        self.until = self.until.min(now);
    }

    /// Learn from an attempt. `chance` as in [`next`]: two daemons must not knock in step.
    pub fn heard(&mut self, outcome: &Outcome, now: Timestamp, chance: f64) {
        let doubled = |first: Span| Span((first.0 << self.failures.min(20)).min(AWAY_MAX.0));
        let wait = match outcome {
            Outcome::Unreachable { .. } => doubled(AWAY),
            Outcome::Misconfigured { .. } => AWAY_MAX,
            Outcome::NoToken { .. } => doubled(TOKEN),
            Outcome::Later { pause_relay: true, .. } => doubled(PEACE),
            Outcome::Unknown { .. } => AWAY,
            _ => {
                self.failures = 0;
                self.until = Timestamp::default();
                return;
            }
        };
        self.failures += 1;
        self.until = now + jitter(wait, chance);
    }

    /// Attempts that failed in a row because of the line.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Reply;
    use super::*;

    const START: Timestamp = Timestamp(1_795_446_300_000_000);

    fn later() -> Outcome {
        Outcome::Later { reply: Reply::new(450, "4.2.0 busy"), pause_relay: false }
    }

    fn away() -> Outcome {
        Outcome::Unreachable { why: "away".into() }
    }

    fn unknown() -> Outcome {
        Outcome::Unknown { why: "silence".into() }
    }

    /// Minutes from the start at which a letter that is always put off is tried, and when it is given up.
    fn life(kind: Kind, chance: f64) -> Vec<i64> {
        let mut tried = Tried { kind, since: START, later: 0, unknown: 0 };
        let (mut now, mut minutes) = (START, Vec::new());
        loop {
            tried.later += 1;
            match next(tried, &later(), now, chance) {
                Next::At(at) => now = at,
                Next::GiveUp => return minutes,
                other => panic!("{other:?}"),
            }
            minutes.push((now - START).as_secs() / 60);
        }
    }

    #[test]
    fn a_letter_put_off_is_tried_ever_more_rarely_for_two_days_an_acknowledgement_for_four_hours() {
        let reply = life(Kind::Reply, 0.5);
        assert_eq!(reply[..8], [1, 6, 21, 51, 111, 231, 471, 711]);
        assert!(*reply.last().unwrap() <= 48 * 60 && *reply.last().unwrap() > 44 * 60 - 1);
        assert_eq!(life(Kind::Acknowledgement, 0.5), [1, 6, 21, 51, 111, 231]);
        assert_eq!(life(Kind::Reply, 0.0)[..3], [0, 4, 16], "a fifth sooner");
        assert_eq!(life(Kind::Reply, 1.0)[..3], [1, 7, 25], "a fifth later");
        assert_eq!(life(Kind::Reply, 7.0)[..3], [1, 7, 25], "no chance goes beyond");
    }

    #[test]
    fn only_a_reply_is_tried_again_when_nobody_knows_and_only_once() {
        let tried = |kind, unknown| Tried { kind, since: START, later: 0, unknown };
        assert_eq!(next(tried(Kind::Reply, 1), &unknown(), START, 0.9), Next::At(START + Span::mins(10)));
        assert_eq!(next(tried(Kind::Reply, 2), &unknown(), START, 0.9), Next::LeaveUnknown);
        for kind in [Kind::Acknowledgement, Kind::Notice, Kind::Transcript] {
            assert_eq!(next(tried(kind, 1), &unknown(), START, 0.9), Next::LeaveUnknown);
        }
    }

    #[test]
    fn what_is_wrong_with_the_line_costs_a_letter_nothing() {
        let reply = Tried { kind: Kind::Reply, since: START, later: 0, unknown: 0 };
        let week = START + Span::mins(7 * 24 * 60);
        assert_eq!(next(reply, &away(), week, 0.5), Next::WithRelay);
        let acknowledgement = Tried { kind: Kind::Acknowledgement, ..reply };
        assert_eq!(next(acknowledgement, &away(), START + Span::mins(239), 0.5), Next::WithRelay);
        assert_eq!(next(acknowledgement, &away(), START + Span::mins(241), 0.5), Next::GiveUp);
    }

    #[test]
    fn a_relay_that_is_away_is_asked_ever_more_rarely_and_by_one_letter() {
        let mut breaker = Breaker::new(2.0);
        let mut now = START;
        let mut waits = Vec::new();
        for _ in 0..11 {
            assert_eq!(breaker.ask(now), Ok(()));
            breaker.heard(&away(), now, 0.5);
            let wait = breaker.ask(now).unwrap_err();
            waits.push(wait.as_secs());
            now = now + wait;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(breaker.ask(now), Ok(()), "one goes to look");
        assert_eq!(breaker.ask(now), Err(PROBE), "the others wait for it");
        breaker.heard(&Outcome::Sent(Reply::new(250, "ok")), now, 0.5);
        assert_eq!((breaker.ask(now), breaker.failures()), (Ok(()), 0));
    }

    #[test]
    fn a_wrong_password_is_not_tried_in_a_hurry_and_a_tired_relay_has_its_peace() {
        let mut breaker = Breaker::new(2.0);
        breaker.heard(&Outcome::Misconfigured { why: "535".into() }, START, 0.5);
        assert_eq!(breaker.ask(START), Err(Span::mins(5)));
        let mut breaker = Breaker::new(2.0);
        for secs in [15, 30, 60, 120, 240, 300, 300] {
            breaker.heard(&Outcome::NoToken { why: "invalid_client".into() }, START, 0.5);
            assert_eq!(breaker.ask(START), Err(Span::secs(secs)), "a refused token locks nothing");
        }
        let mut breaker = Breaker::new(2.0);
        let tired = Outcome::Later { reply: Reply::new(421, ""), pause_relay: true };
        breaker.heard(&tired, START, 0.5);
        assert_eq!(breaker.ask(START), Err(Span::mins(1)));
        let mut breaker = Breaker::new(2.0);
        breaker.heard(&later(), START, 0.5);
        assert_eq!(breaker.ask(START), Ok(()), "one letter put off does not hold up the others");
    }

    #[test]
    fn no_more_than_the_rate() {
        let mut breaker = Breaker::new(2.0);
        let sent = (0..100).filter(|tenth| breaker.ask(START + Span::millis(tenth * 100)).is_ok()).count();
        assert!((20..=22).contains(&sent), "{sent} in ten seconds");
        let mut slow = Breaker::new(0.5);
        assert_eq!((slow.ask(START), slow.ask(START)), (Ok(()), Err(Span::secs(2))));
        assert!(Breaker::new(f64::NAN).ask(START).is_ok(), "nonsense is no panic");
    }
}
