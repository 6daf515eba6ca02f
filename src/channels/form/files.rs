//! The files of one request, behind its secret address.

use super::Forms;
use super::listing::sorry;
use super::status::{contact, nobodys};
use crate::channels::download::disposition;
use crate::console::page::Asked;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A file of this request: always to be saved, never to be run. Pictures still show inside our own page.
pub(super) async fn file(
    State(forms): State<Forms>,
    asked: Asked,
    Path((secret, digest)): Path<(String, String)>,
) -> Response {
    let page = forms.pages.page(&asked, "/");
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let found = match contact(&forms, &secret).await {
        Ok(Some(contact)) if is_digest => forms.context.file(contact, digest).await,
        Ok(_) => Ok(None),
        Err(why) => Err(why),
    };
    match found {
        Ok(Some((file, bytes))) => {
            let headers = [
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            let name = [(header::CONTENT_DISPOSITION, disposition(&file.name))];
            (headers, [(header::CONTENT_TYPE, file.media_type)], name, bytes).into_response()
        }
        Ok(None) => nobodys(page),
        Err(why) => sorry(page, super::status_of(&why)),
    }
}
