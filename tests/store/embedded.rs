//! The SQLite store as a file: who may open it, with which settings, and what it refuses to open.

use crate::sample::*;
use crate::{Directory, Home};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use steelbridge::routing::ids::*;
use steelbridge::store::embedded::{Embedded, FILE};
use steelbridge::store::{Store, StoreError};

fn error(home: &Directory) -> StoreError {
    home.open().err().expect("it does not open")
}

fn sql(home: &Directory, sql: &str) {
    Connection::open(home.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn one_programme_at_a_time_has_it() {
    let home = Directory::made();
    let open = home.open().unwrap();
    let refused = error(&home);
    assert!(matches!(refused, StoreError::InUse(_)));
    let text = refused.to_string();
    assert!(text.contains("another steelbridge") && text.contains(home.path().to_str().unwrap()), "{text}");
    drop(open);
    home.open().unwrap();
}

#[test]
fn readers_do_not_hold_the_lock_and_go_on_reading() {
    let home = Directory::made();
    let (mut store, old) = home.open().unwrap();
    store.append(&[opened(1)]).unwrap();
    drop(store);
    let (mut store, new) = home.open().unwrap();
    store.append(&[opened(2)]).unwrap();
    assert_eq!(old.contact(ContactId(2)).unwrap(), Some(record(2)));
    assert_eq!(new.contact(ContactId(1)).unwrap(), Some(record(1)));
}

#[test]
fn only_its_owner_may_read_what_it_keeps() {
    let home = Directory::made();
    let data = home.path().join("deep/data");
    let (mut store, _reads) = Embedded::open(&data).unwrap();
    store.append(&[opened(1)]).unwrap();
    store.keep_snapshot(Seq(2), b"snapshot").unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&data).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.file_name().into_string().unwrap());
        assert_eq!(mode(&entry.path()), 0o600, "{}", entry.path().display());
    }
    names.sort();
    assert_eq!(names, ["lock", "snapshot-2", FILE, "steelbridge.db-shm", "steelbridge.db-wal"]);
}

#[test]
fn a_file_that_others_could_read_is_narrowed() {
    let home = Directory::made();
    drop(home.open().unwrap());
    let path = home.path().join(FILE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let _open = home.open().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Guides/reliability.md, finding 4: with less, acknowledged contacts are lost in a power cut.
#[test]
fn every_connection_has_the_safe_settings() {
    let home = Directory::made();
    let (mut store, reads) = Embedded::open(home.path()).unwrap();
    store.append(&[opened(1)]).unwrap();
    let safe =
        [("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1), ("cell_size_check", 1), ("mmap_size", 0)];
    let check = |connection: Vec<(&'static str, Value)>, query_only: i64| {
        let found: BTreeMap<_, _> = connection.into_iter().collect();
        assert_eq!(found["journal_mode"], Value::Text("wal".into()));
        assert_eq!(found["query_only"], Value::Integer(query_only));
        for (name, value) in safe {
            assert_eq!(found[name], Value::Integer(value), "{name}");
        }
    };
    let writer = store.settings_in_force().unwrap();
    assert!(writer.contains(&("wal_autocheckpoint", Value::Integer(16_384))));
    check(writer, 0);
    let readers = reads.settings_in_force().unwrap();
    assert_eq!(readers.len(), 4);
    readers.into_iter().for_each(|reader| check(reader, 1));
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let home = Directory::made();
    drop(home.open().unwrap());
    sql(&home, "INSERT INTO schema_step VALUES (7, 'from the future', 'ff')");
    assert!(matches!(error(&home), StoreError::Newer { found: 7, known } if known < 7));
    sql(&home, "DELETE FROM schema_step WHERE number = 7");
    home.open().unwrap();
}

#[test]
fn a_schema_made_by_a_changed_step_is_refused() {
    let home = Directory::made();
    drop(home.open().unwrap());
    sql(&home, "UPDATE schema_step SET sha256 = 'other' WHERE number = 1");
    let text = error(&home).to_string();
    assert!(text.contains("schema_step 1") && text.contains("changed"), "{text}");
}

#[test]
fn another_programmes_database_is_refused() {
    let home = Directory::made();
    sql(&home, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
    assert!(error(&home).to_string().contains("another programme"));
    sql(&home, "INSERT INTO theirs VALUES (2)");
}

#[test]
fn an_idle_moment_empties_the_log() {
    let home = Directory::made();
    let (mut store, _reads) = home.open().unwrap();
    let log = home.path().join("steelbridge.db-wal");
    store.tidy(at(0)).unwrap();
    let kept = |store: &mut Embedded, number| {
        store.append(&[opened(number)]).unwrap();
        fs::metadata(&log).unwrap().len()
    };
    let first = kept(&mut store, 1);
    let second = kept(&mut store, 2);
    assert!(second > first, "the log grows");
    store.tidy(at(40)).unwrap();
    assert_eq!(kept(&mut store, 3), second, "and is written again from its beginning after an idle moment");
    store.tidy(at(12 * 3_600)).unwrap();
    assert_eq!(fs::metadata(&log).unwrap().len(), 0, "twice a day it is cut, so that nothing deleted stays in it");
}

#[test]
fn a_reader_in_the_way_puts_it_off_to_the_next_idle_moment() {
    let home = Directory::made();
    let (mut store, _reads) = home.open().unwrap();
    let length = || fs::metadata(home.path().join("steelbridge.db-wal")).unwrap().len();
    let reader = Connection::open(home.path().join(FILE)).unwrap();
    let reads = || reader.execute_batch("BEGIN; SELECT count(*) FROM contact").unwrap();
    let ends = || reader.execute_batch("COMMIT").unwrap();

    reads();
    store.append(&[opened(1)]).unwrap();
    store.tidy(at(0)).unwrap();
    assert!(length() > 0, "it cannot be cut while somebody reads");
    ends();
    store.tidy(at(10)).unwrap();
    assert_eq!(length(), 0, "not half a day later");

    reads();
    store.append(&[opened(2)]).unwrap();
    store.tidy(at(50)).unwrap();
    ends();
    let before = length();
    store.tidy(at(51)).unwrap();
    store.append(&[opened(3)]).unwrap();
    assert_eq!(length(), before, "all of it was copied, so it is written from its beginning");
}

#[test]
fn what_was_ended_leaves_the_disk() {
    let home = Directory::made();
    let (mut store, _reads) = home.open().unwrap();
    let person = steelbridge::store::Record::Account(account(1, "ana"));
    let signed_in = steelbridge::store::Record::Session(session(77, 1));
    store.append(&[entry(vec![], vec![person, signed_in])]).unwrap();
    store.append(&[entry(vec![], vec![steelbridge::store::Record::EndSession { hash: hash(77) }])]).unwrap();
    store.tidy(at(0)).unwrap();
    for entry in fs::read_dir(home.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(32).any(|window| window == hash(77)), "still in {}", path.display());
    }
}

#[test]
fn a_long_conversation_and_many_contacts_need_no_search() {
    let home = Directory::made();
    let (mut store, _reads) = home.open().unwrap();
    store.append(&[opened(1)]).unwrap();
    drop(store);
    let connection = Connection::open(home.path().join(FILE)).unwrap();
    for query in [
        "SELECT id FROM contact WHERE secret = x'00' ORDER BY id DESC LIMIT 1",
        "SELECT contact FROM source WHERE channel = '' AND key = ''",
        "SELECT seq FROM message WHERE contact = 1 AND seq > 2 ORDER BY seq LIMIT 3",
        "SELECT seq FROM message WHERE contact = 1 AND client_id = '' AND ifnull(rep, -1) = -1",
        "SELECT seq FROM journal WHERE seq > 1 ORDER BY seq LIMIT 3",
        "SELECT id FROM account WHERE name = ''",
        "DELETE FROM session WHERE account = 1",
        "SELECT 1 FROM mail WHERE key = ''",
        "SELECT id FROM mail WHERE contact = 1 ORDER BY id LIMIT 3",
        "SELECT id FROM mail WHERE contact = 1 AND (2 IS NULL OR seq >= 2) ORDER BY id LIMIT 3",
        "SELECT id FROM mail WHERE digest = '' ORDER BY id LIMIT 3",
        "SELECT id FROM delivery WHERE contact = 1 ORDER BY n LIMIT 3",
        "SELECT id FROM delivery WHERE contact = 1 AND seq >= 2 ORDER BY n LIMIT 3",
        "SELECT id FROM delivery WHERE contact = 1 AND n = 2 LIMIT 3",
        "SELECT seq FROM message INDEXED BY message_files WHERE contact = 1 AND attachments IS NOT NULL ORDER BY seq",
        "SELECT due_at FROM delivery WHERE channel = 'email' AND state IN ('waiting', 'sending') AND NOT EXISTS \
         (SELECT 1 FROM delivery before WHERE before.contact = delivery.contact AND before.n < delivery.n \
         AND before.channel = delivery.channel AND before.state IN ('waiting', 'sending')) ORDER BY due_at LIMIT 1",
    ] {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let steps: Vec<String> = plan.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        let quick = |s: &String| s.starts_with("SEARCH") || s.starts_with("CORRELATED");
        assert!(steps.iter().all(quick), "{query}: {steps:?}");
    }
}
