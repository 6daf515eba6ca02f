//! Mail on the desk and on the page of held mail, by keyboard, against the accessibility rules.

use super::rep::Rep;
use super::screen::Screen;
use super::support::archive::{Archive, Lay, dead_mail};
use super::support::desk::Town;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use steelbridge::message::delivery::DeliveryState;
use steelbridge::message::mail::Trust;

const MARIA: &str = "maria@example.org";
const HTML: &str = "From: =?utf-8?q?Mar=C3=ADa_L=C3=B3pez?= <maria@example.org>\r\nTo: 311@city.example\r\nSubject: Re: Bache en la calle 82\r\nDate: Thu, 26 Nov 2026 10:12:00 +0000\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/alternative; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nEsta en la esquina de la 82 con Division, delante de la panaderia.\r\nGracias por responder tan rapido.\r\n\r\nEl jue, 26 nov 2026 a las 10:02, Portland 311 escribio:\r\n> Donde esta exactamente?\r\n> Que tamano tiene?\r\n\
    --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<h2>Bache</h2><p>Esta en la <b>esquina de la 82 con Division</b>, delante de la panaderia.</p>\
    <table border=1><tr><td>Ancho</td><td>60 cm</td></tr><tr><td>Fondo</td><td>15 cm</td></tr></table><script>document.title='stolen'</script><p>Gracias</p>\r\n--b--\r\n";
const OTHER: &str = "From: juan@example.net\r\nSubject: Bache en la calle 82\r\n\r\nYo tambien lo he visto.\r\n";

fn lay(from: &'static str, subject: &'static str, raw: &'static str, why: &'static str, trust: Trust) -> Lay<'static> {
    Lay { from, subject, raw, why, trust, also_to: &[] }
}

async fn overnight(town: &mut Town, happens: impl FnOnce(&mut Archive)) {
    town.daemon.signal("TERM");
    town.daemon.until_ended(Duration::from_secs(10)).await.expect("it stops");
    let mut archive = Archive::of(&town.city);
    happens(&mut archive);
    drop(archive);
    town.daemon = town.city.start().await;
}

/// A contact of the form whose person left an address, with Ana.
async fn with_ana(town: &Town) -> (u64, u64) {
    let ana = town.signs_in("ana").await;
    ana.is_available().await;
    let body = json!({"channel": "form", "service": "pothole", "text": "Hay un bache enorme", "language": "es", "name": "María López",
        "email": MARIA, "fields": {"location": "82nd"}});
    let reply = town.sends(town.request(Method::POST, "/api/v1/contacts").json(&body)).await.is(201);
    let contact = reply.json()["contact_id"].as_u64().expect("a number");
    ana.takes(contact).await;
    ana.is_away().await;
    (contact, ana.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rep_reads_a_mail_its_quotation_and_its_html_by_keyboard() {
    let mut town = Town::opens().await;
    let (contact, ana) = with_ana(&town).await;
    overnight(&mut town, |archive| {
        archive.mails(contact, ana, "¿Dónde está exactamente? ¿Qué tamaño tiene?", MARIA, DeliveryState::Sent, None);
        let words =
            "Está en la esquina de la 82 con Division, delante de la panadería.\nGracias por responder tan rápido.";
        archive.answers(contact, words, lay(MARIA, "Re: Bache en la calle 82", HTML, "person", Trust::Authentic));
        archive.answers(
            contact,
            "Yo también lo he visto.",
            lay("juan@example.net", "Bache en la calle 82", OTHER, "person", Trust::Doubtful),
        );
        archive.mails(
            contact,
            ana,
            "Gracias. Vamos hoy mismo.",
            MARIA,
            DeliveryState::Failed,
            Some("550 5.1.1 no such user here"),
        );
        archive.tells_staff(
            contact,
            "The answer to maria@example.org could not be delivered: 550 5.1.1 no such user here.",
        );
    })
    .await;

    let ana = Rep::signs_in(&town.base(), "ana").await;
    let screen = &ana.screen;
    screen.sees("Another address wrote this").await;
    screen.sees("Sender failed the check").await;
    screen.sees("Not delivered to maria@example.org, given up at").await;
    screen.finds(".message.memo").await;
    let mut found = screen.inspected("desk-mail").await;

    screen.focuses(".mail-buttons button[aria-expanded]").await;
    screen.presses(ENTER).await;
    screen.finds(".mail-buttons button[aria-expanded=true]").await;
    screen.sees("> Donde esta exactamente?").await;
    screen.is_pictured("desk-mail-quoted").await;
    screen.presses(TAB).await;
    screen.presses(ENTER).await;
    let frame = screen.finds("dialog iframe.as-sent").await;
    screen.driver.enter_frame(0).await.expect("the frame opens");
    screen.sees("esquina de la 82 con Division").await;
    screen.driver.enter_parent_frame().await.expect("and closes");
    assert_eq!(frame.attr("sandbox").await.expect("an attribute").as_deref(), Some(""), "nothing is allowed to it");
    assert_eq!(screen.asks("return document.title.includes('stolen')").await, false);
    found.extend(screen.inspected("desk-mail-html").await);
    screen.presses(ENTER).await;
    assert!(screen.until(async || !screen.shows("dialog").await).await, "Enter on Done closes it");
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

const COLLEAGUES: &str = r#"
[[rep]]
name = "marcus"
display = "Marcus"
languages = { en = 5 }

[[rep]]
name = "priya"
display = "Priya"
languages = { en = 5 }

[[rep]]
name = "hoa"
display = "Hòa"
languages = { en = 5 }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_rep_sees_who_saw_a_mail_who_reads_along_and_how_far_the_answer_got() {
    let mut town = Town::opens_with("", COLLEAGUES).await;
    let settings = dead_mail(&town.city);
    town.city.adds_settings(&settings); // answers go by mail
    let (contact, ana) = with_ana(&town).await;
    let boss = town.signs_in("boss").await.id;
    let [marcus, priya, hoa] =
        [town.signs_in("marcus").await.id, town.signs_in("priya").await.id, town.signs_in("hoa").await.id];
    overnight(&mut town, |archive| {
        archive.is_seen(contact, marcus, (1, 1), 95);
        archive.mails(contact, ana, "¿Dónde está exactamente? ¿Qué tamaño tiene?", MARIA, DeliveryState::Sent, None);
        let words = "Está en la esquina de la 82 con Division, delante de la panadería.";
        let also_to = &[
            "panaderia@example.com",
            "vecinos.calle82@example.org",
            "juan@example.net",
            "obras@distrito.example",
            "rosa@example.org",
        ];
        let mail = lay(MARIA, "Re: Bache en la calle 82", HTML, "person", Trust::Authentic);
        archive.answers(contact, words, Lay { also_to, ..mail });
        for (rep, minutes) in [(marcus, 42), (priya, 31), (boss, 24), (hoa, 9)] {
            archive.is_seen(contact, rep, (1, 3), minutes);
        }
        archive.tells_staff(contact, "3 files of this mail are not here: they stay in the original.");
        archive.is_seen(contact, marcus, (4, 4), 3);
    })
    .await;

    let ana = Rep::signs_in(&town.base(), "ana").await;
    let screen = &ana.screen;
    screen.sees("Mailed to maria@example.org at ").await;
    screen.sees("Also sent to panaderia@example.com, vecinos.calle82@example.org, juan@example.net and 2 more").await;
    screen.sees("Will be mailed to maria@example.org only").await;
    screen.sees("not to the 5 others on their mail").await;
    screen.finds(".message.memo .seen").await;
    let folded = async || !screen.text().await.contains("Hòa");
    assert!(screen.until(folded).await, "with Ana five have seen it: the last of them are behind a button");
    let mut found = screen.inspected("desk-seen").await;

    screen.focuses(".message.theirs .seen button").await;
    screen.presses(ENTER).await;
    screen.sees("Hòa").await;
    screen.focuses(".also-to button").await;
    screen.presses(" ").await;
    screen.sees("rosa@example.org").await;
    let boss = town.signs_in("boss").await;
    boss.gets(&format!("/contacts/{contact}")).await.is(200); // she looks now, at the memo too
    screen.until(async || screen.text_of([".memo .seen".to_owned()].into_iter()).await.contains("The boss")).await;
    let memo = screen.text_of([".memo .seen".to_owned()].into_iter()).await;
    assert!(memo.starts_with("Seen by Marcus") && memo.contains("The boss"), "live: {memo}");
    found.extend(screen.inspected("desk-seen-open").await);
    screen.is_dark().await;
    found.extend(screen.inspected("desk-seen-dark").await);
    screen.is_narrow(true).await;
    screen.is_pictured("desk-seen-narrow").await;
    screen.is_narrow(false).await;
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
    assert_eq!(screen.complaints().await, [""; 0], "the browser has nothing to complain about");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rep_reads_what_a_contact_goes_on_from_by_keyboard() {
    let mut town = Town::opens().await;
    let (contact, _) = with_ana(&town).await;
    let ana = town.signs_in("ana").await;
    ana.posts(&format!("/contacts/{contact}/close"), json!({"disposition": "informed"})).await.is(200);
    ana.posts(&format!("/contacts/{contact}/wrap-up/end"), json!({})).await.is(200);
    overnight(&mut town, |archive| archive.goes_on(contact, "Ha vuelto a abrirse")).await;
    let ana = Rep::is_ready(&town.base(), "ana").await;
    ana.is_offered("Hay un bache enorme").await;
    ana.accepts().await;
    let screen = &ana.screen;
    screen.sees("Goes on from SB-000001-8").await;
    screen.focuses(".conversation-marks button").await;
    screen.presses(ENTER).await;
    screen.finds("dialog .log .theirs").await;
    let said = "return document.querySelector('dialog .log').textContent.includes('Hay un bache enorme')";
    assert_eq!(screen.asks(said).await, true);
    assert!(!screen.shows("dialog textarea").await, "it is there to be read");
    let mut found = screen.inspected("desk-earlier").await;
    screen.presses(ENTER).await;
    assert!(screen.until(async || !screen.shows("dialog").await).await, "Enter on Done closes it");
    screen.focuses(".conversation-marks button").await;
    screen.presses(ENTER).await; // she looks again: that she has looked before stands there now
    screen.sees("Seen by you").await;
    found.extend(screen.inspected("desk-earlier-seen").await);
    screen.presses(ENTER).await;
    assert!(screen.until(async || !screen.shows("dialog").await).await, "Enter on Done closes it");
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_looks_through_held_mail_by_keyboard() {
    let mut town = Town::opens().await;
    let (contact, ana) = with_ana(&town).await;
    let settings = dead_mail(&town.city); // a mailbox is set up: what is released is read as its mail
    town.city.adds_settings(&settings);
    overnight(&mut town, |archive| {
        archive.holds(lay("x@example.net", "Street lamp", OTHER, "two_senders", Trust::Unknown));
        archive.holds(lay(MARIA, "Re: Bache en la calle 82", HTML, "not_authentic", Trust::Doubtful));
        archive.holds(lay("", "", "", "could not be fetched", Trust::Unknown));
        archive.mails(
            contact,
            ana,
            "Vamos hoy mismo.",
            MARIA,
            DeliveryState::Failed,
            Some("550 5.1.1 no such user here"),
        );
        archive.mails(
            contact,
            ana,
            "Ya está arreglado.",
            MARIA,
            DeliveryState::Unknown,
            Some("the line was cut after the last byte"),
        );
    })
    .await;

    let screen = Screen::new(&town.base(), "en").await;
    screen.opens("/desk").await;
    screen.signs_in("boss").await;
    screen.opens("/board").await;
    screen.sees("2 not delivered").await;
    let mut found = screen.inspected("board-mail").await;
    screen.clicks("a[href='/held']").await;
    screen.sees("It names more than one sender").await;
    screen.finds("held-mail .line[data-kind=live]").await;
    found.extend(screen.inspected("held").await);
    screen.presses("j").await;
    screen.sees("delante de la panaderia").await;
    screen.is_pictured("held-html").await;
    screen.presses("r").await;
    screen.sees("Release this mail?").await;
    found.extend(screen.inspected("held-release").await);
    screen.presses("n").await;
    assert!(screen.until(async || !screen.shows("dialog").await).await, "no: nothing is done");
    screen.presses("r").await;
    screen.finds("dialog[open]").await;
    screen.presses("y").await;
    screen.sees("Released. It is SB-").await;
    screen.sees("Look into the mailbox itself").await; // the next one takes its place
    screen.presses("d").await;
    screen.sees("Discard this mail?").await;
    screen.presses("y").await;
    screen.sees("Discarded.").await;
    screen.finds(".item[aria-current=true]:focus").await;
    screen.sees("It is not sent again").await;
    screen.sees("Hay un bache enorme").await;
    found.extend(screen.inspected("held-undelivered").await);
    screen.presses("d").await;
    screen.sees("What was done, for colleagues").await;
    screen.presses("Called her: she knows.").await;
    found.extend(screen.inspected("held-dealt-with").await);
    screen.clicks("dialog button[type=submit]").await;
    screen.sees("Off the list.").await;
    screen.sees("It could not be delivered to maria@example.org").await; // the next one takes its place
    screen.sees("Called her: she knows.").await;
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_mailed_and_the_board_shows_that_the_relay_is_down() {
    let mut town = Town::opens().await;
    let settings = dead_mail(&town.city);
    town.city.adds_settings(&settings);
    overnight(&mut town, |_| {}).await;
    with_ana(&town).await;
    let ana = Rep::signs_in(&town.base(), "ana").await;
    ana.screen.sees("Will be mailed to maria@example.org").await;
    ana.screen.presses("r").await;
    ana.answers_form("Gracias, vamos hoy mismo.").await;
    ana.screen.sees("Waits to be mailed").await;
    let mut found = ana.screen.inspected("desk-mailed").await;

    let boss = Screen::new(&town.base(), "en").await;
    boss.opens("/desk").await;
    boss.signs_in("boss").await;
    boss.opens("/board").await;
    boss.finds(".adapter[data-state=down]").await;
    boss.sees("2 to do").await;
    ana.screen.sees("Acknowledgement in Spanish:").await; // what went out by itself stands there too, before the answer
    let said = ana.screen.text_of([".conversation .log".to_owned()].into_iter()).await;
    let [letter, answer] = ["Acknowledgement in Spanish:", "Gracias, vamos hoy mismo."].map(|words| said.find(words));
    assert!(letter < answer && answer.is_some(), "{said}");
    ana.screen.finds(".row .row-subject").await; // what tells two of the same person apart
    found.extend(boss.inspected("board-adapters").await);
    let first = boss.asks("return document.querySelector('.adapters').firstElementChild.dataset.state").await;
    assert_eq!(first, "down", "the worst first");
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_of_one_sender_are_decided_together_and_both_lists_are_in_reach() {
    let mut town = Town::opens().await;
    let settings = dead_mail(&town.city);
    town.city.adds_settings(&settings);
    let (contact, ana) = with_ana(&town).await;
    overnight(&mut town, |archive| {
        for _ in 0..9 {
            archive.holds(lay("x@example.net", "Street lamp", OTHER, "two_senders", Trust::Unknown));
        }
        archive.holds(lay(MARIA, "Another matter", OTHER, "two_senders", Trust::Unknown));
        archive.mails(contact, ana, "Vamos.", MARIA, DeliveryState::Failed, Some("550 5.1.1 no such user here"));
    })
    .await;
    let screen = Screen::new(&town.base(), "en").await;
    screen.opens("/desk").await;
    screen.signs_in("boss").await;
    screen.opens("/held").await;
    screen.sees("Another matter").await;
    let in_sight = "return [...document.querySelectorAll('.part h2')].every((title) => { const box = title.getBoundingClientRect(); \
         return box.top >= 0 && box.bottom <= innerHeight; })";
    assert_eq!(screen.asks(in_sight).await, true, "both headings, however long the first list is");
    let mut found = screen.inspected("held-many").await;
    screen.clicks(".trouble .part-name").await;
    screen.finds(".trouble .item:focus").await;
    assert_eq!(screen.asks(in_sight).await, true, "both headings, at the end too");
    screen.clicks(".part.held .part-name").await;
    screen.finds(".part.held .item:focus").await;

    screen.presses("d").await;
    screen.sees("Discard all 9 of this sender").await;
    found.extend(screen.inspected("held-all").await);
    town.signs_in("boss").await.posts("/held/5/discard", json!({})).await.is(200); // a colleague is quicker
    screen.presses("a").await;
    screen.sees("Discarded 4 of 9 of x@example.net. Stopped at “Street lamp”").await;
    screen.finds(".decide + .problem").await;
    screen.is_pictured("held-stopped").await;
    let left = async |many: &str| {
        screen.asks("return String(document.querySelectorAll('.part.held .item').length)").await == many
    };
    assert!(screen.until(async || left("5").await).await, "those before it are decided on, those after it are not");
    screen.clicks(".part.held .item").await;
    screen.presses("d").await;
    screen.sees("Discard all 4 of this sender").await;
    screen.presses("a").await;
    screen.sees("Discarded 4 of 4 of x@example.net.").await;
    screen.presses("d").await;
    screen.sees("Discard this mail?").await;
    assert!(!screen.text().await.contains("of this sender"), "there is only one");
    screen.presses("y").await;
    screen.sees("It could not be delivered to maria@example.org").await;
    screen.presses("d").await;
    screen.clicks("dialog button[type=submit]").await;
    screen.sees("Nothing waits to be dealt with.").await;
    found.retain(|barrier| !barrier.contains("/held/5")); // the browser complains of every 409, and this one is meant
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";
