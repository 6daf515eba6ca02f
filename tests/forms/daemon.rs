//! The same channel on the real daemon: on disk, with its own reception, through its own door.

use crate::support::city::City;
use crate::{hidden, path_of, photos, with};
use reqwest::multipart::Form;
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;

struct Town {
    city: City,
    client: Client,
}

impl Town {
    fn new() -> Town {
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        let city = City::new();
        let mut settings =
            std::fs::OpenOptions::new().append(true).open(city.folder().join("steelbridge.toml")).unwrap();
        writeln!(settings, "[programme]\nlanguages = [\"en\", \"es\"]").unwrap();
        Town { city, client }
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.city.base())).send().await.unwrap()
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    async fn send(&self, service: &str, fields: &BTreeMap<String, String>) -> Response {
        let post = self.client.post(format!("{}/forms/{service}?lang=en", self.city.base()));
        post.form(fields).send().await.unwrap()
    }

    async fn api(&self, key: &str, body: &Value) -> Response {
        let post = self.client.post(format!("{}/api/v1/contacts", self.city.base())).header("idempotency-key", key);
        post.json(body).send().await.unwrap()
    }
}

#[tokio::test]
async fn a_form_with_a_photo_is_on_disk_and_still_there_after_a_kill() {
    let town = Town::new();
    let daemon = town.city.start().await;
    let blank = hidden(&town.page("/forms/sewage_release?lang=es").await);
    let form = blank.iter().fold(Form::new(), |form, (name, value)| form.text(name.clone(), value.clone()));
    let form = form
        .text("fields.location", "SE 5th & Main")
        .text("fields.sewage_where", "street")
        .text("text", "Hay aguas negras en la acera")
        .text("language", "es")
        .part("photos", photos::photo(photos::png(), "acera.png"));
    let post = town.client.post(format!("{}/forms/sewage_release?lang=es", town.city.base())).multipart(form);
    let path = path_of(&post.send().await.unwrap());

    daemon.dies().await;
    let _daemon = town.city.start().await;
    let page = town.page(&format!("{path}?lang=es&new=1")).await;
    assert!(page.contains("Tenemos su solicitud") && page.contains("Hay aguas negras en la acera"));
    assert!(page.contains("Usted es el siguiente en la fila."), "{page}");
    let photo = page.split("<img src=\"").nth(1).unwrap().split('"').next().unwrap();
    let kept = town.get(photo).await;
    assert_eq!(kept.headers()["content-type"], "image/png");
    assert!(kept.headers()["content-disposition"].to_str().unwrap().contains("acera.png"));
    assert!(!kept.bytes().await.unwrap().windows(7).any(|window| window == b"45.5231"));

    let reply = with(hidden(&page), [("text", "Sigue saliendo")]);
    let said = town.client.post(format!("{}{path}", town.city.base())).form(&reply).send().await.unwrap();
    assert_eq!(said.status(), StatusCode::SEE_OTHER);
    assert!(town.page(&path).await.contains("Sigue saliendo"));
}

#[tokio::test]
async fn one_request_however_often_it_is_sent_and_whenever() {
    let town = Town::new();
    let daemon = town.city.start().await;
    let form = with(hidden(&town.page("/forms/unknown").await), [("text", "Lights out on Ankeny")]);
    let (one, two) = tokio::join!(town.send("unknown", &form), town.send("unknown", &form));
    let path = path_of(&one);
    assert_eq!(path_of(&two), path);

    let body = json!({ "service": "pothole", "text": "A hole" });
    let (one, two) = tokio::join!(town.api("\"k-1\"", &body), town.api("\"k-1\"", &body));
    let first = one.text().await.unwrap();
    assert_eq!(two.text().await.unwrap(), first);
    daemon.dies().await;
    let _daemon = town.city.start().await;
    assert_eq!(path_of(&town.send("unknown", &form).await), path);
    let again = town.api("\"k-1\"", &body).await;
    assert_eq!(again.status(), StatusCode::CREATED);
    assert_eq!(again.text().await.unwrap(), first, "the same answer, before and after a kill");
    assert!(first.contains("\"contact_id\":2"), "two requests in all: {first}");

    let other = town.api("\"k-1\"", &json!({ "service": "pothole", "text": "Another hole" })).await;
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = other.json().await.unwrap();
    assert_eq!(problem["field"], "Idempotency-Key");
    assert!(problem["request_id"].is_string());
}

#[tokio::test]
async fn every_page_comes_with_its_walls_and_nobody_elses_page_comes_at_all() {
    let town = Town::new();
    let _daemon = town.city.start().await;
    let mine = path_of(&town.send("unknown", &with(BTreeMap::new(), [("text", "mine")])).await);
    let nothing = format!("/s/{}", "A".repeat(43));
    for (path, status) in [("/", 200), ("/forms", 200), ("/forms/pothole", 200), (&mine, 200), (&nothing, 404)] {
        let answer = town.get(path).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let headers = answer.headers();
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
    }
    let log = std::fs::read_to_string(town.city.log()).unwrap();
    assert!(!log.contains(&mine[3..]), "no secret address is in the log");
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_so_in_the_persons_language_and_programs_get_a_problem() {
    let town = Town::new();
    let _daemon = town.city.start().await;
    let asks = |path: &str, accept: &str| {
        let request = reqwest::Client::new().get(format!("{}{path}", town.city.base()));
        request.header("accept", accept).header("accept-language", "es").send()
    };
    let page = asks("/nowhere", "text/html").await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let page = page.text().await.unwrap();
    assert!(page.contains("<html lang=\"es\"") && page.contains("No encontramos esta página"), "{page}");
    for (path, accept) in [("/nowhere", "*/*"), ("/api/v1/nowhere", "text/html")] {
        let problem = asks(path, accept).await.unwrap();
        assert_eq!(problem.headers()["content-type"], "application/problem+json", "{path}");
        let problem: Value = problem.json().await.unwrap();
        assert_eq!(
            (problem["status"].as_u64(), problem["detail"].as_str()),
            (Some(404), Some("There is nothing at this address."))
        );
    }
}
