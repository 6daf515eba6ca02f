//! The whole look at a SQLite store: is the file sound, is every row as it was written, do the tables follow from the journal?

use super::embedded::Embedded;
use super::rows::contact::{self, Change};
use super::rows::{Flaw, account, bookmark, delivery, journal, mail, message, sighting};
use super::{Store, StoreError};
use crate::routing::ids::{ContactId, Seq};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Events read at once.
const PAGE: usize = 10_000;

impl Embedded {
    /// Reads everything and gives back what is wrong: at most one finding a table, and SQLite's own. Takes minutes on
    /// a large file, and waits for nobody.
    ///
    /// What it cannot see: a read mark that changed on disk and is still possible.
    pub fn verify(&self) -> Vec<StoreError> {
        let db = self.writer();
        let mut findings = Vec::new();
        let mut note = |found: Result<(), StoreError>| findings.extend(found.err());
        note(file(db));
        note(account::all(db).map(drop));
        note(account::check_sessions(db));
        note(journal::check_sources(db));
        note(mail::check(db));
        note(delivery::check(db));
        note(bookmark::check(db));
        note(sighting::check(db));
        match self.changes() {
            Ok(changes) => note(contacts(db, &changes)),
            Err(damage) => {
                note(Err(damage));
                note(contacts(db, &BTreeMap::new()));
            }
        }
        findings
    }

    /// What the whole journal says about every contact.
    fn changes(&self) -> Result<BTreeMap<ContactId, Change>, StoreError> {
        let mut changes = BTreeMap::<ContactId, Change>::new();
        let mut after = Seq(0);
        loop {
            let events = self.events(after, PAGE)?;
            let Some(last) = events.last() else { return Ok(changes) };
            after = last.seq;
            for journalled in &events {
                if let Some(contact) = journalled.event.contact() {
                    changes.entry(contact).or_default().fold(journalled.at, &journalled.event);
                }
            }
        }
    }
}

/// Pages, indexes and references.
fn file(db: &Connection) -> Result<(), StoreError> {
    let found: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(StoreError::Database(found));
    }
    let mut check = db.prepare("PRAGMA foreign_key_check")?;
    let mut rows = check.query([])?;
    match rows.next()? {
        None => Ok(()),
        Some(row) => Err(StoreError::Database(format!("a row of {} refers to nothing", row.get::<_, String>(0)?))),
    }
}

/// Every contact with its conversation.
fn contacts(db: &Connection, changes: &BTreeMap<ContactId, Change>) -> Result<(), StoreError> {
    let mut by_id = contact::by_id(db)?;
    for id in contact::all(db)? {
        let flawed = |why: &str| Flaw::new(why).at("contact", id.to_string());
        let record = contact::get(&mut by_id, id)?.ok_or_else(|| flawed("it is in an index only"))?;
        let mut due = record.clone();
        changes.get(&id).copied().unwrap_or_default().apply(&mut due);
        if due != record {
            return Err(flawed("its urgency, rep or end does not follow from the journal"));
        }
        let newest = message::after(db, id, 0, usize::MAX)?.last().map_or(0, |message| message.seq);
        let marks = contact::marks(db, id)?;
        if newest != contact::last_message(db, id)? || marks.customer > newest || marks.rep > newest {
            return Err(flawed("its message numbers do not follow from its messages"));
        }
    }
    Ok(())
}
