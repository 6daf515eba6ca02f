//! What an API answer says when something is wrong: RFC 9457 problem details, and nothing about our insides.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The media type of every error answer to a program (RFC 9457 §3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// One thing that is wrong with a request. Also put into the response's extensions, so that a layer that knows
/// the request's id can write the body again with it (see [`Problem::body`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub status: StatusCode,
    /// The kind of problem in a few words, the same for every occurrence.
    pub title: String,
    /// What is wrong this time, for the person who reads it.
    pub detail: String,
    /// The field of the request that is wrong, if it is one.
    pub field: Option<String>,
    /// When to try again (RFC 9110 §10.2.3), in seconds.
    pub retry_after: Option<u32>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Problem {
    /// A problem whose kind is the status itself (`type` is `about:blank`, RFC 9457 §4.2.1).
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        Problem { status, title, detail: detail.into(), field: None, retry_after: None }
    }

    /// 422 (RFC 9110 §15.5.21), naming the field.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem { field: Some(field.into()), ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    pub fn retry_after(self, secs: u32) -> Problem {
        Problem { retry_after: Some(secs), ..self }
    }

    /// The body as JSON, with the request's id when it is known.
    pub fn body(&self, request_id: Option<&str>) -> String {
        let body = Body {
            r#type: "about:blank",
            title: &self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            field: self.field.as_deref(),
            request_id,
        };
        serde_json::to_string(&body).unwrap_or_default() // strings and a number always serialise
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, [(header::CONTENT_TYPE, MEDIA_TYPE)], self.body(None)).into_response();
        if let Some(secs) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_the_field_and_when_to_come_back() {
        let problem = Problem::field("service", "no such service").retry_after(12);
        assert_eq!(
            problem.body(Some("r-1")),
            r#"{"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"no such service","field":"service","request_id":"r-1"}"#
        );
        let response = problem.clone().into_response();
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()["content-type"], MEDIA_TYPE);
        assert_eq!(response.headers()["retry-after"], "12");
        assert_eq!(response.extensions().get::<Problem>(), Some(&problem));
    }
}
