//! A chat page as a test drives it: opens conversations over HTTP, says hello, says and hears frames.

use super::city::{ORIGIN, Server};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

const PATIENCE: Duration = Duration::from_secs(5);

pub struct Page {
    pub ws: WebSocketStream<TcpStream>,
    /// Also heartbeats are shown.
    pub verbose: bool,
}

/// `POST /chat/sessions`.
pub async fn post(server: &Server, ip: &str, body: Value) -> reqwest::Response {
    reqwest::Client::new().post(server.url("/chat/sessions")).header("x-test-ip", ip).json(&body).send().await.unwrap()
}

/// Opens a conversation; its number and token.
pub async fn open(server: &Server, ip: &str, text: &str) -> (u64, String) {
    let answer = post(server, ip, json!({ "text": text })).await;
    assert_eq!(answer.status(), 201);
    let body: Value = answer.json().await.unwrap();
    (body["contact_id"].as_u64().unwrap(), body["resume_token"].as_str().unwrap().to_owned())
}

pub fn upgrade(server: &Server) -> Request {
    let mut request = format!("ws://{}/chat/socket", server.at).into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("origin", ORIGIN.parse().unwrap());
    headers.insert("sec-websocket-protocol", "steelbridge.chat.v1".parse().unwrap());
    request
}

/// The answer's status when there is no upgrade.
pub async fn refused(server: &Server, request: Request) -> u16 {
    let stream = TcpStream::connect(server.at).await.unwrap();
    match client_async(request, stream).await {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("an upgrade was not refused: {other:?}"),
    }
}

impl Page {
    pub async fn connect(server: &Server) -> Page {
        Page::connect_from(server, "127.0.0.1").await
    }

    pub async fn connect_from(server: &Server, ip: &str) -> Page {
        let mut request = upgrade(server);
        request.headers_mut().insert("x-test-ip", ip.parse().unwrap());
        Page::connect_with(request, server.at).await
    }

    async fn connect_with(request: Request, at: SocketAddr) -> Page {
        let stream = TcpStream::connect(at).await.unwrap();
        let (ws, response) = client_async(request, stream).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "steelbridge.chat.v1");
        Page { ws, verbose: false }
    }

    /// Connects, says hello, and hears everything up to `ready`.
    pub async fn resume(server: &Server, token: &str, last_seq: u64) -> (Page, Vec<Value>) {
        Page::connect(server).await.greet(token, last_seq).await
    }

    /// The same at a whole daemon.
    pub async fn resume_at(base: &str, token: &str, last_seq: u64) -> (Page, Vec<Value>) {
        let mut request = format!("{}/chat/socket", base.replacen("http", "ws", 1)).into_client_request().unwrap();
        request.headers_mut().insert("origin", base.parse().unwrap());
        request.headers_mut().insert("sec-websocket-protocol", "steelbridge.chat.v1".parse().unwrap());
        let at = base.trim_start_matches("http://").parse().unwrap();
        Page::connect_with(request, at).await.greet(token, last_seq).await
    }

    async fn greet(mut self, token: &str, last_seq: u64) -> (Page, Vec<Value>) {
        self.say(json!({ "type": "hello", "token": token, "last_seq": last_seq })).await;
        let mut heard = vec![];
        loop {
            let frame = self.hear().await;
            let done = frame["type"] == "ready" || frame["type"] == "resync";
            heard.push(frame);
            if done {
                return (self, heard);
            }
        }
    }

    pub async fn say(&mut self, frame: Value) {
        self.ws.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame that is not a heartbeat.
    pub async fn hear(&mut self) -> Value {
        loop {
            match timeout(PATIENCE, self.ws.next()).await.expect("the server said nothing") {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if self.verbose || frame["type"] != "hb" {
                        return frame;
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("expected a frame, got {other:?}"),
            }
        }
    }

    /// Frames up to one of this type; returns that one.
    pub async fn hear_until(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.hear().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The close code, after whatever else comes; 0 when the connection just drops.
    pub async fn closed(mut self) -> u16 {
        loop {
            match timeout(PATIENCE, self.ws.next()).await.expect("the server did not close") {
                Some(Ok(Message::Close(frame))) => return frame.map_or(1005, |f| f.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 0,
            }
        }
    }

    /// Leaves as a browser does when its tab is closed.
    pub async fn leave(mut self) {
        self.ws.close(None).await.unwrap();
        while let Some(Ok(_)) = self.ws.next().await {}
    }
}
