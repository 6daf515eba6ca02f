//! Files as people send them: what they are by content, and pictures without the place, time and device they were taken with.
//!
//! A phone writes its position into every photo, and a public record of it would be a map to somebody's home.
//! So pictures are taken apart and put together from the parts that draw them. Pixels are not touched.

mod heic;
mod jpeg;
mod png;
mod position;
mod webp;

pub use position::position;

use std::borrow::Cow;

/// Not one of the types below, or too broken to be sure that nothing private is left in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("send JPEG, PNG, WebP, HEIC or PDF")]
pub struct NotAccepted;

/// Longest name a file is shown under, in characters.
const NAME_MAX: usize = 100;
/// The types we take, with the endings their names may have; the first is given to a name that has another.
const TYPES: [(&str, &[&str]); 5] = [
    ("image/jpeg", &["jpg", "jpeg"]),
    ("image/png", &["png"]),
    ("image/webp", &["webp"]),
    ("image/heic", &["heic", "heif"]),
    ("application/pdf", &["pdf"]),
];

/// The media type by content, and the bytes to keep. A PDF is kept as it is: whoever made one chose what it says.
///
/// JPEG keeps its orientation, without which it would lie on its side. HEIC keeps its structure: its Exif and XMP
/// items are overwritten with zeros, and its orientation is not in them.
pub fn clean(bytes: &[u8]) -> Result<(&'static str, Cow<'_, [u8]>), NotAccepted> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Ok(("image/jpeg", jpeg::clean(bytes).ok_or(NotAccepted)?.into())),
        _ if bytes.starts_with(png::SIGNATURE) => Ok(("image/png", png::clean(bytes).ok_or(NotAccepted)?.into())),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            Ok(("image/webp", webp::clean(bytes).ok_or(NotAccepted)?.into()))
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Ok(("image/heic", heic::clean(bytes).ok_or(NotAccepted)?.into())),
        _ if bytes.starts_with(b"%PDF-") => Ok(("application/pdf", bytes.into())),
        _ => Err(NotAccepted),
    }
}

/// A name to show and to save under: no folders, no control or direction marks, and the ending its content has.
pub fn clean_name(name: &str, media_type: &str) -> String {
    let endings = TYPES.iter().find(|(known, _)| *known == media_type).map_or(&["bin"][..], |(_, endings)| endings);
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !is_hidden(*c) && !"\"<>|:*?%".contains(*c)).collect();
    let plain = plain.trim_matches(['.', ' ']);
    let (stem, ending) = plain.rsplit_once('.').unwrap_or((plain, ""));
    let known = endings.iter().find(|known| known.eq_ignore_ascii_case(ending));
    // `bill.pdf.exe` becomes `bill.pdf.exe.pdf`: what it is comes last, and nothing is guessed away.
    let (stem, ending) = known.map_or((plain, endings[0]), |known| (stem, *known));
    let stem: String = stem.chars().take(NAME_MAX - ending.len() - 1).collect();
    let stem = stem.trim_matches(['.', ' ']);
    format!("{}.{ending}", if stem.is_empty() { "file" } else { stem })
}

/// What no name may hold, and what has no width: a file name reads as another by it (Unicode TR 36).
fn is_hidden(c: char) -> bool {
    crate::message::is_hidden(c) || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{FEFF}')
}

/// `len` bytes from a position, if they are all there.
fn part(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(len)?)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(part(bytes, at, 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(part(bytes, at, 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_what_a_file_is() {
        assert_eq!(clean(b"%PDF-1.7\n%%EOF").unwrap().0, "application/pdf");
        for other in [
            &b""[..],
            b"GIF89a",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<!doctype html><script>",
            b"MZ\x90\0",
            b"PK\x03\x04",
            b"\xFF\xD8\xFF",
            b"\x89PNG\r\n\x1a\n",
            b"RIFF\x04\0\0\0WEBP",
            b"\0\0\0\x10ftypheic\0\0\0\0",
        ] {
            assert_eq!(clean(other).err(), Some(NotAccepted), "{other:?}");
        }
    }

    #[test]
    fn names_lose_folders_and_tricks_and_get_the_right_ending() {
        let name = |given| clean_name(given, "image/jpeg");
        assert_eq!(name("IMG_0001.JPG"), "IMG_0001.jpg");
        assert_eq!(name("../../etc/passwd"), "passwd.jpg");
        assert_eq!(name(r"C:\Users\me\hole in road.jpeg"), "hole in road.jpeg");
        assert_eq!(name("photo\u{202E}gpj.exe"), "photogpj.exe.jpg");
        assert_eq!(name("a\r\nSet-Cookie x.jpg"), "aSet-Cookie x.jpg");
        assert_eq!(name("..."), "file.jpg");
        assert_eq!(name(""), "file.jpg");
        assert_eq!(name("яма на дороге.jpg"), "яма на дороге.jpg");
        assert_eq!(name(&"x".repeat(300)).chars().count(), NAME_MAX);
        assert_eq!(clean_name("bill.pdf.exe", "application/pdf"), "bill.pdf.exe.pdf");
    }

    #[test]
    fn no_prefix_of_a_picture_upsets_us() {
        let pictures =
            [jpeg::tests::with_gps(6), png::tests::with_text(), webp::tests::with_exif(), heic::tests::with_exif()];
        for picture in pictures {
            assert!(clean(&picture).is_ok());
            for end in 0..picture.len() {
                let _ = clean(&picture[..end]);
            }
            for at in 0..picture.len() {
                let mut broken = picture.clone();
                broken[at] ^= 0xFF;
                let _ = clean(&broken);
            }
        }
    }
}
