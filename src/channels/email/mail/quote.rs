//! What a person wrote this time, apart from what their mail program repeated below, in one pass over the lines.
//!
//! Nothing is lost: what is folded away is kept beside it. In doubt everything counts as new.

use super::phrases::{ATTRIBUTIONS, DEVICE, FORWARDED, LABELS, ORIGINAL};
use std::collections::BTreeSet;

/// A line of ours that contains this begins what we sent; put it once, at the top of an outgoing mail.
pub const REPLY_ABOVE: &str = "-=-=-=-";

/// Longer lines are text, not marks.
const MARK_MOST: usize = 400;
/// A signature is at most so many lines.
const SIGNATURE_MOST: usize = 15;
/// A repeated header stands within so many lines.
const HEADER_LINES: usize = 6;
/// So many candidates are compared with the phrases, then no more.
const CANDIDATES_MOST: usize = 500;

/// A text in two.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Split {
    pub new: String,
    /// Quotation and signature.
    pub folded: String,
    /// A quotation was recognised.
    pub quoted: bool,
}

/// Split a text. In a forwarded mail the repeated part is the message itself, so only the signature goes.
pub fn split(text: &str, forwarded: bool) -> Split {
    let lines: Vec<&str> = text.lines().collect();
    let end = quotation(&lines, forwarded).unwrap_or(lines.len());
    let inline = inline_answers(&lines[end..]);
    // Quoted lines without an introduction: above the text (answered below it) or behind it.
    let bare = |line: &&&str| !is_quoted(line);
    let (mut head, mut folded): (Vec<&str>, Vec<&str>) = if forwarded || !lines[..end].iter().any(|l| is_quoted(l)) {
        (lines[..end].to_vec(), Vec::new())
    } else {
        (
            lines[..end].iter().filter(bare).copied().collect(),
            lines[..end].iter().copied().filter(|l| is_quoted(l)).collect(),
        )
    };
    let quoted = end < lines.len() || !folded.is_empty();
    let signature = signature(&head);
    let mut new = head.drain(..signature).collect::<Vec<_>>();
    folded.extend(head);
    folded.extend(&lines[end..]);
    if !inline.is_empty() {
        new.push("");
        new.extend(inline);
    }
    let new = tidy(&new);
    if new.is_empty() {
        return Split { new: tidy(&lines), folded: String::new(), quoted: false };
    }
    Split { new, folded: tidy(&folded), quoted }
}

/// Lines joined, without empty ones at either end.
fn tidy(lines: &[&str]) -> String {
    let start = lines.iter().position(|l| !l.trim().is_empty()).unwrap_or(lines.len());
    let end = lines.iter().rposition(|l| !l.trim().is_empty()).map_or(start, |last| last + 1);
    lines[start..end].iter().map(|l| l.trim_end()).collect::<Vec<_>>().join("\n")
}

fn is_quoted(line: &str) -> bool {
    line.starts_with('>') || line.starts_with("＞")
}

/// The first line of the quotation.
fn quotation(lines: &[&str], forwarded: bool) -> Option<usize> {
    let mut candidates = 0;
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim();
        if trimmed.contains(REPLY_ABOVE) {
            return Some(at);
        }
        if forwarded || trimmed.is_empty() || trimmed.len() > MARK_MOST || is_quoted(line) {
            continue;
        }
        if between_dashes(trimmed, FORWARDED) {
            return None;
        }
        if between_dashes(trimmed, ORIGINAL) && trimmed.starts_with(['-', '_']) {
            return Some(at);
        }
        if label(trimmed) == Some(0) && repeats_header(&lines[at..]) {
            let ruled = at > 0
                && lines[at - 1].trim().len() > 9
                && lines[at - 1].trim().bytes().all(|b| b == b'_' || b == b'-');
            return Some(at - usize::from(ruled));
        }
        if trimmed.ends_with([':', '：']) && candidates < CANDIDATES_MOST {
            candidates += 1;
            if let Some(start) = attribution(lines, at) {
                return Some(start);
            }
        }
    }
    None
}

fn between_dashes(line: &str, phrases: &[&str]) -> bool {
    let words = line.trim_matches(['-', '_', '—', '–', ' ', ':', '*', '：']);
    words.chars().count() < 60 && phrases.contains(&words.to_lowercase().as_str())
}

/// Which of From, Sent, To and Subject this line is labelled with.
fn label(line: &str) -> Option<usize> {
    let (name, _) = line.split_once([':', '：'])?;
    let name = name.trim_matches(['*', ' ', '\u{a0}']);
    if name.len() > 60 {
        return None;
    }
    let name = name.to_lowercase();
    LABELS.iter().position(|names| names.contains(&name.as_str()))
}

fn repeats_header(lines: &[&str]) -> bool {
    let written = lines.iter().map(|l| l.trim()).filter(|l| !l.is_empty()).take(HEADER_LINES);
    written.filter_map(label).collect::<BTreeSet<_>>().len() >= 3
}

/// Where the attribution that ends on this line begins; it may be wrapped over three lines.
fn attribution(lines: &[&str], at: usize) -> Option<usize> {
    let mut joined = String::new();
    for start in (at.saturating_sub(2)..=at).rev() {
        let line = lines[start].trim();
        if line.is_empty() || line.len() > MARK_MOST || is_quoted(line) {
            return None;
        }
        joined = if joined.is_empty() { line.to_string() } else { format!("{line} {joined}") };
        if introduces(&joined) {
            // Without a fixed beginning the line before may belong to it; the date does.
            let dated_before =
                start > 0 && !has_year(&joined) && has_year(lines[start - 1]) && lines[start - 1].len() < 120;
            return Some(start - usize::from(dated_before));
        }
    }
    None
}

fn introduces(line: &str) -> bool {
    let plain = line.trim_start_matches(['*', ' ', '\u{200e}', '\u{200f}', '\u{202b}']);
    let phrase = |(start, verb): &(&str, &str)| plain.starts_with(start) && plain.contains(verb);
    // A person may well write "On 5th Street someone wrote:"; a program gives the year, the hour or the address.
    let dated = has_year(line) || line.contains('@') || has_clock(line);
    // Most programs, whatever the language: a date, a name and an address, then a colon.
    let address = has_year(line) && line.contains('@') && line.trim_end_matches([':', '：', ' ']).ends_with('>');
    dated && (address || ATTRIBUTIONS.iter().any(phrase))
}

fn has_year(line: &str) -> bool {
    line.as_bytes().windows(4).any(|w| matches!(w, [b'2', b'0', a, b] if a.is_ascii_digit() && b.is_ascii_digit()))
}

fn has_clock(line: &str) -> bool {
    line.as_bytes().windows(4).any(|w| matches!(w, [a, b':', b, c] if [a, b, c].iter().all(|d| d.is_ascii_digit())))
}

/// Answers written between quoted lines: paragraphs of their own, apart from wrapped rests of quoted lines.
fn inline_answers<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    let Some(first) = rest.iter().position(|l| is_quoted(l)) else { return Vec::new() };
    let mut answers = Vec::new();
    let mut own = false;
    let mut blank = false;
    for line in &rest[first..] {
        if is_quoted(line) {
            (own, blank) = (false, false);
        } else if line.trim().is_empty() {
            blank = true;
            if own {
                answers.push(*line);
            }
        } else if own || blank {
            own = true;
            answers.push(*line);
        }
    }
    // Lines of underscores begin the footer of a list.
    let footer = answers.iter().position(|l| l.starts_with("____")).unwrap_or(answers.len());
    answers.truncate(footer);
    let kept = signature(&answers);
    answers.truncate(kept);
    if answers.iter().all(|l| l.trim().is_empty()) { Vec::new() } else { answers }
}

/// How many lines stand before the signature.
fn signature(lines: &[&str]) -> usize {
    let last = lines.iter().rposition(|l| !l.trim().is_empty()).map_or(0, |at| at + 1);
    let earliest = last.saturating_sub(SIGNATURE_MOST);
    let marked = |at: &usize| {
        let behind = lines[at + 1..last].iter().filter(|l| !l.trim().is_empty()).count();
        matches!(lines[*at].trim_end(), "--" | "—") || (behind <= 2 && is_device(lines[*at]))
    };
    (earliest..last).find(marked).unwrap_or(last)
}

/// Short, because a person may go on: "Sent from my balcony, from where I can see the smoke".
fn is_device(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['-', '*', '_', '\u{200f}', ' ']).to_lowercase();
    line.chars().count() < 50 && DEVICE.iter().any(|phrase| line.starts_with(phrase))
}
