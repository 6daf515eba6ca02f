//! A supervisor looks into what a representative has, from the board, by keyboard and by mouse.

use super::rep::Rep;
use super::screen::Screen;
use super::support::archive::{Archive, Lay, message};
use super::support::desk::Town;
use std::time::Duration;
use steelbridge::message::Author;
use steelbridge::message::delivery::{DeliveryState, Kind};
use steelbridge::message::mail::Trust;

const MARIA: &str = "maria@example.org";
const RAW: &str = "From: maria@example.org\r\nSubject: Re: Gas\r\n\r\nWe are outside now.\r\n\r\nOn Thu 311 wrote:\r\n> Go outside.\r\n";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_reads_an_emergency_that_a_rep_has_taken_and_the_rep_sees_it() {
    let mut town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    ana.is_available().await;
    let [bench, gas] =
        [town.asks("es", "Un banco roto").await, town.asks("en", "Gas leak, I smell gas in the house").await];
    ana.takes(bench).await;
    ana.takes(gas).await;
    ana.is_away().await;
    let id = ana.id;
    town.daemon.signal("TERM");
    town.daemon.until_ended(Duration::from_secs(10)).await.expect("it stops");
    let mut archive = Archive::of(&town.city);
    archive.sends(gas, None, Kind::Acknowledgement, MARIA, DeliveryState::Sent, None);
    let danger = message(Author::Automatic, "In danger, leave the house and call 911.");
    archive.sends(gas, Some(danger), Kind::Notice, MARIA, DeliveryState::Sent, None);
    archive.mails(gas, id, "Is everybody outside?", MARIA, DeliveryState::Sent, None);
    let (from, subject, trust) = (MARIA, "Re: Gas", Trust::Authentic);
    archive.answers(gas, "We are outside now.", Lay { from, subject, raw: RAW, why: "person", trust, also_to: &[] });
    drop(archive);
    town.daemon = town.city.start().await;

    let reads = Rep::signs_in(&town.base(), "ana").await;
    let boss = Screen::new(&town.base(), "en").await;
    boss.opens("/desk").await;
    boss.signs_in("boss").await;
    boss.opens("/board").await;
    boss.finds(".rep .urgency.emergency").await; // taken, and still in sight
    let row = format!(".rep-open[aria-controls='held-by-{id}']");
    boss.focuses(&row).await;
    boss.presses(ENTER).await;
    boss.finds(&format!("{row}[aria-expanded=true]")).await;
    boss.finds(".held-contact + *, .rep-held li + li .held-contact").await;
    let order = "return [...document.querySelectorAll('.held-contact')].map((row) => row.dataset.contact).join()";
    assert_eq!(boss.asks(order).await, format!("{gas},{bench}"), "the emergency first");
    let mut found = boss.inspected("board-rep-open").await;

    let unseen = async || !reads.screen.text().await.contains("The boss");
    assert!(unseen().await, "the list leaves no trace");
    boss.focuses(".held-contact[data-urgency=emergency]").await;
    boss.presses(ENTER).await;
    boss.finds("dialog .log .theirs").await;
    boss.sees("Ana sees that you looked.").await;
    boss.sees("We are outside now.").await;
    boss.sees("Acknowledged by mail to maria@example.org in Spanish, ").await;
    boss.sees("Mailed to maria@example.org at ").await;
    assert!(!boss.shows("dialog textarea").await, "it is there to be read");
    found.extend(boss.inspected("board-look").await);
    reads.screen.sees("The boss").await;
    let ana = town.signs_in("ana").await;
    ana.posts(&format!("/contacts/{gas}/notes"), serde_json::json!({"text": "They sound calm."})).await.is(201);
    boss.sees("They sound calm.").await; // it goes on before her eyes
    boss.sees("Seen by Ana").await;
    boss.presses(ESCAPE).await;
    assert!(boss.until(async || !boss.shows("dialog").await).await, "Esc closes it");
    boss.finds(".held-contact[data-urgency=emergency]:focus").await;

    boss.clicks(&format!(".held-contact[data-contact='{bench}']")).await; // the mouse does the same
    boss.sees("Un banco roto").await;
    boss.clicks("dialog .dialog-foot button").await;
    boss.clicks(".rep[data-opens] .rep-load").await;
    assert!(boss.until(async || !boss.shows(".held-contact").await).await, "anywhere on the row closes it again");
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
    assert_eq!(boss.complaints().await, [""; 0], "the browser has nothing to complain about");
}
