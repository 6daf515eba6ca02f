//! Passwords of local accounts: Argon2id, two at a time, and the same work for a name that nobody has (guide A2).

use crate::daemon::password::{LENGTH, hasher};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Hashes computed at once.
const AT_ONCE: usize = 2;
/// Callers who may wait for their turn.
const WAITING: usize = 16;

/// Too many sign-ins at once.
#[derive(Debug, PartialEq, Eq)]
pub struct Crowded;

/// Compares passwords on blocking threads, in bounded numbers.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// For accounts that are not there or have no password; nobody knows what it is of.
    nobody: Arc<str>,
}

impl Default for Passwords {
    fn default() -> Passwords {
        let unknown: [u8; 32] = rand::random();
        Passwords {
            running: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            nobody: hashed(&unknown).into(),
        }
    }
}

impl Passwords {
    /// Is this the password that was kept? Without one it takes as long and is never right.
    pub async fn is_right(&self, kept: Option<&str>, given: String) -> Result<bool, Crowded> {
        let _place = self.waiting.try_acquire().map_err(|_| Crowded)?;
        let _turn = self.running.acquire().await.map_err(|_| Crowded)?;
        let known = kept.is_some();
        let kept = kept.map_or_else(|| self.nobody.clone(), Arc::from);
        let right = tokio::task::spawn_blocking(move || verify(&kept, &given)).await.unwrap_or(false);
        Ok(right && known)
    }
}

fn verify(kept: &str, given: &str) -> bool {
    // A given password longer than any that may be set is not worth hashing at length; its start costs the same.
    let given = given.get(..LENGTH.end() * 4).unwrap_or(given).as_bytes();
    PasswordHash::new(kept).is_ok_and(|hash| hasher().verify_password(given, &hash).is_ok())
}

fn hashed(password: &[u8]) -> String {
    hasher().hash_password(password).expect("the operating system gives random bytes").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_account_is_right() {
        let passwords = Passwords::default();
        let kept: String = hashed(b"bridge-over-the-willamette");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let given = |text: &str| passwords.is_right(Some(&kept), text.to_owned());
        assert_eq!(given("bridge-over-the-willamette").await, Ok(true));
        assert_eq!(given("bridge-over-the-columbia").await, Ok(false));
        assert_eq!(given(&"é".repeat(300)).await, Ok(false));
        assert_eq!(passwords.is_right(None, "bridge-over-the-willamette".into()).await, Ok(false));
        assert_eq!(passwords.is_right(Some("not a hash"), "x".into()).await, Ok(false));
    }

    #[tokio::test]
    async fn more_than_eighteen_at_once_are_turned_away() {
        let passwords = Passwords::default();
        let kept: String = hashed(b"bridge-over-the-willamette");
        let all = (0..30).map(|_| passwords.is_right(Some(&kept), "wrong".into()));
        let answers = futures_util::future::join_all(all).await;
        assert_eq!(answers.iter().filter(|a| **a == Err(Crowded)).count(), 12);
        assert_eq!(answers.iter().filter(|a| **a == Ok(false)).count(), 18);
    }
}
