//! A small IMAP server that follows a script: well-behaved, until a quirk says otherwise.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use steelbridge::channels::email::imap::{Auth, Limits, MailboxSettings, Start, Tls};
use steelbridge::channels::email::secret::Secret;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the peer does instead of answering properly. `{tag}` in a text is the command's tag.
#[derive(Clone)]
pub enum Act {
    Say(String),
    /// One byte after the other, so slowly.
    Drip(String, Duration),
    /// Reads one line and remembers it.
    Hear,
    /// What a good server says.
    Normal,
    Hang,
    Close,
}

/// Shapes an answer: the connection (from 1), how often this very command was heard before, and the command.
pub type Quirk = fn(connection: usize, before: usize, command: &str) -> Option<Vec<Act>>;

pub fn say(text: &str) -> Option<Vec<Act>> {
    Some(vec![Act::Say(text.to_string())])
}

pub struct Peer {
    pub port: u16,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    quirk: Quirk,
    capabilities: &'static str,
    heard: Mutex<Vec<String>>,
    mails: Mutex<BTreeMap<u32, String>>,
    moved: Mutex<Vec<(u32, String)>>,
    changed: watch::Sender<u64>,
    hung_up: watch::Sender<u64>,
}

pub const ABLE: &str = "IMAP4rev1 IDLE MOVE UIDPLUS ID AUTH=XOAUTH2";

impl Peer {
    pub async fn start(quirk: Quirk) -> Peer {
        Peer::start_able(ABLE, quirk).await
    }

    pub async fn start_able(capabilities: &'static str, quirk: Quirk) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let (heard, mails, moved) = Default::default();
        let (changed, hung_up) = Default::default();
        let shared = Arc::new(Shared { quirk, capabilities, heard, mails, moved, changed, hung_up });
        let serving = shared.clone();
        let server = tokio::spawn(async move {
            for connection in 1.. {
                let (line, _) = listener.accept().await.expect("a connection");
                let (serving, mut hung_up) = (serving.clone(), serving.hung_up.subscribe());
                tokio::spawn(async move {
                    tokio::select! {
                        _ = serving.serve(connection, line) => {}
                        _ = hung_up.changed() => {}
                    }
                });
            }
        });
        Peer { port, shared, server }
    }

    /// Puts a mail in; whoever is in IDLE hears of it.
    pub fn deliver(&self, uid: u32, mail: &str) {
        self.shared.mails.lock().expect("mails").insert(uid, mail.to_string());
        self.shared.changed.send_modify(|n| *n += 1);
    }

    /// Hangs up on everyone.
    pub fn hang_up(&self) {
        self.shared.hung_up.send_modify(|n| *n += 1);
    }

    /// All commands so far, without their tags; `!` alone: a connection.
    pub fn heard(&self) -> Vec<String> {
        self.shared.heard.lock().expect("heard").clone()
    }

    pub fn heard_with(&self, start: &str) -> usize {
        self.heard().iter().filter(|command| command.starts_with(start)).count()
    }

    /// Waits until a command that starts so was heard so often.
    pub async fn until_heard(&self, times: usize, start: &str) {
        let mut changed = self.shared.changed.subscribe();
        let wait = async {
            while self.heard_with(start) < times {
                changed.changed().await.expect("the peer");
            }
        };
        if tokio::time::timeout(crate::memory::PATIENCE, wait).await.is_err() {
            panic!("{start} was not heard {times} times: {:#?}", self.heard());
        }
    }

    /// UIDs and where they were moved, in order.
    pub fn moved(&self) -> Vec<(u32, String)> {
        self.shared.moved.lock().expect("moved").clone()
    }

    pub fn settings(&self) -> MailboxSettings {
        let auth = Auth::Password(Secret::words("pass \"word\""));
        let usual = MailboxSettings::new("desk", "127.0.0.1", "311", auth);
        MailboxSettings { port: Some(self.port), tls: Tls::None, start: Start::All, ..usual }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Patience for a peer that does not answer is short here, and every pause.
pub fn short() -> Limits {
    let ms = Duration::from_millis;
    Limits {
        answer: ms(400),
        move_every: Duration::ZERO,
        move_again: ms(100),
        pause_first: ms(10),
        pause_most: ms(50),
        pause_refused: ms(50),
        body_rate: 1 << 30,
        literal_most: 1 << 20,
        line_most: 64 << 10,
        ..Limits::default()
    }
}

impl Shared {
    fn hear(&self, command: &str) -> usize {
        let mut heard = self.heard.lock().expect("heard");
        let before = heard.iter().filter(|other| *other == command).count();
        heard.push(command.to_string());
        drop(heard);
        self.changed.send_modify(|n| *n += 1);
        before
    }

    async fn serve(self: Arc<Self>, connection: usize, line: TcpStream) {
        let mut line = BufReader::new(line);
        let before = self.hear("!");
        let greeting = format!("* OK [CAPABILITY {}] ready\r\n", self.capabilities);
        let acts = (self.quirk)(connection, before, "!").unwrap_or(vec![Act::Say(greeting)]);
        let mut going = self.act(&mut line, acts, "*", "!").await;
        while going {
            let mut command = String::new();
            if !matches!(line.read_line(&mut command).await, Ok(count) if count > 0) {
                return;
            }
            let Some((tag, command)) = command.trim_end().split_once(' ') else { continue };
            let before = self.hear(command);
            let acts = (self.quirk)(connection, before, command).unwrap_or(vec![Act::Normal]);
            going = self.act(&mut line, acts, tag, command).await;
        }
    }

    /// False: the connection is over.
    async fn act(&self, line: &mut BufReader<TcpStream>, acts: Vec<Act>, tag: &str, command: &str) -> bool {
        for act in acts {
            let sent = match act {
                Act::Say(text) => line.write_all(text.replace("{tag}", tag).as_bytes()).await,
                Act::Drip(text, pause) => drip(line, &text, pause).await,
                Act::Normal if command == "IDLE" => self.idle(line, tag).await,
                Act::Normal => line.write_all(self.answer(tag, command).as_bytes()).await,
                Act::Hear => {
                    let mut heard = String::new();
                    let sent = line.read_line(&mut heard).await.map(drop);
                    self.hear(heard.trim_end());
                    sent
                }
                Act::Hang => {
                    // until they hang up; what they say is lost
                    let mut lost = Vec::new();
                    let _ = line.read_to_end(&mut lost).await;
                    return false;
                }
                Act::Close => return false,
            };
            if sent.is_err() {
                return false;
            }
        }
        true
    }

    async fn idle(&self, line: &mut BufReader<TcpStream>, tag: &str) -> std::io::Result<()> {
        let mut changed = self.changed.subscribe();
        let mut count = self.mails.lock().expect("mails").len();
        line.write_all(b"+ idling\r\n").await?;
        let mut done = String::new();
        loop {
            tokio::select! {
                heard = line.read_line(&mut done) => {
                    heard?;
                    break;
                }
                _ = changed.changed() => {
                    let now = self.mails.lock().expect("mails").len();
                    if now > count {
                        line.write_all(format!("* {now} EXISTS\r\n").as_bytes()).await?;
                    }
                    count = now;
                }
            }
        }
        self.hear(done.trim_end());
        line.write_all(format!("{tag} OK done\r\n").as_bytes()).await
    }

    /// What a good server says.
    fn answer(&self, tag: &str, command: &str) -> String {
        let mails = self.mails.lock().expect("mails").clone();
        let words: Vec<&str> = command.split(' ').collect();
        let said = match words[0] {
            "CAPABILITY" => format!("* CAPABILITY {}\r\n", self.capabilities),
            "LOGIN" => return format!("{tag} OK [CAPABILITY {}] welcome\r\n", self.capabilities),
            "LIST" => format!("* LIST () \"/\" {}\r\n", words[2..].join(" ")),
            "SELECT" => {
                let moved = self.moved.lock().expect("moved");
                let gone = moved.iter().map(|(uid, _)| uid);
                let next = mails.keys().chain(gone).max().map_or(1, |uid| uid + 1);
                format!(
                    "* {} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {next}] ok\r\n\
                     * OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n",
                    mails.len()
                )
            }
            "UID" => self.uid(&mails, &words[1..]),
            _ => String::new(),
        };
        format!("{said}{tag} OK done\r\n")
    }

    fn uid(&self, mails: &BTreeMap<u32, String>, words: &[&str]) -> String {
        let picked = |set: &str| -> Vec<u32> { mails.keys().copied().filter(|uid| within(*uid, set)).collect() };
        match words[0] {
            "SEARCH" => {
                let mut uids = picked(words[2]);
                if uids.is_empty() && words[2].ends_with('*') {
                    uids.extend(mails.keys().last()); // "9:*" always means at least the last
                }
                format!("* SEARCH{}\r\n", uids.iter().map(|uid| format!(" {uid}")).collect::<String>())
            }
            "FETCH" => {
                picked(words[1]).into_iter().map(|uid| fetched(uid, &mails[&uid], &words[2..].join(" "))).collect()
            }
            "MOVE" => {
                let mut moved = self.moved.lock().expect("moved");
                for uid in picked(words[1]) {
                    moved.push((uid, words[2].trim_matches('"').to_string()));
                    self.mails.lock().expect("mails").remove(&uid);
                }
                self.changed.send_modify(|n| *n += 1);
                "* OK [COPYUID 9 1 1] moved\r\n".into()
            }
            _ => String::new(),
        }
    }
}

fn fetched(uid: u32, mail: &str, items: &str) -> String {
    if !items.contains("BODY") {
        let date = "17-Jul-2026 02:44:25 -0700";
        return format!("* {uid} FETCH (UID {uid} INTERNALDATE \"{date}\" RFC822.SIZE {})\r\n", mail.len());
    }
    let Some((from, count)) = items.split_once('<').and_then(|(_, range)| range.split_once('>')?.0.split_once('.'))
    else {
        return format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n{mail})\r\n", mail.len());
    };
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let start = number(from).min(mail.len());
    let part = &mail[start..(start + number(count)).min(mail.len())];
    format!("* {uid} FETCH (UID {uid} BODY[]<{from}> {{{}}}\r\n{part})\r\n", part.len())
}

fn within(uid: u32, set: &str) -> bool {
    set.split(',').any(|part| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        let number = |text: &str| text.parse().unwrap_or(u32::MAX);
        (number(first)..=number(last)).contains(&uid)
    })
}

async fn drip(line: &mut BufReader<TcpStream>, text: &str, pause: Duration) -> std::io::Result<()> {
    for byte in text.bytes() {
        line.write_all(&[byte]).await?;
        line.flush().await?;
        tokio::time::sleep(pause).await; // the slowness is what is tried
    }
    Ok(())
}
