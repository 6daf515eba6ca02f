//! From bytes to text: the declared charset when it fits, a guess when it does not.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A declared charset that leaves more than one unreadable character in twenty is not believed.
const UNREADABLE: usize = 20;
/// Enough to guess by; more only takes time.
const SAMPLE: usize = 64 * 1024;

/// Decode with the declared charset (a label of RFC 2978 or of the WHATWG), or the most likely one. Never fails:
/// what cannot be read becomes U+FFFD.
pub fn decode(bytes: &[u8], declared: Option<&str>) -> String {
    let label = declared.map(|d| d.trim_matches(['"', '\'', ' ']).to_ascii_lowercase());
    // Seven bits wide, so it passes for ASCII; its escapes give it away.
    if bytes.windows(3).any(|w| matches!(w, b"\x1b$B" | b"\x1b$@"))
        && let Some(text) = exact(bytes, "iso-2022-jp")
    {
        return text;
    }
    if let Some(text) = label.as_deref().and_then(|label| by_label(bytes, label)) {
        return text;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_string(),
        // Not quite UTF-8, as when a mail was cut: still better read as such than as anything else.
        Err(_) if readable(&String::from_utf8_lossy(bytes)) && mostly_multibyte(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        Err(_) => guess(bytes).decode(bytes).0.into_owned(),
    }
}

/// Decode with the declared charset, `None` unless every byte has its place in it.
pub fn exact(bytes: &[u8], declared: &str) -> Option<String> {
    let encoding = Encoding::for_label_no_replacement(declared.as_bytes())?;
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(|text| text.into_owned())
}

/// `None` when the label is unknown or clearly wrong.
fn by_label(bytes: &[u8], label: &str) -> Option<String> {
    // Kept by encoding_rs for security reasons out of the web; mail still has it.
    if label.ends_with("utf-7") {
        return mail_parser::decoders::charsets::map::charset_decoder(b"utf-7").map(|read| read(bytes));
    }
    let encoding = Encoding::for_label_no_replacement(label.as_bytes())?;
    // Western labels are put on everything by programs that never asked; real UTF-8 shows itself.
    if encoding == WINDOWS_1252 && !bytes.is_ascii() && (label.contains("ascii") || std::str::from_utf8(bytes).is_ok())
    {
        return None;
    }
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    readable(&text).then(|| text.into_owned())
}

fn readable(text: &str) -> bool {
    let lost = text.chars().filter(|c| *c == '\u{fffd}').count();
    lost == 0 || lost * UNREADABLE <= text.chars().count()
}

fn mostly_multibyte(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_ascii() && *c != '\u{fffd}').count() > 8
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, sample.len() == bytes.len());
    let found = detector.guess(None, Utf8Detection::Deny);
    if found == UTF_8 { WINDOWS_1252 } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_is_believed_when_it_fits() {
        assert_eq!(decode(b"\xc4\xe3\xba\xc3", Some("GB2312")), "你好");
        assert_eq!(decode(b"\xa7A\xa6n", Some("big5")), "你好");
        assert_eq!(decode(b"\x1b$B$3$s\x1b(B", Some("ISO-2022-JP")), "こん");
        assert_eq!(decode(b"\xf1\xcd\xc1", Some("koi8-r")), "Яма");
        assert_eq!(decode(b"+T2BZfQ-", Some("utf-7")), "你好");
        assert_eq!(decode(b"a\xf1o", Some("\"iso-8859-1\"")), "año");
    }

    #[test]
    fn what_is_not_declared_or_does_not_fit_is_guessed() {
        assert_eq!(decode("año".as_bytes(), None), "año");
        assert_eq!(decode("Đường Burnside ngập".as_bytes(), Some("iso-8859-1")), "Đường Burnside ngập");
        let yama = b"\xcd\xe0 \xe4\xee\xf0\xee\xe3\xe5 \xe1\xee\xeb\xfc\xf8\xe0\xff \xff\xec\xe0, \xef\xee\xec\xee\xe3\xe8\xf2\xe5";
        for declared in [None, Some("utf-8"), Some("us-ascii"), Some("x-unknown")] {
            assert_eq!(decode(yama, declared), "На дороге большая яма, помогите", "{declared:?}");
        }
    }
}
