//! Watches what a server sends before it is parsed: async-imap would take 512 MiB of one answer and recurse as deep as asked.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A byte stream, plain or TLS.
pub(super) trait Line: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug> Line for T {}

/// What no answer of ours may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Excess {
    #[error("more than {0} bytes in one answer")]
    Literal(u64),
    #[error("a line longer than {0} bytes")]
    Line(u64),
    #[error("brackets nested too deeply")]
    Depth,
}

/// A line whose incoming bytes are counted.
#[derive(Debug)]
pub(super) struct Guard {
    line: Box<dyn Line>,
    scan: Scan,
}

impl Guard {
    pub fn new(line: Box<dyn Line>, literal_most: u64, line_most: u64) -> Guard {
        Guard { line, scan: Scan::new(literal_most, line_most) }
    }

    pub fn into_inner(self) -> Box<dyn Line> {
        self.line
    }
}

impl AsyncRead for Guard {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.line).poll_read(cx, buf))?;
        Poll::Ready(self.scan.take(&buf.filled()[before..]).map_err(io::Error::other))
    }
}

impl AsyncWrite for Guard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.line).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_shutdown(cx)
    }
}

/// Follows the framing of RFC 3501 §4: lines, and literals `{n}` CRLF with n bytes.
#[derive(Debug)]
struct Scan {
    literal_most: u64,
    line_most: u64,
    /// Bytes of a literal still to come.
    literal_left: u64,
    /// Bytes of all literals of this answer.
    literals: u64,
    /// Bytes outside literals of this answer.
    line: u64,
    depth: u32,
    /// How the answer begins: enough to know a status line.
    head: Vec<u8>,
    mark: Mark,
}

/// How much of `{n}` CRLF has been seen.
#[derive(Clone, Copy, Debug)]
enum Mark {
    None,
    Digits(u64),
    Closed(u64),
    Return(u64),
}

const DEPTH_MOST: u32 = 64;
const HEAD: usize = 32;

impl Scan {
    fn new(literal_most: u64, line_most: u64) -> Scan {
        let head = Vec::with_capacity(HEAD);
        Scan { literal_most, line_most, literal_left: 0, literals: 0, line: 0, depth: 0, head, mark: Mark::None }
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Excess> {
        while !bytes.is_empty() {
            let skip = self.literal_left.min(bytes.len() as u64);
            self.literal_left -= skip;
            bytes = &bytes[skip as usize..];
            if let Some((byte, rest)) = bytes.split_first() {
                self.byte(*byte)?;
                bytes = rest;
            }
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> Result<(), Excess> {
        self.line += 1;
        if self.line > self.line_most {
            return Err(Excess::Line(self.line_most));
        }
        if self.head.len() < HEAD {
            self.head.push(byte);
        }
        match byte {
            b'(' => self.depth += 1,
            b')' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > DEPTH_MOST {
            return Err(Excess::Depth);
        }
        self.mark = match (byte, self.mark) {
            (b'{', _) => Mark::Digits(0),
            (b'0'..=b'9', Mark::Digits(n)) => Mark::Digits(n.saturating_mul(10).saturating_add(u64::from(byte - b'0'))),
            (b'}', Mark::Digits(n)) => Mark::Closed(n),
            (b'\r', Mark::Closed(n)) => Mark::Return(n),
            (b'\n', mark) => return self.line_end(mark),
            _ => Mark::None,
        };
        Ok(())
    }

    fn line_end(&mut self, mark: Mark) -> Result<(), Excess> {
        self.mark = Mark::None;
        match mark {
            Mark::Return(bytes) if !self.is_status() => {
                self.literals = self.literals.saturating_add(bytes);
                self.literal_left = bytes;
                if self.literals > self.literal_most { Err(Excess::Literal(self.literal_most)) } else { Ok(()) }
            }
            _ => {
                (self.line, self.literals, self.depth) = (0, 0, 0);
                self.head.clear();
                Ok(())
            }
        }
    }

    /// A status line ends in free text: `{9}` at its end announces nothing, and to believe it would open a gap.
    fn is_status(&self) -> bool {
        let mut words = self.head.split(|byte| matches!(byte, b' ' | b'\r' | b'\n'));
        let first = words.next().unwrap_or_default();
        let second = words.next().unwrap_or_default();
        let status = ["OK", "NO", "BAD", "BYE", "PREAUTH"];
        first.starts_with(b"+") || status.iter().any(|word| second.eq_ignore_ascii_case(word.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same verdict however the bytes are cut.
    fn verdict(text: &str) -> Result<(), Excess> {
        let whole = Scan::new(100, 200).take(text.as_bytes());
        let mut scan = Scan::new(100, 200);
        let dripped = text.bytes().try_for_each(|byte| scan.take(&[byte]));
        assert_eq!(whole, dripped, "{text:?}");
        whole
    }

    #[test]
    fn what_may_pass_and_what_may_not() {
        let long = "x".repeat(201);
        assert_eq!(verdict("* 1 FETCH (UID 1 BODY[] {5}\r\n{999}\r\n)\r\n* 2 EXISTS\r\n"), Ok(()));
        assert_eq!(verdict("* 1 FETCH (BODY[] {101}\r\n"), Err(Excess::Literal(100)));
        assert_eq!(verdict("* 1 FETCH (A {60}\r\n"), Ok(()));
        let twice = format!("* 1 FETCH (A {{60}}\r\n{} B {{60}}\r\n", "y".repeat(60));
        assert_eq!(verdict(&twice), Err(Excess::Literal(100)), "all literals of one answer together");
        assert_eq!(verdict("* 1 FETCH (BODY[] {99999999999999999999999}\r\n"), Err(Excess::Literal(100)));
        assert_eq!(verdict("* OK see {999}\r\nA1 NO not {999}\r\n+ go {999}\r\n"), Ok(()));
        let hidden = "* OK see {50}\r\n* 1 FETCH (BODY[] {101}\r\n";
        assert_eq!(verdict(hidden), Err(Excess::Literal(100)), "a status line hides no literal");
        assert_eq!(verdict(&long), Err(Excess::Line(200)));
        assert_eq!(verdict(&format!("* 1 FETCH {}", "(".repeat(65))), Err(Excess::Depth));
        let lines = "* 1 EXISTS (\r\n".repeat(100);
        assert_eq!(verdict(&lines), Ok(()), "every answer begins anew");
    }
}
