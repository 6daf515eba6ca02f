//! Who uses the city's daemon in these tests: residents, reps, a supervisor. They speak HTTP and keep what was promised to them.

use futures_util::{SinkExt, StreamExt};
use reqwest::cookie::{CookieStore, Jar};
use reqwest::multipart::Form;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Nobody waits longer for one answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What came of asking the daemon for something.
#[derive(Debug)]
pub enum Answer {
    /// 2xx: it promised.
    Yes(Value),
    /// Any other status: it promised nothing.
    No(StatusCode, String),
    /// The connection broke or nobody was there: it may have happened, or not.
    Silence,
}

impl Answer {
    pub async fn of(sent: reqwest::Result<Response>) -> Answer {
        let Ok(response) = sent else { return Answer::Silence };
        let status = response.status();
        let Ok(body) = response.text().await else { return Answer::Silence };
        match status.is_success() {
            true => Answer::Yes(serde_json::from_str(&body).unwrap_or(Value::Null)),
            false => Answer::No(status, body),
        }
    }

    pub fn yes(self) -> Option<Value> {
        match self {
            Answer::Yes(value) => Some(value),
            _ => None,
        }
    }

    /// Was it promised? `None` when nobody answered.
    pub fn heard(self) -> Option<bool> {
        match self {
            Answer::Yes(_) => Some(true),
            Answer::No(..) => Some(false),
            Answer::Silence => None,
        }
    }

    /// For steps that nothing disturbs.
    pub fn expect(self, what: &str) -> Value {
        match self {
            Answer::Yes(value) => value,
            other => panic!("{what}: {other:?}"),
        }
    }
}

/// Every resident has their own address on loopback, as people have, so that no limit per address is met by accident.
fn next_address() -> IpAddr {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let [_, b, c, d] = (n * 254 / 253).to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(127, 1 + b, c, d.clamp(1, 254)))
}

pub fn client(jar: &Arc<Jar>) -> Client {
    let builder = Client::builder().timeout(PATIENCE).cookie_provider(jar.clone()).local_address(next_address());
    builder.build().expect("an HTTP client")
}

/// A community member with one request, sent under one Idempotency-Key however often they press the button.
#[derive(Clone)]
pub struct Resident {
    http: Client,
    base: String,
    pub key: String,
    pub text: String,
}

impl Resident {
    pub fn new(base: &str, key: impl Into<String>) -> Resident {
        let key = key.into();
        let text = format!("The street light at my corner is out ({key})");
        Resident { http: client(&Arc::default()), base: base.to_owned(), key, text }
    }

    /// Someone who smells gas.
    pub fn in_danger(base: &str, key: impl Into<String>) -> Resident {
        let resident = Resident::new(base, key);
        let text = format!("Gas leak, I smell gas in the house ({})", resident.key);
        Resident { text, ..resident }
    }

    /// Sends the web form as JSON: `{contact_id, reference, status_url}`.
    pub async fn asks(&self) -> Answer {
        let request = self.http.post(format!("{}/api/v1/contacts", self.base)).header("Idempotency-Key", &self.key);
        Answer::of(request.json(&self.form()).send().await).await
    }

    /// What they send.
    pub fn form(&self) -> Value {
        let answers = json!({"location": "5th and Main"});
        json!({"channel": "form", "service": "streetlight", "text": self.text, "language": "en", "fields": answers})
    }

    /// Sends the form's page as a browser without scripts does; yes is being shown how it stands.
    pub async fn sends_the_page(&self) -> Answer {
        let fields = Form::new().text("fields.location", "5th and Main").text("text", self.text.clone());
        let page = self.http.post(format!("{}/forms/streetlight", self.base)).header("Origin", &self.base);
        Answer::of(page.multipart(fields).send().await).await
    }

    /// Writes on the status page.
    pub async fn replies(&self, status_url: &str, text: &str) -> Answer {
        let path = status_url.strip_prefix(&self.base).unwrap_or(status_url);
        let page = self.http.post(format!("{}{path}", self.base)).header("Origin", &self.base);
        Answer::of(page.multipart(Form::new().text("text", text.to_owned())).send().await).await
    }

    /// Opens a page of the public site.
    pub async fn opens(&self, url: &str) -> Answer {
        let path = url.strip_prefix(&self.base).unwrap_or(url);
        Answer::of(self.http.get(format!("{}{path}", self.base)).send().await).await
    }
}

/// Someone with an account, signed in.
#[derive(Clone)]
pub struct Staff {
    http: Client,
    jar: Arc<Jar>,
    base: String,
    pub name: String,
    password: String,
}

impl Staff {
    pub fn new(base: &str, name: &str, password: &str) -> Staff {
        let jar = Arc::default();
        let (name, password) = (name.to_owned(), password.to_owned());
        Staff { http: client(&jar), jar, base: base.to_owned(), name, password }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        Answer::of(request.header("Origin", &self.base).send().await).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}/api/v1{path}", self.base))).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.http.post(format!("{}/api/v1{path}", self.base)).json(&body)).await
    }

    /// Signs in, unless the session from before the outage still holds.
    pub async fn is_signed_in(&self) -> Option<()> {
        if self.get("/me").await.yes().is_none() {
            self.signs_in().await.yes()?;
        }
        Some(())
    }

    pub async fn signs_in(&self) -> Answer {
        self.post("/session", json!({"name": self.name, "password": self.password})).await
    }

    pub async fn is_available(&self) -> Answer {
        let request = self.http.put(format!("{}/api/v1/me/presence", self.base));
        self.send(request.json(&json!({"presence": "available"}))).await
    }

    /// Accepts the first offer there is; the contact's number, or `Some(None)` when there is nothing to take.
    /// `None` when the daemon falls silent.
    pub async fn accepts_next(&self) -> Option<Option<u64>> {
        let offers = self.get("/offers").await.yes()?;
        let Some(offer) = offers.as_array()?.first() else { return Some(None) };
        match self.post(&format!("/offers/{}/accept", offer["id"]), json!({})).await {
            Answer::Yes(contact) => Some(contact["id"].as_u64()),
            Answer::No(StatusCode::CONFLICT, _) => Some(None), // it expired, or someone was faster
            _ => None,
        }
    }

    /// Says something to the customer, under the message's own id.
    pub async fn says(&self, contact: u64, text: &str) -> Answer {
        self.post(&format!("/contacts/{contact}/messages"), json!({"text": text, "client_id": text})).await
    }

    pub async fn notes(&self, contact: u64, text: &str) -> Answer {
        self.post(&format!("/contacts/{contact}/notes"), json!({"text": text})).await
    }

    pub async fn closes(&self, contact: u64, disposition: &str) -> Answer {
        self.post(&format!("/contacts/{contact}/close"), json!({"disposition": disposition})).await
    }

    pub async fn ends_wrap_up(&self, contact: u64) -> Answer {
        self.post(&format!("/contacts/{contact}/wrap-up/end"), json!({})).await
    }

    /// The contacts this rep has: active, parked, in wrap-up. `None` when the daemon falls silent.
    pub async fn holds(&self) -> Option<Vec<u64>> {
        let contacts = self.get("/contacts").await.yes()?;
        contacts.as_array()?.iter().map(|contact| contact["id"].as_u64()).collect()
    }

    /// Opens the live stream, as a console does; reps are offered contacts while it is open.
    pub async fn goes_live(&self) -> Option<Live> {
        let url = self.base.parse().expect("a URL");
        let mut request = format!("{}/api/v1/live", self.base.replacen("http", "ws", 1)).into_client_request().ok()?;
        let headers = request.headers_mut();
        headers.insert("origin", self.base.parse().expect("a header"));
        headers.insert("cookie", HeaderValue::from_bytes(self.jar.cookies(&url)?.as_bytes()).expect("a header"));
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.ok()?;
        socket.send(Message::text(r#"{"hello":{"after":null}}"#)).await.ok()?;
        let mut live = Live { socket };
        live.until("snapshot").await.map(|_| live)
    }
}

/// A live stream that is open.
pub struct Live {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Live {
    /// Reads on until a frame of this type; `None` when the stream ends first.
    pub async fn until(&mut self, kind: &str) -> Option<Value> {
        let reading = async {
            loop {
                let Message::Text(text) = self.socket.next().await?.ok()? else { continue };
                let frame: Value = serde_json::from_str(&text).expect("a frame is JSON");
                if frame["type"] == kind {
                    return Some(frame);
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.ok().flatten()
    }

    /// Reads on until the server closes; the close code, and whether it said goodbye first.
    pub async fn until_closed(mut self) -> (Option<u16>, bool) {
        let mut bye = false;
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(PATIENCE, self.socket.next()).await {
            match frame {
                Message::Text(text) => bye |= text.contains(r#""bye""#),
                Message::Close(frame) => return (frame.map(|f| f.code.into()), bye),
                _ => {}
            }
        }
        (None, bye)
    }

    /// Reads and forgets, as a console in a background tab does, until the stream ends or the task is dropped.
    pub fn in_background(mut self) -> AbortOnDrop {
        AbortOnDrop(tokio::spawn(async move { while let Some(Ok(_)) = self.socket.next().await {} }))
    }
}

/// Ends a task with its owner.
pub struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
