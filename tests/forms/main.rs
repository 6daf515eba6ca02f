//! The form channel as people and programs use it: over HTTP, against its own router and a scripted clerk, and on the real daemon.

#[path = "../support/mod.rs"]
#[allow(dead_code)]
mod support;

mod api;
mod clerk;
mod daemon;
mod pages;
mod photos;
mod sending;
mod status;

use axum::extract::Request;
use axum::middleware::{self, Next};
use clerk::Clerk;
use reqwest::{Client, Response, StatusCode, redirect};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use steelbridge::catalogue::Catalogue;
use steelbridge::channels::form::{self, Limits};
use steelbridge::channels::visitor::ClientIp;
use steelbridge::console::page::{City, Pages};
use steelbridge::texts::Texts;

/// How people reach it, as the settings say.
pub const ORIGIN: &str = "https://311.example.gov";

/// The form channel on a loopback port, and somebody to send to it.
pub struct Office {
    pub clerk: Arc<Clerk>,
    pub base: String,
    /// Follows no redirects: where they lead is what the tests look at.
    pub client: Client,
}

impl Office {
    pub async fn open() -> Office {
        let clerk = Clerk::new();
        let city = City {
            name: "Portland 311".into(),
            phone: "503-823-4000".into(),
            emergency: "911".into(),
            zone: jiff::tz::TimeZone::get("America/Los_Angeles").unwrap(),
            origin: ORIGIN.into(),
        };
        let pages = Pages {
            texts: Arc::new(Texts::load().unwrap()),
            catalogue: Arc::new(Catalogue::shipped()),
            city: Arc::new(city),
        };
        // The server's own layer puts the visitor's address in; here a test says who it is.
        let from = async |mut request: Request, next: Next| {
            let said = request.headers().get("x-from").map_or("203.0.113.9", |from| from.to_str().unwrap());
            let ip: IpAddr = said.parse().unwrap();
            request.extensions_mut().insert(ClientIp(ip));
            next.run(request).await
        };
        let router = form::routes(clerk.clone(), pages, [42; 32], Limits::default()).layer(middleware::from_fn(from));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Office { clerk, base, client }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    /// A page as text, which must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    /// What a browser would send for the form of a service: its hidden fields as the page has them.
    pub async fn blank(&self, service: &str) -> BTreeMap<String, String> {
        hidden(&self.page(&format!("/forms/{service}?lang=en")).await)
    }

    pub async fn send(&self, service: &str, fields: &BTreeMap<String, String>) -> Response {
        self.client.post(format!("{}/forms/{service}?lang=en", self.base)).form(fields).send().await.unwrap()
    }

    /// Sends an honest form and gives the path of its page.
    pub async fn request(&self, text: &str) -> String {
        let mut form = self.blank("unknown").await;
        self.clerk.later(steelbridge::routing::ids::Span::secs(30));
        form.insert("text".into(), text.into());
        path_of(&self.send("unknown", &form).await)
    }
}

/// The hidden fields of the page's form.
pub fn hidden(page: &str) -> BTreeMap<String, String> {
    let inputs = page.split("<input type=\"hidden\" ").skip(1);
    let attribute = |input: &str, name: &str| {
        let rest = input.split(&format!("{name}=\"")).nth(1).expect("the attribute");
        rest.split('"').next().unwrap().to_owned()
    };
    inputs.map(|input| (attribute(input, "name"), attribute(input, "value"))).collect()
}

/// The path of the request's page that a 303 leads to, without its query.
pub fn path_of(answer: &Response) -> String {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()["location"].to_str().unwrap();
    assert!(location.starts_with("/s/"), "{location}");
    location.split('?').next().unwrap().to_owned()
}

/// Fields of a form, on top of its hidden ones.
pub fn with<const N: usize>(mut form: BTreeMap<String, String>, fields: [(&str, &str); N]) -> BTreeMap<String, String> {
    form.extend(fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
    form
}
