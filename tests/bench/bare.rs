//! The floor: an axum program in a process of its own that does only this: POST, group-committed fdatasync, push to one WebSocket.

use crate::load::Watch;
use crate::screen::open;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::StreamExt;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use steelbridge::channels::socket::{Pace, Sockets, WsUpgrade};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The first argument that makes this program be the bare one.
pub const BE_BARE: &str = "serve-bare";

/// The bare program, ended with this.
pub struct Bare {
    child: Child,
    pub door: SocketAddr,
    /// From the start of the process to its first word.
    pub started_in: Duration,
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Bare {
    pub fn start() -> Bare {
        let started = Instant::now();
        let program = std::env::current_exe().expect("this program");
        let child = Command::new(program).arg(BE_BARE).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("the bare program");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("its address");
        Bare { child, door: line.trim().parse().expect("an address"), started_in: started.elapsed() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// One more socket, whose offers are noted.
    pub async fn listen(&self, watch: Watch) {
        let mut socket = open(self.door, 1, "/live", "", None).await;
        tokio::spawn(async move {
            while let Some(Ok(frame)) = socket.next().await {
                watch.heard(frame.to_text().unwrap_or_default());
            }
        });
    }
}

type Kept = (Bytes, oneshot::Sender<()>);

#[derive(Clone)]
struct Program {
    commit: mpsc::UnboundedSender<Kept>,
    screens: Arc<Mutex<Vec<mpsc::UnboundedSender<String>>>>,
    sockets: Sockets,
}

/// Serves until the process is ended. Says its address on standard output.
pub async fn serve() {
    let folder = TempDir::new().expect("a folder");
    let log = File::create(folder.path().join("bare.log")).expect("a log");
    let (commit, asked) = mpsc::unbounded_channel();
    let screens = Arc::new(Mutex::new(Vec::new()));
    let tell = screens.clone();
    std::thread::spawn(move || keep_all(log, asked, &tell));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    println!("{address}");
    let sockets = Sockets::new([format!("http://{address}")], TaskTracker::new(), CancellationToken::new());
    let router = Router::new().route("/contacts", post(keep)).route("/live", get(live));
    let _ = axum::serve(listener, router.with_state(Program { commit, screens, sockets })).await;
}

/// Whatever came during the last fdatasync goes into the next; then it is answered, and each goes to the next screen.
fn keep_all(
    mut log: File,
    mut asked: mpsc::UnboundedReceiver<Kept>,
    screens: &Mutex<Vec<mpsc::UnboundedSender<String>>>,
) {
    let mut count = 0;
    while let Some(first) = asked.blocking_recv() {
        let mut batch = vec![first];
        while let Ok(next) = asked.try_recv() {
            batch.push(next);
        }
        let bytes: Vec<u8> = batch.iter().flat_map(|(body, _)| body.iter().copied()).collect();
        log.write_all(&bytes).and_then(|()| log.sync_data()).expect("the disk keeps it");
        let screens = screens.lock().expect("screens");
        for (body, answer) in batch {
            count += 1;
            let _ = answer.send(());
            if !screens.is_empty() {
                let contact = String::from_utf8_lossy(&body);
                let _ = screens[count % screens.len()].send(format!("{{\"offer\":{count},\"contact\":{contact}}}"));
            }
        }
    }
}

async fn keep(State(program): State<Program>, body: Bytes) -> StatusCode {
    let (answer, kept) = oneshot::channel();
    let _ = program.commit.send((body, answer));
    let _ = kept.await;
    StatusCode::CREATED
}

async fn live(State(program): State<Program>, upgrade: WsUpgrade) -> axum::response::Response {
    let (screen, mut offers) = mpsc::unbounded_channel();
    program.screens.lock().expect("screens").push(screen);
    upgrade.run(&program.sockets, None, Pace::default(), move |mut socket| async move {
        loop {
            tokio::select! {
                offer = offers.recv() => match offer {
                    Some(offer) => socket.send(offer),
                    None => return socket,
                },
                _ = socket.next() => return socket,
            }
        }
    })
}
