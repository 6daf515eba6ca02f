//! One open WebSocket in the one task that owns it: it reads, writes, keeps alive, and never holds more than its bound.

use futures_util::{Sink, SinkExt, Stream};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes, error::ProtocolError};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The longest frame and the longest message we take, in bytes.
const MESSAGE_MAX: usize = 64 << 10;
/// Read buffer of an idle socket, in bytes. It grows while a longer message comes in and is given up after it.
const READ_BUFFER: usize = 512;
/// The most the protocol layer may hold unsent, in bytes. It holds one frame and a pong: the queue is ours.
const WRITE_BUFFER_MAX: usize = 1 << 20;
/// More frames than this between two beats (5 s) is a flood: close 1008.
const FRAMES_PER_BEAT: u32 = 500;
/// How long we wait for the peer to take the close frame and hang up.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
/// After the close frame, what the peer still sends is read and dropped up to here, so that TCP does not reset the close frame away.
const DISCARD_MAX: usize = 1 << 20;

/// The server is going away; come back (IANA close code registry).
pub const SERVICE_RESTART: u16 = 1012;
/// The reader is too slow; come back and resume.
pub const TRY_AGAIN_LATER: u16 = 1013;
/// Too much, too fast.
pub const POLICY: u16 = 1008;

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
    /// Ping every 25 s, 65 s of silence, 10 s for a write, 64 frames and 256 KiB.
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
    /// The daemon is stopping: say goodbye, then [`Socket::end`]. Told once.
    Stop,
    /// The socket has ended, or is about to: nothing more will be read. Give it back.
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

/// How it ends.
#[derive(Clone, Copy)]
enum End {
    /// What is queued, then a close frame.
    Goodbye(u16, &'static str),
    /// A close frame at once: the peer broke something, or does not read.
    Close(u16, &'static str),
    /// Nothing more to say.
    Gone,
}

impl Socket {
    pub(super) async fn open(upgraded: Upgraded, pace: Pace, stop: CancellationToken) -> Socket {
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

    /// The next text from the peer. Sends what is queued and pings on the way. Safe to cancel.
    pub async fn next(&mut self) -> Incoming {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Queues a text; [`Socket::next`] sends it. Never waits: when the peer reads too slowly, the socket ends with 1013.
    pub fn send(&mut self, text: impl Into<Utf8Bytes>) {
        let text = text.into();
        if !self.has_room(text.len()) {
            self.fail(TRY_AGAIN_LATER, "reading too slowly");
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

    /// Ends it: what is queued is sent, then the close frame. The first reason to end stands.
    pub fn end(&mut self, code: u16, reason: &'static str) {
        self.over.get_or_insert(End::Goodbye(code, reason));
    }

    fn fail(&mut self, code: u16, reason: &'static str) {
        self.over.get_or_insert(End::Close(code, reason));
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
            self.fail(POLICY, "too many frames");
        }
        match message {
            Message::Text(text) if self.over.is_none() => return Some(text),
            Message::Binary(_) => self.fail(CloseCode::Unsupported.into(), "text only"),
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
            self.fail(CloseCode::Away.into(), "no sign of life");
        }
        if self.stalled > self.pace.write_beats {
            self.fail(TRY_AGAIN_LATER, "reading too slowly");
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
    pub(super) async fn finish(mut self) {
        // Whatever does not go well or takes too long: the connection is dropped after this.
        let end = self.over.take().unwrap_or(End::Goodbye(CloseCode::Normal.into(), ""));
        if matches!(end, End::Goodbye(..)) {
            let sent = poll_fn(|cx| self.poll_writes(cx));
            let _ = timeout(CLOSE_WAIT, sent).await;
        }
        let _ = timeout(CLOSE_WAIT, self.close(end)).await;
    }

    async fn close(&mut self, end: End) -> Result<(), Error> {
        if let End::Goodbye(code, reason) | End::Close(code, reason) = end {
            let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(reason) };
            self.ws.send(Message::Close(Some(frame))).await?;
        } else {
            self.ws.flush().await?; // the answer to the peer's close frame
        }
        let io = self.ws.get_mut();
        io.shutdown().await?;
        let (mut rest, mut left) = (vec![0; 4096], DISCARD_MAX);
        while let n @ 1.. = io.read(&mut rest).await? {
            left = left.saturating_sub(n);
            if left == 0 {
                break;
            }
        }
        Ok(())
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
