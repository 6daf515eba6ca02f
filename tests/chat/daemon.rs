//! Chat through the whole daemon: its store, its engine, its reps. Whoever was answered is on disk.

use super::page::Page;
use super::support::city::PASSWORD;
use super::support::desk::{Staff, Town};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn opens(town: &Town, body: Value) -> (u64, String) {
    let opened = town.sends(town.request(Method::POST, "/chat/sessions").json(&body)).await.is(201).json();
    (opened["contact_id"].as_u64().unwrap(), opened["resume_token"].as_str().unwrap().to_owned())
}

fn texts(frames: &[Value]) -> Vec<&str> {
    frames.iter().filter(|f| f["type"] == "msg").map(|f| f["text"].as_str().unwrap()).collect()
}

/// Waits until the rep's view of a contact says so.
async fn until(town: &Town, look: impl AsyncFn() -> Value, wanted: Value) {
    for _ in 0..200 {
        if look().await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never {wanted}: {}; {}", look().await, town.city.last_words());
}

#[tokio::test]
async fn a_visitor_and_a_rep_write_to_each_other_through_the_engine() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    let (_live, _) = ana.goes_live().await;
    ana.is_available().await;
    let (contact, token) =
        opens(&town, json!({ "text": "Hay un bache enorme", "language": "es", "name": "Luz" })).await;
    let (mut page, frames) = Page::resume_at(&town.base(), &token, 0).await;
    assert_eq!(texts(&frames), ["Hay un bache enorme"]);
    assert_eq!(frames.last().unwrap()["stage"], "waiting");

    ana.takes(contact).await;
    let state = page.hear_until("state").await;
    assert_eq!(
        (&state["stage"], &state["representative"], &state["notice"]),
        (&json!("active"), &json!("Ana"), &json!("joined"))
    );
    ana.posts(&format!("/contacts/{contact}/notes"), json!({ "text": "seems upset" })).await.is(201);
    ana.posts(&format!("/contacts/{contact}/typing"), json!({ "on": true })).await.is(204);
    assert_eq!(page.hear().await, json!({ "type": "typing", "from": "representative", "on": true }), "and no note");
    ana.posts(&format!("/contacts/{contact}/messages"), json!({ "text": "¿En qué calle?" })).await.is(201);
    let said = page.hear_until("msg").await;
    assert_eq!(
        (&said["text"], &said["from"], &said["lang"]),
        (&json!("¿En qué calle?"), &json!("representative"), &json!("es"))
    );
    page.say(json!({ "type": "read", "seq": said["seq"] })).await;
    page.say(json!({ "type": "msg", "cid": "a-1", "text": "Elm 12" })).await;
    let ack = page.hear_until("ack").await;
    page.say(json!({ "type": "msg", "cid": "a-1", "text": "Elm 12" })).await;
    assert_eq!(page.hear_until("ack").await, ack, "the same again is the same message");
    let seen = async || ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    until(&town, async || seen().await["customer_read"].clone(), said["seq"].clone()).await;
    let messages = seen().await["messages"].as_array().unwrap().iter().map(|m| m["text"].clone()).collect::<Vec<_>>();
    assert_eq!(messages, ["Hay un bache enorme", "seems upset", "¿En qué calle?", "Elm 12"]);
    ana.posts(&format!("/contacts/{contact}/read"), json!({ "first": 1, "seq": ack["seq"] })).await.is(204);
    assert_eq!(page.hear_until("read").await["seq"], ack["seq"]);

    ana.finishes(contact).await;
    let state = page.hear_until("state").await;
    assert_eq!((&state["stage"], &state["notice"]), (&json!("closed"), &json!("ended")));
    page.say(json!({ "type": "msg", "cid": "a-2", "text": "One more thing" })).await;
    page.hear_until("ack").await;
    ana.takes(contact).await;
    assert_eq!(page.hear_until("state").await["notice"], "reopened");
}

#[tokio::test]
async fn a_visitor_who_begins_with_hi_is_brought_to_who_writes_their_language_once_it_is_told() {
    let town = Town::opens().await;
    let [ana, ben] = [town.signs_in("ana").await, town.signs_in("ben").await];
    ben.is_available().await;
    let (contact, token) = opens(&town, json!({ "text": "hi" })).await;
    ben.is_offered(contact).await;
    let (mut page, _) = Page::resume_at(&town.base(), &token, 0).await;
    page.say(json!({ "type": "msg", "cid": "a-1", "text": "ok" })).await;
    page.hear_until("ack").await;
    let language = async |who: &Staff<'_>| who.gets(&format!("/contacts/{contact}")).await.json()["language"].clone();
    assert_eq!(language(&ben).await["source"], "default", "too little to tell");
    ana.is_available().await;
    let spanish = "No recogieron la basura de mi calle esta semana, ¿cuándo van a venir?";
    page.say(json!({ "type": "msg", "cid": "a-2", "text": spanish })).await;
    page.hear_until("ack").await;
    ana.takes(contact).await;
    let told = language(&ana).await;
    assert_eq!((&told["code"], &told["source"]), (&json!("es"), &json!("detected")));
    assert_eq!(ben.gets("/offers").await.is(200).json(), json!([]), "Ben writes no Spanish");
    page.say(json!({ "type": "msg", "cid": "a-3", "text": "Please answer in English, that is fine as well" })).await;
    page.hear_until("ack").await;
    assert_eq!(language(&ana).await["code"], "es", "it has been told");
}

#[tokio::test]
async fn notes_between_the_messages_do_not_shorten_the_replay() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    let (_live, _) = ana.goes_live().await;
    ana.is_available().await;
    let (contact, token) = opens(&town, json!({ "text": "m0" })).await;
    ana.takes(contact).await;
    let mut expected = vec!["m0".to_owned()];
    for n in 1..=60 {
        ana.posts(&format!("/contacts/{contact}/notes"), json!({ "text": "note" })).await.is(201);
        ana.posts(&format!("/contacts/{contact}/messages"), json!({ "text": format!("m{n}") })).await.is(201);
        expected.push(format!("m{n}"));
    }
    for _ in 0..60 {
        ana.posts(&format!("/contacts/{contact}/notes"), json!({ "text": "note" })).await.is(201);
    }
    ana.posts(&format!("/contacts/{contact}/messages"), json!({ "text": "last" })).await.is(201);
    expected.push("last".into());
    let (_page, frames) = Page::resume_at(&town.base(), &token, 0).await;
    assert_eq!(texts(&frames), expected);
}

#[tokio::test]
async fn what_was_acknowledged_outlives_kill_9_and_the_place_in_line_too() {
    let mut town = Town::opens().await;
    let (_, first) = opens(&town, json!({ "text": "first" })).await;
    let (_, token) = opens(&town, json!({ "text": "second", "client_id": "u5Vd0m3oWgC7bq1Zk9yTfA" })).await;
    let (_ahead, _) = Page::resume_at(&town.base(), &first, 0).await;
    let (mut page, frames) = Page::resume_at(&town.base(), &token, 0).await;
    assert_eq!(frames.last().unwrap()["place"], 2);
    page.say(json!({ "type": "msg", "cid": "a-1", "text": "kept" })).await;
    let ack = page.hear_until("ack").await;
    town.daemon.signal("KILL");
    town.daemon.until_ended(Duration::from_secs(5)).await.expect("a killed process ends");
    assert_eq!(page.closed().await, 0, "the line just drops");

    town.daemon = town.city.start().await;
    let (_, again) = opens(&town, json!({ "text": "second", "client_id": "u5Vd0m3oWgC7bq1Zk9yTfA" })).await;
    assert_eq!(again, token, "the same opening again is the same conversation");
    let (mut page, frames) = Page::resume_at(&town.base(), &token, 0).await;
    assert_eq!(texts(&frames), ["second", "kept"]);
    assert_eq!(frames.last().unwrap()["place"], 2);
    page.say(json!({ "type": "msg", "cid": "a-1", "text": "kept" })).await;
    assert_eq!(page.hear_until("ack").await, ack);
}

#[tokio::test]
async fn the_rep_sees_that_the_customer_has_left_and_is_back() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    let (_live, _) = ana.goes_live().await;
    ana.is_available().await;
    let (contact, token) = opens(&town, json!({ "text": "one" })).await;
    let (first, _) = Page::resume_at(&town.base(), &token, 0).await;
    let (second, _) = Page::resume_at(&town.base(), &token, 0).await;
    ana.takes(contact).await;
    let away = async || ana.gets(&format!("/contacts/{contact}")).await.is(200).json()["customer_away"].clone();
    first.leave().await;
    assert_eq!(away().await, false, "another tab is open");
    second.leave().await;
    until(&town, away, json!(true)).await;
    let (_page, _) = Page::resume_at(&town.base(), &token, 0).await;
    until(&town, away, json!(false)).await;
}

#[tokio::test]
async fn a_photo_goes_to_the_rep_without_its_place_and_back_by_the_secret_link() {
    let town = Town::opens().await;
    let (_, token) = opens(&town, json!({ "text": "one" })).await;
    let pdf = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n".to_vec();
    let upload = |token: &str, bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("plan.pdf");
        let form = reqwest::multipart::Form::new().part("file", part);
        town.sends(town.request(Method::POST, "/chat/uploads").bearer_auth(token).multipart(form))
    };
    upload(&token, b"MZ this is a program".to_vec()).await.is(415);
    upload(PASSWORD, pdf.clone()).await.is(401);
    let kept = upload(&token, pdf.clone()).await.is(201).json();
    let (mut page, _) = Page::resume_at(&town.base(), &token, 0).await;
    page.say(json!({ "type": "attach", "cid": "f-1", "upload_id": kept["upload_id"] })).await;
    let said = page.hear_until("msg").await;
    let digest = said["attachments"][0]["digest"].as_str().unwrap();
    let file = town.gets(&format!("/s/{token}/files/{digest}")).await.is(200);
    assert_eq!(file.headers["content-type"], "application/pdf");
    let other = opens(&town, json!({ "text": "someone else" })).await.1;
    town.gets(&format!("/s/{other}/files/{digest}")).await.is(404);
}

#[tokio::test]
async fn one_network_cannot_fill_the_disk_with_files_it_never_sends() {
    let town = Town::opens().await;
    let (_, one) = opens(&town, json!({ "text": "one" })).await;
    let (_, two) = opens(&town, json!({ "text": "two" })).await;
    let (_, three) = opens(&town, json!({ "text": "three" })).await;
    let upload = async |token: &str, n: u8| {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        bytes.resize(10 << 20, n);
        let form =
            reqwest::multipart::Form::new().part("file", reqwest::multipart::Part::bytes(bytes).file_name("a.pdf"));
        town.sends(town.request(Method::POST, "/chat/uploads").bearer_auth(token).multipart(form)).await
    };
    let kept = upload(&one, 1).await.is(201).json();
    upload(&one, 2).await.is(201);
    upload(&one, 3).await.is(201);
    let refused = upload(&one, 4).await.is(413);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    let (mut page, _) = Page::resume_at(&town.base(), &one, 0).await;
    page.say(json!({ "type": "attach", "cid": "f-1", "upload_id": kept["upload_id"] })).await;
    page.hear_until("ack").await;
    upload(&one, 4).await.is(201);

    upload(&two, 5).await.is(201);
    upload(&two, 6).await.is(201);
    let refused = upload(&three, 7).await.is(429);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    let wait: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=600).contains(&wait), "{wait}");
}
