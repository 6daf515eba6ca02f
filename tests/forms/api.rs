//! Programs: `POST /api/v1/contacts`, its answers, and every way to get it wrong.

use crate::{ORIGIN, Office};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use steelbridge::channels::NotKept;
use steelbridge::routing::ids::Span;

async fn send(office: &Office, key: Option<&str>, body: impl ToString) -> Response {
    let request = office.client.post(format!("{}/api/v1/contacts", office.base));
    let request = request.header("content-type", "application/json").body(body.to_string());
    match key {
        Some(key) => request.header("idempotency-key", key),
        None => request,
    }
    .send()
    .await
    .unwrap()
}

/// The status, the field and the detail of a problem.
async fn problem(office: &Office, body: impl ToString) -> (u16, Value, Value) {
    office.clerk.later(Span::mins(2));
    let answer = send(office, None, body).await;
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], status);
    (status, problem["field"].clone(), problem["detail"].clone())
}

#[tokio::test]
async fn a_request_is_answered_with_where_to_follow_it() {
    let office = Office::open().await;
    let body = json!({
        "channel": "form", "service": "pothole", "text": "A hole", "language": "es", "name": "Rosa",
        "email": "rosa@example.org", "phone": null, "fields": { "location": "5th", "ticket_in_our_app": "17" },
    });
    let answer = send(&office, None, &body).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let kept: Value = answer.json().await.unwrap();
    assert_eq!(kept["contact_id"], 1);
    assert_eq!(kept["reference"], "26-00001");
    assert_eq!(kept["status_url"], location);
    let path = location.strip_prefix(ORIGIN).expect("the whole address");
    assert!(path.starts_with("/s/") && office.page(path).await.contains("A hole"), "{location}");
    let inbound = office.clerk.last();
    assert_eq!(inbound.fields["ticket_in_our_app"], "17", "what a program adds, the representative sees");
    assert!(!inbound.doubtful, "a program may say that it is one");
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer_however_often() {
    let office = Office::open().await;
    let body = json!({ "service": "pothole", "text": "A hole" });
    let key = Some("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"");
    let first = send(&office, key, &body).await.text().await.unwrap();
    for _ in 0..20 {
        office.clerk.later(Span::millis(10));
        let again = send(&office, key, &body).await;
        assert_eq!(again.status(), StatusCode::CREATED, "an answer that was lost is given again");
        assert_eq!(again.text().await.unwrap(), first);
    }
    office.clerk.later(Span::mins(2));
    let (one, two) = tokio::join!(send(&office, Some("k2"), &body), send(&office, Some("k2"), &body));
    assert_eq!((one.status(), two.status()), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(one.text().await.unwrap(), two.text().await.unwrap());
    assert_eq!(office.clerk.kept(), 2);
}

#[tokio::test]
async fn one_key_is_one_request() {
    let office = Office::open().await;
    send(&office, Some("k"), json!({ "service": "pothole", "text": "A hole" })).await;
    let other = send(&office, Some("k"), json!({ "service": "pothole", "text": "Another hole" })).await;
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = other.json().await.unwrap();
    assert_eq!(problem["field"], "Idempotency-Key");
    assert!(!problem.to_string().contains("/s/"), "somebody else's address is not in it");
    let bad = send(&office, Some("\"open"), json!({ "service": "pothole", "text": "A hole" })).await;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_a_key_two_people_who_write_the_same_have_a_request_each() {
    let office = Office::open().await;
    let body = json!({ "service": "pothole", "text": "A hole" });
    let first = send(&office, None, &body).await.json::<Value>().await.unwrap();
    let second = send(&office, None, &body).await.json::<Value>().await.unwrap();
    assert_ne!(first["status_url"], second["status_url"], "nobody is given another's address");
    assert_eq!(office.clerk.kept(), 2);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let office = Office::open().await;
    let field = async |body: Value| {
        let (status, field, _) = problem(&office, body).await;
        assert_eq!(status, 422);
        field.as_str().unwrap().to_owned()
    };
    assert_eq!(field(json!({ "text": "x" })).await, "service");
    assert_eq!(field(json!({ "service": "teapot", "text": "x" })).await, "service");
    assert_eq!(field(json!({ "service": 7, "text": "x" })).await, "service");
    assert_eq!(field(json!({ "service": "pothole" })).await, "text");
    assert_eq!(field(json!({ "service": "pothole", "text": " \n\u{0}" })).await, "text");
    assert_eq!(field(json!({ "service": "pothole", "text": ["x"] })).await, "text");
    assert_eq!(field(json!({ "service": "pothole", "text": "x".repeat(20_001) })).await, "text");
    assert_eq!(field(json!({ "service": "pothole", "text": "x", "language": "??" })).await, "language");
    assert_eq!(field(json!({ "service": "pothole", "text": "x", "name": "x".repeat(201) })).await, "name");
    assert_eq!(field(json!({ "service": "pothole", "text": "x", "email": "nobody" })).await, "email");
    assert_eq!(field(json!({ "service": "pothole", "text": "x", "phone": "call me" })).await, "phone");
    assert_eq!(field(json!({ "service": "pothole", "text": "x", "channel": "email" })).await, "channel");
    assert_eq!(field(json!({ "service": "pothole", "text": "x", "fields": [] })).await, "fields");
    assert_eq!(field(json!({ "service": "pothole", "text": "x", "fields": { "a": 1 } })).await, "fields.a");
    assert_eq!(
        field(json!({ "service": "noise", "text": "x", "fields": { "noise_kind": "loud" } })).await,
        "fields.noise_kind"
    );
    assert_eq!(field(json!({ "service": "pothole", "text": "x", "urgency": "emergency" })).await, "urgency");
    assert_eq!(office.clerk.kept(), 0);
}

#[tokio::test]
async fn what_is_no_request_at_all_is_refused() {
    let office = Office::open().await;
    let deep = format!("{{\"text\":{}1{}}}", "[".repeat(40), "]".repeat(40));
    for broken in ["", "{", "null", "[]", "{\"text\":\"\\ud800\"}", &deep] {
        assert_eq!(problem(&office, broken).await.0, 400, "{broken}");
    }
    let twice = problem(&office, r#"{"service":"pothole","text":"a","text":"b"}"#).await;
    assert_eq!((twice.0, twice.1), (422, json!("text")));
    let many: Value = (0..65).map(|n| (format!("f{n}"), json!("x"))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(problem(&office, json!({ "service": "pothole", "text": "x", "fields": many })).await.0, 400);
    assert_eq!(problem(&office, format!("{{\"text\":\"{}\"}}", "x".repeat(256 << 10))).await.0, 413);

    let post = |media_type: &str, body: &[u8]| {
        let request = office.client.post(format!("{}/api/v1/contacts", office.base));
        request.header("content-type", media_type).body(body.to_vec()).send()
    };
    assert_eq!(post("application/x-www-form-urlencoded", b"text=x").await.unwrap().status(), 415);
    assert_eq!(post("application/json", b"{\"text\":\"\xFF\"}").await.unwrap().status(), 400, "broken UTF-8");
    assert_eq!(office.clerk.kept(), 0);
}

#[tokio::test]
async fn a_program_is_told_when_to_come_back() {
    let office = Office::open().await;
    for n in 0..5 {
        assert_eq!(send(&office, None, json!({ "service": "pothole", "text": format!("{n}") })).await.status(), 201);
    }
    let refused = send(&office, None, json!({ "service": "pothole", "text": "one too many" })).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "12");
    office.clerk.later(Span::secs(12));
    office.clerk.books.lock().unwrap().trouble = Some(NotKept::Busy { retry_secs: 4 });
    let busy = send(&office, None, json!({ "service": "pothole", "text": "later" })).await;
    assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(busy.headers()["retry-after"], "4");
    assert_eq!(office.clerk.kept(), 5);
}

#[tokio::test]
async fn details_are_in_the_senders_language() {
    let office = Office::open().await;
    let request = office.client.post(format!("{}/api/v1/contacts", office.base)).header("accept-language", "ru");
    let answer = request.json(&json!({ "service": "pothole" })).send().await.unwrap();
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["detail"], "Пожалуйста, заполните это поле.");
}
