//! The shape of a mail, found on the raw bytes before any parser sees them, and refused when it is beyond all measure.
//!
//! One pass over the lines with a short list of open boundaries: no recursion, no copy of the content. A nested message
//! is one part; it is walked only to count what is in it, since whoever opens it later will have to read it.

use super::header::{Headers, Line, Lines, split};
use super::parameter::Parameterised;
use super::transfer::Transfer;
use std::ops::Range;

pub const RAW_MOST: usize = 25 * 1024 * 1024;
pub const HEADER_BLOCK_MOST: usize = 100 * 1024;
pub const HEADERS_MOST: usize = 500;
pub const MULTIPART_DEPTH_MOST: usize = 20;
pub const MESSAGE_DEPTH_MOST: usize = 5;
pub const PARTS_MOST: usize = 500;
pub const ADDRESSES_MOST: usize = 200;
pub const LINE_MOST: usize = 64 * 1024;
pub const DECODED_MOST: usize = 50 * 1024 * 1024;

/// The fields that hold addresses and are read.
const ADDRESS_FIELDS: [&str; 6] = ["from", "to", "cc", "bcc", "reply-to", "sender"];

/// What there was too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    RawSize,
    HeaderBlock,
    Headers,
    MultipartDepth,
    MessageDepth,
    Parts,
    Addresses,
    LineLength,
    DecodedTotal,
}

/// A mail beyond a limit: what, and where it was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} at byte {at}", what.sentence())]
pub struct TooMuch {
    pub what: Limit,
    /// Offset in the raw bytes.
    pub at: usize,
}

impl Limit {
    /// For the supervisor who decides about a held mail.
    pub fn sentence(self) -> &'static str {
        match self {
            Limit::RawSize => "larger than 25 MiB",
            Limit::HeaderBlock => "a header block longer than 100 KiB",
            Limit::Headers => "more than 500 headers",
            Limit::MultipartDepth => "parts nested more than 20 deep",
            Limit::MessageDepth => "messages nested more than 5 deep",
            Limit::Parts => "more than 500 parts",
            Limit::Addresses => "more than 200 addresses",
            Limit::LineLength => "a line longer than 64 KiB",
            Limit::DecodedTotal => "more than 50 MiB once decoded",
        }
    }
}

/// A mail's header block and its parts in order, as places in the raw bytes.
pub struct Shape {
    pub headers: Headers,
    pub parts: Vec<Part>,
}

/// One part that holds something itself: text, a file, or a whole nested message.
pub struct Part {
    pub headers: Headers,
    pub content: Parameterised,
    pub body: Range<usize>,
    /// Parts with the same number say the same thing in different forms (multipart/alternative).
    pub alternative: Option<usize>,
}

/// Find the shape, or the first limit it breaks.
pub fn scan(raw: &[u8]) -> Result<Shape, TooMuch> {
    if raw.len() > RAW_MOST {
        return Err(TooMuch { what: Limit::RawSize, at: RAW_MOST });
    }
    let mut walk =
        Walk { raw, lines: Lines::new(raw, 0), frames: Vec::new(), open: None, parts: Vec::new(), seen: 0, nested: 0 };
    let headers = walk.header_block()?;
    count_addresses(&headers)?;
    let mut next = Some((headers.clone(), false));
    while let Some((block, in_multipart)) = next.take() {
        let message_follows = walk.begin(block, in_multipart)?;
        if message_follows || walk.next_part()? {
            next = Some((walk.header_block()?, !message_follows));
        }
    }
    Ok(Shape { headers, parts: walk.parts })
}

/// An open multipart.
struct Frame {
    /// With its two leading dashes.
    delimiter: Vec<u8>,
    digest: bool,
    alternative: Option<usize>,
    /// How many messages it stands in.
    nested: usize,
    /// Until its first delimiter it may turn out to be no multipart at all.
    unopened: Option<(Headers, usize)>,
}

struct Walk<'a> {
    raw: &'a [u8],
    lines: Lines<'a>,
    frames: Vec<Frame>,
    /// The part being walked, with its start, and how many frames it stands in.
    open: Option<(Part, usize)>,
    parts: Vec<Part>,
    seen: usize,
    /// How many messages deep.
    nested: usize,
}

impl<'a> Walk<'a> {
    fn line(&mut self) -> Result<Option<Line<'a>>, TooMuch> {
        match self.lines.next_line() {
            Some((_, range)) if range.len() > LINE_MOST => Err(TooMuch { what: Limit::LineLength, at: range.start }),
            line => Ok(line),
        }
    }

    /// Read fields up to the empty line that ends them, or to the first line that cannot be one.
    fn header_block(&mut self) -> Result<Headers, TooMuch> {
        let start = self.lines.at;
        let mut fields = 0;
        let mut end = start;
        while let Some((line, range)) = self.line()? {
            if line.is_empty() {
                break;
            }
            let continues = matches!(line[0], b' ' | b'\t') && fields > 0;
            let mailbox_mark = range.start == 0 && (line.starts_with(b"From ") || line.starts_with(b">From "));
            if !continues && !mailbox_mark {
                if split(line).is_none() {
                    self.lines.at = range.start;
                    break;
                }
                fields += 1;
            }
            if fields > HEADERS_MOST {
                return Err(TooMuch { what: Limit::Headers, at: range.start });
            }
            if range.end - start > HEADER_BLOCK_MOST {
                return Err(TooMuch { what: Limit::HeaderBlock, at: range.start });
            }
            end = range.end;
        }
        Ok(Headers::read(&self.raw[start..end]))
    }

    /// Take up the part whose header block was just read. True when another header block follows at once.
    fn begin(&mut self, headers: Headers, in_multipart: bool) -> Result<bool, TooMuch> {
        let at = self.lines.at;
        self.seen += 1;
        if self.seen > PARTS_MOST {
            return Err(TooMuch { what: Limit::Parts, at });
        }
        let digest = in_multipart && self.frames.last().is_some_and(|f| f.digest);
        let otherwise: &[u8] = if digest { b"message/rfc822" } else { b"text/plain" };
        let content = Parameterised::read(headers.first_raw("content-type").unwrap_or(otherwise));
        if let Some(boundary) =
            content.get("boundary").filter(|b| content.value.starts_with("multipart/") && !b.is_empty())
        {
            let delimiter = format!("--{}", boundary.trim_end()).into_bytes();
            self.push(delimiter, &content.value, headers)?;
            return Ok(false);
        }
        // A multipart that does not say where its parts begin can only be read as it stands.
        let content =
            if content.value.starts_with("multipart/") { Parameterised::read(b"text/plain") } else { content };
        let message = matches!(content.value.as_str(), "message/rfc822" | "message/global")
            && transfer(&headers) == Transfer::Identity;
        if message {
            self.nested += 1;
        }
        if self.nested > MESSAGE_DEPTH_MOST {
            return Err(TooMuch { what: Limit::MessageDepth, at });
        }
        if self.open.is_none() {
            let part = Part { headers, content, body: at..at, alternative: self.alternative() };
            self.open = Some((part, self.frames.len()));
        }
        Ok(message)
    }

    fn alternative(&self) -> Option<usize> {
        self.frames.last().and_then(|f| f.alternative)
    }

    fn push(&mut self, delimiter: Vec<u8>, kind: &str, headers: Headers) -> Result<(), TooMuch> {
        let at = self.lines.at;
        if self.frames.len() == MULTIPART_DEPTH_MOST {
            return Err(TooMuch { what: Limit::MultipartDepth, at });
        }
        let own = (kind == "multipart/alternative").then_some(self.seen);
        self.frames.push(Frame {
            delimiter,
            digest: kind == "multipart/digest",
            // The outermost one decides: what stands within it is one form of the same thing.
            alternative: self.alternative().or(own),
            nested: self.nested,
            unopened: self.open.is_none().then_some((headers, at)),
        });
        Ok(())
    }

    /// Go on to the next delimiter that opens a part. False at the end of the mail.
    fn next_part(&mut self) -> Result<bool, TooMuch> {
        loop {
            let Some((line, range)) = self.line()? else {
                self.close(0, self.raw.len());
                return Ok(false);
            };
            if !line.starts_with(b"--") {
                continue;
            }
            let line = line.trim_ascii_end();
            let hit = self.frames.iter().enumerate().rev().find_map(|(n, frame)| {
                let rest = line.strip_prefix(frame.delimiter.as_slice())?;
                (rest.is_empty() || rest == b"--").then_some((n, rest.is_empty()))
            });
            let Some((frame, opens)) = hit else { continue };
            self.frames[frame].unopened = None;
            self.close(frame + 1, before_line_end(self.raw, range.start));
            self.nested = self.frames[frame].nested;
            if opens {
                return Ok(true);
            }
            self.frames.truncate(frame);
        }
    }

    /// End every frame from this depth on, and the open part if it stands in one of them.
    fn close(&mut self, depth: usize, end: usize) {
        if let Some((mut part, _)) = self.open.take_if(|(_, within)| *within >= depth) {
            part.body.end = end.max(part.body.start);
            self.parts.push(part);
        }
        for frame in self.frames.drain(depth..) {
            // Announced as a multipart, but without a single part: then it is text, as it stands.
            if let Some((headers, start)) = frame.unopened {
                let content = Parameterised::read(b"text/plain");
                self.parts.push(Part { headers, content, body: start..end.max(start), alternative: None });
            }
        }
    }
}

/// The line ending before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
fn before_line_end(raw: &[u8], at: usize) -> usize {
    let before = &raw[..at];
    let before = before.strip_suffix(b"\n").unwrap_or(before);
    before.strip_suffix(b"\r").unwrap_or(before).len()
}

pub fn transfer(headers: &Headers) -> Transfer {
    Transfer::named(&headers.keyword("content-transfer-encoding").unwrap_or_default())
}

/// Separators outside quotes and comments, and one: never fewer than the addresses there are.
fn count_addresses(headers: &Headers) -> Result<(), TooMuch> {
    let mut count = 0;
    for value in ADDRESS_FIELDS.iter().flat_map(|name| headers.raw(name)) {
        let (mut quoted, mut escaped) = (false, false);
        count += 1;
        for byte in value {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = !quoted,
                b',' | b';' if !quoted => count += 1,
                _ => {}
            }
        }
    }
    if count > ADDRESSES_MOST { Err(TooMuch { what: Limit::Addresses, at: 0 }) } else { Ok(()) }
}
