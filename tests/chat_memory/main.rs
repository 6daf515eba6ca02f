//! What chat costs in memory: alone in its process, so that the process's memory is chat's memory.

#[path = "../chat/city.rs"]
#[allow(dead_code)]
mod city;

use city::{ORIGIN, Server};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use steelbridge::channels::chat::Settings;
use steelbridge::channels::chat::visitors::Limits;
use steelbridge::channels::visitor::Secret;
use steelbridge::channels::{Context, Happening};
use steelbridge::message::{Author, Inbound, Message, Party};
use steelbridge::routing::ids::{Channel, ContactId, RepId, Timestamp};

/// Twice this many file descriptors must be allowed.
const VISITORS: u64 = 400;
/// So many of those who are there do not read.
const SLOW: u64 = 10;
/// Kept well above what a release build takes (3–4 KiB), because a debug build's tasks are larger.
const IDLE_MAX: usize = 8 << 10;
/// One frame in the protocol layer, 256 KiB in the queue, 64 happenings before it, and what the allocator keeps.
const SLOW_MAX: usize = 1 << 20;

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// A visitor at rest, outside the runtime: a file descriptor, and nothing in this process's heap.
fn visit(at: SocketAddr, secret: &Secret) -> TcpStream {
    let mut stream = TcpStream::connect(at).unwrap();
    let request = format!(
        "GET /chat/socket HTTP/1.1\r\nHost: {at}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: {ORIGIN}\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: steelbridge.chat.v1\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    read_until(&mut stream, "\r\n\r\n");
    let hello = format!(r#"{{"type":"hello","token":"{}"}}"#, secret.reveal());
    stream.write_all(&[&[0x81, 0x80 | hello.len() as u8, 0, 0, 0, 0], hello.as_bytes()].concat()).unwrap();
    read_until(&mut stream, r#"minutes"}"#); // the end of `ready`
    stream
}

fn read_until(stream: &mut TcpStream, end: &str) {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(end.as_bytes()) {
        stream.read_exact(&mut byte).unwrap();
        seen.push(byte[0]);
    }
}

fn inbound(secret: &Secret) -> Inbound {
    Inbound {
        channel: Channel::Chat,
        source_key: None,
        fingerprint: None,
        service: None,
        language: None,
        text: "one".into(),
        party: Party::default(),
        fields: Default::default(),
        attachments: vec![],
        secret: secret.hash(),
        doubtful: false,
        mailbox: None,
    }
}

fn long_message(contact: u64, seq: u32) -> Happening {
    let (contact, at, from) = (ContactId(contact), Timestamp(0), Author::Rep(RepId(7)));
    let text = "x".repeat(4_000);
    Happening::Message(Arc::new(Message { contact, seq, at, from, text, attachments: vec![], client_id: None }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_visitor_costs_a_few_kib_and_one_who_does_not_read_no_more_than_the_queue() {
    let exempt = vec!["127.0.0.1".parse().unwrap()];
    let settings = Settings { limits: Limits { exempt, ..Limits::default() }, ..Settings::default() };
    let server = Server::start(settings).await;
    let secrets: Vec<Secret> = (0..VISITORS + 20).map(|_| Secret::random()).collect();
    for secret in &secrets {
        server.city.deliver(inbound(secret)).await.unwrap();
    }
    let at = server.at;
    let connect = move |secrets: Vec<Secret>| {
        tokio::task::spawn_blocking(move || secrets.iter().map(|s| visit(at, s)).collect::<Vec<_>>())
    };
    let _warm = connect(secrets[..20].to_vec()).await.unwrap();

    let before = resident();
    let idle = connect(secrets[20..].to_vec()).await.unwrap();
    let each = resident().saturating_sub(before) / idle.len();
    println!("an idle chat socket costs {each} bytes");
    assert!(each < IDLE_MAX, "an idle chat socket costs {each} bytes");

    let before = resident();
    for seq in 2..1_400 {
        for contact in 1..=SLOW {
            server.city.tell(contact, long_message(contact, seq)); // 5.6 MB each, and nobody reads
        }
        tokio::task::yield_now().await;
    }
    let each = resident().saturating_sub(before) / SLOW as usize;
    println!("a visitor who does not read costs {each} bytes");
    assert!(each < SLOW_MAX, "a visitor who does not read costs {each} bytes");
}
