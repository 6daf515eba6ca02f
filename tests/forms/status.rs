//! The page of one request: how it stands, what was said, saying more, and news as they happen.

use crate::{Office, hidden, with};
use reqwest::StatusCode;
use serde_json::Value;
use std::time::{Duration, Instant};
use steelbridge::channels::{CustomerAct, CustomerStage, NotKept};
use steelbridge::routing::ids::{ContactId, Disposition, Span};

const FIRST: ContactId = ContactId(1);

async fn say(office: &Office, path: &str, text: &str) -> reqwest::Response {
    let form = with(hidden(&office.page(path).await), [("text", text)]);
    office.client.post(format!("{}{path}?lang=en", office.base)).form(&form).send().await.unwrap()
}

#[tokio::test]
async fn it_says_how_the_request_stands_in_words() {
    let office = Office::open().await;
    let path = office.request("the lights are out").await;
    let page = office.page(&format!("{path}?lang=en&new=1")).await;
    assert!(page.contains("We have your request") && page.contains("26-00001"));
    assert!(page.contains("Your place in line: 3") && page.contains("Usual wait: 10 to 25 minutes"));
    assert!(!page.contains("ticket") && !page.contains("agent"));

    let says = async |change: fn(&mut steelbridge::channels::Standing), text: &str| {
        office.clerk.change(FIRST, change);
        let page = office.page(&path).await;
        assert!(page.contains(text), "{text}");
        assert!(!page.contains("We have your request"), "that is said once");
    };
    says(|s| s.place = Some(1), "You are next in line.").await;
    says(|s| s.place = Some(999), "more than 999").await;
    says(|s| s.wait = None, "We cannot say yet how long").await;
    says(|s| (s.stage, s.rep) = (CustomerStage::Active, Some("Ana".into())), "Ana has your request").await;
    says(|s| s.stage = CustomerStage::WaitingForYou, "We need an answer from you").await;
    says(|s| s.stage = CustomerStage::Closed, "This request is closed").await;
    says(|s| s.disposition = Some(Disposition::Reported), "Your report went to the people who do the work.").await;
    says(|s| s.disposition = Some(Disposition::Spam), "It was closed without an answer.").await;
}

#[tokio::test]
async fn at_night_it_says_when_we_open_and_promises_no_minutes() {
    let office = Office::open().await;
    let path = office.request("the lights are out").await;
    office.clerk.books.lock().unwrap().closed_until = Some(steelbridge::routing::ids::Timestamp(1_795_532_400_000_000));
    let page = office.page(&format!("{path}?lang=en")).await;
    assert!(page.contains("We open again: Tuesday at 7:00 AM.") && !page.contains("Usual wait"));
    assert!(office.page("/?lang=vi").await.contains("thứ Ba, 07:00"));
}

#[tokio::test]
async fn both_sides_talk_and_only_text_is_ever_shown() {
    let office = Office::open().await;
    let path = office.request("the lights are out").await;
    office.clerk.answer(FIRST, "Which pole?\n<script>alert(1)</script>");
    let page = office.page(&path).await;
    assert!(page.contains("Representative") && page.contains("Which pole?\n&#60;script&#62;"));
    assert!(!page.contains("<script>alert"));
    assert_eq!(office.clerk.books.lock().unwrap().acts.last(), Some(&(FIRST, CustomerAct::Read(2))));

    let said = say(&office, &path, "Pole 4711").await;
    assert_eq!(said.status(), StatusCode::SEE_OTHER);
    assert_eq!(said.headers()["location"].to_str().unwrap(), format!("{path}?lang=en#m3"));
    let page = office.page(&path).await;
    assert!(page.contains("Pole 4711"));
    assert!(!page.contains("· Read") && !page.contains("class=\"read\""));
    office.clerk.change(FIRST, |standing| standing.rep_read = 3);
    assert!(office.page(&path).await.contains("class=\"read\""));
}

#[tokio::test]
async fn a_message_sent_twice_is_one_message() {
    let office = Office::open().await;
    let path = office.request("the lights are out").await;
    let form = with(hidden(&office.page(&path).await), [("text", "Pole 4711")]);
    for _ in 0..3 {
        let sent = office.client.post(format!("{}{path}", office.base)).form(&form).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    }
    assert_eq!(office.clerk.books.lock().unwrap().messages[0].len(), 2);
}

#[tokio::test]
async fn a_message_that_is_not_kept_is_still_in_the_field() {
    let office = Office::open().await;
    let path = office.request("the lights are out").await;
    let refused = async |why: NotKept, text: &str, message: &str| {
        office.clerk.books.lock().unwrap().trouble = Some(why);
        let answer = say(&office, &path, text).await;
        let status = answer.status().as_u16();
        let page = answer.text().await.unwrap();
        assert!(page.contains(message) && page.contains(&format!("\n{text}</textarea>")), "{message}");
        status
    };
    assert_eq!(refused(NotKept::Unavailable, "keep me", "Nothing is lost").await, 503);
    assert_eq!(refused(NotKept::Refused("closed".into()), "too late", "closed a while ago").await, 409);
    let empty = say(&office, &path, "  ").await;
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let too_long = say(&office, &path, &"x".repeat(20_001)).await;
    assert_eq!(too_long.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(office.clerk.books.lock().unwrap().messages[0].len(), 1);
}

#[tokio::test]
async fn thirty_messages_a_minute_are_enough() {
    let office = Office::open().await;
    let path = office.request("the lights are out").await;
    let send = async |n: usize| {
        let form = with(Default::default(), [("text", &format!("message {n}"))]);
        office.client.post(format!("{}{path}?lang=en", office.base)).form(&form).send().await.unwrap()
    };
    for n in 0..30 {
        assert_eq!(send(n).await.status(), StatusCode::SEE_OTHER);
    }
    let refused = send(30).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "2");
    assert!(refused.text().await.unwrap().contains("message 30"));
    office.clerk.later(Span::secs(2));
    assert_eq!(send(31).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn news_come_as_they_happen() {
    let office = Office::open().await;
    let path = office.request("the lights are out").await;
    let version = |page: &str| page.split("data-version=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let now = version(&office.page(&path).await);
    let changes = async |version: &str| -> bool {
        let answer = office.get(&format!("{path}/changes?version={version}")).await;
        answer.json::<Value>().await.unwrap()["changed"].as_bool().unwrap()
    };
    assert!(changes("an older page").await, "what is out of date is told at once");

    let started = Instant::now();
    let watching = changes(&now);
    let answering = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        office.clerk.answer(FIRST, "Which pole?");
    };
    let (changed, ()) = tokio::join!(watching, answering);
    assert!(changed && started.elapsed() < Duration::from_secs(5));
    assert_ne!(version(&office.page(&path).await), now);
    let nobodys = office.get(&format!("/s/{}/changes?version=x", "A".repeat(43))).await;
    assert_eq!(nobodys.status(), StatusCode::NOT_FOUND);
}
