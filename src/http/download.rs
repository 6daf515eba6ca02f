//! Files as downloads: saved under their name, never shown by the browser as if they were a page of ours.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

/// The bytes, to be saved.
pub fn response(name: &str, media_type: &str, bytes: Bytes) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::try_from(media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, disposition(name));
    response
}

/// `attachment` with the name in both forms (RFC 6266 §4.3): ASCII for old readers, UTF-8 for all others.
fn disposition(name: &str) -> HeaderValue {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' }).collect();
    let encoded: String = name
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"._-".contains(&b) { (b as char).to_string() } else { format!("%{b:02X}") }
        })
        .collect();
    let text = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_saved_under_a_name_that_means_nothing_to_a_header() {
        let plain = disposition("photo of the pothole.jpg");
        assert_eq!(
            plain,
            "attachment; filename=\"photo of the pothole.jpg\"; filename*=UTF-8''photo%20of%20the%20pothole.jpg"
        );
        let hostile = disposition("a\"; filename=\"b.exe\r\nSet-Cookie: x=1 — фото");
        let text = hostile.to_str().unwrap();
        assert!(!text.contains('\r') && !text.contains("Set-Cookie: ") && text.matches('"').count() == 2, "{text}");
    }
}
