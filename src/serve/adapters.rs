//! How mailboxes and relays are doing, gathered from each into the one list that screens and metrics look at.

use crate::channels::email::imap::{Health, State};
use crate::channels::{Adapter, AdapterState};
use crate::daemon::Clock;
use tokio::sync::watch;

/// Cheap to clone; all clones write one list.
#[derive(Clone)]
pub struct Board {
    list: watch::Sender<Vec<Adapter>>,
    clock: Clock,
}

impl Board {
    pub fn new(clock: Clock) -> Board {
        Board { list: watch::Sender::new(Vec::new()), clock }
    }

    pub fn list(&self) -> watch::Receiver<Vec<Adapter>> {
        self.list.subscribe()
    }

    /// Keeps a mailbox's line in the list until nobody reads the mailbox any more.
    pub fn watch_mailbox(&self, name: String, health: watch::Receiver<Health>) {
        self.watch(name, health, mailbox);
    }

    /// Keeps a line in the list up to date, as `told` puts it, until the sender of its news is gone.
    pub fn watch<T: Send + Sync + 'static>(&self, name: String, mut news: watch::Receiver<T>, told: fn(&T) -> Adapter) {
        let board = self.clone();
        board.put(Adapter { name: name.clone(), ..told(&news.borrow_and_update()) });
        tokio::spawn(async move {
            while news.changed().await.is_ok() {
                let adapter = Adapter { name: name.clone(), ..told(&news.borrow_and_update()) };
                board.put(adapter);
            }
        });
    }

    /// A state that stays keeps its beginning.
    fn put(&self, mut adapter: Adapter) {
        let now = self.clock.now();
        self.list.send_if_modified(|list| {
            let Some(known) = list.iter_mut().find(|known| known.name == adapter.name) else {
                adapter.since = adapter.since.or(Some(now));
                list.push(adapter);
                return true;
            };
            let began = known.since.filter(|_| known.state == adapter.state);
            adapter.since = adapter.since.or(began).or(Some(now));
            let changed = *known != adapter;
            *known = adapter;
            changed
        });
    }
}

fn mailbox(health: &Health) -> Adapter {
    let (state, why, since) = match &health.state {
        State::Starting => (AdapterState::Starting, None, None),
        State::Up => (AdapterState::Up, None, None),
        State::Degraded(why) => (AdapterState::Degraded, Some(why.clone()), None),
        State::Down { since, why } => (AdapterState::Down, Some(why.clone()), Some(*since)),
        State::Stopped => (AdapterState::Stopped, None, None),
    };
    Adapter {
        name: String::new(),
        state,
        why,
        since,
        oldest: health.oldest,
        last_success: health.last_success,
        backlog: health.backlog.try_into().unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::ids::Timestamp;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

    #[test]
    fn a_line_says_since_when_and_changes_only_when_something_did() {
        let now = Arc::new(AtomicI64::new(1));
        let read = now.clone();
        let board = Board::new(Clock::new(move || Timestamp(read.load(Relaxed))));
        let mut list = board.list();
        let put = |state| {
            board.put(Adapter { name: "Mailbox desk".into(), ..mailbox(&Health { state, ..Health::default() }) })
        };
        put(State::Starting);
        now.store(5, Relaxed);
        put(State::Up);
        now.store(9, Relaxed);
        list.mark_unchanged();
        put(State::Up);
        assert!(!list.has_changed().unwrap(), "nothing new");
        assert_eq!((list.borrow()[0].state, list.borrow()[0].since), (AdapterState::Up, Some(Timestamp(5))));
        put(State::Down { since: Timestamp(7), why: "no route".into() });
        let line = list.borrow()[0].clone();
        assert_eq!((line.since, line.why.as_deref(), list.borrow().len()), (Some(Timestamp(7)), Some("no route"), 1));
    }
}
