//! Header fields as they stand on the wire, and where a header block ends (RFC 5322 §2.2).

use super::words;
use crate::message::clean_line;
use std::ops::Range;

/// One field, unfolded, its value still in the sender's bytes.
#[derive(Clone)]
pub struct Field {
    /// In lower case.
    name: String,
    value: Vec<u8>,
}

/// The fields of one header block, in order. Personal data: never logged.
#[derive(Clone, Default)]
pub struct Headers(Vec<Field>);

impl Headers {
    /// Read a block found by `Lines::header_block`. Lines that are no field are passed over.
    pub fn read(block: &[u8]) -> Headers {
        let mut fields: Vec<Field> = Vec::new();
        for line in block.split(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.first().is_some_and(|b| matches!(b, b' ' | b'\t')) {
                if let Some(field) = fields.last_mut() {
                    field.value.extend_from_slice(line);
                }
            } else if let Some((name, value)) = split(line) {
                let name = String::from_utf8_lossy(name).to_ascii_lowercase();
                fields.push(Field { name, value: value.to_vec() });
            }
        }
        Headers(fields)
    }

    /// The values of every field of this name (in lower case), topmost first, untouched.
    pub fn raw<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |f| f.name == name).map(|f| f.value.as_slice())
    }

    pub fn first_raw(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|f| f.name == name).map(|f| f.value.as_slice())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, name: &str) -> bool {
        self.first_raw(name).is_some()
    }

    /// The topmost field of this name as readable text: encoded words decoded, controls gone, trimmed.
    pub fn text(&self, name: &str) -> Option<String> {
        self.first_raw(name).map(|value| clean_line(&words::decode(value)))
    }

    /// Every field of this name as readable text, topmost first.
    pub fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        self.raw(name).map(|value| clean_line(&words::decode(value)))
    }

    /// The topmost value up to its first parameter, in lower case: `auto-replied; owner=x` gives `auto-replied`.
    pub fn keyword(&self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        Some(text.split([';', '(']).next().unwrap_or_default().trim().to_ascii_lowercase())
    }
}

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Headers({} fields)", self.0.len())
    }
}

/// Name and value of a line that begins a field; `None` for anything else.
pub fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|b| *b == b':')?;
    let name = line[..colon].trim_ascii_end();
    let named = !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic()) && !line.starts_with(b"--");
    named.then(|| (name, &line[colon + 1..]))
}

/// A line without its ending, and where it stands with its ending.
pub type Line<'a> = (&'a [u8], Range<usize>);

/// Goes through bytes line by line. Only LF ends a line: a lone CR is content, as for every mail server.
pub struct Lines<'a> {
    raw: &'a [u8],
    pub at: usize,
}

impl<'a> Lines<'a> {
    pub fn new(raw: &'a [u8], at: usize) -> Lines<'a> {
        Lines { raw, at }
    }

    pub fn next_line(&mut self) -> Option<Line<'a>> {
        let rest = self.raw.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |end| end + 1);
        let range = self.at..self.at + length;
        self.at = range.end;
        let line = rest[..length].strip_suffix(b"\n").unwrap_or(&rest[..length]);
        Some((line.strip_suffix(b"\r").unwrap_or(line), range))
    }
}

/// What stands before the first empty line; all of it when there is none.
pub fn header_block(bytes: &[u8]) -> &[u8] {
    let mut lines = Lines::new(bytes, 0);
    while let Some((line, range)) = lines.next_line() {
        if line.is_empty() {
            return &bytes[..range.start];
        }
    }
    bytes
}

/// The first characters of a text, at most so many, never half a character.
pub fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(at, _)| &text[..at])
}
