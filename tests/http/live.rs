//! The live stream: who may open it, what it tells, how it resumes, and how it ends.

use crate::support::desk::{Live, Town};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Error;

#[tokio::test]
async fn a_screen_hears_of_its_own_contacts_only() {
    let town = Town::opens().await;
    let [ana, ben] = [town.signs_in("ana").await, town.signs_in("ben").await];
    ben.is_available().await;
    let (mut bens, snapshot) = ben.goes_live().await;
    assert_eq!((snapshot["me"]["name"].as_str(), snapshot.get("board")), (Some("ben"), None));
    ana.is_available().await;
    let (mut anas, _) = ana.goes_live().await;

    let id = town.asks("es", "Canario: un bache").await;
    let offer = anas.hears("offer").await;
    assert_eq!(offer["offer"]["contact"]["id"], id);
    assert!(offer["seq"].as_u64().unwrap() > 0);
    ana.takes(id).await;
    assert_eq!(anas.hears("offer_gone").await["why"], "accepted");
    let contact = anas.hears("contact").await;
    assert_eq!(contact["contact"]["stage"], "active");
    assert_eq!(contact["contact"]["messages"][0]["text"], "Canario: un bache", "new here: with what was said");
    ana.posts(&format!("/contacts/{id}/messages"), json!({"text": "Canario: vamos"})).await.is(201);
    let message = anas.hears("message").await;
    assert_eq!(
        (message["contact_id"].as_u64(), message["message"]["text"].as_str()),
        (Some(id), Some("Canario: vamos"))
    );
    ana.posts(&format!("/contacts/{id}/close"), json!({"disposition": "reported"})).await.is(200);
    let contact = anas.hears("contact").await;
    assert_eq!((contact["contact"]["stage"].as_str(), contact["contact"].get("messages")), (Some("wrap_up"), None));
    ana.posts(&format!("/contacts/{id}/wrap-up/end"), json!({})).await.is(200);
    assert_eq!(anas.hears("contact_gone").await["why"], "closed");

    let marker = town.asks("en", "For Ben").await;
    ana.is_away().await;
    let heard = until(&mut bens, |frame| frame["type"] == "offer" && frame["offer"]["contact"]["id"] == marker).await;
    let all = json!(heard).to_string();
    assert!(!all.contains("Canario"), "Ben's screen heard of Ana's contact: {all}");
}

async fn until(live: &mut Live, found: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut heard = Vec::new();
    loop {
        let frame = live.next().await.expect("the stream goes on");
        let is_it = found(&frame);
        heard.push(frame);
        if is_it {
            return heard;
        }
    }
}

#[tokio::test]
async fn only_our_own_pages_and_only_staff_open_it() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    let status = |result: Result<Live, Error>| match result {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
        Ok(_) => 101,
    };
    let evil = town.base().replace("127.0.0.1", "127.0.0.1.evil.example");
    for origin in [Some("null"), Some("https://evil.example"), Some(evil.as_str()), Some("http://127.0.0.1")] {
        assert_eq!(status(ana.opens_live(origin).await), 403, "{origin:?}");
    }
    let mut nobody = ana.clone();
    nobody.cookie = "steelbridge=nonsense".into();
    assert_eq!(status(nobody.opens_live(Some(&town.base())).await), 401);
    for origin in [Some(town.base()), None] {
        assert_eq!(status(ana.opens_live(origin.as_deref()).await), 101, "our own page, or a program");
    }
    ana.gets("/live").await.is(426);
}

#[tokio::test]
async fn signing_out_closes_the_screen_within_a_second() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    ana.is_available().await;
    let (mut live, _) = ana.goes_live().await;
    let (mut second, _) = ana.goes_live().await;
    let started = Instant::now();
    town.sends(ana.request(Method::DELETE, "/session")).await.is(204);
    assert_eq!(live.is_closed().await, Some(4401));
    assert_eq!(second.is_closed().await, Some(4401));
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    let boss = town.signs_in("boss").await;
    let board = boss.gets("/board").await.json();
    let card = board["reps"].as_array().unwrap().iter().find(|rep| rep["name"] == "ana").unwrap().clone();
    assert_eq!((card["presence"].as_str(), card["connected"].as_bool()), (Some("offline"), Some(false)));
}

#[tokio::test]
async fn the_first_screen_connects_a_rep_and_the_last_one_gone_disconnects() {
    let town = Town::opens().await;
    let [ana, boss] = [town.signs_in("ana").await, town.signs_in("boss").await];
    ana.is_available().await;
    let connected = || async {
        let board = boss.gets("/board").await.json();
        let reps = board["reps"].as_array().unwrap().clone();
        reps.into_iter().find(|rep| rep["name"] == "ana").unwrap()["connected"].as_bool().unwrap()
    };
    assert!(!connected().await);
    let (first, _) = ana.goes_live().await;
    let (second, _) = ana.goes_live().await;
    assert!(connected().await);
    drop(first);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(connected().await, "one is still there");
    drop(second);
    for _ in 0..100 {
        if !connected().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the last screen has gone and nobody noticed");
}

#[tokio::test]
async fn a_screen_that_comes_back_hears_what_it_missed() {
    let town = Town::opens().await;
    let [ana, boss] = [town.signs_in("ana").await, town.signs_in("boss").await];
    ana.is_available().await;
    let (mut live, _) = ana.goes_live().await;
    let [kept, lost, closed] = ["Uno", "Dos", "Tres"].map(|text| town.asks("es", text));
    let [kept, lost, closed] = [kept.await, lost.await, closed.await];
    for id in [kept, lost, closed] {
        ana.takes(id).await;
    }
    let mut after = 0;
    until(&mut live, |frame| {
        frame["type"] == "contact" && frame["contact"]["id"] == closed && frame["contact"]["stage"] == "active"
    })
    .await
    .iter()
    .for_each(|frame| after = frame["seq"].as_u64().unwrap_or(after).max(after));
    drop(live);

    ana.posts(&format!("/contacts/{kept}/messages"), json!({"text": "Mientras tanto"})).await.is(201);
    ana.finishes(closed).await;
    boss.is_available().await;
    boss.posts(&format!("/contacts/{lost}/assign"), json!({"rep": boss.id})).await.is(200);

    let mut live = ana.opens_live(Some(&town.base())).await.expect("it opens");
    live.says(json!({"hello": {"after": after}})).await;
    let heard = until(&mut live, |frame| frame["type"] == "presence").await;
    let of = |kind: &str, id: u64| {
        heard.iter().any(|frame| frame["type"] == kind && (frame["contact_id"] == id || frame["contact"]["id"] == id))
    };
    assert!(!heard.iter().any(|frame| frame["type"] == "snapshot"), "it resumes: {heard:?}");
    assert!(of("contact_gone", closed) && of("contact_gone", lost), "{heard:?}");
    assert!(of("message", kept), "{heard:?}");
    assert!(!of("contact_gone", kept), "{heard:?}");

    let mut fresh = ana.opens_live(Some(&town.base())).await.expect("it opens");
    fresh.says(json!({"hello": {"after": 0}})).await; // everything since the start may still be held, or not
    let first = fresh.next().await.expect("a frame");
    assert!(first["type"] != "hb", "{first}");
}

#[tokio::test]
async fn supervisors_get_the_board_when_something_changed_and_not_too_often() {
    let town = Town::opens().await;
    let boss = town.signs_in("boss").await;
    let (mut live, snapshot) = boss.goes_live().await;
    assert_eq!(snapshot["board"]["waiting"], json!([]));
    let started = Instant::now();
    for n in 0..40 {
        town.asks("so", &format!("Codsi {n}")).await;
    }
    let mut boards = 0;
    loop {
        let board = live.hears("board").await;
        boards += 1;
        if board["board"]["waiting"][0]["count"] == 40 {
            break;
        }
    }
    let most = 2 + started.elapsed().as_millis() / 500;
    assert!(boards <= most, "{boards} boards in {:?}", started.elapsed());
    let quiet = tokio::time::timeout(Duration::from_millis(1_500), live.hears("board")).await;
    assert!(quiet.is_err(), "nothing changed, and a board came: {quiet:?}");
}

#[tokio::test]
async fn a_stream_that_is_not_spoken_right_is_closed() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    for first in ["{}", "hello", r#"{"hello":{"after":"x"}}"#, r#"{"hb":{}}"#, r#"{"hello":{},"x":1}"#] {
        let mut live = ana.opens_live(Some(&town.base())).await.expect("it opens");
        futures_util::SinkExt::send(&mut live.socket, first.into()).await.unwrap();
        assert_eq!(live.is_closed().await, Some(1008), "{first}");
    }
    let (mut live, _) = ana.goes_live().await;
    live.says(json!({"hb": {}})).await;
    live.says(json!({"accept": 1})).await;
    assert_eq!(live.is_closed().await, Some(1008), "the stream takes no commands");
    let mut silent = ana.opens_live(Some(&town.base())).await.expect("it opens");
    assert_eq!(silent.is_closed().await, Some(1008), "no hello within five seconds");
}

#[tokio::test]
async fn a_daemon_that_stops_says_when_to_come_back() {
    let mut town = Town::opens().await;
    let mut live = {
        let ana = town.signs_in("ana").await;
        ana.goes_live().await.0
    };
    town.daemon.signal("TERM");
    let bye = live.hears("bye").await;
    assert!((1_500..3_000).contains(&bye["retry_ms"].as_u64().unwrap()), "{bye}");
    assert_eq!(live.is_closed().await, Some(1012));
    let status = town.daemon.until_ended(Duration::from_secs(10)).await.expect("it ends");
    assert!(status.success(), "{status}");
}
