//! Screens that listen: a rep signed in on the real daemon, with everything the live stream says.

use crate::daemon::PASSWORD;
use crate::http::{Line, connect_from};
use crate::load::Watch;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

pub type Socket = WebSocketStream<tokio::net::TcpStream>;

/// One rep at work.
pub struct Rep {
    pub line: Line,
    socket: Socket,
}

impl Rep {
    /// Signed in and listening, but not yet available.
    pub async fn signs_in(door: SocketAddr, name: &str, household: u32) -> Rep {
        let mut line = Line::from(door, household).await;
        let body = json!({ "name": name, "password": PASSWORD }).to_string();
        assert_eq!(line.ask("POST", "/api/v1/session", &body).await.0, 200);
        Rep::listens(door, household, line).await
    }

    /// With the session of before.
    pub async fn comes_back(door: SocketAddr, household: u32, cookie: String) -> Rep {
        let mut line = Line::from(door, household).await;
        line.cookie = cookie;
        Rep::listens(door, household, line).await
    }

    async fn listens(door: SocketAddr, household: u32, line: Line) -> Rep {
        let mut socket = open(door, household, "/api/v1/live", &line.cookie, None).await;
        socket.send(Message::text(r#"{"hello":{"after":null}}"#)).await.expect("hello");
        Rep { line, socket }
    }

    pub async fn is_available(&mut self) {
        assert_eq!(self.line.ask("PUT", "/api/v1/me/presence", r#"{"presence":"available"}"#).await.0, 200);
    }

    pub async fn posts(&mut self, path: &str, body: &str) {
        let (status, answer) = self.line.ask("POST", &format!("/api/v1{path}"), body).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }

    /// The next offer: its number and the contact's. One in a snapshot counts.
    pub async fn next_offer(&mut self) -> (u64, u64) {
        loop {
            let frame = self.socket.next().await.expect("the stream goes on").expect("a frame");
            let Ok(frame) = serde_json::from_str::<Value>(frame.to_text().unwrap_or_default()) else { continue };
            let offer = if frame["type"] == "snapshot" { &frame["offers"][0] } else { &frame["offer"] };
            if let (Some(offer), Some(contact)) = (offer["id"].as_u64(), offer["contact"]["id"].as_u64()) {
                return (offer, contact);
            }
        }
    }

    /// Until the offer stands there that the request asks for; how it got there is not looked at.
    pub async fn asks_for_offers(&mut self) -> bool {
        let (status, offers) = self.line.ask("GET", "/api/v1/offers", "").await;
        assert_eq!(status, 200);
        offers.contains("\"id\"")
    }

    /// Notes every offer from now on.
    pub fn watches(self, watch: Watch) {
        let Rep { mut socket, .. } = self;
        tokio::spawn(async move {
            while let Some(Ok(frame)) = socket.next().await {
                if let Some(text) = frame.to_text().ok().filter(|text| text.contains("\"type\":\"offer\"")) {
                    watch.heard(text);
                }
            }
        });
    }
}

pub async fn open(
    door: SocketAddr,
    household: u32,
    path: &str,
    cookie: &str,
    protocol: Option<&'static str>,
) -> Socket {
    let mut request = format!("ws://{door}{path}").into_client_request().expect("a request");
    let headers = request.headers_mut();
    headers.insert("cookie", cookie.parse().expect("a header"));
    headers.insert("origin", format!("http://{door}").parse().expect("a header"));
    if let Some(protocol) = protocol {
        headers.insert("sec-websocket-protocol", protocol.parse().expect("a header"));
    }
    let tcp = connect_from(door, household).await;
    tokio_tungstenite::client_async(request, tcp).await.expect("a socket").0
}
