//! The live stream of a staff screen: a snapshot or what was missed, then everything this role may see, as it is committed.

use super::conversation::Messages;
use super::desk::Desk;
use super::frames::{Frame, FromScreen};
use super::mail;
use super::meaning::{becomes_mine, is_about, may_have_been, offer_over, why_gone};
use super::policy::{Action, Decision, Relation, Subject, allow};
use super::refusal::Answer;
use super::screens::Screens;
use super::session::{Sessions, SignedIn, Staff};
use super::show::{Letter, Me, Seen, Sending};
use super::sightings;
use crate::channels::socket::{Incoming, POLICY, Pace, SERVICE_RESTART, Socket, Sockets, TRY_AGAIN_LATER, WsUpgrade};
use crate::daemon::feed::{Commit, Heard};
use crate::message::ContactRecord;
use crate::message::delivery::{Delivery, Faring};
use crate::routing::event::{Event, Reason};
use crate::routing::ids::*;
use crate::routing::skill::Need;
use crate::store::{Due, Sighting};
use axum::extract::State;
use axum::response::Response;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

/// The session is over.
const SESSION_OVER: u16 = 4401;
/// The client must say hello within this.
const HELLO: Duration = Duration::from_secs(5);
/// The session is looked at this often.
const SESSION_CHECK: Duration = Duration::from_secs(60);
/// The board is sent at most this often, and only when something happened.
const BOARD_EVERY: Duration = Duration::from_millis(500);
/// When the daemon stops, screens come back after this and up to as much again, each at its own time.
const RETRY_MS: u32 = 1_500;

/// What every screen stands on. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    pub desk: Desk,
    pub sessions: Sessions,
    pub screens: Screens,
    pub sockets: Sockets,
    pub needs: Needs,
}

/// Needs are named once and never change: screens share what one of them has asked for.
#[derive(Clone, Default)]
pub struct Needs(Arc<Mutex<HashMap<NeedId, Arc<Need>>>>);

pub async fn live(State(live): State<Live>, who: Staff, upgrade: WsUpgrade) -> Response {
    let sockets = live.sockets.clone();
    upgrade.run(&sockets, None, Pace::default(), move |socket| Screen::serve(live, who.0, socket))
}

impl Live {
    /// The row of a contact; a contact opened in this very commit brings it along. One that is damaged is left out, as it is
    /// wherever contacts are listed.
    async fn record(&self, commit: &Commit, contact: ContactId) -> Answer<Option<Arc<ContactRecord>>> {
        if let Some(record) = commit.opened.iter().find(|record| record.id == contact) {
            return Ok(Some(record.clone()));
        }
        let row = self.desk.handle.rows(move |rows| rows.contacts(&[contact])).await?.pop();
        Ok(row.map(Arc::new))
    }

    /// How a delivery fares, by its row; as far as the commit tells, where that cannot be read.
    async fn sending(&self, faring: &Faring) -> Sending {
        let state = faring.state;
        let unread = Sending { state, said: None, to: None, at: None, returned_at: None };
        self.delivery(faring).await.map_or(unread, mail::sending)
    }

    /// A letter with how it fares; without its row it is shown with the next look at the contact.
    async fn letter(&self, faring: &Faring) -> Option<Letter> {
        self.delivery(faring).await.map(|delivery| mail::letter(delivery, &self.desk.names))
    }

    async fn delivery(&self, faring: &Faring) -> Option<Delivery> {
        let id = faring.id;
        let row = self.desk.handle.rows(move |rows| rows.deliveries(Due::Id(id), 1)).await;
        row.ok().and_then(|mut found| found.pop())
    }

    async fn need(&self, id: NeedId) -> Answer<Arc<Need>> {
        let known = self.needs.0.lock().expect("needs").get(&id).cloned();
        if let Some(need) = known {
            return Ok(need);
        }
        let need = Arc::new(self.desk.handle.read(move |engine, _| engine.need(id).clone()).await?);
        self.needs.0.lock().expect("needs").insert(id, need.clone());
        Ok(need)
    }
}

/// How a stream ends: with a close code, or without one because the peer is gone.
type Ended = Option<(u16, &'static str)>;

/// One screen, in the one task that owns its socket.
struct Screen {
    live: Live,
    who: Arc<SignedIn>,
    me: RepId,
    /// May see everyone's work.
    oversees: bool,
    /// Is told of emergencies that nobody has taken yet.
    leads: bool,
    socket: Socket,
    /// What the client has been told is open for this rep.
    offers: BTreeMap<OfferId, ContactId>,
    mine: BTreeSet<ContactId>,
    /// What was caught up with: commits up to here are not told again.
    caught_up: Seq,
    /// When something that a board shows was last heard of.
    changed: Timestamp,
    /// When the board that was sent last was made.
    board: Timestamp,
}

impl Screen {
    async fn serve(live: Live, who: Arc<SignedIn>, mut socket: Socket) -> Socket {
        let hello = match timeout(HELLO, socket.next()).await {
            Ok(Incoming::Text(text)) => serde_json::from_str(&text).ok(),
            Ok(Incoming::Stop) => {
                socket.end(SERVICE_RESTART, "restarting");
                return socket;
            }
            Ok(Incoming::Gone) => return socket,
            Err(_) => None,
        };
        let Some(FromScreen::Hello(hello)) = hello else {
            socket.end(POLICY, "say hello first");
            return socket;
        };
        let me = who.id();
        let entry = live.screens.open(&live.desk.handle, me, who.hash).await;
        let may = |action, relation| allow(Subject::Staff(who.role()), action, relation) == Decision::Allow;
        // Signed out between the upgrade and now: there was no screen yet that could be closed.
        if matches!(live.sessions.check(who.hash).await, Ok(None)) {
            socket.end(SESSION_OVER, "signed out");
            return socket;
        }
        let (oversees, leads) = (may(Action::Oversee, Relation::Nothing), may(Action::Assign, Relation::Unowned));
        let (offers, mine, changed, board) = (BTreeMap::new(), BTreeSet::new(), Timestamp(0), Timestamp(0));
        let caught_up = Seq(0);
        let mut screen = Screen { live, who, me, oversees, leads, socket, offers, mine, caught_up, changed, board };
        if let Some((code, reason)) = screen.follow(hello.after, &entry.ended).await {
            screen.socket.end(code, reason);
        }
        screen.socket
    }

    async fn follow(&mut self, after: Option<Seq>, ended: &tokio_util::sync::CancellationToken) -> Ended {
        let mut feed = self.live.desk.handle.feed().staff(); // from here on nothing is missed
        let caught_up = tokio::select! {
            () = ended.cancelled() => return Some((SESSION_OVER, "signed out")),
            caught_up = self.catch_up(after) => caught_up,
        };
        if caught_up.is_err() {
            return Some((TRY_AGAIN_LATER, "not ready"));
        }
        let (mut board, mut session) = (slow(BOARD_EVERY), slow(SESSION_CHECK));
        let mut adapters = self.live.desk.adapters.clone();
        adapters.mark_changed(); // what changed while we caught up is shown too
        loop {
            tokio::select! {
                biased;
                () = ended.cancelled() => return Some((SESSION_OVER, "signed out")),
                incoming = self.socket.next() => match incoming {
                    Incoming::Text(text) if serde_json::from_str::<FromScreen>(&text).is_ok() => {}
                    Incoming::Text(_) => return Some((POLICY, "unknown frame")),
                    Incoming::Stop => {
                        self.send(&Frame::Bye { retry_ms: RETRY_MS + rand::random_range(0..RETRY_MS) });
                        return Some((SERVICE_RESTART, "restarting"));
                    }
                    Incoming::Gone => return None,
                },
                heard = feed.recv() => {
                    let told = match heard {
                        Ok(Heard::Commit(commit)) if self.knows(&commit) => Ok(()),
                        Ok(Heard::Commit(commit)) => self.tell(&commit).await,
                        Ok(Heard::Typing { contact, rep: None, on }) if self.mine.contains(&contact) => {
                            self.send(&Frame::Typing { contact_id: contact, on });
                            Ok(())
                        }
                        Ok(Heard::Typing { .. }) => Ok(()),
                        Ok(Heard::Reset) | Err(RecvError::Lagged(_)) => self.snapshot().await,
                        Err(RecvError::Closed) => return Some((SERVICE_RESTART, "restarting")),
                    };
                    if told.is_err() {
                        return Some((TRY_AGAIN_LATER, "come back"));
                    }
                }
                _ = board.tick(), if self.oversees && self.board < self.changed => {
                    if self.board().await.is_err() {
                        return Some((TRY_AGAIN_LATER, "come back"));
                    }
                }
                Ok(()) = adapters.changed(), if self.oversees => self.something_changed(),
                _ = session.tick() => {
                    // An error says nothing about the session; the next look will.
                    if let Ok(found) = self.live.sessions.check(self.who.hash).await
                        && found.is_none_or(|now| now.role() != self.who.role())
                    {
                        return Some((SESSION_OVER, "signed out"));
                    }
                }
            }
        }
    }

    /// Queues a frame. A client that reads too slowly is let go, with 1013.
    fn send(&mut self, frame: &Frame) {
        self.socket.send(frame.json());
    }

    /// The same, waiting for room: for what was missed, which may be much at once.
    async fn feed(&mut self, frame: &Frame) {
        self.socket.feed(frame.json()).await;
    }

    async fn catch_up(&mut self, after: Option<Seq>) -> Answer<()> {
        match after.and_then(|after| Some((after, self.live.desk.handle.feed().since(after)?))) {
            Some((after, missed)) => self.resume(after, &missed).await,
            None => self.snapshot().await,
        }
    }

    /// Everything as it is now. Its position is read first: what comes in between is told again, which does no harm.
    async fn snapshot(&mut self) -> Answer<()> {
        let desk = self.live.desk.clone();
        let (seq, made) = (desk.handle.feed().last(), desk.handle.clock().now());
        let me = desk.me(&self.who).await?;
        let offers = desk.offers(self.me).await?;
        let contacts = desk.held(self.me, Messages::Snapshot).await?;
        let shared = if self.oversees { Some(desk.recent_board().await?) } else { None };
        self.offers = offers.iter().map(|offer| (offer.id, offer.contact.id)).collect();
        self.mine = contacts.iter().map(|contact| contact.glance.id).collect();
        self.caught_up = seq;
        // A board that others had made a moment ago is followed by one that shows what has happened since.
        (self.board, self.changed) = (shared.as_ref().map_or(made, |shared| shared.made), self.changed.max(made));
        let board = shared.map(|shared| shared.board);
        self.send(&Frame::Snapshot { seq, at: desk.handle.clock().now(), me, offers, contacts, board });
        Ok(())
    }

    /// What happened while the screen was away, told from what is true now.
    async fn resume(&mut self, after: Seq, missed: &[Arc<Commit>]) -> Answer<()> {
        let desk = self.live.desk.clone();
        let seq = missed.last().map_or(after, |commit| commit.last());
        let offers = desk.offers(self.me).await?;
        let held = desk.held(self.me, Messages::None).await?;
        self.offers = offers.iter().map(|offer| (offer.id, offer.contact.id)).collect();
        self.mine = held.iter().map(|contact| contact.glance.id).collect();
        let mut touched = BTreeSet::new();
        for event in missed.iter().flat_map(|commit| &commit.events) {
            if let Some((offer_id, contact_id, why)) = offer_over(event, self.me)
                && !self.offers.contains_key(&offer_id)
            {
                self.feed(&Frame::OfferGone { seq, offer_id, contact_id, why }).await;
            }
            touched.extend(event.contact().filter(|id| self.mine.contains(id) || may_have_been(event, self.me)));
        }
        for offer in offers {
            self.feed(&Frame::Offer { seq, offer }).await;
        }
        self.contacts(seq, touched.clone(), touched.iter().map(|id| (*id, "elsewhere")).collect(), &touched).await?;
        for commit in missed {
            self.words(seq, commit).await;
        }
        self.caught_up = seq;
        self.something_changed();
        self.own(seq).await
    }

    /// Was this commit in what the screen has caught up with? One of messages only has no position, and may be told twice.
    fn knows(&self, commit: &Commit) -> bool {
        !commit.events.is_empty() && commit.last() <= self.caught_up
    }

    /// Tells what this commit means to this screen. Most commits mean nothing to most screens: no read is made for them.
    async fn tell(&mut self, commit: &Commit) -> Answer<()> {
        let seq = commit.last();
        let (mut touched, mut whys, mut fresh) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        let mut own = false;
        for event in &commit.events {
            own |= is_about(event, self.me);
            match event {
                Event::Offered { offer, contact, rep, until, reason } if *rep == self.me => {
                    self.offered(seq, commit, *offer, *contact, *until, reason).await?;
                }
                Event::EmergencyEscalated { contact, to } if self.leads => {
                    let record = self.live.record(commit, *contact).await?;
                    if let Some(contact) = record.map(|record| self.live.desk.names.glance(&record)) {
                        self.send(&Frame::Emergency { seq, contact, rung: *to });
                    }
                }
                event => {
                    if let Some((offer_id, contact_id, why)) = offer_over(event, self.me)
                        && self.offers.remove(&offer_id).is_some()
                    {
                        self.send(&Frame::OfferGone { seq, offer_id, contact_id, why });
                    }
                    let Some(contact) = event.contact() else { continue };
                    if becomes_mine(event, self.me) {
                        fresh.insert(contact);
                    } else if !self.mine.contains(&contact) && !fresh.contains(&contact) {
                        continue;
                    }
                    touched.insert(contact);
                    whys.insert(contact, why_gone(event));
                }
            }
        }
        own |= !touched.is_empty();
        self.words(seq, commit).await; // a contact that is new here brings its words along
        self.contacts(seq, touched, whys, &fresh).await?;
        if own {
            match commit.reps.iter().find(|stand| stand.rep == self.me) {
                Some(stand) => self.send(&Frame::Presence { seq, me: Me::of(&self.who, Some(*stand)) }),
                None => self.own(seq).await?, // it was taken from them, and only the engine knows
            }
        }
        if !commit.events.is_empty() || !commit.deliveries.is_empty() || commit.held != 0 {
            self.something_changed();
        }
        Ok(())
    }

    async fn own(&mut self, seq: Seq) -> Answer<()> {
        let me = self.live.desk.me(&self.who).await?;
        self.send(&Frame::Presence { seq, me });
        Ok(())
    }

    async fn board(&mut self) -> Answer<()> {
        let shared = self.live.desk.recent_board().await?;
        if shared.made > self.board {
            self.board = shared.made;
            self.send(&Frame::Board { seq: shared.seq, board: shared.board });
        }
        Ok(())
    }

    fn something_changed(&mut self) {
        self.changed = self.live.desk.handle.clock().now();
    }

    /// Contacts something happened to: those that are this rep's are shown as they are, the others are gone from here.
    async fn contacts(
        &mut self,
        seq: Seq,
        touched: BTreeSet<ContactId>,
        whys: BTreeMap<ContactId, &'static str>,
        fresh: &BTreeSet<ContactId>,
    ) -> Answer<()> {
        let desk = self.live.desk.clone();
        let (with, without): (Vec<_>, Vec<_>) = touched.iter().partition(|id| fresh.contains(id));
        let mut shown = desk.contacts(with, self.me, Messages::Snapshot).await?;
        shown.extend(desk.contacts(without, self.me, Messages::None).await?);
        for contact in shown {
            let id = contact.glance.id;
            if contact.rep == Some(self.me) && contact.stage != "closed" {
                self.mine.insert(id);
                self.feed(&Frame::Contact { seq, contact: contact.into() }).await;
            } else {
                self.mine.remove(&id);
                let why = whys.get(&id).copied().unwrap_or("elsewhere");
                self.feed(&Frame::ContactGone { seq, contact_id: id, why }).await;
            }
        }
        Ok(())
    }

    /// What was said in, mailed from, seen and read of this rep's contacts.
    async fn words(&mut self, seq: Seq, commit: &Commit) {
        for message in commit.messages.iter().filter(|message| self.mine.contains(&message.contact)) {
            let contact_id = message.contact;
            let message = super::show::Said::of(message);
            self.socket.feed(Frame::Message { seq, contact_id, message }.json()).await;
        }
        for faring in commit.deliveries.iter().filter(|faring| self.mine.contains(&faring.contact)) {
            let contact_id = faring.contact;
            let frame = match faring.seq {
                Some(message) => {
                    Some(Frame::Delivery { seq, contact_id, message, sending: self.live.sending(faring).await })
                }
                None => self.live.letter(faring).await.map(|letter| Frame::Letter { seq, contact_id, letter }),
            };
            if let Some(frame) = frame {
                self.socket.feed(frame.json()).await;
            }
        }
        for saw in commit.sightings.iter().filter(|saw| self.mine.contains(&saw.contact)) {
            let Sighting { contact: contact_id, rep, first, last, at } = *saw;
            // without a name it is shown with the next look at the contact
            let Ok(display) = self.live.desk.handle.rows(move |rows| sightings::display(rows, rep)).await else {
                continue;
            };
            let seen = Seen { rep, display, at };
            self.socket.feed(Frame::Seen { seq, contact_id, first, last, seen }.json()).await;
        }
        for read in commit.reads.iter().filter(|read| read.by_customer && self.mine.contains(&read.contact)) {
            self.socket.feed(Frame::Read { seq, contact_id: read.contact, read: read.seq }.json()).await;
        }
    }

    async fn offered(
        &mut self,
        seq: Seq,
        commit: &Commit,
        id: OfferId,
        contact: ContactId,
        until: Option<Timestamp>,
        reason: &Reason,
    ) -> Answer<()> {
        let Some(record) = self.live.record(commit, contact).await? else { return Ok(()) };
        let need = self.live.need(reason.need).await?;
        let names = &self.live.desk.names;
        let reason = self.live.desk.why(self.me, &need, record.urgency, reason).await?;
        let offer = super::show::Offer { id, contact: names.glance(&record), reason, expires_at: until };
        if self.offers.insert(id, contact).is_none() {
            self.send(&Frame::Offer { seq, offer });
        }
        Ok(())
    }
}

/// The first tick is one period from now, and two are never closer than a period.
fn slow(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}
