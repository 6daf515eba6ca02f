//! A relay that says what a script tells it, in whatever state of health.
//!
//! A line of a script: `> reply` says it (`|` stands for a line end), `< WORD` hears a line that begins so, `.` hears a letter
//! up to its final dot, `hang` says nothing more, `close` hangs up. A script that ends waits for QUIT.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A dialogue in which all goes well, up to the letter.
pub const WELL: &str =
    "> 220 relay\n< EHLO\n> 250 relay\n< MAIL\n> 250 ok\n< RCPT\n> 250 ok\n< DATA\n> 354 go on\n.\n> 250 2.0.0 kept";
/// One more letter on the same line.
pub const MORE: &str = "< MAIL\n> 250 ok\n< RCPT\n> 250 ok\n< DATA\n> 354 go on\n.\n> 250 2.0.0 kept";

pub struct Scripted {
    pub port: u16,
    heard: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Scripted {
    /// One script a connection; the last is used again.
    pub async fn start(scripts: &[&str]) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let scripts: Vec<String> = scripts.iter().map(ToString::to_string).collect();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let all = heard.clone();
        tokio::spawn(async move {
            for number in 0.. {
                let Ok((socket, _)) = listener.accept().await else { return };
                let script = scripts[number.min(scripts.len() - 1)].clone();
                all.lock().expect("no panic").push(Vec::new());
                tokio::spawn(play(socket, script, all.clone(), number));
            }
        });
        Scripted { port, heard }
    }

    /// What was heard, one list a connection.
    pub fn heard(&self) -> Vec<Vec<String>> {
        self.heard.lock().expect("no panic").clone()
    }
}

async fn play(socket: TcpStream, script: String, all: Arc<Mutex<Vec<Vec<String>>>>, number: usize) {
    let mut socket = BufReader::new(socket);
    let hear = |line: String| all.lock().expect("no panic")[number].push(line);
    for line in script.lines() {
        match line.split_at_checked(2) {
            Some(("> ", reply)) => {
                let reply = reply.replace('|', "\r\n") + "\r\n";
                if socket.get_mut().write_all(reply.as_bytes()).await.is_err() {
                    return;
                }
            }
            Some(("< ", word)) => {
                let mut heard = String::new();
                match socket.read_line(&mut heard).await {
                    Ok(1..) => {}
                    _ => return,
                }
                hear(heard.trim_end().to_owned());
                assert!(heard.starts_with(word), "heard {heard:?}, not {word}");
            }
            _ if line == "." => {
                let mut letter = Vec::new();
                while !letter.ends_with(b"\r\n.\r\n") {
                    match socket.read_u8().await {
                        Ok(byte) => letter.push(byte),
                        Err(_) => return,
                    }
                }
                hear(String::from_utf8_lossy(&letter).into_owned());
            }
            _ if line == "hang" => tokio::time::sleep(Duration::from_secs(30)).await,
            _ if line == "close" => return,
            _ => panic!("not a line of a script: {line}"),
        }
    }
    let mut rest = String::new();
    let _ = socket.read_line(&mut rest).await;
    if !rest.is_empty() {
        hear(rest.trim_end().to_owned());
    }
}
