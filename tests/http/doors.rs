//! The door itself, with raw sockets: who holds one without using it, and who says two things at once.

use crate::support::desk::Town;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const SHORT: &str = "[limits]\nfirst_byte = \"1s\"\nhead = \"1s\"\nidle = \"1s\"\nbody_grace = \"1s\"\nwrite_grace = \"1s\"\nper_network = 20\n";

struct Raw(TcpStream);

impl Raw {
    fn to(town: &Town) -> Raw {
        let socket = TcpStream::connect(town.base().replace("http://", "")).expect("the door is open");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        Raw(socket)
    }

    fn says(&mut self, bytes: &str) -> bool {
        self.0.write_all(bytes.as_bytes()).is_ok()
    }

    /// Everything until the server closes; a reset counts as a close.
    fn hears_all(&mut self) -> String {
        let mut all = Vec::new();
        let mut some = [0; 4096];
        loop {
            match self.0.read(&mut some) {
                Ok(0) => break,
                Ok(n) => all.extend_from_slice(&some[..n]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    panic!("still open: {all:?}")
                }
                Err(_) => break,
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Says one byte at a time, this often, until the server hangs up; how long that took.
    fn drips(mut self, start: &str, drop: &str, pause: Duration) -> Duration {
        let started = Instant::now();
        self.says(start);
        self.0.set_read_timeout(Some(pause)).expect("a timeout");
        while started.elapsed() < Duration::from_secs(10) {
            match self.0.read(&mut [0; 1024]) {
                Ok(0) => return started.elapsed(),
                Err(e) if !matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return started.elapsed(),
                _ => {}
            }
            if !self.says(drop) {
                return started.elapsed();
            }
        }
        panic!("a drip was let drip for ten seconds");
    }
}

/// Loopback is one network to the daemon, so the sockets of one test stay below its share.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_holds_a_socket_without_using_it() {
    let town = Town::opens_with(SHORT, "").await;
    let post = "POST /api/v1/contacts HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    let drips = [
        ("silent", String::new(), ""),
        ("head", "GET / HTTP/1.1\r\nx: ".into(), "y"),
        ("half a request line", "GE".into(), "T"),
        ("body", format!("{post}content-length: 100000\r\n\r\n{{"), " "),
        ("chunked body", format!("{post}transfer-encoding: chunked\r\n\r\n"), "1\r\n \r\n"),
        ("idle", "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n".into(), ""),
    ];
    let threads = drips.map(|(what, start, drop)| {
        let raw = Raw::to(&town);
        (what, std::thread::spawn(move || raw.drips(&start, drop, Duration::from_millis(100))))
    });
    for (what, thread) in threads {
        let took = thread.join().unwrap_or_else(|_| panic!("{what}: never closed"));
        assert!(took > Duration::from_millis(800) && took < Duration::from_secs(5), "{what}: closed after {took:?}");
    }
    town.gets("/healthz").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_reads_does_not_stay() {
    let town = Town::opens_with(SHORT, "").await;
    let mut raw = Raw::to(&town);
    let asked = "GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n";
    let started = Instant::now();
    raw.0.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    // Until both sides' buffers are full; then the daemon waits a second and hangs up.
    while raw.says(asked) {
        assert!(started.elapsed() < Duration::from_secs(9), "it is still being written to");
    }
}

#[tokio::test]
async fn one_network_has_its_share_of_sockets() {
    let town = Town::opens_with(SHORT, "").await;
    let held: Vec<Raw> = (0..20).map(|_| Raw::to(&town)).collect();
    let mut more = Raw::to(&town);
    let answer = more.hears_all();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("Retry-After"), "{answer:?}");
    drop(held);
    tokio::time::sleep(Duration::from_millis(200)).await;
    town.gets("/healthz").await.is(200);
}

/// Request smuggling: whatever two readers could read differently is refused, and the connection closed.
#[tokio::test]
async fn lengths_that_do_not_agree_are_refused() {
    let town = Town::opens().await;
    let secret = "GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n";
    for headers in [
        "content-length: 6\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 6",
        "Content-Length: 6\r\nTRANSFER-ENCODING: chunked",
        "transfer-encoding: chunked\r\nContent-Length: 0",
        "transfer-encoding: identity\r\ncontent-length: 6",
        "transfer-encoding: identity",
        "transfer-encoding: gzip, chunked\r\ncontent-length: 6",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        "transfer-encoding: xchunked",
        "transfer-encoding : chunked",
        "transfer-encoding:\x0bchunked",
        " transfer-encoding: chunked",
        "transfer-encoding:\n chunked",
        "x: y\rtransfer-encoding: chunked",
        "content-length: 6\r\ncontent-length: 6",
        "content-length: 6\r\ncontent-length: 7",
        "content-length: 6, 6",
        "content-length: 6 7",
        "content-length: +6",
        "content-length: -6",
        "content-length: 0x6",
        "content-length: 6.0",
        "content-length: ",
        "content-length: six",
        "content-length: 18446744073709551617",
        "content-length : 6",
        "content-length: 6\x00",
        "host: b",
    ] {
        let mut raw = Raw::to(&town);
        raw.says(&format!("POST /api/v1/contacts HTTP/1.1\r\nhost: a\r\n{headers}\r\n\r\n0\r\n\r\n{secret}"));
        let answer = raw.hears_all();
        assert!(answer.starts_with("HTTP/1.1 400"), "{headers:?}: {answer:?}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{headers:?}: the second request was read: {answer:?}");
    }
    let mut raw = Raw::to(&town);
    raw.says("GET /healthz HTTP/1.1\r\n\r\n");
    assert!(raw.hears_all().starts_with("HTTP/1.1 400"), "no Host");
}

#[tokio::test]
async fn requests_after_each_other_on_one_socket_are_all_answered() {
    let town = Town::opens().await;
    let mut raw = Raw::to(&town);
    let post = "POST /api/v1/session HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}";
    raw.says(&format!("{post}{post}GET /healthz HTTP/1.1\r\nhost: a\r\n\r\nGET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"));
    let answer = raw.hears_all();
    let statuses: Vec<_> = answer.match_indices("HTTP/1.1 ").map(|(at, _)| &answer[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["415", "415", "200", "200"], "{answer}");

    let mut chunked = Raw::to(&town);
    chunked.says("POST /api/v1/session HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: a\r\n\r\n");
    let answer = chunked.hears_all();
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "a connection ends after a chunked body: {answer}");
}

#[tokio::test]
async fn heads_have_their_size() {
    let town = Town::opens().await;
    let many = (0..101).map(|n| format!("x{n}: y\r\n")).collect::<String>();
    let long = format!("x: {}\r\n", "y".repeat(33_000));
    for headers in [many, long] {
        let mut raw = Raw::to(&town);
        raw.says(&format!("GET /healthz HTTP/1.1\r\nhost: a\r\n{headers}\r\n"));
        let answer = raw.hears_all();
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer:?}");
    }
    let enough = format!("x: {}\r\n", "y".repeat(30_000));
    let mut raw = Raw::to(&town);
    raw.says(&format!("GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{enough}\r\n"));
    assert!(raw.hears_all().starts_with("HTTP/1.1 200"));
}
