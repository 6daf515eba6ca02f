//! Web chat: the page, the loader for other sites, and conversations over a WebSocket that survive a lost connection.

pub mod opening;
pub mod page;
pub mod protocol;
pub mod session;
pub mod upload;
pub mod visitors;

use super::socket::{Pace, Sockets};
use super::{Context, NotKept};
use crate::channels::visitor::{ClientIp, Secret};
use crate::console::page::Pages;
use crate::console::problem::Problem;
use crate::routing::ids::{ContactId, Span};
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use visitors::{Limits, Visitors};

/// How chat behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    pub limits: Limits,
    pub pace: Pace,
    /// From the upgrade to the `hello` frame.
    pub hello_within: Duration,
    /// Place and wait are looked at again this often while someone waits.
    pub refresh: Duration,
    /// From opening a conversation to its first socket; after that, nobody is there.
    pub first_socket_within: Duration,
    /// Other sites that may show the chat in a frame: exact origins.
    pub embed: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            limits: Limits::default(),
            pace: Pace::default(),
            hello_within: Duration::from_secs(5),
            refresh: Duration::from_secs(15),
            first_socket_within: Duration::from_secs(30),
            embed: Vec::new(),
        }
    }
}

/// What every chat route shares.
#[derive(Clone)]
pub struct Chat {
    context: Arc<dyn Context>,
    sockets: Sockets,
    settings: Arc<Settings>,
    visitors: Arc<Visitors>,
    /// Makes the token of a repeated request the same token.
    server_key: Arc<[u8; 32]>,
    pages: Pages,
    /// The loader and its entity tag, made once.
    loader: Arc<(String, String)>,
}

impl Chat {
    pub fn new(
        context: Arc<dyn Context>,
        sockets: Sockets,
        settings: Settings,
        server_key: [u8; 32],
        pages: Pages,
    ) -> Chat {
        let visitors = Arc::new(Visitors::new(settings.limits.clone()));
        let loader = Arc::new(page::loader(&pages.texts));
        let (settings, server_key) = (Arc::new(settings), Arc::new(server_key));
        Chat { context, sockets, settings, visitors, server_key, pages, loader }
    }

    /// Every route of this channel.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/chat", get(page::page))
            .route("/chat.js", get(page::script))
            .route("/chat/sessions", post(opening::open).layer(opening::body_limit()))
            .route("/chat/socket", get(session::upgrade))
            .route("/chat/uploads", post(upload::upload).layer(upload::body_limit()))
            .with_state(self)
    }

    /// The contact that a token opens. A token that cannot be one opens nothing, and is not looked up.
    async fn contact(&self, token: &str) -> Result<Option<ContactId>, NotKept> {
        match Secret::parse(token) {
            Some(secret) => self.context.contact(secret.hash()).await,
            None => Ok(None),
        }
    }
}

/// The household a request comes from. Where the server did not say, all count as one.
struct Household(IpAddr);

impl<S: Sync> FromRequestParts<S> for Household {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Household, Infallible> {
        let client = parts.extensions.get::<ClientIp>();
        Ok(Household(client.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ip| ip.network())))
    }
}

/// A page of another site may not use a visitor's browser to talk to us; programs send no Origin.
fn check_origin(sockets: &Sockets, headers: &HeaderMap) -> Result<(), Problem> {
    let origin = headers.get(header::ORIGIN).map(|o| o.to_str().unwrap_or("null"));
    if origin.is_none() || sockets.allows(origin) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "this page may not start a chat here"))
}

fn too_often(wait: Span) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many in a short time; try again soon")
        .retry_after(whole_secs(wait))
}

/// Rounded up: nobody is asked to come back too early.
fn whole_secs(wait: Span) -> u32 {
    u32::try_from((wait.0 + 999_999).div_euclid(1_000_000)).unwrap_or(u32::MAX)
}

fn problem(why: NotKept) -> Problem {
    let detail = why.to_string();
    match why {
        NotKept::KeyReused => Problem::field("client_id", detail),
        NotKept::Refused(_) => Problem::new(StatusCode::CONFLICT, detail),
        NotKept::Busy { retry_secs } => Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(retry_secs),
        NotKept::FileType => Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail),
        NotKept::Unavailable => Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(2),
    }
}
