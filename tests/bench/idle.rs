//! How soon an empty daemon answers, and what it holds: idle, and for each chat that waits; beside the bare program.

use crate::bare::Bare;
use crate::daemon::{Daemon, hired, memory};
use crate::http::Line;
use crate::load::row;
use crate::screen::open;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

const CHATS: u32 = 2_000;

/// Memory of the daemon for each idle chat, and how soon an empty one starts.
pub async fn run() {
    println!("\nStart and memory\n");
    let folder = hired(12, 100);
    let bare = Bare::start();
    let mut daemon = Daemon::start(folder);
    let start = daemon.ready().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = memory(daemon.id(), "VmRSS");
    println!("| | steelbridge | bare axum | ratio |\n|---|---:|---:|---:|");
    row(
        "start with an empty store, to the first answer",
        start.as_secs_f64() * 1e3,
        bare.started_in.as_secs_f64() * 1e3,
        " ms",
    );
    row("resident memory then", before, memory(bare.id(), "VmRSS"), " MiB");
    row("… without the program's own file", memory(daemon.id(), "RssAnon"), memory(bare.id(), "RssAnon"), " MiB");
    let mut sockets = Vec::new();
    for i in 0..CHATS {
        let mut line = Line::from(daemon.door, i).await;
        let (status, opened) = line.ask("POST", "/chat/sessions", r#"{"text":"Hello","language":"en"}"#).await;
        assert_eq!(status, 201, "{opened}");
        let opened: Value = serde_json::from_str(&opened).expect("JSON");
        drop(line);
        let mut socket = open(daemon.door, i, "/chat/socket", "", Some("steelbridge.chat.v1")).await;
        let hello = json!({ "type": "hello", "token": opened["resume_token"], "last_seq": 0 });
        socket.send(Message::text(hello.to_string())).await.expect("hello");
        while !socket.next().await.expect("a frame").expect("a frame").to_text().unwrap_or("").contains("\"ready\"") {}
        sockets.push(socket);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let each = (memory(daemon.id(), "VmRSS") - before) * 1_024.0 / f64::from(CHATS);
    println!("\nmemory for each of {CHATS} waiting chats, socket, contact and message caches included: {each:.1} KiB");
}
