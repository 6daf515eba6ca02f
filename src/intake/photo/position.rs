//! Where a photo says that it was taken (Exif 2.32 §4.6.6), read before it is made to forget.

use crate::message::Position;
use exif::{Exif, In, Rational, Reader, Tag, Value};
use std::io::Cursor;

/// `None` when it does not say, or says what no place on Earth is. Whatever the bytes are, this returns.
pub fn position(bytes: &[u8]) -> Option<Position> {
    // A stranger's bytes are read by a library: what it may stumble over is only a suggestion lost.
    let read = std::panic::catch_unwind(|| Reader::new().read_from_container(&mut Cursor::new(bytes)).ok());
    let exif = read.ok().flatten()?;
    let latitude = degrees(&exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b"S", 90.0)?;
    let longitude = degrees(&exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b"W", 180.0)?;
    // Cameras that have not found out where they are write zeros.
    (latitude != 0.0 || longitude != 0.0).then_some(Position { latitude, longitude })
}

/// Degrees, minutes and seconds, and on which side of zero.
fn degrees(exif: &Exif, tag: Tag, side: Tag, negative: &[u8], most: f64) -> Option<f64> {
    let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    let Value::Ascii(side) = &exif.get_field(side, In::PRIMARY)?.value else { return None };
    let part = |at: usize| parts.get(at).copied().map_or(Some(0.0), number);
    let angle = part(0)? + part(1)? / 60.0 + part(2)? / 3600.0;
    let sign = if side.first()?.eq_ignore_ascii_case(negative) { -1.0 } else { 1.0 };
    (angle <= most).then_some(sign * angle)
}

fn number(part: Rational) -> Option<f64> {
    (part.denom != 0).then(|| part.to_f64())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::jpeg;
    use super::*;

    /// The Exif of a phone that knows where it is: degrees and minutes with fractions, as 32-bit quotients of 10,000.
    pub fn tiff(north: &str, [lat, lat_min]: [u32; 2], east: &str, [lon, lon_min]: [u32; 2]) -> Vec<u8> {
        let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
            [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
        };
        let side = |name: &str| [name.as_bytes()[0], 0, 0, 0];
        let quotients = |degrees: u32, minutes: u32| {
            [degrees, 1, minutes, 10_000, 0, 1].iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>()
        };
        [
            b"MM\0*\0\0\0\x08\0\x01".to_vec(),
            entry(0x8825, 4, 1, 26u32.to_be_bytes()), // the GPS directory is at 26
            vec![0; 4],
            vec![0, 4],
            entry(1, 2, 2, side(north)),
            entry(2, 5, 3, 80u32.to_be_bytes()), // after its four entries
            entry(3, 2, 2, side(east)),
            entry(4, 5, 3, 104u32.to_be_bytes()),
            vec![0; 4],
            quotients(lat, lat_min),
            quotients(lon, lon_min),
        ]
        .concat()
    }

    fn photo(tiff: &[u8]) -> Vec<u8> {
        jpeg::tests::with_exif(&[b"Exif\0\0", tiff].concat())
    }

    fn found(tiff: &[u8]) -> Option<(i64, i64)> {
        let rounded = |degrees: f64| (degrees * 100_000.0).round() as i64;
        position(&photo(tiff)).map(|at| (rounded(at.latitude), rounded(at.longitude)))
    }

    #[test]
    fn a_photo_says_where_it_was_taken() {
        assert_eq!(found(&tiff("N", [45, 31_3860], "W", [122, 40_5900])), Some((4_552_310, -12_267_650)));
        assert_eq!(found(&tiff("S", [33, 51_0000], "E", [151, 12_0000])), Some((-3_385_000, 15_120_000)));
    }

    #[test]
    fn nowhere_and_nonsense_are_no_place() {
        assert_eq!(found(&tiff("N", [0, 0], "E", [0, 0])), None, "a camera that does not know yet");
        assert_eq!(found(&tiff("N", [91, 0], "E", [10, 0])), None, "beyond the pole");
        let mut by_zero = tiff("N", [45, 0], "E", [10, 0]);
        by_zero[84..88].fill(0);
        assert_eq!(found(&by_zero), None);
        assert_eq!(position(b"GIF89a"), None);
        assert_eq!(position(&jpeg::tests::with_gps(6)), None, "a directory of nothing");
    }

    #[test]
    fn no_prefix_and_no_broken_byte_upsets_it() {
        let photo = photo(&tiff("N", [45, 31_3860], "W", [122, 40_5900]));
        for at in 0..photo.len() {
            let _ = position(&photo[..at]);
            for flip in [0xFF, 0x80, 0x01] {
                let mut broken = photo.clone();
                broken[at] ^= flip;
                let _ = position(&broken);
            }
        }
    }

    #[test]
    fn what_is_kept_says_it_no_more() {
        let photo = photo(&tiff("N", [45, 31_3860], "W", [122, 40_5900]));
        assert_eq!(position(&super::super::clean(&photo).unwrap().1), None);
    }
}
