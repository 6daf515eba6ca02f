//! JPEG (ITU-T T.81): keeps what draws the picture, its colour profile and which way is up.

use super::{part, u16_at};

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP2: u8 = 0xE2;
const APP14: u8 = 0xEE;
const COM: u8 = 0xFE;
/// The Exif tag that says how the camera was held.
const ORIENTATION: u16 = 0x0112;

/// Drops Exif, XMP, IPTC, comments, thumbnails, pictures appended after the end, and whatever else nobody sees.
pub fn clean(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = vec![0xFF, SOI];
    let mut up = None;
    let mut at = 2;
    let mut drawn = false;
    while let Some(marker) = marker(bytes, &mut at) {
        if marker == EOI {
            break;
        }
        if marker == 0x01 || (0xD0..=0xD8).contains(&marker) {
            continue; // these have no body and no business between segments
        }
        let length = usize::from(u16_at(bytes, at)?);
        let body = part(bytes, at + 2, length.checked_sub(2)?)?;
        at += length;
        match marker {
            APP0 if body.starts_with(b"JFIF\0") && body.len() >= 14 => {
                segment(&mut kept, APP0, &[&body[..12], &[0, 0]].concat()); // the last two: no thumbnail
            }
            APP1 if body.starts_with(b"Exif\0\0") => up = up.or(orientation(&body[6..])),
            APP2 if body.starts_with(b"ICC_PROFILE\0") => segment(&mut kept, APP2, body),
            APP14 if body.starts_with(b"Adobe") => segment(&mut kept, APP14, body),
            APP0..=0xEF | COM => {}
            _ => segment(&mut kept, marker, body),
        }
        if marker == SOS {
            let end = scan_end(bytes, at);
            kept.extend_from_slice(&bytes[at..end]);
            at = end;
            drawn = true;
        }
    }
    kept.extend([0xFF, EOI]); // a picture cut short by a bad connection still shows its upper part
    if let Some(up) = up {
        kept.splice(2..2, exif(up));
    }
    drawn.then_some(kept)
}

/// The next marker; fill bytes before it are skipped. `None` when there is none where one must be.
fn marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    if *bytes.get(*at)? != 0xFF {
        return None;
    }
    while *bytes.get(*at)? == 0xFF {
        *at += 1;
    }
    *at += 1;
    Some(bytes[*at - 1])
}

/// Where the drawn data end: at the next marker that is neither a stuffed zero nor a restart (T.81 §B.1.1.5).
fn scan_end(bytes: &[u8], from: usize) -> usize {
    let ends = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF);
    bytes[from..].windows(2).position(ends).map_or(bytes.len(), |found| from + found)
}

fn segment(kept: &mut Vec<u8>, marker: u8, body: &[u8]) {
    kept.extend([0xFF, marker]);
    kept.extend((body.len() as u16 + 2).to_be_bytes()); // it came from a segment at least as long
    kept.extend_from_slice(body);
}

/// From the first directory of the TIFF inside Exif; 2 to 8, since 1 is how it lies anyway.
fn orientation(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at| u16_at(tiff, at).map(|n| if little { n.swap_bytes() } else { n });
    let directory = super::u32_at(tiff, 4).map(|n| if little { n.swap_bytes() } else { n })? as usize;
    let entries = usize::from(u16_at(directory)?);
    let entry = (0..entries).map(|n| directory + 2 + 12 * n).find(|at| u16_at(*at) == Some(ORIENTATION))?;
    let value = u16_at(entry + 8)?;
    (2..=8).contains(&value).then_some(value as u8)
}

/// The shortest Exif segment there is, with nothing but the orientation.
fn exif(up: u8) -> Vec<u8> {
    let mut tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([up, 0, 0, 0, 0, 0, 0]);
    let mut kept = Vec::new();
    segment(&mut kept, APP1, &tiff);
    kept
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A grey dot: tables, frame and scan of a baseline JPEG.
    const DOT: &[u8] = &[
        0xFF, 0xDB, 0, 67, 0, 3, 2, 2, 3, 2, 2, 3, 3, 3, 3, 4, 3, 3, 4, 5, 8, 5, 5, 4, 4, 5, 10, 7, 7, 6, 8, 12, 10,
        12, 12, 11, 10, 11, 11, 13, 14, 18, 16, 13, 14, 17, 14, 11, 11, 16, 22, 16, 17, 19, 20, 21, 21, 21, 12, 15, 23,
        24, 22, 20, 24, 18, 20, 21, 20, 0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0, 0xFF, 0xC4, 0, 20, 0, 1, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0x3F, 0, 0x2A, 0xFF, 0x00, 0x9F,
    ];

    fn app(marker: u8, body: &[u8]) -> Vec<u8> {
        let mut made = Vec::new();
        segment(&mut made, marker, body);
        made
    }

    /// A photo as a phone makes it: Exif with orientation and a GPS directory, XMP, IPTC, a comment, a second picture.
    pub fn with_gps(up: u8) -> Vec<u8> {
        let mut tiff = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
        tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, up, 0, 0, 0]);
        tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0, 0, 0, 0, 0]);
        tiff.extend(b"\x01\0\x01\0\x02\0\x02\0\0\0N\0\0\0GPS 45.5231 -122.6765 Phone 9");
        with_exif(&tiff)
    }

    /// The same with this body of its Exif segment.
    pub fn with_exif(exif: &[u8]) -> Vec<u8> {
        [
            vec![0xFF, SOI],
            app(APP0, b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01\x10\x20\x30"),
            app(APP1, exif),
            app(APP1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>45.5231</x:xmpmeta>"),
            app(APP2, b"ICC_PROFILE\0\x01\x01colours"),
            app(APP2, b"MPF\0II*\0"),
            app(0xED, b"Photoshop 3.0\08BIM\x04\x04 45.5231"),
            app(COM, b"taken at 45.5231"),
            DOT.to_vec(),
            vec![0xFF, EOI],
            b"\xFF\xD8\xFF\xE1 second picture 45.5231".to_vec(),
        ]
        .concat()
    }

    fn has(bytes: &[u8], what: &[u8]) -> bool {
        bytes.windows(what.len()).any(|window| window == what)
    }

    #[test]
    fn the_place_goes_and_the_picture_stays() {
        let photo = with_gps(6);
        assert!(has(&photo, b"45.5231") && has(&photo, b"Phone 9"));
        let kept = clean(&photo).unwrap();
        for gone in
            [&b"45.5231"[..], b"Phone 9", b"GPS", b"xmpmeta", b"8BIM", b"MPF", b"second picture", b"\x10\x20\x30"]
        {
            assert!(!has(&kept, gone), "{}", gone.escape_ascii());
        }
        assert!(has(&kept, DOT), "tables and scan are byte for byte the same");
        assert!(has(&kept, b"ICC_PROFILE\0\x01\x01colours"));
        assert!(kept.ends_with(&[0xFF, EOI]));
        assert_eq!(orientation(&kept[12..]), Some(6), "which way is up is kept");
        assert_eq!(clean(&kept).unwrap(), kept, "a clean picture stays as it is");
    }

    #[test]
    fn a_picture_that_lies_right_gets_no_exif_at_all() {
        let kept = clean(&with_gps(1)).unwrap();
        assert!(!has(&kept, b"Exif"));
        assert!(kept.starts_with(b"\xFF\xD8\xFF\xE0\0\x10JFIF"));
    }

    #[test]
    fn a_picture_cut_short_is_closed_and_one_without_a_drawing_refused() {
        let photo = with_gps(6);
        let scan = photo.windows(4).position(|w| w == [0x2A, 0xFF, 0x00, 0x9F]).unwrap();
        assert!(clean(&photo[..scan + 1]).unwrap().ends_with(&[0x2A, 0xFF, EOI]));
        assert_eq!(clean(&photo[..100]), None);
    }
}
