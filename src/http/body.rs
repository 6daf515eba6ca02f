//! A request's JSON body: its type, size and depth checked before anything is built from it.

use super::accept::TooSlow;
use crate::console::problem::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Request};
use axum::extract::{FromRequestParts, rejection::BytesRejection};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::response::IntoResponse;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::error::Error;

/// The longest JSON body, in bytes.
pub const JSON_MAX: usize = 256 << 10;
/// The deepest nesting; serde_json alone stops at 128.
const DEPTH_MAX: usize = 32;

/// The body, read as `T`. `T` refuses unknown fields.
pub struct Given<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Given<T>, Problem> {
        if !is_json(request.headers()) {
            let detail = "Send the body as application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
        if announced.is_some_and(|bytes: u64| bytes > JSON_MAX as u64) {
            return Err(too_large());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        if bytes.len() > JSON_MAX {
            return Err(too_large());
        }
        if depth(&bytes) > DEPTH_MAX {
            let detail = format!("The JSON is nested deeper than {DEPTH_MAX}.");
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
        serde_json::from_slice(&bytes).map(Given).map_err(|error| {
            // The parser calls some values bad syntax that are only not the ones we asked for.
            let is_json =
                std::str::from_utf8(&bytes).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
            let status = if is_json { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
            Problem::new(status, format!("The JSON cannot be read: {error}."))
        })
    }
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body may have {} KiB.", JSON_MAX >> 10))
}

fn unreadable(rejection: BytesRejection) -> Problem {
    let mut cause: Option<&dyn Error> = Some(&rejection);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return Problem::new(StatusCode::REQUEST_TIMEOUT, "The body came too slowly.");
        }
        cause = error.source();
    }
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new(StatusCode::BAD_REQUEST, "The body could not be read."),
    }
}

/// `application/json`, with or without parameters (RFC 8259 defines none, clients send `charset` all the same).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// How deep brackets nest, outside of strings. Right for valid JSON; for anything else the parser says no.
fn depth(json: &[u8]) -> usize {
    let (mut now, mut most, mut quoted, mut escaped) = (0usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// A number in the address; whatever is no number names nothing (404).
pub struct Number(pub u64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Number, Problem> {
        let path = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(pairs)| pairs.into_iter().find(|(name, _)| name == "id"));
        let number = id.and_then(|(_, text)| text.parse().ok());
        number.map(Number).ok_or_else(super::refusal::no_such_contact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_of_strings() {
        for (json, deep) in [
            ("1", 0),
            ("{}", 1),
            (r#"{"a":[1,{"b":2}]}"#, 3),
            (r#"{"a":"[[[\"[["}"#, 1),
            ("[],[]", 1),
            (r#""\\"[["#, 2),
        ] {
            assert_eq!(depth(json.as_bytes()), deep, "{json}");
        }
    }
}
