//! The engine under watch: every command is followed by the invariants, the oracle, and in the end the replay.

use super::oracle::Oracle;
use super::spell::Names;
use steelbridge::routing::command::{Command, Refusal};
use steelbridge::routing::engine::{Engine, Snapshot};
use steelbridge::routing::event::Event;
use steelbridge::routing::ids::*;

/// The engine, its journal, and those who watch it.
#[derive(Default)]
pub struct World {
    pub engine: Engine,
    pub names: Names,
    pub oracle: Oracle,
    pub journal: Vec<(Timestamp, Event)>,
    pub now: Timestamp,
    /// Compare the state before and after each refused command; dear, so stories only.
    pub watch_refusals: bool,
    /// A snapshot taken on the way, and how long the journal was.
    pub halfway: Option<(usize, Snapshot)>,
}

/// A promise the engine broke, in words.
pub type Broken = String;

/// What a command came to: the refusal is an answer, a broken promise is a bug.
pub type Outcome = Result<Vec<Event>, Refusal>;

impl World {
    /// Give the engine a command and check all it has promised.
    pub fn act(&mut self, at: Timestamp, command: Command) -> Result<Outcome, Broken> {
        self.now = at;
        let before = self.watch_refusals.then(|| self.engine.snapshot());
        let outcome = self.engine.handle(at, command);
        match &outcome {
            Ok(events) => {
                for event in events {
                    self.names.learn(event);
                    self.journal.push((at, event.clone()));
                }
                self.oracle.follow(at, events)?;
            }
            Err(refusal) => {
                if before.is_some_and(|before| before != self.engine.snapshot()) {
                    return Err(format!("refused ({refusal}) and changed all the same"));
                }
            }
        }
        self.engine.check_invariants()?;
        if self.engine.next_deadline().is_some_and(|due| due <= at) && outcome.as_ref().is_ok_and(Vec::is_empty) {
            return Err(format!("a deadline at {:?} stays due", self.engine.next_deadline()));
        }
        Ok(outcome)
    }

    /// Keep a snapshot to start a replay from.
    pub fn remember(&mut self) {
        self.halfway = Some((self.journal.len(), self.engine.snapshot()));
    }

    /// The state is what the journal says: from its beginning, and from the snapshot and its tail; and the oracle's
    /// log is the engine's.
    pub fn check_memory(&mut self) -> Result<(), Broken> {
        let live = self.engine.snapshot();
        let replayed = Engine::replay(None, self.journal.iter().cloned());
        same(&live, &replayed, "the journal")?;
        replayed.check_invariants().map_err(|e| format!("after a replay: {e}"))?;
        let kept = postcard::to_stdvec(&live).map_err(|e| format!("a snapshot cannot be written: {e}"))?;
        let read: Snapshot = postcard::from_bytes(&kept).map_err(|e| format!("a snapshot cannot be read: {e}"))?;
        same(&live, &Engine::replay(Some(read), std::iter::empty()), "its own snapshot")?;
        if let Some((length, snapshot)) = self.halfway.take() {
            let tail = self.journal[length..].iter().cloned();
            let continued = Engine::replay(Some(snapshot), tail);
            same(&live, &continued, "a snapshot and the journal's tail")?;
            if continued.next_deadline() != self.engine.next_deadline() {
                return Err("a replayed engine waits for another moment".into());
            }
        }
        match self.oracle.theirs == self.oracle.ours {
            true => Ok(()),
            false => Err("the oracle's log is not the engine's".into()),
        }
    }
}

fn same(live: &Snapshot, rebuilt: &Engine, source: &str) -> Result<(), Broken> {
    let rebuilt = rebuilt.snapshot();
    if *live == rebuilt {
        return Ok(());
    }
    let (live, rebuilt) = (format!("{live:#?}"), format!("{rebuilt:#?}"));
    let differs = live.lines().zip(rebuilt.lines()).filter(|(a, b)| a != b).take(8);
    let lines: Vec<String> = differs.map(|(a, b)| format!("live {}  replayed {}", a.trim(), b.trim())).collect();
    Err(format!("rebuilt from {source} the state differs:\n      {}", lines.join("\n      ")))
}
