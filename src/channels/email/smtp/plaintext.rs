//! A socket that gives away no more plaintext than was asked for, so that nothing said before TLS is heard after it.
//!
//! lettre 0.11 keeps what it has read ahead when a line becomes TLS. Somebody on the way could put answers behind the `220`
//! to STARTTLS and have them believed as the relay's (CVE-2011-0411 is the same on the server's side). Read byte by byte, such
//! answers stay in the socket, where TLS finds them and breaks off.

use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The first byte of a TLS handshake record (RFC 8446 §5.1); no SMTP command begins with it.
const HANDSHAKE: u8 = 0x16;

#[derive(Debug)]
pub(super) struct Plaintext {
    socket: TcpStream,
    /// TLS has begun: from now on bytes are records, which nobody can add to unnoticed.
    is_tls: bool,
}

impl Plaintext {
    pub(super) fn new(socket: TcpStream) -> Plaintext {
        Plaintext { socket, is_tls: false }
    }
}

impl AsyncRead for Plaintext {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_tls || buf.remaining() == 0 {
            return Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut one))?;
        buf.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Plaintext {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_tls |= bytes.first() == Some(&HANDSHAKE);
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Plaintext {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }
}
