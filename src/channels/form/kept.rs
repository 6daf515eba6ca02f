//! Photos outlive a form that comes back with an error: the page carries a signed note of what is already kept.

use crate::channels::visitor::sign;
use crate::message::Attachment;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

/// What a hidden field says of a file that is kept. Only we can write it.
pub fn note(file: &Attachment, key: &[u8; 32]) -> String {
    let said = serde_json::to_vec(file).unwrap_or_default(); // strings and a number always serialise
    format!("{}.{}", URL_SAFE_NO_PAD.encode(&said), URL_SAFE_NO_PAD.encode(sign(key, &[b"kept", &said])))
}

/// The file a note speaks of; `None` when we did not write it.
pub fn file(note: &str, key: &[u8; 32]) -> Option<Attachment> {
    let (said, signed) = note.split_once('.')?;
    let (said, signed) = (URL_SAFE_NO_PAD.decode(said).ok()?, URL_SAFE_NO_PAD.decode(signed).ok()?);
    bool::from(sign(key, &[b"kept", &said]).ct_eq(&signed)).then(|| serde_json::from_slice(&said).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_believed_only_from_us() {
        let photo = Attachment { digest: "ab".into(), name: "a.jpg".into(), media_type: "image/jpeg".into(), bytes: 7 };
        let written = note(&photo, &[1; 32]);
        assert_eq!(file(&written, &[1; 32]), Some(photo));
        assert_eq!(file(&written, &[2; 32]), None);
        for forged in ["", ".", "e30.e30", &written[1..], &written[..written.len() - 1]] {
            assert_eq!(file(forged, &[1; 32]), None, "{forged}");
        }
    }
}
