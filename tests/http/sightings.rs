//! Who of the staff saw which message: told to those who may read the conversation, and kept whatever a screen does.

use crate::roles::MORE_PEOPLE;
use crate::support::archive::{Archive, Lay};
use crate::support::desk::{Live, Staff, Town};
use reqwest::multipart::{Form, Part};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::time::Duration;
use steelbridge::message::mail::Trust;

/// Who saw each message, the earliest first.
async fn seen(who: &Staff<'_>, contact: u64) -> Vec<Vec<String>> {
    let shown = who.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let names = |message: &Value| {
        let seen = message["seen"].as_array().map(Vec::as_slice).unwrap_or_default();
        seen.iter().map(|one| one["display"].as_str().expect("a name").to_owned()).collect()
    };
    shown["messages"].as_array().expect("messages").iter().map(names).collect()
}

/// All sightings in the books: contact, rep, first and last message.
fn books(town: &Town) -> Vec<(u64, u64, u64, u64)> {
    let path = town.city.data.join("steelbridge.db");
    let books = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the books");
    books.busy_timeout(Duration::from_secs(5)).expect("patience");
    let mut all = books.prepare("SELECT contact, rep, first, last FROM sighting ORDER BY at, rep").expect("a query");
    let row = |row: &rusqlite::Row<'_>| {
        let number = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
        Ok((number(0)?, number(1)?, number(2)?, number(3)?))
    };
    all.query_map([], row).expect("rows").map(|row| row.expect("a row")).collect()
}

/// Reads on until somebody is told to have seen something, and gives back who, and from which message to which.
async fn hears_who(live: &mut Live) -> (String, u64, u64) {
    let frame = live.hears("seen").await;
    assert!(frame["at"].as_i64().is_some_and(|at| at > 0) && frame["rep"].is_u64(), "{frame}");
    let number = |name: &str| frame[name].as_u64().expect("a number");
    (frame["display"].as_str().expect("a name").to_owned(), number("first"), number("last"))
}

#[tokio::test]
async fn whoever_looks_into_a_conversation_they_do_not_hold_is_seen_to_have_looked() {
    let town = Town::opens_with("", MORE_PEOPLE).await;
    let [ana, ben, boss] = [town.signs_in("ana").await, town.signs_in("ben").await, town.signs_in("boss").await];
    let [ada, otto] = [town.signs_in("ada").await, town.signs_in("otto").await];
    ana.is_available().await;
    let (contact, status) = town.asks_at("es", "Un bache enorme").await;
    let at = format!("/contacts/{contact}");
    ana.takes(contact).await;
    let (mut screen, _) = ana.goes_live().await;

    assert_eq!(seen(&ana, contact).await, [[""; 0]], "she holds it: only her screen knows what she saw");
    ana.gets("/contacts").await.is(200);
    for (who, path) in [(&boss, format!("{at}/glance")), (&boss, "/board".into()), (&boss, format!("{at}/explanation"))]
    {
        who.gets(&path).await.is(200); // nothing of the conversation is in it
    }
    ben.gets(&at).await.is(404);
    ada.gets(&at).await.is(403);
    ben.posts(&format!("{at}/read"), json!({"first": 1, "seq": 1})).await.is(404);
    boss.posts(&format!("{at}/read"), json!({"first": 1, "seq": 1})).await.is(404);
    assert_eq!(books(&town), [], "nobody was shown anything");

    boss.gets(&at).await.is(200);
    assert_eq!(hears_who(&mut screen).await, ("The boss".into(), 1, 1));
    for _ in 0..3 {
        boss.gets(&at).await.is(200); // nothing is new to her
    }
    ana.posts(&format!("{at}/read"), json!({"first": 1, "seq": 1_000})).await.is(204);
    assert_eq!(hears_who(&mut screen).await, ("Ana".into(), 1, 1), "no message that is not there");
    for (first, seq) in [(0, 1), (2, 1)] {
        ana.posts(&format!("{at}/read"), json!({"first": first, "seq": seq})).await.is(422);
    }
    town.adds(&status, "En la calle 82").await;
    ana.posts(&format!("{at}/messages"), json!({"text": "Vamos"})).await.is(201);
    otto.gets(&at).await.is(200);
    assert_eq!(hears_who(&mut screen).await, ("Otto".into(), 1, 3));
    boss.gets(&at).await.is(200);
    assert_eq!(hears_who(&mut screen).await, ("The boss".into(), 2, 3), "only what is new to her");
    let after = [vec!["The boss", "Ana", "Otto"], vec!["Otto", "The boss"], vec!["Otto", "The boss"]];
    for who in [&ana, &boss, &otto] {
        assert_eq!(seen(who, contact).await, after, "whoever may read the conversation: {}", who.name);
    }
    let (boss_id, otto_id) = (boss.id, otto.id);
    let all = [(1, boss_id, 1, 1), (1, ana.id, 1, 1), (1, otto_id, 1, 3), (1, boss_id, 2, 3)];
    assert_eq!(books(&town), all);

    let (_, snapshot) = ana.goes_live().await;
    assert_eq!(snapshot["contacts"][0]["messages"][1]["seen"][0]["display"], "Otto", "{snapshot}");
    let page = town.gets(&status).await.is(200).text;
    assert!(page.contains("Vamos") && !page.contains("Otto") && !page.contains("boss"), "the person is told nothing");
}

#[tokio::test]
async fn what_a_rep_had_is_theirs_to_read_and_that_leaves_a_trace_too() {
    let town = Town::opens().await;
    let [ana, ben] = [town.signs_in("ana").await, town.signs_in("ben").await];
    ana.is_available().await;
    let (contact, _) = town.asks_at("en", "The light is out").await;
    let at = format!("/contacts/{contact}");
    let offered = ana.is_offered(contact).await;
    assert_eq!(seen(&ana, contact).await, [[""; 0]], "it is only offered to her, and she looks");
    ana.posts(&format!("/offers/{offered}/accept"), json!({})).await.is(200);
    let (mut screen, _) = ana.goes_live().await;
    ana.posts(&format!("{at}/messages"), json!({"text": "Where?"})).await.is(201);
    ana.posts(&format!("{at}/notes"), json!({"text": "They sounded worried"})).await.is(201);
    ben.is_available().await;
    ana.posts(&format!("{at}/transfer"), json!({"to": {"rep": "ben"}})).await.is(200);
    screen.hears("contact_gone").await;
    ben.takes(contact).await;
    let (mut bens, _) = ben.goes_live().await;
    ben.posts(&format!("{at}/read"), json!({"first": 2, "seq": 3})).await.is(204);
    assert_eq!(hears_who(&mut bens).await, ("Ben".into(), 2, 3), "what his screen has, and nothing before it");
    ben.posts(&format!("{at}/read"), json!({"first": 1, "seq": 3})).await.is(204);
    assert_eq!(hears_who(&mut bens).await, ("Ben".into(), 1, 1));
    assert_eq!(seen(&ben, contact).await, [vec!["Ana", "Ben"], vec!["Ben"], vec!["Ben"]], "no word on who wrote it");
    ben.finishes(contact).await;
    bens.hears("contact_gone").await;

    assert_eq!(seen(&ben, contact).await.len(), 3, "closed, and his to read");
    assert_eq!(
        books(&town),
        [(contact, ana.id, 1, 1), (contact, ben.id, 2, 3), (contact, ben.id, 1, 1)],
        "nothing is new to him"
    );
    ana.gets(&at).await.is(404);
}

#[tokio::test]
async fn a_mail_or_a_file_that_is_opened_by_itself_is_that_message_and_no_other() {
    let mut town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    ana.is_available().await;
    let page = town.gets("/forms/unknown?lang=en").await.is(200).text;
    let pdf = Part::bytes(b"%PDF-1.4\n%%EOF\n".as_slice()).file_name("letter.pdf");
    let mut form = Form::new().text("text", "See the letter").part("photos", pdf);
    for input in page.split("<input type=\"hidden\" ").skip(1) {
        let part = |name: &str| input.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        form = form.text(part("name").expect("a name").to_owned(), part("value").expect("a value").to_owned());
    }
    town.sends(town.request(reqwest::Method::POST, "/forms/unknown?lang=en").multipart(form)).await;
    let contact = ana.gets("/offers").await.is(200).json()[0]["contact"]["id"].as_u64().expect("it is offered to Ana");
    ana.takes(contact).await;
    let digest =
        ana.gets(&format!("/contacts/{contact}")).await.json()["messages"][0]["attachments"][0]["digest"].clone();
    let ana_id = ana.id;
    town.daemon.signal("TERM");
    town.daemon.until_ended(Duration::from_secs(10)).await.expect("it stops");
    let mut archive = Archive::of(&town.city);
    let raw = "From: maria@example.org\r\nSubject: More\r\n\r\nMore.\r\n\r\nOn Monday 311 wrote:\r\n> Which?\r\n";
    archive.tells_staff(contact, "Something for staff");
    let (from, subject, trust) = ("maria@example.org", "More", Trust::Authentic);
    let lay = Lay { from, subject, raw, why: "person", trust, also_to: &[] };
    archive.answers(contact, "More.", lay);
    drop(archive);
    town.daemon = town.city.start().await;

    let [ana, boss] = [town.signs_in("ana").await, town.signs_in("boss").await];
    let (mut screen, _) = ana.goes_live().await;
    let file = format!("/contacts/{contact}/files/{}", digest.as_str().expect("a digest"));
    let folded = format!("/contacts/{contact}/mails/1/folded");
    for path in [&file, &folded] {
        ana.gets(path).await.is(200); // she holds it
    }
    boss.gets(&folded).await.is(200);
    assert_eq!(hears_who(&mut screen).await, ("The boss".into(), 3, 3));
    boss.gets(&file).await.is(200);
    assert_eq!(hears_who(&mut screen).await, ("The boss".into(), 1, 1));
    for path in [file.as_str(), &folded, &format!("/contacts/{contact}/mails/1/original")] {
        boss.gets(path).await.is(200);
    }
    boss.gets(&format!("/contacts/{contact}")).await.is(200);
    assert_eq!(hears_who(&mut screen).await, ("The boss".into(), 2, 2), "what was left");
    assert_eq!(seen(&ana, contact).await, [["The boss"]; 3]);
    assert!(books(&town).iter().all(|row| row.1 != ana_id), "{:?}", books(&town));
}
