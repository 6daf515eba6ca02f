//! Mail that says what became of ours: delivery status notifications (RFC 3464), and the ones from before there was a form.

use super::header::{Headers, cut, header_block};
use super::read::{Mail, ReturnPath};
use super::token::{Ours, Tokens};
use crate::message::clean_line;

/// Characters of a diagnostic shown to a rep.
const DIAGNOSTIC_MOST: usize = 300;

/// What a server did with our mail (RFC 3464 §2.3.3). Worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Failed,
    /// Still trying: no failure.
    Delayed,
    Delivered,
    Relayed,
    Expanded,
}

/// One notification. Personal data: never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Bounce {
    pub action: Action,
    /// Enhanced status code (RFC 3463), such as `5.1.1`.
    pub status: Option<String>,
    /// The address that failed.
    pub recipient: Option<String>,
    /// What the server said, for the rep.
    pub diagnostic: Option<String>,
    /// Which of our mails this is about; `None` if it cannot be told.
    pub ours: Option<Ours>,
}

/// Read a notification. `None` when the mail is none.
pub fn read(mail: &Mail, tokens: &Tokens) -> Option<Bounce> {
    let status = mail.report.kind.as_deref().is_some_and(|kind| kind.ends_with("delivery-status"));
    let mut bounce = if status { worst(&mail.report.fields) } else { unformed(mail, tokens) }?;
    bounce.ours = ours(mail, tokens);
    Some(bounce)
}

/// The worst of the per-recipient groups.
fn worst(fields: &str) -> Option<Bounce> {
    let groups = fields.replace("\r\n", "\n");
    // The first group is about the whole message, but some servers forget the empty line behind it.
    let read = groups.split("\n\n").map(|group| Headers::read(group.as_bytes())).filter_map(|group| recipient(&group));
    read.min_by_key(|bounce| bounce.action)
}

fn recipient(group: &Headers) -> Option<Bounce> {
    let action = match group.keyword("action")?.as_str() {
        "failed" => Action::Failed,
        "delayed" => Action::Delayed,
        "delivered" => Action::Delivered,
        "relayed" => Action::Relayed,
        "expanded" => Action::Expanded,
        _ => return None,
    };
    let typed = |name: &str| {
        let text = group.text(name)?;
        Some(clean_line(text.split_once(';').map_or(text.as_str(), |(_, value)| value)))
    };
    let recipient = typed("final-recipient").or_else(|| typed("original-recipient"));
    let diagnostic = typed("diagnostic-code").map(|text| cut(&text, DIAGNOSTIC_MOST).to_string());
    let status = group.keyword("status").and_then(|text| status_code(&text));
    let status = status.or_else(|| diagnostic.as_deref().and_then(status_code));
    Some(Bounce { action, status, recipient: recipient.map(without_brackets), diagnostic, ours: None })
}

fn without_brackets(address: String) -> String {
    address.trim_matches(['<', '>', ' ']).to_string()
}

/// Servers that write prose: recognised by their address and a mark of ours, or by the fields they add.
fn unformed(mail: &Mail, tokens: &Tokens) -> Option<Bounce> {
    let failed = mail.headers.text("x-failed-recipients");
    let from_server = mail.return_path == ReturnPath::Null || mail.from.as_ref().is_some_and(|f| is_server(&f.address));
    let about_ours = from_server && ours(mail, tokens).is_some();
    // An answering machine also answers to nobody; it says what it is.
    let automatic = mail.headers.keyword("auto-submitted").is_some_and(|v| v == "auto-replied") && failed.is_none();
    let by_daemon = mail.from.as_ref().is_some_and(|f| is_server(&f.address));
    if failed.is_none() && (!about_ours || (automatic && !by_daemon)) {
        return None;
    }
    let text = format!("{}\n{}", mail.subject, mail.text);
    let line = text.lines().find(|line| status_code(line).is_some() || reply_code(line).is_some());
    let status = line.and_then(status_code);
    let says = text.to_ascii_lowercase();
    let waiting = ["delayed", "still being retried", "will be retried", "will keep trying", "not yet been delivered"];
    let delayed = status.as_deref().map_or(waiting.iter().any(|w| says.contains(w)), |s| s.starts_with('4'));
    let named = mail
        .text
        .split(|c: char| c.is_whitespace() || "<>:,;()".contains(c))
        .find(|w| w.contains('@') && !w.starts_with("c."));
    Some(Bounce {
        action: if delayed { Action::Delayed } else { Action::Failed },
        status,
        recipient: failed.or_else(|| named.map(str::to_string)),
        diagnostic: line.map(|line| cut(&clean_line(line), DIAGNOSTIC_MOST).to_string()),
        ours: None,
    })
}

/// An address that only servers send from.
pub fn is_server(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    matches!(local.as_str(), "mailer-daemon" | "postmaster" | "mail-daemon" | "mailerdaemon")
}

/// The first `4.x.x` or `5.x.x` (also `2.x.x`) standing alone.
fn status_code(text: &str) -> Option<String> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let status = |word: &&str| {
        let parts: Vec<&str> = word.trim_matches('.').split('.').collect();
        let digits = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts.iter().all(digits)
    };
    words.map(|w| w.trim_matches('.')).find(|w| status(w)).map(str::to_string)
}

/// An SMTP reply code that means failure.
fn reply_code(line: &str) -> Option<u16> {
    let code = line.trim_start().split([' ', '-']).next()?;
    code.parse().ok().filter(|c| (400..600).contains(c) && code.len() == 3)
}

/// Which of our mails: by the returned header, the return path it came to, or a mark anywhere in the text.
fn ours(mail: &Mail, tokens: &Tokens) -> Option<Ours> {
    let returned = mail.report.returned.as_deref().and_then(|bytes| {
        let headers = Headers::read(header_block(bytes));
        headers.texts("message-id").find_map(|id| tokens.read_message_id(&id))
    });
    returned
        .or_else(|| mail.addressed.all().find_map(|address| tokens.read_return_address(address)))
        .or_else(|| {
            mail.in_reply_to.iter().chain(mail.references.iter().rev()).find_map(|id| tokens.read_message_id(id))
        })
        .or_else(|| tokens.in_text(&mail.text))
}
