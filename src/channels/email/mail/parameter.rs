//! Content-Type and Content-Disposition with their parameters, continued and encoded ones included (RFC 2045 §5.1, RFC 2231).

use super::transfer::hex_escapes;
use super::{charset, words};

/// More parameters than this in one field are not read.
const PARAMETERS_MOST: usize = 100;

/// A value with parameters: `text/plain; charset=utf-8`.
#[derive(Clone, Debug, Default)]
pub struct Parameterised {
    /// In lower case.
    pub value: String,
    /// Names in lower case; a continued parameter is joined under its plain name.
    parameters: Vec<(String, String)>,
}

/// One stretch of a parameter: `name*1*=…` is section 1, percent-encoded.
struct Section {
    name: String,
    number: u32,
    percent: bool,
    value: Vec<u8>,
}

impl Parameterised {
    pub fn read(field: &[u8]) -> Parameterised {
        let mut pieces = split(field).into_iter();
        let value = String::from_utf8_lossy(&pieces.next().unwrap_or_default()).trim().to_ascii_lowercase();
        let sections: Vec<Section> = pieces.take(PARAMETERS_MOST).filter_map(|p| section(&p)).collect();
        let mut parameters: Vec<(String, String)> = Vec::new();
        for first in &sections {
            if parameters.iter().all(|(name, _)| *name != first.name) {
                parameters.push((first.name.clone(), joined(&sections, &first.name)));
            }
        }
        Parameterised { value, parameters }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Cut at semicolons outside quotes and comments; quotes, escapes and comments removed. A bracket within a word, as in
/// an unquoted `photo(1).jpg`, opens no comment.
fn split(field: &[u8]) -> Vec<Vec<u8>> {
    let (mut pieces, mut piece) = (Vec::new(), Vec::new());
    let (mut quoted, mut escaped, mut comment) = (false, false, 0usize);
    for byte in field {
        let between = piece.last().is_none_or(|b: &u8| b.is_ascii_whitespace());
        match byte {
            _ if escaped && comment > 0 => escaped = false,
            _ if escaped => {
                escaped = false;
                piece.push(*byte);
            }
            b'\\' if quoted || comment > 0 => escaped = true,
            b'"' if comment == 0 => quoted = !quoted,
            b'(' if !quoted && (between || comment > 0) => comment += 1,
            b')' if comment > 0 => comment -= 1,
            _ if comment > 0 => {}
            b';' if !quoted => pieces.push(std::mem::take(&mut piece)),
            _ => piece.push(*byte),
        }
    }
    pieces.push(piece);
    pieces
}

fn section(piece: &[u8]) -> Option<Section> {
    let equals = piece.iter().position(|b| *b == b'=')?;
    let name = std::str::from_utf8(&piece[..equals]).ok()?.trim().to_ascii_lowercase();
    let percent = name.ends_with('*');
    let name = name.trim_end_matches('*');
    let (name, number) = match name.split_once('*') {
        Some((name, number)) => (name, number.parse().ok()?),
        None => (name, 0),
    };
    Some(Section { name: name.to_string(), number, percent, value: piece[equals + 1..].trim_ascii().to_vec() })
}

/// The sections of a name in order, bytes joined before anything is decoded: a cut may fall inside a character.
fn joined(sections: &[Section], name: &str) -> String {
    let mut mine: Vec<&Section> = sections.iter().filter(|s| s.name == name).collect();
    // Given both ways, the encoded one is the better one (RFC 2231 §4).
    if mine.iter().any(|s| s.percent) && mine.iter().any(|s| !s.percent && s.number == 0) && mine.len() == 2 {
        mine.retain(|s| s.percent || s.number > 0);
    }
    mine.sort_by_key(|s| s.number);
    mine.dedup_by_key(|s| s.number);
    if mine.iter().all(|s| !s.percent) {
        let bytes: Vec<u8> = mine.iter().flat_map(|s| s.value.clone()).collect();
        return words::decode(&bytes);
    }
    let mut bytes = Vec::new();
    let mut declared = None;
    for section in mine {
        let mut value = section.value.as_slice();
        if section.percent && section.number == 0 {
            let mut parts = value.splitn(3, |b| *b == b'\'');
            if let (Some(label), Some(_language), Some(rest)) = (parts.next(), parts.next(), parts.next()) {
                declared = Some(String::from_utf8_lossy(label).into_owned()).filter(|label| !label.is_empty());
                value = rest;
            }
        }
        if section.percent { hex_escapes(value, b'%', &mut bytes) } else { bytes.extend_from_slice(value) }
    }
    charset::decode(&bytes, declared.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(field: &str) -> String {
        Parameterised::read(field.as_bytes()).get("filename").unwrap_or("–").to_string()
    }

    #[test]
    fn names_are_read_however_they_were_written() {
        assert_eq!(name("attachment; filename=\"a \\\"b\\\"; c.jpg\""), "a \"b\"; c.jpg");
        assert_eq!(name("attachment; filename=plain(1).pdf (comment; filename=no)"), "plain(1).pdf");
        assert_eq!(name("attachment; filename*=UTF-8''%D1%84%D0%BE%D1%82%D0%BE.jpg"), "фото.jpg");
        assert_eq!(name("attachment; filename*0*=utf-8''%D1; filename*1*=%84%D0%BE; filename*2=.jpg"), "фо.jpg");
        assert_eq!(name("attachment; filename*1=b.jpg; filename*0=a"), "ab.jpg");
        assert_eq!(name("attachment; filename=\"=?utf-8?B?0Y/QvNCwLmpwZw==?=\""), "яма.jpg");
        assert_eq!(name("attachment; filename=\"f.jpg\"; filename*=utf-8''%C3%B1.jpg"), "ñ.jpg");
        assert_eq!(name("attachment; filename*=windows-1251''%FF%EC%E0.jpg"), "яма.jpg");
        assert_eq!(name("attachment"), "–");
    }
}
