//! WebP (RFC 9649): keeps the chunks that draw the picture and clears the header's flags of the others.

use super::part;

/// Chunks that change what is seen (RFC 9649 §2.7).
const KEPT: [&[u8; 4]; 7] = [b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
/// Flags of the extended header that announce Exif and XMP (§2.7.1).
const EXIF_AND_XMP: u8 = 0b0000_1100;

pub fn clean(bytes: &[u8]) -> Option<Vec<u8>> {
    let size = u32::from_le_bytes(part(bytes, 4, 4)?.try_into().ok()?) as usize;
    let end = bytes.len().min(size.checked_add(8)?);
    let mut kept = b"RIFF\0\0\0\0WEBP".to_vec();
    let mut at = 12;
    let mut drawn = false;
    while at < end {
        let kind: &[u8; 4] = part(bytes, at, 4)?.try_into().ok()?;
        let length = u32::from_le_bytes(part(bytes, at + 4, 4)?.try_into().ok()?) as usize;
        let body = part(bytes, at + 8, length)?;
        if KEPT.contains(&kind) {
            let from = kept.len();
            kept.extend_from_slice(&bytes[at..at + 8]);
            kept.extend_from_slice(body);
            kept.resize(kept.len() + length % 2, 0); // chunks are padded to even length
            if kind == b"VP8X" {
                *kept.get_mut(from + 8)? &= !EXIF_AND_XMP;
            }
            drawn |= matches!(kind, b"VP8 " | b"VP8L" | b"ANMF");
        }
        at += 8 + length + length % 2;
    }
    let size = u32::try_from(kept.len() - 8).ok()?;
    kept[4..8].copy_from_slice(&size.to_le_bytes());
    drawn.then_some(kept)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut made = [kind, &(body.len() as u32).to_le_bytes()[..], body].concat();
        made.resize(made.len() + body.len() % 2, 0);
        made
    }

    fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
        let body = chunks.concat();
        [&b"RIFF"[..], &(body.len() as u32 + 4).to_le_bytes(), b"WEBP", &body].concat()
    }

    /// One pixel, lossless.
    const PIXEL: &[u8] = &[0x2F, 0, 0, 0, 0, 7, 16, 17, 17, 136, 136, 254, 7, 0];

    pub fn with_exif() -> Vec<u8> {
        let extended = [EXIF_AND_XMP, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut picture = file(&[
            chunk(b"VP8X", &extended),
            chunk(b"VP8L", PIXEL),
            chunk(b"EXIF", b"MM\0*GPS 45.5231"),
            chunk(b"XMP ", b"<x:xmpmeta>GPS</x:xmpmeta>"),
            chunk(b"????", b"GPS"),
        ]);
        picture.extend(b"GPS appended");
        picture
    }

    #[test]
    fn only_what_draws_is_kept() {
        let kept = clean(&with_exif()).unwrap();
        assert_eq!(kept, file(&[chunk(b"VP8X", &[0; 10]), chunk(b"VP8L", PIXEL)]));
        assert_eq!(clean(&kept).unwrap(), kept);
        assert_eq!(clean(&file(&[chunk(b"VP8X", &[0; 10])])), None, "nothing is drawn");
        assert_eq!(clean(&file(&[chunk(b"VP8X", &[])])), None, "a header without flags");
    }
}
