//! Figures of mailboxes, relays and outboxes. Mailboxes go by the names of the settings; nobody's address is in them.

use crate::channels::email::arrive::Counts;
use crate::channels::{Adapter, AdapterState};
use crate::daemon::Outbox;
use crate::daemon::gauges::Gauges;
use crate::daemon::outbox::Tally;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::fmt::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::watch;

/// Every line in and out, asked when somebody looks.
#[derive(Debug)]
pub struct Lines {
    pub adapters: watch::Receiver<Vec<Adapter>>,
    pub outboxes: Vec<Tallied>,
    pub mails: Arc<Counts>,
    pub gauges: Arc<Gauges>,
}

/// An outbox under the name of its line.
pub struct Tallied(pub String, pub Outbox);

impl std::fmt::Debug for Tallied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Tallied {
    pub fn new(outbox: Outbox) -> Tallied {
        let name = outbox.health.borrow().name.clone();
        Tallied(name, outbox)
    }
}

type Figure = fn(&Adapter) -> i64;

/// Name, what it is, and how it is read off an adapter. Times are seconds since 1970, 0 for never.
const FIGURES: [(&str, &str, Figure); 6] = [
    ("line_down", "1 when nothing comes through a mailbox or relay", |a| i64::from(a.state == AdapterState::Down)),
    ("line_degraded", "1 when something comes through but not all is as it should be", |a| {
        i64::from(a.state == AdapterState::Degraded)
    }),
    ("line_untried", "1 while nothing had to go this way since the start: whether it works is not known", |a| {
        i64::from(a.state == AdapterState::Untried)
    }),
    ("line_backlog", "Things that wait and are not done yet", |a| i64::from(a.backlog)),
    ("line_last_success_seconds", "When everything there was had last been done", |a| {
        a.last_success.map_or(0, |at| at.0 / 1_000_000)
    }),
    ("line_oldest_seconds", "When the oldest thing that is not done yet arrived", |a| {
        a.oldest.map_or(0, |at| at.0 / 1_000_000)
    }),
];

impl Collector for Lines {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), Error> {
        let adapters = self.adapters.borrow().clone();
        for (name, help, figure) in FIGURES {
            let gauge = ConstGauge::new(0i64);
            let mut family = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
            for adapter in &adapters {
                ConstGauge::new(figure(adapter)).encode(family.encode_family(&[("line", adapter.name.as_str())])?)?;
            }
        }
        self.encode_mails(&mut encoder)?;
        self.encode_letters(&mut encoder)?;
        self.encode_spared(&mut encoder)
    }
}

impl Lines {
    fn encode_mails(&self, encoder: &mut DescriptorEncoder) -> Result<(), Error> {
        let help = "Mails taken, by what became of them; again: known by their key";
        let kind = ConstCounter::new(0u64).metric_type();
        let mut family = encoder.encode_descriptor("mails", help, None, kind)?;
        let Counts { contacts, held, remembered, again } = &*self.mails;
        for (became, count) in [("contact", contacts), ("held", held), ("remembered", remembered), ("again", again)] {
            ConstCounter::new(count.load(Relaxed)).encode(family.encode_family(&[("became", became)])?)?;
        }
        Ok(())
    }

    fn encode_letters(&self, encoder: &mut DescriptorEncoder) -> Result<(), Error> {
        let help = "Letters by what became of them; put_off counts attempts";
        let kind = ConstCounter::new(0u64).metric_type();
        let mut family = encoder.encode_descriptor("letters", help, None, kind)?;
        for Tallied(name, outbox) in &self.outboxes {
            let Tally { sent, failed, unknown, put_off } = &*outbox.tally;
            for (became, count) in [("sent", sent), ("failed", failed), ("unknown", unknown), ("put_off", put_off)] {
                let labels = [("line", name.as_str()), ("became", became)];
                ConstCounter::new(count.load(Relaxed)).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
    fn encode_spared(&self, encoder: &mut DescriptorEncoder) -> Result<(), Error> {
        let help = "Letters not written, so that nobody is flooded in our name";
        let counter = ConstCounter::new(0u64).metric_type();
        let mut family = encoder.encode_descriptor("letters_spared", help, None, counter)?;
        let Gauges { spared_acknowledgements, spared_notices, .. } = &*self.gauges;
        for (kind, count) in [("acknowledgement", spared_acknowledgements), ("notice", spared_notices)] {
            ConstCounter::new(count.load(Relaxed)).encode(family.encode_family(&[("kind", kind)])?)?;
        }
        Ok(())
    }
}
