//! The chat page, whole and in a frame of another site, and the small loader that other sites put on theirs.

use super::page::Page;
use crate::texts::{Text, Texts};
use askama::Template;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the page's script says, with the names of the values it puts in. Everything else stands in the HTML.
const SCRIPT_TEXTS: &[(&str, &[&str])] = &[
    ("chat-you-said", &["time"]),
    ("chat-rep-said", &["name", "time"]),
    ("conversation-automatic", &[]),
    ("conversation-rep", &[]),
    ("conversation-read", &[]),
    ("chat-starting", &[]),
    ("chat-attaching", &[]),
    ("chat-typing", &["name"]),
    ("chat-sending", &[]),
    ("chat-delivered", &[]),
    ("chat-not-sent", &[]),
    ("chat-again", &[]),
    ("chat-joined", &["name"]),
    ("chat-transferred", &["name"]),
    ("chat-left", &[]),
    ("chat-ended", &[]),
    ("chat-reopened", &[]),
    ("chat-offline", &[]),
    ("chat-online", &[]),
    ("chat-too-fast", &[]),
    ("chat-busy", &["minutes"]),
    ("chat-unavailable", &[]),
    ("chat-tabs", &[]),
    ("chat-gone", &[]),
    ("closed-until", &["when"]),
    ("closed-now", &[]),
    ("status-waiting", &[]),
    ("status-place", &["place"]),
    ("status-place-far", &["place"]),
    ("status-next", &[]),
    ("status-wait", &["wait"]),
    ("status-wait-unknown", &[]),
    ("status-active", &["name"]),
    ("status-active-unnamed", &[]),
    ("status-yours", &[]),
    ("status-closed", &[]),
    ("error-required", &[]),
    ("error-too-long", &["max"]),
    ("error-email", &[]),
    ("error-file-type", &[]),
    ("error-file-size", &["max"]),
    ("too-large-title", &[]),
];

/// Where the page is shown, and what its loader told it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The origin of the site around it; only one that may frame us.
    pub parent: Option<String>,
    pub site: Option<String>,
    /// Code of a service in the catalogue.
    pub service: Option<String>,
}

/// What the server knows when it writes the page.
pub struct Room {
    pub open: bool,
    /// Some rep is signed in.
    pub staffed: bool,
    /// When closed: when it opens next, in words.
    pub opens: Option<String>,
    /// The longest message, in characters.
    pub text_max: usize,
    pub place: Place,
}

/// `GET /chat`.
#[derive(Template)]
#[template(path = "chat.html", config = "src/console/askama.toml")]
pub struct ChatPage<'a> {
    pub page: Page<'a>,
    pub room: Room,
}

/// `GET /chat?embed=1`: the same without the frame of the public pages.
#[derive(Template)]
#[template(path = "chat-embed.html", config = "src/console/askama.toml")]
pub struct ChatFrame<'a> {
    pub page: Page<'a>,
    pub room: Room,
}

/// What the page's script reads from its attribute.
#[derive(Serialize)]
struct ForScript<'a> {
    lang: &'a str,
    open: bool,
    text_max: usize,
    #[serde(flatten)]
    place: &'a Place,
    texts: BTreeMap<&'static str, String>,
}

impl Room {
    fn closed_text(&self, t: &Text) -> String {
        match &self.opens {
            Some(when) => t.say("closed-until", &[("when", when.as_str().into())]),
            None => t.text("closed-now"),
        }
    }

    /// JSON for an attribute; the template escapes it.
    fn for_script(&self, t: &Text) -> String {
        let texts = SCRIPT_TEXTS.iter().map(|(key, values)| (*key, pattern(t, key, values))).collect();
        let data = ForScript { lang: &t.code, open: self.open, text_max: self.text_max, place: &self.place, texts };
        serde_json::to_string(&data).unwrap_or_default() // strings always serialise
    }
}

/// A text with `{name}` where a value goes.
fn pattern(t: &Text, key: &str, values: &[&'static str]) -> String {
    let values: Vec<_> = values.iter().map(|name| (*name, format!("{{{name}}}").into())).collect();
    t.say(key, &values)
}

/// `GET /chat.js`: the loader, with the few words it says in every language.
pub fn loader(texts: &Texts) -> String {
    let words: BTreeMap<&str, [String; 4]> = texts
        .all()
        .iter()
        .map(|t| {
            (
                t.code.as_str(),
                [t.text("nav-chat"), t.text("chat-title"), pattern(t, "chat-unread", &["count"]), t.dir.into()],
            )
        })
        .collect();
    let script = super::asset("chat-loader.js").map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    let words = serde_json::to_string(&words).unwrap_or_default(); // strings always serialise
    script.unwrap_or_default().replacen("const WORDS = {};", &format!("const WORDS = {words};"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_is_small_and_speaks_every_language() {
        let texts = Texts::load().unwrap();
        let loader = loader(&texts);
        assert!(loader.len() <= 15 << 10, "the loader has {} bytes", loader.len());
        for t in texts.all() {
            assert!(loader.contains(&format!(r#""{}":["{}""#, t.code, t.text("nav-chat"))), "{}", t.code);
        }
    }

    #[test]
    fn the_script_gets_every_text_with_its_values_named() {
        let texts = Texts::load().unwrap();
        let room = Room { open: true, staffed: true, opens: None, text_max: 4_000, place: Place::default() };
        for t in texts.all() {
            let read: serde_json::Value = serde_json::from_str(&room.for_script(t)).unwrap();
            for (key, values) in SCRIPT_TEXTS {
                let text = read["texts"][key].as_str().unwrap();
                assert_ne!(text, *key, "{} lacks {key}", t.code);
                assert!(values.iter().all(|name| text.contains(&format!("{{{name}}}"))), "{}: {text}", t.code);
            }
        }
    }
}
