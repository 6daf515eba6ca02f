//! Rows of `contact`: what was known when it was opened, and what events have changed since.

use super::super::seal::Seal;
use super::super::{ReadMarks, StoreError};
use super::{Flaw, choice, digest, id, int, json, maybe_text, sealed, spelling, text, time, to_json, word};
use crate::message::{ContactRecord, LanguageChoice, LanguageSource, Party};
use crate::routing::event::Event;
use crate::routing::ids::{ContactId, Disposition, RepId, Timestamp, Urgency};
use rusqlite::{CachedStatement, Connection, Row, params};

macro_rules! columns {
    () => {
        "id, reference, channel, service, language, language_source, subject, name, email, phone, \
         fields, doubtful, opened_at, follows, secret, seal, language_confidence, urgency, last_rep, closed_at, \
         disposition"
    };
}

/// What the events of a batch change about one contact. `None` leaves a thing as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in super::super) struct Change {
    pub urgency: Option<Urgency>,
    pub last_rep: Option<RepId>,
    pub closed: Option<Option<(Timestamp, Disposition)>>,
}

impl Change {
    /// Takes in one more event, newer than those before.
    pub fn fold(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Received { place, .. }
            | Event::Unparked { place, .. }
            | Event::Transferred { place, .. }
            | Event::Reclassified { place, .. }
            | Event::EmergencyRaised { place, .. } => self.urgency = Some(place.urgency),
            Event::Reopened { place, .. } => {
                self.urgency = Some(place.urgency);
                self.closed = Some(None);
            }
            Event::Accepted { rep, .. } | Event::Assigned { to: rep, .. } => self.last_rep = Some(*rep),
            Event::Closed { disposition, .. } => self.closed = Some(Some((at, *disposition))),
            _ => {}
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Change::default()
    }

    /// To a record that is not yet kept.
    pub fn apply(self, record: &mut ContactRecord) {
        record.urgency = self.urgency.unwrap_or(record.urgency);
        record.last_rep = self.last_rep.or(record.last_rep);
        record.closed = self.closed.unwrap_or(record.closed);
    }

    /// To the row. It need not be there: the journal stands on its own.
    pub fn save(self, tx: &Connection, contact: ContactId) -> Result<(), StoreError> {
        let (closed_at, disposition) = split(self.closed.flatten());
        tx.prepare_cached(
            "UPDATE contact SET urgency = ifnull(?2, urgency), last_rep = ifnull(?3, last_rep), \
             closed_at = iif(?4, ?5, closed_at), disposition = iif(?4, ?6, disposition) WHERE id = ?1",
        )?
        .execute(params![
            int(contact.0),
            self.urgency.map(Urgency::name),
            self.last_rep.map(|rep| rep.0),
            self.closed.is_some(),
            closed_at,
            disposition,
        ])?;
        Ok(())
    }
}

fn split(closed: Option<(Timestamp, Disposition)>) -> (Option<i64>, Option<String>) {
    closed.map_or((None, None), |(at, disposition)| (Some(at.0), Some(spelling(&disposition))))
}

/// `confidence` is `None` for a row from before there was one: nothing is added to its seal.
fn seal(c: &ContactRecord, confidence: Option<u8>, fields: &str, secret: &[u8; 32]) -> i64 {
    let seal = Seal::of("contact")
        .number(int(c.id.0))
        .text(&c.reference)
        .text(c.channel.name())
        .maybe(c.service.as_deref(), Seal::text)
        .text(c.language.code.as_str())
        .text(&spelling(&c.language.source))
        .text(&c.subject)
        .maybe(c.party.name.as_deref(), Seal::text)
        .maybe(c.party.email.as_deref(), Seal::text)
        .maybe(c.party.phone.as_deref(), Seal::text)
        .text(fields)
        .number(i64::from(c.doubtful))
        .number(c.opened_at.0)
        .bytes(secret);
    // a row from before there were such columns is sealed as it was then
    let seal = c.follows.into_iter().fold(seal, |seal, before| seal.number(int(before.0)));
    confidence.into_iter().fold(seal, |seal, percent| seal.text("confidence").number(i64::from(percent))).finish()
}

/// Adds a contact whose conversation has `messages` messages. Its number must be new.
pub(in super::super) fn insert(
    tx: &Connection,
    c: &ContactRecord,
    secret: &[u8; 32],
    messages: u32,
) -> Result<(), StoreError> {
    let fields = to_json(&c.fields)?;
    let (closed_at, disposition) = split(c.closed);
    tx.prepare_cached(concat!(
        "INSERT INTO contact (",
        columns!(),
        ", last_message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, \
         ?19, ?20, ?21, ?22)"
    ))?
    .execute(params![
        int(c.id.0),
        c.reference,
        c.channel.name(),
        c.service,
        c.language.code.as_str(),
        spelling(&c.language.source),
        c.subject,
        c.party.name,
        c.party.email,
        c.party.phone,
        fields,
        c.doubtful,
        c.opened_at.0,
        c.follows.map(|before| int(before.0)),
        secret,
        seal(c, Some(c.language.confidence), &fields, secret),
        c.language.confidence,
        c.urgency.name(),
        c.last_rep.map(|rep| rep.0),
        closed_at,
        disposition,
        messages,
    ])?;
    Ok(())
}

/// The statement that [`get`] uses; ask for it once for many.
pub(in super::super) fn by_id(connection: &Connection) -> Result<CachedStatement<'_>, StoreError> {
    Ok(connection.prepare_cached(concat!("SELECT ", columns!(), " FROM contact WHERE id = ?1"))?)
}

pub(in super::super) fn get(
    by_id: &mut CachedStatement<'_>,
    contact: ContactId,
) -> Result<Option<ContactRecord>, StoreError> {
    let mut rows = by_id.query([int(contact.0)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    read(row).map(Some).map_err(|flaw| flaw.at("contact", contact.to_string()))
}

fn read(row: &Row<'_>) -> Result<ContactRecord, Flaw> {
    let fields = text(row, "fields")?;
    let (code, source) = (text(row, "language")?, text(row, "language_source")?);
    let usual = LanguageChoice::new(word(code, "language")?, choice(source, "language_source")?);
    let confidence: Option<u8> = row.get("language_confidence")?;
    let record = ContactRecord {
        id: ContactId(id(row, "id")?),
        reference: text(row, "reference")?.to_owned(),
        channel: choice(text(row, "channel")?, "channel")?,
        service: row.get("service")?,
        language: LanguageChoice { confidence: confidence.unwrap_or(usual.confidence), ..usual },
        urgency: choice(text(row, "urgency")?, "urgency")?,
        subject: text(row, "subject")?.to_owned(),
        party: Party { name: row.get("name")?, email: row.get("email")?, phone: row.get("phone")? },
        fields: json(fields, "fields")?,
        doubtful: row.get("doubtful")?,
        opened_at: time(row, "opened_at")?,
        follows: match row.get::<_, Option<i64>>("follows")? {
            Some(_) => Some(ContactId(id(row, "follows")?)),
            None => None,
        },
        last_rep: row.get::<_, Option<u32>>("last_rep")?.map(RepId),
        closed: match (row.get::<_, Option<i64>>("closed_at")?, maybe_text(row, "disposition")?) {
            (Some(at), Some(disposition)) => Some((Timestamp(at), choice(disposition, "disposition")?)),
            (None, None) => None,
            _ => return Err(Flaw::new("it is half closed")),
        },
    };
    sealed(row.get("seal")?, seal(&record, confidence, fields, &digest(row, "secret")?))?;
    Ok(record)
}

pub(in super::super) fn is_there(connection: &Connection, contact: ContactId) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM contact WHERE id = ?1")?.exists([int(contact.0)])?)
}

/// Corrects a contact's language, and seals the row anew; one that is damaged stays as it is.
pub(in super::super) fn set_language(
    tx: &Connection,
    contact: ContactId,
    language: LanguageChoice,
) -> Result<(), StoreError> {
    let not_there = || StoreError::Database(format!("a language was set on {contact}, which is not there"));
    let mut record = get(&mut by_id(tx)?, contact)?.ok_or_else(not_there)?;
    if language.source > LanguageSource::Caller && record.language.source <= LanguageSource::Caller {
        return Ok(()); // a guess that was on its way when somebody said it
    }
    record.language = language;
    let mut secret = tx.prepare_cached("SELECT secret FROM contact WHERE id = ?1")?;
    let secret: [u8; 32] = secret.query_row([int(contact.0)], |row| row.get(0))?;
    let seal = seal(&record, Some(language.confidence), &to_json(&record.fields)?, &secret);
    tx.prepare_cached(
        "UPDATE contact SET language = ?2, language_source = ?3, language_confidence = ?4, seal = ?5 WHERE id = ?1",
    )?
    .execute(params![
        int(contact.0),
        language.code.as_str(),
        spelling(&language.source),
        language.confidence,
        seal
    ])?;
    Ok(())
}

/// The newest contact with this secret.
pub(in super::super) fn by_secret(connection: &Connection, hash: &[u8; 32]) -> Result<Option<ContactId>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM contact WHERE secret = ?1 ORDER BY id DESC LIMIT 1")?;
    let mut rows = statement.query([hash])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    id(row, "id").map(|id| Some(ContactId(id))).map_err(|flaw| flaw.at("contact", "by its secret"))
}

/// Raises a read mark, never above the newest message.
pub(in super::super) fn mark_read(
    tx: &Connection,
    contact: ContactId,
    by_customer: bool,
    seq: u32,
) -> Result<(), StoreError> {
    let sql = if by_customer {
        "UPDATE contact SET customer_read = max(customer_read, min(?2, last_message)) WHERE id = ?1"
    } else {
        "UPDATE contact SET rep_read = max(rep_read, min(?2, last_message)) WHERE id = ?1"
    };
    tx.prepare_cached(sql)?.execute(params![int(contact.0), seq])?;
    Ok(())
}

/// How far each side has read; nothing, for a contact that is not there.
pub(in super::super) fn marks(connection: &Connection, contact: ContactId) -> Result<ReadMarks, StoreError> {
    let mut statement = connection.prepare_cached("SELECT customer_read, rep_read FROM contact WHERE id = ?1")?;
    let mut rows = statement.query([int(contact.0)])?;
    let Some(row) = rows.next()? else { return Ok(ReadMarks::default()) };
    let read = || Ok::<_, Flaw>(ReadMarks { customer: row.get("customer_read")?, rep: row.get("rep_read")? });
    read().map_err(|flaw| flaw.at("contact", contact.to_string()))
}

/// The number of the contact's next message; `None` when there is no such contact.
pub(in super::super) fn next_message(tx: &Connection, contact: ContactId) -> Result<Option<u32>, StoreError> {
    let mut statement =
        tx.prepare_cached("UPDATE contact SET last_message = last_message + 1 WHERE id = ?1 RETURNING last_message")?;
    let mut rows = statement.query([int(contact.0)])?;
    match rows.next()? {
        Some(row) => Ok(Some(row.get(0)?)),
        None => Ok(None),
    }
}

/// The number of the newest message.
pub(in super::super) fn last_message(connection: &Connection, contact: ContactId) -> Result<u32, StoreError> {
    let mut statement = connection.prepare_cached("SELECT last_message FROM contact WHERE id = ?1")?;
    Ok(statement.query_row([int(contact.0)], |row| row.get(0))?)
}

/// Every contact's number.
pub(in super::super) fn all(connection: &Connection) -> Result<Vec<ContactId>, StoreError> {
    let mut statement = connection.prepare("SELECT id FROM contact NOT INDEXED ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(ContactId(id(row, "id").map_err(|flaw| flaw.at("contact", "?"))?));
    }
    Ok(all)
}
