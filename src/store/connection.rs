//! How a database connection is opened: its settings, read back before use, and SQLite's errors in plain words.

use super::StoreError;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Marks the file as ours ("SBRG").
pub(super) const APPLICATION_ID: i64 = 0x5342_5247;
/// How long to wait for an operator's `sqlite3` or a backup that holds the file.
const BUSY: Duration = Duration::from_secs(5);
/// The log is copied into the file at this many pages (64 MiB) even when there is never an idle moment.
const CHECKPOINT_PAGES: i64 = 16_384;
/// The log file is cut back to this many bytes after a checkpoint, and otherwise reused: writing over it is quicker
/// than growing it.
const LOG_KEPT: i64 = 64 << 20;
/// Page cache in KiB. More is slower for the writer: SQLite walks the whole cache after most commits, and the kernel
/// caches the file anyway.
const WRITER_CACHE: i64 = 4 << 10;
const READER_CACHE: i64 = 2 << 10;
/// Statements kept prepared; more than there are.
const STATEMENTS: usize = 64;
/// At start a file up to this size is checked whole; a larger one takes too long (about 0.3 s per 100 MiB).
const CHECKED_AT_START: u64 = 64 << 20;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    Read,
}

/// The settings of a connection, in the order they are set, with what each must read afterwards. A WAL
/// that is not synced at every commit loses acknowledged ones in a power cut: hence FULL.
fn settings(purpose: Purpose) -> Vec<(&'static str, Value)> {
    let write = purpose == Purpose::Write;
    let mut settings = vec![
        ("journal_mode", Value::Text("wal".into())), // only the writer sets it: it is a property of the file
        ("synchronous", Value::Integer(2)),          // FULL: NORMAL loses acknowledged commits in a power cut
        ("foreign_keys", Value::Integer(1)),
        ("secure_delete", Value::Integer(1)),
        ("cell_size_check", Value::Integer(1)),
        ("trusted_schema", Value::Integer(0)),
        ("temp_store", Value::Integer(2)), // never personal data in a temporary file
        ("mmap_size", Value::Integer(0)),  // a read error is an error code, not a SIGBUS
        ("cache_size", Value::Integer(-if write { WRITER_CACHE } else { READER_CACHE })),
    ];
    if write {
        settings.push(("wal_autocheckpoint", Value::Integer(CHECKPOINT_PAGES)));
        settings.push(("journal_size_limit", Value::Integer(LOG_KEPT)));
    }
    settings.push(("query_only", Value::Integer(i64::from(!write))));
    settings
}

/// A connection with every setting in force, or an error: a setting that reads differently is one.
pub(super) fn open(path: &Path, purpose: Purpose) -> Result<Connection, StoreError> {
    let access = match purpose {
        Purpose::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Purpose::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    for (name, value) in settings(purpose) {
        if name != "journal_mode" || purpose == Purpose::Write {
            connection.pragma_update(None, name, &value)?;
        }
    }
    for ((name, wanted), (_, found)) in settings(purpose).into_iter().zip(in_force(&connection, purpose)?) {
        if found != wanted {
            return Err(StoreError::Database(format!("{name} reads {found:?} and must be {wanted:?}")));
        }
    }
    Ok(connection)
}

/// What the settings read now.
pub(super) fn in_force(connection: &Connection, purpose: Purpose) -> Result<Vec<(&'static str, Value)>, StoreError> {
    settings(purpose)
        .into_iter()
        .map(|(name, _)| Ok((name, connection.pragma_query_value(None, name, |row| row.get::<_, Value>(0))?)))
        .collect()
}

/// Looks through the whole file, when it is small enough to do so at every start.
pub(super) fn check(writer: &Connection, path: &Path) -> Result<(), StoreError> {
    let size = fs::metadata(path)?.len();
    if size > CHECKED_AT_START {
        tracing::info!(
            bytes = size,
            "the database is too large to be looked through at the start; each row is checked when it is read"
        );
        return Ok(());
    }
    let found: String = writer.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(StoreError::Database(format!("the file is damaged; restore a backup ({found})")))
    }
}

/// Runs something that must not wait for others.
pub(super) fn without_waiting<T>(
    connection: &Connection,
    what: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.busy_timeout(Duration::ZERO)?;
    let done = what();
    connection.busy_timeout(BUSY)?;
    done
}

impl From<rusqlite::Error> for StoreError {
    /// SQLite's own text names tables and columns, never what is in them.
    fn from(error: rusqlite::Error) -> StoreError {
        let plain = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => "the disk is full",
            Some(ErrorCode::SystemIoFailure) => "reading or writing the disk failed",
            Some(ErrorCode::DatabaseCorrupt) => "the file is damaged; restore a backup",
            Some(ErrorCode::NotADatabase) => "the file is not a database or its beginning is damaged; restore a backup",
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another programme holds the file",
            Some(ErrorCode::ReadOnly) => "the file or its disk is read-only",
            Some(ErrorCode::CannotOpen) => "the file cannot be opened",
            Some(ErrorCode::PermissionDenied) => "the file may not be opened by this user",
            Some(ErrorCode::ConstraintViolation) => "a rule of the tables was broken",
            Some(ErrorCode::OutOfMemory) => "memory is exhausted",
            Some(ErrorCode::TooBig) => "a value is too large",
            _ => return StoreError::Database(error.to_string()),
        };
        StoreError::Database(format!("{plain} ({error})"))
    }
}
