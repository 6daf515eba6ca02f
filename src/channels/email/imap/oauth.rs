//! Access tokens (RFC 6749): client credentials or a refresh token, kept while they are good, fetched by one at a time.

use super::connect::dial;
use super::limits::Limits;
use super::settings::Oauth;
use super::tls::protect;
use super::trouble::{Trouble, said};
use crate::channels::email::secret::Secret;
use crate::routing::ids::{Span, Timestamp};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// The tokens of one client. Whoever asks while one is being fetched waits for that one.
pub struct Tokens {
    settings: Oauth,
    limits: Arc<Limits>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<(Arc<str>, Timestamp)>,
    /// Some servers give a new refresh token each time. It lives as long as we do, or until it is refused.
    refresh: Option<Arc<str>>,
}

/// RFC 6749 §5.1.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<f64>,
    #[serde(default)]
    refresh_token: Option<String>,
}

/// RFC 6749 §5.2.
#[derive(Deserialize)]
struct Denied {
    error: String,
}

const DOING: &str = "fetching an access token";
/// An answer with a token is a few kilobytes.
const ANSWER_MOST: usize = 64 << 10;
/// When the server does not say how long a token is good, in seconds.
const USUAL_SECS: f64 = 300.0;
/// At this part of its life a token is replaced.
const RENEW_AT: f64 = 0.8;

impl Tokens {
    pub fn new(settings: Oauth, limits: Arc<Limits>) -> Tokens {
        Tokens { settings, limits, held: Mutex::default() }
    }

    /// A good token, or [`Trouble::Token`] or [`Trouble::Settings`]. `refused`: the one a server would not take; another is fetched unless that has happened already.
    pub async fn token(&self, now: Timestamp, refused: Option<&str>) -> Result<Arc<str>, Trouble> {
        let mut held = self.held.lock().await;
        if let Some((token, renew_at)) = &held.token
            && now < *renew_at
            && refused != Some(&**token)
        {
            return Ok(token.clone());
        }
        let granted = match self.fetch(held.refresh.clone()).await {
            // Withdrawn: by now there may be another in the settings.
            Err(Trouble::Token { denied: true, .. }) if held.refresh.take().is_some() => self.fetch(None).await,
            outcome => outcome,
        }?;
        let secs = granted.expires_in.filter(|secs| *secs > 0.0).unwrap_or(USUAL_SECS).min(86_400.0 * 365.0);
        let token: Arc<str> = granted.access_token.into();
        held.token = Some((token.clone(), now + Span::secs((secs * RENEW_AT) as i64)));
        if let Some(refresh) = granted.refresh_token {
            held.refresh = Some(refresh.into());
        }
        Ok(token)
    }

    async fn fetch(&self, refresh: Option<Arc<str>>) -> Result<Granted, Trouble> {
        let form = self.form(refresh)?;
        let after = self.limits.answer;
        let silent = || unanswered(format!("the token endpoint said nothing for {} s", after.as_secs_f32()));
        let answer = timeout(after, self.post(form)).await.map_err(|_| silent())?;
        let (status, body) = answer.map_err(|trouble| match trouble {
            wrong @ (Trouble::Settings(_) | Trouble::Stopping) => wrong,
            other => unanswered(format!("token endpoint: {other}")),
        })?;
        if status.is_success() {
            let granted: Granted = serde_json::from_slice(&body)
                .map_err(|_| unanswered("the token endpoint gave an answer without a token".into()))?;
            let sendable = |c: char| c.is_ascii_graphic();
            if granted.access_token.is_empty() || !granted.access_token.chars().all(sendable) {
                return Err(unanswered("what the token endpoint gave is not a token".into()));
            }
            return Ok(granted);
        }
        if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
            let denied =
                serde_json::from_slice(&body).map_or_else(|_| status.to_string(), |denied: Denied| denied.error);
            return Err(Trouble::Token { why: format!("the token endpoint says {}", said(&denied)), denied: true });
        }
        Err(unanswered(format!("the token endpoint says {status}")))
    }

    fn form(&self, refresh: Option<Arc<str>>) -> Result<String, Trouble> {
        let oauth = &self.settings;
        let mut form = vec![("client_id", Arc::from(oauth.client_id.as_str()))];
        if let Some(secret) = &oauth.client_secret {
            form.push(("client_secret", read(secret)?));
        }
        if let Some(scope) = &oauth.scope {
            form.push(("scope", scope.as_str().into()));
        }
        let kept = oauth.refresh_token.as_ref().map(read).transpose()?;
        match refresh.or(kept) {
            Some(refresh) => form.extend([("grant_type", "refresh_token".into()), ("refresh_token", refresh)]),
            None => form.push(("grant_type", "client_credentials".into())),
        }
        Ok(form.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect::<Vec<_>>().join("&"))
    }

    async fn post(&self, form: String) -> Result<(StatusCode, Bytes), Trouble> {
        let url = &self.settings.token_url;
        let wrong = || Trouble::Settings(format!("`token_url` {url} is not an https address"));
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']);
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let line = dial(host, port, !secure, &self.limits).await?;
        let line = if secure { protect(line, host, self.settings.ca_file.clone(), &self.limits).await? } else { line };

        let failed = |error: hyper::Error| Trouble::Lost { doing: DOING, why: error.to_string() };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(line)).await.map_err(failed)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::post(path)
            .header(HOST, uri.authority().map_or(host, |authority| authority.as_str()))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(Full::new(Bytes::from(form)))
            .map_err(|_| wrong())?;
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(failed)?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), ANSWER_MOST).collect().await;
            let body = body.map_err(|error| Trouble::Lost { doing: DOING, why: error.to_string() })?;
            Ok((status, body.to_bytes()))
        };
        tokio::pin!(exchange);
        tokio::select! {
            outcome = &mut exchange => outcome,
            // the connection may end as soon as the last byte is there
            _ = connection => exchange.await,
        }
    }
}

/// Not our fault, as far as can be seen.
fn unanswered(why: String) -> Trouble {
    Trouble::Token { why, denied: false }
}

/// For `application/x-www-form-urlencoded`.
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn read(secret: &Secret) -> Result<Arc<str>, Trouble> {
    secret.read().map(Arc::from).map_err(Trouble::Settings)
}
