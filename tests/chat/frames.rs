//! Peers that break the WebSocket protocol, or do not read: each is told why, and none costs memory.

use super::city::{ORIGIN, Server};
use super::page::{Page, open};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use steelbridge::channels::chat::Settings;
use steelbridge::channels::{CustomerAct, Happening};
use steelbridge::message::{Author, Message};
use steelbridge::routing::ids::{ContactId, RepId, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const PING: u8 = 0x9;

/// A frame as a client must send it: masked, here with zeros.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, 0x80, payload.len());
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

fn header(first: u8, mask: u8, len: usize) -> Vec<u8> {
    match len {
        0..=125 => vec![first, mask | len as u8],
        126..=0xffff => [&[first, mask | 126][..], &(len as u16).to_be_bytes()].concat(),
        _ => [&[first, mask | 127][..], &(len as u64).to_be_bytes()].concat(),
    }
}

/// An open socket, without a client that knows the protocol.
async fn raw(server: &Server, ip: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 << 10).unwrap(); // so that not reading is felt soon
    let mut stream = socket.connect(server.at).await.unwrap();
    let request = format!(
        "GET /chat/socket HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: {ORIGIN}\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: steelbridge.chat.v1\r\nX-Test-Ip: {ip}\r\n\r\n",
        server.at
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
    stream
}

async fn frame(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let first = stream.read_u8().await.ok()?;
    let len = match stream.read_u8().await.ok()? {
        126 => u64::from(stream.read_u16().await.ok()?),
        127 => stream.read_u64().await.ok()?,
        len => u64::from(len),
    };
    let mut payload = vec![0; len as usize];
    stream.read_exact(&mut payload).await.ok()?;
    Some((first & 0x0f, payload))
}

/// The code of the close frame; `None` when the connection ends without one.
async fn close_code(stream: &mut TcpStream) -> Option<u16> {
    loop {
        if let (0x8, payload) = frame(stream).await? {
            return Some(payload.get(..2).map_or(1005, |c| u16::from_be_bytes([c[0], c[1]])));
        }
    }
}

#[tokio::test]
async fn whoever_breaks_the_protocol_is_told_how() {
    let server = Server::start(Settings::default()).await;
    let (_, token) = open(&server, "127.0.0.1", "one").await;
    let hello = masked(FIN | TEXT, json!({ "type": "hello", "token": token }).to_string().as_bytes());
    let unmasked = [header(FIN | TEXT, 0, 2), b"hi".to_vec()].concat();
    let close = |payload: &[u8]| masked(FIN | 0x8, payload);
    let table: Vec<(&str, Vec<u8>, u16)> = vec![
        ("unmasked text", unmasked, 1002),
        ("unmasked ping", vec![FIN | PING, 0], 1002),
        ("first reserved bit", masked(FIN | 0x40 | TEXT, b"{}"), 1002),
        ("second reserved bit", masked(FIN | 0x20 | TEXT, b"{}"), 1002),
        ("third reserved bit", masked(FIN | 0x10 | TEXT, b"{}"), 1002),
        ("reserved bit on a ping", masked(FIN | 0x40 | PING, b""), 1002),
        ("reserved opcode 3", masked(FIN | 0x3, b"x"), 1002),
        ("reserved opcode 7", masked(FIN | 0x7, b"x"), 1002),
        ("reserved control opcode 11", masked(FIN | 0xb, b""), 1002),
        ("reserved control opcode 15", masked(FIN | 0xf, b""), 1002),
        ("ping of 126 bytes", masked(FIN | PING, &[0; 126]), 1002),
        ("close of 126 bytes", close(&[0; 126]), 1002),
        ("fragmented ping", masked(PING, b"x"), 1002),
        ("fragmented close", masked(0x8, b""), 1002),
        ("continuation of nothing", masked(FIN, b"x"), 1002),
        ("continuation of nothing, not the last", masked(0, b"x"), 1002),
        ("text within a fragmented text", [masked(TEXT, b"{"), masked(FIN | TEXT, b"}")].concat(), 1002),
        ("close code of one byte", close(&[3]), 1002),
        ("close code 1005", close(&1005u16.to_be_bytes()), 1002),
        ("close code 999", close(&999u16.to_be_bytes()), 1002),
        ("close reason not UTF-8", close(&[0x03, 0xe8, 0xff]), 1007),
        ("text not UTF-8", masked(FIN | TEXT, &[0xff, 0xfe]), 1007),
        ("surrogate in text", masked(FIN | TEXT, &[0xed, 0xa0, 0x80]), 1007),
        ("text cut within a character", masked(FIN | TEXT, "é".as_bytes().split_last().unwrap().1), 1007),
        ("fragments that are not UTF-8 together", [masked(TEXT, &[0xc3]), masked(FIN, &[0x28])].concat(), 1007),
        ("text one byte too long", masked(FIN | TEXT, &[b' '; (64 << 10) + 1]), 1009),
        ("frame said to be 2^62 bytes long", [header(FIN | TEXT, 0x80, 1 << 62), vec![0; 4]].concat(), 1009),
        (
            "fragments too long together",
            [masked(TEXT, &[b' '; 40 << 10]), masked(FIN, &[b' '; 40 << 10])].concat(),
            1009,
        ),
        ("binary", masked(FIN | 0x2, b"x"), 1003),
        ("goodbye as it should be", close(&1000u16.to_be_bytes()), 1000),
        ("goodbye without a code", close(&[]), 1005),
    ];
    assert!(table.len() >= 20);
    for (what, bytes, code) in table {
        for greeted in [false, true] {
            let mut stream = raw(&server, "127.0.0.1").await;
            if greeted {
                stream.write_all(&hello).await.unwrap();
            }
            let _ = stream.write_all(&bytes).await; // the server may have closed before all of a long one was written
            let seen = timeout(Duration::from_secs(5), close_code(&mut stream)).await;
            assert_eq!(seen, Ok(Some(code)), "{what}, {}", if greeted { "after hello" } else { "before hello" });
            drop(stream);
        }
    }
}

#[tokio::test]
async fn what_is_odd_but_allowed_is_served() {
    let server = Server::start(Settings::default()).await;
    let (_, token) = open(&server, "127.0.0.1", "one").await;
    let mut stream = raw(&server, "127.0.0.1").await;
    let hello = json!({ "type": "hello", "token": token, "caps": ["new"] }).to_string();
    // A fragmented hello with a ping of 125 bytes in its middle and empty fragments around.
    let (a, b) = hello.as_bytes().split_at(9);
    let parts = [masked(TEXT, a), masked(0, b""), masked(FIN | PING, &[7; 125]), masked(0, b), masked(FIN, b"")];
    for byte in parts.concat() {
        stream.write_all(&[byte]).await.unwrap(); // one byte at a time
    }
    assert_eq!(frame(&mut stream).await.unwrap(), (0xa, vec![7; 125]), "the pong");
    let (_, said) = frame(&mut stream).await.unwrap();
    assert!(String::from_utf8(said).unwrap().contains(r#""text":"one""#));
    let (_, ready) = frame(&mut stream).await.unwrap();
    assert!(String::from_utf8(ready).unwrap().contains(r#""type":"ready""#));
    // Frames that are JSON and no frames of ours are refused, and the socket stays.
    for odd in ["[]", "{}", "nonsense", r#"{"type":"hello"}"#, r#"{"type":"msg","cid":"ü","text":"x"}"#] {
        stream.write_all(&masked(FIN | TEXT, odd.as_bytes())).await.unwrap();
        let (_, err) = frame(&mut stream).await.unwrap();
        assert!(String::from_utf8(err).unwrap().contains(r#""type":"err""#), "{odd}");
    }
}

#[tokio::test]
async fn a_flood_of_frames_is_closed_and_a_flood_of_pings_is_not_hoarded() {
    let server = Server::start(Settings::default()).await;
    let (_, token) = open(&server, "127.0.0.1", "one").await;
    let mut stream = raw(&server, "127.0.0.1").await;
    stream
        .write_all(&masked(FIN | TEXT, json!({ "type": "hello", "token": token }).to_string().as_bytes()))
        .await
        .unwrap();
    let flood = masked(FIN | PING, b"x").repeat(5_000);
    let _ = stream.write_all(&flood).await;
    assert_eq!(timeout(Duration::from_secs(5), close_code(&mut stream)).await, Ok(Some(1008)));
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_closed_with_1013() {
    let server = Server::start(Settings::default()).await;
    let (contact, token) = open(&server, "127.0.0.1", "one").await;
    let mut stream = raw(&server, "127.0.0.1").await;
    let hello = json!({ "type": "hello", "token": token }).to_string();
    stream.write_all(&masked(FIN | TEXT, hello.as_bytes())).await.unwrap();
    while !String::from_utf8(frame(&mut stream).await.unwrap().1).unwrap().contains("ready") {}
    // The kernel takes up to some 4 MB for a peer that does not read; then the socket's own queue fills.
    for seq in 2..3_000 {
        server.city.tell(contact, long_message(contact, seq));
        tokio::task::yield_now().await;
    }
    assert_eq!(timeout(Duration::from_secs(10), close_code(&mut stream)).await, Ok(Some(1013)));
    server.city.until(contact, |acts| acts == [CustomerAct::Left]).await;
    let (_page, frames) = Page::resume(&server, &token, 1).await;
    assert_eq!(frames.len(), 1, "and may come back at once");
}

fn long_message(contact: u64, seq: u32) -> Happening {
    let (contact, at, from) = (ContactId(contact), Timestamp(0), Author::Rep(RepId(7)));
    let text = "x".repeat(4_000);
    Happening::Message(Arc::new(Message { contact, seq, at, from, text, attachments: vec![], client_id: None }))
}
