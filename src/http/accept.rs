//! The door: our own accept loop over hyper, with a limit on every way of holding a socket without using it.

use super::peers::{Place, Places, Proxies};
use super::wire::{Answering, Talk, Wire};
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderValue, Request, Response, StatusCode, Version, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// The longest header block, request line included, in bytes. hyper refuses more than 100 headers by itself, with 431.
const HEAD_MAX: usize = 32 << 10;
/// The most hyper buffers for one connection in either direction, in bytes; its own figure is 400 KiB.
const BUFFER_MAX: usize = 64 << 10;
/// How long requests that are being answered may take when the daemon stops.
const DRAIN: Duration = Duration::from_secs(5);
/// Between two tries when `accept` fails for want of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What a peer hears for whom there is no place.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// What one peer, and all of them, may hold and for how long.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the connection to its first byte.
    pub first_byte: Duration,
    /// From a request's first byte to the end of its head.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// After this long a request's body must have come at `bytes_per_sec` …
    pub body_grace: Duration,
    /// … and an answer must have been taken at it after this long.
    pub write_grace: Duration,
    pub bytes_per_sec: u32,
    /// Sockets of one address, or of one /64 in IPv6.
    pub per_network: u32,
    /// Sockets of all.
    pub total: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            first_byte: Duration::from_secs(10),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            body_grace: Duration::from_secs(5),
            write_grace: Duration::from_secs(30),
            bytes_per_sec: 1_024,
            per_network: 50,
            total: 4_096,
        }
    }
}

/// The one reading of the monotonic clock for the deadlines of sockets.
pub(super) fn moment() -> Instant {
    Instant::now()
}

/// One listener and the terms on which it takes connections.
pub struct Door {
    pub listener: TcpListener,
    pub limits: Limits,
    pub proxies: Proxies,
    /// When cancelled: no new connections, requests under way are answered, then [`Door::serve`] returns.
    pub stop: CancellationToken,
}

/// What every connection of a door shares.
struct House {
    http: http1::Builder,
    limits: Arc<Limits>,
    proxies: Proxies,
    stop: CancellationToken,
}

impl Door {
    /// Serves until stopped. WebSockets are not waited for here: they end through [`crate::channels::socket::Sockets`].
    pub async fn serve(self, router: Router) {
        let Door { listener, limits, proxies, stop } = self;
        let places = Places::new(limits.total, limits.per_network);
        let house = Arc::new(House { http: protocol(), limits: Arc::new(limits), proxies, stop: stop.clone() });
        let tasks = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((tcp, peer)) => match places.take(peer.ip(), house.proxies.trusts(peer.ip())) {
                    Some(place) => {
                        tasks.spawn(connection(tcp, peer.ip(), place, house.clone(), router.clone()));
                    }
                    None => turn_away(&tcp),
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener); // the kernel refuses from now on
        tasks.close();
        if timeout(DRAIN, tasks.wait()).await.is_err() {
            tracing::warn!(left = tasks.len(), "some requests were still being answered");
        }
    }
}

fn protocol() -> http1::Builder {
    let mut http = http1::Builder::new();
    // The wire keeps all times: hyper's header timeout would also cut off an idle connection.
    http.header_read_timeout(None).max_header_size(HEAD_MAX).max_buf_size(BUFFER_MAX);
    http
}

fn turn_away(tcp: &TcpStream) {
    let _ = tcp.try_write(FULL); // a courtesy: it may be gone already
}

async fn connection(tcp: TcpStream, peer: IpAddr, place: Place, house: Arc<House>, router: Router) {
    let _ = tcp.set_nodelay(true); // only a matter of speed
    let talk = Arc::new(Talk::default());
    let wire = Wire::new(tcp, talk.clone(), house.limits.clone(), place);
    let service = service_fn(|request| answer(request, peer, talk.clone(), house.clone(), router.clone()));
    let mut conversation = pin!(house.http.serve_connection(TokioIo::new(wire), service).with_upgrades());
    // An error is the peer's: it went away, broke the protocol or ran out of time. There is nobody to tell.
    tokio::select! {
        _ = conversation.as_mut() => return,
        () = house.stop.cancelled() => conversation.as_mut().graceful_shutdown(),
    }
    let _ = conversation.await;
}

async fn answer(
    mut request: Request<Incoming>,
    peer: IpAddr,
    talk: Arc<Talk>,
    house: Arc<House>,
    mut router: Router,
) -> Result<Response<Answer>, Infallible> {
    let answering = talk.begin();
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    // RFC 9112 §3.2 asks for exactly one Host in HTTP/1.1; two, or two lengths, are a way past a proxy's checks.
    if talk.is_ambiguous() || hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        let refused = (StatusCode::BAD_REQUEST, [(header::CONNECTION, "close")]).into_response();
        return Ok(refused.map(|body| Answer { body, _answering: answering }));
    }
    let client = house.proxies.client(peer, request.headers());
    request.extensions_mut().insert(client);
    let request = request.map(|body| paced(body, &house.limits));
    let Ok(mut response) = router.call(request).await;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        talk.upgrade();
    } else if chunked {
        // See `wire::At::Last`.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Answer { body, _answering: answering }))
}

/// A response's body; while it lives, the request is being answered.
struct Answer {
    body: Body,
    _answering: Answering,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;
    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body came more slowly than the door allows.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the request's body came too slowly")]
pub struct TooSlow;

/// A request's body that must keep its pace while someone wants to read it.
struct Paced {
    body: Incoming,
    since: Option<Instant>,
    taken: u64,
    grace: Duration,
    bytes_per_sec: u32,
    alarm: Option<Pin<Box<Sleep>>>,
}

fn paced(body: Incoming, limits: &Limits) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    let (grace, bytes_per_sec) = (limits.body_grace, limits.bytes_per_sec);
    Body::new(Paced { body, since: None, taken: 0, grace, bytes_per_sec, alarm: None })
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::BoxError;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let since = *self.since.get_or_insert_with(moment);
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                if let Some(Ok(data)) = frame.as_ref().map(|f| f.as_ref().map(Frame::data_ref)) {
                    self.taken += data.map_or(0, Bytes::len) as u64;
                }
                Poll::Ready(frame.map(|f| f.map_err(Into::into)))
            }
            Poll::Pending => {
                let earned = Duration::from_secs(self.taken / u64::from(self.bytes_per_sec));
                let deadline = since + self.grace + earned;
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
                if alarm.deadline() != deadline {
                    alarm.as_mut().reset(deadline);
                }
                alarm.as_mut().poll(cx).map(|()| Some(Err(TooSlow.into())))
            }
        }
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
