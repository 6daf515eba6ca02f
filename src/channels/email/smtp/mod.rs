//! Handing letters to the city's relay: one line, every step with a limit, only 250 is success.

mod line;
mod plaintext;
mod probe;
mod relay;
mod settings;
mod sign_in;
mod step;

pub use line::Limits;
pub use probe::{Found, probe};
pub use relay::Relay;
pub use settings::{RelaySettings, SenderMode, SignIn, Tls};

/// All that can be seen to be wrong with a relay without connecting to it, in words for the person who wrote it.
pub fn problems(settings: &RelaySettings) -> Vec<String> {
    line::Wiring::new(settings.clone()).err().unwrap_or_default()
}
