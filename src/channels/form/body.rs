//! Reads what a browser sends, url-encoded or multipart, within limits, and hands photos on as they arrive.

use super::Forms;
use super::uploads::Place;
use crate::channels::{Context, NotKept};
use crate::message::Attachment;
use axum::body::{Body, to_bytes};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Files in one request.
pub const FILES_MAX: usize = 6;
/// One file, in bytes.
pub const FILE_MAX: usize = 10 << 20;
/// All words of one request, in bytes.
const WORDS_MAX: usize = 1 << 20;
/// Fields in one request; a form has far fewer.
const FIELDS_MAX: usize = 96;
/// The whole request: the files, the words and what multipart puts between them.
pub const BODY_MAX: usize = 30 << 20;
/// So much of a file's name is said, in characters.
const NAME_SHOWN: usize = 80;
/// A whole request takes no longer: 30 MiB at a third of a megabit per second, and some patience.
const READ_WITHIN: Duration = Duration::from_secs(15 * 60);

/// What came, before anybody has looked at what it says.
#[derive(Debug, Default)]
pub struct Came {
    /// One value a name.
    pub values: BTreeMap<String, String>,
    /// Files that are kept.
    pub files: Vec<Attachment>,
    /// What is wrong with a file that is not.
    pub file_trouble: Option<FileTrouble>,
    /// The name of that file, if the trouble is with one alone.
    pub refused: Option<String>,
    /// There were files, and they were not kept, though nothing is wrong with them.
    pub passed_over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileTrouble {
    Type,
    Size,
    Count,
}

/// What is wrong with a file, with its name before it; the name keeps its own direction (Unicode TR 9 §2.7).
pub fn named(file: Option<&str>, message: String) -> String {
    let Some(file) = file else { return message };
    let name: String = file.chars().filter(|c| !c.is_control()).take(NAME_SHOWN).collect();
    format!("\u{2068}{name}\u{2069}: {message}")
}

/// Why a request could not be read at all.
#[derive(Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Broken, not UTF-8, or a name twice: 400.
    Broken,
    /// 413.
    TooLarge,
    /// It did not come to an end: 408.
    Slow,
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
            Unreadable::Slow => StatusCode::REQUEST_TIMEOUT,
            Unreadable::Type => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Unreadable::NotKept(why) => super::status_of(why),
        }
    }
}

/// Reads a form. Files are kept as they come, one at a time in memory, for a household; without one they are passed
/// over, which costs nothing but the reading.
pub async fn read(request: Request, forms: &Forms, keep_for: Option<IpAddr>) -> Result<Came, Unreadable> {
    tokio::time::timeout(READ_WITHIN, read_all(request, forms, keep_for)).await.unwrap_or(Err(Unreadable::Slow))
}

async fn read_all(request: Request, forms: &Forms, keep_for: Option<IpAddr>) -> Result<Came, Unreadable> {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let bytes = to_bytes(request.into_body(), WORDS_MAX).await.map_err(|_| Unreadable::TooLarge)?;
        url_encoded(&bytes)
    } else if media_type.eq_ignore_ascii_case("multipart/form-data") {
        multipart(request, forms, keep_for).await
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

async fn multipart(request: Request<Body>, forms: &Forms, keep_for: Option<IpAddr>) -> Result<Came, Unreadable> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| Unreadable::Broken)?;
    let mut came = Came::default();
    let mut place = None;
    let mut words = 0;
    while let Some(mut part) = parts.next_field().await.map_err(|error| unreadable(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        if let Some(file_name) = part.file_name().map(str::to_owned) {
            let first = begin(&mut part).await?;
            if first.is_empty() {
                continue; // a browser sends this where no file was chosen
            }
            place = place.or_else(|| keep_for.and_then(|household| forms.uploads.begin(household)));
            match &mut place {
                Some(place) => {
                    let bytes = file(&mut part, first, place).await?;
                    came.keep(file_name, bytes, &*forms.context).await?;
                    place.clear();
                }
                None => {
                    skip(&mut part).await?;
                    came.passed_over = true;
                }
            }
            continue;
        }
        let mut text = BytesMut::new();
        while let Some(chunk) = part.chunk().await.map_err(|error| unreadable(&error))? {
            words += chunk.len();
            if words > WORDS_MAX {
                return Err(Unreadable::TooLarge);
            }
            text.extend_from_slice(&chunk);
        }
        came.put(name, String::from_utf8(text.to_vec()).map_err(|_| Unreadable::Broken)?)?;
    }
    Ok(came)
}

/// The first bytes of a part; none at all when it is empty.
async fn begin(part: &mut Field<'_>) -> Result<Bytes, Unreadable> {
    while let Some(chunk) = part.chunk().await.map_err(|error| unreadable(&error))? {
        if !chunk.is_empty() {
            return Ok(chunk);
        }
    }
    Ok(Bytes::new())
}

/// What became of a file while it was read.
enum Read {
    All(Bytes),
    TooLong,
    NoRoom,
}

/// A file's bytes. What is too long is read to its end and forgotten, so that the rest of the form is heard.
async fn file(part: &mut Field<'_>, first: Bytes, place: &mut Place<'_>) -> Result<Read, Unreadable> {
    let mut bytes = BytesMut::new();
    let mut chunk = Some(first);
    while let Some(more) = chunk {
        let too_long = bytes.len() + more.len() > FILE_MAX;
        if too_long || !place.grow(more.len()).await {
            place.clear();
            skip(part).await?;
            return Ok(if too_long { Read::TooLong } else { Read::NoRoom });
        }
        bytes.extend_from_slice(&more);
        chunk = part.chunk().await.map_err(|error| unreadable(&error))?;
    }
    Ok(Read::All(bytes.freeze()))
}

async fn skip(part: &mut Field<'_>) -> Result<(), Unreadable> {
    while part.chunk().await.map_err(|error| unreadable(&error))?.is_some() {}
    Ok(())
}

fn unreadable(error: &MultipartError) -> Unreadable {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Unreadable::TooLarge,
        _ => Unreadable::Broken,
    }
}

impl Came {
    async fn keep(&mut self, name: String, read: Read, context: &dyn Context) -> Result<(), Unreadable> {
        match read {
            Read::NoRoom => self.passed_over = true,
            Read::TooLong => (self.file_trouble, self.refused) = (Some(FileTrouble::Size), Some(name)),
            Read::All(_) if self.files.len() == FILES_MAX => {
                (self.file_trouble, self.refused) = (Some(FileTrouble::Count), None);
            }
            Read::All(bytes) => match context.keep_file(name.clone(), bytes).await {
                Ok(file) => self.files.push(file),
                Err(NotKept::FileType) => (self.file_trouble, self.refused) = (Some(FileTrouble::Type), Some(name)),
                Err(why) => return Err(Unreadable::NotKept(why)),
            },
        }
        Ok(())
    }

    fn put(&mut self, name: String, value: String) -> Result<(), Unreadable> {
        let new = self.values.insert(name, value).is_none();
        if new && self.values.len() <= FIELDS_MAX { Ok(()) } else { Err(Unreadable::Broken) }
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
