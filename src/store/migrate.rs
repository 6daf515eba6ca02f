//! Brings the schema up to date: ordered steps, each in one transaction, each remembered by its SHA-256.

use super::StoreError;
use super::connection::APPLICATION_ID;
use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest, Sha256};

/// One change to the schema. Never edited once released: a later step changes what an earlier one made.
pub(super) struct Step {
    pub name: &'static str,
    pub sql: &'static str,
}

/// Every step, in order; the first is number 1.
pub(super) const STEPS: &[Step] = &[
    Step { name: "first", sql: include_str!("schema/0001_first.sql") },
    Step { name: "automatic messages", sql: include_str!("schema/0002_automatic_messages.sql") },
    Step { name: "mail and deliveries", sql: include_str!("schema/0003_mail_and_deliveries.sql") },
    Step { name: "language confidence", sql: include_str!("schema/0004_language_confidence.sql") },
    Step { name: "sightings", sql: include_str!("schema/0005_sightings.sql") },
    Step { name: "settled deliveries", sql: include_str!("schema/0006_settled_deliveries.sql") },
];

/// Runs the steps that are missing. Refuses a file that is not ours, a newer schema, and a step that was changed
/// after it had been run.
pub(super) fn run(connection: &mut Connection, steps: &[Step]) -> Result<(), StoreError> {
    claim(connection)?;
    let known = steps.len() as u32;
    let found: u32 = connection.query_row("SELECT ifnull(max(number), 0) FROM schema_step", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, step) in (1u32..).zip(steps) {
        let digest = digest(step);
        if number > found {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.execute_batch(step.sql)?;
            tx.execute("INSERT INTO schema_step VALUES (?1, ?2, ?3)", params![number, step.name, digest])?;
            tx.commit()?;
            continue;
        }
        let kept: String =
            connection.query_row("SELECT sha256 FROM schema_step WHERE number = ?1", [number], |row| row.get(0))?;
        if kept != digest {
            return Err(StoreError::Damaged {
                table: "schema_step",
                key: number.to_string(),
                why: format!("step {:?} was changed after it had been run here", step.name),
            });
        }
    }
    Ok(())
}

/// Marks an empty file as ours; refuses another programme's.
fn claim(connection: &mut Connection) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let id: i64 = tx.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (id, tables) {
        (APPLICATION_ID, 1..) => return Ok(()),
        (0, 0) => {}
        _ => return Err(StoreError::Database("the file belongs to another programme".into())),
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.execute_batch(
        "CREATE TABLE schema_step (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT",
    )?;
    Ok(tx.commit()?)
}

fn digest(step: &Step) -> String {
    super::seal::hex(&Sha256::digest(step.sql.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Step = Step { name: "a", sql: "CREATE TABLE a (x INTEGER) STRICT;" };
    const B: Step = Step { name: "b", sql: "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES (1);" };

    fn tables(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_step_runs_once_and_later_steps_follow() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[A]).unwrap();
        run(&mut connection, &[A, B]).unwrap();
        run(&mut connection, &[A, B]).unwrap();
        assert_eq!(tables(&connection), 3);
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        let half = Step { name: "half", sql: "CREATE TABLE half (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);" };
        assert!(run(&mut connection, &[A, half]).is_err());
        assert_eq!(tables(&connection), 2, "schema_step and a");
        run(&mut connection, &[A, B]).unwrap();
    }

    #[test]
    fn a_step_changed_after_it_ran_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[A]).unwrap();
        let changed = Step { name: "a", sql: "CREATE TABLE a (x TEXT) STRICT;" };
        let error = run(&mut connection, &[changed]).unwrap_err();
        assert!(error.to_string().contains("schema_step 1"), "{error}");
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[A, B]).unwrap();
        assert!(matches!(run(&mut connection, &[A]), Err(StoreError::Newer { found: 2, known: 1 })));
        assert_eq!(tables(&connection), 3);
    }

    #[test]
    fn another_programmes_file_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(run(&mut connection, &[A]).is_err());
        assert_eq!(tables(&connection), 1);
    }
}
