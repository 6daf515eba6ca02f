//! Passwords of local accounts: Argon2id, one at a time, and the same work for a name that nobody has.

use crate::daemon::password::{LENGTH, hasher, of_nobody};
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::sync::oneshot;

/// Callers who may wait for their turn.
const WAITING: usize = 16;

/// Too many sign-ins at once.
#[derive(Debug, PartialEq, Eq)]
pub struct Crowded;

struct Question {
    kept: Arc<str>,
    given: String,
    answer: oneshot::Sender<bool>,
}

/// Compares passwords on a thread of its own, which takes its 19 MiB once; spread over many threads, each would keep as much.
#[derive(Clone)]
pub struct Passwords {
    ask: SyncSender<Question>,
    /// For accounts that are not there or have no password; nobody knows what it is of.
    nobody: Arc<str>,
}

impl Default for Passwords {
    fn default() -> Passwords {
        let (ask, questions) = sync_channel(WAITING);
        let compare = move || compare(&questions);
        std::thread::Builder::new().name("passwords".into()).spawn(compare).expect("a thread can be started");
        Passwords { ask, nobody: of_nobody().into() }
    }
}

impl Passwords {
    /// Is this the password that was kept? Without one it takes as long and is never right.
    pub async fn is_right(&self, kept: Option<&str>, given: String) -> Result<bool, Crowded> {
        let known = kept.is_some();
        let kept = kept.map_or_else(|| self.nobody.clone(), Arc::from);
        let (answer, later) = oneshot::channel();
        self.ask.try_send(Question { kept, given, answer }).map_err(|_| Crowded)?;
        Ok(later.await.unwrap_or(false) && known)
    }
}

/// Until nobody can ask any more.
fn compare(questions: &Receiver<Question>) {
    for Question { kept, given, answer } in questions {
        let _ = answer.send(verify(&kept, &given)); // the caller may have gone
    }
}

fn verify(kept: &str, given: &str) -> bool {
    // A given password longer than any that may be set is not worth hashing at length; its start costs the same.
    let given = given.get(..LENGTH.end() * 4).unwrap_or(given).as_bytes();
    PasswordHash::new(kept).is_ok_and(|hash| hasher().verify_password(given, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::password::hash;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_account_is_right() {
        let passwords = Passwords::default();
        let kept: String = hash("bridge-over-the-willamette").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let given = |text: &str| passwords.is_right(Some(&kept), text.to_owned());
        assert_eq!(given("bridge-over-the-willamette").await, Ok(true));
        assert_eq!(given("bridge-over-the-columbia").await, Ok(false));
        assert_eq!(given(&"é".repeat(300)).await, Ok(false));
        assert_eq!(passwords.is_right(None, "bridge-over-the-willamette".into()).await, Ok(false));
        assert_eq!(passwords.is_right(Some("not a hash"), "x".into()).await, Ok(false));
    }

    #[tokio::test]
    async fn a_crowd_is_turned_away() {
        let passwords = Passwords::default();
        let kept: String = hash("bridge-over-the-willamette").unwrap();
        let all = (0..60).map(|_| passwords.is_right(Some(&kept), "wrong".into()));
        let answers = futures_util::future::join_all(all).await;
        let crowded = answers.iter().filter(|a| **a == Err(Crowded)).count();
        assert!(crowded > 20 && crowded <= 60 - WAITING, "{crowded}");
        assert!(answers.iter().all(|a| *a != Ok(true)));
    }
}
