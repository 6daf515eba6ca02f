//! Rows of `mail`: every mail that was taken, and what became of it.

use super::super::seal::Seal;
use super::super::{StoreError, Which};
use super::{Flaw, choice, id, int, json, maybe_text, maybe_time, sealed, spelling, text, time, to_json};
use crate::message::mail::{AlsoTo, DANGER_WAITS, Fate, KeptMail, Taken};
use crate::routing::ids::{ContactId, RepId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};

macro_rules! columns {
    () => {
        "id, key, mailbox, digest, size, taken_at, arrived_at, sender, subject, message_id, why, trust, html, folded, \
         fate, contact, seq, decided_by, decided_at, also_to, seal"
    };
}

/// Over all of it: a row is written anew when a supervisor decides.
fn seal(kept: &KeptMail, also_to: Option<&str>) -> i64 {
    let mail = &kept.mail;
    let seal = Seal::of("mail")
        .number(int(kept.id))
        .text(&mail.key)
        .text(&mail.mailbox)
        .maybe(mail.digest.as_deref(), Seal::text)
        .number(int(mail.size))
        .number(kept.taken_at.0)
        .maybe(mail.arrived, |seal, at| seal.number(at.0))
        .maybe(mail.sender.as_deref(), Seal::text)
        .text(&mail.subject)
        .maybe(mail.message_id.as_deref(), Seal::text)
        .text(&mail.why)
        .text(&spelling(&mail.trust))
        .number(i64::from(mail.html))
        .number(i64::from(mail.folded))
        .text(&spelling(&kept.fate))
        .maybe(kept.became, |seal, (contact, seq)| seal.number(int(contact.0)).number(i64::from(seq)))
        .maybe(kept.decided, |seal, (rep, at)| seal.number(i64::from(rep.0)).number(at.0));
    // a row from before there was such a column is sealed as it was then
    also_to.into_iter().fold(seal, |seal, others| seal.text("also to").text(others)).finish()
}

/// As the column holds it.
fn others(also_to: &AlsoTo) -> Result<Option<String>, StoreError> {
    if also_to.is_nobody() { Ok(None) } else { to_json(also_to).map(Some) }
}

/// Adds a mail. Its key must be new.
pub(in super::super) fn insert(
    tx: &Connection,
    mail: &Taken,
    taken_at: Timestamp,
    fate: Fate,
    became: Option<(ContactId, u32)>,
) -> Result<(), StoreError> {
    let id: i64 = tx.prepare_cached("SELECT ifnull(max(id), 0) + 1 FROM mail")?.query_row([], |row| row.get(0))?;
    let kept = KeptMail { id: id as u64, mail: mail.clone(), taken_at, fate, became, decided: None };
    let also_to = others(&mail.also_to)?;
    tx.prepare_cached(concat!(
        "INSERT INTO mail (",
        columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, NULL, NULL, ?18, ?19)"
    ))?
    .execute(params![
        id,
        mail.key,
        mail.mailbox,
        mail.digest,
        int(mail.size),
        taken_at.0,
        mail.arrived.map(|at| at.0),
        mail.sender,
        mail.subject,
        mail.message_id,
        mail.why,
        spelling(&mail.trust),
        mail.html,
        mail.folded,
        spelling(&fate),
        became.map(|(contact, _)| int(contact.0)),
        became.map(|(_, seq)| seq),
        also_to,
        seal(&kept, also_to.as_deref()),
    ])?;
    Ok(())
}

/// Keeps what a supervisor decided on a held mail. One that is not held stays as it is.
pub(in super::super) fn decide(
    tx: &Connection,
    id: u64,
    by: RepId,
    at: Timestamp,
    fate: Fate,
    became: Option<(ContactId, u32)>,
) -> Result<(), StoreError> {
    let Some(kept) = some(tx, Which::Id(id), 1)?.pop().filter(|kept| kept.fate == Fate::Held) else { return Ok(()) };
    let kept = KeptMail { fate, became, decided: Some((by, at)), ..kept };
    let also_to = others(&kept.mail.also_to)?;
    tx.prepare_cached(
        "UPDATE mail SET fate = ?2, contact = ?3, seq = ?4, decided_by = ?5, decided_at = ?6, seal = ?7 WHERE id = ?1",
    )?
    .execute(params![
        int(id),
        spelling(&fate),
        became.map(|(contact, _)| int(contact.0)),
        became.map(|(_, seq)| seq),
        by.0,
        at.0,
        seal(&kept, also_to.as_deref()),
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<KeptMail, Flaw> {
    let contact: Option<i64> = row.get("contact")?;
    let also_to = maybe_text(row, "also_to")?;
    let kept = KeptMail {
        id: id(row, "id")?,
        mail: Taken {
            key: text(row, "key")?.to_owned(),
            mailbox: text(row, "mailbox")?.to_owned(),
            digest: row.get("digest")?,
            size: id(row, "size")?,
            arrived: maybe_time(row, "arrived_at")?,
            sender: row.get("sender")?,
            subject: text(row, "subject")?.to_owned(),
            message_id: row.get("message_id")?,
            why: text(row, "why")?.to_owned(),
            trust: choice(text(row, "trust")?, "trust")?,
            html: row.get("html")?,
            folded: row.get("folded")?,
            also_to: also_to.map_or(Ok(AlsoTo::default()), |others| json(others, "also_to"))?,
        },
        taken_at: time(row, "taken_at")?,
        fate: choice(text(row, "fate")?, "fate")?,
        became: match (contact, row.get("seq")?) {
            (Some(_), Some(seq)) => Some((ContactId(id(row, "contact")?), seq)),
            (None, None) => None,
            _ => return Err(Flaw::new("columns contact and seq contradict each other")),
        },
        decided: match (row.get("decided_by")?, maybe_time(row, "decided_at")?) {
            (Some(by), Some(at)) => Some((RepId(by), at)),
            (None, None) => None,
            _ => return Err(Flaw::new("it is half decided")),
        },
    };
    sealed(row.get("seal")?, seal(&kept, also_to))?;
    Ok(kept)
}

/// Up to `limit` of the mails asked for; one that is damaged is an error.
pub(in super::super) fn some(
    connection: &Connection,
    which: Which<'_>,
    limit: usize,
) -> Result<Vec<KeptMail>, StoreError> {
    let (found, damaged) = look(connection, which, limit, limit)?;
    damaged.into_iter().next().map_or(Ok(found), Err)
}

/// Up to `limit` of the mails asked for, past those that are damaged, which are named beside them.
pub(in super::super) fn readable(connection: &Connection, which: Which<'_>, limit: usize) -> Result<Found, StoreError> {
    let (found, damaged) = look(connection, which, limit, limit)?;
    if damaged.is_empty() { Ok((found, damaged)) } else { look(connection, which, usize::MAX, limit) }
}

type Found = (Vec<KeptMail>, Vec<StoreError>);

/// Looks at no more than `most` rows, until `wanted` are found.
fn look(connection: &Connection, which: Which<'_>, most: usize, wanted: usize) -> Result<Found, StoreError> {
    macro_rules! query {
        ($which:literal) => {
            query!($which, "id")
        };
        ($which:literal, $order:literal) => {
            concat!(
                "SELECT ",
                columns!(),
                " FROM mail WHERE ",
                $which,
                " AND (?3 IS NULL OR seq >= ?3) ORDER BY ",
                $order,
                " LIMIT ?2"
            )
        };
    }
    let from = if let Which::Beside(_, from) = which { Some(from) } else { None };
    let (sql, key) = match which {
        Which::Id(id) => (query!("id = ?1"), Value::Integer(int(id))),
        Which::Digest(digest) => (query!("digest = ?1"), Value::Text(digest.to_owned())),
        Which::MessageId(id) => (query!("message_id = ?1"), Value::Text(id.to_owned())),
        Which::Of(contact) | Which::Beside(contact, _) => (query!("contact = ?1"), Value::Integer(int(contact.0))),
        Which::TakenSince(at) => {
            (query!("id > (SELECT ifnull(max(id), 0) - 5000 FROM mail) AND taken_at >= ?1"), Value::Integer(at.0))
        }
        Which::Held => {
            let first = Value::Text(DANGER_WAITS.to_owned());
            (query!("fate = 'held'", "substr(why, 1, length(?1)) = ?1 DESC, id"), first)
        }
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![key, int(most as u64), from])?;
    let (mut found, mut damaged) = (Vec::new(), Vec::new());
    while found.len() < wanted
        && let Some(row) = rows.next()?
    {
        match read(row) {
            Ok(mail) => found.push(mail),
            Err(flaw) => damaged.push(flaw.at("mail", number(row))),
        }
    }
    Ok((found, damaged))
}

fn number(row: &Row<'_>) -> String {
    row.get::<_, i64>("id").map_or_else(|_| "?".into(), |id| id.to_string())
}

pub(in super::super) fn is_taken(connection: &Connection, key: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM mail WHERE key = ?1")?.exists([key])?)
}

/// Of these keys, those that are there.
pub(in super::super) fn taken(connection: &Connection, keys: &[String]) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM mail WHERE key = ?1")?;
    let mut taken = Vec::new();
    for key in keys {
        if statement.exists([key])? {
            taken.push(key.clone());
        }
    }
    Ok(taken)
}

pub(in super::super) fn is_held(connection: &Connection, id: u64) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM mail WHERE id = ?1 AND fate = 'held'")?.exists([int(id)])?)
}

/// How many wait for a supervisor.
pub(in super::super) fn held(connection: &Connection) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM mail WHERE fate = 'held'")?;
    Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Reads every mail.
pub(in super::super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare(concat!("SELECT ", columns!(), " FROM mail NOT INDEXED"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        read(row).map_err(|flaw| flaw.at("mail", number(row)))?;
    }
    Ok(())
}
