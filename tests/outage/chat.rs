//! Someone who chats: opens a conversation, sends messages until they are acknowledged, and comes back to read them.

use super::people::{Answer, PATIENCE, client};
use futures_util::{SinkExt, StreamExt};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

#[derive(Clone)]
pub struct Chatter {
    http: Client,
    base: String,
    /// Makes opening twice harmless.
    pub client_id: String,
    pub text: String,
}

/// A conversation whose socket is open.
pub struct Conversation {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Chatter {
    pub fn new(base: &str, name: &str) -> Chatter {
        let (http, base) = (client(&Default::default()), base.to_owned());
        Chatter {
            http,
            base,
            client_id: format!("chatter-{name:-<30}"),
            text: format!("When is my bin emptied? ({name})"),
        }
    }

    /// The first message makes the contact: `{contact_id, reference, resume_token, socket, status_url}`.
    pub async fn asks(&self) -> Answer {
        let body = json!({"text": self.text, "language": "en", "client_id": self.client_id});
        let request = self.http.post(format!("{}/chat/sessions", self.base)).header("Origin", &self.base);
        Answer::of(request.json(&body).send().await).await
    }

    /// Opens the socket and hears everything from the beginning; the conversation, and its messages so far.
    pub async fn enters(&self, promise: &Value) -> Option<(Conversation, Vec<Value>)> {
        let url = format!("{}/chat/socket", self.base.replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("a request");
        request.headers_mut().insert("origin", self.base.parse().expect("a header"));
        let protocol = HeaderValue::from_static("steelbridge.chat.v1");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (socket, _) = tokio_tungstenite::connect_async(request).await.ok()?;
        let mut conversation = Conversation { socket };
        conversation.says(json!({"type": "hello", "token": promise["resume_token"], "last_seq": 0})).await?;
        let mut messages = Vec::new();
        loop {
            let frame = conversation.hears().await?;
            match frame["type"].as_str() {
                Some("msg") => messages.push(frame),
                Some("ready") => return Some((conversation, messages)),
                _ => {}
            }
        }
    }
}

impl Conversation {
    /// Sends a message and waits until it is acknowledged; its number.
    pub async fn sends(&mut self, text: &str) -> Option<u64> {
        let cid = text.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        self.says(json!({"type": "msg", "cid": cid, "text": text})).await?;
        loop {
            let frame = self.hears().await?;
            match frame["type"].as_str() {
                Some("ack") if frame["cid"] == *cid => return frame["seq"].as_u64(),
                Some("err") => return None,
                _ => {}
            }
        }
    }

    async fn says(&mut self, frame: Value) -> Option<()> {
        self.socket.send(Message::text(frame.to_string())).await.ok()
    }

    async fn hears(&mut self) -> Option<Value> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await.ok()??.ok()?;
            if let Message::Text(text) = frame {
                return Some(serde_json::from_str(&text).expect("a frame is JSON"));
            }
        }
    }
}
