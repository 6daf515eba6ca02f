//! WebSockets for browsers: the upgrade with its checks, and one bounded, paced socket per connection.
//!
//! axum's own `ws` feature stays off: its buffers cost 135 KiB for every idle socket, and it says nothing to a peer that breaks
//! the protocol. Here an idle socket costs a few KiB, and every end has the right close code (RFC 6455 §7.4.1).

use crate::console::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use futures_util::{Sink, SinkExt, Stream};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes, error::ProtocolError};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;

/// The longest frame and the longest message we take, in bytes (guide R4).
const MESSAGE_MAX: usize = 64 << 10;
/// Read buffer of an idle socket, in bytes. It grows while a longer message comes in and is given up after it.
const READ_BUFFER: usize = 512;
/// The most the protocol layer may hold unsent, in bytes (guide R4). It holds one frame and a pong: the queue is ours.
const WRITE_BUFFER_MAX: usize = 1 << 20;
/// More frames than this between two beats (5 s) is a flood: close 1008.
const FRAMES_PER_BEAT: u32 = 500;
/// How long we wait for the peer to take the close frame and hang up.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
/// After the close frame, what the peer still sends is read and dropped up to here, so that TCP does not reset the close frame away.
const DISCARD_MAX: usize = 1 << 20;

/// The server is going away; come back (IANA close code registry).
pub const SERVICE_RESTART: u16 = 1012;
/// The reader is too slow; come back and resume (guide R5).
pub const TRY_AGAIN_LATER: u16 = 1013;
/// Too much, too fast.
pub const POLICY: u16 = 1008;

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

    /// Exact match only; a missing or `null` Origin never matches (guide A8).
    pub fn allows(&self, origin: Option<&str>) -> bool {
        origin.is_some_and(|origin| self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)))
    }

    /// Ends when the daemon is stopping.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
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
    /// client did not offer `protocol`.
    pub fn run<F, Fut>(self, sockets: &Sockets, protocol: Option<&'static str>, pace: Pace, serve: F) -> Response
    where
        F: FnOnce(Socket) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
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
            serve(Socket::open(upgraded, pace, stop).await).await
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

/// How a socket is kept alive and kept small.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The socket looks at itself this often; all times below are counted in beats.
    pub beat: Duration,
    /// Ping (and `heartbeat`) every so many beats.
    pub ping_beats: u32,
    /// Nothing received for so many beats: close 1001.
    pub silence_beats: u32,
    /// A write that makes no progress for so many beats: close 1013.
    pub write_beats: u32,
    /// Frames that may wait to be sent.
    pub queue_items: usize,
    /// Bytes that may wait to be sent.
    pub queue_bytes: usize,
    /// Text sent with every ping, because a page's script cannot see pings.
    pub heartbeat: Option<&'static str>,
}

impl Default for Pace {
    /// Ping every 25 s, 65 s of silence, 10 s for a write, 64 frames and 256 KiB (channels guide §4.2).
    fn default() -> Pace {
        Pace {
            beat: Duration::from_secs(5),
            ping_beats: 5,
            silence_beats: 13,
            write_beats: 2,
            queue_items: 64,
            queue_bytes: 256 << 10,
            heartbeat: Some(r#"{"type":"hb"}"#),
        }
    }
}

/// What [`Socket::next`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    Text(Utf8Bytes),
    /// The daemon is stopping: say goodbye, then [`Socket::close`]. Told once.
    Stop,
    /// The socket has ended; where there was something to say to the peer, the close frame has been sent.
    Gone,
}

/// An open WebSocket: reads, writes and keeps alive in the one task that owns it.
pub struct Socket {
    ws: WebSocketStream<TokioIo<Upgraded>>,
    queue: VecDeque<Message>,
    queued_bytes: usize,
    /// A frame was handed down and is not wholly on the wire.
    writing: bool,
    beats: Interval,
    stop: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    pace: Pace,
    silent: u32,
    unpinged: u32,
    stalled: u32,
    frames: u32,
    over: Option<End>,
}

/// How it ends: with a close frame of ours, or with nothing more to say.
#[derive(Clone, Copy)]
enum End {
    Close(u16, &'static str),
    Gone,
}

impl Socket {
    async fn open(upgraded: Upgraded, pace: Pace, stop: CancellationToken) -> Socket {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER_MAX)
            .max_message_size(Some(MESSAGE_MAX))
            .max_frame_size(Some(MESSAGE_MAX));
        let ws = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        let mut beats = interval(pace.beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beats.reset(); // the first beat is one beat from now
        Socket {
            ws,
            queue: VecDeque::new(),
            queued_bytes: 0,
            writing: false,
            beats,
            stop: Some(Box::pin(stop.cancelled_owned())),
            pace,
            silent: 0,
            unpinged: 0,
            stalled: 0,
            frames: 0,
            over: None,
        }
    }

    /// The next text from the peer. Sends what is queued, pings and closes on the way. Safe to cancel.
    pub async fn next(&mut self) -> Incoming {
        match poll_fn(|cx| self.poll_next(cx)).await {
            Incoming::Gone => {
                Box::pin(self.finish()).await;
                Incoming::Gone
            }
            incoming => incoming,
        }
    }

    /// Queues a text; [`Socket::next`] sends it. Never waits: when the peer reads too slowly, the next `next` closes with 1013.
    pub fn send(&mut self, text: impl Into<Utf8Bytes>) {
        let text = text.into();
        if !self.has_room(text.len()) {
            self.end(TRY_AGAIN_LATER, "reading too slowly");
        } else {
            self.push(Message::Text(text));
        }
    }

    /// Queues a text, waiting for room: for a replay, whose length the peer asked for. False when the socket has ended.
    pub async fn feed(&mut self, text: impl Into<Utf8Bytes>) -> bool {
        let text = text.into();
        poll_fn(|cx| {
            loop {
                if self.over.is_some() || self.has_room(text.len()) {
                    return Poll::Ready(());
                }
                ready!(self.poll_beats_and_writes(cx));
            }
        })
        .await;
        self.send(text);
        self.over.is_none()
    }

    /// Sends what is queued, then the close frame, and waits shortly for the peer to hang up.
    pub async fn close(mut self, code: u16, reason: &'static str) {
        let flush = poll_fn(|cx| {
            while self.over.is_none() && (self.writing || !self.queue.is_empty()) {
                ready!(self.poll_beats_and_writes(cx));
            }
            Poll::Ready(())
        });
        let _ = timeout(CLOSE_WAIT, flush).await; // late: the close frame goes out all the same, or the socket is dropped
        self.end(code, reason);
        Box::pin(self.finish()).await;
    }

    /// An empty queue takes any one text, so that a long first snapshot can be sent at all.
    fn has_room(&self, bytes: usize) -> bool {
        let fits = self.queue.len() < self.pace.queue_items && self.queued_bytes + bytes <= self.pace.queue_bytes;
        fits || self.queue.is_empty()
    }

    fn push(&mut self, message: Message) {
        self.queued_bytes += message.len();
        self.queue.push_back(message);
    }

    /// The first reason to end stands.
    fn end(&mut self, code: u16, reason: &'static str) {
        self.over.get_or_insert(End::Close(code, reason));
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        let _ = self.poll_beats_and_writes(cx);
        if let Some(stop) = &mut self.stop
            && stop.as_mut().poll(cx).is_ready()
        {
            self.stop = None;
            return Poll::Ready(Incoming::Stop);
        }
        while self.over.is_none() {
            match ready!(Pin::new(&mut self.ws).poll_next(cx)) {
                Some(Ok(message)) => {
                    if let Some(text) = self.heard(message) {
                        return Poll::Ready(Incoming::Text(text));
                    }
                }
                Some(Err(error)) => self.over = Some(end_for(&error)),
                None => self.over = Some(End::Gone),
            }
        }
        Poll::Ready(Incoming::Gone)
    }

    fn heard(&mut self, message: Message) -> Option<Utf8Bytes> {
        self.silent = 0;
        self.frames += 1;
        if self.frames > FRAMES_PER_BEAT {
            self.end(POLICY, "too many frames");
        }
        match message {
            Message::Text(text) if self.over.is_none() => return Some(text),
            Message::Binary(_) => self.end(CloseCode::Unsupported.into(), "text only"),
            // The protocol layer answers pings and close frames when it is polled next.
            _ => {}
        }
        None
    }

    /// Ready when something moved; pending when the peer must read first and it is not time for a beat.
    fn poll_beats_and_writes(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let beat = self.beats.poll_tick(cx).is_ready();
        if beat {
            self.beat();
            // Registers the next beat with the timer; a second beat at once cannot be due.
            let _ = self.beats.poll_tick(cx);
        }
        match self.poll_writes(cx) {
            Poll::Pending if !beat => Poll::Pending,
            _ => Poll::Ready(()),
        }
    }

    fn beat(&mut self) {
        self.silent += 1;
        self.unpinged += 1;
        self.frames = 0;
        self.stalled = if self.writing { self.stalled + 1 } else { 0 };
        if self.silent >= self.pace.silence_beats {
            self.end(CloseCode::Away.into(), "no sign of life");
        }
        if self.stalled > self.pace.write_beats {
            self.end(TRY_AGAIN_LATER, "reading too slowly");
        }
        if self.unpinged >= self.pace.ping_beats && self.queue.is_empty() {
            self.unpinged = 0;
            self.push(Message::Ping(Bytes::new()));
            if let Some(text) = self.pace.heartbeat {
                self.push(Message::Text(Utf8Bytes::from_static(text)));
            }
        }
    }

    /// Hands frames down one at a time, each when the one before is on the wire, so that the only queue is the bounded one.
    /// Pending while the peer does not read; ready when all is sent or the socket has ended.
    fn poll_writes(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut ws = Pin::new(&mut self.ws);
        while self.over.is_none() {
            if self.writing {
                match ready!(ws.as_mut().poll_flush(cx)) {
                    Ok(()) => (self.writing, self.stalled) = (false, 0),
                    Err(error) => self.over = Some(end_for(&error)),
                }
                continue;
            }
            let Some(message) = self.queue.pop_front() else {
                self.queue = VecDeque::new(); // an idle socket holds nothing
                return Poll::Ready(());
            };
            self.queued_bytes -= message.len();
            match ws.as_mut().start_send(message) {
                Ok(()) => self.writing = true,
                Err(error) => self.over = Some(end_for(&error)),
            }
        }
        Poll::Ready(())
    }

    /// The close frame, the end of our side, and a short wait while the peer hangs up.
    async fn finish(&mut self) {
        let Some(end) = self.over.replace(End::Gone) else { return };
        let closing = async {
            match end {
                End::Close(code, reason) => {
                    let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(reason) };
                    self.ws.send(Message::Close(Some(frame))).await.map_err(drop)?;
                }
                End::Gone => self.ws.flush().await.map_err(drop)?,
            }
            let io = self.ws.get_mut();
            io.shutdown().await.map_err(drop)?;
            let (mut rest, mut left) = (vec![0; 4096], DISCARD_MAX);
            while let n @ 1.. = io.read(&mut rest).await.map_err(drop)? {
                left = left.checked_sub(n).ok_or(())?;
            }
            Ok::<(), ()>(())
        };
        let _ = timeout(CLOSE_WAIT, closing).await; // whatever happened, the connection is dropped now
    }
}

/// What to tell a peer that broke something (RFC 6455 §7.4.1); without it the peer would only see the connection drop.
fn end_for(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Close(CloseCode::Size.into(), "message too big"),
        Error::Utf8(_) => End::Close(CloseCode::Invalid.into(), "text must be UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Error::Protocol(_) => End::Close(CloseCode::Protocol.into(), "protocol error"),
        Error::WriteBufferFull(_) => End::Close(TRY_AGAIN_LATER, "reading too slowly"),
        _ => End::Gone,
    }
}
