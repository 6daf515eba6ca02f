//! Reads what screens show: the engine's answer and the rows beside it, put together in the shapes of [`super::show`].

use super::conversation::{Messages, Rows, rows};
use super::mail;
use super::refusal::{Answer, no_such_contact};
use super::sentences;
use super::session::SignedIn;
use super::show::*;
use crate::channels::Adapter;
use crate::console::problem::Problem;
use crate::daemon::feed::Stand;
use crate::daemon::outbox::Outbox;
use crate::daemon::{Failure, Handle, outgoing};
use crate::message::ContactRecord;
use crate::routing::board::{OpenOffer, RepCard};
use crate::routing::contact::Stage;
use crate::routing::engine::Engine;
use crate::routing::event::Reason;
use crate::routing::ids::*;
use crate::routing::skill::Need;
use crate::store::{Due, Reads, StoreError, Which};
use axum::http::StatusCode;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Held mails and troubled deliveries that are listed, and that may be asked for at once.
pub const LISTED: usize = 100;
pub const LISTED_MOST: usize = 5_000;
/// A board that another screen asked for will do when it is no older.
const BOARD_AGE: Span = Span::millis(400);

/// Everything there is to read, for one room or one screen. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    pub handle: Handle,
    pub names: Arc<Names>,
    /// How mailboxes and relays are doing.
    pub adapters: watch::Receiver<Vec<Adapter>>,
    /// What they have still to send is asked of the store.
    outboxes: Arc<[Outbox]>,
    boards: Arc<tokio::sync::Mutex<Option<SharedBoard>>>,
}

/// A board, made once for all screens that show it.
#[derive(Clone)]
pub struct SharedBoard {
    /// The position it is at least as new as.
    pub seq: Seq,
    /// What was committed before this moment is in it.
    pub made: Timestamp,
    pub board: Arc<Board>,
}

/// How an open contact stands with the engine.
struct Standing {
    stage: &'static str,
    rep: Option<RepId>,
    since: Timestamp,
    until: Option<Timestamp>,
    queue: Word,
    urgency: Urgency,
    customer_away: bool,
    alarm: bool,
    disposition: Option<Disposition>,
    /// Why it is offered to the one who asks, or went to whoever has it.
    why: Option<(Need, Reason)>,
}

impl Standing {
    fn of(engine: &Engine, id: ContactId, viewer: RepId) -> Option<Standing> {
        let contact = engine.contact(id)?;
        let (rep, since, until) = match contact.stage {
            Stage::Waiting => (None, contact.since, None),
            Stage::Offered { until, .. } => (None, contact.since, Some(until)),
            Stage::Active { rep, since } => (Some(rep), since, None),
            Stage::Parked { rep, until } => (Some(rep), contact.since, until),
            Stage::WrapUp { rep, until, .. } => (Some(rep), contact.since, Some(until)),
        };
        let disposition = match contact.stage {
            Stage::WrapUp { disposition, .. } => Some(disposition),
            _ => None,
        };
        let offer = match contact.stage {
            Stage::Offered { offer, rep, .. } if rep == viewer => Some(offer),
            _ => contact.alarms().iter().find(|(_, rep)| *rep == viewer).map(|(offer, _)| *offer),
        };
        Some(Standing {
            stage: contact.stage.name(),
            rep,
            since,
            until,
            queue: engine.queue_name(contact.queue),
            urgency: contact.urgency,
            customer_away: contact.customer_away(),
            alarm: contact.is_unacknowledged(),
            disposition,
            why: match offer.and_then(|offer| engine.open_offer(offer)) {
                Some(offer) => Some((offer.need, offer.reason)),
                None => contact.reason().map(|reason| (engine.need(reason.need).clone(), reason)),
            },
        })
    }
}

impl Desk {
    pub fn new(handle: Handle, names: Names, adapters: watch::Receiver<Vec<Adapter>>, outboxes: Vec<Outbox>) -> Desk {
        Desk { handle, names: Arc::new(names), adapters, outboxes: outboxes.into(), boards: Arc::default() }
    }

    pub async fn me(&self, who: &SignedIn) -> Answer<Me> {
        let id = who.id();
        let stand = self.handle.read(move |engine, _| engine.rep(id).map(Stand::of)).await?;
        Ok(Me::of(who, stand))
    }

    /// What is offered to this rep now.
    pub async fn offers(&self, rep: RepId) -> Answer<Vec<Offer>> {
        let open = self.handle.read(move |engine, now| engine.desk(rep, now).map(|desk| desk.offers));
        let open = open.await?.unwrap_or_default();
        let ids = open.iter().map(|offer| offer.contact).collect();
        let records = self.records(ids).await?;
        let names = self.displays_in(open.iter().map(|offer| &offer.reason)).await?;
        let shown = open.iter().filter_map(|offer| Some(self.offer(rep, offer, records.get(&offer.contact)?, &names)));
        Ok(shown.collect())
    }

    fn offer(&self, rep: RepId, open: &OpenOffer, record: &ContactRecord, names: &Displays) -> Offer {
        let glance = Glance { urgency: open.urgency, ..self.names.glance(record) };
        let reason = self.names.why(rep, &open.need, open.urgency, &open.reason, names);
        Offer { id: open.id, contact: glance, reason, expires_at: open.expires_at }
    }

    pub async fn records(&self, ids: Vec<ContactId>) -> Result<HashMap<ContactId, ContactRecord>, Failure> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self.handle.rows(move |rows| rows.contacts(&ids)).await?;
        Ok(rows.into_iter().map(|record| (record.id, record)).collect())
    }

    /// What this rep has: active, parked, in wrap-up.
    pub async fn held(&self, rep: RepId, messages: Messages) -> Answer<Vec<Contact>> {
        let ids = self.handle.read(move |engine, now| {
            let held = engine.desk(rep, now).map(|desk| desk.contacts).unwrap_or_default();
            held.into_iter().map(|contact| contact.contact).collect::<Vec<_>>()
        });
        self.contacts(ids.await?, rep, messages).await
    }

    /// One contact, open or closed. Whether the viewer may see it has been asked before.
    pub async fn contact(&self, id: ContactId, viewer: RepId, messages: Messages) -> Answer<Contact> {
        Ok(self.look(vec![id], viewer, messages).await?.pop().ok_or_else(no_such_contact)??)
    }

    /// In the order asked for. One that cannot be read costs only itself: the others are shown without it.
    pub async fn contacts(&self, ids: Vec<ContactId>, viewer: RepId, messages: Messages) -> Answer<Vec<Contact>> {
        let found = self.look(ids, viewer, messages).await?.into_iter();
        let readable = |found: Result<Contact, Failure>| {
            found.inspect_err(|failure| tracing::error!(%failure, "a contact is left out of what a screen shows")).ok()
        };
        Ok(found.filter_map(readable).collect())
    }

    /// Those that are there; of one that is damaged, what is wrong with it.
    async fn look(
        &self,
        ids: Vec<ContactId>,
        viewer: RepId,
        messages: Messages,
    ) -> Answer<Vec<Result<Contact, Failure>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let asked = ids.clone();
        let standings = self
            .handle
            .read(move |engine, _| ids.iter().map(|id| Standing::of(engine, *id, viewer)).collect::<Vec<_>>());
        let standings = standings.await?;
        let rows = self.handle.rows(move |reads| rows(reads, &asked, messages)).await?;
        let whys = standings.iter().flatten().filter_map(|standing| standing.why.as_ref());
        let names = self.displays_in(whys.map(|(_, reason)| reason)).await?;
        let both = rows.into_iter().zip(standings);
        let one = |(rows, standing)| match rows {
            Ok(rows) => Some(Ok(self.put_together(rows?, standing, viewer, &names))),
            Err(damaged) => Some(Err(Failure::from(damaged))),
        };
        Ok(both.filter_map(one).collect())
    }

    fn put_together(&self, rows: Rows, standing: Option<Standing>, viewer: RepId, names: &Displays) -> Contact {
        let record = rows.record;
        let closed = record.closed;
        let mailed_to = outgoing::mailed_to(&self.handle, &record).map(str::to_owned);
        let mut contact = Contact {
            glance: self.names.glance(&record),
            queue: None,
            stage: "closed",
            rep: record.last_rep,
            since: closed.map_or(record.opened_at, |(at, _)| at),
            until: None,
            party: record.party,
            fields: record.fields,
            doubtful: record.doubtful,
            opened_at: record.opened_at,
            customer_away: false,
            alarm: false,
            follows: rows.follows,
            mailed_to,
            customer_read: rows.customer_read,
            disposition: closed.map(|(_, disposition)| disposition),
            reason: None,
            messages: rows.messages,
            letters: rows.letters.into_iter().map(|letter| mail::letter(letter, &self.names)).collect(),
            has_earlier: rows.has_earlier,
        };
        let Some(standing) = standing else { return contact };
        contact.glance.urgency = standing.urgency;
        contact.queue = Some(standing.queue);
        contact.stage = standing.stage;
        contact.rep = standing.rep;
        contact.since = standing.since;
        contact.until = standing.until;
        contact.customer_away = standing.customer_away;
        contact.alarm = standing.alarm;
        contact.disposition = standing.disposition;
        let to = standing.rep.unwrap_or(viewer);
        contact.reason = standing.why.map(|(need, reason)| self.names.why(to, &need, standing.urgency, &reason, names));
        contact
    }

    async fn make_board(&self) -> Answer<Board> {
        let board = self.handle.read(|engine, now| engine.board(now)).await?;
        let names = self.displays().await?;
        let named = |card: RepCard| Named { display: names.get(card.rep), it: card };
        let (held, troubled) = self.handle.rows(tallies).await?;
        let adapters = self.adapters().await?;
        Ok(Board {
            at: board.at,
            waiting: board.waiting,
            reps: board.reps.into_iter().map(named).collect(),
            unacknowledged: board.unacknowledged,
            next: board.next,
            opened: board.opened,
            closed: board.closed,
            held,
            troubled,
            adapters,
        })
    }

    /// How mailboxes and relays are doing, the worst first.
    async fn adapters(&self) -> Result<Vec<Adapter>, Failure> {
        let mut adapters = self.adapters.borrow().clone();
        for outbox in self.outboxes.iter() {
            let (name, channel) = (outbox.health.borrow().name.clone(), outbox.channel);
            let unsent = self.handle.rows(move |rows| rows.unsent(channel)).await?;
            if let Some(adapter) = adapters.iter_mut().find(|adapter| adapter.name == name) {
                adapter.backlog = u32::try_from(unsent.count).unwrap_or(u32::MAX);
                adapter.oldest = unsent.oldest;
            }
        }
        adapters.sort_by_key(|adapter| adapter.state); // among equals, as they are configured
        Ok(adapters)
    }

    /// The board as it is now: who has just changed something sees it. One is made at a time, and all who wait share it.
    pub async fn board(&self) -> Answer<SharedBoard> {
        self.board_since(self.handle.clock().now()).await
    }

    /// A board of a moment ago, which others may have asked for: however many screens there are, the engine is asked a few
    /// times a second.
    pub async fn recent_board(&self) -> Answer<SharedBoard> {
        self.board_since(Timestamp(self.handle.clock().now().0 - BOARD_AGE.0)).await
    }

    async fn board_since(&self, oldest: Timestamp) -> Answer<SharedBoard> {
        let mut last = self.boards.lock().await; // held while one is made: whoever waits gets that one
        if let Some(shared) = last.as_ref().filter(|shared| shared.made >= oldest) {
            return Ok(shared.clone());
        }
        let (seq, made) = (self.handle.feed().last(), self.handle.clock().now());
        let board = Arc::new(self.make_board().await?);
        Ok(last.insert(SharedBoard { seq, made, board }).clone())
    }

    /// 409 when the contact is closed: nothing is decided about it any more.
    pub async fn explanation(&self, id: ContactId) -> Answer<Explanation> {
        let of = self.handle.read(move |engine, now| engine.explain(id, now).map(|of| (of, now))).await?;
        let closed =
            || Problem::new(StatusCode::CONFLICT, "The contact is closed: nothing is decided about it any more.");
        let (of, now) = of.ok_or_else(closed)?;
        let names = self.displays().await?;
        let sentences = sentences::explanation(&of, now, |rep| names.get(rep));
        Ok(Explanation {
            contact: of.contact,
            stage: of.stage,
            queue: of.queue,
            urgency: of.urgency,
            need: of.need,
            wanted: of.wanted,
            widened_steps: of.widened_steps,
            next_widening: of.next_widening,
            since: of.since,
            head_start: of.head_start,
            ahead: of.ahead,
            forecast: of.forecast,
            reserved: of.reserved,
            handed: of.handed,
            kept_for_named: of.kept_for_named,
            asked: of.offers.iter().map(|(_, rep, _)| *rep).collect(),
            reps: of.reps.into_iter().map(|rep| Named { display: names.get(rep.rep), it: rep }).collect(),
            owner: of.owner,
            sentences,
        })
    }

    pub async fn colleagues(&self) -> Answer<Vec<Colleague>> {
        let names = self.displays().await?;
        let show = move |rep: &crate::routing::rep::Rep| Colleague {
            rep: rep.id,
            name: rep.profile.name,
            display: names.get(rep.id),
            presence: rep.presence,
            connected: rep.connected,
            load: u16::try_from(rep.load()).unwrap_or(u16::MAX),
            capacity: rep.profile.capacity,
            languages: rep.profile.ability.languages.iter().map(|level| level.language).collect(),
        };
        Ok(self.handle.read(move |engine, _| engine.reps().map(show).collect()).await?)
    }

    /// The names that these reasons name; most name nobody.
    async fn displays_in<'a>(&self, mut reasons: impl Iterator<Item = &'a Reason>) -> Result<Displays, Failure> {
        if reasons.any(|reason| reason.handed.is_some()) { self.displays().await } else { Ok(Displays::default()) }
    }

    /// Why a contact is offered to this rep.
    pub async fn why(&self, to: RepId, need: &Need, urgency: Urgency, reason: &Reason) -> Answer<Why> {
        let names = self.displays_in(std::iter::once(reason)).await?;
        Ok(self.names.why(to, need, urgency, reason, &names))
    }

    async fn displays(&self) -> Result<Displays, Failure> {
        let accounts = self.handle.rows(|rows| rows.accounts()).await?;
        Ok(Displays(accounts.into_iter().map(|account| (account.id, account.display)).collect()))
    }
}

fn tallies(reads: &dyn Reads) -> Result<(Tally, Tally), StoreError> {
    let held = Tally::of(reads.mail(Which::Held, LISTED)?.iter().map(|mail| mail.id));
    let troubled = Tally::of(reads.deliveries(Due::Troubled, LISTED)?.iter().map(|delivery| delivery.id));
    Ok((Tally { count: reads.held()?, ..held }, Tally { count: reads.troubled()?, ..troubled }))
}
