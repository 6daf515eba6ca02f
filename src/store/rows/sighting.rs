//! Rows of `sighting`: which messages came before whose eyes, and when for the first time.

use super::super::seal::Seal;
use super::super::{Sighting, StoreError};
use super::{Flaw, contact, id, int, sealed, time};
use crate::routing::ids::{ContactId, RepId};
use rusqlite::{Connection, Row, Rows, params};

/// Rows of one rep on one contact; beyond it, what is new is joined to what stands just before or after it, and all of that
/// counts as seen at the later time.
pub(in super::super) const ROWS_MOST: usize = 500;

macro_rules! columns {
    () => {
        "contact, rep, first, last, at, seal"
    };
}

fn seal(s: &Sighting) -> i64 {
    Seal::of("sighting")
        .number(int(s.contact.0))
        .number(i64::from(s.rep.0))
        .number(i64::from(s.first))
        .number(i64::from(s.last))
        .number(s.at.0)
        .finish()
}

/// Keeps of a sighting what this rep had not seen before, as far as there are such messages; gives back what that is. Rows
/// that are damaged are as if they were not there.
pub(in super::super) fn keep(tx: &Connection, saw: Sighting) -> Result<Vec<Sighting>, StoreError> {
    let newest = contact::last_message(tx, saw.contact)?;
    let saw = Sighting { first: saw.first.max(1), last: saw.last.min(newest), ..saw };
    let mut before = tx.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM sighting WHERE contact = ?1 AND rep = ?2 ORDER BY first"
    ))?;
    let (mut before, _) = collect(before.query(params![int(saw.contact.0), saw.rep.0])?)?;
    let mut room = ROWS_MOST.saturating_sub(before.len());
    let mut kept = Vec::new();
    for fresh in unseen(saw, &before) {
        let is_kept = if room > 0 { insert(tx, &fresh)? } else { widen(tx, &mut before, &fresh)? };
        if is_kept {
            room = room.saturating_sub(1);
            kept.push(fresh);
        }
    }
    Ok(kept)
}

/// The parts of a sighting that are in none of the rows before, which are in order.
fn unseen(saw: Sighting, before: &[Sighting]) -> Vec<Sighting> {
    let (mut from, mut parts) = (saw.first, Vec::new());
    for row in before.iter().filter(|row| row.last >= saw.first && row.first <= saw.last) {
        if row.first > from {
            parts.push(Sighting { first: from, last: row.first - 1, ..saw });
        }
        from = from.max(row.last.saturating_add(1));
    }
    if from <= saw.last {
        parts.push(Sighting { first: from, ..saw });
    }
    parts
}

fn insert(tx: &Connection, s: &Sighting) -> Result<bool, StoreError> {
    let mut insert = tx.prepare_cached(concat!(
        "INSERT INTO sighting (",
        columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"
    ))?;
    Ok(insert.execute(params![int(s.contact.0), s.rep.0, s.first, s.last, s.at.0, seal(s)])? > 0)
}

/// Joins what is new to the row just before it, or else to the one just after it; no, when there is neither.
fn widen(tx: &Connection, before: &mut [Sighting], fresh: &Sighting) -> Result<bool, StoreError> {
    let follows = |row: &Sighting| row.last.saturating_add(1) == fresh.first;
    let precedes = |row: &Sighting| fresh.last.saturating_add(1) == row.first;
    let Some(at) = before.iter().position(follows).or_else(|| before.iter().position(precedes)) else {
        return Ok(false);
    };
    let row = &mut before[at];
    let wider = Sighting { first: row.first.min(fresh.first), last: row.last.max(fresh.last), at: fresh.at, ..*row };
    // a damaged row may stand where it is to begin: that one stays
    let mut update = tx.prepare_cached(
        "UPDATE OR IGNORE sighting SET first = ?4, last = ?5, at = ?6, seal = ?7 \
         WHERE contact = ?1 AND rep = ?2 AND first = ?3",
    )?;
    let key = (int(row.contact.0), row.rep.0, row.first);
    let kept = update.execute(params![key.0, key.1, key.2, wider.first, wider.last, wider.at.0, seal(&wider)])? > 0;
    if kept {
        *row = wider; // what is new after it stands behind the row as it is now
    }
    Ok(kept)
}

fn read(row: &Row<'_>) -> Result<Sighting, Flaw> {
    let sighting = Sighting {
        contact: ContactId(id(row, "contact")?),
        rep: RepId(row.get("rep")?),
        first: row.get("first")?,
        last: row.get("last")?,
        at: time(row, "at")?,
    };
    sealed(row.get("seal")?, seal(&sighting))?;
    Ok(sighting)
}

type Found = (Vec<Sighting>, Vec<StoreError>);

fn collect(mut rows: Rows<'_>) -> Result<Found, StoreError> {
    let (mut found, mut damaged) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        match read(row) {
            Ok(sighting) => found.push(sighting),
            Err(flaw) => damaged.push(flaw.at("sighting", key(row))),
        }
    }
    Ok((found, damaged))
}

fn key(row: &Row<'_>) -> String {
    let number = |column| row.get::<_, i64>(column).map_or_else(|_| "?".into(), |number| number.to_string());
    format!("c{}/r{}/{}", number("contact"), number("rep"), number("first"))
}

/// All sightings of a contact's messages, the earliest first; those that are damaged are named beside them.
pub(in super::super) fn of(connection: &Connection, contact: ContactId) -> Result<Found, StoreError> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM sighting WHERE contact = ?1 ORDER BY at, rep, first"
    ))?;
    collect(statement.query([int(contact.0)])?)
}

/// Reads every sighting; none may be of a message that is not there.
pub(in super::super) fn check(db: &Connection) -> Result<(), StoreError> {
    let mut statement = db.prepare(concat!(
        "SELECT ",
        columns!(),
        ", (SELECT last_message FROM contact WHERE id = sighting.contact) AS newest FROM sighting"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let sighting = read(row).map_err(|flaw| flaw.at("sighting", key(row)))?;
        if row.get::<_, Option<u32>>("newest")?.is_some_and(|newest| newest < sighting.last) {
            return Err(Flaw::new("it is of a message that is not there").at("sighting", key(row)));
        }
    }
    Ok(())
}
