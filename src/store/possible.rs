//! Records that no sound disk could keep, found before anything is decided on them.

use super::rows::{account, contact, delivery, mail};
use super::{Account, Due, Entry, Record, StoreError, Which};
use crate::routing::ids::{ContactId, RepId};
use rusqlite::Connection;

/// See [`super::Store::check`]. A job that opens a contact says the rest in that one, whatever number stands there.
pub(super) fn check(db: &Connection, batch: &[Entry], records: &[Record]) -> Result<(), StoreError> {
    let opens = records.iter().any(|record| matches!(record, Record::Opened { .. }));
    for record in records {
        match record {
            Record::Said { contact, .. } if !opens => contact_is_there(db, batch, *contact)?,
            Record::Deliver(new) if !opens => contact_is_there(db, batch, new.contact)?,
            Record::Saw { contact, .. } => contact_is_there(db, batch, *contact)?,
            Record::Language { contact, .. } => contact_is_sound(db, batch, *contact)?,
            Record::Delivering { id, .. } | Record::DeliverySettled { id, .. } => {
                found(delivery::some(db, Due::Id(*id), 1)?, "delivery", *id)?
            }
            Record::MailDecided { id, .. } => found(mail::some(db, Which::Id(*id), 1)?, "mail", *id)?,
            Record::Account(account) => name_is_free(db, batch, account)?,
            Record::Session(session) => account_is_there(db, batch, session.account)?,
            _ => {}
        }
    }
    Ok(())
}

fn contact_is_there(db: &Connection, batch: &[Entry], contact: ContactId) -> Result<(), StoreError> {
    if contact::is_there(db, contact)? || opened(batch, contact) {
        return Ok(());
    }
    Err(StoreError::Rejected(format!("something on {contact}, which is not there")))
}

/// Its row is written anew, so it must be readable.
fn contact_is_sound(db: &Connection, batch: &[Entry], contact: ContactId) -> Result<(), StoreError> {
    match contact::get(&mut contact::by_id(db)?, contact)? {
        Some(_) => Ok(()),
        None => contact_is_there(db, batch, contact),
    }
}

fn found<T>(rows: Vec<T>, what: &str, id: u64) -> Result<(), StoreError> {
    match rows.is_empty() {
        false => Ok(()),
        true => Err(StoreError::Rejected(format!("a change of {what} {id}, which is not there"))),
    }
}

fn opened(batch: &[Entry], contact: ContactId) -> bool {
    before(batch).any(|record| matches!(record, Record::Opened { record, .. } if record.id == contact))
}

/// A name belongs to one account. One that is given up in the same batch is free only after it.
fn name_is_free(db: &Connection, batch: &[Entry], account: &Account) -> Result<(), StoreError> {
    let taken = |other: &Account| other.name == account.name && other.id != account.id;
    let kept = account::by_name(db, account.name.as_str())?;
    if kept.as_ref().is_some_and(taken) || accounts(batch).any(taken) {
        return Err(StoreError::Rejected(format!("account r{} with a name that is another's", account.id.0)));
    }
    Ok(())
}

fn account_is_there(db: &Connection, batch: &[Entry], id: RepId) -> Result<(), StoreError> {
    if account::by_id(db, id)?.is_some() || accounts(batch).any(|account| account.id == id) {
        return Ok(());
    }
    Err(StoreError::Rejected(format!("a session of account r{}, which is not there", id.0)))
}

fn before(batch: &[Entry]) -> impl Iterator<Item = &Record> {
    batch.iter().flat_map(|entry| &entry.records)
}

fn accounts(batch: &[Entry]) -> impl Iterator<Item = &Account> {
    before(batch).filter_map(|record| match record {
        Record::Account(account) => Some(account),
        _ => None,
    })
}
