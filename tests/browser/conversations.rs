//! People and reps talk to each other: a chat in Spanish, a form with a photo, and a daemon that goes away meanwhile.

use super::rep::Rep;
use super::resident::Resident;
use super::support::city::City;
use super::support::desk::Town;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn a_resident_chats_in_spanish_and_a_rep_who_writes_spanish_answers_by_keyboard() {
    let city = City::new();
    let _daemon = city.start().await;
    let base = city.base();
    let ben = Rep::is_ready(&base, "ben").await; // is free first, and writes no Spanish
    let ana = Rep::is_ready(&base, "ana").await;

    let resident = Resident::reading(&base, "es").await;
    resident.opens_chat("Hola, no hay luz en mi calle").await;
    ana.is_offered("Hola, no hay luz en mi calle").await;
    ana.screen.is_pictured("desk-offer").await;
    assert!(!ben.screen.shows(".offer").await, "ben does not write Spanish");

    ana.accepts().await;
    resident.sees("Ana").await;
    ana.answers_chat("Buenas tardes, ¿en qué esquina?").await;
    resident.sees("Buenas tardes, ¿en qué esquina?").await;
    resident.says("Calle 82 y Division").await;
    ana.screen.sees("Calle 82 y Division").await;
    ana.screen.is_pictured("desk-conversation").await;
    resident.screen.is_pictured("chat-conversation-es").await;

    assert!(ana.closes_as_informed().await <= 3, "three keys close a contact");
    resident.sees("Esta conversación ha terminado").await;
    ana.ends_wrap_up().await;
    for screen in [&ana.screen, &ben.screen, &resident.screen] {
        assert_eq!(screen.complaints().await, [""; 0], "the browser has nothing to complain about");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_says_once_which_colleague_looked_and_the_resident_is_not_told() {
    let town = Town::opens().await;
    let ana = Rep::is_ready(&town.base(), "ana").await;
    let resident = Resident::reading(&town.base(), "es").await;
    resident.opens_chat("Hola, no hay luz en mi calle").await;
    ana.is_offered("Hola, no hay luz en mi calle").await;
    ana.accepts().await;
    resident.says("Calle 82 y Division").await;
    ana.screen.sees("Calle 82 y Division").await;
    assert!(!ana.screen.shows(".seen").await, "that she sees it herself needs no word");
    let boss = town.signs_in("boss").await;
    let shown = boss.gets("/contacts/1").await.is(200).json();
    assert_eq!(shown["messages"].as_array().map(Vec::len), Some(2), "{shown}");
    let said = "return [...document.querySelectorAll('.message.theirs .seen:not([hidden])')].map(line => line.textContent).join('|')";
    let both = async || {
        let said = ana.screen.asks(said).await.as_str().unwrap_or_default().to_owned();
        said.contains("The boss") && said.contains("you") && !said.contains('|')
    };
    assert!(ana.screen.until(both).await, "once, below the last one: {}", ana.screen.asks(said).await);
    let found = ana.screen.inspected("desk-seen-chat").await;
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
    assert!(!resident.screen.text().await.contains("boss"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_a_photo_is_answered_on_its_status_page() {
    let city = City::new();
    let _daemon = city.start().await;
    let ana = Rep::is_ready(&city.base(), "ana").await;
    let resident = Resident::reading(&city.base(), "en").await;
    resident.screen.opens("/").await;
    resident.screen.is_pictured("home-en").await; // a picture is a picture: it will do as the photo

    resident.opens_form("graffiti", "en").await;
    resident.says_where("The school on 82nd").await;
    resident.describes("Paint all over the wall of the school").await;
    resident.adds_photo(&Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots/home-en.png")).await;
    resident.sends_form().await;
    let status = resident.is_told_how_it_stands().await;
    resident.sees("We have your request").await;
    resident.screen.is_pictured("status-waiting").await;

    ana.is_offered("Paint all over the wall").await;
    ana.accepts().await;
    let photo = ana.screen.finds(".message.theirs .files img").await;
    let drawn = async || photo.prop("naturalWidth").await.ok().flatten().is_some_and(|width| width != "0");
    assert!(ana.screen.until(drawn).await, "the photo is not drawn at the desk");
    ana.screen.is_pictured("desk-photo").await;
    ana.answers_form("Thank you. A crew will paint over it this week.").await;

    resident.screen.opens(&status).await; // comes back later, by the link
    resident.sees("A crew will paint over it this week.").await;
    resident.sees("Ana").await;
    resident.screen.is_pictured("status-answered").await;
    assert!(ana.closes_as_informed().await <= 3, "three keys close a contact");
    for screen in [&ana.screen, &resident.screen] {
        assert_eq!(screen.complaints().await, [""; 0], "the browser has nothing to complain about");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_and_a_chat_survive_a_daemon_that_is_killed_under_them() {
    let city = City::new();
    let daemon = city.start().await;
    let ana = Rep::is_ready(&city.base(), "ana").await;
    let resident = Resident::reading(&city.base(), "en").await;
    resident.opens_chat("My bin was not emptied").await;
    ana.is_offered("My bin was not emptied").await;
    ana.accepts().await;
    ana.answers_chat("Good morning!").await;
    resident.sees("Good morning!").await;
    ana.writes("I will send a truck").await;

    daemon.dies().await;
    ana.knows_it_is_cut_off().await;
    ana.screen.is_pictured("desk-cut-off").await;
    ana.writes(" tomorrow").await; // nobody stops typing
    let _daemon = city.start().await;
    ana.is_live_again().await;

    assert_eq!(ana.draft().await, "I will send a truck tomorrow");
    ana.answers_chat(" at eight.").await;
    resident.sees("I will send a truck tomorrow at eight.").await;
    resident.says("Wonderful, thank you").await;
    ana.screen.sees("Wonderful, thank you").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rep_sets_the_language_that_a_request_is_in() {
    let city = City::new();
    let _daemon = city.start().await;
    let ana = Rep::is_ready(&city.base(), "ana").await;
    let resident = Resident::reading(&city.base(), "en").await;
    resident.opens_chat("Tem um buraco na minha rua").await; // reads English, writes Portuguese
    ana.is_offered("Tem um buraco").await;
    ana.accepts().await;
    ana.screen.sees("chosen by the person").await;
    ana.screen.fills("#contact-language", "Span").await; // what is typed picks the entry that begins so
    ana.screen.clicks(".correct button").await;
    ana.screen.sees("set by a representative").await;
    ana.screen.finds(".composer textarea[lang=es]").await;
    ana.screen.finds("#contact-language:focus").await;
    assert!(!ana.screen.shows(".correct button:not([disabled])").await, "it is set: nothing is left to do");
    ana.screen.is_pictured("desk-language").await;
    assert_eq!(ana.screen.complaints().await, [""; 0]);
}
