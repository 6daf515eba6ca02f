//! A way out that does as it is told: the second implementation of the trait, beside the mail relay.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use steelbridge::channels::delivery::{Carrier, Dispatch, Outcome, Reply};
use steelbridge::routing::ids::{ContactId, Timestamp};
use tokio::sync::{Notify, Semaphore};

/// What an attempt comes to. When nothing is told, all is well.
pub enum Does {
    Says(Outcome),
    /// It has the letter, and never says so.
    Hangs,
    /// It takes the letter when it is told to.
    Waits(Arc<Notify>),
    Panics,
}

/// The carrier, from outside.
#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

struct Shared {
    inner: Mutex<Inner>,
    /// One permit for each attempt that has begun.
    begun: Semaphore,
}

#[derive(Default)]
struct Inner {
    script: VecDeque<Does>,
    /// What every attempt was given.
    attempts: Vec<Vec<u8>>,
    renderings: u32,
    /// Why nothing can be written.
    unwritable: Option<String>,
}

impl Relay {
    pub fn new() -> Relay {
        Relay { shared: Arc::new(Shared { inner: Mutex::default(), begun: Semaphore::new(0) }) }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.shared.inner.lock().expect("no test panics while it holds this")
    }

    pub fn will(&self, does: impl IntoIterator<Item = Does>) {
        self.inner().script.extend(does);
    }

    pub fn cannot_write(&self, why: Option<&str>) {
        self.inner().unwritable = why.map(Into::into);
    }

    /// What every attempt was given, as text.
    pub fn attempts(&self) -> Vec<String> {
        self.inner().attempts.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    pub fn renderings(&self) -> u32 {
        self.inner().renderings
    }

    /// Waits until one more attempt has begun.
    pub async fn begins(&self) {
        self.shared.begun.acquire().await.expect("never closed").forget();
    }

    pub fn carrier(&self) -> Box<dyn Carrier> {
        Box::new(Told(self.clone()))
    }
}

struct Told(Relay);

impl Carrier for Told {
    /// Every word that a rendering has, a line each, and how often it was asked: two renderings are never alike.
    fn render(&self, d: &Dispatch) -> Result<Vec<u8>, String> {
        let mut inner = self.0.inner();
        inner.renderings += 1;
        if let Some(why) = &inner.unwritable {
            return Err(why.clone());
        }
        let said = d.said.iter().map(|message| message.text.as_str()).collect::<Vec<_>>().join(" / ");
        let names = d.names.values().cloned().collect::<Vec<_>>().join(", ");
        let files = d.files.iter().map(|(file, bytes)| format!("{} {}", file.name, bytes.len())).collect::<Vec<_>>();
        Ok(format!(
            "{:?} {}.{} to {} ({}) in {}{}\nsaid {said}\nby {names}\nfiles {files:?}\nsubject {:?}\nthread {:?}\nrendering {}",
            d.kind,
            d.contact.id.0,
            d.n,
            d.to,
            d.to_name.as_deref().unwrap_or("-"),
            d.language,
            if d.language_sure { "" } else { "?" },
            d.subject,
            d.thread,
            inner.renderings,
        )
        .into_bytes())
    }

    fn send<'a>(&'a mut self, bytes: &'a [u8], _: Timestamp) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        let does = {
            let mut inner = self.0.inner();
            inner.attempts.push(bytes.to_vec());
            inner.script.pop_front()
        };
        self.0.shared.begun.add_permits(1);
        Box::pin(async move {
            match does {
                None => Outcome::Sent(Reply::new(250, "2.0.0 ok")),
                Some(Does::Says(outcome)) => outcome,
                Some(Does::Hangs) => std::future::pending().await,
                Some(Does::Waits(told)) => {
                    told.notified().await;
                    Outcome::Sent(Reply::new(250, "2.0.0 ok"))
                }
                Some(Does::Panics) => panic!("a carrier that panics, as a test told it to"),
            }
        })
    }

    fn per_second(&self) -> f64 {
        1_000.0
    }

    fn id_of(&self, contact: ContactId, n: u32) -> Option<String> {
        Some(format!("{}.{n}@ours", contact.0))
    }
}

pub fn later() -> Does {
    Does::Says(Outcome::Later { reply: Reply::new(450, "4.2.0 busy"), pause_relay: false })
}

pub fn tired() -> Does {
    Does::Says(Outcome::Later { reply: Reply::new(421, "4.7.0 too many"), pause_relay: true })
}

pub fn refused() -> Does {
    Does::Says(Outcome::Refused(Reply::new(550, "5.1.1 no such user")))
}

pub fn unknown() -> Does {
    Does::Says(Outcome::Unknown { why: "the line broke".into() })
}

pub fn away() -> Does {
    Does::Says(Outcome::Unreachable { why: "nobody answers".into() })
}
