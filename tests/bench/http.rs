//! A small HTTP client for measuring: one connection, one request at a time, no allocation worth speaking of.

use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

pub struct Line {
    tcp: TcpStream,
    host: String,
    pub cookie: String,
    buffer: Vec<u8>,
}

impl Line {
    pub async fn to(door: SocketAddr) -> Line {
        Line::open(TcpStream::connect(door).await.expect("the door is open"), door)
    }

    /// From a loopback address of its own, so that limits per household do not count.
    pub async fn from(door: SocketAddr, household: u32) -> Line {
        let tcp = connect_from(door, household).await;
        Line::open(tcp, door)
    }

    fn open(tcp: TcpStream, door: SocketAddr) -> Line {
        tcp.set_nodelay(true).expect("an option of TCP");
        Line { tcp, host: door.to_string(), cookie: String::new(), buffer: Vec::with_capacity(4_096) }
    }

    /// Status and body; keeps the cookie that is set.
    pub async fn ask(&mut self, method: &str, path: &str, body: &str) -> (u16, String) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nCookie: {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            self.cookie,
            body.len()
        );
        self.tcp.write_all(request.as_bytes()).await.expect("a request is sent");
        self.buffer.clear();
        let head = loop {
            let mut chunk = [0; 4_096];
            let n = self.tcp.read(&mut chunk).await.expect("an answer");
            assert!(n > 0, "the connection was closed");
            self.buffer.extend_from_slice(&chunk[..n]);
            if let Some(end) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = String::from_utf8_lossy(&self.buffer[..head]).into_owned();
        let field = |name: &str| {
            text.lines().find_map(|line| {
                line.to_ascii_lowercase().starts_with(name).then(|| line[name.len()..].trim().to_owned())
            })
        };
        if let Some(cookie) = field("set-cookie:") {
            self.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        }
        let length: usize = field("content-length:").and_then(|l| l.parse().ok()).unwrap_or(0);
        while self.buffer.len() < head + length {
            let mut chunk = [0; 4_096];
            let n = self.tcp.read(&mut chunk).await.expect("a body");
            assert!(n > 0, "the connection was closed");
            self.buffer.extend_from_slice(&chunk[..n]);
        }
        let status = text.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0);
        (status, String::from_utf8_lossy(&self.buffer[head..head + length]).into_owned())
    }
}

pub async fn connect_from(door: SocketAddr, household: u32) -> TcpStream {
    let [_, a, b, c] = (household + 2).to_be_bytes();
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((Ipv4Addr::new(127, a, b, c), 0).into()).expect("loopback is a whole network");
    socket.connect(door).await.expect("the door is open")
}
