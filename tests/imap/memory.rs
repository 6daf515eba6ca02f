//! A daemon's memory for mailboxes, without a daemon: keeps what it is given, and fails when it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};
use steelbridge::channels::email::imap::{
    Cursor, Extent, Fetched, Health, Kept, Ledger, Limits, MailKey, MailboxSettings, Place, Reading, spawn,
};
use steelbridge::channels::{Later, NotKept};
use steelbridge::routing::ids::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// No test waits longer for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Memory(Arc<Shared>);

struct Shared {
    books: Mutex<Books>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
pub struct Books {
    pub cursors: BTreeMap<Place, Cursor>,
    /// What was ingested, in order.
    pub mails: Vec<(Fetched, Kept)>,
    pub seen: BTreeSet<MailKey>,
    pub attempts: BTreeMap<MailKey, u32>,
    texts: BTreeSet<Vec<u8>>,
    pub fault: Fault,
    /// How often a fault has struck.
    pub struck: u32,
}

/// What goes wrong with a mail that contains the text.
#[derive(Clone, Default)]
pub enum Fault {
    #[default]
    None,
    /// Never returns; nothing is kept.
    HangBefore(String),
    /// Is kept, and never returns.
    HangAfter(String),
    /// Cannot be read by anyone.
    Refuse(String),
    /// The daemon is too busy for it, so many times more; and so for what comes behind it.
    Busy(String, u32),
    /// The storage fails while it is kept, once; by then the daemon is too busy for what comes behind it.
    Fails(String),
    /// The daemon cannot keep anything.
    Down,
}

impl Books {
    /// How often a mail with this text was taken as new.
    pub fn taken(&self, text: &str) -> usize {
        self.mails.iter().filter(|(mail, kept)| *kept == Kept::New && contains(&mail.raw, text)).count()
    }

    /// Its place among all that was taken.
    pub fn place(&self, text: &str) -> Option<usize> {
        self.mails.iter().position(|(mail, _)| contains(&mail.raw, text))
    }

    fn keep(&mut self, mail: Fetched) -> Kept {
        let same = mail.extent != Extent::Unread && !self.texts.insert(mail.raw.to_vec());
        let twice = !self.seen.insert(mail.key.clone());
        assert!(!twice, "{:?} was ingested twice under one key", mail.key);
        let kept = match mail.extent {
            _ if same => Kept::Duplicate,
            Extent::Whole => Kept::New,
            Extent::Truncated | Extent::Unread => Kept::Held,
        };
        self.mails.push((mail, kept));
        kept
    }
}

fn contains(raw: &[u8], text: &str) -> bool {
    raw.windows(text.len()).any(|window| window == text.as_bytes())
}

impl Memory {
    pub fn new() -> Memory {
        Memory(Arc::new(Shared { books: Mutex::default(), changed: watch::Sender::default() }))
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().expect("the books")
    }

    pub fn fault(&self, fault: Fault) {
        self.books().fault = fault;
        self.0.changed.send_modify(|n| *n += 1);
    }

    /// Waits until the books are so.
    pub async fn until(&self, what: &str, mut so: impl FnMut(&Books) -> bool) {
        let mut changed = self.0.changed.subscribe();
        let wait = async {
            while !so(&self.books()) {
                changed.changed().await.expect("the memory");
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            let books = self.books();
            let keys: Vec<_> = books.mails.iter().map(|(mail, kept)| (mail.key.uid, *kept)).collect();
            panic!("waited in vain until {what}: {} mails, attempts {:?}, {keys:?}", keys.len(), books.attempts);
        }
    }

    fn later<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Books) -> T + Send + 'static,
    ) -> Later<Result<T, NotKept>> {
        let memory = self.clone();
        Box::pin(async move {
            let done = act(&mut memory.books());
            memory.0.changed.send_modify(|n| *n += 1);
            Ok(done)
        })
    }

    async fn take_in(self, mail: Fetched) -> Result<Kept, NotKept> {
        let fault = self.books().fault.clone();
        let strike = |memory: &Memory| {
            memory.books().struck += 1;
            memory.0.changed.send_modify(|n| *n += 1);
        };
        let hit = |text: &str| contains(&mail.raw, text);
        match &fault {
            Fault::HangBefore(text) if hit(text) => {
                strike(&self);
                std::future::pending::<()>().await;
            }
            Fault::HangAfter(text) if hit(text) => {
                self.books().keep(mail);
                strike(&self);
                std::future::pending::<()>().await;
                unreachable!();
            }
            Fault::Refuse(text) if hit(text) => {
                strike(&self);
                return Err(NotKept::Refused("unreadable".into()));
            }
            Fault::Busy(text, times) if *times > 0 && hit(text) => {
                self.books().fault = Fault::Busy(text.clone(), times - 1);
                strike(&self);
                return Err(NotKept::Busy { retry_secs: 0 });
            }
            Fault::Fails(text) if hit(text) => {
                self.books().fault = Fault::None;
                strike(&self);
                return Err(NotKept::Unavailable);
            }
            Fault::Down => {
                strike(&self);
                return Err(NotKept::Unavailable);
            }
            _ => {}
        }
        let kept = self.books().keep(mail);
        self.0.changed.send_modify(|n| *n += 1);
        Ok(kept)
    }
}

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    Timestamp(since.as_micros() as i64)
}

impl Ledger for Memory {
    fn now(&self) -> Timestamp {
        now()
    }

    fn cursor(&self, place: &Place) -> Later<Result<Option<Cursor>, NotKept>> {
        let place = place.clone();
        self.later(move |books| books.cursors.get(&place).copied())
    }

    fn settle(&self, place: &Place, cursor: Cursor) -> Later<Result<(), NotKept>> {
        let place = place.clone();
        self.later(move |books| {
            books.cursors.insert(place, cursor);
        })
    }

    fn known(&self, place: &Place, uid_validity: u32, uids: Vec<u32>) -> Later<Result<Vec<u32>, NotKept>> {
        assert!(uids.len() <= 500, "{} at once", uids.len());
        let place = place.clone();
        self.later(move |books| {
            let key = |uid| MailKey { place: place.clone(), uid_validity, uid };
            uids.into_iter().filter(|uid| books.seen.contains(&key(*uid))).collect()
        })
    }

    fn begun(&self, place: &Place, uid_validity: u32) -> Later<Result<Vec<u32>, NotKept>> {
        let place = place.clone();
        self.later(move |books| {
            let ours = |key: &MailKey| key.place == place && key.uid_validity == uid_validity;
            let open = books.attempts.iter().filter(|(key, tries)| ours(key) && **tries > 0);
            open.filter(|(key, _)| !books.seen.contains(key)).map(|(key, _)| key.uid).collect()
        })
    }

    fn attempt(&self, place: &Place, uid_validity: u32, uids: Vec<u32>) -> Later<Result<Vec<u32>, NotKept>> {
        assert!(uids.len() <= 64, "{} at once", uids.len());
        let place = place.clone();
        self.later(move |books| {
            let mut count = |uid| {
                let tries = books.attempts.entry(MailKey { place: place.clone(), uid_validity, uid }).or_insert(0);
                *tries += 1;
                *tries
            };
            uids.into_iter().map(&mut count).collect()
        })
    }

    fn pardon(&self, place: &Place, uid_validity: u32, uids: Vec<u32>) -> Later<Result<(), NotKept>> {
        let place = place.clone();
        self.later(move |books| {
            for uid in uids {
                let tries = books.attempts.entry(MailKey { place: place.clone(), uid_validity, uid }).or_insert(0);
                *tries = tries.saturating_sub(1);
            }
        })
    }

    fn ingest(&self, mails: Vec<Fetched>) -> Later<Vec<Result<Kept, NotKept>>> {
        let memory = self.clone();
        Box::pin(async move {
            let mut outcomes: Vec<Result<Kept, NotKept>> = Vec::new();
            for mail in mails {
                let stopped = matches!(outcomes.last(), Some(Err(NotKept::Busy { .. } | NotKept::Unavailable)));
                let is_down = matches!(memory.books().fault, Fault::Down);
                outcomes.push(match stopped && !is_down {
                    true => Err(NotKept::Busy { retry_secs: 0 }),
                    false => memory.clone().take_in(mail).await,
                });
            }
            outcomes
        })
    }
}

/// A mailbox being read, until dropped.
pub struct Reader {
    pub reading: Reading,
    stop: CancellationToken,
}

impl Reader {
    pub fn start(settings: MailboxSettings, limits: Limits, memory: &Memory) -> Reader {
        let stop = CancellationToken::new();
        let reading = spawn(settings, limits, Arc::new(memory.clone()), stop.clone());
        Reader { reading, stop }
    }

    /// Waits until its health is so.
    pub async fn until(&mut self, what: &str, so: impl FnMut(&Health) -> bool) -> Health {
        let last = self.reading.health.clone();
        match tokio::time::timeout(PATIENCE, self.reading.health.wait_for(so)).await {
            Ok(health) => health.expect("a mailbox").clone(),
            Err(_) => panic!("waited in vain until {what}: {:?}", last.borrow()),
        }
    }

    /// As a stopping daemon does; how long it took.
    pub async fn stop(self) -> Duration {
        let start = Instant::now();
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.reading.task).await.expect("it stops").expect("without a panic");
        start.elapsed()
    }

    /// As a crash does.
    pub async fn crash(self) {
        self.reading.task.abort();
        let _ = self.reading.task.await;
    }
}

/// A mail nobody else writes.
pub fn mail(subject: &str) -> String {
    format!(
        "From: Ana <ana@example.org>\r\nTo: 311@example.gov\r\nSubject: {subject}\r\n\r\nIt is about {subject}.\r\n"
    )
}
