//! HEIC (ISO/IEC 23008-12, boxes as in 14496-12): finds the Exif and XMP items and overwrites them with zeros.
//!
//! Nothing moves, so every offset in the file stays true. A file whose items cannot all be found is refused.

use super::{part, u16_at, u32_at};
use std::ops::Range;

/// Brands of still pictures in HEVC, as phones write them.
const BRANDS: [&[u8; 4]; 6] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"hevc"];
/// More boxes or items than any camera writes; ends a walk through garbage.
const ITEMS_MAX: usize = 4_096;
/// An item's data are in the file, or in the box beside its description (14496-12 §8.11.3).
const IN_FILE: u8 = 0;
const IN_IDAT: u8 = 1;

pub fn clean(bytes: &[u8]) -> Option<Vec<u8>> {
    let boxes = boxes(bytes, 0..bytes.len())?;
    let (_, brands) = boxes.first().filter(|(kind, _)| kind == b"ftyp")?;
    let brand: &[u8; 4] = part(bytes, brands.start, 4)?.try_into().ok()?;
    // A film has a place of its own, elsewhere.
    if !BRANDS.contains(&brand) || boxes.iter().any(|(kind, _)| kind == b"moov") {
        return None;
    }
    let (_, meta) = boxes.iter().find(|(kind, _)| kind == b"meta")?;
    let mut private = private_data(bytes, meta.start + 4..meta.end)?; // four bytes of version and flags
    private.extend(boxes.iter().filter(|(kind, _)| kind == b"uuid" || kind == b"free").map(|(_, body)| body.clone()));
    let mut kept = bytes.to_vec();
    for range in private {
        kept.get_mut(range)?.fill(0);
    }
    Some(kept)
}

/// Where the bytes of the private items are.
fn private_data(bytes: &[u8], meta: Range<usize>) -> Option<Vec<Range<usize>>> {
    let boxes = boxes(bytes, meta)?;
    let find = |wanted: &[u8; 4]| boxes.iter().find(|(kind, _)| kind == wanted).map(|(_, body)| body.clone());
    let items = private_items(bytes, find(b"iinf")?)?;
    let idat = find(b"idat");
    let places = locations(bytes, find(b"iloc")?)?;
    let mut ranges = Vec::new();
    for item in items {
        let mut found = places.iter().filter(|place| place.item == item).peekable();
        found.peek()?;
        for place in found {
            let base = match place.construction {
                IN_FILE => 0,
                IN_IDAT => idat.clone()?.start,
                _ => return None,
            };
            let start = base.checked_add(place.start)?;
            // A length of zero means "to the end" (§8.11.3.3): nobody writes that for Exif.
            ranges.push(start..start.checked_add(place.length).filter(|end| *end > start)?);
        }
    }
    Some(ranges)
}

/// The boxes in a part of the file, as (kind, body).
fn boxes(bytes: &[u8], within: Range<usize>) -> Option<Vec<([u8; 4], Range<usize>)>> {
    let mut found = Vec::new();
    let mut at = within.start;
    while at < within.end {
        let kind: [u8; 4] = part(bytes, at + 4, 4)?.try_into().ok()?;
        let (header, size) = match u32_at(bytes, at)? as usize {
            0 => (8, within.end - at),
            1 => (16, usize::try_from(u64::from_be_bytes(part(bytes, at + 8, 8)?.try_into().ok()?)).ok()?),
            size => (8, size),
        };
        let end = at.checked_add(size).filter(|end| size >= header && *end <= within.end)?;
        found.push((kind, at + header..end));
        at = end;
        if found.len() > ITEMS_MAX {
            return None;
        }
    }
    Some(found)
}

/// The numbers of the items that hold Exif, XMP or anything else that is not a picture (§8.11.6).
fn private_items(bytes: &[u8], iinf: Range<usize>) -> Option<Vec<u32>> {
    let count_len = if *bytes.get(iinf.start)? == 0 { 2 } else { 4 };
    let mut private = Vec::new();
    for (kind, body) in boxes(bytes, iinf.start + 4 + count_len..iinf.end)? {
        if &kind != b"infe" {
            continue;
        }
        let at = body.start + 4;
        let (item, after) = match *bytes.get(body.start)? {
            2 => (u32::from(u16_at(bytes, at)?), at + 2),
            3 => (u32_at(bytes, at)?, at + 4),
            _ => return None, // older entries say no type
        };
        if matches!(part(bytes, after + 2, 4)?, b"Exif" | b"mime" | b"uri ") {
            private.push(item);
        }
    }
    Some(private)
}

/// One run of an item's bytes.
struct Place {
    item: u32,
    construction: u8,
    start: usize,
    length: usize,
}

/// Reads numbers of the widths a box declares.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, width: u8) -> Option<usize> {
        let number = part(self.bytes, self.at, usize::from(width))?;
        self.at += usize::from(width);
        (width <= 8).then(|| number.iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte)))?.try_into().ok()
    }
}

/// The item location box (§8.11.3).
fn locations(bytes: &[u8], iloc: Range<usize>) -> Option<Vec<Place>> {
    let version = *bytes.get(iloc.start)?;
    if version > 2 {
        return None;
    }
    let mut read = Reader { bytes: &bytes[..iloc.end], at: iloc.start + 4 };
    let (sizes, more) = (read.take(1)? as u8, read.take(1)? as u8);
    let (offset_size, length_size, base_size) = (sizes >> 4, sizes & 15, more >> 4);
    let index_size = if version == 0 { 0 } else { more & 15 };
    let wide = if version == 2 { 4 } else { 2 };
    let mut places = Vec::new();
    for _ in 0..read.take(wide)? {
        let item = u32::try_from(read.take(wide)?).ok()?;
        let construction = if version == 0 { IN_FILE } else { (read.take(2)? & 15) as u8 };
        read.take(2)?; // which file: always this one
        let base = read.take(base_size)?;
        for _ in 0..read.take(2)? {
            read.take(index_size)?;
            let start = base.checked_add(read.take(offset_size)?)?;
            places.push(Place { item, construction, start, length: read.take(length_size)? });
            if places.len() > ITEMS_MAX {
                return None;
            }
        }
    }
    Some(places)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn made(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat()
    }

    fn entry(item: u16, kind: &[u8; 4]) -> Vec<u8> {
        made(b"infe", &[&[2, 0, 0, 0][..], &item.to_be_bytes(), &[0, 0], kind, &[0]].concat())
    }

    fn place(item: u16, construction: u16, start: u32, length: u32) -> Vec<u8> {
        let head = [item, construction, 0, 1].map(u16::to_be_bytes).concat();
        [head, start.to_be_bytes().to_vec(), length.to_be_bytes().to_vec()].concat()
    }

    const PICTURE: &[u8] = b"the picture's own bytes";
    const EXIF: &[u8] = b"\0\0\0\x06Exif\0\0MM GPS 45.5231";
    const XMP: &[u8] = b"<x:xmpmeta>GPS</x:xmpmeta>";

    /// A picture item and an Exif item in `mdat`, an XMP item in `idat`.
    pub fn with_exif() -> Vec<u8> {
        let ftyp = made(b"ftyp", b"heic\0\0\0\0mif1heic");
        let items = [entry(1, b"hvc1"), entry(2, b"Exif"), entry(3, b"mime")].concat();
        let iinf = made(b"iinf", &[&[0, 0, 0, 0, 0, 3][..], &items].concat());
        let iloc_len = 8 + 8 + 3 * 16;
        let idat = made(b"idat", XMP);
        let meta_len = 12 + iinf.len() + iloc_len + idat.len();
        let data = (ftyp.len() + meta_len + 8) as u32;
        let places = [
            place(1, 0, data, PICTURE.len() as u32),
            place(2, 0, data + PICTURE.len() as u32, EXIF.len() as u32),
            place(3, 1, 0, XMP.len() as u32),
        ];
        let iloc = made(b"iloc", &[&[1, 0, 0, 0, 0x44, 0, 0, 3][..], &places.concat()].concat());
        assert_eq!(iloc.len(), iloc_len);
        let meta = made(b"meta", &[vec![0; 4], iinf, iloc, idat].concat());
        [ftyp, meta, made(b"mdat", &[PICTURE, EXIF].concat()), made(b"uuid", b"a maker's own notes: GPS")].concat()
    }

    #[test]
    fn private_items_are_zeroed_and_nothing_moves() {
        let photo = with_exif();
        let kept = clean(&photo).unwrap();
        assert_eq!(kept.len(), photo.len());
        assert!(!kept.windows(3).any(|window| window == b"GPS"));
        let zeroed = photo.iter().zip(&kept).filter(|(before, after)| before != after).count();
        let private = [EXIF, XMP, b"a maker's own notes: GPS"].concat();
        assert_eq!(zeroed, private.iter().filter(|byte| **byte != 0).count(), "only the private bytes changed");
        assert!(kept.windows(PICTURE.len()).any(|window| window == PICTURE));
        assert_eq!(clean(&kept).unwrap(), kept);
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let photo = with_exif();
        let change = |from: &[u8], to: &[u8]| {
            let at = photo.windows(from.len()).position(|window| window == from).unwrap();
            let mut changed = photo.clone();
            changed[at..at + to.len()].copy_from_slice(to);
            clean(&changed)
        };
        assert_eq!(change(b"heic", b"avif"), None, "another kind of picture");
        assert_eq!(change(b"iloc", b"free"), None, "no locations");
        assert_eq!(change(b"iinf", b"free"), None, "no items");
        assert_eq!(change(b"uuid", b"moov"), None, "a film");
        assert_eq!(change(b"infe\x02", b"infe\x01"), None, "an entry without a type");
        assert_eq!(change(&place(2, 0, 0, 0)[..8], &[0, 9]), None, "an item without a place");
    }
}
