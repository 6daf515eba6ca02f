//! Files in a conversation: kept first, then named by an `attach` frame.

use super::visitors::NoRoom;
use super::{Chat, Household, check_origin, problem, too_often, whole_secs};
use crate::channels::visitor::Secret;
use crate::console::problem::Problem;
use axum::Json;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// The largest file, in bytes.
pub const FILE_MAX: usize = 10 << 20;
/// What the multipart wrapping may add.
const WRAPPING_MAX: usize = 16 << 10;

/// 201.
#[derive(Debug, Serialize, Deserialize)]
pub struct Uploaded {
    /// For the `attach` frame, in this conversation only.
    pub upload_id: String,
    pub name: String,
    pub media_type: String,
    pub bytes: u64,
}

pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(FILE_MAX + WRAPPING_MAX)
}

/// `POST /chat/uploads`: one file, with the conversation's token as Bearer (RFC 6750 §2.1).
pub(super) async fn upload(
    State(chat): State<Chat>,
    Household(household): Household,
    headers: HeaderMap,
    body: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    check_origin(&chat.sockets, &headers)?;
    let unknown = || Problem::new(StatusCode::UNAUTHORIZED, "this token opens no conversation");
    let token = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "));
    let contact = chat.contact(token.ok_or_else(unknown)?).await.map_err(problem)?.ok_or_else(unknown)?;
    chat.visitors.message(contact, chat.context.now()).map_err(too_often)?;
    let body = body.map_err(|error| Problem::new(error.status(), error.body_text()))?;
    let (name, bytes) = file(body).await?;
    if bytes.len() > FILE_MAX {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "a file has at most 10 MiB"));
    }
    let size = bytes.len() as u64;
    chat.visitors.reserve(contact, household, size, chat.context.now()).map_err(no_room)?;
    let kept = chat.context.keep_file(name, bytes).await.map_err(|why| {
        chat.visitors.not_kept(contact, size);
        problem(why)
    })?;
    let upload_id = Secret::random().reveal();
    let answer = Uploaded {
        upload_id: upload_id.clone(),
        name: kept.name.clone(),
        media_type: kept.media_type.clone(),
        bytes: kept.bytes,
    };
    chat.visitors.uploaded(contact, chat.context.now(), upload_id, (kept, size));
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn no_room(why: NoRoom) -> Problem {
    match why {
        NoRoom::Network(wait) => {
            let detail = "too many files came from your network; try again later";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(whole_secs(wait))
        }
        NoRoom::Unsent => {
            let detail = "this conversation has as many files as it may that were not sent; send them first";
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
        }
    }
}

/// The first part that is a file.
async fn file(mut body: Multipart) -> Result<(String, axum::body::Bytes), Problem> {
    let broken = |error: MultipartError| Problem::new(error.status(), error.body_text());
    while let Some(field) = body.next_field().await.map_err(broken)? {
        if let Some(name) = field.file_name().map(str::to_owned) {
            return Ok((name, field.bytes().await.map_err(broken)?));
        }
    }
    Err(Problem::field("file", "no file came with this request"))
}
