//! A small city that keeps its promises in memory: the `Context` that the chat is tested against, and a server on loopback.

use axum::extract::{Path, Request};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use bytes::Bytes;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use steelbridge::catalogue::Catalogue;
use steelbridge::channels::chat::{Chat, Settings};
use steelbridge::channels::socket::{Pace, Sockets};
use steelbridge::channels::visitor::ClientIp;
use steelbridge::channels::*;
use steelbridge::console::page::{self, Pages};
use steelbridge::message::{Attachment, Author, Inbound, Message, NewMessage};
use steelbridge::routing::ids::{ContactId, RepId, Span, Timestamp};
use steelbridge::texts::Texts;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub const ORIGIN: &str = "https://311.example.gov";

/// What the city knows, and what it was told.
#[derive(Default)]
pub struct City {
    now: AtomicI64,
    pub closed: AtomicBool,
    pub broken: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    contacts: Vec<Contact>,
    acts: Vec<(u64, CustomerAct)>,
    files: HashMap<String, (Attachment, Bytes)>,
}

struct Contact {
    inbound: Inbound,
    messages: Vec<Message>,
    followers: Vec<mpsc::Sender<Happening>>,
    standing: Standing,
}

impl City {
    pub fn new() -> Arc<City> {
        let city = City::default();
        city.now.store(1_800_000_000_000_000, Ordering::SeqCst);
        Arc::new(city)
    }

    pub fn pass(&self, span: Span) {
        self.now.fetch_add(span.0, Ordering::SeqCst);
    }

    pub fn inbound(&self, contact: u64) -> Inbound {
        self.state.lock().unwrap().contacts[contact as usize - 1].inbound.clone()
    }

    pub fn contacts(&self) -> usize {
        self.state.lock().unwrap().contacts.len()
    }

    pub fn messages(&self, contact: u64) -> Vec<Message> {
        self.state.lock().unwrap().contacts[contact as usize - 1].messages.clone()
    }

    /// Everything customers did that is not a message, in order.
    pub fn acts(&self, contact: u64) -> Vec<CustomerAct> {
        self.state.lock().unwrap().acts.iter().filter(|(c, _)| *c == contact).map(|(_, act)| *act).collect()
    }

    /// Waits until an act satisfies; fails after five seconds.
    pub async fn until(&self, contact: u64, what: impl Fn(&[CustomerAct]) -> bool) -> Vec<CustomerAct> {
        for _ in 0..500 {
            let acts = self.acts(contact);
            if what(&acts) {
                return acts;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the city was told only {:?}", self.acts(contact));
    }

    /// A representative writes.
    pub fn rep_says(&self, contact: u64, text: &str) -> Message {
        let message =
            NewMessage { from: Author::Rep(RepId(7)), text: text.into(), attachments: vec![], client_id: None };
        self.add(ContactId(contact), message)
    }

    /// A representative writes what the customer never sees; it takes a number all the same.
    pub fn rep_notes(&self, contact: u64, text: &str) {
        let message =
            NewMessage { from: Author::Note(RepId(7)), text: text.into(), attachments: vec![], client_id: None };
        self.add(ContactId(contact), message);
    }

    pub fn tell(&self, contact: u64, happening: Happening) {
        tell(&mut self.state.lock().unwrap().contacts[contact as usize - 1], happening);
    }

    /// Changes how a contact stands, and says so.
    pub fn stand(&self, contact: u64, change: impl FnOnce(&mut Standing)) {
        let mut state = self.state.lock().unwrap();
        let contact = &mut state.contacts[contact as usize - 1];
        change(&mut contact.standing);
        tell(contact, Happening::Changed);
    }

    /// Changes how a contact stands without a word, as when someone else leaves the line.
    pub fn stand_silently(&self, contact: u64, change: impl FnOnce(&mut Standing)) {
        change(&mut self.state.lock().unwrap().contacts[contact as usize - 1].standing);
    }

    fn add(&self, contact: ContactId, new: NewMessage) -> Message {
        let at = self.now();
        let mut state = self.state.lock().unwrap();
        let contact_row = &mut state.contacts[contact.0 as usize - 1];
        let known = contact_row.messages.iter().find(|m| m.client_id.is_some() && m.client_id == new.client_id);
        if let Some(known) = known {
            return known.clone();
        }
        let seq = contact_row.messages.len() as u32 + 1;
        let NewMessage { from, text, attachments, client_id } = new;
        let message = Message { contact, seq, at, from, text, attachments, client_id };
        contact_row.messages.push(message.clone());
        if !from.is_note() {
            tell(contact_row, Happening::Message(Arc::new(message.clone())));
        }
        message
    }
}

fn tell(contact: &mut Contact, happening: Happening) {
    contact.followers.retain(|tx| tx.try_send(happening.clone()).is_ok());
}

fn later<T: Send + 'static>(value: T) -> Later<T> {
    Box::pin(async move {
        tokio::task::yield_now().await; // as a real answer, never at once
        value
    })
}

impl Context for City {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn deliver(&self, inbound: Inbound) -> Later<Result<Receipt, NotKept>> {
        if self.broken.load(Ordering::SeqCst) {
            return later(Err(NotKept::Unavailable));
        }
        let opened_at = self.now();
        let mut state = self.state.lock().unwrap();
        let known = state
            .contacts
            .iter()
            .position(|c| c.inbound.source_key.is_some() && c.inbound.source_key == inbound.source_key);
        if let Some(at) = known {
            let contact = &state.contacts[at];
            if contact.inbound.fingerprint != inbound.fingerprint {
                return later(Err(NotKept::KeyReused));
            }
            let reference = contact.standing.reference.clone();
            return later(Ok(Receipt { contact: ContactId(at as u64 + 1), reference, duplicate: true }));
        }
        let contact = ContactId(state.contacts.len() as u64 + 1);
        let reference = format!("311-{:04}", contact.0);
        let standing = Standing {
            reference: reference.clone(),
            stage: CustomerStage::Waiting,
            place: Some(3),
            wait: Some((240, 600)),
            rep: None,
            rep_left: false,
            rep_read: 0,
            language: inbound.language.map_or("en".into(), |l| l.code.to_string()),
            service: inbound.service.clone(),
            opened_at,
            disposition: None,
        };
        let text = inbound.text.clone();
        state.contacts.push(Contact { inbound, messages: vec![], followers: vec![], standing });
        drop(state);
        self.add(contact, NewMessage { from: Author::Customer, text, attachments: vec![], client_id: None });
        later(Ok(Receipt { contact, reference, duplicate: false }))
    }

    fn contact(&self, secret: [u8; 32]) -> Later<Result<Option<ContactId>, NotKept>> {
        let state = self.state.lock().unwrap();
        let found = state.contacts.iter().position(|c| c.inbound.secret == secret);
        later(Ok(found.map(|at| ContactId(at as u64 + 1))))
    }

    fn say(&self, contact: ContactId, message: NewMessage) -> Later<Result<Message, NotKept>> {
        if self.broken.load(Ordering::SeqCst) {
            return later(Err(NotKept::Unavailable));
        }
        later(Ok(self.add(contact, message)))
    }

    fn conversation(&self, contact: ContactId, after: u32, limit: usize) -> Later<Result<Vec<Message>, NotKept>> {
        let state = self.state.lock().unwrap();
        let all = state.contacts[contact.0 as usize - 1].messages.iter();
        later(Ok(all.filter(|m| m.seq > after && !m.from.is_note()).take(limit).cloned().collect()))
    }

    fn standing(&self, contact: ContactId) -> Later<Result<Standing, NotKept>> {
        later(Ok(self.state.lock().unwrap().contacts[contact.0 as usize - 1].standing.clone()))
    }

    fn follow(&self, contact: ContactId) -> mpsc::Receiver<Happening> {
        let (tx, rx) = mpsc::channel(64);
        self.state.lock().unwrap().contacts[contact.0 as usize - 1].followers.push(tx);
        rx
    }

    fn act(&self, contact: ContactId, act: CustomerAct) -> Later<Result<(), NotKept>> {
        let mut state = self.state.lock().unwrap();
        state.acts.push((contact.0, act));
        if act == CustomerAct::Ended {
            let contact = &mut state.contacts[contact.0 as usize - 1];
            (contact.standing.stage, contact.standing.place, contact.standing.wait) =
                (CustomerStage::Closed, None, None);
            tell(contact, Happening::Changed);
        }
        later(Ok(()))
    }

    fn keep_file(&self, name: String, bytes: Bytes) -> Later<Result<Attachment, NotKept>> {
        if !bytes.starts_with(b"%PDF") {
            return later(Err(NotKept::FileType));
        }
        let digest = format!("{:064x}", bytes.len());
        let file = Attachment {
            digest: digest.clone(),
            name,
            media_type: "application/pdf".into(),
            bytes: bytes.len() as u64,
        };
        self.state.lock().unwrap().files.insert(digest, (file.clone(), bytes));
        later(Ok(file))
    }

    fn file(&self, _: ContactId, digest: String) -> Later<Result<Option<(Attachment, Bytes)>, NotKept>> {
        later(Ok(self.state.lock().unwrap().files.get(&digest).cloned()))
    }

    fn opening(&self) -> Opening {
        let open = !self.closed.load(Ordering::SeqCst);
        Opening { open, staffed: open, opens_at: (!open).then(|| self.now() + Span::mins(90)) }
    }
}

/// A chat server on loopback, in this process.
pub struct Server {
    pub at: SocketAddr,
    pub city: Arc<City>,
    pub stop: CancellationToken,
    pub tasks: TaskTracker,
}

/// The shipped words and services, of a city that does not exist.
pub fn pages() -> Pages {
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    let city = page::City {
        name: "Springfield 311".into(),
        phone: "555-555-0311".into(),
        emergency: "911".into(),
        zone,
        origin: ORIGIN.into(),
    };
    let texts = Texts::load().unwrap();
    Pages { texts: Arc::new(texts), catalogue: Arc::new(Catalogue::shipped()), city: Arc::new(city) }
}

/// Beats of 50 ms instead of 5 s; everything else as shipped.
pub fn quick() -> Settings {
    Settings { pace: Pace { beat: Duration::from_millis(50), ..Pace::default() }, ..Settings::default() }
}

impl Server {
    pub async fn start(settings: Settings) -> Server {
        Server::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), settings).await
    }

    pub async fn on(listener: TcpListener, settings: Settings) -> Server {
        Server::with(City::new(), listener, settings).await
    }

    /// The same city, started anew.
    pub async fn with(city: Arc<City>, listener: TcpListener, settings: Settings) -> Server {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let at = listener.local_addr().unwrap();
        let sockets = Sockets::new([ORIGIN.to_owned(), format!("http://{at}")], tasks.clone(), stop.clone());
        let chat = Chat::new(city.clone(), sockets, settings, [7; 32], pages());
        let router = chat.routes().route("/assets/{*path}", get(asset)).layer(from_fn(client_ip));
        let end = stop.clone();
        tokio::spawn(async move {
            axum::serve(listener.tap_io(|io| io.set_nodelay(true).unwrap()), router)
                .with_graceful_shutdown(end.cancelled_owned())
                .await
                .unwrap();
        });
        Server { at, city, stop, tasks }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }
}

async fn asset(Path(path): Path<String>) -> Response {
    match steelbridge::console::asset(&path) {
        Some(file) => ([(header::CONTENT_TYPE, file.media_type)], file.bytes.into_owned()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A test says which address it comes from; the real server knows.
async fn client_ip(mut request: Request, next: Next) -> Response {
    let ip = request.headers().get("x-test-ip").and_then(|v| v.to_str().ok()?.parse().ok());
    request.extensions_mut().insert(ClientIp(ip.unwrap_or([127, 0, 0, 1].into())));
    next.run(request).await
}
