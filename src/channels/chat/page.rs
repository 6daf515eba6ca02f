//! The chat page, in our own frame or in another site's, and the loader that puts it there.

use super::Chat;
use super::protocol::TEXT_MAX;
use crate::channels::Opening;
use crate::console::chat::{ChatFrame, ChatPage, Place, Room};
use crate::console::page::{Asked, Page, answer};
use crate::console::when;
use crate::texts::Texts;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The longest value of `site` and `service` that is taken from the address, in bytes.
const PLACE_MAX: usize = 200;
/// Sites load the loader on each of their pages: a browser asks again after ten minutes.
const LOADER_KEPT: &str = "public, max-age=600";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// In another site's frame.
    embed: Option<String>,
    /// The site's origin, as the loader saw it.
    origin: Option<String>,
    site: Option<String>,
    service: Option<String>,
}

/// `GET /chat`.
pub(super) async fn page(
    State(chat): State<Chat>,
    asked: Asked,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let wanted = wanted.map(|Query(wanted)| wanted).unwrap_or_default(); // a strange address still gets the page
    let embedded = wanted.embed.is_some();
    let page = chat.pages.page(&asked, "/chat");
    let room = room(&chat, &page, chat.context.opening(), wanted);
    let mut response = if embedded {
        answer(StatusCode::OK, &ChatFrame { page, room })
    } else {
        answer(StatusCode::OK, &ChatPage { page, room })
    };
    if let Ok(policy) = HeaderValue::try_from(policy(&chat.settings.embed)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn room(chat: &Chat, page: &Page, opening: Opening, wanted: Wanted) -> Room {
    let short = |value: &String| (1..=PLACE_MAX).contains(&value.len());
    let may_frame = |origin: &String| chat.settings.embed.iter().any(|site| site == origin);
    let known = |code: &String| chat.pages.catalogue.get(code).is_some();
    let place = Place {
        parent: wanted.origin.filter(may_frame),
        site: wanted.site.filter(short),
        service: wanted.service.filter(known),
    };
    let opens = opening.opens_at.map(|at| when::day_and_time(page.t, &when::local(at, &page.city.zone)));
    Room { open: opening.open, staffed: opening.staffed, opens, text_max: TEXT_MAX, place }
}

/// The policy of every page, but for who may frame this one.
fn policy(embed: &[String]) -> String {
    let ancestors = if embed.is_empty() { "'none'".to_owned() } else { format!("'self' {}", embed.join(" ")) };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; font-src 'self'; \
         media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    )
}

/// The loader and its entity tag.
pub(super) fn loader(texts: &Texts) -> (String, String) {
    let script = crate::console::chat::loader(texts);
    let tag = Sha256::digest(script.as_bytes())[..16].iter().map(|b| format!("{b:02x}")).collect::<String>();
    (script, format!("\"{tag}\""))
}

/// `GET /chat.js`: may be loaded by any site; which sites may show the chat is decided by the page's own policy.
pub(super) async fn script(State(chat): State<Chat>, headers: HeaderMap) -> Response {
    let (script, tag) = &*chat.loader;
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|have| have.as_bytes() == tag.as_bytes());
    let keep = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, LOADER_KEPT),
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        // So that a site can pin the script with `integrity` (Subresource Integrity needs a CORS answer).
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    if known { (StatusCode::NOT_MODIFIED, keep).into_response() } else { (keep, script.clone()).into_response() }
}
