//! Three mailboxes at once, each with a beginning, a queue and a language of its own.

use super::post_office::PostOffice;
use super::support::desk::Staff;
use super::world::{World, mail};
use serde_json::Value;
use std::fs;
use std::time::SystemTime;

const DARK: &str = "The street light in front of our house has been out for three nights, and it is very dark.";
const OSCURO: &str = "La luz de la calle delante de mi casa no funciona desde hace tres noches y está muy oscuro.";
/// Nobody can tell a language by this.
const OK: &str = "ok";

/// Written an hour ago: it would be acknowledged, had it come to us.
fn old(subject: &str, text: &str) -> (String, u64) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    (mail("r1@resident.example", "311@city.example", subject, text), now - 3_600)
}

/// `desk` takes all, `español` what nobody has opened, `tiếng Việt` only what comes from now on.
async fn opens() -> World {
    let office = PostOffice::opens().await;
    office.dovecot.put_into("311", &[old("Desk 1", DARK), old("Desk 2", OSCURO)]);
    office.dovecot.put_into("r91", &[old("Opened", OSCURO), old("Unopened", OK), old("In English", DARK)]);
    office.dovecot.put_into("r92", &[old("Long ago", OK)]);
    let folder = |name: &str| office.dovecot.path(&format!("mail/r91/{name}/1000000000.M0.test"));
    fs::rename(folder("new"), format!("{}:2,S", folder("cur").display())).expect("somebody has opened it");
    let settings = |office: &PostOffice| {
        let spanish = "start = \"unseen\"\nqueue = \"dispatch\"\nlanguage = \"es\"";
        let vietnamese = "start = \"now\"\nlanguage = \"vi\"";
        let [spanish, vietnamese] = [("español", "r91", spanish), ("tiếng Việt", "r92", vietnamese)]
            .map(|(name, user, more)| office.mailbox(name, user, more));
        let all = office.settings(&format!("start = \"all\"\n{spanish}{vietnamese}"));
        all.replace("[email]\n", "[email]\naddresses = [\"r91@city.example\", \"r92@city.example\"]\n")
    };
    let world = World::opens_at(office, settings).await;
    world.until("all are read", |books| books.count("bookmark WHERE key LIKE 'mail.cursor%'") == 3).await;
    world
}

/// Queue, language, who says so and how sure it is, of the contact of a mail.
async fn shown(world: &World, boss: &Staff<'_>, subject: &str) -> (String, String, String, u64) {
    world.until(subject, |books| books.contact_of(subject).is_some()).await;
    let contact = world.books().contact_of(subject).expect("a contact");
    let shown = boss.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{shown}")).to_owned();
    let language = &shown["language"];
    let sure = language["confidence"].as_u64().unwrap_or_else(|| panic!("{shown}"));
    (text(&shown["queue"]), text(&language["code"]), text(&language["source"]), sure)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mailbox_has_its_beginning_queue_and_language() {
    let world = opens().await;
    let boss = world.town.signs_in("boss").await;
    world.until("the old ones are taken", |books| books.count("contact") == 4).await;

    for (subject, text, to) in
        [("Một", OK, "r92"), ("Dos", OSCURO, "r92"), ("Tres", OK, "r91"), ("Four", DARK, "r91"), ("Five", OK, "311")]
    {
        let to = format!("{to}@city.example");
        let letter = mail("maria@resident.example", &to, "SUBJECT", text).replace("SUBJECT", subject);
        world.office.sends("maria@resident.example", &to, &letter).await;
    }
    world.until("the new ones are taken", |books| books.count("contact") == 9).await;
    let mut taken = world.books().subjects();
    taken.sort();
    let expected = ["Desk 1", "Desk 2", "Dos", "Five", "Four", "In English", "Một", "Tres", "Unopened"];
    assert_eq!(taken, expected, "nothing that was left out, and nothing twice");

    // what the text shows counts, else the mailbox's hint, else the house language; and a rule of the plan, here the one for
    // other languages, before the mailbox's queue
    for (subject, queue, code, source, hinted) in [
        ("Unopened", "language line", "es", "default", Some(30)),
        ("In English", "dispatch", "en", "detected", None),
        ("Tres", "language line", "es", "default", Some(30)),
        ("Four", "dispatch", "en", "detected", None),
        ("Một", "language line", "vi", "default", Some(30)),
        ("Dos", "language line", "es", "detected", None),
        ("Desk 2", "language line", "es", "detected", None),
        ("Five", "general", "en", "default", Some(0)),
    ] {
        let (in_queue, said, by, sure) = shown(&world, &boss, subject).await;
        assert_eq!((in_queue.as_str(), said.as_str(), by.as_str()), (queue, code, source), "{subject}");
        assert!(hinted.map_or(sure > 30, |hinted| sure == hinted), "{subject}: {sure} %");
    }
    let books = world.books();
    assert_eq!(books.count("delivery"), 3, "Maria's five, of which three are acknowledged in a day, and nobody else's");
    world.until_figure("steelbridge_letters_spared_total{kind=\"acknowledgement\"}", |spared| spared == 2.0).await;
}
