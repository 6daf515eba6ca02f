//! From a request to a WebSocket: the handshake checked by RFC 6455 §4.2.1, and the page's origin against an exact list.

use super::paced::{Pace, Socket};
use crate::console::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use std::future::Future;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What all sockets of one listener share: who may open one, and how they stop.
#[derive(Clone)]
pub struct Sockets {
    origins: Arc<[String]>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Sockets {
    /// `origins` are exact: scheme, host and, where it is not the default, port; for example `https://311.example.gov`.
    pub fn new(origins: impl IntoIterator<Item = String>, tasks: TaskTracker, stop: CancellationToken) -> Sockets {
        let origins = origins.into_iter().map(|o| o.trim_end_matches('/').to_ascii_lowercase()).collect();
        Sockets { origins, tasks, stop }
    }

    /// Exact match only; `null` never matches. A browser always says its Origin, so whoever says none is a program
    /// that brings its own token or cookie, and no other site can have made it.
    pub fn allows(&self, origin: Option<&str>) -> bool {
        origin.is_none_or(|origin| self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)))
    }

    /// Ends when the daemon is stopping.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// How many are open, or about to be.
    pub fn count(&self) -> usize {
        self.tasks.len()
    }

    /// Runs a task that the daemon waits for when it stops.
    pub fn track(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }
}

/// A request that asks for a WebSocket, checked by RFC 6455 §4.2.1. HTTP/1.1 only.
pub struct WsUpgrade {
    key: HeaderValue,
    origin: Option<String>,
    protocols: Vec<String>,
    on: OnUpgrade,
}

/// Why no WebSocket was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoUpgrade {
    #[error("this address speaks WebSocket only")]
    NotAsked,
    #[error("only WebSocket version 13 is spoken here")]
    Version,
    #[error("Sec-WebSocket-Key must be 16 bytes in base64")]
    Key,
    #[error("this connection cannot be upgraded")]
    Connection,
    #[error("this page may not open a socket here")]
    Origin,
    #[error("none of the offered subprotocols is spoken here")]
    Protocol,
}

impl IntoResponse for NoUpgrade {
    fn into_response(self) -> Response {
        let status = match self {
            NoUpgrade::NotAsked => StatusCode::UPGRADE_REQUIRED,
            NoUpgrade::Origin => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut response = Problem::new(status, self.to_string()).into_response();
        let headers = response.headers_mut();
        if self == NoUpgrade::NotAsked {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        if matches!(self, NoUpgrade::NotAsked | NoUpgrade::Version) {
            headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        response
    }
}

impl<S: Sync> FromRequestParts<S> for WsUpgrade {
    type Rejection = NoUpgrade;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<WsUpgrade, NoUpgrade> {
        let headers = &parts.headers;
        let asked = parts.method == Method::GET
            && has_token(headers, header::CONNECTION, "upgrade") // Firefox sends "keep-alive, Upgrade"
            && has_token(headers, header::UPGRADE, "websocket");
        if !asked {
            return Err(NoUpgrade::NotAsked);
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|v| v != "13") {
            return Err(NoUpgrade::Version);
        }
        let key =
            headers.get(header::SEC_WEBSOCKET_KEY).filter(|k| is_key(k.as_bytes())).ok_or(NoUpgrade::Key)?.clone();
        let origin = headers.get(header::ORIGIN).and_then(|o| o.to_str().ok()).map(str::to_owned);
        let protocols = tokens(headers, header::SEC_WEBSOCKET_PROTOCOL).map(str::to_owned).collect();
        let on = parts.extensions.remove::<OnUpgrade>().ok_or(NoUpgrade::Connection)?;
        Ok(WsUpgrade { key, origin, protocols, on })
    }
}

impl WsUpgrade {
    /// Answers 101 and runs `serve` with the open socket as a tracked task; 403 when the Origin is not on the list, 400 when the
    /// client did not offer `protocol`. `serve` gives the socket back, and it is closed as it was left: see [`Socket::end`].
    pub fn run<F, Fut>(self, sockets: &Sockets, protocol: Option<&'static str>, pace: Pace, serve: F) -> Response
    where
        F: FnOnce(Socket) -> Fut + Send + 'static,
        Fut: Future<Output = Socket> + Send + 'static,
    {
        if !sockets.allows(self.origin.as_deref()) {
            return NoUpgrade::Origin.into_response();
        }
        if protocol.is_some_and(|p| !self.protocols.iter().any(|offered| offered == p)) {
            return NoUpgrade::Protocol.into_response();
        }
        let accept = derive_accept_key(self.key.as_bytes());
        let (on, stop) = (self.on, sockets.stop.clone());
        sockets.track(async move {
            // An error means that the peer left before the answer reached it: there is nobody to serve.
            let Ok(upgraded) = on.await else { return };
            let socket = serve(Socket::open(upgraded, pace, stop).await).await;
            Box::pin(socket.finish()).await;
        });
        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::try_from(accept).expect("base64 is a header value"));
        if let Some(protocol) = protocol {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
        }
        response
    }
}

/// The elements of a comma-separated header, over all its lines (RFC 9110 §5.6.1).
fn tokens(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|v| v.to_str().ok());
    lines.flat_map(|v| v.split(',')).map(str::trim).filter(|t| !t.is_empty())
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|t| t.eq_ignore_ascii_case(token))
}

/// 16 bytes in base64: 22 letters and two pads.
fn is_key(key: &[u8]) -> bool {
    let letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    key.len() == 24 && key.ends_with(b"==") && key[..22].iter().all(letter)
}
