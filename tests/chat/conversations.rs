//! Hello, resume, acknowledgement, tabs, and what people are told while they wait.

use super::city::{ORIGIN, Server, quick};
use super::page::{Page, open, post};
use serde_json::{Value, json};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use steelbridge::channels::chat::Settings;
use steelbridge::channels::{CustomerAct::*, CustomerStage, Happening};

fn texts(frames: &[Value]) -> Vec<&str> {
    frames.iter().filter(|f| f["type"] == "msg").map(|f| f["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_first_message_opens_the_contact_and_comes_first_on_the_socket() {
    let server = Server::start(Settings::default()).await;
    let answer =
        post(&server, "127.0.0.1", json!({ "text": "Hay agua en la calle", "language": "es", "name": "Luz" })).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let body: Value = answer.json().await.unwrap();
    let token = body["resume_token"].as_str().unwrap();
    assert_eq!((body["reference"].as_str(), body["socket"].as_str()), (Some("311-0001"), Some("/chat/socket")));
    assert_eq!(body["status_url"], format!("{ORIGIN}/s/{token}"), "the same secret opens the status page");
    assert_eq!(token.len(), 43, "256 bits");

    let (_page, frames) = Page::resume(&server, token, 0).await;
    assert_eq!(frames[0]["text"], "Hay agua en la calle");
    assert_eq!(
        (&frames[0]["from"], &frames[0]["seq"], &frames[0]["lang"]),
        (&json!("customer"), &json!(1), &json!("es"))
    );
    let ready = json!({ "type": "ready", "seq": 1, "reference": "311-0001", "rep_read": 0,
        "stage": "waiting", "place": 3, "wait": [240, 600], "wait_text": "4 to 10 minutes" });
    assert_eq!(frames[1], ready);
    assert_eq!(server.city.inbound(1).party.name.as_deref(), Some("Luz"));
}

#[tokio::test]
async fn a_lost_connection_resumes_without_gap_or_double() {
    let server = Server::start(Settings::default()).await;
    let (contact, token) = open(&server, "127.0.0.1", "one").await;
    let (mut page, _) = Page::resume(&server, &token, 0).await;
    server.city.rep_says(contact, "two");
    assert_eq!(page.hear().await["text"], "two");
    drop(page); // the line is cut

    server.city.rep_says(contact, "three");
    server.city.rep_notes(contact, "a note takes number four and is never seen");
    server.city.rep_says(contact, "five");
    let (mut page, frames) = Page::resume(&server, &token, 2).await;
    assert_eq!(texts(&frames), ["three", "five"]);
    assert_eq!(frames.last().unwrap()["seq"], 5);
    server.city.rep_says(contact, "six");
    assert_eq!(page.hear().await["text"], "six");
}

#[tokio::test]
async fn messages_that_arrive_during_the_replay_come_once_and_in_order() {
    let server = Server::start(Settings::default()).await;
    let (contact, token) = open(&server, "127.0.0.1", "m1").await;
    for n in 2..=300 {
        server.city.rep_says(contact, &format!("m{n}"));
    }
    let city = server.city.clone();
    let writer = tokio::spawn(async move {
        for n in 301..=340 {
            city.rep_says(contact, &format!("m{n}"));
            tokio::task::yield_now().await;
        }
    });
    let (mut page, mut frames) = Page::resume(&server, &token, 0).await;
    writer.await.unwrap();
    while texts(&frames).last() != Some(&"m340") {
        frames.push(page.hear().await);
    }
    let expected: Vec<String> = (1..=340).map(|n| format!("m{n}")).collect();
    assert_eq!(texts(&frames), expected);
}

#[tokio::test]
async fn a_long_absence_is_replayed_in_parts_that_the_page_asks_for() {
    let server = Server::start(Settings::default()).await;
    let (contact, token) = open(&server, "127.0.0.1", "m1").await;
    for n in 2..=1_100 {
        server.city.rep_says(contact, &format!("m{n}"));
    }
    let (mut page, mut frames) = Page::resume(&server, &token, 0).await;
    let mut parts = vec![];
    while let Some(last) = frames.last().filter(|f| f["type"] == "resync") {
        parts.push(last["last_seq"].as_u64().unwrap());
        page.say(json!({ "type": "hello", "token": token, "last_seq": parts.last() })).await;
        loop {
            frames.push(page.hear().await);
            if ["ready", "resync"].contains(&frames.last().unwrap()["type"].as_str().unwrap()) {
                break;
            }
        }
    }
    assert_eq!(parts, [500, 1_000]);
    assert_eq!(texts(&frames).len(), 1_100);
}

#[tokio::test]
async fn a_number_that_is_not_of_this_conversation_replays_all() {
    let server = Server::start(Settings::default()).await;
    let (_, token) = open(&server, "127.0.0.1", "one").await;
    for wrong in [2, 77, u64::from(u32::MAX)] {
        let (_page, frames) = Page::resume(&server, &token, wrong).await;
        assert_eq!(texts(&frames), ["one"], "after {wrong}");
    }
}

#[tokio::test]
async fn the_same_message_again_gets_the_same_acknowledgement() {
    let server = Server::start(Settings::default()).await;
    let (_, token) = open(&server, "127.0.0.1", "one").await;
    let (mut page, _) = Page::resume(&server, &token, 0).await;
    let mut acks = vec![];
    for _ in 0..3 {
        page.say(json!({ "type": "msg", "cid": "a-1", "text": "two" })).await;
        acks.push(page.hear_until("ack").await);
    }
    assert_eq!(acks[0]["seq"], 2);
    assert!(acks.iter().all(|ack| *ack == acks[0]), "{acks:?}");
    drop(page);
    let (mut page, frames) = Page::resume(&server, &token, 0).await;
    assert_eq!(texts(&frames), ["one", "two"]);
    page.say(json!({ "type": "msg", "cid": "a-1", "text": "two" })).await;
    assert_eq!(page.hear_until("ack").await, acks[0], "also after a reconnect");
}

#[tokio::test]
async fn what_is_not_on_disk_is_not_acknowledged() {
    let server = Server::start(Settings::default()).await;
    let (_, token) = open(&server, "127.0.0.1", "one").await;
    let (mut page, _) = Page::resume(&server, &token, 0).await;
    server.city.broken.store(true, SeqCst);
    page.say(json!({ "type": "msg", "cid": "a-1", "text": "two" })).await;
    let err = page.hear().await;
    assert_eq!((&err["type"], &err["code"], &err["cid"]), (&json!("err"), &json!("unavailable"), &json!("a-1")));
    assert!(err["retry_ms"].as_u64().unwrap() > 0);
    server.city.broken.store(false, SeqCst);
    page.say(json!({ "type": "msg", "cid": "a-1", "text": "two" })).await;
    assert_eq!(page.hear_until("ack").await["seq"], 2);
}

#[tokio::test]
async fn two_tabs_hear_the_same_and_only_the_last_to_close_has_left() {
    let server = Server::start(Settings::default()).await;
    let (contact, token) = open(&server, "127.0.0.1", "one").await;
    let (mut first, _) = Page::resume(&server, &token, 0).await;
    let (mut second, _) = Page::resume(&server, &token, 0).await;
    first.say(json!({ "type": "msg", "cid": "a-1", "text": "two" })).await;
    let (here, there) = (first.hear_until("msg").await, second.hear_until("msg").await);
    assert_eq!(here, there);
    assert_eq!((&there["seq"], &there["cid"]), (&json!(2), &json!("a-1")));

    first.leave().await;
    server.city.rep_says(contact, "three");
    assert_eq!(second.hear_until("msg").await["text"], "three");
    assert_eq!(server.city.acts(contact), [], "one tab is still there");
    second.leave().await;
    server.city.until(contact, |acts| acts == [Left]).await;
    let (_page, _) = Page::resume(&server, &token, 3).await;
    server.city.until(contact, |acts| acts == [Left, Back]).await;
}

#[tokio::test]
async fn a_sixth_tab_is_refused_and_the_five_stay() {
    let server = Server::start(Settings::default()).await;
    let (contact, token) = open(&server, "127.0.0.1", "one").await;
    let mut pages = vec![];
    for _ in 0..5 {
        pages.push(Page::resume(&server, &token, 0).await.0);
    }
    let mut sixth = Page::connect(&server).await;
    sixth.say(json!({ "type": "hello", "token": token, "last_seq": 0 })).await;
    assert_eq!(sixth.closed().await, 4429);
    server.city.rep_says(contact, "two");
    for page in &mut pages {
        assert_eq!(page.hear().await["text"], "two");
    }
}

#[tokio::test]
async fn a_page_that_never_connects_has_left() {
    let settings = Settings { first_socket_within: Duration::from_millis(50), ..Settings::default() };
    let server = Server::start(settings).await;
    let (contact, token) = open(&server, "127.0.0.1", "one").await;
    server.city.until(contact, |acts| acts == [Left]).await;
    let (_page, _) = Page::resume(&server, &token, 0).await;
    server.city.until(contact, |acts| acts == [Left, Back]).await;

    let (contact, token) = open(&server, "127.0.0.1", "another").await;
    let (_stays, _) = Page::resume(&server, &token, 0).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(server.city.acts(contact), []);
}

#[tokio::test]
async fn who_waits_sees_the_line_move_and_the_representative_come_and_go() {
    let server = Server::start(Settings::default()).await;
    let (contact, token) = open(&server, "127.0.0.1", "one").await;
    let (mut page, _) = Page::resume(&server, &token, 0).await;
    let city = &server.city;
    let state = |extra: Value| {
        let mut frame = json!({ "type": "state" });
        frame.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        frame
    };

    city.stand(contact, |s| (s.place, s.wait) = (Some(1), Some((60, 180))));
    assert_eq!(
        page.hear().await,
        state(json!({ "stage": "waiting", "place": 1, "wait": [60, 180], "wait_text": "1 to 3 minutes" }))
    );
    let active = |rep: &'static str| {
        move |s: &mut steelbridge::channels::Standing| {
            (s.stage, s.place, s.wait, s.rep) = (CustomerStage::Active, None, None, Some(rep.into()));
        }
    };
    city.stand(contact, active("Ana"));
    assert_eq!(page.hear().await, state(json!({ "stage": "active", "representative": "Ana", "notice": "joined" })));
    city.stand(contact, active("Ben"));
    assert_eq!(
        page.hear().await,
        state(json!({ "stage": "active", "representative": "Ben", "notice": "transferred" }))
    );
    city.stand(contact, |s| (s.stage, s.rep, s.place) = (CustomerStage::Waiting, None, Some(1))); // and no forecast
    assert_eq!(
        page.hear().await,
        state(json!({ "stage": "waiting", "place": 1 })),
        "a reminder is due: nobody has left"
    );
    city.stand(contact, active("Ben"));
    assert_eq!(page.hear().await, state(json!({ "stage": "active", "representative": "Ben" })), "and is back");
    city.stand(contact, |s| (s.stage, s.rep, s.place, s.rep_left) = (CustomerStage::Waiting, None, Some(1), true));
    assert_eq!(page.hear().await, state(json!({ "stage": "waiting", "place": 1, "notice": "representative_left" })));

    city.tell(contact, Happening::Typing(true));
    assert_eq!(page.hear().await, json!({ "type": "typing", "from": "representative", "on": true }));
    city.tell(contact, Happening::RepRead(1));
    assert_eq!(page.hear().await, json!({ "type": "read", "by": "representative", "seq": 1 }));

    page.say(json!({ "type": "end" })).await;
    assert_eq!(page.hear().await, state(json!({ "stage": "closed", "notice": "ended" })));
    assert_eq!(city.acts(contact), [Ended]);
}

#[tokio::test]
async fn the_place_in_line_is_looked_at_again_while_waiting_and_not_after() {
    let server = Server::start(Settings { refresh: Duration::from_millis(50), ..Settings::default() }).await;
    let (contact, token) = open(&server, "127.0.0.1", "one").await;
    let (mut page, _) = Page::resume(&server, &token, 0).await;
    server.city.stand_silently(contact, |s| s.place = Some(2)); // someone else left the line: nobody tells this page
    assert_eq!(page.hear().await["place"], 2);
    server.city.stand(contact, |s| (s.stage, s.place) = (CustomerStage::Active, None));
    assert_eq!(page.hear().await["stage"], "active");
    server.city.stand_silently(contact, |s| s.rep = Some("Ana".into()));
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.city.tell(contact, Happening::Typing(true));
    assert_eq!(page.hear().await["type"], "typing", "no look in between");
}

#[tokio::test]
async fn read_marks_go_forward_only_and_typing_is_told_every_two_seconds() {
    let server = Server::start(Settings::default()).await;
    let (contact, token) = open(&server, "127.0.0.1", "one").await;
    let (mut page, _) = Page::resume(&server, &token, 0).await;
    server.city.rep_says(contact, "two");
    page.hear().await;
    for seq in [2, 1, 2, 3, 99] {
        page.say(json!({ "type": "read", "seq": seq })).await;
    }
    for on in [true, true, false, false, true, false] {
        page.say(json!({ "type": "typing", "on": on })).await;
    }
    page.say(json!({ "type": "hb" })).await;
    page.verbose = true;
    page.hear_until("hb").await;
    assert_eq!(server.city.acts(contact), [Read(2), Typing(true), Typing(false)]);
}

#[tokio::test]
async fn a_file_is_kept_first_and_named_then() {
    let server = Server::start(Settings::default()).await;
    let (_, token) = open(&server, "127.0.0.1", "one").await;
    let (_, other) = open(&server, "127.0.0.1", "someone else").await;
    let send = |token: String, bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("plan.pdf");
        let form = reqwest::multipart::Form::new().part("file", part);
        reqwest::Client::new().post(server.url("/chat/uploads")).bearer_auth(token).multipart(form).send()
    };
    assert_eq!(send("x".repeat(43), b"%PDF-1.7".to_vec()).await.unwrap().status(), 401);
    assert_eq!(send(token.clone(), b"MZ".to_vec()).await.unwrap().status(), 415);
    assert_eq!(send(token.clone(), vec![0; (10 << 20) + 1]).await.unwrap().status(), 413);
    let kept = send(token.clone(), b"%PDF-1.7".to_vec()).await.unwrap();
    assert_eq!(kept.status(), 201);
    let kept: Value = kept.json().await.unwrap();

    let attach = json!({ "type": "attach", "cid": "f-1", "upload_id": kept["upload_id"] });
    let (mut stranger, _) = Page::resume(&server, &other, 0).await;
    stranger.say(attach.clone()).await;
    assert_eq!(stranger.hear().await["code"], "unknown_upload", "an upload belongs to its conversation");
    let (mut page, _) = Page::resume(&server, &token, 0).await;
    page.say(attach.clone()).await;
    let said = page.hear_until("msg").await;
    assert_eq!((&said["cid"], &said["attachments"][0]["name"]), (&json!("f-1"), &json!("plan.pdf")));
    page.say(attach).await;
    assert_eq!(page.hear_until("ack").await["seq"], 2, "naming it twice is harmless");
}

#[tokio::test]
async fn when_the_daemon_stops_pages_are_told_to_come_back_and_nobody_has_left() {
    let server = Server::start(Settings::default()).await;
    let (contact, token) = open(&server, "127.0.0.1", "one").await;
    let (mut page, _) = Page::resume(&server, &token, 0).await;
    server.stop.cancel();
    let bye = page.hear_until("bye").await;
    assert!((500..5_000).contains(&bye["retry_ms"].as_u64().unwrap()));
    assert_eq!(page.closed().await, 1012);
    server.tasks.close();
    tokio::time::timeout(Duration::from_secs(5), server.tasks.wait()).await.expect("every socket task ends");
    assert_eq!(server.city.acts(contact), [], "the customer did not leave: we did");
}

#[tokio::test]
async fn silence_is_answered_with_pings_and_then_with_goodbye() {
    let server = Server::start(quick()).await;
    let (_, token) = open(&server, "127.0.0.1", "one").await;
    let (mut page, _) = Page::resume(&server, &token, 0).await;
    page.verbose = true;
    assert_eq!(page.hear().await["type"], "hb", "a page's script cannot see pings");
    // This client answers pings only while it reads: now it stops reading, as a laptop that was closed.
    tokio::time::sleep(Duration::from_millis(50 * 16)).await;
    assert_eq!(page.closed().await, 1001);
}
