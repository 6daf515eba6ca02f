//! steelbridge: one queue for every way a person reaches a city's 311.
//!
//! Data goes round once. Channels turn what reaches them into one shape, intake and plan classify it, the sequencer lets
//! the engine decide and commits the decision, and only then does anyone hear of it.
//!
//! ```text
//! main.rs — reads the command line and the clock, and nothing else
//! commands/ — the commands: what they are called, what they take, who does them
//! serve.rs — opens the doors of a started daemon, and closes them in order
//! serve/ — from settings to mailboxes and relay, how they are doing, and whether the roster is the one in force
//! settings.rs — what an installation decides, checked, all problems at once
//! settings/ — its layers: file, environment, options; rates, networks, secrets
//! document/ — TOML with the place of every value, for errors that say where
//! catalogue.rs — the services a person can ask for
//! message.rs — what people say, as plain data
//! message/ — mails as they are remembered, deliveries and how they fare
//! texts.rs — every word the public reads, in every language
//! routing/ — THE CORE: who waits, who is free, who has what; pure
//! plan/ — the routing plan that admins tune; pure
//! intake/ — from what came in to what the engine needs; pure
//! channels/ — how contacts come in and answers go out: form, chat, email
//! store/ — what is remembered: a trait for the one writer, one for readers; SQLite, files
//! daemon/ — the one writer, the feed of what was committed, start and stop
//! simulate/ — a day in an invented city, on the shipped engine and plan; pure
//! http/ — every route, sessions, one policy, the live stream, the accept loop
//! console/ — the web pages: templates, assets
//! demo/ — invented people on the real doors
//! ```
//!
//! Who may import whom is a table in `tests/tidy.rs`, and a test. In short: `routing` imports nothing of ours; `message` only
//! ids; `plan` and `intake` know words of routing; channels know neither store nor daemon; the store knows events and
//! messages; the daemon knows the traits of channels and store and the kept files, never one channel or database; `http` asks the daemon; `serve`,
//! `commands` and `main` put it together.
//!
//! Three kinds of errors. A `Refusal` is the engine's no: the caller sees why, nothing has changed. A `Failure` is the
//! daemon's: refused, too busy, storage. A `Problem` is for the person who wrote something: what is wrong, where, and how
//! to mend it; each that finds them has its own: texts (`document`), the list of services (`catalogue`), mailboxes
//! (`channels::email::imap`), and HTTP answers (`console::problem`, RFC 9457).

pub mod catalogue;
pub mod channels;
pub mod commands;
pub mod console;
pub mod daemon;
pub mod demo;
pub mod document;
pub mod http;
pub mod intake;
pub mod message;
pub mod plan;
pub mod routing;
pub mod serve;
pub mod settings;
pub mod simulate;
pub mod store;
pub mod texts;
