//! Encoded words (RFC 2047): adjacent ones are joined before decoding, since many mailers cut inside a character.

use super::charset;
use super::transfer::{base64, hex_escapes};
use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;

/// Longer "words" are not looked for; the standard allows 75.
const WORD_MOST: usize = 2000;

/// A stretch of a header value.
enum Piece<'a> {
    Plain(&'a [u8]),
    Word(Word),
}

/// One encoded word, or several neighbours of one charset.
struct Word {
    charset: String,
    /// Each word decoded, then joined.
    bytes: Vec<u8>,
    /// All in base64: joined first, then decoded, for mailers that cut the encoded text anywhere.
    encoded: Option<Vec<u8>>,
}

/// What a header value says, as text. Bytes beyond ASCII outside encoded words are taken by `charset::decode`.
pub fn decode(value: &[u8]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Plain(bytes) => charset::decode(bytes, None),
        Piece::Word(word) => word.text(),
    };
    pieces(value).iter().map(text).collect()
}

/// The same value in UTF-8, each run of words as one well-formed word, for a parser of addresses: whatever stands in a
/// word stays inside it and cannot become an address.
pub fn rejoin(value: &[u8]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Plain(bytes) => charset::decode(bytes, None),
        Piece::Word(word) => format!("=?utf-8?B?{}?=", STANDARD.encode(word.text())),
    };
    pieces(value).iter().map(text).collect()
}

impl Word {
    fn text(&self) -> String {
        let exact = |bytes: &[u8]| charset::exact(bytes, &self.charset);
        exact(&self.bytes)
            .or_else(|| self.encoded.as_deref().and_then(|encoded| exact(&base64(encoded))))
            .unwrap_or_else(|| charset::decode(&self.bytes, Some(&self.charset)))
    }

    fn append(&mut self, next: Word) {
        self.bytes.extend(next.bytes);
        self.encoded = self.encoded.take().zip(next.encoded).map(|(mut a, b)| {
            a.extend(b);
            a
        });
    }
}

fn pieces(value: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while at < value.len() {
        let Some((word, end)) = word(&value[at..]) else {
            at += 1;
            continue;
        };
        let between = &value[plain..at];
        (plain, at) = (at + end, at + end);
        match pieces.last_mut() {
            // White space between two words is not text (RFC 2047 §6.2).
            Some(Piece::Word(last)) if between.trim_ascii().is_empty() => {
                if last.charset == word.charset {
                    last.append(word);
                } else {
                    pieces.push(Piece::Word(word));
                }
            }
            _ => {
                pieces.push(Piece::Plain(between));
                pieces.push(Piece::Word(word));
            }
        }
    }
    pieces.push(Piece::Plain(&value[plain..]));
    pieces
}

/// The word at the start of these bytes, and its length.
fn word(bytes: &[u8]) -> Option<(Word, usize)> {
    let rest = bytes.strip_prefix(b"=?")?;
    let charset_end = rest.iter().take(60).position(|b| *b == b'?')?;
    let charset = std::str::from_utf8(&rest[..charset_end]).ok().filter(|c| c.bytes().all(|b| b.is_ascii_graphic()))?;
    // A language may follow the charset (RFC 2231 §5).
    let charset = charset.split('*').next().unwrap_or_default().to_ascii_lowercase();
    let rest = &rest[charset_end + 1..];
    let payload = rest.get(2..).filter(|_| rest[1] == b'?')?;
    let length = payload.windows(2).take(WORD_MOST).position(|w| w == b"?=")?;
    let encoded = &payload[..length];
    let word = match rest[0].to_ascii_uppercase() {
        b'B' => Word { charset, bytes: base64(encoded), encoded: Some(encoded.to_vec()) },
        b'Q' => Word { charset, bytes: from_q(encoded), encoded: None },
        _ => return None,
    };
    Some((word, 2 + charset_end + 1 + 2 + length + 2))
}

fn from_q(encoded: &[u8]) -> Vec<u8> {
    // `_` is a space (RFC 2047 §4.2) unless it was written as =5F.
    let spaced: Vec<u8> = encoded.iter().map(|b| if *b == b'_' { b' ' } else { *b }).collect();
    let mut out = Vec::with_capacity(spaced.len());
    hex_escapes(&spaced, b'=', &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_cut_in_two_words_is_whole_again() {
        assert_eq!(decode("=?UTF-8?B?0K/QvNA=?= =?UTF-8?B?sCDQvdCwINC00L7RgNC+0LPQtQ==?=".as_bytes()), "Яма на дороге");
        assert_eq!(decode(b"=?utf-8?q?=E5=9D?= =?UTF-8?Q?=91=E6=B4=9E?="), "坑洞");
        assert_eq!(decode(b"=?utf-8?b?0K/Q?= =?utf-8?q?=BC=D0=B0?="), "Яма", "whatever the encodings");
    }

    #[test]
    fn base64_cut_anywhere_reads() {
        assert_eq!(decode(b"=?utf-8?B?0K/Qv?= =?utf-8?B?NCw?="), "Яма");
        assert_eq!(decode(b"=?utf-8?B?0K/QvNCw?="), "Яма", "and unpadded");
    }

    #[test]
    fn only_space_between_words_is_dropped() {
        assert_eq!(decode(b"Re: =?utf-8?q?a_b?=  =?utf-8?q?c=5F?= d"), "Re: a bc_ d");
        assert_eq!(decode(b"1 =? 2 =?utf-8?x?y?= =?utf-8?q?open"), "1 =? 2 =?utf-8?x?y?= =?utf-8?q?open");
    }

    #[test]
    fn what_a_word_hides_stays_in_the_word() {
        let joined = rejoin(b"=?utf-8?q?a=40b=2C_c?= <x@example.org>");
        assert!(!joined.contains(','), "{joined}");
        assert!(joined.ends_with(" <x@example.org>"));
    }
}
