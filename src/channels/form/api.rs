//! The same request from a program: `POST /api/v1/contacts` in JSON, answered with where it can be followed.

use super::check::{self, Fault, Sender, Sent, cleaned};
use super::identity::{Key, header_key, identify};
use super::{Forms, Household, doubt, problem};
use crate::console::page::Asked;
use crate::console::problem::Problem;
use crate::routing::ids::ContactId;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The whole body, in bytes.
pub const BODY_MAX: usize = 256 << 10;
/// How deep lists and objects may stand in one another.
const DEPTH_MAX: usize = 32;

/// What a program sends. Each member is read whatever it is, so that a wrong one can be named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    channel: Said,
    #[serde(default)]
    service: Said,
    #[serde(default)]
    text: Said,
    #[serde(default)]
    language: Said,
    #[serde(default)]
    name: Said,
    #[serde(default)]
    email: Said,
    #[serde(default)]
    phone: Said,
    #[serde(default)]
    fields: Said,
}

/// One member.
#[derive(Default)]
enum Said {
    #[default]
    Nothing,
    Text(String),
    Answers(BTreeMap<String, Said>),
    Other,
}

/// 201, and the same again for the same request.
#[derive(Serialize)]
struct Kept {
    contact_id: ContactId,
    /// To quote on the phone; opens nothing.
    reference: String,
    /// The whole address, for any program to open. Whoever has it reads the conversation.
    status_url: String,
}

pub(super) async fn send(
    State(forms): State<Forms>,
    asked: Asked,
    Household(household): Household,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    if !is_json(&headers) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON (application/json)"));
    }
    let bytes = body.map_err(|error| Problem::new(error.status(), error.body_text()))?;
    let body = parse(&bytes)?;
    let code = body.service()?;
    let service =
        forms.pages.catalogue.get(&code).ok_or_else(|| Problem::field("service", "there is no such service"))?;
    let t = forms.pages.texts.choose(asked.language.as_deref(), asked.accepts.as_deref());
    let first =
        |faults: Vec<Fault>| faults.into_iter().next().map(|fault| Problem::field(fault.field, fault.wrong.say(t)));
    let asked = match check::check(body.sent()?, service, Sender::Program) {
        Ok(asked) => asked,
        Err(faults) => return Err(first(faults).unwrap_or_else(|| Problem::field("text", "something is wrong"))),
    };
    let header = key(&headers)?;
    let doubtful = doubt::of_text(&asked.text);
    let key = header.map_or(Key::None, |key| Key::Header(key, household));
    let identified = identify(asked, service.code, key, doubtful, &forms.secret_key);
    if let Err(secs) = forms.may_send(household) {
        // A repeated request is answered however often: its first answer may have been lost.
        let known = forms.context.contact(identified.inbound.secret).await.map_err(problem)?.is_some();
        if !known {
            let detail = "too many requests in a short time; try again later";
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(secs));
        }
    }
    let receipt = forms.context.deliver(identified.inbound).await.map_err(problem)?;
    let status_url = format!("{}/s/{}", forms.pages.city.origin, identified.secret.reveal());
    let headers = [(header::LOCATION, status_url.clone()), (header::CACHE_CONTROL, "no-store".to_owned())];
    let kept = Kept { contact_id: receipt.contact, reference: receipt.reference, status_url };
    Ok((StatusCode::CREATED, headers, Json(kept)).into_response())
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// The `Idempotency-Key`; 400 when there is one that cannot be a key.
fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().and_then(header_key);
    key.map(Some).ok_or_else(|| {
        let detail = "an Idempotency-Key is a string of 1 to 150 visible characters";
        Problem { field: Some("Idempotency-Key".into()), ..Problem::new(StatusCode::BAD_REQUEST, detail) }
    })
}

fn parse(bytes: &[u8]) -> Result<Body, Problem> {
    let broken = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    if depth(bytes) > DEPTH_MAX {
        return Err(broken(format!("nothing may stand more than {DEPTH_MAX} levels deep")));
    }
    // Serde would read a list as well, by position.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(broken("send a JSON object".to_owned()));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let why = error.to_string();
        // What serde says of a member names it in back-quotes: "unknown field `x`, expected one of …".
        match why.split('`').nth(1).filter(|_| error.is_data() && why.contains(" field `")) {
            Some(field) => Problem::field(field, why.split(", expected").next().unwrap_or_default()),
            None => broken(format!("this is not the JSON of a request: {why}")),
        }
    })
}

/// How deep lists and objects stand in one another, whether or not the rest is JSON.
fn depth(bytes: &[u8]) -> usize {
    let (mut deepest, mut depth, mut quoted, mut escaped) = (0usize, 0usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

impl Body {
    fn service(&self) -> Result<String, Problem> {
        if self.channel.text("channel")?.is_some_and(|channel| channel != "form") {
            return Err(Problem::field("channel", "requests that come this way have the channel `form`"));
        }
        self.service.text("service")?.ok_or_else(|| Problem::field("service", "say which service"))
    }

    fn sent(self) -> Result<Sent, Problem> {
        let answers = match self.fields {
            Said::Nothing => BTreeMap::new(),
            Said::Answers(answers) => {
                let named = answers.into_iter().map(|(name, said)| Ok((said.text(&format!("fields.{name}"))?, name)));
                let named: Vec<_> = named.collect::<Result<_, Problem>>()?;
                named.into_iter().filter_map(|(answer, name)| Some((name, answer?))).collect()
            }
            Said::Text(_) | Said::Other => return Err(Problem::field("fields", "this must be an object")),
        };
        Ok(Sent {
            text: self.text.text("text")?,
            language: self.language.text("language")?,
            name: self.name.text("name")?,
            email: self.email.text("email")?,
            phone: self.phone.text("phone")?,
            answers,
            ..Sent::default()
        })
    }
}

impl Said {
    /// As text, cleaned; `None` when there is none.
    fn text(&self, field: &str) -> Result<Option<String>, Problem> {
        match self {
            Said::Nothing => Ok(None),
            Said::Text(text) => Ok(cleaned(text)),
            Said::Answers(_) | Said::Other => Err(Problem::field(field, "this must be text")),
        }
    }
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Said, D::Error> {
        deserializer.deserialize_any(AnySaid)
    }
}

struct AnySaid;

impl<'de> Visitor<'de> for AnySaid {
    type Value = Said;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }
    fn visit_unit<E>(self) -> Result<Said, E> {
        Ok(Said::Nothing)
    }
    fn visit_str<E>(self, text: &str) -> Result<Said, E> {
        Ok(Said::Text(text.to_owned()))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Said, E> {
        Ok(Said::Other)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Said, E> {
        Ok(Said::Other)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Said, E> {
        Ok(Said::Other)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Said, E> {
        Ok(Said::Other)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Said, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Said::Other)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Said, A::Error> {
        let mut answers = BTreeMap::new();
        while let Some((name, said)) = members.next_entry::<String, Said>()? {
            if answers.len() >= check::ANSWERS_MAX {
                return Err(A::Error::custom(format!("more than {} fields", check::ANSWERS_MAX)));
            }
            if answers.insert(name.clone(), said).is_some() {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
        }
        Ok(Said::Answers(answers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_text_only() {
        assert_eq!(depth(br#"{"a":[{"b":"[[[\"[["}]}"#), 3);
        assert_eq!(depth("[".repeat(100_000).as_bytes()), 100_000);
        assert_eq!(depth(b"]]]{"), 1);
    }
}
