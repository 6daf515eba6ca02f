//! A file on its way to a browser: always saved under its name, never shown as if it were a page of ours.

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

/// `Content-Disposition: attachment` with the name in both forms (RFC 6266 §4.3, RFC 8187): ASCII for old readers, UTF-8
/// for all others. Whatever could mean something to a header is replaced or encoded.
pub fn disposition(name: &str) -> HeaderValue {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' }).collect();
    let full: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let text = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_saved_under_its_name_whatever_its_letters() {
        assert_eq!(
            disposition("photo of the pothole.jpg"),
            "attachment; filename=\"photo of the pothole.jpg\"; filename*=UTF-8''photo%20of%20the%20pothole.jpg"
        );
        assert_eq!(
            disposition("яма \"1\".jpg"),
            "attachment; filename=\"___ _1_.jpg\"; filename*=UTF-8''%D1%8F%D0%BC%D0%B0%20%221%22.jpg"
        );
    }

    #[test]
    fn a_name_means_nothing_to_a_header() {
        let hostile = disposition("a\"; filename=\"b.exe\r\nSet-Cookie: x=1 — фото");
        let text = hostile.to_str().unwrap();
        assert!(!text.contains('\r') && !text.contains("Set-Cookie: ") && text.matches('"').count() == 2, "{text}");
    }
}
