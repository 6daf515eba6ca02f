//! Hostile connections: whatever they do, memory stays bounded and others are served.

use super::people::Resident;
use super::support::city::City;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// The most the daemon may ever have held, in KiB.
const MEMORY: u64 = 256 * 1024;
/// How long they try.
const SIEGE: Duration = Duration::from_secs(20);
/// A resident's answer in the middle of it, though attackers, debug build and other tests share two cores.
const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn under_abuse_memory_stays_bounded_and_residents_are_served() {
    let city = City::new();
    let daemon = city.start().await;
    let mut siege = JoinSet::new();
    for n in 0..40 {
        let attacker = Attacker { port: city.port(), number: n };
        siege.spawn(async move { attacker.never_speaks().await });
        siege.spawn(async move { attacker.drips_a_head().await });
        siege.spawn(async move { attacker.never_reads().await });
        siege.spawn(async move { attacker.sends_a_long_body().await });
        siege.spawn(async move { attacker.sends_an_endless_head().await });
        siege.spawn(async move { attacker.sends_huge_frames().await });
        siege.spawn(async move { attacker.drips_a_photo().await });
    }
    let (started, mut slowest, mut served) = (Instant::now(), Duration::ZERO, 0);
    while started.elapsed() < SIEGE {
        let asked = Instant::now();
        let resident = Resident::new(&city.base(), format!("besieged-{served}"));
        let answer = if served % 2 == 0 { resident.asks().await } else { resident.sends_the_page().await };
        answer.expect("a resident is served");
        slowest = slowest.max(asked.elapsed());
        served += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    siege.abort_all();
    let (now, most) = daemon.memory();
    println!("{served} served, the slowest in {slowest:?}; memory {now} KiB now, {most} KiB at most");
    assert!(most <= MEMORY, "{most} KiB");
    assert!(slowest <= PATIENCE, "someone waited {slowest:?}");
    daemon.dies().await;
}

/// One of forty machines that mean harm.
#[derive(Clone, Copy)]
struct Attacker {
    port: u16,
    number: u8,
}

impl Attacker {
    /// A new connection, two a second at most.
    async fn connects(&self) -> Option<TcpStream> {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind(([127, 9, 9, self.number + 1], 0).into()).ok()?;
        socket.connect(([127, 0, 0, 1], self.port).into()).await.ok()
    }

    async fn never_speaks(&self) {
        while let Some(mut socket) = self.connects().await {
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    }

    /// A byte of a header every now and then.
    async fn drips_a_head(&self) {
        while let Some(mut socket) = self.connects().await {
            let _ = socket.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Drip: ").await;
            while socket.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
    }

    /// Asks for pages over and over on one connection, and reads nothing.
    async fn never_reads(&self) {
        while let Some(mut socket) = self.connects().await {
            while socket.write_all(b"GET /forms HTTP/1.1\r\nHost: x\r\n\r\n").await.is_ok() {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Nine megabytes of JSON where 256 KiB are allowed.
    async fn sends_a_long_body(&self) {
        static BODY: LazyLock<String> = LazyLock::new(|| format!("[{}{{}}]", "{},".repeat(3_000_000)));
        while let Some(mut socket) = self.connects().await {
            let head = format!(
                "POST /api/v1/contacts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                BODY.len()
            );
            let _ = socket.write_all(head.as_bytes()).await;
            let _ = socket.write_all(BODY.as_bytes()).await;
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    }

    /// A form with a photo that comes just fast enough not to be cut off.
    async fn drips_a_photo(&self) {
        while let Some(mut socket) = self.connects().await {
            let head = format!(
                "POST /forms/pothole HTTP/1.1\r\nHost: 127.0.0.1:{0}\r\nOrigin: http://127.0.0.1:{0}\r\nContent-Length: 9000000\r\n\
                 Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n\
                 Content-Disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n",
                self.port
            );
            let _ = socket.write_all(head.as_bytes()).await;
            while socket.write_all(&[0xff; 2048]).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    /// Headers without end.
    async fn sends_an_endless_head(&self) {
        while let Some(mut socket) = self.connects().await {
            let _ = socket.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await;
            while socket.write_all(b"X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").await.is_ok() {}
        }
    }

    /// A chat socket whose first frame announces a terabyte, and then keeps sending.
    async fn sends_huge_frames(&self) {
        while let Some(mut socket) = self.connects().await {
            let head = format!(
                "GET /chat/socket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                 Sec-WebSocket-Protocol: steelbridge.chat.v1\r\n\r\n",
                port = self.port
            );
            let _ = socket.write_all(head.as_bytes()).await;
            let frame = [&[0x81, 0xff], &(1_u64 << 40).to_be_bytes()[..], &[1, 2, 3, 4]].concat();
            let _ = socket.write_all(&frame).await;
            while socket.write_all(&[b'a'; 64 * 1024]).await.is_ok() {}
        }
    }
}
