//! A mailbox full of old mail, read for the first time and killed amidst it: all of it is taken, and nobody who wrote before us
//! is written to.

use super::post_office::PostOffice;
use super::world::{World, mail};
use std::time::{Duration, SystemTime};

/// More than is moved at once, so that the cursor stands amidst it.
const BACKLOG: usize = 1_500;
/// To take them all.
const PATIENCE: Duration = Duration::from_secs(120);

/// Mail that people wrote an hour ago: fresh enough to be acknowledged, had it come to us.
async fn with_backlog() -> PostOffice {
    let office = PostOffice::opens().await;
    let hour_ago = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs() - 3_600;
    let from = |n: usize| format!("r{}@resident.example", n % 100 + 1);
    let old = |n| mail(&from(n), "311@city.example", &format!("Light {n}"), "The light on our corner is out.");
    let mails: Vec<_> = (0..BACKLOG).map(|n| (old(n), hour_ago)).collect();
    office.dovecot.put_into("311", &mails);
    office
}

async fn maria_writes(office: &PostOffice) {
    let text = mail("maria@resident.example", "311@city.example", "New", "From today.");
    office.sends("maria@resident.example", "311@city.example", &text).await;
}

/// Everything is a contact, and only Maria has an acknowledgement.
async fn only_maria_is_told(world: &World) {
    world.office.delivered("maria", 1).await;
    let whole = BACKLOG as i64 + 1;
    world.until_within(PATIENCE, "all is taken", |books| books.count("contact") == whole).await;
    let books = world.books();
    assert_eq!(books.count("mail WHERE fate = 'message'"), whole, "each mail one contact");
    assert_eq!((books.count("delivery"), books.count("delivery WHERE kind = 'acknowledgement'")), (1, 1));
    let told: usize = (1..=100).map(|n| world.office.letters(&format!("r{n}")).len()).sum();
    assert_eq!((told, world.office.letters("maria").len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_amidst_a_backlog_it_acknowledges_nobody_but_who_writes_anew() {
    let world = World::opens_unread(with_backlog().await, |office| office.settings("start = \"all\"")).await;
    let moved = |cursor: String| !cursor.contains("\"last_uid\":0,");
    world
        .until_within(PATIENCE, "the first of it is moved away", |books| {
            books.bookmark("mail.cursor").is_some_and(moved)
        })
        .await;
    let taken = world.books().count("mail");
    assert!((taken as usize) < BACKLOG, "{taken}");
    let world = world.killed_and_started_after(async |office| maria_writes(office).await).await;
    only_maria_is_told(&world).await;
    let subjects = world.books().subjects();
    let place = subjects.iter().position(|subject| subject == "New").expect("it is there");
    assert!(place < BACKLOG, "taken as number {place} of {}, before the rest of the backlog", subjects.len());
    assert!(world.books().contact_of("New").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn numbered_anew_amidst_a_backlog_it_acknowledges_nobody_but_who_writes_anew() {
    let stays = "start = \"all\"\nprocessed = \"\"";
    let world = World::opens_unread(with_backlog().await, |office| office.settings(stays)).await;
    world.until_within(PATIENCE, "it is under way", |books| books.count("mail") > 300).await;
    let world = world
        .killed_and_started_after(async |office| {
            office.dovecot.number_anew().await;
            maria_writes(office).await;
        })
        .await;
    only_maria_is_told(&world).await;
    let copies = world.books().count("mail WHERE fate = 'copy'");
    assert!((300..BACKLOG as i64).contains(&copies), "{copies} were taken before, under other numbers");
}
