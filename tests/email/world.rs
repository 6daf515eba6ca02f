//! A city with mail: its daemon, its post office, and what is in its books.

use super::post_office::PostOffice;
use super::support::archive::Archive;
use super::support::desk::{Staff, Town};
use mail_parser::{Message, MessageParser};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde_json::Value;
use std::time::Duration;
use steelbridge::routing::ids::Span;

/// Nobody waits longer for anything here.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct World {
    pub office: PostOffice,
    pub town: Town,
}

impl World {
    pub async fn opens() -> World {
        World::opens_with("").await
    }

    /// With more lines in the settings of the mailbox.
    pub async fn opens_with(mailbox: &str) -> World {
        World::opens_at(PostOffice::opens().await, |office| office.settings(mailbox)).await
    }

    /// With a relay of its own at this port.
    pub async fn opens_with_relay(relay: u16) -> World {
        World::opens_at(PostOffice::opens().await, |office| office.settings_with(relay, "")).await
    }

    /// The same, with more lines in the settings of the relay.
    pub async fn opens_with_relay_and(relay: u16, more: &str) -> World {
        World::opens_at(PostOffice::opens().await, |office| office.settings_with(relay, "") + more).await
    }

    /// At a post office that is open already.
    pub async fn opens_at(office: PostOffice, settings: impl Fn(&PostOffice) -> String) -> World {
        let world = World::opens_unread(office, settings).await;
        world.is_read().await;
        world
    }

    /// Perhaps nobody lets us into the mailbox.
    pub async fn opens_unread(office: PostOffice, settings: impl Fn(&PostOffice) -> String) -> World {
        let town = Town::opens_with(&settings(&office), "").await;
        World { office, town }
    }

    /// A resident writes to the city.
    pub async fn hears_from(&self, from: &str, subject: &str) {
        let text = mail(from, "311@city.example", subject, "Since yesterday, at the corner of 34th.");
        self.office.sends(from, "311@city.example", &text).await;
    }

    /// The mailbox is read for the first time: what comes from now on is ours.
    pub async fn is_read(&self) {
        self.until("the mailbox is read", |books| books.count("bookmark WHERE key LIKE 'mail.cursor%'") > 0).await;
    }

    /// `kill -9`, and the next start.
    pub async fn killed_and_started_again(self) -> World {
        let World { office, town } = self;
        let town = town.killed_and_started_again().await;
        World { office, town }
    }

    /// `kill -9`, and a start when this much time has passed for all letters that wait.
    pub async fn killed_and_started_later(self, later: Span) -> World {
        let World { office, town } = self;
        let town = town.killed_and_started_after(|city| Archive::of(city).waits(later)).await;
        World { office, town }
    }

    /// `kill -9`, and the next start when something was done in between.
    pub async fn killed_and_started_after(self, meanwhile: impl AsyncFnOnce(&mut PostOffice)) -> World {
        let World { mut office, town } = self;
        let runtime = tokio::runtime::Handle::current();
        let wait = |_: &_| tokio::task::block_in_place(|| runtime.block_on(meanwhile(&mut office)));
        let town = town.killed_and_started_after(wait).await;
        World { office, town }
    }

    /// Mail is put away some seconds after it was taken.
    pub async fn until_moved(&self, count: u32) {
        let until = tokio::time::Instant::now() + PATIENCE;
        while self.office.dovecot.count("Processed").await != count {
            assert!(tokio::time::Instant::now() < until, "{} moved", self.office.dovecot.count("Processed").await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(self.office.dovecot.count("INBOX").await, 0);
    }

    /// The figures, once this line is among them.
    pub async fn metric(&self, line: &str) -> String {
        let until = tokio::time::Instant::now() + PATIENCE;
        let at = format!("http://127.0.0.1:{}/metrics", self.town.city.metrics_port);
        loop {
            let figures = reqwest::get(&at).await.expect("metrics").text().await.expect("text");
            if figures.lines().any(|found| found == line) {
                return figures;
            }
            assert!(tokio::time::Instant::now() < until, "{line} is not in\n{figures}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a figure is so.
    pub async fn until_figure(&self, name: &str, is_so: impl Fn(f64) -> bool) {
        let until = tokio::time::Instant::now() + PATIENCE;
        let at = format!("http://127.0.0.1:{}/metrics", self.town.city.metrics_port);
        loop {
            let figures = reqwest::get(&at).await.expect("metrics").text().await.expect("text");
            let figure = figures.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
            if figure.is_some_and(&is_so) {
                return;
            }
            assert!(tokio::time::Instant::now() < until, "{name} is {figure:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How often the daemon has said something.
    pub fn logged(&self, words: &str) -> usize {
        let log = std::fs::read_to_string(self.town.city.log()).unwrap_or_default();
        log.lines().filter(|line| line.contains(words)).count()
    }

    pub async fn until_logged(&self, words: &str) {
        let patience = Duration::from_secs(180);
        self.until_within(patience, words, |_| self.logged(words) > 0).await;
    }

    /// The board says that a line is down, with these words for the reason; waits for it.
    pub async fn is_down(&self, line: &str, words: &str) {
        let boss = self.town.signs_in("boss").await;
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let board = boss.gets("/board").await.is(200).json();
            let lines = board["adapters"].as_array().expect("a list");
            let down = |found: &&Value| found["name"] == line && found["state"] == "down";
            let found = lines.iter().find(down).map(|found| found["why"].as_str().unwrap_or_default());
            if found.is_some_and(|why| why.contains(words)) {
                break;
            }
            assert!(tokio::time::Instant::now() < until, "{line}: {words}, not {lines:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.metric(&format!("steelbridge_line_down{{line=\"{line}\"}} 1")).await;
    }

    /// `steelbridge check --connect`: is all well, and what it says.
    pub fn check(&self) -> (bool, String) {
        let settings = self.town.city.folder().join("steelbridge.toml");
        let mut check = std::process::Command::new(env!("CARGO_BIN_EXE_steelbridge"));
        let done = check.args(["check", "--connect", "--config"]).arg(settings).output().expect("it runs");
        let said = [done.stdout, done.stderr].concat();
        (done.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    pub fn books(&self) -> Books {
        Books::open(&self.town)
    }

    pub async fn until(&self, what: &str, is_so: impl Fn(&Books) -> bool) {
        self.until_within(PATIENCE, what, is_so).await;
    }

    pub async fn until_within(&self, patience: Duration, what: &str, is_so: impl Fn(&Books) -> bool) {
        let until = tokio::time::Instant::now() + patience;
        while !is_so(&self.books()) {
            let said = || format!("{what}: not within {patience:?}\n{}", self.town.city.last_words());
            assert!(tokio::time::Instant::now() < until, "{}", said());
            tokio::time::sleep(Duration::from_millis(20)).await; // the books are another process's
        }
    }
}

/// The daemon's database, looked at from outside.
pub struct Books(Connection);

impl Books {
    fn open(town: &Town) -> Books {
        let path = town.city.data.join("steelbridge.db");
        let open = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        let open = open.expect("the books can be opened");
        open.busy_timeout(Duration::from_secs(5)).expect("patience");
        Books(open)
    }

    /// How many rows of a table, perhaps `WHERE` something.
    pub fn count(&self, rows: &str) -> i64 {
        self.0.query_row(&format!("SELECT count(*) FROM {rows}"), [], |row| row.get(0)).expect("a count")
    }

    /// The subjects of all mail, in the order it was taken.
    pub fn subjects(&self) -> Vec<String> {
        let mut all = self.0.prepare("SELECT subject FROM mail ORDER BY id").expect("a table");
        all.query_map([], |row| row.get(0)).expect("rows").map(|subject| subject.expect("a text")).collect()
    }

    /// The contact of the mail with this subject.
    pub fn contact_of(&self, subject: &str) -> Option<u64> {
        let question = "SELECT contact FROM mail WHERE subject = ?";
        let found = self.0.query_row(question, [subject], |row| row.get::<_, Option<i64>>(0)).optional();
        found.expect("a table").flatten().map(|id| id as u64)
    }

    /// What is remembered under a key that begins so.
    pub fn bookmark(&self, key: &str) -> Option<String> {
        let like = format!("{key}%");
        self.0.query_row("SELECT value FROM bookmark WHERE key LIKE ?", [like], |row| row.get(0)).ok()
    }
}

/// The next contact on offer to a rep.
pub async fn offered(rep: &Staff<'_>) -> (u64, Value) {
    let until = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < until {
        let offers = rep.gets("/offers").await.is(200).json();
        if let Some(contact) = offers.as_array().and_then(|offers| offers.first()).map(|offer| offer["contact"].clone())
        {
            return (contact["id"].as_u64().expect("a number"), contact);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} is offered nothing:\n{}", rep.name, rep.town.city.last_words());
}

/// The texts of a conversation with who said them, once there are so many.
pub async fn conversation(rep: &Staff<'_>, contact: u64, count: usize) -> Vec<(String, String)> {
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        let contact = rep.gets(&format!("/contacts/{contact}")).await.is(200).json();
        let messages = contact["messages"].as_array().expect("messages").clone();
        if messages.len() >= count {
            let said = |message: &Value| {
                let by = message["from"]["by"].as_str().or(message["by"].as_str()).unwrap_or_default().to_owned();
                (by, message["text"].as_str().unwrap_or_default().to_owned())
            };
            return messages.iter().map(said).collect();
        }
        assert!(tokio::time::Instant::now() < until, "{} messages, not {count}: {messages:?}", messages.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A letter as a person's mail program writes it.
pub fn mail(from: &str, to: &str, subject: &str, text: &str) -> String {
    let id = rand::random::<u64>();
    format!(
        "From: {from}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{id}@resident.example>\n\
         Date: Mon, 23 Nov 2026 12:00:00 +0000\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    )
}

pub fn read(letter: &str) -> Message<'_> {
    MessageParser::default().parse(letter).expect("a mail")
}

/// The value of a header field of a letter, unfolded.
pub fn field(letter: &str, name: &str) -> String {
    let head = letter.split("\n\n").next().unwrap_or_default().replace("\n\t", " ").replace("\n ", " ");
    let found = head.lines().find_map(|line| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)));
    found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// Where a letter's answers go.
pub fn reply_to(letter: &str) -> String {
    let value = field(letter, "Reply-To");
    value.rsplit('<').next().unwrap_or_default().trim_end_matches('>').to_owned()
}
