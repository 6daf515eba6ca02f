//! Passwords of local accounts: Argon2id, one at a time, networks in turn, and the same work for a name that nobody has.

use crate::daemon::password::{LENGTH, hasher, of_nobody};
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Callers who may wait for their turn.
const WAITING: usize = 100;
/// Of these, from one network: an office that begins its day behind one address. In a crowd it gives way to others.
const OF_ONE_NETWORK: usize = 32;
/// How long a caller waits at most.
const PATIENCE: Duration = Duration::from_secs(10);

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
    line: Arc<Line>,
    /// For accounts that are not there or have no password; nobody knows what it is of.
    nobody: Arc<str>,
    _open: Arc<Open>,
}

/// Closes the line when the last who could ask is gone.
struct Open(Arc<Line>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.places.lock().expect("passwords").closed = true;
        self.0.changed.notify_all();
    }
}

impl Default for Passwords {
    fn default() -> Passwords {
        let line = Arc::new(Line::default());
        let questions = line.clone();
        let compare = move || compare(&questions);
        std::thread::Builder::new().name("passwords".into()).spawn(compare).expect("a thread can be started");
        Passwords { _open: Arc::new(Open(line.clone())), line, nobody: of_nobody().into() }
    }
}

impl Passwords {
    /// Is this the password that was kept? Without one it takes as long and is never right.
    pub async fn is_right(&self, network: IpAddr, kept: Option<&str>, given: String) -> Result<bool, Crowded> {
        let known = kept.is_some();
        let kept = kept.map_or_else(|| self.nobody.clone(), Arc::from);
        let (answer, later) = oneshot::channel();
        self.line.places.lock().expect("passwords").join(network, Question { kept, given, answer })?;
        self.line.changed.notify_one();
        match timeout(PATIENCE, later).await {
            Ok(Ok(right)) => Ok(right && known),
            _ => Err(Crowded), // too late, or displaced by a network that had nobody waiting
        }
    }
}

#[derive(Default)]
struct Line {
    places: Mutex<Places>,
    changed: Condvar,
}

/// Who waits, by network; the network in front is next, and goes to the end when it has had its turn.
#[derive(Default)]
struct Places {
    networks: VecDeque<(IpAddr, VecDeque<Question>)>,
    closed: bool,
}

impl Places {
    fn join(&mut self, network: IpAddr, question: Question) -> Result<(), Crowded> {
        self.forget_those_who_left();
        let own = self.networks.iter().position(|(of, _)| *of == network);
        let waiting = own.map_or(0, |at| self.networks[at].1.len());
        if waiting >= OF_ONE_NETWORK {
            return Err(Crowded);
        }
        if self.networks.iter().map(|(_, questions)| questions.len()).sum::<usize>() >= WAITING {
            // Whoever has most gives way to a network that would still have less.
            let most = self.networks.iter_mut().max_by_key(|(_, questions)| questions.len()).ok_or(Crowded)?;
            if most.1.len() <= waiting + 1 {
                return Err(Crowded);
            }
            most.1.pop_back();
        }
        match own {
            Some(at) => self.networks[at].1.push_back(question),
            None => self.networks.push_back((network, VecDeque::from([question]))),
        }
        Ok(())
    }

    /// A browser that hung up needs no answer and keeps no place.
    fn forget_those_who_left(&mut self) {
        self.networks.iter_mut().for_each(|(_, questions)| questions.retain(|q| !q.answer.is_closed()));
        self.networks.retain(|(_, questions)| !questions.is_empty());
    }

    fn next(&mut self) -> Option<Question> {
        self.forget_those_who_left();
        let (network, mut questions) = self.networks.pop_front()?;
        let question = questions.pop_front();
        if !questions.is_empty() {
            self.networks.push_back((network, questions));
        }
        question
    }
}

/// Until nobody can ask any more.
fn compare(line: &Line) {
    loop {
        let mut places = line.places.lock().expect("passwords");
        let question = loop {
            match places.next() {
                Some(question) => break question,
                None if places.closed => return,
                None => places = line.changed.wait(places).expect("passwords"),
            }
        };
        drop(places);
        let _ = question.answer.send(verify(&question.kept, &question.given)); // the caller may have gone
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
        let given = |text: &str| passwords.is_right(network(1), Some(&kept), text.to_owned());
        assert_eq!(given("bridge-over-the-willamette").await, Ok(true));
        assert_eq!(given("bridge-over-the-columbia").await, Ok(false));
        assert_eq!(given(&"é".repeat(300)).await, Ok(false));
        assert_eq!(passwords.is_right(network(1), None, "bridge-over-the-willamette".into()).await, Ok(false));
        assert_eq!(passwords.is_right(network(1), Some("not a hash"), "x".into()).await, Ok(false));
    }

    #[tokio::test]
    async fn a_crowd_of_one_network_is_turned_away_and_a_fresh_one_waits_its_turn() {
        let passwords = Passwords::default();
        let kept: String = hash("bridge-over-the-willamette").unwrap();
        let crowd = (0..OF_ONE_NETWORK + 12).map(|_| passwords.is_right(network(1), Some(&kept), "wrong".into()));
        let rep = passwords.is_right(network(2), Some(&kept), "bridge-over-the-willamette".into());
        let (answers, rep) = futures_util::join!(futures_util::future::join_all(crowd), rep);
        assert_eq!(rep, Ok(true));
        let crowded = answers.iter().filter(|a| **a == Err(Crowded)).count();
        assert!((11..=12).contains(&crowded), "one may be at work while the others wait: {crowded}");
    }

    #[test]
    fn networks_take_turns_and_who_has_most_gives_way() {
        let mut places = Places::default();
        let later = std::cell::RefCell::new(Vec::new());
        let joins = |places: &mut Places, n: u8| {
            let (answer, waits) = oneshot::channel();
            later.borrow_mut().push(waits);
            places.join(network(n), Question { kept: "".into(), given: n.to_string(), answer })
        };
        for n in 0..25 {
            (0..4).for_each(|_| joins(&mut places, n).unwrap());
        }
        assert_eq!(joins(&mut places, 0), Err(Crowded), "nobody has more than it would");
        for n in 100..175 {
            assert_eq!(joins(&mut places, n), Ok(()), "a fresh network is let in");
        }
        assert_eq!(joins(&mut places, 200), Err(Crowded), "a hundred networks wait");
        let order: Vec<_> = std::iter::from_fn(|| places.next()).map(|q| q.given).collect();
        let expected: Vec<_> = (0..25).chain(100..175).map(|n: u8| n.to_string()).collect();
        assert_eq!(order, expected);

        (0..OF_ONE_NETWORK).for_each(|_| joins(&mut places, 1).unwrap());
        assert_eq!(joins(&mut places, 1), Err(Crowded), "one network");
        later.borrow_mut().clear();
        assert!(places.next().is_none(), "who has left is not answered");
    }

    fn network(n: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, n])
    }
}
