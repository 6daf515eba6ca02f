//! Deployment settings: one TOML file, the environment over it, the command line over both; checked whole before anything starts.
//!
//! Two layers: *as written* ([`layers`]) is a tree in which every value knows where it stands; *checked* ([`Settings`])
//! has types and defaults. Between them every problem is found at once, with its place and how to mend it.

pub mod email;
pub mod files;
pub mod layers;
pub mod network;
pub mod rate;
pub mod secret;

use crate::document::section::{Section, Text};
use crate::document::{Document, Place, Problem};
use crate::routing::ids::{Span, Word};
pub use files::Files;
use files::{Opens, files};
pub use layers::Override;
use network::Network;
pub use rate::Rates;
use rate::rates;
use secret::SecretPlace;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Where the daemon listens when nothing is said: this machine only.
const LISTEN: &str = "127.0.0.1:8311";
/// Where it keeps everything when nothing is said, below the working directory.
const DATA: &str = "steelbridge-data";
/// What the built-in texts are written in; nothing else can be offered to the public.
const LANGUAGES: [&str; 9] = ["en", "es", "ru", "uk", "vi", "zh-Hans", "zh-Hant", "so", "ar"];
/// The longest name of an organisation, in characters.
const NAME_MAX: usize = 80;

/// Everything an installation decides, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder of database, attachments and server key. Created when missing.
    pub data: PathBuf,
    pub listen: SocketAddr,
    /// Metrics have a listener of their own, on loopback; `None`: no metrics.
    pub metrics_listen: Option<SocketAddr>,
    /// How people reach the web pages: scheme, host and port, without a slash at the end.
    pub public_url: String,
    /// Signs visitors' tokens, so that they outlive a restart; `None`: `server.key` in the data folder.
    pub server_key: Option<SecretPlace>,
    pub programme: Programme,
    pub web: Web,
    pub email: email::Email,
    pub limits: Limits,
    pub rates: Rates,
    pub files: Files,
    pub log: Log,
}

/// Who we are to the public.
#[derive(Clone, Debug)]
pub struct Programme {
    pub name: String,
    /// Shown on every page as "or call".
    pub phone: String,
    /// The emergency number the pages name.
    pub emergency: String,
    /// IANA name; times are shown in it.
    pub zone: String,
    /// Begins every reference, for example `PDX`.
    pub reference_prefix: String,
    /// Offered to the public, first the one that is shown when nothing is known of the visitor.
    pub languages: Vec<Word>,
}

#[derive(Clone, Debug)]
pub struct Web {
    /// Believed about whom they forward for.
    pub trusted_proxies: Vec<Network>,
    /// Other sites that may show the chat in a frame: exact origins.
    pub chat_origins: Vec<String>,
}

/// What one connection, one network and all of them may hold and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the connection to its first byte.
    pub first_byte: Span,
    /// From a request's first byte to the end of its head.
    pub head: Span,
    /// Between two requests.
    pub idle: Span,
    /// After this long a body must have come at `bytes_per_sec`.
    pub body_grace: Span,
    /// After this long an answer must have been taken at `bytes_per_sec`.
    pub write_grace: Span,
    pub bytes_per_sec: u32,
    /// Sockets of one address, or of one /64 in IPv6.
    pub per_network: u32,
    /// Sockets of all.
    pub total: u32,
}

#[derive(Clone, Debug)]
pub struct Log {
    /// One JSON object a line, or text for people.
    pub json: bool,
    /// In the syntax of `RUST_LOG`, for example `info` or `steelbridge=debug,warn`.
    pub filter: String,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            first_byte: Span::secs(10),
            head: Span::secs(10),
            idle: Span::secs(30),
            body_grace: Span::secs(5),
            write_grace: Span::secs(30),
            bytes_per_sec: 1_024,
            per_network: 50,
            total: 4_096,
        }
    }
}

impl Settings {
    /// Read the file (or none), the environment and the command line's options, and check all of it.
    ///
    /// `environment` is the process's own; only `STEELBRIDGE__…` is looked at.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        options: &[Override],
    ) -> Result<Settings, Vec<Problem>> {
        let (settings, problems) = Settings::examine(file, environment, options);
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    /// The same, with the usual value in the place of each that is wrong, so that more can be looked at.
    pub fn examine(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        options: &[Override],
    ) -> (Settings, Vec<Problem>) {
        let is_there: Opens = |path| std::fs::File::open(path).map(drop);
        let Some(path) = file else { return examine("settings", "", (Path::new(""), is_there), environment, options) };
        let name = path.display().to_string();
        let folder = path.parent().unwrap_or(Path::new(""));
        match std::fs::read_to_string(path) {
            Ok(text) => examine(&name, &text, (folder, is_there), environment, options),
            Err(error) => {
                let (settings, mut problems) = examine(&name, "", (folder, is_there), environment, options);
                let mend = "check the path and that the daemon may read it";
                problems.push(Problem::new(&name, Place::Whole, format!("cannot be read: {error}"), mend));
                (settings, problems)
            }
        }
    }

    /// The same from a text; relative paths in it are looked for in `folder`. Reads no file.
    pub fn parse(
        name: &str,
        text: &str,
        folder: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
        options: &[Override],
    ) -> Result<Settings, Vec<Problem>> {
        let (settings, problems) = examine(name, text, (folder, |_| Ok(())), environment, options);
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }
}

fn examine(
    name: &str,
    text: &str,
    (folder, opens): (&Path, Opens),
    environment: impl IntoIterator<Item = (String, String)>,
    options: &[Override],
) -> (Settings, Vec<Problem>) {
    let (doc, mut problems) = match layers::read(name, text, environment, options) {
        Ok(doc) => (doc, Vec::new()),
        Err(problems) => (Document::empty(name), problems),
    };
    let settings = check(&doc.top(), folder, opens);
    problems.extend(doc.problems());
    (settings, problems)
}

fn check(top: &Section<'_>, folder: &Path, opens: Opens) -> Settings {
    let listen = top.parsed("listen", "\"127.0.0.1:8311\"");
    let listen = listen.unwrap_or_else(|| LISTEN.parse().expect("a constant"));
    let metrics_listen: Option<SocketAddr> = top.parsed("metrics_listen", "\"127.0.0.1:9311\"");
    if let Some(address) = metrics_listen.filter(|address| !address.ip().is_loopback()) {
        let place = &top.node("metrics_listen").map_or(Place::Whole, |node| node.place.clone());
        let mend = "use 127.0.0.1 or [::1] and let a collector on this machine read it";
        top.problem(place, format!("metrics on {address} could be read by others"), mend);
    }
    let public_url = top.text("public_url").and_then(|text| public_url(top, &text));
    let settings = Settings {
        data: path(top, "data", folder).unwrap_or(DATA.into()),
        listen,
        metrics_listen,
        public_url: public_url.unwrap_or_else(|| format!("http://{listen}")),
        server_key: top.text("server_key").and_then(|text| SecretPlace::read(top, "server_key", &text)),
        programme: programme(top),
        web: web(top),
        email: email::email(top, folder),
        limits: limits(top),
        rates: rates(top),
        files: files(top, folder, opens),
        log: log(top),
    };
    top.finish();
    settings
}

/// Scheme, host and port. Plain HTTP only on this machine: people's words must not travel readable.
fn public_url(top: &Section<'_>, text: &Text<'_>) -> Option<String> {
    let url = text.value.trim_end_matches('/');
    let example = "write for example `public_url = \"https://311.example.gov\"`";
    let Some(host) = origin_host(url) else {
        top.problem(&text.place, format!("`{}` is not an address people can open", text.value), example);
        return None;
    };
    let is_here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    if url.starts_with("http://") && !is_here {
        let what = "plain http on a public address would show everyone's words on the way";
        top.problem(&text.place, what, "use https, with a TLS proxy in front");
        return None;
    }
    Some(url.to_string())
}

/// The host of `scheme://host[:port]` with nothing after it.
fn origin_host(origin: &str) -> Option<&str> {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))?;
    let colon = rest.rfind(':').filter(|at| !rest[*at..].contains(']'));
    let (host, port) = colon.map_or((rest, None), |at| (&rest[..at], Some(&rest[at + 1..])));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    let is_name = plain.chars().all(|c| c.is_ascii_alphanumeric() || "-.:".contains(c));
    (is_port && is_name && !plain.is_empty()).then_some(host)
}

/// A path, relative to the settings file when it stands there.
fn path(section: &Section<'_>, key: &'static str, folder: &Path) -> Option<PathBuf> {
    let text = section.text(key)?;
    if text.value.trim().is_empty() {
        section.problem(&text.place, format!("`{key}` is empty"), "write a path, or remove it");
        return None;
    }
    let in_file = matches!(text.place, Place::At { .. });
    Some(if in_file { folder.join(text.value) } else { text.value.into() })
}

fn programme(top: &Section<'_>) -> Programme {
    let mut programme = Programme {
        name: "311".into(),
        phone: "311".into(),
        emergency: "911".into(),
        zone: "America/Los_Angeles".into(),
        reference_prefix: "SB".into(),
        languages: LANGUAGES.iter().filter_map(|tag| Word::new(tag).ok()).collect(),
    };
    let Some(section) = top.section("programme") else { return programme };
    for (key, value) in
        [("name", &mut programme.name), ("phone", &mut programme.phone), ("emergency", &mut programme.emergency)]
    {
        let Some(text) = section.text(key) else { continue };
        if text.value.trim().is_empty() || text.value.chars().count() > NAME_MAX {
            let what = format!("`programme.{key}` must have 1 to {NAME_MAX} characters");
            section.problem(&text.place, what, "write what people know");
        }
        *value = text.value.trim().to_string();
    }
    if let Some(text) = section.text("zone") {
        if crate::routing::hours::zone(text.value).is_none() {
            let what = format!("there is no time zone named `{}`", text.value);
            section.problem(&text.place, what, "use an IANA name such as `America/Los_Angeles`");
        }
        programme.zone = text.value.to_string();
    }
    if let Some(text) = section.text("reference_prefix") {
        if !(1..=6).contains(&text.value.len()) || !text.value.chars().all(|c| c.is_ascii_uppercase()) {
            let what = format!("`{}` cannot begin a reference", text.value);
            section.problem(&text.place, what, "use 1 to 6 capital letters A-Z, for example \"PDX\"");
        }
        programme.reference_prefix = text.value.to_string();
    }
    if let Some(texts) = section.texts("languages") {
        let place = &section.node("languages").map_or(Place::Whole, |node| node.place.clone());
        programme.languages = languages(&section, place, &texts);
    }
    section.done();
    programme
}

fn languages(section: &Section<'_>, place: &Place, texts: &[Text<'_>]) -> Vec<Word> {
    let mut languages: Vec<Word> = Vec::new();
    for text in texts {
        let Some(tag) = section.as_word(text, "programme.languages") else { continue };
        if !LANGUAGES.contains(&text.value) {
            let what = format!("the public has no texts in `{tag}`");
            section.problem(&text.place, what, format!("choose from {}, or remove it", LANGUAGES.join(", ")));
            continue;
        }
        if languages.contains(&tag) {
            section.problem(&text.place, format!("language `{tag}` is there twice"), "remove one");
            continue;
        }
        languages.push(tag);
    }
    if texts.is_empty() {
        section.problem(place, "no language is offered", "write for example `languages = [\"en\", \"es\"]`");
    }
    languages
}

fn web(top: &Section<'_>) -> Web {
    let mut web = Web { trusted_proxies: Vec::new(), chat_origins: Vec::new() };
    let Some(section) = top.section("web") else { return web };
    for text in section.texts("trusted_proxies").unwrap_or_default() {
        match text.value.parse() {
            Ok(network) => web.trusted_proxies.push(network),
            Err(()) => {
                let what = format!("`{}` is not an address or network", text.value);
                section.problem(&text.place, what, "write for example \"127.0.0.1\" or \"10.0.0.0/8\"");
            }
        }
    }
    for text in section.texts("chat_origins").unwrap_or_default() {
        if origin_host(text.value).is_none() {
            let what = format!("`{}` is not an origin", text.value);
            section.problem(&text.place, what, "write scheme and host only: \"https://www.example.gov\"");
            continue;
        }
        web.chat_origins.push(text.value.to_string());
    }
    section.done();
    web
}

fn limits(top: &Section<'_>) -> Limits {
    let mut limits = Limits::default();
    let Some(section) = top.section("limits") else { return limits };
    for (key, value) in [
        ("first_byte", &mut limits.first_byte),
        ("head", &mut limits.head),
        ("idle", &mut limits.idle),
        ("body_grace", &mut limits.body_grace),
        ("write_grace", &mut limits.write_grace),
    ] {
        let Some(span) = section.duration(key) else { continue };
        if span < Span::secs(1) || span > Span::mins(10) {
            let place = &section.node(key).map_or(Place::Whole, |node| node.place.clone());
            let mend = "choose a time from 1s to 10m";
            section.problem(place, format!("`limits.{key}` is {} s", span.as_secs_f64()), mend);
        }
        *value = span;
    }
    for (key, most, value) in [
        ("bytes_per_sec", 1 << 20, &mut limits.bytes_per_sec),
        ("per_network", 100_000, &mut limits.per_network),
        ("total", 100_000, &mut limits.total),
    ] {
        if let Some(number) = section.integer(key, 1..=most) {
            *value = number as u32;
        }
    }
    section.done();
    limits
}

fn log(top: &Section<'_>) -> Log {
    let mut log = Log { json: true, filter: "info".into() };
    let Some(section) = top.section("log") else { return log };
    log.json = section.one_of("format", &[("json", true), ("text", false)]).unwrap_or(log.json);
    if let Some(text) = section.text("filter") {
        if text.value.parse::<tracing_subscriber::filter::Targets>().is_err() {
            let what = format!("`{}` is not a log filter", text.value);
            section.problem(&text.place, what, "write for example \"info\" or \"steelbridge=debug,warn\"");
        }
        log.filter = text.value.to_string();
    }
    section.done();
    log
}
