//! What an invented person's browser does: requests and WebSockets over plain TCP, each person from an address of their own.

use anyhow::{Context, bail};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// One person's browser.
pub struct Client {
    door: SocketAddr,
    origin: String,
    /// Which loopback address they come from; limits per address are then real.
    person: u64,
    cookie: Option<String>,
}

impl Client {
    pub fn new(door: SocketAddr, origin: String, person: u64) -> Client {
        Client { door, origin, person, cookie: None }
    }

    /// Where loopback has only one address (macOS, IPv6), all share it.
    async fn connect(&self) -> anyhow::Result<TcpStream> {
        if let IpAddr::V4(ip) = self.door.ip()
            && ip.is_loopback()
        {
            let [_, a, b, c] = (self.person as u32 % 0x00FF_FFFE + 2).to_be_bytes();
            let socket = TcpSocket::new_v4()?;
            if socket.bind((Ipv4Addr::new(127, a, b, c), 0).into()).is_ok() {
                return Ok(socket.connect(self.door).await?);
            }
        }
        Ok(TcpStream::connect(self.door).await?)
    }

    /// A request with a JSON body, if any; the answer's status and JSON (null when it has none).
    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(self.connect().await?)).await?;
        let connection = tokio::spawn(connection);
        let bytes = body.map(|b| Bytes::from(b.to_string())).unwrap_or_default();
        let mut request =
            Request::builder().method(method).uri(path).header(HOST, self.host()).header(ORIGIN, &self.origin);
        if !bytes.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        let answer = sender.send_request(request.body(Full::new(bytes))?).await?;
        let status = answer.status();
        if let Some(cookie) = answer.headers().get(SET_COOKIE).and_then(|c| c.to_str().ok()) {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        let body = answer.into_body().collect().await?.to_bytes();
        connection.abort();
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    /// `ask`, where anything but success is an error.
    pub async fn must(&mut self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let (status, answer) = self.ask(method, path, body).await?;
        if !status.is_success() {
            bail!("{path} answered {status}");
        }
        Ok(answer)
    }

    pub async fn post(&mut self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.must(Method::POST, path, Some(body)).await
    }

    pub async fn socket(&self, path: &str, protocol: Option<&'static str>) -> anyhow::Result<Socket> {
        let mut request = format!("ws://{}{path}", self.host()).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert(ORIGIN, self.origin.parse()?);
        if let Some(protocol) = protocol {
            headers.insert("sec-websocket-protocol", protocol.parse()?);
        }
        if let Some(cookie) = &self.cookie {
            headers.insert(COOKIE, cookie.parse()?);
        }
        let (socket, _) = tokio_tungstenite::client_async(request, self.connect().await?).await?;
        Ok(Socket(socket))
    }

    fn host(&self) -> String {
        self.origin.split("://").nth(1).unwrap_or(&self.origin).to_owned()
    }
}

/// An open WebSocket that speaks JSON.
pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub async fn say(&mut self, frame: Value) -> anyhow::Result<()> {
        Ok(self.0.send(Message::text(frame.to_string())).await?)
    }

    /// The next JSON frame; an error when the socket has closed.
    pub async fn hear(&mut self) -> anyhow::Result<Value> {
        loop {
            match self.0.next().await.context("the socket closed")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(_) => bail!("the socket closed"),
                _ => {}
            }
        }
    }
}
