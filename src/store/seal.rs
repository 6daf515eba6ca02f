//! The seal of a row: a short hash over what never changes in it, to find a byte that flipped on disk.
//!
//! What goes into a seal, and in which order, is as fixed as a schema step: rows written years ago are checked with it.

use sha2::{Digest, Sha256};

/// Collects a row's lasting columns, in order. Each is marked with its kind and length, so that moving a byte from
/// one column to the next changes the seal.
pub(super) struct Seal(Sha256);

impl Seal {
    /// The table's name goes first: a row is not valid in another table.
    pub fn of(table: &'static str) -> Seal {
        Seal(Sha256::new()).text(table)
    }

    pub fn number(mut self, number: i64) -> Seal {
        self.0.update(b"i");
        self.0.update(number.to_le_bytes());
        self
    }

    pub fn bytes(mut self, bytes: &[u8]) -> Seal {
        self.0.update(b"b");
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub fn text(self, text: &str) -> Seal {
        self.bytes(text.as_bytes())
    }

    pub fn maybe<T>(mut self, value: Option<T>, add: impl FnOnce(Seal, T) -> Seal) -> Seal {
        match value {
            Some(value) => add(self, value),
            None => {
                self.0.update(b"n");
                self
            }
        }
    }

    /// The first 64 bits, as the column holds them.
    pub fn finish(self) -> i64 {
        let digest: [u8; 32] = self.0.finalize().into();
        i64::from_le_bytes(digest[..8].try_into().expect("8 of 32 bytes"))
    }
}

/// Lower-case hexadecimal.
pub(super) fn hex(digest: &[u8; 32]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seal_changes_with_every_part_and_every_boundary() {
        let seals = [
            Seal::of("a").finish(),
            Seal::of("b").finish(),
            Seal::of("a").text("xy").text("").finish(),
            Seal::of("a").text("x").text("y").finish(),
            Seal::of("a").maybe(Some("x"), Seal::text).text("y").maybe(None::<&str>, Seal::text).finish(),
            Seal::of("a").number(1).finish(),
            Seal::of("a").bytes(&1i64.to_le_bytes()).finish(),
        ];
        for (i, a) in seals.iter().enumerate() {
            assert!(seals[..i].iter().all(|b| a != b), "{i}");
        }
    }
}
