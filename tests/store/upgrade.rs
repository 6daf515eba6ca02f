//! A database of an older steelbridge is brought up to date when it is opened, and nothing in it changes.

use crate::sample::*;
use crate::{Directory, Home};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use steelbridge::message::Author;
use steelbridge::message::delivery::{Carries, DeliveryState, Kind, NewDelivery, Progress};
use steelbridge::message::mail::Fate;
use steelbridge::routing::ids::*;
use steelbridge::store::embedded::{Embedded, FILE};
use steelbridge::store::*;

const STEPS: [(&str, &str); 2] = [
    ("first", include_str!("../../src/store/schema/0001_first.sql")),
    ("automatic messages", include_str!("../../src/store/schema/0002_automatic_messages.sql")),
];

/// What seals the contacts of this test in the second schema, by number.
const SEALS_THEN: [(i64, i64); 2] = [(1, -2766167580545470432), (2, -1458843513142896916)];

/// A database as the second schema had it, with the rows of this one.
fn of_schema_2(new: &Directory) -> Directory {
    let home = Directory::made();
    let old = Connection::open(home.path().join(FILE)).unwrap();
    old.execute_batch(
        "PRAGMA journal_mode = wal; PRAGMA application_id = 1396855367;
         CREATE TABLE schema_step (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT",
    )
    .unwrap();
    for (number, (name, sql)) in (1..).zip(STEPS) {
        old.execute_batch(sql).unwrap();
        let digest: String = Sha256::digest(sql).iter().map(|byte| format!("{byte:02x}")).collect();
        old.execute("INSERT INTO schema_step VALUES (?1, ?2, ?3)", params![number, name, digest]).unwrap();
    }
    old.execute("ATTACH ?1 AS new", [new.path().join(FILE).to_str()]).unwrap();
    for table in ["journal", "contact", "source", "message", "account", "session"] {
        let mut columns = old.prepare(&format!("SELECT name FROM pragma_table_info('{table}', 'main')")).unwrap();
        let columns: Vec<String> = columns.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let columns = columns.join(", ");
        let copy = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}");
        assert!(old.execute(&copy, []).unwrap() > 0, "{table}");
    }
    home
}

#[test]
fn a_database_of_schema_2_is_brought_up_to_date_and_its_rows_stay_valid() {
    let new = Directory::made();
    let (mut store, _) = new.open().unwrap();
    let people = vec![Record::Account(account(1, "ana")), Record::Session(session(1, 1))];
    let said = vec![say(1, Author::Rep(RepId(1)), "Gracias", Some("r-1")), say(2, Author::Automatic, "911", None)];
    store.append(&[entry(vec![], people), opened(1), opened(2), entry(vec![], said)]).unwrap();
    drop(store);
    // there was no confidence then, and the seals were made without one
    let sql = Connection::open(new.path().join(FILE)).unwrap();
    for (id, seal) in SEALS_THEN {
        let then = "UPDATE contact SET language_confidence = NULL, seal = ?2 WHERE id = ?1";
        assert_eq!(sql.execute(then, [id, seal]).unwrap(), 1);
    }
    drop(sql);
    let home = of_schema_2(&new);
    let (mut store, reads) = Embedded::open(home.path()).unwrap();
    assert!(store.verify().is_empty(), "{:?}", store.verify());
    let before = Embedded::open(new.path()).unwrap().1;
    for id in [ContactId(1), ContactId(2)] {
        assert_eq!(reads.contact(id).unwrap(), Some(record(id.0)));
        assert_eq!(reads.conversation(id, 0, 10).unwrap(), before.conversation(id, 0, 10).unwrap());
    }
    assert_eq!(store.seen(&source(1)).unwrap().unwrap().contact, ContactId(1));
    let quiet = NewDelivery { carries: Carries::Nothing, ..delivery(1, Kind::Notice) };
    let records = vec![say(1, Author::Memo, "It came back", None), Record::Deliver(quiet)];
    assert_eq!(store.append(&[entry(vec![], records)]).unwrap().deliveries.len(), 1);
    drop(store);
    assert!(home.open().unwrap().0.verify().is_empty(), "and it opens again");
}

/// A mail and two deliveries from before it was kept whom else a mail went to, when a delivery was over and who dealt with
/// one that did not arrive.
#[test]
fn mails_and_deliveries_of_schema_4_stay_valid_and_what_was_not_known_then_begins() {
    let home = Directory::made();
    let (mut store, reads) = home.open().unwrap();
    let of_mail = Record::Mail { mail: Box::new(mail(1)), fate: Fate::Message, on: Some(ContactId(1)) };
    let again = say(1, Author::Customer, "Otra vez", None);
    let letter = |kind| Record::Deliver(NewDelivery { carries: Carries::Nothing, ..delivery(1, kind) });
    let progress = Progress { state: DeliveryState::Failed, ..Progress::new(at(50)) };
    let failed = Record::Delivering { id: 2, progress, rendered: None };
    let records = vec![again, of_mail, letter(Kind::Notice), letter(Kind::Acknowledgement), failed];
    store.append(&[opened(1), entry(vec![], records)]).unwrap();
    let all = |reads: &dyn Reads| {
        let of = ContactId(1);
        (reads.mail(Which::Of(of), 9).unwrap(), reads.deliveries(Due::Of(of), 9).unwrap())
    };
    let before = all(&*reads);
    drop((store, reads));
    let old = Connection::open(home.path().join(FILE)).unwrap();
    old.execute_batch(
        "DROP TABLE sighting; ALTER TABLE mail DROP COLUMN also_to; ALTER TABLE delivery DROP COLUMN over_at;
         ALTER TABLE delivery DROP COLUMN returned_at; DROP INDEX delivery_troubled;
         ALTER TABLE delivery DROP COLUMN settled_at; ALTER TABLE delivery DROP COLUMN settled_by;
         CREATE INDEX delivery_troubled ON delivery (id) WHERE state IN ('failed', 'unknown');
         DELETE FROM schema_step WHERE number > 4",
    )
    .unwrap();
    drop(old);
    let (mut store, reads) = Embedded::open(home.path()).unwrap();
    assert_eq!(all(&*reads), before);
    assert_eq!(reads.sightings(ContactId(1)).unwrap(), [], "nobody knows who saw what before");
    let saw = Record::Saw { contact: ContactId(1), rep: RepId(1), first: 1, last: 2 };
    assert_eq!(store.append(&[entry(vec![], vec![saw])]).unwrap().sightings.len(), 1);
    let troubled =
        || reads.deliveries(Due::Troubled, 9).unwrap().iter().map(|delivery| delivery.id).collect::<Vec<_>>();
    assert_eq!(troubled(), [2], "nobody has dealt with it, as far as is known");
    store.append(&[entry(vec![], vec![Record::DeliverySettled { id: 2, by: RepId(1) }])]).unwrap();
    assert!(troubled().is_empty());
    assert!(store.verify().is_empty(), "{:?}", store.verify());
}
