//! A look into a conversation while the disk fails: it is answered as ever, and that somebody looked is kept all the same.

use super::people::Resident;
use super::strace;
use super::support::city::City;
use super::town::Town;
use rusqlite::{Connection, OpenFlags};
use std::time::Duration;
use tokio::time::Instant;

const LOOKS: i64 = 20;
/// The fsync that fails: the start and a sign-in take fewer.
const FAILS: u32 = 12;
/// Longer than the first pause before it is tried again.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_look_while_an_fsync_fails_is_answered_at_once_and_kept_a_moment_later() {
    let city = City::new();
    let town = Town::of(&city);
    let daemon = city.start().await;
    let mut contacts = Vec::new();
    for n in 0..LOOKS {
        let promise = Resident::new(&town.base, format!("seen-{n}")).asks().await.expect("a contact");
        contacts.push(promise["contact_id"].as_u64().expect("a number"));
    }
    daemon.dies().await;

    let seen = city.folder().join("strace");
    let daemon = city.start_under(&strace::sync_fails_at(FAILS, true, &seen)).await.expect("a start");
    town.boss.signs_in().await.expect("it works still");
    for (kept, contact) in (1..).zip(contacts) {
        let shown =
            town.boss.get(&format!("/contacts/{contact}")).await.expect("a look never fails over its own trace");
        assert_eq!(shown["messages"].as_array().map(Vec::len), Some(1));
        let deadline = Instant::now() + PATIENCE;
        while sightings(&city) < kept {
            assert!(Instant::now() < deadline, "look {kept} was not kept:\n{}", city.last_words());
            tokio::time::sleep(Duration::from_millis(10)).await; // the books are another process's
        }
    }
    assert!(strace::syncs(&seen).iter().any(|sync| !sync.worked), "no fsync failed: this shows nothing");
    assert!(sightings(&city) == LOOKS, "each once");
    daemon.dies().await;
}

fn sightings(city: &City) -> i64 {
    let open = Connection::open_with_flags(city.data.join("steelbridge.db"), OpenFlags::SQLITE_OPEN_READ_ONLY);
    let books = open.expect("the books can be opened");
    books.busy_timeout(Duration::from_secs(5)).expect("patience");
    books.query_row("SELECT count(*) FROM sighting", [], |row| row.get(0)).expect("a count")
}
