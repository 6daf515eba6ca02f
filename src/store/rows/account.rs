//! Rows of `account` and `session`: who can sign in, and who is signed in.

use super::super::seal::Seal;
use super::super::{Account, Session, StoreError};
use super::{Flaw, choice, digest, sealed, spelling, text, time, word};
use crate::routing::ids::{RepId, Timestamp};
use rusqlite::{Connection, Row, ToSql, params};

const COLUMNS: &str = "id, name, display, role, password, disabled, seal";

fn seal(a: &Account, role: &str) -> i64 {
    Seal::of("account")
        .number(i64::from(a.id.0))
        .text(a.name.as_str())
        .text(&a.display)
        .text(role)
        .maybe(a.password.as_deref(), Seal::text)
        .number(i64::from(a.disabled))
        .finish()
}

/// Adds an account, or changes the one with this number. A name belongs to one account.
pub(in super::super) fn put(tx: &Connection, a: &Account) -> Result<(), StoreError> {
    let role = spelling(&a.role);
    tx.prepare_cached(&format!(
        "INSERT INTO account ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET \
         name = excluded.name, display = excluded.display, role = excluded.role, password = excluded.password, \
         disabled = excluded.disabled, seal = excluded.seal"
    ))?
    .execute(params![a.id.0, a.name.as_str(), a.display, role, a.password, a.disabled, seal(a, &role)])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Account, Flaw> {
    let role = text(row, "role")?;
    let account = Account {
        id: RepId(row.get("id")?),
        name: word(text(row, "name")?, "name")?,
        display: text(row, "display")?.to_owned(),
        role: choice(role, "role")?,
        password: row.get("password")?,
        disabled: row.get("disabled")?,
    };
    sealed(row.get("seal")?, seal(&account, role))?;
    Ok(account)
}

fn key(row: &Row<'_>) -> String {
    row.get::<_, i64>("id").map_or_else(|_| "?".into(), |id| format!("r{id}"))
}

pub(in super::super) fn by_name(connection: &Connection, name: &str) -> Result<Option<Account>, StoreError> {
    one(connection, "name = ?1", name)
}

pub(in super::super) fn by_id(connection: &Connection, id: RepId) -> Result<Option<Account>, StoreError> {
    one(connection, "id = ?1", id.0)
}

fn one(connection: &Connection, which: &str, value: impl ToSql) -> Result<Option<Account>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM account WHERE {which}"))?;
    let mut rows = statement.query([value])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    read(row).map(Some).map_err(|flaw| flaw.at("account", key(row)))
}

/// All accounts, by number.
pub(in super::super) fn all(connection: &Connection) -> Result<Vec<Account>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM account ORDER BY id"))?;
    let mut rows = statement.query([])?;
    let mut accounts = Vec::new();
    while let Some(row) = rows.next()? {
        accounts.push(read(row).map_err(|flaw| flaw.at("account", key(row)))?);
    }
    Ok(accounts)
}

fn session_seal(s: &Session) -> i64 {
    Seal::of("session").bytes(&s.hash).number(i64::from(s.account.0)).number(s.started.0).number(s.last_seen.0).finish()
}

pub(in super::super) fn insert_session(tx: &Connection, s: &Session) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO session (hash, account, started, last_seen, seal) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![s.hash, s.account.0, s.started.0, s.last_seen.0, session_seal(s)])?;
    Ok(())
}

/// A session and its account, while it has not been ended.
pub(in super::super) fn session(
    connection: &Connection,
    hash: &[u8; 32],
) -> Result<Option<(Session, Account)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT s.hash, s.account, s.started, s.seal AS session_seal, s.last_seen, \
         a.id, a.name, a.display, a.role, a.password, a.disabled, a.seal \
         FROM session s JOIN account a ON a.id = s.account WHERE s.hash = ?1",
    )?;
    let mut rows = statement.query([hash])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let session = read_session(row).map_err(|flaw| flaw.at("session", format!("of account {}", key(row))))?;
    let account = read(row).map_err(|flaw| flaw.at("account", key(row)))?;
    Ok(Some((session, account)))
}

fn read_session(row: &Row<'_>) -> Result<Session, Flaw> {
    let session = Session {
        hash: digest(row, "hash")?,
        account: RepId(row.get("account")?),
        started: time(row, "started")?,
        last_seen: time(row, "last_seen")?,
    };
    sealed(row.get("session_seal")?, session_seal(&session))?;
    Ok(session)
}

/// Moves `last_seen`, never back. An ended session stays ended, and a damaged one ends here.
pub(in super::super) fn touch_session(tx: &Connection, hash: &[u8; 32], at: Timestamp) -> Result<(), StoreError> {
    let kept = {
        let mut statement = tx.prepare_cached(
            "SELECT hash, account, started, last_seen, seal AS session_seal FROM session WHERE hash = ?1",
        )?;
        let mut rows = statement.query([hash])?;
        let Some(row) = rows.next()? else { return Ok(()) };
        read_session(row)
    };
    let Ok(mut session) = kept else { return end_session(tx, hash) };
    session.last_seen = session.last_seen.max(at);
    tx.prepare_cached("UPDATE session SET last_seen = ?2, seal = ?3 WHERE hash = ?1")?.execute(params![
        hash,
        session.last_seen.0,
        session_seal(&session)
    ])?;
    Ok(())
}

pub(in super::super) fn end_session(tx: &Connection, hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM session WHERE hash = ?1")?.execute([hash])?;
    Ok(())
}

pub(in super::super) fn end_sessions_of(tx: &Connection, account: RepId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM session WHERE account = ?1")?.execute([account.0])?;
    Ok(())
}

/// Forgets sessions started before a time; gives back how many.
pub(in super::super) fn forget_sessions(tx: &Connection, before: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.prepare_cached("DELETE FROM session WHERE started < ?1")?.execute([before.0])?)
}

/// Reads every session.
pub(in super::super) fn check_sessions(connection: &Connection) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare("SELECT hash, account, started, seal AS session_seal, last_seen FROM session")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        read_session(row).map_err(|flaw| flaw.at("session", "somewhere"))?;
    }
    Ok(())
}
