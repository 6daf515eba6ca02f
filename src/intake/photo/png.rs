//! PNG (W3C PNG third edition): keeps the chunks that draw the picture, no text, no Exif, no time.

use super::{part, u32_at};

pub const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Chunks that change what is seen; of all others there is no telling what they hold.
const KEPT: [&[u8; 4]; 17] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD",
    b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
];

pub fn clean(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = SIGNATURE.to_vec();
    let mut at = SIGNATURE.len();
    loop {
        let length = u32_at(bytes, at)? as usize;
        let kind: &[u8; 4] = part(bytes, at + 4, 4)?.try_into().ok()?;
        let chunk = part(bytes, at, length.checked_add(12)?)?; // length, kind and checksum are twelve bytes
        if at == SIGNATURE.len() && kind != b"IHDR" {
            return None;
        }
        if KEPT.contains(&kind) {
            kept.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(kept); // what comes after the end is not the picture
        }
        at += chunk.len();
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let crc = crc(&[kind, body].concat());
        [&(body.len() as u32).to_be_bytes()[..], kind, body, &crc.to_be_bytes()].concat()
    }

    /// CRC-32 as PNG has it (§5.5).
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 })
        })
    }

    const HEADER: &[u8] = &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0];
    const PIXEL: &[u8] = &[0x78, 0x01, 0x01, 2, 0, 0xFD, 0xFF, 0, 0x7F, 0x00, 0x80, 0x00, 0x80];

    pub fn with_text() -> Vec<u8> {
        [
            SIGNATURE.to_vec(),
            chunk(b"IHDR", HEADER),
            chunk(b"gAMA", &45455u32.to_be_bytes()),
            chunk(b"tEXt", b"Comment\0GPS 45.5231"),
            chunk(b"zTXt", b"Comment\0\0GPS"),
            chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0GPS 45.5231"),
            chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\0 GPS"),
            chunk(b"tIME", &[7, 0xEA, 11, 23, 1, 2, 3]),
            chunk(b"prVt", b"GPS"),
            chunk(b"IDAT", PIXEL),
            chunk(b"IEND", b""),
            b"GPS 45.5231 appended".to_vec(),
        ]
        .concat()
    }

    #[test]
    fn only_what_draws_is_kept() {
        let kept = clean(&with_text()).unwrap();
        let wanted = [
            SIGNATURE.to_vec(),
            chunk(b"IHDR", HEADER),
            chunk(b"gAMA", &45455u32.to_be_bytes()),
            chunk(b"IDAT", PIXEL),
            chunk(b"IEND", b""),
        ];
        assert_eq!(kept, wanted.concat());
        assert_eq!(clean(&kept).unwrap(), kept);
        assert_eq!(clean(&kept[..kept.len() - 5]), None, "cut short");
        assert_eq!(clean(&[SIGNATURE, &chunk(b"tEXt", b"GPS")].concat()), None);
    }
}
