//! Rows as SQLite holds them and the plain data they stand for, both ways, each sealed.

pub(super) mod account;
pub(super) mod bookmark;
pub(super) mod contact;
pub(super) mod delivery;
pub(super) mod journal;
pub(super) mod mail;
pub(super) mod message;
pub(super) mod sighting;

use super::StoreError;
use crate::routing::ids::{Timestamp, Word};
use rusqlite::Row;
use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Serialize};

/// Why a row cannot be read. Names the column, never what is in it.
#[derive(Debug)]
pub(super) struct Flaw(String);

impl Flaw {
    pub fn new(why: impl Into<String>) -> Flaw {
        Flaw(why.into())
    }

    /// Says where.
    pub fn at(self, table: &'static str, key: impl Into<String>) -> StoreError {
        StoreError::Damaged { table, key: key.into(), why: self.0 }
    }
}

impl From<rusqlite::Error> for Flaw {
    /// From reading a column that is there: a wrong type, a number out of range, broken UTF-8.
    fn from(error: rusqlite::Error) -> Flaw {
        Flaw(error.to_string())
    }
}

/// Compares the seal kept with the seal that the row should have.
fn sealed(kept: i64, due: i64) -> Result<(), Flaw> {
    if kept == due { Ok(()) } else { Err(Flaw::new("its seal does not match: a byte changed on disk")) }
}

/// A text column, without copying.
fn text<'a>(row: &'a Row<'_>, column: &'static str) -> Result<&'a str, Flaw> {
    let value = row.get_ref(column)?;
    value.as_str().map_err(|e| Flaw(format!("column {column}: {e}")))
}

/// A text column that may be NULL.
fn maybe_text<'a>(row: &'a Row<'_>, column: &'static str) -> Result<Option<&'a str>, Flaw> {
    let value = row.get_ref(column)?;
    value.as_str_or_null().map_err(|e| Flaw(format!("column {column}: {e}")))
}

/// A column that holds a SHA-256.
fn digest(row: &Row<'_>, column: &'static str) -> Result<[u8; 32], Flaw> {
    let value = row.get_ref(column)?;
    let bytes = value.as_blob().map_err(|e| Flaw(format!("column {column}: {e}")))?;
    bytes.try_into().map_err(|_| Flaw(format!("column {column} has {} bytes, not 32", bytes.len())))
}

fn word(text: &str, column: &'static str) -> Result<Word, Flaw> {
    Word::new(text).map_err(|e| Flaw(format!("column {column}: {e}")))
}

fn time(row: &Row<'_>, column: &'static str) -> Result<Timestamp, Flaw> {
    Ok(Timestamp(row.get(column)?))
}

fn maybe_time(row: &Row<'_>, column: &'static str) -> Result<Option<Timestamp>, Flaw> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}

/// One of the words of an enum, as serde spells it.
fn choice<T: for<'de> Deserialize<'de>>(text: &str, column: &'static str) -> Result<T, Flaw> {
    let spelled = StrDeserializer::<serde::de::value::Error>::new(text);
    T::deserialize(spelled).map_err(|_| Flaw(format!("column {column} holds a word that is not known")))
}

/// How serde spells one word of an enum.
pub(super) fn spelling<T: Serialize>(choice: &T) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("an enum of plain words is spelled as a word, not {other:?}"),
    }
}

/// A column that holds JSON. The error says where it is broken, not what it says.
fn json<T: DeserializeOwned>(text: &str, column: &'static str) -> Result<T, Flaw> {
    serde_json::from_str(text).map_err(|e| {
        Flaw(format!("column {column} is not the expected JSON at line {} column {}", e.line(), e.column()))
    })
}

/// Plain data as JSON.
pub(super) fn to_json<T: Serialize>(data: &T) -> Result<String, StoreError> {
    serde_json::to_string(data).map_err(|e| StoreError::Database(format!("a value cannot be written as JSON: {e}")))
}

/// Ids are counted from 1 and never come near 2⁶³.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An id column.
fn id(row: &Row<'_>, column: &'static str) -> Result<u64, Flaw> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| Flaw(format!("column {column} is negative")))
}
