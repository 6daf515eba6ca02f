//! A mail that was kept, read once more so that staff can see it: fields, text, what was folded away, HTML made safe.

use super::mail::header::{Headers, cut};
use super::mail::read::{self, Mail};
use crate::channels::Later;
use crate::channels::post::{MailView, View};
use bytes::Bytes;

/// Fields that a person can make sense of, in the order mail programs show them.
const FIELDS: [(&str, &str); 9] = [
    ("from", "From"),
    ("sender", "Sender"),
    ("reply-to", "Reply-To"),
    ("to", "To"),
    ("cc", "Cc"),
    ("date", "Date"),
    ("subject", "Subject"),
    ("auto-submitted", "Auto-Submitted"),
    ("list-id", "List-Id"),
];
/// Characters of one field that are shown.
const FIELD_MOST: usize = 500;
/// Bytes that are shown of a mail that cannot be read.
const GLIMPSE: usize = 16 << 10;

/// Reads with the reader that also takes mail in, so that staff see what the router saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader;

impl MailView for Reader {
    fn view(&self, raw: Bytes) -> Later<View> {
        Box::pin(async move {
            let seen = tokio::task::spawn_blocking(move || view(&raw)).await;
            seen.unwrap_or_else(|_| View { problem: Some("the reader stopped over it".into()), ..View::default() })
        })
    }
}

/// Blocks, up to ten seconds on a hostile mail.
fn view(raw: &Bytes) -> View {
    match read::read(raw.clone()) {
        Ok(mail) => whole(mail),
        Err(unreadable) => View { problem: Some(unreadable.to_string()), ..glimpse(raw) },
    }
}

fn whole(mail: Mail) -> View {
    let html = mail.safe_html();
    let enclosures =
        mail.enclosures.iter().map(|file| (file.name.clone(), file.declared_type.clone(), file.bytes.len() as u64));
    View {
        headers: fields(&mail.headers),
        enclosures: enclosures.collect(),
        html,
        text: mail.new_text,
        folded: mail.folded,
        problem: None,
    }
}

/// The start of a mail that is beyond a limit or broken, so that a supervisor need not decide blindly.
pub fn glimpse(raw: &[u8]) -> View {
    let start = &raw[..raw.len().min(GLIMPSE)];
    let ends = [&b"\r\n\r\n"[..], b"\n\n"]
        .iter()
        .filter_map(|blank| start.windows(blank.len()).position(|at| at == *blank))
        .min();
    let (head, body) = start.split_at(ends.unwrap_or(start.len()));
    View {
        headers: fields(&Headers::read(head)),
        text: String::from_utf8_lossy(body).trim().to_owned(),
        ..View::default()
    }
}

fn fields(headers: &Headers) -> Vec<(String, String)> {
    let shown = FIELDS.iter().flat_map(|(name, label)| headers.texts(name).map(|value| ((*label).to_owned(), value)));
    shown.map(|(label, value)| (label, cut(&value, FIELD_MOST).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(raw: &str) -> View {
        view(&Bytes::copy_from_slice(raw.as_bytes()))
    }

    #[test]
    fn staff_see_what_was_written_what_was_folded_and_html_that_does_nothing() {
        let mail = "From: =?utf-8?q?Mar=C3=ADa?= <maria@example.org>\r\nSubject: Bache\r\nX-Secret: no\r\n\
            MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
            --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHay un bache.\r\n\r\nOn Mon, 1 Jun 2026 at 9:00, 311 wrote:\r\n> Where?\r\n\
            --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p onclick=\"x()\">Hay un <b>bache</b>.<script>alert(1)</script>\
            <img src=\"https://example.org/t.gif\"></p>\r\n--b--\r\n";
        let view = seen(mail);
        let header = |name: &str| view.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        assert_eq!(header("From"), Some("María <maria@example.org>"));
        assert_eq!(header("Subject"), Some("Bache"));
        assert!(!view.headers.iter().any(|(name, _)| name == "X-Secret"));
        assert_eq!(view.text.trim(), "Hay un bache.");
        assert!(view.folded.contains("Where?"), "{:?}", view.folded);
        let html = view.html.expect("it came as HTML too");
        assert!(html.contains("<b>bache</b>"), "{html}");
        for gone in ["script", "alert", "onclick", "img", "example.org/t.gif"] {
            assert!(!html.contains(gone), "{gone} in {html}");
        }
        assert_eq!(view.problem, None);
    }

    #[test]
    fn a_mail_beyond_a_limit_shows_its_start_and_the_reason() {
        let many = format!("Subject: many\r\n{}\r\nThe text\r\n", "X-A: 1\r\n".repeat(501));
        let view = seen(&many);
        assert!(view.problem.as_deref().is_some_and(|why| why.contains("500 headers")), "{:?}", view.problem);
        assert_eq!(view.headers, [("Subject".to_owned(), "many".to_owned())]);
        assert_eq!(view.text, "The text");
        assert!(seen("no header at all").problem.is_some());
    }
}
