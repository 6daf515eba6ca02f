//! WebSockets for browsers: the upgrade with its checks, and one bounded, paced socket per connection.
//!
//! axum's own `ws` feature stays off: its buffers cost 135 KiB for every idle socket, and it says nothing to a peer that breaks
//! the protocol. Here an idle socket costs a few KiB, and every end has the right close code (RFC 6455 §7.4.1).

pub mod paced;
pub mod upgrade;

pub use paced::{Incoming, POLICY, Pace, SERVICE_RESTART, Socket, TRY_AGAIN_LATER};
pub use upgrade::{NoUpgrade, Sockets, WsUpgrade};
