//! The files of one request, behind its secret address.

use super::Forms;
use super::listing::sorry;
use super::status::{contact, nobodys};
use crate::console::page::Asked;
use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};

/// A file of this request: always to be saved, never to be run (guide X2). Pictures still show inside our own page.
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
                (header::CONTENT_TYPE, file.media_type),
                (header::CONTENT_DISPOSITION, disposition(&file.name)),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
                (HeaderName::from_static("content-security-policy"), "default-src 'none'; sandbox".to_owned()),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            (headers, bytes).into_response()
        }
        Ok(None) => nobodys(page),
        Err(why) => sorry(page, super::status_of(&why)),
    }
}

/// `Content-Disposition` with the name in ASCII and in full (RFC 6266 §4.3, RFC 8187).
fn disposition(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) { c } else { '_' }).collect();
    let full: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_saved_under_its_name_whatever_its_letters() {
        assert_eq!(
            disposition("яма \"1\".jpg"),
            "attachment; filename=\"_____1_.jpg\"; filename*=UTF-8''%D1%8F%D0%BC%D0%B0%20%221%22.jpg"
        );
    }
}
