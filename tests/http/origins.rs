//! Where a request comes from, and what a browser is told: Origin, cookies, headers.

use crate::support::city::PASSWORD;
use crate::support::desk::Town;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use steelbridge::http::{CSP, staff_routes};

#[tokio::test]
async fn every_unsafe_route_refuses_what_other_sites_send() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    let own = town.base();
    let mut unsafe_routes = 0;
    for route in staff_routes().into_iter().filter(|route| route.method != Method::GET) {
        unsafe_routes += 1;
        let path = route.path.replace("{id}", "1");
        let send = |headers: &[(&'static str, &str)]| {
            let mut request =
                town.request(route.method.clone(), &path).header("cookie", &ana.cookie).json(&json!({"x": 1}));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            town.sends(request)
        };
        let evil = own.replace("127.0.0.1", "127.0.0.1.evil.example");
        for headers in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null")],
            &[("origin", evil.as_str())],
            &[("origin", "http://127.0.0.1:1")],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
        ] {
            let reply = send(headers).await;
            assert_eq!(reply.status, 403, "{} {} {headers:?}: {}", route.method, route.path, reply.text);
        }
        if route.path != "/api/v1/session" {
            let reply = send(&[("sec-fetch-site", "same-origin"), ("origin", "null")]).await;
            let refused = reply.status == 403 && !reply.text.contains("Your role");
            assert!(!refused, "a form of ours, sent under no-referrer: {} {}", route.method, route.path);
        }
    }
    assert!(unsafe_routes > 15);
    // a program says neither: no browser sends such a request, so no other site can have made it
    let reply = town.sends(
        town.request(Method::PUT, "/api/v1/me/presence")
            .header("cookie", &ana.cookie)
            .json(&json!({"presence": "away", "reason": "lunch"})),
    );
    reply.await.is(200);
    ana.gets("/me").await.is(200);
}

#[tokio::test]
async fn a_cookie_that_is_not_ours_opens_nothing() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    let token = ana.cookie.split_once('=').unwrap().1.to_owned();
    let mut other = token.clone().into_bytes();
    other[0] = if other[0] == b'A' { b'B' } else { b'A' };
    let other = String::from_utf8(other).unwrap();
    for cookie in [
        String::new(),
        "steelbridge=".into(),
        format!("steelbridge={other}"),
        format!("steelbridge={token}x"),
        format!("steelbridge={}", &token[1..]),
        format!("Steelbridge={token}"),
        format!("__Host-steelbridge={token}"),
        format!("steelbridge={token}; steelbridge={other}"),
        "steelbridge=' OR 1=1 --".into(),
    ] {
        let reply = town.sends(town.request(Method::GET, "/api/v1/me").header("cookie", &cookie)).await;
        assert_eq!(reply.status, 401, "{cookie}");
    }
    let among = format!("theme=dark; steelbridge={token}; x=y");
    town.sends(town.request(Method::GET, "/api/v1/me").header("cookie", among)).await.is(200);
}

#[tokio::test]
async fn signing_in_makes_a_new_session_and_signing_out_ends_it() {
    let town = Town::opens().await;
    let first = town.signs_in("ana").await;
    let again =
        town.request(Method::POST, "/api/v1/session").header("origin", town.base()).header("cookie", &first.cookie);
    let reply = town.sends(again.json(&json!({"name": " ana ", "password": PASSWORD}))).await.is(200);
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    for part in ["steelbridge=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain http on loopback: the cookie would be lost");
    assert!(!cookie.starts_with(&first.cookie), "a new id at every sign-in");
    first.gets("/me").await.is(401);

    let ana = town.signs_in("ana").await;
    let gone = town.sends(ana.request(Method::DELETE, "/session")).await.is(204);
    assert!(gone.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    ana.gets("/me").await.is(401);
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_look_alike() {
    let town = Town::opens().await;
    let try_as = |name: &str, password: &str| {
        let request = town.request(Method::POST, "/api/v1/session").header("origin", town.base());
        town.sends(request.json(&json!({"name": name, "password": password})))
    };
    let mut bodies = Vec::new();
    let long = "n".repeat(5_000);
    for (name, password) in [("ana", "not-her-password"), ("nobody", PASSWORD), (&long, PASSWORD), ("", "")] {
        let mut body = try_as(name, password).await.is(401).json();
        body["request_id"].take();
        bodies.push(body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test]
async fn guessing_slows_down_and_says_for_how_long() {
    let town = Town::opens().await;
    let guess = |password: &str| {
        let request = town.request(Method::POST, "/api/v1/session").header("origin", town.base());
        town.sends(request.json(&json!({"name": "ben", "password": password})))
    };
    for _ in 0..5 {
        guess("wrong").await.is(401);
    }
    // A slow machine may take longer for a guess than its first waits, but not for long: they double.
    let mut refused = guess("wrong").await;
    while refused.status == 401 {
        refused = guess("wrong").await;
    }
    let wait: u64 = refused.is(429).headers["retry-after"].to_str().unwrap().parse().unwrap();
    guess(PASSWORD).await.is(429);
    tokio::time::sleep(Duration::from_secs(wait)).await;
    guess(PASSWORD).await.is(200);
}

/// The same on every answer, whatever it is.
#[tokio::test]
async fn every_route_carries_the_security_headers() {
    let town = Town::opens().await;
    let mut paths: Vec<(Method, String)> = staff_routes()
        .iter()
        .map(|r| (r.method.clone(), r.path.replace("{id}", "1").replace("{digest}", "x")))
        .collect();
    for path in ["/", "/forms", "/forms/streetlight", "/forms/nothing", "/s/nothing", "/chat.js", "/nothing"]
        .into_iter()
        .chain(["/healthz", "/readyz", "/openapi.json", "/assets/tokens.css", "/assets/nothing"])
    {
        paths.push((Method::GET, path.into()));
    }
    for (method, path) in paths {
        let reply = town.sends(town.request(method, &path)).await;
        let header = |name: &str| reply.headers.get(name).map_or("", |v| v.to_str().unwrap());
        let asked = &reply.asked;
        assert_eq!(header("content-security-policy"), CSP, "{asked}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{asked}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{asked}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{asked}");
        let shared = if path == "/chat.js" { "*" } else { "" }; // the loader is for other sites, and the same for everyone
        assert_eq!(header("access-control-allow-origin"), shared, "{asked}");
        assert_eq!(header("x-request-id").len(), 16, "{asked}");
        assert_eq!(header("server"), "", "{asked}");
        if path.starts_with("/api/") {
            assert_eq!(header("cache-control"), "no-store", "{asked}");
        }
    }
}

#[tokio::test]
async fn assets_are_asked_for_once() {
    let town = Town::opens().await;
    let first = town.gets("/assets/tokens.css").await.is(200);
    assert_eq!(first.headers["content-type"], "text/css");
    let tag = first.headers["etag"].to_str().unwrap();
    let again = town.request(Method::GET, "/assets/tokens.css").header("if-none-match", format!("W/{tag}"));
    assert_eq!(town.sends(again).await.is(304).text, "");
}

#[tokio::test]
async fn every_staff_route_is_described() {
    let town = Town::opens().await;
    let api = town.gets("/openapi.json").await.is(200).json();
    for route in staff_routes() {
        let operation = &api["paths"][route.path][route.method.as_str().to_lowercase()];
        assert!(operation["summary"].as_str().is_some_and(|s| s.ends_with('.')), "{} {}", route.method, route.path);
    }
    assert!(api["paths"]["/api/v1/contacts"]["post"].is_object(), "the public's own request");
    let names: Vec<_> = api["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
    for name in ["Contact", "Me", "Offer", "Problem", "Said"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    let all = api.to_string();
    for (at, _) in all.match_indices("#/components/schemas/") {
        let name: String = all[at + 21..].chars().take_while(|c| *c != '"').collect();
        assert!(names.contains(&name), "{name} is used and not described");
    }
}
