//! Moving mail away once it is safe: together, off the way of new mail, and as gently as the server allows.

use super::fetch::uid_set;
use super::session::{Selected, Session, quoted};
use super::trouble::Trouble;
use crate::routing::ids::{Span, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// Where a mail goes afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Destination {
    Processed,
    Quarantine,
    Oversize,
}

/// Mail that is to be moved. All of it is on disk with us.
#[derive(Debug, Default)]
pub(super) struct Moves {
    waiting: BTreeMap<u32, Destination>,
    /// Not before; once it is reached all that waits is moved.
    due: Option<Timestamp>,
    /// Why the server would not, the last time.
    pub refused: Option<String>,
}

impl Moves {
    pub fn add(&mut self, uid: u32, to: Destination, now: Timestamp, every: Duration) {
        self.waiting.insert(uid, to);
        self.due.get_or_insert(now + span(every));
    }

    /// The first mail that still is where it was.
    pub fn first(&self) -> Option<u32> {
        self.waiting.keys().next().copied()
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How long until it is time; `None` when nothing waits.
    pub fn due_in(&self, now: Timestamp, batch: usize) -> Option<Duration> {
        if self.waiting.len() >= batch && self.refused.is_none() {
            return Some(Duration::ZERO);
        }
        let left = self.due? - now;
        Some(Duration::from_micros(left.0.max(0) as u64))
    }

    /// Moves all that waits. What the server refuses waits for a later time.
    pub async fn flush(
        &mut self,
        session: &mut Session,
        open: &Selected,
        folder_of: impl Fn(Destination) -> String,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        (self.due, self.refused) = (None, None);
        for to in [Destination::Processed, Destination::Quarantine, Destination::Oversize] {
            let all: Vec<u32> = self.waiting.iter().filter(|(_, at)| **at == to).map(|(uid, _)| *uid).collect();
            let folder = folder_of(to);
            for uids in all.chunks(session.limits.move_batch) {
                if !folder.is_empty() {
                    match session.move_away(uids, &folder, open).await {
                        Ok(()) => {}
                        Err(Trouble::Refused { text, .. }) => {
                            self.refused = Some(format!("mail cannot be moved to {folder}: {text}"));
                            self.due = Some(now + span(session.limits.move_again));
                            break;
                        }
                        Err(trouble) => return Err(trouble),
                    }
                }
                self.waiting.retain(|uid, _| !uids.contains(uid));
            }
        }
        Ok(())
    }
}

fn span(duration: Duration) -> Span {
    Span::millis(duration.as_millis() as i64)
}

impl Session {
    /// Moves mail of the open folder. To move what is gone already is no error, so this may be repeated.
    async fn move_away(&mut self, uids: &[u32], folder: &str, open: &Selected) -> Result<(), Trouble> {
        let set = uid_set(uids);
        let doing = "moving mail";
        if self.can("MOVE") {
            let line = format!("UID MOVE {set} {}", quoted(folder)); // RFC 6851
            return self.put_away(doing, &line, folder).await;
        }
        if self.can("UIDPLUS") {
            self.put_away(doing, &format!("UID COPY {set} {}", quoted(folder)), folder).await?;
            self.ask(doing, &format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"), |_| {}).await?;
            return self.ask(doing, &format!("UID EXPUNGE {set}"), |_| {}).await; // RFC 4315: only these
        }
        // EXPUNGE alone would also remove what a person has marked for deletion: mail stays, and is marked as done.
        let keyword = if open.keywords { " $Steelbridge" } else { "" };
        self.ask(doing, &format!("UID STORE {set} +FLAGS.SILENT (\\Seen{keyword})"), |_| {}).await
    }

    /// Makes the folder when the server says that this is what is missing.
    async fn put_away(&mut self, doing: &'static str, line: &str, folder: &str) -> Result<(), Trouble> {
        match self.ask(doing, line, |_| {}).await {
            Err(Trouble::Refused { no_folder: true, .. }) => {
                self.create_folder(folder).await?;
                self.ask(doing, line, |_| {}).await
            }
            outcome => outcome,
        }
    }
}
