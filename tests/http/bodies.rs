//! Bodies, methods and addresses that are not what they should be: each gets its status and one shape of answer.

use crate::support::desk::Town;
use reqwest::Method;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[tokio::test]
async fn wrong_bodies_are_named_and_change_nothing() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    ana.is_available().await;
    let contact = town.asks("es", "La luz de mi calle no funciona").await;
    ana.takes(contact).await;
    let say = format!("/contacts/{contact}/messages");

    let long = "a".repeat(8_001);
    let nested = format!(r#"{{"text":{}1{}}}"#, "[".repeat(40), "]".repeat(40));
    for (body, status, field) in [
        ("", 400, None),
        ("{", 400, None),
        ("null", 422, None),
        ("[]", 422, None),
        (r#"{"text":"a","text":"b"}"#, 422, None),
        (r#"{"text":"a","texts":"b"}"#, 422, None),
        (r#"{"text":7}"#, 422, None),
        (nested.as_str(), 400, None),
        (r#"{"text":"  "}"#, 422, Some("text")),
        (r#"{"text":"a","client_id":""}"#, 422, Some("client_id")),
        (&format!(r#"{{"text":"{long}"}}"#), 422, Some("text")),
    ] {
        let request = ana.request(Method::POST, &say).header("content-type", "application/json").body(body.to_owned());
        let reply = town.sends(request).await;
        assert_eq!(reply.status, status, "{body:.60}: {}", reply.text);
        let problem = reply.json();
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["field"].as_str(), field, "{body:.60}: {problem}");
        assert_eq!(problem["request_id"], reply.headers["x-request-id"].to_str().unwrap(), "{problem}");
    }
    let broken = ana
        .request(Method::POST, &say)
        .header("content-type", "application/json")
        .body(b"{\"text\":\"\xff\xfe\"}".to_vec());
    town.sends(broken).await.is(400);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        let request = ana.request(Method::POST, &say).header("content-type", kind).body(r#"{"text":"a"}"#);
        town.sends(request).await.is(415);
    }
    let charset = ana.request(Method::POST, &say).header("content-type", "application/json; charset=utf-8");
    town.sends(charset.body(r#"{"text":"Hola"}"#)).await.is(201);

    let messages = ana.gets(&format!("/contacts/{contact}")).await.is(200).json()["messages"].clone();
    assert_eq!(messages.as_array().unwrap().len(), 2, "the form's text and the one good message: {messages}");
}

#[tokio::test]
async fn words_outside_of_their_list_are_refused() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    let presence = |body| town.sends(ana.request(Method::PUT, "/me/presence").json(&body));
    presence(json!({"presence": "asleep"})).await.is(422);
    for (body, field) in [
        (json!({"presence": "away"}), "reason"),
        (json!({"presence": "away", "reason": "missed"}), "reason"),
        (json!({"presence": "away", "reason": "disconnected"}), "reason"),
        (json!({"presence": "available", "reason": "lunch"}), "reason"),
    ] {
        assert_eq!(presence(body).await.is(422).json()["field"], field);
    }
    ana.is_available().await;
    let contact = town.asks("es", "Un bache").await;
    ana.takes(contact).await;
    for (path, body) in [
        ("close", json!({"disposition": "done"})),
        ("park", json!({"until": 1})),
        ("park", json!({"until": "tomorrow"})),
        ("transfer", json!({"to": {"rep": "nobody"}})),
        ("transfer", json!({"to": {"queue": "nowhere"}})),
        ("transfer", json!({"to": {"rep": "ben", "queue": "general"}})),
        ("transfer", json!({"to": {"need": {"language": "en", "skills": {"streets": 6}}}})),
        ("transfer", json!({"to": {"need": {"language": "a-language-of-far-too-many-letters"}}})),
        ("read", json!({"seq": -1})),
        ("typing", json!({"on": "yes"})),
    ] {
        ana.posts(&format!("/contacts/{contact}/{path}"), body).await.is(422);
    }
    assert_eq!(ana.gets(&format!("/contacts/{contact}")).await.is(200).json()["stage"], "active");
}

#[tokio::test]
async fn methods_and_addresses_that_are_not_there() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    for (method, path, status) in [
        ("PATCH", "/api/v1/me", 405),
        ("TRACE", "/api/v1/me", 405),
        ("FOO", "/api/v1/me", 405),
        ("DELETE", "/api/v1/contacts/1", 405),
        ("GET", "/api/v1", 404),
        ("GET", "/api/v1/contacts/1/../1", 404),
        ("GET", "/api/v1/contacts/", 404),
        ("GET", "/api/v1/contacts/1e3", 404),
        ("GET", "/api/v1/contacts/-1", 404),
        ("GET", "/api/v1/contacts/18446744073709551616", 404),
        ("GET", "/api/v2/me", 404),
    ] {
        let request =
            town.request(method.parse().unwrap(), path).header("cookie", &ana.cookie).header("origin", town.base());
        let reply = town.sends(request).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text);
        assert_eq!(reply.headers["content-type"], "application/problem+json", "{method} {path}");
        if status == 405 {
            assert!(reply.headers.contains_key("allow"), "{method} {path}");
        }
    }
    let browser = town.request(Method::GET, "/nothing-here").header("accept", "text/html,*/*;q=0.8");
    let page = town.sends(browser).await.is(404);
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    let traversal = town.gets("/assets/..%2f..%2fCargo.toml").await;
    assert!(!traversal.text.contains("[package]"), "{}", traversal.text);
    traversal.is(404);
}

/// A body that says it is huge is refused before it is read; one that does not say so is refused when it has become huge.
#[tokio::test]
async fn a_huge_body_is_refused_at_once() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    let head = |length: &str| {
        let (host, cookie) = (town.base().replace("http://", ""), &ana.cookie);
        format!(
            "PUT /api/v1/me/presence HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {cookie}\r\n\
             content-type: application/json\r\n{length}\r\n\r\n"
        )
    };
    let started = Instant::now();
    let mut socket = TcpStream::connect(town.base().replace("http://", "")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.write_all(head("content-length: 9000000").as_bytes()).unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());

    let mut socket = TcpStream::connect(town.base().replace("http://", "")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.write_all(head("transfer-encoding: chunked").as_bytes()).unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 65_536, "[{},".repeat(16_384));
    for _ in 0..40 {
        if socket.write_all(chunk.as_bytes()).is_err() {
            break; // it has stopped listening
        }
    }
    let mut answer = [0; 12];
    if socket.read_exact(&mut answer).is_ok() {
        assert_eq!(&answer, b"HTTP/1.1 413");
    }
    ana.gets("/me").await.is(200);
}
