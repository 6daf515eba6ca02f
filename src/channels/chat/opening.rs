//! Opening a conversation: the first message makes the contact, so there is never half a conversation in the line.

use super::protocol::{self, cleaned, is_client_id};
use super::{Chat, Household, check_origin, problem, too_often, whole_secs};
use crate::channels::CustomerAct;
use crate::channels::visitor::Secret;
use crate::console::page::{Asked, Page};
use crate::console::problem::Problem;
use crate::console::when;
use crate::message::{Inbound, LanguageChoice, LanguageSource, Party, clean_line};
use crate::routing::ids::{Channel, ContactId, Timestamp, Word};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The longest request that opens a conversation, in bytes: 4,000 characters at their longest in JSON, and the short fields.
const BODY_MAX: usize = 64 << 10;
/// A client id shorter than this cannot be random enough to stand for a token when the request is repeated.
const CLIENT_ID_MIN: usize = 22;
const NAME_MAX: usize = 100;
const EMAIL_MAX: usize = 254; // RFC 5321 §4.5.3.1.3, without the brackets
const SITE_MAX: usize = 200;

/// `POST /chat/sessions`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The first message.
    pub text: String,
    /// BCP-47, chosen by the person.
    pub language: Option<String>,
    pub name: Option<String>,
    pub service: Option<String>,
    pub email: Option<String>,
    /// Which of the city's sites the chat was opened on.
    pub site: Option<String>,
    /// Random, made by the page, at least 22 characters: the same request again gets the same answer.
    #[serde(skip_serializing)]
    pub client_id: Option<String>,
}

/// 201.
#[derive(Debug, Serialize, Deserialize)]
pub struct Opened {
    pub contact_id: ContactId,
    /// To quote on the phone; opens nothing.
    pub reference: String,
    /// For the `hello` frame. Whoever has it reads the conversation.
    pub resume_token: String,
    pub socket: String,
    /// The whole address of the status page.
    pub status_url: String,
}

/// Nobody is there at this hour; the same words are kept in the page for the form.
#[derive(Serialize)]
struct Closed {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
    opens_at: Option<Timestamp>,
    /// The same in words, in the person's language.
    opens: Option<String>,
    form_url: &'static str,
}

pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(BODY_MAX)
}

pub(super) async fn open(
    State(chat): State<Chat>,
    Household(household): Household,
    asked: Asked,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    check_origin(&chat.sockets, &headers)?;
    let body = body.map_err(|error| Problem::new(error.status(), error.body_text()))?;
    let open: Open = serde_json::from_slice(&body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("this is not a chat request: {error}")))?;
    let secret = secret(&chat, &open)?;
    let asked = Asked { language: open.language.clone(), ..asked };
    let inbound = inbound(&chat, open, &secret)?;
    // A repeated request is answered whatever the hour and however often: its first answer may have been lost.
    let repeated =
        inbound.source_key.is_some() && chat.context.contact(secret.hash()).await.map_err(problem)?.is_some();
    if !repeated {
        let now = chat.context.now();
        chat.visitors.start(household, now).map_err(too_often)?;
        let opening = chat.context.opening();
        if !opening.open {
            let page = chat.pages.page(&asked, "/chat");
            return Ok(closed(&page, opening.opens_at, now));
        }
    }
    let receipt = chat.context.deliver(inbound).await.map_err(problem)?;
    if !receipt.duplicate {
        expect_socket(&chat, receipt.contact);
    }
    let token = secret.reveal();
    let opened = Opened {
        contact_id: receipt.contact,
        reference: receipt.reference,
        socket: "/chat/socket".into(),
        status_url: format!("{}/s/{token}", chat.pages.city.origin),
        resume_token: token,
    };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(opened)).into_response())
}

/// Random, or the same as last time for the same client id.
fn secret(chat: &Chat, open: &Open) -> Result<Secret, Problem> {
    match &open.client_id {
        None => Ok(Secret::random()),
        Some(id) if id.len() >= CLIENT_ID_MIN && is_client_id(id) => {
            Ok(Secret::derive(&chat.server_key, &[b"chat", id.as_bytes()]))
        }
        Some(_) => Err(Problem::field("client_id", "a client id is 22 to 64 random letters, digits, - or _")),
    }
}

fn inbound(chat: &Chat, open: Open, secret: &Secret) -> Result<Inbound, Problem> {
    let fingerprint = serde_json::to_vec(&open).map(|json| Sha256::digest(json).into()).ok();
    let text = protocol::message_text(&open.text).map_err(|why| Problem::field("text", why.msg))?;
    let language = open.language.as_deref().map(language).transpose()?;
    let email = short("email", open.email, EMAIL_MAX)?;
    if email.as_deref().is_some_and(|e| !e.contains('@') || e.contains(char::is_whitespace)) {
        return Err(Problem::field("email", "this does not look like an email address"));
    }
    let site = short("site", open.site, SITE_MAX)?;
    Ok(Inbound {
        channel: Channel::Chat,
        // Not the client id itself: whoever reads the store must not be able to repeat a request.
        source_key: open.client_id.map(|_| format!("chat:{}", hex(&Sha256::digest(secret.hash())))),
        fingerprint,
        service: service(chat, open.service)?,
        language,
        text,
        party: Party { name: short("name", open.name, NAME_MAX)?, email, phone: None },
        fields: site.map(|site| ("site".to_owned(), site)).into_iter().collect::<BTreeMap<_, _>>(),
        attachments: Vec::new(),
        secret: secret.hash(),
        doubtful: false,
        mailbox: None,
    })
}

/// A service code, if it is in the catalogue.
fn service(chat: &Chat, code: Option<String>) -> Result<Option<String>, Problem> {
    match code {
        Some(code) if chat.pages.catalogue.get(&code).is_none() => {
            Err(Problem::field("service", "there is no such service"))
        }
        code => Ok(code),
    }
}

fn language(code: &str) -> Result<LanguageChoice, Problem> {
    let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match Word::new(code) {
        Ok(code) if plain => Ok(LanguageChoice::new(code, LanguageSource::Person)),
        _ => Err(Problem::field("language", "a language is a BCP-47 code such as es or zh-Hant")),
    }
}

/// A one-line field: cleaned, empty is none.
fn short(field: &'static str, value: Option<String>, max: usize) -> Result<Option<String>, Problem> {
    let value = value.map(|v| clean_line(&cleaned(&v).replace('\n', " "))).filter(|v| !v.is_empty());
    match &value {
        Some(v) if v.chars().count() > max => Err(Problem::field(field, format!("at most {max} characters"))),
        _ => Ok(value),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn closed(page: &Page, opens_at: Option<Timestamp>, now: Timestamp) -> Response {
    let body = Closed {
        r#type: "about:blank",
        title: "Closed",
        status: 503,
        detail: "chat is closed at this hour; the form is open, and is answered when we open",
        opens_at,
        opens: opens_at.map(|at| when::day_and_time(page.t, &when::local(at, &page.city.zone))),
        form_url: "/forms",
    };
    let headers = [(header::CONTENT_TYPE, crate::console::problem::MEDIA_TYPE)];
    let mut response =
        (StatusCode::SERVICE_UNAVAILABLE, headers, serde_json::to_string(&body).unwrap_or_default()).into_response();
    if let Some(at) = opens_at {
        response.headers_mut().insert(header::RETRY_AFTER, whole_secs(at - now).into());
    }
    response
}

/// A page that never connects must not hold a place in line for a person who is not there.
fn expect_socket(chat: &Chat, contact: ContactId) {
    chat.visitors.opened(contact, chat.context.now());
    let (chat, within) = (chat.clone(), chat.settings.first_socket_within);
    chat.sockets.clone().track(async move {
        tokio::select! {
            () = tokio::time::sleep(within) => {}
            () = chat.sockets.stop().cancelled() => return,
        }
        if chat.visitors.is_deserted(contact) {
            // Refused when it is closed by now: then nobody waits for anybody.
            let _ = chat.context.act(contact, CustomerAct::Left).await;
        }
    });
}
