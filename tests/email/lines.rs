//! A mailbox's line as people see it: down and up again by itself, and a sign-in that is refused.

use super::post_office::PostOffice;
use super::support::desk::Staff;
use super::world::{World, mail};
use serde_json::Value;
use std::fs;
use std::time::{Duration, SystemTime};

const DESK: &str = "{line=\"Mailbox desk\"}";

/// The mailbox's line on the board, once it is in this state.
async fn board(boss: &Staff<'_>, state: &str) -> Value {
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let board = boss.gets("/board").await.is(200).json();
        let lines = board["adapters"].as_array().expect("lines").clone();
        let line = lines.into_iter().find(|line| line["name"] == "Mailbox desk").expect("the mailbox");
        if line["state"] == state {
            return line;
        }
        assert!(tokio::time::Instant::now() < until, "not {state}: {line}");
        tokio::time::sleep(Duration::from_millis(20)).await; // another process
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs() as f64
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_was_down_for_long_comes_back_by_itself_and_takes_what_came_in_order() {
    let mut world = World::opens().await;
    let [down, degraded, success, backlog] = ["down", "degraded", "last_success_seconds", "backlog"]
        .map(|figure| format!("steelbridge_line_{figure}{DESK}"));
    world.until_figure(&success, |at| at > 0.0).await;
    world.metric(&format!("{degraded} 0")).await;
    world.office.dovecot.down().await;
    world.metric(&format!("{down} 1")).await;
    world.until_logged("failures=4").await; // four tries, further and further apart
    for n in 1..=20 {
        let from = format!("r{n}@resident.example");
        let text = mail(&from, "311@city.example", &format!("Noise {n}"), "All night.");
        world.office.sends(&from, "311@city.example", &text).await;
    }
    {
        let boss = world.town.signs_in("boss").await;
        let line = board(&boss, "down").await;
        assert!(line["why"].as_str().is_some_and(|why| why.contains("cannot be reached")), "{line}");
        assert!(line["since"].as_i64().is_some_and(|since| since > 0), "{line}");
    }
    let up_at = now();
    world.office.dovecot.up().await;
    let patience = Duration::from_secs(60); // the next try is up to 16 s away
    world.until_within(patience, "all are taken", |books| books.count("contact") == 20).await;
    let sent: Vec<String> = (1..=20).map(|n| format!("Noise {n}")).collect();
    assert_eq!(world.books().subjects(), sent, "in order");
    let boss = world.town.signs_in("boss").await;
    let line = board(&boss, "up").await;
    assert!(line["why"].is_null(), "{line}");
    world.metric(&format!("{down} 0")).await;
    world.metric(&format!("{backlog} 0")).await;
    world.until_figure(&success, |at| at >= up_at).await;
    world.until("all are acknowledged", |books| books.count("delivery WHERE state = 'sent'") == 20).await;
    assert_eq!(world.logged("mail is taken again"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sign_in_is_an_error_in_the_log_once_and_stands_on_the_board() {
    let office = PostOffice::opens().await;
    let settings = |office: &PostOffice| {
        let secret = office.dovecot.path("wrong");
        fs::write(&secret, "another-bridge").expect("written");
        fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("ours");
        let settings = office.settings("");
        let (before, rest) = settings.split_once("file:").expect("a secret");
        let (_, after) = rest.split_once('"').expect("its end");
        format!("{before}file:{}\"{after}", secret.display())
    };
    let world = World::opens_unread(office, settings).await;
    world.metric(&format!("steelbridge_line_down{DESK} 1")).await;
    let boss = world.town.signs_in("boss").await;
    let line = board(&boss, "down").await;
    assert!(line["why"].as_str().is_some_and(|why| why.contains("does not let us in")), "{line}");
    let log = fs::read_to_string(world.town.city.log()).expect("a log");
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(errors.len() == 1 && errors[0].contains("no mail is taken: the server does not let us in"), "{errors:?}");
    assert!(errors[0].contains("desk") && !log.contains("another-bridge"), "which mailbox, and no secret: {errors:?}");
}
