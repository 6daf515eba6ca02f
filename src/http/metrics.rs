//! Figures for operators, in Prometheus's text format, on a listener of their own. Ids and names of people are never in them.

use super::lines::Lines;
use super::screens::Screens;
use crate::channels::socket::Sockets;
use crate::daemon::Handle;
use crate::daemon::gauges::{COMMIT_BUCKETS_US, Gauges};
use crate::routing::ids::{Channel, Presence, Urgency};
use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Requests by route pattern and status.
#[derive(Clone, Debug, Default)]
pub struct Requests(Family<RequestLabels, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

impl Requests {
    pub fn count(&self, method: &Method, route: &str, status: StatusCode) {
        let labels = RequestLabels { method: known(method), route: route.to_owned(), status: status.as_u16() };
        self.0.get_or_create(&labels).inc();
    }
}

/// A method made up by a client must not make up a time series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WaitingLabels {
    channel: &'static str,
    urgency: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PresenceLabels {
    presence: &'static str,
}

/// Everything that is counted. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    handle: Handle,
    screens: Screens,
    sockets: Sockets,
    registry: Arc<Registry>,
    waiting: Family<WaitingLabels, Gauge>,
    reps: Family<PresenceLabels, Gauge>,
    open: Gauge,
    staff_screens: Gauge,
    open_sockets: Gauge,
    letters: Gauge,
    oldest_letter: Gauge,
}

impl Metrics {
    pub fn new(
        handle: Handle,
        screens: Screens,
        sockets: Sockets,
        requests: &Requests,
        gauges: Arc<Gauges>,
        lines: Lines,
    ) -> Metrics {
        let mut registry = Registry::with_prefix("steelbridge");
        let (waiting, reps) = (Family::default(), Family::default());
        let [open, staff_screens, open_sockets, letters, oldest_letter] = std::array::from_fn(|_| Gauge::default());
        registry.register("http_requests", "Requests answered", requests.0.clone());
        registry.register("contacts_waiting", "Contacts in line or on offer", waiting.clone());
        registry.register("contacts_open", "Contacts that are not closed", open.clone());
        registry.register("reps", "Representatives on the roster by presence", reps.clone());
        registry.register("staff_screens", "Live screens of staff", staff_screens.clone());
        registry.register("websockets", "Open WebSockets: screens of staff and chats", open_sockets.clone());
        registry.register("letters_waiting", "Letters still to be sent", letters.clone());
        let help = "When the oldest of them was made, in seconds since 1970; 0 for none";
        registry.register("letters_waiting_since_seconds", help, oldest_letter.clone());
        registry.register_collector(Box::new(Sequencer(gauges)));
        registry.register_collector(Box::new(lines));
        let registry = Arc::new(registry);
        Metrics {
            handle,
            screens,
            sockets,
            registry,
            waiting,
            reps,
            open,
            staff_screens,
            open_sockets,
            letters,
            oldest_letter,
        }
    }

    /// `/metrics`, to be served on loopback only.
    pub fn router(self) -> Router {
        Router::new().route("/metrics", get(scrape)).with_state(self)
    }

    async fn refresh(&self) -> Result<(), crate::daemon::Failure> {
        let (board, open) = self.handle.read(|engine, now| (engine.board(now), engine.counts().1)).await?;
        let unsent = self.handle.rows(|rows| rows.unsent(Channel::Email)).await?;
        self.letters.set(unsent.count as i64);
        self.oldest_letter.set(unsent.oldest.map_or(0, |at| at.0 / 1_000_000));
        self.open.set(open as i64);
        self.staff_screens.set(self.screens.count());
        self.open_sockets.set(self.sockets.count() as i64);
        for (channel, urgency) in Channel::ALL.iter().flat_map(|c| Urgency::ALL.iter().map(move |u| (*c, *u))) {
            let cells = board.waiting.iter().filter(|cell| cell.channel == channel && cell.urgency == urgency);
            let labels = WaitingLabels { channel: channel.name(), urgency: urgency.name() };
            self.waiting.get_or_create(&labels).set(cells.map(|cell| i64::from(cell.count)).sum());
        }
        for presence in ["available", "away", "offline"] {
            let count = board.reps.iter().filter(|card| word(card.presence) == presence).count();
            self.reps.get_or_create(&PresenceLabels { presence }).set(count as i64);
        }
        Ok(())
    }
}

fn word(presence: Presence) -> &'static str {
    match presence {
        Presence::Available => "available",
        Presence::Away(_) => "away",
        Presence::Offline => "offline",
    }
}

async fn scrape(State(metrics): State<Metrics>) -> Response {
    let mut text = String::new();
    if metrics.refresh().await.is_err()
        || prometheus_client::encoding::text::encode(&mut text, &metrics.registry).is_err()
    {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}

/// The sequencer's own counts, read without asking it.
#[derive(Debug)]
struct Sequencer(Arc<Gauges>);

impl Collector for Sequencer {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let counts = [
            ("jobs", "Commands and records decided and kept", &self.0.jobs),
            ("events", "Events written to the journal", &self.0.events),
            ("commits", "Commits, each one fsync", &self.0.commits),
            ("commit_failures", "Commits that storage refused", &self.0.failures),
        ];
        for (name, help, count) in counts {
            let counter = ConstCounter::new(count.load(Relaxed));
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let bound = |at: usize| COMMIT_BUCKETS_US.get(at).map_or(f64::MAX, |us| *us as f64 / 1e6);
        let buckets: Vec<(f64, u64)> =
            self.0.commit_buckets.iter().enumerate().map(|(at, count)| (bound(at), count.load(Relaxed))).collect();
        let sum = self.0.commit_time_us.load(Relaxed) as f64 / 1e6;
        let count = buckets.iter().map(|(_, count)| count).sum();
        let mut histogram =
            encoder.encode_descriptor("commit_seconds", "Time of one commit", None, MetricType::Histogram)?;
        histogram.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }
}
