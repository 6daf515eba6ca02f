//! What our own mail server found out about a mail: SPF, DKIM, DMARC (RFC 8601) and whether it looks like spam.
//!
//! Anyone can write such a field into their own mail. Only the topmost one under our server's name is read; our server
//! must take out others that bear its name (RFC 8601 §5), since nothing here could tell them apart.

use super::header::Headers;
use crate::message::mail::Trust;

/// A spam score of this much, or more, is suspect; SpamAssassin's own default.
const SCORE_SUSPECT: f32 = 5.0;
/// Microsoft's spam confidence level.
const LEVEL_SUSPECT: i32 = 5;

/// The result of one method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    Pass,
    Fail,
    /// The domain asks for doubt rather than refusal.
    SoftFail,
    Neutral,
    /// Could not be checked.
    Error,
    /// Not checked, or the sender's domain publishes nothing.
    #[default]
    None,
}

/// What is known of a mail's sender. Shown to the rep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authenticity {
    pub spf: Outcome,
    pub dkim: Outcome,
    pub dmarc: Outcome,
    pub spam: bool,
}

impl Authenticity {
    /// Is the sender who they say they are? One good signature outweighs a path that changed on the way (forwarding).
    pub fn trust(&self) -> Trust {
        let forged = self.spf == Outcome::Fail && self.dkim != Outcome::Pass;
        match self.dmarc {
            Outcome::Pass => Trust::Authentic,
            Outcome::Fail | Outcome::SoftFail => Trust::Doubtful,
            _ if forged || self.dkim == Outcome::Fail => Trust::Doubtful,
            _ => Trust::Unknown,
        }
    }
}

/// Read the verdicts of the server that calls itself `authserv`; without a name none of them is believed.
pub fn read(headers: &Headers, authserv: Option<&str>) -> Authenticity {
    let mut found = Authenticity { spam: is_spam(headers), ..Authenticity::default() };
    let trusted = |field: &String| authserv.is_some_and(|name| name_of(field).eq_ignore_ascii_case(name));
    let Some(field) = headers.texts("authentication-results").find(trusted) else { return found };
    for result in without_comments(&field).split(';').skip(1) {
        let Some((method, rest)) = result.trim().split_once('=') else { continue };
        let outcome = outcome(rest.trim_start().split(|c: char| c.is_whitespace()).next().unwrap_or_default());
        match method.trim().split('/').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "spf" => found.spf = outcome,
            "dmarc" => found.dmarc = outcome,
            // Several signatures: one good one is enough.
            "dkim" if found.dkim != Outcome::Pass => found.dkim = outcome,
            _ => {}
        }
    }
    found
}

fn name_of(field: &str) -> String {
    without_comments(field).split([';', ' ']).find(|w| !w.is_empty()).unwrap_or_default().to_string()
}

/// Comments in brackets and quotes may hold anything, a semicolon too.
fn without_comments(field: &str) -> String {
    let (mut depth, mut quoted) = (0usize, false);
    let keep = |c: &char| match c {
        '"' if depth == 0 => {
            quoted = !quoted;
            false
        }
        '(' if !quoted => {
            depth += 1;
            false
        }
        ')' if !quoted && depth > 0 => {
            depth -= 1;
            false
        }
        _ => depth == 0 && !quoted,
    };
    field.chars().filter(keep).collect()
}

fn outcome(word: &str) -> Outcome {
    match word.to_ascii_lowercase().as_str() {
        "pass" => Outcome::Pass,
        "fail" | "hardfail" | "policy" => Outcome::Fail,
        "softfail" => Outcome::SoftFail,
        "neutral" => Outcome::Neutral,
        "temperror" | "permerror" => Outcome::Error,
        _ => Outcome::None,
    }
}

/// Whoever claims to be spam is believed.
fn is_spam(headers: &Headers) -> bool {
    let flagged = |name: &str| headers.keyword(name).is_some_and(|v| v.starts_with("yes") || v == "true");
    let number =
        |name: &str| headers.keyword(name).and_then(|v| v.split(' ').next().and_then(|v| v.parse::<f32>().ok()));
    flagged("x-spam-flag")
        || flagged("x-spam-status")
        || flagged("x-spam")
        || number("x-spam-score").is_some_and(|score| score >= SCORE_SUSPECT)
        || number("x-ms-exchange-organization-scl").is_some_and(|level| level as i32 >= LEVEL_SUSPECT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(fields: &str) -> Authenticity {
        read(&Headers::read(fields.as_bytes()), Some("mx.city.example"))
    }

    #[test]
    fn only_our_servers_topmost_word_counts() {
        let ours = "Authentication-Results: mx.city.example 1; spf=pass (sender; ok) smtp.mailfrom=x@example.org;\r\n dkim=fail; dkim=pass header.d=example.org; dmarc=fail (p=none)\r\n";
        let theirs = "Authentication-Results: mx.evil.example; dmarc=pass\r\n";
        let forged = "Authentication-Results: mx.city.example; dmarc=pass; spf=fail\r\n";
        let wanted = Authenticity { spf: Outcome::Pass, dkim: Outcome::Pass, dmarc: Outcome::Fail, spam: false };
        assert_eq!(verdicts(&format!("{theirs}{ours}{forged}")), wanted);
        assert_eq!(verdicts(theirs), Authenticity::default());
        assert_eq!(verdicts("Authentication-Results: (mx.city.example) x; dmarc=pass\r\n"), Authenticity::default());
        assert_eq!(read(&Headers::read(ours.as_bytes()), None), Authenticity::default(), "no name, no belief");
    }

    #[test]
    fn dmarc_decides_and_without_it_a_failed_check_makes_doubtful() {
        let trust = |fields: &str| verdicts(&format!("Authentication-Results: mx.city.example; {fields}\r\n")).trust();
        assert_eq!(trust("spf=fail; dmarc=pass"), Trust::Authentic);
        assert_eq!(trust("spf=pass; dkim=pass; dmarc=fail"), Trust::Doubtful);
        assert_eq!(
            (trust("spf=fail; dkim=pass"), trust("spf=fail"), trust("dkim=fail")),
            (Trust::Unknown, Trust::Doubtful, Trust::Doubtful)
        );
        assert_eq!((trust("spf=pass"), Authenticity::default().trust()), (Trust::Unknown, Trust::Unknown));
    }

    #[test]
    fn spam_is_marked_in_several_ways() {
        for field in [
            "X-Spam-Flag: YES",
            "X-Spam-Status: Yes, score=7",
            "X-Spam-Score: 6.1",
            "X-MS-Exchange-Organization-SCL: 9",
        ] {
            assert!(verdicts(field).spam, "{field}");
        }
        for field in ["X-Spam-Flag: NO", "X-Spam-Score: -1.2", "X-MS-Exchange-Organization-SCL: -1", "Subject: spam"] {
            assert!(!verdicts(field).spam, "{field}");
        }
    }
}
