//! Rows of `bookmark`: something small under a key.

use super::super::StoreError;
use super::super::seal::Seal;
use super::{Flaw, sealed, text};
use rusqlite::{Connection, Row, params};

fn seal(key: &str, value: &str) -> i64 {
    Seal::of("bookmark").text(key).text(value).finish()
}

/// Remembers a value under a key, or forgets the key.
pub(in super::super) fn put(tx: &Connection, key: &str, value: Option<&str>) -> Result<(), StoreError> {
    match value {
        Some(value) => tx
            .prepare_cached(
                "INSERT INTO bookmark (key, value, seal) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value, seal = excluded.seal",
            )?
            .execute(params![key, value, seal(key, value)])?,
        None => tx.prepare_cached("DELETE FROM bookmark WHERE key = ?1")?.execute([key])?,
    };
    Ok(())
}

fn read(row: &Row<'_>) -> Result<String, Flaw> {
    let (key, value) = (text(row, "key")?, text(row, "value")?);
    sealed(row.get("seal")?, seal(key, value))?;
    Ok(value.to_owned())
}

pub(in super::super) fn get(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT key, value, seal FROM bookmark WHERE key = ?1")?;
    let mut rows = statement.query([key])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    read(row).map(Some).map_err(|flaw| flaw.at("bookmark", "somewhere"))
}

/// Reads every bookmark.
pub(in super::super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT key, value, seal FROM bookmark")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        read(row).map_err(|flaw| flaw.at("bookmark", "somewhere"))?;
    }
    Ok(())
}
