//! Something nobody may see: known only by where it is, and fetched anew for every use.

use std::sync::Arc;

type Fetch = dyn Fn() -> Result<String, String> + Send + Sync;

/// A password, token or key. It can be changed without a restart, and shows itself to nobody.
#[derive(Clone)]
pub struct Secret(Arc<Fetch>);

impl Secret {
    /// `fetch` gives the secret, or says why it could not be had without repeating any of it. It may block for a moment.
    pub fn new(fetch: impl Fn() -> Result<String, String> + Send + Sync + 'static) -> Secret {
        Secret(Arc::new(fetch))
    }

    /// A secret that was fetched elsewhere.
    pub fn words(words: impl Into<String>) -> Secret {
        let words = words.into();
        Secret::new(move || Ok(words.clone()))
    }

    pub(super) fn read(&self) -> Result<String, String> {
        (self.0)()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(•••)")
    }
}
