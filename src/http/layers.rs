//! What stands around every route: an id for each request, the security headers, one shape for every error, and counts.

use super::metrics::Requests;
use crate::console::problem::{MEDIA_TYPE, Problem};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;

/// No inline script or style, nothing from elsewhere, no frame around us. A page that may be framed sets its own.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
    font-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The same for pages that show a stranger's mail, each in a frame that may do nothing.
pub const CSP_WITH_FRAMES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
    font-src 'self'; media-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the outermost layer stands on.
#[derive(Clone)]
pub struct Around {
    pub requests: Arc<Requests>,
    /// The public address is https: browsers are told to stay there (RFC 6797).
    pub secure: bool,
}

/// The outermost layer.
pub async fn around(State(around): State<Around>, request: Request, next: Next) -> Response {
    let id = format!("{:016x}", rand::random::<u64>());
    let api = request.uri().path().starts_with("/api/");
    let accepts = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let page = !api && accepts.contains("text/html");
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let mut response = explained(response, &id, page);
    protect(response.headers_mut(), api, around.secure);
    if let Ok(value) = HeaderValue::try_from(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let status = response.status();
    around.requests.count(&method, route, status);
    if status.is_server_error() {
        tracing::warn!(request = id, %method, route, status = status.as_u16(), "a request failed");
    } else {
        tracing::debug!(request = id, %method, route, status = status.as_u16(), "answered");
    }
    response
}

/// Every error in one shape: problem details for programs, a page for people (whose browsers accept HTML).
fn explained(response: Response, id: &str, page: bool) -> Response {
    let status = response.status();
    if let Some(problem) = response.extensions().get::<Problem>().filter(|_| !page) {
        let body = problem.body(Some(id));
        let (mut parts, _) = response.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::from(body));
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let said = (kind.starts_with(MEDIA_TYPE) && !page) || kind.starts_with("text/html");
    if said || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut response = if page {
        (status, Html(plain_page(status))).into_response()
    } else {
        let problem = Problem::new(status, in_words(status));
        (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], problem.body(Some(id))).into_response()
    };
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

fn in_words(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is nothing at this address.",
        StatusCode::METHOD_NOT_ALLOWED => "This address does not take this method.",
        StatusCode::PAYLOAD_TOO_LARGE => "That is too much at once.",
        StatusCode::REQUEST_TIMEOUT => "That took too long.",
        StatusCode::FORBIDDEN => "This request came from another site.",
        _ if status.is_server_error() => "Something went wrong on our side.",
        _ => "The request cannot be read.",
    }
}

fn plain_page(status: StatusCode) -> String {
    let (title, text) = (status.canonical_reason().unwrap_or("Error"), in_words(status));
    format!(
        "<!doctype html>\n<html lang=\"en\" data-theme=\"auto\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"/assets/icon.svg\" type=\"image/svg+xml\">\
         <link rel=\"stylesheet\" href=\"/assets/tokens.css\"><link rel=\"stylesheet\" href=\"/assets/public.css\"></head>\
         <body><main id=\"main\" class=\"wide\"><div class=\"narrow\"><h1>{title}</h1><p class=\"lead\">{text}</p>\
         <p><a class=\"button\" href=\"/\">Start page</a></p></div></main></body></html>\n"
    )
}

/// What a route has set by itself stays.
fn protect(headers: &mut HeaderMap, api: bool, secure: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CSP);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    if api {
        set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    }
    if secure {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
}

/// The last resort: the process stays up, and nothing of the panic is shown.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked; the panic itself is on standard error");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    async fn answer(path: &str, accept: &str) -> (Response, String) {
        let around = Around { requests: Arc::default(), secure: true };
        let falls = async || -> &'static str { panic!("SELECT secret FROM /var/lib/steelbridge") };
        let router = Router::new()
            .route("/api/v1/falls", get(falls))
            .route("/falls", get(falls))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(around, self::around));
        let request = Request::builder().uri(path).header("accept", accept).body(Body::empty()).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let text = axum::body::to_bytes(body, 10_000).await.unwrap();
        (Response::from_parts(parts, Body::empty()), String::from_utf8(text.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_a_plain_500_and_shows_nothing_of_our_insides() {
        for path in ["/api/v1/falls", "/falls"] {
            for accept in ["text/html,application/xhtml+xml", "application/json"] {
                let (response, text) = answer(path, accept).await;
                assert_eq!(response.status(), 500);
                assert!(text.contains("Something went wrong on our side"), "{text}");
                assert!(!text.contains("SELECT") && !text.contains("/var/lib"), "{text}");
                assert_eq!(response.headers()["content-security-policy"], CSP);
                assert_eq!(response.headers()["strict-transport-security"], "max-age=31536000; includeSubDomains");
                let html = response.headers()["content-type"].to_str().unwrap().starts_with("text/html");
                assert_eq!(html, path == "/falls" && accept.contains("html"), "{path} {accept}");
            }
        }
    }
}
