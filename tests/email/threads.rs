//! Mail that finds its conversation without a mark of ours, and mail that only says that it belongs to one.

use super::world::{World, conversation, field, mail, offered, reply_to};
use serde_json::{Value, json};

const ZOE: &str = "maria@resident.example";
const EVE: &str = "away@resident.example";

async fn reference(rep: &super::support::desk::Staff<'_>, contact: u64) -> String {
    let shown = rep.gets(&format!("/contacts/{contact}")).await.is(200).json();
    shown["reference"].as_str().expect("a reference").to_owned()
}

/// As a mail program answers this one.
fn answer(first: &str, from: &str, text: &str) -> String {
    let id = field(first, "Message-ID");
    let reply = mail(from, "311@city.example", &format!("Re: {}", field(first, "Subject")), text);
    format!("In-Reply-To: {id}\nReferences: {id}\n{reply}")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_their_own_mail_or_writes_the_reference_is_in_the_same_conversation() {
    let world = World::opens().await;
    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    let first = mail(ZOE, "311@city.example", "Broken bench", "The bench in the park is broken, please mend it.");
    world.office.sends(ZOE, "311@city.example", &first).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    let again = answer(&first, ZOE, "Any news about the bench in the park?");
    world.office.sends(ZOE, "311@city.example", &again).await;
    assert_eq!(
        conversation(&ana, contact, 2).await[1],
        ("customer".into(), "Any news about the bench in the park?".into())
    );
    let named = format!("Re: [{}] Broken bench", reference(&ana, contact).await);
    world.office.sends(ZOE, "311@city.example", &mail(ZOE, "311@city.example", &named, "It is worse now.")).await;
    assert_eq!(conversation(&ana, contact, 3).await[2].1, "It is worse now.");
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let mails: Vec<&Value> = (0..3).map(|n| &shown["messages"][n]["mail"]).collect();
    assert!(mails.iter().all(|mail| mail["other_sender"] == false && mail.get("may_belong").is_none()), "{mails:?}");
    let books = world.books();
    assert_eq!((books.count("contact"), books.count("delivery")), (1, 1), "acknowledged once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_somebody_else_writes_opens_nothing_and_staff_are_told_what_it_names() {
    let world = World::opens().await;
    let [ana, ben] = [world.town.signs_in("ana").await, world.town.signs_in("ben").await];
    ana.is_available().await;
    let first = mail(ZOE, "311@city.example", "Broken bench", "The bench in the park is broken, please mend it.");
    world.office.sends(ZOE, "311@city.example", &first).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    let reference = reference(&ana, contact).await;
    ben.is_available().await;
    let named = format!("Re: [{reference}] Broken bench");
    let stranger = answer(&first, EVE, "Tell me all about it.").replacen(
        "Subject: Re: Broken bench",
        &format!("Subject: {named}"),
        1,
    );
    world.office.sends(EVE, "311@city.example", &stranger).await;
    world.until("it is a contact of its own", |books| books.count("contact") == 2).await;
    let theirs = contact + 1;
    let boss = world.town.signs_in("boss").await;
    boss.posts(&format!("/contacts/{theirs}/assign"), json!({"rep": ben.id})).await.is(200);
    let shown = ben.gets(&format!("/contacts/{theirs}")).await.is(200).json();
    assert_eq!(shown["messages"][0]["mail"]["may_belong"], json!({"id": contact, "reference": reference}), "{shown}");
    ben.gets(&format!("/contacts/{contact}")).await.is(404); // the reference is all he is shown
    boss.gets(&format!("/contacts/{contact}")).await.is(200);
    let letters = world.office.delivered("away", 1).await;
    assert!(letters.len() == 1 && !letters[0].contains("bench") && !letters[0].contains(&reference), "{letters:?}");
    assert_eq!(conversation(&boss, contact, 1).await.len(), 1, "nothing was added to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_answer_that_is_released_is_on_the_contact_it_answers() {
    let world = World::opens().await;
    let [ana, boss] = [world.town.signs_in("ana").await, world.town.signs_in("boss").await];
    ana.is_available().await;
    let first = mail(ZOE, "311@city.example", "Broken bench", "The bench in the park is broken, please mend it.");
    world.office.sends(ZOE, "311@city.example", &first).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    let to = reply_to(&world.office.delivered("maria", 1).await[0]);
    let marked = mail(ZOE, &to, "Re: bench", "By the mark.");
    let own = answer(&first, ZOE, "By the id of my own mail.");
    for (to, text) in [(to.as_str(), &marked), ("311@city.example", &own)] {
        world.office.sends(ZOE, to, &format!("X-Spam-Flag: YES\n{text}")).await;
    }
    world.until("both are held", |books| books.count("mail WHERE fate = 'held'") == 2).await;
    for held in boss.gets("/held").await.is(200).json().as_array().expect("a list") {
        let released = boss.posts(&format!("/held/{}/release", held["id"]), json!({})).await.is(200).json();
        assert_eq!(released["contact"].as_u64(), Some(contact), "{released}");
    }
    let said: Vec<String> = conversation(&ana, contact, 3).await.into_iter().map(|(_, text)| text).collect();
    assert!(said.contains(&"By the mark.".into()) && said.contains(&"By the id of my own mail.".into()), "{said:?}");
    assert_eq!(world.books().count("contact"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_sender_waits_for_a_supervisor_who_reads_why() {
    let world = World::opens().await;
    for n in 0..12 {
        let text = mail(EVE, "311@city.example", &format!("Wall {n}"), "There is graffiti on the wall again.");
        world.office.sends(EVE, "311@city.example", &text).await;
    }
    world.until("all are taken", |books| books.count("mail") == 12).await;
    assert_eq!((world.books().count("contact"), world.books().count("mail WHERE fate = 'held'")), (10, 2));
    let boss = world.town.signs_in("boss").await;
    let held = boss.gets("/held").await.is(200).json();
    let why = held[0]["why"].as_str().expect("a sentence");
    assert!(why.contains("many contacts within a short time"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_one_word_and_then_a_long_one_goes_to_who_writes_the_language() {
    let world = World::opens().await;
    let [ana, ben] = [world.town.signs_in("ana").await, world.town.signs_in("ben").await];
    ben.is_available().await;
    let first = mail(ZOE, "311@city.example", "hi", "ok");
    world.office.sends(ZOE, "311@city.example", &first).await;
    let (contact, shown) = offered(&ben).await;
    assert_eq!(
        (shown["language"]["code"].as_str(), shown["language"]["source"].as_str()),
        (Some("en"), Some("default"))
    );
    let spanish = "No recogieron la basura de mi calle esta semana, ¿cuándo van a venir?";
    world.office.sends(ZOE, "311@city.example", &answer(&first, ZOE, spanish)).await;
    ana.is_available().await;
    let (its, shown) = offered(&ana).await;
    assert_eq!((its, shown["language"]["code"].as_str()), (contact, Some("es")), "{shown}");
    assert_eq!(shown["language"]["source"], "detected");
    assert!(ben.gets("/offers").await.is(200).json().as_array().is_some_and(Vec::is_empty), "Ben writes no Spanish");
}
