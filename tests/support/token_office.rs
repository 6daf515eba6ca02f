//! Who hands out access tokens, and tells a mail server which of them are good: a real HTTP server, on loopback.

use axum::Form;
use axum::extract::State as Given;
use axum::http::StatusCode;
use axum::routing::post;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What the office says a token is good for. It lets them live some more, as real ones do for clocks that differ.
pub const LIFE: Duration = Duration::from_secs(5);
const LEEWAY: Duration = Duration::from_secs(60);
/// When whoever holds one should have another.
pub const DUE: Duration = LIFE.saturating_mul(4).checked_div(5).expect("five parts");
/// What the client must say beside its name.
pub const CLIENT_SECRET: &str = "s=cret+";

/// How the office does its work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Well,
    /// Its tokens are good for nothing.
    Wrong,
    /// It knows no such client.
    Denies,
}

#[derive(Default)]
struct Book {
    mood: Mood,
    /// Access tokens, until when each is good.
    tokens: HashMap<String, Instant>,
    /// Refresh tokens that were not used yet, with the grant each belongs to.
    refreshes: HashMap<String, String>,
    /// Every request for a token: the kind of grant, and what became of it.
    asked: Vec<(String, bool)>,
    /// Tokens that servers asked about: good, and not.
    shown: (usize, usize),
}

pub struct TokenOffice {
    /// Host and port.
    pub at: String,
    book: Arc<Mutex<Book>>,
}

type Fields = HashMap<String, String>;
type Answer = (StatusCode, axum::Json<serde_json::Value>);

impl TokenOffice {
    pub async fn opens() -> TokenOffice {
        let book: Arc<Mutex<Book>> = Arc::default();
        let routes = axum::Router::new().route("/token", post(token)).route("/active", post(active).get(plainly));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("its address").to_string();
        let app = routes.with_state(book.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        TokenOffice { at, book }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("nobody panics with it")
    }

    pub fn is(&self, mood: Mood) {
        self.book().mood = mood;
    }

    /// No token that was handed out is good any more.
    pub fn withdraws_all(&self) {
        self.book().tokens.clear();
    }

    /// A new grant; its first refresh token. Each is good once.
    pub fn grants(&self, grant: &str) -> String {
        let words = random("refresh");
        self.book().refreshes.insert(words.clone(), grant.to_owned());
        words
    }

    /// Ends all grants: whoever wants mail must be granted it anew.
    pub fn ends_grants(&self) {
        self.book().refreshes.clear();
    }

    /// How often a token was asked for in this way, and handed out.
    pub fn handed_out(&self, way: &str) -> usize {
        self.book().asked.iter().filter(|(kind, good)| kind == way && *good).count()
    }

    /// How often a token was asked for in vain.
    pub fn denied(&self) -> usize {
        self.book().asked.iter().filter(|(_, good)| !good).count()
    }

    /// How often somebody signed in with a good token, and with another.
    pub fn shown(&self) -> (usize, usize) {
        self.book().shown
    }
}

fn random(kind: &str) -> String {
    format!("{kind}{:016x}", rand::random::<u64>())
}

/// RFC 6749: client credentials, or a refresh token that is good once.
async fn token(Given(book): Given<Arc<Mutex<Book>>>, Form(fields): Form<Fields>) -> Answer {
    let mut book = book.lock().expect("nobody panics with it");
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let way = field("grant_type").to_owned();
    let known = field("client_id") == "steelbridge" && field("client_secret") == CLIENT_SECRET;
    let known = known && book.mood != Mood::Denies;
    let grant = book.refreshes.remove(field("refresh_token"));
    let error = match way.as_str() {
        _ if !known => Some("invalid_client"),
        "client_credentials" => None,
        "refresh_token" if grant.is_some() => None,
        "refresh_token" => Some("invalid_grant"),
        _ => Some("unsupported_grant_type"),
    };
    book.asked.push((way, error.is_none()));
    if let Some(error) = error {
        return (StatusCode::BAD_REQUEST, axum::Json(serde_json::json!({"error": error})));
    }
    let words = random("access");
    if book.mood == Mood::Well {
        book.tokens.insert(words.clone(), Instant::now() + LIFE + LEEWAY);
    }
    let mut granted = serde_json::json!({"access_token": words, "token_type": "Bearer", "expires_in": LIFE.as_secs()});
    if let Some(grant) = grant {
        let next = random("refresh");
        granted["refresh_token"] = next.clone().into();
        book.refreshes.insert(next, grant);
    }
    (StatusCode::OK, axum::Json(granted))
}

/// RFC 7662, as Dovecot asks.
async fn active(Given(book): Given<Arc<Mutex<Book>>>, Form(fields): Form<Fields>) -> Answer {
    let is_good = looks_up(&book, fields.get("token").map(String::as_str).unwrap_or_default());
    (StatusCode::OK, axum::Json(serde_json::json!({"active": is_good, "username": "311"})))
}

/// In one word, as Exim asks.
async fn plainly(
    Given(book): Given<Arc<Mutex<Book>>>,
    axum::extract::Query(fields): axum::extract::Query<Fields>,
) -> &'static str {
    let is_good = looks_up(&book, fields.get("token").map(String::as_str).unwrap_or_default());
    if is_good { "the token is good" } else { "no such token" }
}

fn looks_up(book: &Mutex<Book>, token: &str) -> bool {
    let mut book = book.lock().expect("nobody panics with it");
    let is_good = book.tokens.get(token).is_some_and(|until| Instant::now() < *until);
    if is_good {
        book.shown.0 += 1
    } else {
        book.shown.1 += 1
    }
    is_good
}
