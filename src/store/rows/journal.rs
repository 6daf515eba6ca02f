//! Rows of `journal` and `source`.

use super::super::seal::Seal;
use super::super::{Journalled, Seen, Source, StoreError};
use super::{Flaw, choice, digest, id, int, json, sealed, text, time};
use crate::routing::ids::{ContactId, Seq, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Adds one event at a position; gives back its seal.
pub(in super::super) fn insert(tx: &Connection, seq: Seq, at: Timestamp, event: &str) -> Result<(), StoreError> {
    let seal = event_seal(int(seq.0), at.0, event);
    tx.prepare_cached("INSERT INTO journal (seq, at, event, seal) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        int(seq.0),
        at.0,
        event,
        seal
    ])?;
    Ok(())
}

fn event_seal(seq: i64, at: i64, event: &str) -> i64 {
    Seal::of("journal").number(seq).number(at).text(event).finish()
}

/// Up to `limit` events after a position. A gap in the numbers is damage, as a broken row is.
pub(in super::super) fn after(
    connection: &Connection,
    after: Seq,
    limit: usize,
) -> Result<Vec<Journalled>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT seq, at, event, seal FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let mut rows = statement.query(params![int(after.0), int(limit as u64)])?;
    let mut events = Vec::new();
    let mut expected = after.0 + 1;
    while let Some(row) = rows.next()? {
        let read = read(row).map_err(|flaw| flaw.at("journal", Seq(expected).to_string()))?;
        if read.seq.0 != expected {
            return Err(Flaw::new("it is missing").at("journal", Seq(expected).to_string()));
        }
        expected += 1;
        events.push(read);
    }
    Ok(events)
}

fn read(row: &Row<'_>) -> Result<Journalled, Flaw> {
    let (seq, at, event) = (id(row, "seq")?, time(row, "at")?, text(row, "event")?);
    sealed(row.get("seal")?, event_seal(int(seq), at.0, event))?;
    Ok(Journalled { seq: Seq(seq), at, event: json(event, "event")? })
}

/// The newest position; 0 when nothing is there.
pub(in super::super) fn last(connection: &Connection) -> Result<Seq, StoreError> {
    let seq: i64 = connection.query_row("SELECT ifnull(max(seq), 0) FROM journal", [], |row| row.get(0))?;
    Ok(Seq(u64::try_from(seq).map_err(|_| Flaw::new("it is negative").at("journal", seq.to_string()))?))
}

/// The seal of the event at a position, which tells two histories apart; `None` when there is no such event.
pub(in super::super) fn seal_at(connection: &Connection, seq: Seq) -> Result<Option<i64>, StoreError> {
    if seq.0 == 0 {
        return Ok(Some(0));
    }
    Ok(connection.query_row("SELECT seal FROM journal WHERE seq = ?1", [int(seq.0)], |row| row.get(0)).optional()?)
}

/// Remembers that an input was taken. The same one again breaks the primary key.
pub(in super::super) fn insert_source(
    tx: &Connection,
    source: &Source,
    contact: ContactId,
    fingerprint: Option<&[u8; 32]>,
) -> Result<(), StoreError> {
    let seal = source_seal(source, contact, fingerprint);
    tx.prepare_cached("INSERT INTO source (channel, key, contact, fingerprint, seal) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![source.channel.name(), source.key, int(contact.0), fingerprint, seal])?;
    Ok(())
}

fn source_seal(source: &Source, contact: ContactId, fingerprint: Option<&[u8; 32]>) -> i64 {
    Seal::of("source")
        .text(source.channel.name())
        .text(&source.key)
        .number(int(contact.0))
        .maybe(fingerprint, |seal, f| seal.bytes(f))
        .finish()
}

/// What became of an input.
pub(in super::super) fn seen(connection: &Connection, source: &Source) -> Result<Option<Seen>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT contact, fingerprint, seal FROM source WHERE channel = ?1 AND key = ?2")?;
    let mut rows = statement.query(params![source.channel.name(), source.key])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    // The key may be a customer's own: the channel must do.
    read_seen(row, source).map(Some).map_err(|flaw| flaw.at("source", format!("of channel {}", source.channel.name())))
}

fn read_seen(row: &Row<'_>, source: &Source) -> Result<Seen, Flaw> {
    let contact = ContactId(id(row, "contact")?);
    let fingerprint = match row.get_ref("fingerprint")? {
        rusqlite::types::ValueRef::Null => None,
        _ => Some(digest(row, "fingerprint")?),
    };
    sealed(row.get("seal")?, source_seal(source, contact, fingerprint.as_ref()))?;
    Ok(Seen { contact, fingerprint })
}

/// Reads every source.
pub(in super::super) fn check_sources(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT channel, key, contact, fingerprint, seal FROM source")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let read = || {
            let channel = choice(text(row, "channel")?, "channel")?;
            read_seen(row, &Source { channel, key: text(row, "key")?.to_owned() })
        };
        read().map_err(|flaw| flaw.at("source", "somewhere"))?;
    }
    Ok(())
}
