//! What a mail says and what came with it: the best text, the HTML as it was, and the files.

use super::header::cut;
use super::html;
use super::parameter::Parameterised;
use super::scan::{DECODED_MOST, Limit, Part, Shape, TooMuch, transfer};
use super::{charset, quote};
use crate::message::{clean_line, is_hidden};
use bytes::Bytes;

/// Longer text is cut; the raw mail is kept anyway.
pub const TEXT_MOST: usize = 1024 * 1024;
/// A text this short beside an HTML form of at least `STUB_HTML` is a stub: "please view in HTML".
const STUB_TEXT: usize = 20;
const STUB_HTML: usize = 100;
/// Bytes that are read of a machine's report.
const REPORT_MOST: usize = 64 * 1024;
/// Characters of a file name.
const NAME_MOST: usize = 100;

/// A file that came with a mail. Kept and served under a name of our own; this one is only shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// No path, no controls, no direction overrides; never empty.
    pub name: String,
    /// What the sender says it is. To be found out by content.
    pub declared_type: String,
    pub bytes: Bytes,
    /// Meant to be shown within the text rather than beside it.
    pub inline: bool,
    /// Without angle brackets.
    pub content_id: Option<String>,
}

/// Everything below the header block.
#[derive(Default)]
pub struct Body {
    /// The whole text.
    pub text: String,
    /// Without quotation and signature; what language and topic are told by.
    pub new_text: String,
    /// Quotation and signature.
    pub folded: String,
    /// As it came, if there is any and it is not too large to be shown.
    pub html: Option<String>,
    pub enclosures: Vec<Enclosure>,
    /// The parts that machines write for machines.
    pub report: Report,
}

/// The machine-readable parts of a multipart/report (RFC 6522), and what it returns of our mail.
#[derive(Default)]
pub struct Report {
    /// Fields of message/delivery-status, message/disposition-notification or message/feedback-report.
    pub fields: String,
    /// The media type those came in.
    pub kind: Option<String>,
    /// The header of the returned mail, perhaps followed by its text.
    pub returned: Option<Bytes>,
}

/// A readable part: plain or HTML.
struct Piece {
    alternative: Option<usize>,
    html: bool,
    text: String,
}

/// Decode the parts of a mail in order.
pub fn read(raw: &[u8], shape: &Shape, forwarded: bool) -> Result<Body, TooMuch> {
    let mut body = Body::default();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut decoded = 0;
    for part in &shape.parts {
        let bytes = transfer(&part.headers).decode(&raw[part.body.clone()]);
        decoded += bytes.len();
        if decoded > DECODED_MOST {
            return Err(TooMuch { what: Limit::DecodedTotal, at: part.body.start });
        }
        if is_readable(part, pieces.is_empty()) {
            pieces.push(piece(part, &bytes));
        } else {
            let enclosure = enclosure(part, bytes.into(), body.enclosures.len() + 1);
            machine_part(&mut body.report, &part.content.value, &enclosure.bytes);
            body.enclosures.push(enclosure);
        }
    }
    let content = Parameterised::read(shape.headers.first_raw("content-type").unwrap_or_default());
    if content.value != "multipart/report" {
        // Somebody passes such a part on: that is no notification.
        body.report.kind = None;
    }
    let html: String = pieces.iter().filter(|p| p.html).map(|p| p.text.as_str()).collect();
    body.text = best_text(&pieces);
    shorten(&mut body.text);
    split(&mut body, &html, forwarded);
    body.html = Some(html).filter(|html| !html.trim().is_empty() && html.len() <= html::HTML_MOST);
    Ok(body)
}

fn disposition(part: &Part) -> Parameterised {
    Parameterised::read(part.headers.first_raw("content-disposition").unwrap_or_default())
}

/// Text for people, rather than a file that happens to be text.
fn is_readable(part: &Part, first: bool) -> bool {
    let disposition = disposition(part);
    let named = disposition.get("filename").is_some() || (part.content.get("name").is_some() && !first);
    // `text` alone was allowed long ago (RFC 1049).
    matches!(part.content.value.as_str(), "text/plain" | "text/html" | "text" | "")
        && disposition.value != "attachment"
        && !named
}

fn piece(part: &Part, bytes: &[u8]) -> Piece {
    let html = part.content.value == "text/html";
    let declared = part.content.get("charset").map(str::to_string);
    let mut text = charset::decode(bytes, declared.as_deref());
    shorten(&mut text);
    if !html {
        text = text.replace("\r\n", "\n");
        text.retain(|c| c == '\n' || c == '\t' || !c.is_control());
        if part.content.get("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed")) {
            text = unflow(&text, part.content.get("delsp").is_some_and(|d| d.eq_ignore_ascii_case("yes")));
        }
    }
    Piece { alternative: part.alternative, html, text }
}

/// Cut a text to what is kept of it, at the end of a character.
fn shorten(text: &mut String) {
    text.truncate(text.floor_char_boundary(TEXT_MOST));
}

/// Join the lines of a flowed text (RFC 3676): a space at the end says that the paragraph goes on.
fn unflow(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for (n, line) in text.split('\n').enumerate() {
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let content = &line[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        if open != Some(depth) {
            out.push_str(if n > 0 { "\n" } else { "" });
            out.extend(std::iter::repeat_n('>', depth));
            out.push_str(if depth > 0 { " " } else { "" });
        }
        let flows = content.ends_with(' ') && content != "-- ";
        out.push_str(if flows && delete_space { &content[..content.len() - 1] } else { content });
        open = flows.then_some(depth);
    }
    out
}

/// Of each set of alternatives the plain form, unless it is empty or a stub; everything else in order.
fn best_text(pieces: &[Piece]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let group = |p: &&Piece| piece.alternative.is_some() && p.alternative == piece.alternative;
        if pieces[..at].iter().any(|p| group(&p)) {
            continue;
        }
        let mine: Vec<&Piece> =
            if piece.alternative.is_some() { pieces.iter().filter(group).collect() } else { vec![piece] };
        let plain: Vec<&str> =
            mine.iter().filter(|p| !p.html).map(|p| p.text.trim()).filter(|t| !t.is_empty()).collect();
        let plain = plain.join("\n\n");
        if plain.chars().count() >= STUB_TEXT {
            texts.push(plain);
            continue;
        }
        let from_html = html::to_text(&mine.iter().filter(|p| p.html).map(|p| p.text.as_str()).collect::<String>());
        texts.push(if plain.is_empty() || from_html.chars().count() > STUB_HTML { from_html } else { plain });
    }
    texts.retain(|t| !t.is_empty());
    texts.join("\n\n")
}

/// Cut the quotation off: by its lines, or by the marks in the HTML, which know every language.
fn split(body: &mut Body, html: &str, forwarded: bool) {
    let mut by_lines = quote::split(&body.text, forwarded);
    if !by_lines.quoted
        && !forwarded
        && let Some((before, after)) = html::split_quotation(html)
    {
        let before = html::to_text(before);
        if !before.is_empty() {
            let after = html::to_text(after);
            let own = quote::split(&before, false);
            let folded = [own.folded.as_str(), after.as_str()].join("\n");
            by_lines = quote::Split { new: own.new, folded: folded.trim().to_string(), quoted: true };
        }
    }
    body.new_text = by_lines.new;
    body.folded = by_lines.folded;
}

fn machine_part(report: &mut Report, kind: &str, bytes: &Bytes) {
    match kind {
        "message/delivery-status"
        | "message/global-delivery-status"
        | "message/disposition-notification"
        | "message/feedback-report" => {
            report.fields = charset::decode(&bytes[..bytes.len().min(REPORT_MOST)], Some("utf-8"));
            report.kind = Some(kind.to_string());
        }
        "message/rfc822"
        | "message/global"
        | "text/rfc822-headers"
        | "message/rfc822-headers"
        | "message/global-headers" => report.returned = Some(bytes.clone()),
        _ => {}
    }
}

fn enclosure(part: &Part, bytes: Bytes, number: usize) -> Enclosure {
    let disposition = disposition(part);
    let named = disposition.get("filename").or_else(|| part.content.get("name")).map(file_name);
    let ending = match part.content.value.as_str() {
        "message/rfc822" | "message/global" => ".eml",
        "text/calendar" => ".ics",
        "application/pdf" => ".pdf",
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        _ => "",
    };
    let content_id = part.headers.text("content-id").map(|id| id.trim_matches(['<', '>', ' ']).to_string());
    Enclosure {
        name: named.filter(|n| !n.is_empty()).unwrap_or_else(|| format!("attachment-{number}{ending}")),
        declared_type: clean_line(&part.content.value),
        inline: disposition.value == "inline" || (disposition.value.is_empty() && content_id.is_some()),
        bytes,
        content_id: content_id.filter(|id| !id.is_empty()),
    }
}

/// What may be shown of a sender's file name: its last component, no controls, nothing that reorders or hides its ending.
pub fn file_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let invisible = |c: char| matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
    let kept: String = last
        .chars()
        .filter(|c| !is_hidden(*c) && !invisible(*c))
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .collect();
    let kept = kept.trim().trim_matches('.').trim();
    let Some((stem, ending)) = kept.rsplit_once('.').filter(|(_, e)| e.chars().count() <= 10) else {
        return cut(kept, NAME_MOST).to_string();
    };
    format!("{}.{ending}", cut(stem, NAME_MOST - 11))
}
