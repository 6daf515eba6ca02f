//! The page and the loader as they are served: whose frame they may stand in, and what of the address is believed.

use super::city::{Server, quick};
use serde_json::{Value, json};
use steelbridge::channels::chat::Settings;

async fn get(server: &Server, path: &str) -> (reqwest::header::HeaderMap, String) {
    let answer = reqwest::get(server.url(path)).await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    (answer.headers().clone(), answer.text().await.unwrap())
}

fn data(html: &str) -> Value {
    let (_, rest) = html.split_once(r#"<script type="application/json" id="chat-data">"#).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[tokio::test]
async fn only_listed_sites_may_frame_the_page_and_be_spoken_to() {
    let alone = Server::start(Settings::default()).await;
    let (headers, html) = get(&alone, "/chat?embed=1&origin=https://parks.example.gov").await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert_eq!(data(&html)["parent"], Value::Null);

    let parks = "https://parks.example.gov".to_owned();
    let server = Server::start(Settings { embed: vec![parks.clone()], ..quick() }).await;
    let (headers, html) = get(&server, "/chat?embed=1&origin=https://parks.example.gov").await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("frame-ancestors 'self' https://parks.example.gov"), "{policy}");
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(data(&html)["parent"], parks);
    for other in ["https://evil.example", "https://parks.example.gov.evil.example", "null", ""] {
        let (_, html) = get(&server, &format!("/chat?embed=1&origin={other}")).await;
        assert_eq!(data(&html)["parent"], Value::Null, "{other}");
    }
}

#[tokio::test]
async fn what_comes_in_the_address_is_checked_and_never_becomes_markup() {
    let server = Server::start(Settings::default()).await;
    let (headers, html) = get(&server, "/chat?site=%3C/script%3E%3Cb%3Ex&service=graffiti&lang=ar").await;
    assert_eq!(headers["cache-control"], "no-store");
    let (page, said) = (html.as_str(), data(&html));
    assert!(page.contains(r#"<html lang="ar" dir="rtl""#) && !page.contains("<b>x"));
    assert_eq!(
        (&said["site"], &said["service"], &said["lang"]),
        (&json!("</script><b>x"), &json!("graffiti"), &json!("ar"))
    );
    let (_, html) = get(&server, &format!("/chat?service=no-such-thing&site={}", "x".repeat(300))).await;
    assert_eq!((&data(&html)["service"], &data(&html)["site"]), (&Value::Null, &Value::Null));
    // No script or style stands in the page itself: the policy would stop it.
    assert_eq!(html.matches("<script").count(), html.matches(r#"<script type="module" src="/assets/"#).count() + 1);
    assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick="));
    assert!(html.contains("<noscript>") && html.contains(r#"href="/forms?lang="#));
}

#[tokio::test]
async fn the_loader_is_small_kept_and_asked_for_again() {
    let server = Server::start(Settings::default()).await;
    let (headers, script) = get(&server, "/chat.js").await;
    assert!(script.len() <= 15_000, "{} bytes", script.len());
    assert!(headers["content-type"].to_str().unwrap().starts_with("text/javascript"));
    let again = reqwest::Client::new().get(server.url("/chat.js")).header("if-none-match", &headers["etag"]);
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.text().await.unwrap(), "");
}
