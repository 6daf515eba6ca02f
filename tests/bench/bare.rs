//! The floor: an axum program that does nothing but this one step: POST, group-committed fdatasync, push over a WebSocket.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use bytes::Bytes;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use steelbridge::channels::socket::{Pace, Sockets, WsUpgrade};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[derive(Clone)]
struct Bare {
    commit: mpsc::UnboundedSender<(Bytes, oneshot::Sender<()>)>,
    pushed: broadcast::Sender<u64>,
    sockets: Sockets,
}

/// Serves until the process ends. Every contact goes to the next of the open sockets.
pub async fn serve(folder: PathBuf) -> SocketAddr {
    let (commit, mut asked) = mpsc::unbounded_channel::<(Bytes, oneshot::Sender<()>)>();
    let (pushed, _) = broadcast::channel(65_536);
    let sockets = Sockets::new([], TaskTracker::new(), CancellationToken::new());
    let offers = pushed.clone();
    std::thread::spawn(move || {
        let mut log = std::fs::File::create(folder.join("bare.log")).expect("a log");
        let mut count = 0u64;
        while let Some(first) = asked.blocking_recv() {
            let mut batch = vec![first];
            while let Ok(next) = asked.try_recv() {
                batch.push(next);
            }
            let bytes: Vec<u8> = batch.iter().flat_map(|(body, _)| body.iter().copied()).collect();
            log.write_all(&bytes).and_then(|()| log.sync_data()).expect("the disk keeps it");
            for (_, answer) in batch {
                count += 1;
                let _ = answer.send(());
                let _ = offers.send(count);
            }
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/contacts", post(keep)).route("/live", get(live)).with_state(Bare {
        commit,
        pushed,
        sockets,
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn keep(State(bare): State<Bare>, body: Bytes) -> StatusCode {
    let (answer, kept) = oneshot::channel();
    let _ = bare.commit.send((body, answer));
    let _ = kept.await;
    StatusCode::CREATED
}

async fn live(State(bare): State<Bare>, upgrade: WsUpgrade) -> axum::response::Response {
    let mut offers = bare.pushed.subscribe();
    upgrade.run(&bare.sockets, None, Pace::default(), move |mut socket| async move {
        loop {
            tokio::select! {
                offer = offers.recv() => match offer {
                    Ok(offer) => socket.send(format!("{{\"offer\":{offer}}}")),
                    Err(_) => return socket,
                },
                _ = socket.next() => return socket,
            }
        }
    })
}
