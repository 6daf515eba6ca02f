//! Machines that write: vacation responders, bounces, our own mail coming round. None of them starts a conversation with us.

use super::world::{World, conversation, field, mail, offered, read, reply_to};
use serde_json::json;

/// So often a responder writes back.
const ROUNDS: usize = 100;

/// What responders put into their answers; one of them at least, none of them all.
const MARKS: [&str; 5] = [
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: auto-generated (rejected)",
    "X-Autoreply: yes",
    "Precedence: auto_reply",
    "X-Autorespond: vacation",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_that_never_tires_gets_one_acknowledgement() {
    let world = World::opens().await;
    let first = mail("away@resident.example", "311@city.example", "Streetlight out", "It has been dark for a week.");
    world.office.sends("away@resident.example", "311@city.example", &first).await;
    let receipt = world.office.delivered("away", 1).await.remove(0);
    for round in 0..ROUNDS {
        let mut answer = mail("away@resident.example", &reply_to(&receipt), "Out of office", "I am away until June.");
        if round % 2 == 0 {
            answer = format!("In-Reply-To: {}\n{answer}", field(&receipt, "Message-ID"));
        }
        let answer = format!("{}\n{answer}", MARKS[round % MARKS.len()]);
        // a good responder answers from nobody, a bad one from its own address
        let sender = if round % 3 == 0 { "" } else { "away@resident.example" };
        world.office.sends(sender, &reply_to(&receipt), &answer).await;
    }
    world.until("all are taken", |books| books.count("mail") == 1 + ROUNDS as i64).await;
    let books = world.books();
    assert_eq!((books.count("contact"), books.count("delivery")), (1, 1));
    let taken = |fate| books.count(&format!("mail WHERE fate = '{fate}' AND why != 'person'"));
    let (told, returned) = (taken("message"), taken("returned"));
    assert_eq!(told, 30, "then the rep knows; the others are only remembered");
    assert_eq!(told + returned + taken("nothing"), ROUNDS as i64);
    assert_eq!(books.count("message WHERE author = 'memo'"), told + returned);
    assert_eq!(world.office.letters("away").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_mails_of_one_sender_are_contacts_but_not_acknowledged_again_and_again() {
    let mut world = World::opens().await;
    for n in 0..5 {
        let text = mail("maria@resident.example", "311@city.example", &format!("Graffiti {n}"), "Another wall.");
        world.office.sends("maria@resident.example", "311@city.example", &text).await;
    }
    world.until("all are contacts", |books| books.count("contact") == 5).await;
    let letters = world.office.delivered("maria", 3).await;
    assert_eq!((letters.len(), world.books().count("delivery")), (3, 3), "three a day");
    world = world.killed_and_started_again().await;
    let text = mail("Maria@resident.example", "311@city.example", "Graffiti", "And another.");
    world.office.sends("Maria@resident.example", "311@city.example", &text).await;
    world.until("it is a contact", |books| books.count("contact") == 6).await;
    assert_eq!(world.books().count("delivery"), 3, "a restart does not forget whom not to flood");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_comes_back_is_told_to_the_rep() {
    let world = World::opens().await;
    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    // a typing error in the sender's own settings: what they write arrives, what we answer does not
    let text = mail("nobody@resident.example", "311@city.example", "Missed pickup", "Nobody came on Tuesday.");
    world.office.sends("nobody@resident.example", "311@city.example", &text).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    ana.posts(&format!("/contacts/{contact}/messages"), json!({"text": "A truck comes today."})).await.is(201);
    world
        .until("the answer has failed", |books| books.count("delivery WHERE kind = 'reply' AND state = 'failed'") == 1)
        .await;
    let said = conversation(&ana, contact, 3).await;
    let memo = said.iter().find(|(by, _)| by == "memo").unwrap_or_else(|| panic!("{said:?}"));
    assert!(memo.1.to_lowercase().contains("not") && memo.1.contains('5'), "why it failed: {memo:?}");
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let answer = &shown["messages"][1]["delivery"];
    let (to, taken, returned) = (answer["to"].as_str(), answer["at"].as_i64(), answer["returned_at"].as_i64());
    assert!(to == Some("nobody@resident.example") && taken.is_some() && returned >= taken, "{answer}");
    assert_eq!(world.books().count("contact"), 1, "a bounce is no contact");
    assert_eq!(world.books().count("mail WHERE fate = 'returned'"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_may_not_be_what_it_seems_is_held_and_our_own_comes_to_nothing() {
    let world = World::opens().await;
    let hello = mail("maria@resident.example", "311@city.example", "Hello", "A first word.");
    world.office.sends("maria@resident.example", "311@city.example", &hello).await;
    let receipt = world.office.delivered("maria", 1).await.remove(0);
    // somebody sends our own acknowledgement back to us, and writes in our name
    world.office.sends("", "311@city.example", &receipt).await;
    let ours = mail("311@city.example", "311@city.example", "Hello", "In your own name.");
    world.office.sends("maria@resident.example", "311@city.example", &ours).await;
    let spam = mail("maria@resident.example", "311@city.example", "Cheap", "Buy.");
    world.office.sends("maria@resident.example", "311@city.example", &format!("X-Spam-Flag: YES\n{spam}")).await;
    let two = mail("maria@resident.example, away@resident.example", "311@city.example", "Two", "Both of us.");
    world.office.sends("maria@resident.example", "311@city.example", &two).await;
    let bomb = format!("{}{}", "X-A: 1\n".repeat(501), mail("maria@resident.example", "311@city.example", "Many", "x"));
    world.office.sends("maria@resident.example", "311@city.example", &bomb).await;
    world.until("all are taken", |books| books.count("mail") == 6).await;
    let books = world.books();
    assert_eq!((books.count("mail WHERE fate = 'held'"), books.count("mail WHERE fate = 'nothing'")), (3, 2));
    for why in ["spam", "two_senders", "more than 500 headers%"] {
        assert_eq!(books.count(&format!("mail WHERE fate = 'held' AND why LIKE '{why}'")), 1, "{why}");
    }
    assert_eq!(
        books.count("mail WHERE subject = 'Many' AND sender = 'maria@resident.example'"),
        1,
        "who and what is told"
    );
    assert_eq!((books.count("contact"), books.count("delivery")), (1, 1));
    assert!(read(&receipt).subject().is_some());
    a_supervisor_decides(&world).await;
}

/// Lets the spam and the bomb in, and throws the third away.
async fn a_supervisor_decides(world: &World) {
    let boss = world.town.signs_in("boss").await;
    let held = boss.gets("/held").await.is(200).json();
    let id = |subject: &str| {
        let one = held.as_array().expect("a list").iter().find(|one| one["subject"] == subject);
        one.and_then(|one| one["id"].as_u64()).unwrap_or_else(|| panic!("{subject} is not in {held}"))
    };
    for (subject, path) in [("Cheap", "release"), ("Many", "release"), ("Two", "discard")] {
        boss.posts(&format!("/held/{}/{path}", id(subject)), json!({})).await.is(200);
    }
    world.until("two are contacts now", |books| books.count("contact") == 3).await;
    let books = world.books();
    assert_eq!(books.count("message WHERE author = 'customer'"), 3);
    assert_eq!(books.count("delivery"), 1, "whoever was held is not acknowledged");
    assert_eq!(books.count("mail WHERE fate = 'held'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn danger_in_a_mail_that_would_be_held_is_offered_at_once() {
    let world = World::opens().await;
    let ben = world.town.signs_in("ben").await;
    ben.is_available().await;
    let text = mail("maria@resident.example", "311@city.example", "Please hurry", "I smell gas in the house.");
    world.office.sends("maria@resident.example", "311@city.example", &format!("X-Spam-Flag: YES\n{text}")).await;
    let (contact, _) = offered(&ben).await;
    ben.takes(contact).await;
    let shown = ben.gets(&format!("/contacts/{contact}")).await.is(200).json();
    assert_eq!((shown["urgency"].as_str(), shown["doubtful"].as_bool()), (Some("emergency"), Some(true)), "{shown}");
    let why = shown["messages"][0]["mail"]["why"].as_str().expect("why it is doubtful");
    assert!(why.contains("danger") && why.contains("spam"), "{why}");
    // it came to two of our addresses
    world.office.sends("maria@resident.example", "311+info@city.example", &format!("X-Spam-Flag: YES\n{text}")).await;
    let bomb = mail("away@resident.example", "311@city.example", "I smell gas", "x");
    let bomb = format!("{}{bomb}", "X-A: 1\n".repeat(501));
    world.office.sends("away@resident.example", "311@city.example", &bomb).await;
    world.until("all are taken", |books| books.count("mail") == 3).await;
    let books = world.books();
    assert_eq!((books.count("mail WHERE fate = 'copy'"), books.count("mail WHERE fate = 'held'")), (1, 0));
    assert_eq!(books.count("contact WHERE doubtful"), 2, "a subject is enough");
    assert_eq!(books.count("delivery"), 0, "nobody is written to");
}
