//! Exactly once: the daemon is killed between the commit and the move, the server forgets its numbers, and nothing is lost.

use super::post_office::PostOffice;
use super::world::{World, mail, offered};

/// So often the daemon is killed.
const KILLS: usize = 50;

/// Mail is moved together some seconds after it was taken, so a daemon that is killed as soon as a mail is in its books has
/// never moved it; one that is killed before that has perhaps not taken it. Every fifth kill is of the second kind.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_between_commit_and_move() {
    let mut world = World::opens().await;
    for n in 1..=KILLS {
        let from = format!("r{n}@resident.example");
        let text = mail(&from, "311@city.example", &format!("Pothole {n}"), "A deep one.");
        world.office.sends(&from, "311@city.example", &text).await;
        if n % 5 != 0 {
            world.until("the mail is in the books", |books| books.count("mail") == n as i64).await;
        }
        world = world.killed_and_started_again().await;
        world.until("the mail is in the books", |books| books.count("mail") == n as i64).await;
    }
    world
        .until("all are acknowledged", |books| {
            books.count("delivery WHERE state IN ('sent', 'unknown')") == KILLS as i64
        })
        .await;
    let books = world.books();
    assert_eq!((books.count("contact"), books.count("mail")), (KILLS as i64, KILLS as i64));
    assert_eq!(books.count("delivery WHERE kind = 'acknowledgement'"), KILLS as i64);
    let mut unsure = 0;
    for n in 1..=KILLS {
        let letters = world.office.letters(&format!("r{n}")).len();
        assert!(letters <= 1, "r{n} has {letters} acknowledgements");
        unsure += 1 - letters;
    }
    // a kill while a letter is being handed over: it may have arrived, and is not sent again
    assert!(unsure as i64 <= books.count("delivery WHERE state = 'unknown'"), "{unsure} lost");
    world.until_moved(KILLS as u32).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_numbered_anew_brings_nothing_twice() {
    let mut world = World::opens_with("processed = \"\"").await; // mail stays in the folder
    for n in 1..=5 {
        let from = format!("r{n}@resident.example");
        let text = mail(&from, "311@city.example", &format!("Dead animal {n}"), "On the shoulder.");
        world.office.sends(&from, "311@city.example", &text).await;
    }
    world.until("all are taken", |books| books.count("mail") == 5).await;
    world.office.dovecot.number_anew().await;
    let late = mail("maria@resident.example", "311@city.example", "Late", "While it was away.");
    world.office.sends("maria@resident.example", "311@city.example", &late).await;
    world.until("the new one is taken", |books| books.count("contact") == 6).await;
    world.until("the others are known again", |books| books.count("mail WHERE fate = 'copy'") == 5).await;
    let books = world.books();
    assert_eq!((books.count("contact"), books.count("mail")), (6, 11));
    assert_eq!(books.count("delivery WHERE kind = 'acknowledgement'"), 6, "the new one too, and nobody twice");
    assert_eq!(books.count("delivery"), 6);
    world.office.delivered("maria", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_us_is_taken_and_not_acknowledged() {
    let office = PostOffice::opens().await;
    for n in 1..=3 {
        let from = format!("r{n}@resident.example");
        office.sends(&from, "311@city.example", &mail(&from, "311@city.example", "Old", "From last week.")).await;
    }
    office.delivered("311", 3).await;
    let world = World::opens_at(office, |office| office.settings("start = \"all\"")).await;
    world.until("the backlog is taken", |books| books.count("contact") == 3).await;
    let new = mail("maria@resident.example", "311@city.example", "New", "From today.");
    world.office.sends("maria@resident.example", "311@city.example", &new).await;
    world.office.delivered("maria", 1).await;
    assert_eq!(world.books().count("delivery"), 1, "only the new one is acknowledged");
}

/// Mails that wait are taken together: copies are known among them too, and they are kept in the order in which they came.
#[tokio::test(flavor = "multi_thread")]
async fn copies_in_one_lot_are_one_contact_and_the_lot_keeps_its_order() {
    let office = PostOffice::opens().await;
    let letter =
        |about: &str| mail("ana@resident.example", "311@city.example", about, "A deep one.").replace('\n', "\r\n");
    let (first, second, third) = (letter("Pothole"), letter("Another pothole"), letter("A third one"));
    let another_way = format!("Received: by relay.example; Mon, 23 Nov 2026 12:00:01 +0000\r\n{first}");
    let mut hand = office.dovecot.hand().await;
    for text in [&first, &second, &first, &another_way, &third] {
        hand.append(text).await;
    }
    let world = World::opens_at(office, |office| office.settings("start = \"all\"")).await;
    world.until("all are taken", |books| books.count("mail") == 5).await;
    let books = world.books();
    assert_eq!((books.count("contact"), books.count("mail WHERE fate = 'copy' AND id IN (3, 4)")), (3, 2));
    assert_eq!(books.count("mail WHERE key NOT LIKE '%:' || id"), 0, "numbered as they lay in the mailbox");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_too_long_is_held_with_its_beginning_and_a_mailbox_has_its_queue() {
    let world = World::opens_with("max_bytes = 20000\nqueue = \"dispatch\"").await;
    let long = mail("maria@resident.example", "311@city.example", "Long", &"A very long story.\n".repeat(2_000));
    world.office.sends("maria@resident.example", "311@city.example", &long).await;
    world.until("it is held", |books| books.count("mail WHERE fate = 'held'") == 1).await;
    let books = world.books();
    assert_eq!(books.count("mail WHERE subject = 'Long' AND sender = 'maria@resident.example' AND size > 30000"), 1);
    let short = mail("maria@resident.example", "311@city.example", "Short", "In a word.");
    world.office.sends("maria@resident.example", "311@city.example", &short).await;
    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    let (contact, _) = offered(&ana).await;
    let boss = world.town.signs_in("boss").await;
    let shown = boss.gets(&format!("/contacts/{contact}")).await.is(200).json();
    assert_eq!(shown["queue"], "dispatch", "where the mailbox is meant for: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_letter_to_two_of_our_addresses_is_one_contact() {
    let world = World::opens().await;
    let letter = mail("maria@resident.example", "311@city.example, info@city.example", "Twice", "The same.");
    for to in ["311@city.example", "311+info@city.example"] {
        world.office.sends("maria@resident.example", to, &letter).await;
    }
    let other = letter.replace("The same.", "Another, by a program that gives all its letters one number.");
    world.office.sends("maria@resident.example", "311@city.example", &other).await;
    world.until("all are taken", |books| books.count("mail") == 3).await;
    let books = world.books();
    assert_eq!((books.count("contact"), books.count("mail WHERE fate = 'copy'")), (2, 1));
}
