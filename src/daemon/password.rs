//! Staff passwords: what may be one, and how it is kept.

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Length in characters; no rules about which characters.
pub const LENGTH: std::ops::RangeInclusive<usize> = 15..=128;
/// A password with fewer different characters is guessed at once.
const DIFFERENT: usize = 5;
/// Memory in KiB, passes and lanes of argon2id.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Why a password is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    #[error("a password has 15 to 128 characters; this one has {0}. Several words make a good one")]
    Length(usize),
    #[error("this password repeats the same few characters; choose several words")]
    Repeats,
    #[error("this password is the sign-in name; choose several words")]
    IsName,
}

/// May this be someone's password?
pub fn check(name: &str, password: &str) -> Result<(), BadPassword> {
    let length = password.chars().count();
    if !LENGTH.contains(&length) {
        return Err(BadPassword::Length(length));
    }
    let different = password.chars().collect::<std::collections::BTreeSet<_>>().len();
    if different < DIFFERENT {
        return Err(BadPassword::Repeats);
    }
    if password.to_lowercase().replace(name, "").chars().count() < DIFFERENT {
        return Err(BadPassword::IsName);
    }
    Ok(())
}

/// The hash to keep, as a PHC string with a fresh salt. Takes about 50 ms and 19 MiB.
///
/// # Errors
/// Only when the operating system gives no randomness.
pub fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    hasher().hash_password(password.as_bytes()).map(|hash| hash.to_string())
}

/// What would be kept for a password that nobody knows: random, and checked at today's cost like any other.
pub fn of_nobody() -> String {
    let (memory, passes, lanes) = COST;
    let (salt, hash): ([u8; 16], [u8; 32]) = (rand::random(), rand::random());
    let [salt, hash] = [STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash)];
    format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${hash}")
}

/// Argon2id with today's cost, for hashing and for checking.
pub fn hasher() -> Argon2<'static> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).expect("constants within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_is_all_that_is_asked() {
        assert_eq!(check("ana", "correct horse battery"), Ok(()));
        assert_eq!(check("ana", "пароль из нескольких слов"), Ok(()));
        assert_eq!(check("ana", "short"), Err(BadPassword::Length(5)));
        assert_eq!(check("ana", &"long words ".repeat(12)), Err(BadPassword::Length(132)));
        assert_eq!(check("ana", "aaaaaaaaaaaaaaaaaaaa"), Err(BadPassword::Repeats));
        assert_eq!(check("bernadette", "bernadettebernadette"), Err(BadPassword::IsName));
    }

    #[test]
    fn nobodys_password_is_as_much_work_as_anyones() {
        use argon2::password_hash::phc::PasswordHash;
        let (nobody, someone) = (of_nobody(), hash("correct horse battery").unwrap());
        let [nobody, someone] = [&nobody, &someone].map(|kept| PasswordHash::new(kept).unwrap());
        assert_eq!(
            (nobody.algorithm, nobody.version, &nobody.params),
            (someone.algorithm, someone.version, &someone.params)
        );
        assert_eq!(nobody.hash.map(|hash| hash.len()), someone.hash.map(|hash| hash.len()));
        assert_eq!(nobody.salt.map(|salt| salt.len()), someone.salt.map(|salt| salt.len()));
    }

    #[test]
    fn a_hash_names_its_algorithm_and_cost_and_is_salted() {
        let [one, two] = [hash("correct horse battery").unwrap(), hash("correct horse battery").unwrap()];
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, two);
    }
}
