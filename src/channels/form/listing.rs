//! The start page and the list of services.

use super::Forms;
use crate::catalogue::{Service, TOPICS};
use crate::channels::Opening;
use crate::console::page::{Asked, Page, answer};
use crate::console::when;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "home.html", config = "src/console/askama.toml")]
struct Home<'a> {
    page: Page<'a>,
    /// Set when we are closed: until when, in words.
    closed: Option<String>,
    topics: [&'static str; 10],
}

#[derive(Template)]
#[template(path = "services.html", config = "src/console/askama.toml")]
struct Services<'a> {
    page: Page<'a>,
    topics: Vec<(&'static str, Vec<&'a Service>)>,
}

#[derive(Template)]
#[template(path = "error.html", config = "src/console/askama.toml")]
struct ErrorPage<'a> {
    page: Page<'a>,
    title: String,
    text: String,
}

pub(super) async fn home(State(forms): State<Forms>, asked: Asked) -> Response {
    let page = forms.pages.page(&asked, "/");
    let closed = closed(&page, forms.context.opening());
    answer(StatusCode::OK, &Home { page, closed, topics: TOPICS })
}

pub(super) async fn services(State(forms): State<Forms>, asked: Asked) -> Response {
    let catalogue = &forms.pages.catalogue;
    let topics = TOPICS.map(|topic| (topic, catalogue.under(topic).collect())).to_vec();
    answer(StatusCode::OK, &Services { page: forms.pages.page(&asked, "/forms"), topics })
}

/// That we are closed, and until when; `None` while we are open.
pub(super) fn closed(page: &Page<'_>, opening: Opening) -> Option<String> {
    if opening.open {
        return None;
    }
    Some(match opening.opens_at {
        Some(at) => {
            let at = when::day_and_time(page.t, &when::local(at, &page.city.zone));
            page.t.say("closed-until", &[("when", at.into())])
        }
        None => page.t.text("closed-now"),
    })
}

/// No page has this address: said in words to a person, whose browser accepts HTML.
pub(super) async fn nothing_here(State(forms): State<Forms>, asked: Asked, headers: HeaderMap, uri: Uri) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if uri.path().starts_with("/api/") || !accepted.contains("text/html") {
        return StatusCode::NOT_FOUND.into_response();
    }
    sorry(forms.pages.page(&asked, "/"), StatusCode::NOT_FOUND)
}

/// A page that says what is wrong, and whom to call.
pub(super) fn sorry(page: Page<'_>, status: StatusCode) -> Response {
    let (title, text) = match status {
        StatusCode::NOT_FOUND => ("missing-title", "missing-text"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too-large-title", "too-large-text"),
        status if status.is_server_error() => ("later-title", "later-text"),
        _ => ("wrong-title", "wrong-text"),
    };
    let text = page.t.say(text, &[("phone", page.city.phone.as_str().into())]);
    answer(status, &ErrorPage { title: page.t.text(title), text, page: page.without_picker() })
}
