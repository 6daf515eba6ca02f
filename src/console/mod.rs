//! The web pages: templates and assets, all embedded. A leaf: knows no daemon, no store, no engine.

pub mod chat;
pub mod hours;
pub mod page;
pub mod problem;
pub mod staff;
pub mod when;

use rust_embed::RustEmbed;
use std::borrow::Cow;

/// Scripts, styles and sounds, embedded at build time.
#[derive(RustEmbed)]
#[folder = "src/console/assets/"]
struct Assets;

/// One embedded file, ready to serve.
pub struct Asset {
    pub bytes: Cow<'static, [u8]>,
    pub media_type: String,
    /// Strong entity tag: the content's SHA-256, in quotes (RFC 9110 §8.8.3).
    pub etag: String,
}

/// The asset at a path below `/assets/`; `None` when there is none.
pub fn asset(path: &str) -> Option<Asset> {
    let file = Assets::get(path)?;
    let etag = file.metadata.sha256_hash()[..16].iter().map(|b| format!("{b:02x}")).collect::<String>();
    Some(Asset { media_type: file.metadata.mimetype().to_string(), bytes: file.data, etag: format!("\"{etag}\"") })
}
