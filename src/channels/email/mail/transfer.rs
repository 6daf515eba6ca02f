//! Content-Transfer-Encoding undone (RFC 2045 §6), leniently: broken senders are people too.

/// How the bytes of a part were wrapped for the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    Identity,
    Base64,
    QuotedPrintable,
}

impl Transfer {
    /// Anything unknown is left as it is.
    pub fn named(name: &str) -> Transfer {
        match name.trim().to_ascii_lowercase().as_str() {
            "base64" => Transfer::Base64,
            "quoted-printable" => Transfer::QuotedPrintable,
            _ => Transfer::Identity,
        }
    }

    pub fn decode(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Transfer::Identity => bytes.to_vec(),
            Transfer::Base64 => base64(bytes),
            Transfer::QuotedPrintable => quoted_printable(bytes),
        }
    }
}

/// Whatever is not of the alphabet is passed over, padding included, so unpadded, mis-cut and concatenated base64 all read.
pub fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in bytes {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                // What follows padding begins a new run of four.
                (bits, count) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = (bits << 6 | u32::from(value)) & 0xfff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

/// `=XX` and soft line breaks; an `=` that begins neither stays.
pub fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut lines = bytes.split_inclusive(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        let content = line.trim_ascii_end();
        let soft = content.ends_with(b"=") && (line.len() > content.len() || lines.peek().is_none());
        hex_escapes(if soft { &content[..content.len() - 1] } else { content }, b'=', &mut out);
        if !soft && line.ends_with(b"\n") {
            out.extend_from_slice(if line.ends_with(b"\r\n") { b"\r\n" } else { b"\n" });
        }
    }
    out
}

/// Append bytes with every `{mark}XX` replaced by the byte it names.
pub fn hex_escapes(bytes: &[u8], mark: u8, out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (bytes.get(at + 1).and_then(|b| hex(*b)), bytes.get(at + 2).and_then(|b| hex(*b))) {
            (Some(high), Some(low)) if *byte == mark => {
                out.push(high << 4 | low);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
}

fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|d| d as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_reads_however_it_was_cut() {
        for sent in ["U2V3YWdl", "U2V3\r\nYWdl", "U2V3YWdl=", "U 2V3YWdl", "U2U=d2FnZQ=="] {
            assert_eq!(base64(sent.as_bytes()), b"Sewage", "{sent}");
        }
        assert_eq!(base64(b"U2V3YWc"), b"Sewag");
        assert_eq!(base64(b"=?!"), b"");
    }

    #[test]
    fn quoted_printable_keeps_what_is_no_escape() {
        assert_eq!(quoted_printable(b"a=C3=B1o=\r\n!\r\n"), "año!\r\n".as_bytes());
        assert_eq!(quoted_printable(b"1+1=2 =zz  \nend="), b"1+1=2 =zz\nend");
    }
}
