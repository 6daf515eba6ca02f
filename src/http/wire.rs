//! One accepted socket under a clock: a first byte, a whole head, a next request, each within its time, and lengths that agree.

use super::accept::{Limits, moment};
use super::peers::Place;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// What the socket and the service of one connection tell each other.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// A request is being answered: nothing need be heard meanwhile.
    answering: AtomicBool,
    /// How many requests there were; a new one starts a new clock for writing.
    requests: AtomicU32,
    /// Became a WebSocket: it keeps its own time.
    upgraded: AtomicBool,
    /// A head had lengths that two readers may read differently.
    ambiguous: AtomicBool,
}

/// A request is being answered while this lives.
pub(super) struct Answering(Arc<Talk>);

impl Talk {
    pub fn begin(self: &Arc<Talk>) -> Answering {
        self.answering.store(true, Relaxed);
        self.requests.fetch_add(1, Relaxed);
        Answering(self.clone())
    }
    pub fn upgrade(&self) {
        self.upgraded.store(true, Relaxed);
    }
    pub fn is_ambiguous(&self) -> bool {
        self.ambiguous.load(Relaxed)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.store(false, Relaxed);
    }
}

/// The socket that hyper reads and writes. Every wait of its peer has an end; the place in the house goes with it.
pub(super) struct Wire {
    tcp: TcpStream,
    talk: Arc<Talk>,
    limits: Arc<Limits>,
    heads: Heads,
    /// How long we wait for the next request's first byte: shorter for the first request than between two.
    patience: Duration,
    /// Since when we wait for it.
    quiet_since: Option<Instant>,
    head_since: Option<Instant>,
    read_alarm: Option<Pin<Box<Sleep>>>,
    /// The request whose answer met a peer that reads slowly, since when, and the bytes it took since.
    slow: Option<(u32, Instant, u64)>,
    write_alarm: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

impl Wire {
    pub fn new(tcp: TcpStream, talk: Arc<Talk>, limits: Arc<Limits>, place: Place) -> Wire {
        Wire {
            tcp,
            talk,
            patience: limits.first_byte,
            limits,
            heads: Heads::default(),
            quiet_since: Some(moment()),
            head_since: None,
            read_alarm: None,
            slow: None,
            write_alarm: None,
            _place: place,
        }
    }

    fn heard(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || self.talk.upgraded.load(Relaxed) {
            return;
        }
        if self.heads.read(bytes) {
            self.talk.ambiguous.store(true, Relaxed);
        }
        self.quiet_since = None;
        self.patience = self.limits.idle;
        self.head_since = if self.heads.in_head() { self.head_since.or_else(|| Some(moment())) } else { None };
    }

    /// When the peer must have said something more. A body's pace is kept by [`super::accept`], which knows who wants to read it.
    fn read_deadline(&mut self) -> Option<Instant> {
        if self.talk.answering.load(Relaxed) || self.talk.upgraded.load(Relaxed) {
            return None;
        }
        if let Some(since) = self.head_since {
            return Some(since + self.limits.head);
        }
        Some(*self.quiet_since.get_or_insert_with(moment) + self.patience)
    }

    fn write_deadline(&mut self) -> Option<Instant> {
        if self.talk.upgraded.load(Relaxed) {
            return None;
        }
        let request = self.talk.requests.load(Relaxed);
        let slow = self.slow.filter(|(of, ..)| *of == request);
        let (_, since, taken) = *self.slow.insert(slow.unwrap_or_else(|| (request, moment(), 0)));
        Some(since + self.limits.write_grace + Duration::from_secs(taken / u64::from(self.limits.bytes_per_sec)))
    }

    fn poll_written(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(n)) => {
                if let Some((_, _, taken)) = &mut self.slow {
                    *taken += *n as u64;
                }
                written
            }
            Poll::Ready(Err(_)) => written,
            Poll::Pending => {
                let deadline = self.write_deadline();
                ready!(poll_alarm(&mut self.write_alarm, deadline, cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

/// Ready when the deadline has passed; never without one.
fn poll_alarm(alarm: &mut Option<Pin<Box<Sleep>>>, deadline: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
    let Some(deadline) = deadline else {
        *alarm = None;
        return Poll::Pending;
    };
    let alarm = alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
    if alarm.deadline() != deadline {
        alarm.as_mut().reset(deadline);
    }
    alarm.as_mut().poll(cx)
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.tcp).poll_read(cx, buf) {
            Poll::Pending => {
                let deadline = self.read_deadline();
                ready!(poll_alarm(&mut self.read_alarm, deadline, cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Ready(result) => {
                self.heard(&buf.filled()[before..]);
                Poll::Ready(result)
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.poll_written(written, cx)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
        self.poll_written(written, cx)
    }
    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// Reads along as the bytes pass and finds heads whose length two readers may read differently: request smuggling
/// (RFC 9112 §6.3, §11.2). hyper silently prefers Transfer-Encoding and has dropped Content-Length before we could see both.
#[derive(Debug, Default)]
struct Heads {
    at: At,
    /// The start of the current line.
    line: [u8; LINE],
    line_len: usize,
    /// The request line has been seen.
    begun: bool,
    lengths: u32,
    codings: u32,
    length: Option<u64>,
    unreadable: bool,
}

/// Enough of a line for `content-length` with fifteen digits; a longer length line is refused.
const LINE: usize = 32;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Head,
    Body(u64),
    /// Chunked: the connection closes after the answer, so nothing after it is ever read as a head.
    Last,
}

impl Heads {
    /// Some of the next head is there, and not all of it.
    fn in_head(&self) -> bool {
        self.at == At::Head && (self.begun || self.line_len > 0)
    }

    /// True when a head that ended in these bytes is ambiguous.
    fn read(&mut self, mut bytes: &[u8]) -> bool {
        let mut ambiguous = false;
        while let Some((first, rest)) = bytes.split_first() {
            match &mut self.at {
                At::Last => return ambiguous,
                At::Body(left) => {
                    let take = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= take as u64;
                    if *left == 0 {
                        self.at = At::Head;
                    }
                    bytes = &bytes[take..];
                }
                At::Head if *first == b'\n' => {
                    ambiguous |= self.line_ended();
                    bytes = rest;
                }
                At::Head => {
                    if let Some(room) = self.line.get_mut(self.line_len) {
                        *room = *first;
                    }
                    self.line_len += 1;
                    bytes = rest;
                }
            }
        }
        ambiguous
    }

    fn line_ended(&mut self) -> bool {
        let whole = self.line_len <= LINE;
        let line = &self.line[..self.line_len.min(LINE)];
        let line = if whole { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        if line.is_empty() {
            self.line_len = 0;
            return self.begun && self.head_ended(); // blank lines before the request line are let pass (RFC 9112 §2.2)
        }
        if self.begun {
            let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
            let (name, value) = (&line[..colon], line.get(colon + 1..).unwrap_or_default());
            if name.trim_ascii().eq_ignore_ascii_case(b"content-length") {
                self.lengths += 1;
                self.length = whole.then(|| digits(value)).flatten();
                self.unreadable |= self.length.is_none();
            } else if name.trim_ascii().eq_ignore_ascii_case(b"transfer-encoding") {
                self.codings += 1;
            }
        }
        self.begun = true;
        self.line_len = 0;
        false
    }

    fn head_ended(&mut self) -> bool {
        let ambiguous = self.unreadable || self.lengths + self.codings > 1;
        let at = match (self.codings, self.length) {
            (1.., _) => At::Last,
            (0, Some(length)) if length > 0 => At::Body(length),
            (0, _) => At::Head,
        };
        *self = Heads { at, ..Heads::default() };
        ambiguous
    }
}

/// Digits and nothing but blanks around them: no sign, no list.
fn digits(value: &[u8]) -> Option<u64> {
    let value = value.trim_ascii();
    let all_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    all_digits.then(|| std::str::from_utf8(value).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ambiguous(text: &str) -> bool {
        let whole = Heads::default().read(text.as_bytes());
        let mut bit_by_bit = Heads::default();
        let split = text.bytes().fold(false, |found, byte| found | bit_by_bit.read(&[byte]));
        assert_eq!(whole, split, "the same in pieces: {text:?}");
        whole
    }

    #[test]
    fn lengths_that_two_readers_may_read_differently_are_found() {
        for (headers, bad) in [
            ("", false),
            ("content-length: 3\r\n", false),
            ("Transfer-Encoding: chunked\r\n", false),
            ("content-length: 3\r\ntransfer-encoding: chunked\r\n", true),
            ("transfer-encoding: chunked\r\ncontent-length: 3\r\n", true),
            ("TRANSFER-ENCODING: identity\r\nCONTENT-LENGTH: 3\r\n", true),
            ("transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n", true),
            ("content-length: 3\r\ncontent-length: 3\r\n", true),
            ("content-length: 3\r\ncontent-length: 4\r\n", true),
            ("content-length: 3, 3\r\n", true),
            ("content-length: +3\r\n", true),
            ("content-length: -3\r\n", true),
            ("content-length: 0x3\r\n", true),
            ("content-length: \r\n", true),
            ("content-length: 99999999999999999999\r\n", true),
            ("content-length : 3\r\ntransfer-encoding: chunked\r\n", true),
            ("content-length: 3\ntransfer-encoding: chunked\n", true),
            ("x-content-length: 3\r\ntransfer-encoding: chunked\r\n", false),
            ("x: content-length: 3\r\ntransfer-encoding: chunked\r\n", false),
        ] {
            assert_eq!(ambiguous(&format!("POST / HTTP/1.1\r\nhost: a\r\n{headers}\r\n")), bad, "{headers:?}");
        }
        let padded = format!("POST / HTTP/1.1\r\ncontent-length:{}3\r\n\r\n", " ".repeat(LINE));
        assert!(ambiguous(&padded), "a length we did not read to its end is not believed");
    }

    #[test]
    fn bodies_are_not_read_as_heads_and_the_next_head_is() {
        let body = "content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n";
        let first = format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        assert!(!ambiguous(&first));
        assert!(!ambiguous(&format!("{first}\r\nGET / HTTP/1.1\r\n\r\n")));
        assert!(ambiguous(&format!("{first}POST / HTTP/1.1\r\n{body}")));
        let mut heads = Heads::default();
        heads.read(b"GET / HTTP/1.1\r\n");
        assert!(heads.in_head());
        heads.read(b"\r\n");
        assert!(!heads.in_head());
    }
}
