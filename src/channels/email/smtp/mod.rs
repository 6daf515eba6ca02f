//! Handing letters to the city's relay: one line, every step with a limit, only 250 is success.

mod line;
mod plaintext;
mod probe;
mod relay;
mod settings;
mod step;

pub use line::Limits;
pub use probe::{Found, probe};
pub use relay::Relay;
pub use settings::{RelaySettings, SenderMode, SignIn, Tls};
