//! Hands that go on typing while the desk changes under them: nothing runs as a command, nothing lands with another person.

use super::rep::Rep;
use super::resident::Resident;
use super::support::city::City;
use super::support::desk::Town;

const ALT: char = '\u{e00a}';
const ESCAPE: &str = "\u{e00c}";
const LEFT: &str = "\u{e012}";

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_goes_on_in_the_box_and_at_the_caret_and_letters_are_no_commands() {
    let city = City::new();
    let _daemon = city.start().await;
    let ana = Rep::is_ready(&city.base(), "ana").await;
    let resident = Resident::reading(&city.base(), "en").await;
    resident.opens_chat("My bin was not emptied").await;
    ana.is_offered("My bin was not emptied").await;
    ana.accepts().await;
    ana.writes("I will a truck").await;
    for _ in " a truck".chars() {
        ana.screen.presses(LEFT).await;
    }

    ana.screen.driver.refresh().await.expect("the page loads again");
    ana.screen.presses("ca").await; // too early for the box: these are lost, and close nothing
    ana.screen.finds(".composer textarea:focus").await;
    assert!(!ana.screen.shows("dialog").await, "a letter was taken for a command");
    let before = ana.draft().await;
    ana.writes(" send").await;
    let typed = ana.draft().await;
    assert!(typed.contains(" send a truck") && typed.len() == before.len() + 5, "{before:?} became {typed:?}");
    ana.screen.finds(".conversation[data-stage=active]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_chat_comes_back_under_the_hands_of_a_rep_who_writes_in_it() {
    let city = City::new();
    let _daemon = city.start().await;
    let ana = Rep::is_ready(&city.base(), "ana").await;
    let resident = Resident::reading(&city.base(), "en").await;
    resident.opens_chat("My bin was not emptied").await;
    ana.is_offered("My bin was not emptied").await;
    ana.accepts().await;
    ana.parks_until_they_write().await;
    ana.writes("I have asked the cr").await;

    resident.says("Are you still there?").await;
    ana.screen.finds(".offer").await;
    ana.screen.finds("[aria-label='Empty column']").await;
    ana.writes("ew dac").await; // goes on, with the eyes on the keys
    ana.screen.finds(".nudge .held").await;
    ana.screen.is_pictured("desk-letters-held").await;
    assert!(ana.screen.shows(".offer").await && !ana.screen.shows("dialog").await, "a letter was taken for a command");

    ana.screen.presses(ESCAPE).await;
    ana.accepts().await;
    assert_eq!(ana.draft().await, "I have asked the cr", "the draft has waited");
    assert!(!ana.screen.shows(".nudge .held").await);
    resident.sees("Ana").await;
    assert!(!resident.screen.text().await.contains("had to leave"), "nobody has left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_chat_that_comes_back_leaves_the_focus_in_another_box() {
    let city = City::new();
    let _daemon = city.start().await;
    let ana = Rep::is_ready(&city.base(), "ana").await;
    let first = Resident::reading(&city.base(), "en").await;
    first.opens_chat("My bin was not emptied").await;
    ana.is_offered("My bin was not emptied").await;
    ana.accepts().await;
    ana.writes("The crew is on its w").await;
    ana.parks_until_they_write().await;
    let second = Resident::reading(&city.base(), "en").await;
    second.opens_chat("The street light is out").await;
    ana.is_offered("The street light is out").await;
    ana.screen.presses_together(ALT, 'a').await;
    ana.screen.finds(".composer textarea:focus:placeholder-shown").await;
    ana.screen.presses_together(ALT, '2').await; // both side by side
    let other = ana.box_in_focus().await;
    ana.writes("Which str").await;

    first.says("Are you still there?").await;
    ana.screen.finds(".offer").await;
    ana.writes("eet is it?").await;
    assert_eq!(ana.box_in_focus().await, other);
    assert_eq!(ana.text_in_focus().await, "Which street is it?");
    assert!(!ana.screen.shows("dialog").await);
    ana.screen.presses_together(ALT, 'a').await;
    let moved = ana.screen.until(async || ana.box_in_focus().await != other).await;
    assert!(moved, "the accepted one is written to");
    assert_eq!(ana.text_in_focus().await, "The crew is on its w");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_transfer_keeps_the_dialog_and_the_note() {
    let city = City::new();
    let _daemon = city.start().await;
    let ana = Rep::is_ready(&city.base(), "ana").await;
    let resident = Resident::reading(&city.base(), "en").await;
    resident.opens_chat("My bin was not emptied").await;
    ana.is_offered("My bin was not emptied").await;
    ana.screen.is_pictured("desk-one-offer").await;
    ana.accepts().await;
    ana.screen.presses_together(ALT, 't').await;
    ana.screen.fills("#transfer-note", "Knows the street").await;
    ana.screen.clicks("dialog input[value=ben]").await; // who is signed out
    ana.screen.clicks("dialog .dialog-foot button").await;
    ana.screen.finds("dialog .problem").await;
    ana.screen.is_pictured("desk-transfer-refused").await;
    let note = ana.screen.finds("#transfer-note").await.prop("value").await.expect("a value");
    assert_eq!(note.as_deref(), Some("Knows the street"));

    ana.screen.clicks("dialog input[value=queue]").await;
    ana.screen.clicks("dialog .pick label").await;
    ana.screen.clicks("dialog .dialog-foot button").await;
    ana.screen.sees("was transferred").await;
    assert!(!resident.screen.text().await.contains("had to leave"), "nobody has left");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_to_a_full_colleague_waits_for_them_and_says_whom_it_came_from() {
    let town = Town::opens().await;
    let [ben, boss] = [town.signs_in("ben").await, town.signs_in("boss").await];
    ben.is_available().await;
    let mut bens = Vec::new();
    for number in 1..=5 {
        bens.push(town.asks("en", &format!("Broken lamp number {number}")).await);
        ben.takes(bens[number - 1]).await;
    }
    let ana = Rep::is_ready(&town.base(), "ana").await;
    let id = town.asks("en", "My bin was not emptied").await;
    ana.is_offered("My bin was not emptied").await;
    ana.accepts().await;
    ana.screen.presses_together(ALT, 't').await;
    ana.screen.sees("load 100 of 100").await;
    ana.screen.sees("Full: it waits for Ben up to 2 hours, then for anyone").await;
    ana.screen.is_pictured("desk-transfer-full").await;
    ana.screen.clicks("dialog input[value=ben]").await;
    ana.screen.clicks("dialog .dialog-foot button").await;
    ana.screen.sees("was transferred").await;

    let why = boss.gets(&format!("/contacts/{id}/explanation")).await.is(200).json();
    let sentences = why["sentences"].to_string();
    for told in ["It was handed over by Ana to Ben.", "It is kept for Ben for another ", "Ana: handed it over; "] {
        assert!(sentences.contains(told), "{told:?} is not in {sentences}");
    }
    ben.finishes(bens[0]).await;
    ben.is_offered(id).await;
    let offers = ben.gets("/offers").await.is(200).json();
    let sentence = offers[0]["reason"]["sentence"].as_str().expect("a sentence");
    assert!(sentence.ends_with("It was handed over by Ana to you."), "{sentence}");
    ben.takes(id).await;
    let held = ben.gets(&format!("/contacts/{id}")).await.is(200).json();
    assert_eq!(held["reason"]["sentence"], sentence, "it stays known");
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_come_without_moving_the_desk_and_the_board_names_who_is_asked() {
    let city = City::new();
    let _daemon = city.start().await;
    let ana = Rep::is_ready(&city.base(), "ana").await;
    let boss = Rep::signs_in(&city.base(), "boss").await;
    boss.screen.opens("/board").await;
    boss.screen.sees("Not ready").await; // at the board, which is not signed out
    let residents = [Resident::reading(&city.base(), "en").await, Resident::reading(&city.base(), "en").await];
    let top = async || ana.screen.asks("return document.querySelector('.work').getBoundingClientRect().top").await;
    let before = top().await;

    residents[0].opens_chat("My bin was not emptied").await;
    ana.is_offered("My bin was not emptied").await;
    assert_eq!(top().await, before);
    residents[1].opens_chat("The street light is out").await;
    ana.is_offered("The street light is out").await;
    assert_eq!(top().await, before, "a second one stands beside the first");
    ana.screen.is_pictured("desk-two-offers").await;
    boss.screen.sees("offered to Ana").await;
    boss.screen.is_pictured("board-offered").await;
    assert_eq!(boss.screen.complaints().await, [""; 0]);
}

impl Rep {
    /// With Alt, from within the box; the focus comes back there.
    async fn parks_until_they_write(&self) {
        self.screen.presses_together(ALT, 'p').await;
        self.screen.finds("dialog").await;
        self.screen.presses("w").await;
        self.screen.finds(".conversation[data-stage=parked]").await;
        self.screen.finds(".composer textarea:focus").await;
    }

    async fn box_in_focus(&self) -> String {
        self.screen.asks("return document.activeElement.id").await.as_str().unwrap_or_default().to_owned()
    }

    async fn text_in_focus(&self) -> String {
        self.screen.asks("return document.activeElement.value").await.as_str().unwrap_or_default().to_owned()
    }
}
