//! Attachments: kept by their content, whole or not at all.

use crate::Directory;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use steelbridge::store::StoreError;
use steelbridge::store::files::Files;

/// SHA-256 of "abc" (FIPS 180-2, appendix B.1).
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn all_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(all_files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_file_is_kept_under_the_digest_of_its_content() {
    let home = Directory::made();
    let kept = Files::open(home.path()).unwrap().keep(b"abc").unwrap();
    assert_eq!((kept.digest.as_str(), kept.bytes), (ABC, 3));
    let place = home.path().join("files/ba").join(ABC);
    assert_eq!(all_files(&home.path().join("files")), std::slice::from_ref(&place));
    assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(place.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(Files::open(home.path()).unwrap().read(ABC).unwrap(), b"abc");
}

#[test]
fn a_file_may_come_in_pieces_or_at_once() {
    let home = Directory::made();
    let files = Files::open(home.path()).unwrap();
    let mut growing = files.begin().unwrap();
    growing.write_all(b"a").unwrap();
    growing.write_all(b"bc").unwrap();
    assert_eq!(growing.finish().unwrap().digest, ABC);
    let long: Vec<u8> = (0..1_000_003u32).map(|n| n as u8).collect();
    let kept = files.keep(&long).unwrap();
    assert_eq!(files.read(&kept.digest).unwrap(), long);
    assert_eq!(files.keep(b"").unwrap().bytes, 0);
}

#[test]
fn many_are_kept_at_once_each_under_its_own_digest() {
    let home = Directory::made();
    let files = Files::open(home.path()).unwrap();
    let many: Vec<String> =
        (0..40).map(|n| if n % 10 == 9 { "the same".into() } else { format!("mail {n}") }).collect();
    let kept = files.keep_all(&many).unwrap();
    let digests: Vec<String> = kept.iter().map(|kept| kept.digest.clone()).collect();
    let alone: Vec<String> = many.iter().map(|bytes| files.keep(bytes.as_bytes()).unwrap().digest).collect();
    assert_eq!(digests, alone, "in their order");
    for (bytes, kept) in many.iter().zip(&kept) {
        assert_eq!((files.read(&kept.digest).unwrap(), kept.bytes), (bytes.as_bytes().to_vec(), bytes.len() as u64));
    }
    assert_eq!(all_files(&home.path().join("files")).len(), 37, "and nothing is left that grows");
    assert!(files.keep_all(&[] as &[&str]).unwrap().is_empty());
}

#[test]
fn what_breaks_off_leaves_nothing_behind() {
    struct BreaksOff(u32);
    impl Read for BreaksOff {
        fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 > 3 { Err(io::Error::other("the sender went away")) } else { Ok(piece.len()) }
        }
    }
    let home = Directory::made();
    let files = Files::open(home.path()).unwrap();
    assert!(io::copy(&mut BreaksOff(0), &mut files.begin().unwrap()).is_err());
    drop(files.begin().unwrap());
    assert!(all_files(home.path()).is_empty());
}

#[test]
fn what_a_crash_left_unfinished_is_removed_at_the_next_start() {
    let home = Directory::made();
    let files = Files::open(home.path()).unwrap();
    let mut growing = files.begin().unwrap();
    growing.write_all(b"half").unwrap();
    std::mem::forget(growing); // as a kill would
    assert_eq!(all_files(home.path()).len(), 1);
    Files::open(home.path()).unwrap();
    assert!(all_files(home.path()).is_empty());
}

#[test]
fn a_damaged_or_missing_file_is_never_served() {
    let home = Directory::made();
    let files = Files::open(home.path()).unwrap();
    files.keep(b"abc").unwrap();
    let place = home.path().join("files/ba").join(ABC);
    fs::write(&place, b"abd").unwrap();
    let text = files.read(ABC).unwrap_err().to_string();
    assert!(text.contains(ABC) && text.contains("not what was kept"), "{text}");
    files.keep(b"abc").unwrap();
    assert_eq!(files.read(ABC).unwrap(), b"abc", "keeping it again mends it");
    fs::remove_file(&place).unwrap();
    assert!(files.read(ABC).unwrap_err().to_string().contains("missing"));
}

#[test]
fn a_name_that_is_no_digest_reaches_no_file() {
    let home = Directory::made();
    let files = Files::open(home.path()).unwrap();
    fs::write(home.path().join("secret"), b"secret").unwrap();
    let long = "../".repeat(22);
    let upper = ABC.to_uppercase();
    for name in ["", "../secret", "/etc/passwd", &ABC[..63], &upper, &long[..64], &format!("{}é", &ABC[..62])] {
        assert!(matches!(files.read(name), Err(StoreError::File(_))), "{name}");
    }
}

#[test]
fn many_may_keep_files_at_once() {
    let home = Directory::made();
    let files = Files::open(home.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            let files = &files;
            scope.spawn(move || {
                for n in 0..20u32 {
                    let bytes = (n + thread % 2).to_le_bytes(); // half of them the same as another thread's
                    let kept = files.keep(&bytes).unwrap();
                    assert_eq!(files.read(&kept.digest).unwrap(), bytes);
                }
            });
        }
    });
    assert_eq!(all_files(home.path()).len(), 21);
}
