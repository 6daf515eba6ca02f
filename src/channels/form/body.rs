//! Reads what a browser sends, url-encoded or multipart, within limits, and hands photos on as they arrive.

use super::Forms;
use crate::channels::{Context, NotKept};
use crate::message::Attachment;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;

/// Files in one request.
pub const FILES_MAX: usize = 6;
/// One file, in bytes.
pub const FILE_MAX: usize = 10 << 20;
/// All words of one request, in bytes (guide H2).
const WORDS_MAX: usize = 1 << 20;
/// Fields in one request; a form has far fewer.
const FIELDS_MAX: usize = 96;
/// The whole request: the files, the words and what multipart puts between them.
pub const BODY_MAX: usize = 30 << 20;
/// Requests with files that are read at the same time: at most this many times [`FILE_MAX`] of memory.
pub const UPLOADS_AT_ONCE: usize = 8;

/// What came, before anybody has looked at what it says.
#[derive(Debug, Default)]
pub struct Came {
    /// One value a name.
    pub values: BTreeMap<String, String>,
    /// Files that are kept.
    pub files: Vec<Attachment>,
    /// What is wrong with a file that is not.
    pub file_trouble: Option<FileTrouble>,
    /// There were files, and they were not kept.
    pub passed_over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileTrouble {
    Type,
    Size,
    Count,
}

/// Why a request could not be read at all.
#[derive(Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Broken, not UTF-8, or a name twice (guide H4): 400.
    Broken,
    /// 413.
    TooLarge,
    /// Neither of the two ways browsers send forms: 415.
    Type,
    /// A file could not be kept.
    NotKept(NotKept),
}

impl Unreadable {
    pub fn status(&self) -> StatusCode {
        match self {
            Unreadable::Broken => StatusCode::BAD_REQUEST,
            Unreadable::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Unreadable::Type => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Unreadable::NotKept(why) => super::status_of(why),
        }
    }
}

/// Reads a form. Files are kept at once, one at a time in memory; with `keep_files` false they are passed over, which
/// costs nothing but the reading.
pub async fn read(request: Request, forms: &Forms, keep_files: bool) -> Result<Came, Unreadable> {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let bytes = to_bytes(request.into_body(), WORDS_MAX).await.map_err(|_| Unreadable::TooLarge)?;
        url_encoded(&bytes)
    } else if media_type.eq_ignore_ascii_case("multipart/form-data") {
        let _place = forms.uploads.acquire().await.map_err(|_| Unreadable::NotKept(NotKept::Unavailable))?;
        multipart(request, &*forms.context, keep_files).await
    } else {
        Err(Unreadable::Type)
    }
}

/// `application/x-www-form-urlencoded` (WHATWG URL §5.1), except that broken UTF-8 is refused and not guessed at.
fn url_encoded(bytes: &[u8]) -> Result<Came, Unreadable> {
    let mut came = Came::default();
    for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        came.put(unescape(&pair[..at])?, unescape(pair.get(at + 1..).unwrap_or_default())?)?;
    }
    Ok(came)
}

fn unescape(text: &[u8]) -> Result<String, Unreadable> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(*rest.next()?).to_digit(16);
                let (high, low) = (digit().ok_or(Unreadable::Broken)?, digit().ok_or(Unreadable::Broken)?);
                (high * 16 + low) as u8
            }
            byte => *byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| Unreadable::Broken)
}

async fn multipart(request: Request<Body>, context: &dyn Context, keep_files: bool) -> Result<Came, Unreadable> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| Unreadable::Broken)?;
    let mut came = Came::default();
    let mut words = 0;
    while let Some(mut part) = parts.next_field().await.map_err(|error| unreadable(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        let Some(file_name) = part.file_name().map(str::to_owned) else {
            let left = WORDS_MAX.saturating_sub(words);
            let text = take(&mut part, left).await?.ok_or(Unreadable::TooLarge)?;
            words += text.len() + name.len();
            came.put(name, String::from_utf8(text.to_vec()).map_err(|_| Unreadable::Broken)?)?;
            continue;
        };
        if !keep_files {
            came.passed_over |= take(&mut part, 0).await?.is_none();
            continue;
        }
        match take(&mut part, FILE_MAX).await? {
            None => came.file_trouble = Some(FileTrouble::Size),
            Some(bytes) if bytes.is_empty() => {} // a browser sends this where no file was chosen
            Some(_) if came.files.len() == FILES_MAX => came.file_trouble = Some(FileTrouble::Count),
            Some(bytes) => match context.keep_file(file_name, bytes).await {
                Ok(file) => came.files.push(file),
                Err(NotKept::FileType) => came.file_trouble = Some(FileTrouble::Type),
                Err(why) => return Err(Unreadable::NotKept(why)),
            },
        }
    }
    Ok(came)
}

/// A part's bytes; `None` when there are more than `most`, which are read and forgotten.
async fn take(part: &mut axum::extract::multipart::Field<'_>, most: usize) -> Result<Option<Bytes>, Unreadable> {
    let mut bytes = BytesMut::new();
    let mut fits = true;
    while let Some(chunk) = part.chunk().await.map_err(|error| unreadable(&error))? {
        fits &= bytes.len() + chunk.len() <= most;
        if fits {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(fits.then(|| bytes.freeze()))
}

fn unreadable(error: &axum::extract::multipart::MultipartError) -> Unreadable {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Unreadable::TooLarge,
        _ => Unreadable::Broken,
    }
}

impl Came {
    fn put(&mut self, name: String, value: String) -> Result<(), Unreadable> {
        let new = self.values.insert(name, value).is_none();
        if new && self.values.len() <= FIELDS_MAX { Ok(()) } else { Err(Unreadable::Broken) }
    }

    /// A value, with what people do not mean to send removed; `None` when nothing is left.
    pub fn take(&mut self, name: &str) -> Option<String> {
        super::check::cleaned(&self.values.remove(name)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(body: &str) -> Result<Vec<(String, String)>, Unreadable> {
        Ok(url_encoded(body.as_bytes())?.values.into_iter().collect())
    }

    #[test]
    fn url_encoded_words_are_read_exactly_or_refused() {
        let read = values("text=a+b%20c%C3%A9&fields.location=5th%26Main&empty=&&bare").unwrap();
        let wanted = [("bare", ""), ("empty", ""), ("fields.location", "5th&Main"), ("text", "a b cé")];
        assert_eq!(read, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
        for broken in ["text=%C3%28", "text=%FF", "text=%G0", "text=%2", "a=1&a=2"] {
            assert_eq!(values(broken), Err(Unreadable::Broken), "{broken}");
        }
        let many = (0..=FIELDS_MAX).map(|n| format!("f{n}=x&")).collect::<String>();
        assert_eq!(values(&many), Err(Unreadable::Broken));
    }
}
