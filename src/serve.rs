//! Opens the doors of a started daemon, and closes them in the right order when it is told to stop.

pub mod adapters;
pub mod email;
pub mod people;

use crate::channels::chat::{self, Chat};
use crate::channels::form;
use crate::channels::rate::Rate;
use crate::channels::socket::Sockets;
use crate::channels::{self, Adapter};
use crate::console::page::{City, Pages};
use crate::daemon::{self, Clock, Daemon, Open, Rulebook};
use crate::demo::{self, Robot};
use crate::http::accept::{self, Door};
use crate::http::lines::{Lines, Tallied};
use crate::http::metrics::{Metrics, Requests};
use crate::http::peers::{ForwardHeader, Proxies};
use crate::http::show::{self, Names};
use crate::http::{self, Screens};
use crate::routing::ids::{Span, Word};
use crate::settings::{self, Programme, Settings};
use crate::store::Reads;
use crate::store::embedded::Embedded;
use crate::texts::Texts;
use adapters::Board;
use anyhow::Context;
use axum::Router;
use email::Mail;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long open sockets have to hear that we are going away.
const SOCKETS_DRAIN: Duration = Duration::from_secs(3);
/// How long mailboxes have to move what was taken and to say goodbye.
const MAILBOXES_DRAIN: Duration = Duration::from_secs(10);
/// How often a daemon whose storage is gone for good is noticed.
const HEALTH_EVERY: Duration = Duration::from_secs(1);

/// Run until SIGTERM or Ctrl-C, or until storage is gone for good, which is an error. `robots` live in the demo.
pub fn serve(settings: Settings, clock: Clock, robots: Vec<Robot>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(run(settings, clock, robots))
}

async fn run(settings: Settings, clock: Clock, robots: Vec<Robot>) -> anyhow::Result<()> {
    let texts = texts(&settings)?;
    let key = server_key(&settings)?;
    let mail = email::mail(&settings, texts.clone(), &key)?;
    let carriers = mail.as_ref().map_or(Ok(Vec::new()), Mail::carriers)?;
    let daemon = daemon::start(&settings, texts.clone(), clock, embedded(&settings), carriers).await?;
    let board = Board::new(daemon.handle.clock().clone());
    let listener = bind(settings.listen).await?;
    let address = listener.local_addr()?;
    let origin = origin(&settings, address);
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let sockets = Sockets::new([origin.clone()], tasks.clone(), stop.clone());
    let (screens, requests) = (Screens::default(), Requests::default());
    if let Some(at) = settings.metrics_listen {
        let gauges = daemon.gauges.clone();
        let outboxes = daemon.outboxes.iter().cloned().map(Tallied::new).collect();
        let mails = mail.as_ref().map(|mail| mail.counts.clone()).unwrap_or_default();
        let lines = Lines { adapters: board.list(), outboxes, mails, gauges: gauges.clone() };
        let (handle, sockets) = (daemon.handle.clone(), sockets.clone());
        let metrics = Metrics::new(handle, screens.clone(), sockets, &requests, gauges, lines);
        let listener = bind(at).await?;
        println!("metrics on http://{}/metrics", listener.local_addr()?);
        tokio::spawn(door(listener, &settings, &stop).serve(metrics.router()));
    }
    let app = http::App {
        handle: daemon.handle.clone(),
        context: Arc::new(daemon.reception.clone()),
        sockets: sockets.clone(),
        screens,
        requests,
        names: names(&daemon.rulebook, &settings.programme.languages),
        programme: settings.programme.name.clone(),
        origin: origin.clone(),
        sign_in_rates: settings.rates.sign_in.iter().map(|rate| (rate.count, rate.per)).collect(),
        mail: shown(&daemon, &board),
        channels: channels(&settings, &daemon, texts, sockets, (key, origin.clone()))?,
    };
    let serving = tokio::spawn(door(listener, &settings, &stop).serve(http::router(app)));
    println!("listening on http://{address}"); // scripts wait for this line
    if origin != format!("http://{address}") {
        println!("people reach it at {origin}");
    }
    if !robots.is_empty() {
        tokio::spawn(demo::live(address, origin, robots, stop.clone()));
    }
    for outbox in &daemon.outboxes {
        board.watch(outbox.health.borrow().name.clone(), outbox.health.clone(), Adapter::clone);
    }
    people::compare(&settings, &daemon.handle).await?;
    let mailboxes = TaskTracker::new();
    if let Some(mail) = &mail {
        mail.open(&daemon, &board, &mailboxes, &stop).await;
    }
    let ended = wait_for_end(&daemon).await;
    stop.cancel();
    mailboxes.close();
    if tokio::time::timeout(MAILBOXES_DRAIN, mailboxes.wait()).await.is_err() {
        tracing::warn!("a mailbox was left in mid-work; what it was doing is done at the next start");
    }
    serving.await?;
    tasks.close();
    let _ = tokio::time::timeout(SOCKETS_DRAIN, tasks.wait()).await; // whoever still does not listen is cut off
    daemon.stop().await?;
    ended
}

fn embedded(settings: &Settings) -> Open<Embedded> {
    let data = settings.data.clone();
    Box::new(move || {
        let (store, reads) = Embedded::open(&data)?;
        Ok((store, reads as Arc<dyn Reads>))
    })
}

async fn bind(at: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(at).await.with_context(|| format!("listening on {at}; is another steelbridge running?"))
}

/// What browsers see; a port of 0 is known only now.
fn origin(settings: &Settings, address: SocketAddr) -> String {
    if settings.listen.port() == 0 && settings.public_url == format!("http://{}", settings.listen) {
        format!("http://{address}")
    } else {
        settings.public_url.clone()
    }
}

fn door(listener: TcpListener, settings: &Settings, stop: &CancellationToken) -> Door {
    let limits = settings.limits;
    let time = |span: Span| Duration::from_micros(span.0.max(0) as u64);
    Door {
        listener,
        limits: accept::Limits {
            first_byte: time(limits.first_byte),
            head: time(limits.head),
            idle: time(limits.idle),
            body_grace: time(limits.body_grace),
            write_grace: time(limits.write_grace),
            bytes_per_sec: limits.bytes_per_sec,
            per_network: limits.per_network,
            total: limits.total as usize,
        },
        proxies: Proxies { trusted: settings.web.trusted_proxies.clone(), header: ForwardHeader::XForwardedFor },
        stop: stop.clone(),
    }
}

/// The routes of every channel, each with its own state.
fn channels(
    settings: &Settings,
    daemon: &Daemon,
    texts: Arc<Texts>,
    sockets: Sockets,
    (key, origin): ([u8; 32], String),
) -> anyhow::Result<Router> {
    let context: Arc<dyn channels::Context> = Arc::new(daemon.reception.clone());
    let pages = pages(settings, daemon, texts, origin)?;
    let chat = Chat::new(context.clone(), sockets, chat_settings(settings), key, pages.clone());
    Ok(Router::new().merge(form::routes(context, pages, key, form_limits(settings))).merge(chat.routes()))
}

/// What staff see of mail.
fn shown(daemon: &Daemon, board: &Board) -> http::Mail {
    http::Mail {
        files: daemon.files.clone(),
        view: Arc::new(channels::email::view::Reader),
        mailroom: daemon.mailroom.clone(),
        outboxes: daemon.outboxes.clone(),
        adapters: board.list(),
    }
}

/// The words the public reads, in the programme's languages.
fn texts(settings: &Settings) -> anyhow::Result<Arc<Texts>> {
    let texts = Texts::load().map_err(|problems| anyhow::anyhow!(problems.join("\n")))?;
    Ok(Arc::new(texts.only(&settings.programme.languages)))
}

fn pages(settings: &Settings, daemon: &Daemon, texts: Arc<Texts>, origin: String) -> anyhow::Result<Pages> {
    let Programme { name, phone, emergency, zone, .. } = &settings.programme;
    let zone = jiff::tz::TimeZone::get(zone).with_context(|| format!("programme.zone: {zone}"))?;
    Ok(Pages {
        texts,
        catalogue: Arc::new(daemon.rulebook.catalogue.clone()),
        city: Arc::new(City { name: name.clone(), phone: phone.clone(), emergency: emergency.clone(), zone, origin }),
    })
}

fn chat_settings(settings: &Settings) -> chat::Settings {
    let usual = chat::Settings::default();
    let starts = settings.rates.chat.first().map_or(usual.limits.starts, bucket);
    let limits = chat::visitors::Limits { starts, ..usual.limits };
    chat::Settings { embed: settings.web.chat_origins.clone(), limits, ..usual }
}

/// The first two rates of the list hold for a household: one over a short time, one over a long time.
fn form_limits(settings: &Settings) -> form::Limits {
    let usual = form::Limits::default();
    let rates = &settings.rates;
    let short = rates.form.first().map_or(usual.short, bucket);
    form::Limits {
        short,
        long: rates.form.get(1).map_or(short, bucket),
        messages: rates.message.first().map_or(usual.messages, bucket),
    }
}

/// So many in so long a time, as a bucket that fills up again evenly.
fn bucket(rate: &settings::rate::Rate) -> Rate {
    Rate { burst: rate.count, refill: Span(rate.per.0 / i64::from(rate.count.max(1))) }
}

/// The names that screens show for codes and numbers.
fn names(rules: &Rulebook, languages: &[Word]) -> Names {
    let services = rules.catalogue.services().iter().map(|service| show::Service {
        code: service.code.to_string(),
        topic: service.topic.to_string(),
        names: service.names.languages().map(|l| (l.to_string(), service.names.get(l).to_string())).collect(),
        script: service.script.clone(),
    });
    let rules = rules.plan.rule_names().map(str::to_owned);
    Names { services: services.collect(), rules: rules.collect(), languages: languages.to_vec() }
}

/// 32 bytes that outlive a restart: the secret the settings name, else `server.key` in the data folder, made once.
fn server_key(settings: &Settings) -> anyhow::Result<[u8; 32]> {
    use sha2::{Digest, Sha256};
    let bytes = match &settings.server_key {
        Some(place) => place.fetch().map_err(|e| anyhow::anyhow!("server_key: {e}"))?,
        None => kept_key(&settings.data.join("server.key"))?,
    };
    anyhow::ensure!(bytes.len() >= 32, "server_key: {} bytes are too few, use 32 or more", bytes.len());
    Ok(Sha256::digest(&bytes).into())
}

fn kept_key(path: &Path) -> anyhow::Result<Vec<u8>> {
    use std::io::{ErrorKind, Write};
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => return read.with_context(|| format!("reading {}", path.display())),
    }
    let key: [u8; 32] = rand::random();
    let folder = path.parent().context("a data folder")?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // under its own name only when it is whole: half a key would stop every start after a power cut
    let new = path.with_extension("key.new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(&key)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(key.to_vec())
}

/// Until someone asks us to stop. Storage that could not be opened again ends the daemon with an error.
async fn wait_for_end(daemon: &Daemon) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    let mut health = tokio::time::interval(HEALTH_EVERY);
    loop {
        tokio::select! {
            _ = term.recv() => return Ok(()),
            _ = tokio::signal::ctrl_c() => return Ok(()),
            _ = health.tick() => if daemon.has_failed() {
                anyhow::bail!("storage failed and could not be opened again; what was acknowledged is on disk, start again when it is mended");
            },
        }
    }
}
