//! A rep at their desk, in a test's words: signs in, becomes available, takes what is offered, closes, and watches the live stream.
//!
//! ```ignore
//! let town = Town::opens().await;                    // the real daemon on a fresh folder
//! let ana = town.signs_in("ana").await;
//! ana.is_available().await;
//! let pothole = town.asks("es", "Un bache enorme").await;
//! ana.takes(pothole).await;
//! ana.posts(&format!("/contacts/{pothole}/messages"), json!({"text": "Vamos"})).await.is(201);
//! ```

use super::city::{City, Daemon, PASSWORD};
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Nobody waits longer for anything here.
const PATIENCE: Duration = Duration::from_secs(10);

/// A city whose daemon runs.
pub struct Town {
    pub city: City,
    pub daemon: Daemon,
    http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub asked: String,
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    #[track_caller]
    pub fn is(self, status: u16) -> Reply {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.asked, self.text);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{}: {e}: {}", self.asked, self.text))
    }
}

impl Town {
    pub async fn opens() -> Town {
        Town::opens_with("", "").await
    }

    /// With more lines of settings and more people on the roster (see [`City`] for those who are there already).
    pub async fn opens_with(settings: &str, people: &str) -> Town {
        let city = City::new();
        for (name, more) in [("steelbridge.toml", settings), ("roster.toml", people)] {
            let mut file = std::fs::File::options().append(true).open(city.folder().join(name)).expect("it is there");
            file.write_all(more.as_bytes()).expect("it can be written");
        }
        if !people.is_empty() {
            city.hires_everyone(&[]);
        }
        let daemon = city.start().await;
        let http = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
        Town { city, daemon, http: http.build().expect("a client") }
    }

    pub fn base(&self) -> String {
        self.city.base()
    }

    /// `kill -9`, and the next start.
    pub async fn killed_and_started_again(self) -> Town {
        self.killed_and_started_after(|_| ()).await
    }

    /// The same, with something done to the city while nothing runs.
    pub async fn killed_and_started_after(self, meanwhile: impl FnOnce(&City)) -> Town {
        let Town { city, daemon, http } = self;
        daemon.dies().await;
        meanwhile(&city);
        let daemon = city.start().await;
        Town { city, daemon, http }
    }

    /// A request as no browser sends it: no cookie, no Origin.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base()))
    }

    pub async fn sends(&self, request: RequestBuilder) -> Reply {
        let request = request.build().expect("a request");
        let asked = format!("{} {}", request.method(), request.url().path());
        let response = self.http.execute(request).await.unwrap_or_else(|e| panic!("{asked}: {e:?}"));
        let (status, headers) = (response.status(), response.headers().clone());
        Reply { asked, status, headers, text: response.text().await.unwrap_or_default() }
    }

    pub async fn gets(&self, path: &str) -> Reply {
        self.sends(self.request(Method::GET, path)).await
    }

    /// A resident sends the web form; the contact's number.
    pub async fn asks(&self, language: &str, text: &str) -> u64 {
        self.asks_at(language, text).await.0
    }

    /// The same, with the path of the status page.
    pub async fn asks_at(&self, language: &str, text: &str) -> (u64, String) {
        let body = json!({"channel": "form", "service": "streetlight", "text": text, "language": language});
        let reply = self.sends(self.request(Method::POST, "/api/v1/contacts").json(&body)).await.is(201);
        let kept = reply.json();
        let status = kept["status_url"].as_str().and_then(|url| url.strip_prefix(&self.base())).expect("our address");
        let status = status.to_owned();
        (kept["contact_id"].as_u64().expect("a number"), status)
    }

    /// The resident adds a message on the status page.
    pub async fn adds(&self, status: &str, text: &str) {
        let request = self.request(Method::POST, status).header("origin", self.base());
        self.sends(request.form(&[("text", text)])).await.is(303);
    }

    pub async fn signs_in(&self, name: &str) -> Staff<'_> {
        let body = json!({"name": name, "password": PASSWORD});
        let request = self.request(Method::POST, "/api/v1/session").header("origin", self.base()).json(&body);
        let reply = self.sends(request).await.is(200);
        let cookie = reply.headers["set-cookie"].to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a pair").to_owned();
        let id = reply.json()["id"].as_u64().expect("a number");
        Staff { town: self, name: name.to_owned(), id, cookie }
    }
}

/// Someone who is signed in.
#[derive(Clone)]
pub struct Staff<'a> {
    pub town: &'a Town,
    pub name: String,
    pub id: u64,
    /// `name=token`, as it stands in a request.
    pub cookie: String,
}

impl Staff<'_> {
    /// As our own pages send it; the path below `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.town.request(method, &format!("/api/v1{path}"));
        request.header("cookie", &self.cookie).header("origin", self.town.base())
    }

    pub async fn gets(&self, path: &str) -> Reply {
        self.town.sends(self.request(Method::GET, path)).await
    }

    pub async fn posts(&self, path: &str, body: Value) -> Reply {
        self.town.sends(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn puts(&self, path: &str, body: Value) -> Reply {
        self.town.sends(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn is_available(&self) {
        self.becomes(json!({"presence": "available"})).await;
    }

    pub async fn is_away(&self) {
        self.becomes(json!({"presence": "away", "reason": "lunch"})).await;
    }

    pub async fn becomes(&self, presence: Value) {
        self.town.sends(self.request(Method::PUT, "/me/presence").json(&presence)).await.is(200);
    }

    /// Waits for the offer of this contact.
    pub async fn is_offered(&self, contact: u64) -> u64 {
        let until = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < until {
            let offers = self.gets("/offers").await.is(200).json();
            let mine = offers.as_array().expect("a list").iter().find(|offer| offer["contact"]["id"] == contact);
            if let Some(id) = mine.and_then(|offer| offer["id"].as_u64()) {
                return id;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} was not offered contact {contact}", self.name);
    }

    pub async fn takes(&self, contact: u64) {
        let offer = self.is_offered(contact).await;
        self.posts(&format!("/offers/{offer}/accept"), json!({})).await.is(200);
    }

    /// Closes it and ends the wrap-up.
    pub async fn finishes(&self, contact: u64) {
        self.posts(&format!("/contacts/{contact}/close"), json!({"disposition": "informed"})).await.is(200);
        self.posts(&format!("/contacts/{contact}/wrap-up/end"), json!({})).await.is(200);
    }

    /// Opens the live stream and reads its snapshot.
    pub async fn goes_live(&self) -> (Live, Value) {
        let mut live = self.opens_live(Some(&self.town.base())).await.expect("the stream opens");
        live.says(json!({"hello": {"after": null}})).await;
        let snapshot = live.hears("snapshot").await;
        (live, snapshot)
    }

    /// Only the upgrade, as a page of this origin.
    pub async fn opens_live(&self, origin: Option<&str>) -> Result<Live, Error> {
        let url = format!("{}/api/v1/live", self.town.base().replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("cookie", self.cookie.parse().expect("a header"));
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        Ok(Live { socket: tokio_tungstenite::connect_async(request).await?.0 })
    }
}

/// A live stream that is open.
pub struct Live {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Live {
    pub async fn says(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.expect("it can be said");
    }

    /// The next frame; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("something is said in time");
            match frame? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("a frame is JSON")),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Reads on until a frame of this type.
    #[track_caller]
    pub fn hears(&mut self, kind: &str) -> impl Future<Output = Value> {
        let kind = kind.to_owned();
        async move {
            loop {
                match self.next().await {
                    Some(frame) if frame["type"] == kind.as_str() => return frame,
                    Some(_) => {}
                    None => panic!("the stream ended before a frame {kind}"),
                }
            }
        }
    }

    /// Reads on until the server closes; the close code.
    pub async fn is_closed(&mut self) -> Option<u16> {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("it is closed in time") {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                _ => return None,
            }
        }
    }
}
