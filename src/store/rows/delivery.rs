//! Rows of `delivery` and `rendered`: what must be sent, how it fares, and the bytes it is sent as.

use super::super::seal::Seal;
use super::super::{Due, StoreError, Unsent};
use super::{Flaw, choice, id, int, maybe_time, sealed, spelling, text, time, word};
use crate::message::delivery::{Delivery, DeliveryState, Faring, Progress};
use crate::routing::ids::{Channel, ContactId, RepId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, Rows, params};

macro_rules! columns {
    () => {
        "id, contact, n, channel, kind, recipient, language, sure, seq, made_at, state, due_at, later, later_at, unknown, \
         said, over_at, returned_at, settled_by, settled_at, seal"
    };
}

/// Not over, and nothing of its contact on its channel before it that is not over: as an SQL condition on `delivery`.
macro_rules! first_of_its_contact {
    () => {
        "channel = ?1 AND state IN ('waiting', 'sending') AND NOT EXISTS (SELECT 1 FROM delivery before \
         WHERE before.contact = delivery.contact AND before.n < delivery.n AND before.channel = delivery.channel \
         AND before.state IN ('waiting', 'sending'))"
    };
}

/// Over all of it: a row is written anew with every change. One that nobody has settled is sealed as it was before that could be.
fn seal(d: &Delivery) -> i64 {
    let seal = Seal::of("delivery")
        .number(int(d.id))
        .number(int(d.contact.0))
        .number(i64::from(d.n))
        .text(d.channel.name())
        .text(&spelling(&d.kind))
        .text(&d.to)
        .text(d.language.as_str())
        .number(i64::from(d.language_sure))
        .maybe(d.seq, |seal, seq| seal.number(i64::from(seq)))
        .number(d.made_at.0)
        .text(&spelling(&d.progress.state))
        .number(d.progress.due_at.0)
        .number(i64::from(d.progress.later))
        .maybe(d.progress.later_at, |seal, at| seal.number(at.0))
        .number(i64::from(d.progress.unknown))
        .maybe(d.progress.said.as_deref(), Seal::text);
    // a row from before there were such columns is sealed as it was then
    let seal = d.progress.over_at.into_iter().fold(seal, |seal, at| seal.text("over").number(at.0));
    let seal = d.progress.returned_at.into_iter().fold(seal, |seal, at| seal.text("returned").number(at.0));
    d.settled
        .into_iter()
        .fold(seal, |seal, (by, at)| seal.text("settled").number(i64::from(by.0)).number(at.0))
        .finish()
}

fn faring(d: &Delivery) -> Faring {
    let (channel, kind, state) = (d.channel, d.kind, d.progress.state);
    Faring { id: d.id, contact: d.contact, n: d.n, channel, kind, seq: d.seq, state }
}

/// Adds a delivery under the next number of all, and the next of its contact; the numbers it has are overwritten.
pub(in super::super) fn insert(tx: &Connection, new: Delivery) -> Result<Faring, StoreError> {
    let id: i64 = tx.prepare_cached("SELECT ifnull(max(id), 0) + 1 FROM delivery")?.query_row([], |row| row.get(0))?;
    let mut next = tx.prepare_cached("SELECT ifnull(max(n), 0) + 1 FROM delivery WHERE contact = ?1")?;
    let n: u32 = next.query_row([int(new.contact.0)], |row| row.get(0))?;
    let d = Delivery { id: id as u64, n, ..new };
    tx.prepare_cached(concat!(
        "INSERT INTO delivery (",
        columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, NULL, NULL, ?19)"
    ))?
    .execute(params![
        id,
        int(d.contact.0),
        d.n,
        d.channel.name(),
        spelling(&d.kind),
        d.to,
        d.language.as_str(),
        d.language_sure,
        d.seq,
        d.made_at.0,
        spelling(&d.progress.state),
        d.progress.due_at.0,
        d.progress.later,
        d.progress.later_at.map(|at| at.0),
        d.progress.unknown,
        d.progress.said,
        d.progress.over_at.map(|at| at.0),
        d.progress.returned_at.map(|at| at.0),
        seal(&d),
    ])?;
    Ok(faring(&d))
}

/// Keeps how a delivery fares. What is over stays over, but something sent may still come back as failed: `None` then,
/// and when there is no such delivery.
pub(in super::super) fn fares(tx: &Connection, id: u64, progress: &Progress) -> Result<Option<Faring>, StoreError> {
    let Some(was) = some(tx, Due::Id(id), 1)?.pop() else { return Ok(None) };
    if was.progress.state.is_over() && progress.state != DeliveryState::Failed {
        return Ok(None);
    }
    let settled = was.settled.filter(|_| was.progress.state == progress.state);
    let d = Delivery { progress: progress.clone(), settled, ..was };
    tx.prepare_cached(
        "UPDATE delivery SET state = ?2, due_at = ?3, later = ?4, later_at = ?5, unknown = ?6, said = ?7, \
         over_at = ?8, returned_at = ?9, settled_by = ?10, settled_at = ?11, seal = ?12 WHERE id = ?1",
    )?
    .execute(params![
        int(id),
        spelling(&progress.state),
        progress.due_at.0,
        progress.later,
        progress.later_at.map(|at| at.0),
        progress.unknown,
        progress.said,
        progress.over_at.map(|at| at.0),
        progress.returned_at.map(|at| at.0),
        d.settled.map(|(by, _)| by.0),
        d.settled.map(|(_, at)| at.0),
        seal(&d),
    ])?;
    if progress.state.is_over() {
        tx.prepare_cached("DELETE FROM rendered WHERE delivery = ?1")?.execute([int(id)])?;
    }
    Ok(Some(faring(&d)))
}

/// Takes a delivery that is in trouble off the list: somebody has dealt with it. The first who said so stays; `None` then,
/// and when there is no such delivery or it is in no trouble.
pub(in super::super) fn settle(
    tx: &Connection,
    id: u64,
    by: RepId,
    at: Timestamp,
) -> Result<Option<Faring>, StoreError> {
    let found = some(tx, Due::Id(id), 1)?.pop();
    let Some(was) = found.filter(|d| d.progress.state.is_trouble() && d.settled.is_none()) else { return Ok(None) };
    let d = Delivery { settled: Some((by, at)), ..was };
    tx.prepare_cached("UPDATE delivery SET settled_by = ?2, settled_at = ?3, seal = ?4 WHERE id = ?1")?
        .execute(params![int(id), by.0, at.0, seal(&d)])?;
    Ok(Some(faring(&d)))
}

/// In trouble, and nobody has dealt with it.
pub(in super::super) fn is_troubled(connection: &Connection, id: u64) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM delivery WHERE id = ?1 AND state IN ('failed', 'unknown') AND settled_at IS NULL",
    )?;
    Ok(statement.exists([int(id)])?)
}

fn read(row: &Row<'_>) -> Result<Delivery, Flaw> {
    let delivery = Delivery {
        id: id(row, "id")?,
        contact: ContactId(id(row, "contact")?),
        n: row.get("n")?,
        channel: choice(text(row, "channel")?, "channel")?,
        kind: choice(text(row, "kind")?, "kind")?,
        to: text(row, "recipient")?.to_owned(),
        language: word(text(row, "language")?, "language")?,
        language_sure: row.get("sure")?,
        seq: row.get("seq")?,
        made_at: time(row, "made_at")?,
        progress: Progress {
            state: choice(text(row, "state")?, "state")?,
            due_at: time(row, "due_at")?,
            later: row.get("later")?,
            later_at: maybe_time(row, "later_at")?,
            unknown: row.get("unknown")?,
            said: row.get("said")?,
            over_at: maybe_time(row, "over_at")?,
            returned_at: maybe_time(row, "returned_at")?,
        },
        settled: match (row.get("settled_by")?, maybe_time(row, "settled_at")?) {
            (Some(by), Some(at)) => Some((RepId(by), at)),
            _ => None,
        },
    };
    sealed(row.get("seal")?, seal(&delivery))?;
    Ok(delivery)
}

fn number(row: &Row<'_>) -> String {
    row.get::<_, i64>("id").map_or_else(|_| "?".into(), |id| id.to_string())
}

/// Up to `limit` of the deliveries asked for; one that is damaged is an error.
pub(in super::super) fn some(connection: &Connection, due: Due, limit: usize) -> Result<Vec<Delivery>, StoreError> {
    let (found, damaged) = look(connection, due, limit, limit)?;
    damaged.into_iter().next().map_or(Ok(found), Err)
}

/// Up to `limit` of the deliveries asked for, past those that are damaged, which are named beside them.
pub(in super::super) fn readable(connection: &Connection, due: Due, limit: usize) -> Result<Found, StoreError> {
    let (found, damaged) = look(connection, due, limit, limit)?;
    if damaged.is_empty() { Ok((found, damaged)) } else { look(connection, due, usize::MAX, limit) }
}

type Found = (Vec<Delivery>, Vec<StoreError>);

/// Looks at no more than `most` rows, until `wanted` are found.
fn look(connection: &Connection, due: Due, most: usize, wanted: usize) -> Result<Found, StoreError> {
    macro_rules! query {
        ($($which:expr),+) => {
            concat!("SELECT ", columns!(), " FROM delivery WHERE ", $($which),+, " LIMIT ?3")
        };
    }
    let named = |channel: Channel| Value::Text(channel.name().to_owned());
    let (sql, key, from) = match due {
        Due::Id(id) => (query!("id = ?1 AND ?2 IS NULL"), Value::Integer(int(id)), None),
        Due::Of(contact) => (query!("contact = ?1 AND ?2 IS NULL ORDER BY n"), Value::Integer(int(contact.0)), None),
        Due::Nth(contact, n) => (query!("contact = ?1 AND n = ?2"), Value::Integer(int(contact.0)), Some(n.into())),
        Due::Beside(contact, from) => {
            (query!("contact = ?1 AND seq >= ?2 ORDER BY n"), Value::Integer(int(contact.0)), Some(from.into()))
        }
        Due::Letters(contact) => (
            query!("contact = ?1 AND seq IS NULL AND ?2 IS NULL ORDER BY n DESC"),
            Value::Integer(int(contact.0)),
            None,
        ),
        Due::Next { channel, at } => (
            query!(
                first_of_its_contact!(),
                " AND due_at <= ?2 ORDER BY CASE kind WHEN 'reply' THEN 0 WHEN 'acknowledgement' THEN 1 \
                 WHEN 'notice' THEN 2 ELSE 3 END, due_at, id"
            ),
            named(channel),
            Some(at.0),
        ),
        Due::Sending(channel) => (
            query!("channel = ?1 AND state = 'sending' AND state IN ('waiting', 'sending') AND ?2 IS NULL ORDER BY id"),
            named(channel),
            None,
        ),
        Due::ReceiptsSince(at) => (
            query!("kind IN ('acknowledgement', 'notice') AND made_at >= ?2 AND ?1 IS NULL ORDER BY made_at, id"),
            Value::Null,
            Some(at.0),
        ),
        Due::Troubled => (
            query!(
                "state IN ('failed', 'unknown') AND settled_at IS NULL AND ?1 IS NULL AND ?2 IS NULL \
                 ORDER BY CASE kind WHEN 'reply' THEN 0 WHEN 'acknowledgement' THEN 2 ELSE 1 END, id DESC"
            ),
            Value::Null,
            None,
        ),
    };
    let mut statement = connection.prepare_cached(sql)?;
    collect(statement.query(params![key, from, int(most as u64)])?, wanted)
}

fn collect(mut rows: Rows<'_>, wanted: usize) -> Result<Found, StoreError> {
    let (mut found, mut damaged) = (Vec::new(), Vec::new());
    while found.len() < wanted
        && let Some(row) = rows.next()?
    {
        match read(row) {
            Ok(delivery) => found.push(delivery),
            Err(flaw) => damaged.push(flaw.at("delivery", number(row))),
        }
    }
    Ok((found, damaged))
}

/// The first time at which [`Due::Next`] gives something; what is damaged is never given.
pub(in super::super) fn next_due(connection: &Connection, channel: Channel) -> Result<Option<Timestamp>, StoreError> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM delivery WHERE ",
        first_of_its_contact!(),
        " ORDER BY due_at LIMIT ?2"
    ))?;
    for most in [1, i64::MAX] {
        let (found, damaged) = collect(statement.query(params![channel.name(), most])?, 1)?;
        if !found.is_empty() || damaged.is_empty() {
            return Ok(found.first().map(|delivery| delivery.progress.due_at));
        }
    }
    Ok(None)
}

/// How many wait for somebody to deal with them.
pub(in super::super) fn troubled(connection: &Connection) -> Result<u64, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT count(*) FROM delivery WHERE state IN ('failed', 'unknown') AND settled_at IS NULL")?;
    Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

pub(in super::super) fn unsent(connection: &Connection, channel: Channel) -> Result<Unsent, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*), min(made_at) FROM delivery WHERE channel = ?1 AND state IN ('waiting', 'sending')",
    )?;
    Ok(statement.query_row([channel.name()], |row| {
        let (count, oldest): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
        Ok(Unsent { count: count.unsigned_abs(), oldest: oldest.map(Timestamp) })
    })?)
}

fn bytes_seal(delivery: u64, bytes: &[u8]) -> i64 {
    Seal::of("rendered").number(int(delivery)).bytes(bytes).finish()
}

/// Keeps the bytes of a delivery; the first stay.
pub(in super::super) fn keep_rendered(tx: &Connection, delivery: u64, bytes: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO rendered (delivery, bytes, seal) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![int(delivery), bytes, bytes_seal(delivery, bytes)])?;
    Ok(())
}

pub(in super::super) fn rendered(connection: &Connection, delivery: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT bytes, seal FROM rendered WHERE delivery = ?1")?;
    let mut rows = statement.query([int(delivery)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    read_rendered(row, delivery).map(Some).map_err(|flaw| flaw.at("rendered", delivery.to_string()))
}

fn read_rendered(row: &Row<'_>, delivery: u64) -> Result<Vec<u8>, Flaw> {
    let bytes: Vec<u8> = row.get("bytes")?;
    sealed(row.get("seal")?, bytes_seal(delivery, &bytes))?;
    Ok(bytes)
}

/// Reads every delivery and all bytes.
pub(in super::super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare(concat!("SELECT ", columns!(), " FROM delivery NOT INDEXED"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        read(row).map_err(|flaw| flaw.at("delivery", number(row)))?;
    }
    let mut statement = connection.prepare("SELECT delivery, bytes, seal FROM rendered")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let delivery: i64 = row.get("delivery")?;
        read_rendered(row, delivery.unsigned_abs()).map_err(|flaw| flaw.at("rendered", delivery.to_string()))?;
    }
    Ok(())
}
