//! Signs that a machine filled in a form. They mark a request for the rep; they never refuse one.
//!
//! People use autofill, slow readers and old tabs, so a wrong guess must cost nothing.

use crate::channels::visitor::{Secret, sign};
use crate::routing::ids::{Span, Timestamp};
use subtle::ConstantTimeEq;

/// The field nobody sees: whoever fills it in reads the page's source, or has a helpful browser.
pub const HONEYPOT: &str = "website";
/// Nobody reads and fills in a form faster.
const TOO_FAST: Span = Span::secs(3);
/// A page kept this long may have been copied.
const TOO_OLD: Span = Span::mins(24 * 60);
/// More links than anybody needs to describe a pothole.
const LINKS_MAX: usize = 5;

/// What a page gives out to get back: its own id, and when it was shown, signed.
#[derive(Clone, Debug)]
pub struct Shown {
    pub submission_id: String,
    pub at: String,
}

impl Shown {
    pub fn new(service: &str, now: Timestamp, key: &[u8; 32]) -> Shown {
        let submission_id = Secret::random().reveal();
        let at = format!("{}.{}", now.0, signature(service, &submission_id, now, key));
        Shown { submission_id, at }
    }
}

/// An id as [`Shown`] makes it, or as a page of someone else's might.
pub fn is_submission_id(text: &str) -> bool {
    (16..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Does it look as if no person had sent this page?
pub fn of_page(honeypot: bool, service: &str, id: &str, shown: &str, now: Timestamp, key: &[u8; 32]) -> bool {
    let shown_at = shown.split_once('.').and_then(|(at, signed)| {
        let at = Timestamp(at.parse().ok()?);
        let right = signature(service, id, at, key);
        bool::from(right.as_bytes().ct_eq(signed.as_bytes())).then_some(at)
    });
    honeypot || shown_at.is_none_or(|at| now - at < TOO_FAST || now - at > TOO_OLD)
}

/// Does what it says look like advertising?
pub fn of_text(text: &str) -> bool {
    text.match_indices("://").count() > LINKS_MAX
}

/// Half an HMAC is enough for a hint.
fn signature(service: &str, id: &str, at: Timestamp, key: &[u8; 32]) -> String {
    let signed = sign(key, &[b"shown", service.as_bytes(), id.as_bytes(), &at.0.to_be_bytes()]);
    super::identity::hex(&signed[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [1; 32];

    #[test]
    fn too_fast_too_old_forged_or_too_helpful() {
        let start = Timestamp(1_700_000_000_000_000);
        let shown = Shown::new("pothole", start, &KEY);
        let doubt =
            |honeypot, after: Span| of_page(honeypot, "pothole", &shown.submission_id, &shown.at, start + after, &KEY);
        assert!(!doubt(false, Span::secs(30)));
        assert!(doubt(true, Span::secs(30)));
        assert!(doubt(false, Span::secs(2)));
        assert!(doubt(false, Span::mins(25 * 60)));
        let later = start + Span::secs(30);
        assert!(of_page(false, "graffiti", &shown.submission_id, &shown.at, later, &KEY), "another form's");
        assert!(of_page(false, "pothole", "0123456789abcdef", &shown.at, later, &KEY), "another page's");
        assert!(of_page(false, "pothole", &shown.submission_id, &shown.at, later, &[2; 32]), "another server's");
        for forged in ["", ".", "x.y", "1700000000000000.", "99999999999999999999.aa"] {
            assert!(of_page(false, "pothole", &shown.submission_id, forged, later, &KEY), "{forged}");
        }
        assert!(is_submission_id(&shown.submission_id));
    }

    #[test]
    fn many_links_are_doubtful_and_a_few_are_not() {
        assert!(!of_text(&"see https://example.com ".repeat(5)));
        assert!(of_text(&"see https://example.com ".repeat(6)));
    }
}
