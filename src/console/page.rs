//! What every public page knows: its language, where it is, and whom to call.

use crate::catalogue::Catalogue;
use crate::texts::{Text, Texts};
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::tz::TimeZone;
use std::convert::Infallible;
use std::sync::Arc;

/// Whose programme this is, as the public reads it. Settings: numbers are never constants.
#[derive(Clone, Debug)]
pub struct City {
    /// For example `Portland 311`.
    pub name: String,
    /// As it is read aloud, for example `503-823-4000`.
    pub phone: String,
    /// For danger to life, for example `911`.
    pub emergency: String,
    /// The clock on the wall, for example `America/Los_Angeles`.
    pub zone: TimeZone,
    /// How people reach the pages: scheme, host and port, without a slash at the end.
    pub origin: String,
}

/// What all public pages are made from.
#[derive(Clone)]
pub struct Pages {
    pub texts: Arc<Texts>,
    pub catalogue: Arc<Catalogue>,
    pub city: Arc<City>,
}

impl Pages {
    /// The frame of a page in the language that was asked for.
    pub fn page(&self, asked: &Asked, path: impl Into<String>) -> Page<'_> {
        let t = self.texts.choose(asked.language.as_deref(), asked.accepts.as_deref());
        Page { texts: &self.texts, t, city: &self.city, path: path.into(), picker: Picker::Links }
    }
}

/// Which language a request asks for: `?lang=` first, then what the browser prefers.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub language: Option<String>,
    pub accepts: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asked, Infallible> {
        let pairs = parts.uri.query().unwrap_or_default().split('&');
        let language = pairs.filter_map(|pair| pair.strip_prefix("lang=")).next().map(str::to_owned);
        let accepts = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Asked { language, accepts: accepts.map(str::to_owned) })
    }
}

impl City {
    pub fn phone_link(&self) -> String {
        link(&self.phone)
    }

    pub fn emergency_link(&self) -> String {
        link(&self.emergency)
    }
}

/// A number as a `tel:` address (RFC 3966): digits, and a leading plus if it is written.
fn link(number: &str) -> String {
    format!("tel:{}", number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect::<String>())
}

/// The frame around one page: templates that extend `base.html` have it as their field `page`.
pub struct Page<'a> {
    pub texts: &'a Texts,
    /// The language of this page.
    pub t: &'a Text,
    pub city: &'a City,
    /// The page's own path, without a query.
    pub path: String,
    pub picker: Picker,
}

/// How a person changes the language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picker {
    /// By an address: the page is loaded anew.
    Links,
    /// By a button of the form with this id: what was typed goes along.
    Buttons(&'static str),
    /// Not at all, where something typed would be lost.
    Absent,
}

/// The value that a button of the picker sends: the language that was left. A form that has it is shown again, not sent.
pub const SWITCHED_FROM: &str = "switched_from";

impl<'a> Page<'a> {
    pub fn without_picker(self) -> Page<'a> {
        Page { picker: Picker::Absent, ..self }
    }

    /// The language is changed by the form with this id, which its page must have.
    pub fn switched_by(self, form: &'static str) -> Page<'a> {
        Page { picker: Picker::Buttons(form), ..self }
    }

    /// An address of ours that keeps the language.
    pub fn link(&self, path: &str) -> String {
        self.link_in(path, &self.t.code)
    }

    /// The same in another language, for the picker.
    pub fn link_in(&self, path: &str, language: &str) -> String {
        format!("{path}?lang={language}")
    }
}

/// A page as an answer. It may hold what only this visitor may read, so nobody keeps a copy.
pub fn answer(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
