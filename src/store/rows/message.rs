//! Rows of `message`: what was said.

use super::super::StoreError;
use super::super::seal::Seal;
use super::{Flaw, id, int, json, maybe_text, sealed, text, time, to_json};
use crate::message::{Attachment, Author, Message};
use crate::routing::ids::{ContactId, RepId};
use rusqlite::{CachedStatement, Connection, Row, params};

macro_rules! columns {
    () => {
        "contact, seq, at, author, rep, text, attachments, client_id, seal"
    };
}

/// The two columns that stand for an author.
fn author_columns(author: Author) -> (&'static str, Option<u32>) {
    match author {
        Author::Customer => ("customer", None),
        Author::Rep(rep) => ("rep", Some(rep.0)),
        Author::Note(rep) => ("note", Some(rep.0)),
        Author::Automatic => ("automatic", None),
        Author::Memo => ("memo", None),
    }
}

fn seal(m: &Message, attachments: Option<&str>) -> i64 {
    let (author, rep) = author_columns(m.from);
    Seal::of("message")
        .number(int(m.contact.0))
        .number(i64::from(m.seq))
        .number(m.at.0)
        .text(author)
        .maybe(rep, |seal, rep| seal.number(i64::from(rep)))
        .text(&m.text)
        .maybe(attachments, Seal::text)
        .maybe(m.client_id.as_deref(), Seal::text)
        .finish()
}

pub(in super::super) fn insert(tx: &Connection, m: &Message) -> Result<(), StoreError> {
    let attachments = if m.attachments.is_empty() { None } else { Some(to_json(&m.attachments)?) };
    let (author, rep) = author_columns(m.from);
    tx.prepare_cached(concat!("INSERT INTO message (", columns!(), ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"))?
        .execute(params![
        int(m.contact.0),
        m.seq,
        m.at.0,
        author,
        rep,
        m.text,
        attachments,
        m.client_id,
        seal(m, attachments.as_deref()),
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Message, Flaw> {
    let attachments = maybe_text(row, "attachments")?;
    let rep: Option<u32> = row.get("rep")?;
    let message = Message {
        contact: ContactId(id(row, "contact")?),
        seq: row.get("seq")?,
        at: time(row, "at")?,
        from: match (text(row, "author")?, rep) {
            ("customer", None) => Author::Customer,
            ("rep", Some(rep)) => Author::Rep(RepId(rep)),
            ("note", Some(rep)) => Author::Note(RepId(rep)),
            ("automatic", None) => Author::Automatic,
            ("memo", None) => Author::Memo,
            _ => return Err(Flaw::new("columns author and rep contradict each other")),
        },
        text: text(row, "text")?.to_owned(),
        attachments: attachments.map_or(Ok(Vec::new()), |a| json(a, "attachments"))?,
        client_id: row.get("client_id")?,
    };
    sealed(row.get("seal")?, seal(&message, attachments))?;
    Ok(message)
}

fn key(contact: ContactId, row: &Row<'_>) -> String {
    match row.get::<_, i64>("seq") {
        Ok(seq) => format!("{contact}/{seq}"),
        Err(_) => format!("{contact}/?"),
    }
}

/// The message that this sender already gave this id in this contact.
pub(in super::super) fn by_client_id(
    connection: &Connection,
    contact: ContactId,
    from: Author,
    client_id: &str,
) -> Result<Option<Message>, StoreError> {
    let (author, rep) = author_columns(from);
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM message WHERE contact = ?1 AND client_id = ?2 AND author = ?3 AND ifnull(rep, -1) = ?4"
    ))?;
    let mut rows = statement.query(params![int(contact.0), client_id, author, rep.map_or(-1, i64::from)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    read(row).map(Some).map_err(|flaw| flaw.at("message", key(contact, row)))
}

/// Up to `limit` messages after a number, in order. A gap in the numbers is damage.
pub(in super::super) fn after(
    connection: &Connection,
    contact: ContactId,
    after: u32,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM message WHERE contact = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
    ))?;
    let mut rows = statement.query(params![int(contact.0), after, int(limit as u64)])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        let message = read(row).map_err(|flaw| flaw.at("message", key(contact, row)))?;
        let expected = u64::from(after) + 1 + messages.len() as u64;
        if u64::from(message.seq) != expected {
            return Err(Flaw::new("it is missing").at("message", format!("{contact}/{expected}")));
        }
        messages.push(message);
    }
    Ok(messages)
}

/// The statement that gives the messages of a contact with files.
fn with_files(connection: &Connection) -> Result<CachedStatement<'_>, StoreError> {
    Ok(connection.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM message INDEXED BY message_files \
         WHERE contact = ?1 AND attachments IS NOT NULL ORDER BY seq"
    ))?)
}

/// A file that some message of this contact carries.
pub(in super::super) fn attachment(
    connection: &Connection,
    contact: ContactId,
    digest: &str,
) -> Result<Option<Attachment>, StoreError> {
    let mut statement = with_files(connection)?;
    let mut rows = statement.query([int(contact.0)])?;
    while let Some(row) = rows.next()? {
        let message = read(row).map_err(|flaw| flaw.at("message", key(contact, row)))?;
        if let Some(found) = message.attachments.into_iter().find(|a| a.digest == digest) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The messages of this contact that carry a file, and those of which nobody can tell.
pub(in super::super) fn carriers(
    connection: &Connection,
    contact: ContactId,
    digest: &str,
) -> Result<Vec<u32>, StoreError> {
    let mut statement = with_files(connection)?;
    let mut rows = statement.query([int(contact.0)])?;
    let mut carriers = Vec::new();
    while let Some(row) = rows.next()? {
        match read(row) {
            Ok(message) if message.attachments.iter().all(|file| file.digest != digest) => {}
            _ => carriers.push(row.get("seq")?),
        }
    }
    Ok(carriers)
}
