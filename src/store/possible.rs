//! Records that no sound disk could keep, found before anything is decided on them.

use super::rows::{account, contact};
use super::{Account, Entry, Record, StoreError};
use crate::routing::ids::{ContactId, RepId};
use rusqlite::Connection;

/// See [`super::Store::check`]. A job that opens a contact says the rest in that one, whatever number stands there.
pub(super) fn check(db: &Connection, batch: &[Entry], records: &[Record]) -> Result<(), StoreError> {
    let opens = records.iter().any(|record| matches!(record, Record::Opened { .. }));
    for record in records {
        match record {
            Record::Said { contact, .. } if !opens => contact_is_there(db, batch, *contact)?,
            Record::Account(account) => name_is_free(db, batch, account)?,
            Record::Session(session) => account_is_there(db, batch, session.account)?,
            _ => {}
        }
    }
    Ok(())
}

fn contact_is_there(db: &Connection, batch: &[Entry], contact: ContactId) -> Result<(), StoreError> {
    let opened = |record: &Record| matches!(record, Record::Opened { record, .. } if record.id == contact);
    if contact::is_there(db, contact)? || before(batch).any(opened) {
        return Ok(());
    }
    Err(StoreError::Rejected(format!("a message on {contact}, which is not there")))
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
