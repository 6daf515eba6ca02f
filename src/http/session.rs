//! Who is signed in: server-side sessions behind a cookie, and the roles as types.

use super::password::{Crowded, Passwords};
use super::refusal::Answer;
use super::screens::Screens;
use super::throttle::Throttle;
use crate::channels::visitor::{ClientIp, Secret};
use crate::console::problem::Problem;
use crate::daemon::{Failure, Handle, Job};
use crate::routing::command::Command;
use crate::routing::ids::{Presence, RepId, Span, Timestamp};
use crate::store::{Account, Record, Role, Session};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use std::sync::Arc;

/// A session unused for this long is over. An open console counts as use: a rep on a long call makes no requests.
pub const IDLE: Span = Span::mins(30);
/// No session lasts longer.
pub const ABSOLUTE: Span = Span::mins(12 * 60);
/// `last_seen` is written at most this often.
const TOUCH: Span = Span::mins(1);
/// Longer names belong to nobody and need not be looked up.
const NAME_MAX: usize = crate::routing::ids::WORD_MAX;

/// Someone who is signed in, and by which session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub hash: [u8; 32],
    pub account: Account,
}

impl SignedIn {
    pub fn id(&self) -> RepId {
        self.account.id
    }
    pub fn role(&self) -> Role {
        self.account.role
    }
}

/// Begins, finds and ends sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    handle: Handle,
    screens: Screens,
    passwords: Passwords,
    throttle: Arc<Throttle>,
    /// The public address is https: the cookie is `Secure` and bound to the host.
    secure: bool,
}

impl Sessions {
    pub fn new(handle: Handle, screens: Screens, throttle: Throttle, secure: bool) -> Sessions {
        Sessions { handle, screens, passwords: Passwords::default(), throttle: Arc::new(throttle), secure }
    }

    /// Checks the password and begins a session; the one that came with the request, if any, ends. The cookie to set.
    pub async fn sign_in(
        &self,
        client: ClientIp,
        headers: &HeaderMap,
        name: &str,
        password: String,
    ) -> Answer<(HeaderValue, SignedIn)> {
        let name = name.trim();
        let key = name.get(..NAME_MAX + 1).unwrap_or(name);
        self.throttle.admit(key, client.network(), self.now()).map_err(too_many)?;
        let found = self.account(name).await?;
        let known = found.as_ref().map(|a| a.id.0);
        let network = client.neighbourhood();
        let account = found.filter(|a| !a.disabled);
        let kept = account.as_ref().and_then(|a| a.password.as_deref());
        let right = self.passwords.is_right(client.site(), kept, password).await.map_err(|Crowded| {
            tracing::warn!(account = known, network, "too many sign-ins at once: one was not tried");
            self.throttle.not_tried(key, client.network());
            too_many(1)
        })?;
        let Some(account) = account.filter(|_| right) else {
            tracing::warn!(account = known, network, "a sign-in was refused");
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "The name or the password is wrong."));
        };
        self.throttle.succeeded(key, client.network());
        self.begin(headers, account).await
    }

    async fn account(&self, name: &str) -> Result<Option<Account>, Failure> {
        if name.len() > NAME_MAX {
            return Ok(None);
        }
        let name = name.to_owned();
        self.handle.rows(move |rows| rows.account(&name)).await
    }

    /// A new secret at every sign-in, so that none can be planted.
    async fn begin(&self, headers: &HeaderMap, account: Account) -> Answer<(HeaderValue, SignedIn)> {
        let secret = Secret::random();
        let (hash, now) = (secret.hash(), self.now());
        let session = Session { hash, account: account.id, started: now, last_seen: now };
        let mut records = vec![Record::Session(session)];
        if let Some(old) = self.token(headers) {
            records.push(Record::EndSession { hash: old });
            self.screens.revoke(old);
        }
        self.handle.submit(Job { command: None, records }).await?;
        tracing::info!(account = account.id.0, "signed in");
        Ok((self.cookie(&secret.reveal(), ABSOLUTE), SignedIn { hash, account }))
    }

    /// Ends this session and closes its screens. A rep who has no other screen open goes offline.
    pub async fn sign_out(&self, who: &SignedIn) -> Answer<HeaderValue> {
        let records = || vec![Record::EndSession { hash: who.hash }];
        let alone = !self.screens.has_other(who.id(), who.hash);
        let offline = Command::SetPresence { rep: who.id(), presence: Presence::Offline };
        let command = alone.then_some(offline);
        match self.handle.submit(Job { command, records: records() }).await {
            // Not on the roster: nothing to take them off.
            Err(Failure::Refused(_)) => self.handle.submit(Job { command: None, records: records() }).await?,
            done => done?,
        };
        self.screens.revoke(who.hash);
        tracing::info!(account = who.id().0, "signed out");
        Ok(self.cookie("", Span::ZERO))
    }

    /// Who sends this request; `None` when nobody is signed in. Notes the use.
    pub async fn find(&self, headers: &HeaderMap) -> Result<Option<SignedIn>, Failure> {
        match self.token(headers) {
            Some(hash) => self.check(hash).await,
            None => Ok(None),
        }
    }

    /// Does the session still hold? Notes the use.
    pub async fn check(&self, hash: [u8; 32]) -> Result<Option<SignedIn>, Failure> {
        let Some((session, account)) = self.handle.rows(move |rows| rows.session(&hash)).await? else {
            return Ok(None);
        };
        let now = self.now();
        if account.disabled || session.last_seen + IDLE <= now || session.started + ABSOLUTE <= now {
            return Ok(None);
        }
        if session.last_seen + TOUCH <= now {
            let seen = Job { command: None, records: vec![Record::SessionSeen { hash, at: now }] };
            let handle = self.handle.clone();
            // Nobody waits for this: when it fails, the next request tries again.
            tokio::spawn(async move { handle.submit(seen).await });
        }
        Ok(Some(SignedIn { hash, account }))
    }

    fn cookie_name(&self) -> &'static str {
        if self.secure { "__Host-steelbridge" } else { "steelbridge" }
    }

    /// SHA-256 of the token in the cookie, when there is exactly one that could be ours.
    fn token(&self, headers: &HeaderMap) -> Option<[u8; 32]> {
        let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut ours = pairs.filter(|(name, _)| *name == self.cookie_name());
        match (ours.next(), ours.next()) {
            (Some((_, token)), None) => Secret::parse(token).map(|secret| secret.hash()),
            _ => None,
        }
    }

    fn cookie(&self, token: &str, keep: Span) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.cookie_name();
        let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", keep.as_secs());
        HeaderValue::try_from(text).expect("base64url and constants")
    }

    fn now(&self) -> Timestamp {
        self.handle.clock().now()
    }
}

fn too_many(secs: u32) -> Problem {
    let detail = format!("Too many tries to sign in; try again in {secs} s.");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(secs)
}

/// A role as a type: a handler that takes it cannot be reached by anyone else, whatever the routes say.
macro_rules! role {
    ($(#[$doc:meta])* $name:ident: $($role:pat_param)|+) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub Arc<SignedIn>);

        impl std::ops::Deref for $name {
            type Target = SignedIn;
            fn deref(&self) -> &SignedIn {
                &self.0
            }
        }

        impl<S: Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;
            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<$name, Problem> {
                match parts.extensions.get::<Arc<SignedIn>>() {
                    Some(who) if matches!(who.role(), $($role)|+) => Ok($name(who.clone())),
                    Some(_) => Err(forbidden()),
                    None => Err(not_signed_in()),
                }
            }
        }
    };
}

role!(
    /// Anyone who is signed in.
    Staff: Role::Rep | Role::Supervisor | Role::Admin | Role::Auditor
);
role!(
    /// Someone who handles contacts: a representative, or a supervisor who helps out.
    Rep: Role::Rep | Role::Supervisor
);
role!(
    /// Someone who gives work to others.
    Supervisor: Role::Supervisor
);
role!(
    /// Someone who decides on mail that nobody has yet.
    Triager: Role::Supervisor
);
role!(
    /// Someone who sees everyone's work.
    Overseer: Role::Supervisor | Role::Admin | Role::Auditor
);
role!(
    /// Someone who may read every conversation.
    Reader: Role::Supervisor | Role::Auditor
);
role!(
    /// Someone who changes settings.
    Admin: Role::Admin
);
role!(
    /// Someone who reads and changes nothing.
    Auditor: Role::Auditor
);

pub fn not_signed_in() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "Sign in first.")
}

pub fn forbidden() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "Your role may not do this.")
}
