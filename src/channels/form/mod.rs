//! Web forms: the public pages, a request sent from one of them or by a program, and the page that shows how it stands.
//!
//! Everything works without JavaScript. Whatever goes wrong, the person keeps what they typed.

pub mod api;
pub mod body;
pub mod check;
pub mod doubt;
pub mod files;
pub mod identity;
pub mod kept;
pub mod listing;
pub mod news;
pub mod page;
pub mod post;
pub mod reply;
pub mod status;
pub mod uploads;

use super::rate::{Buckets, Rate};
use super::{Context, NotKept};
use crate::channels::visitor::ClientIp;
use crate::console::page::Pages;
use crate::console::problem::Problem;
use crate::routing::ids::{ContactId, Span, Timestamp};
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use uploads::Uploads;

/// Households and conversations whose rates are remembered; further ones wait like one that has used up its share.
const REMEMBERED: usize = 65_536;

/// How often one household may send.
#[derive(Clone, Debug)]
pub struct Limits {
    /// In a short time: 5 at once, then 5 a minute.
    pub short: Rate,
    /// In a long time: 30 at once, then 30 an hour.
    pub long: Rate,
    /// Messages in one conversation: 30 at once, then 30 a minute.
    pub messages: Rate,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            short: Rate { burst: 5, refill: Span::secs(12) },
            long: Rate { burst: 30, refill: Span::mins(2) },
            messages: Rate { burst: 30, refill: Span::secs(2) },
        }
    }
}

/// What every route of this channel shares.
#[derive(Clone)]
pub struct Forms {
    context: Arc<dyn Context>,
    pages: Pages,
    /// Makes the secret of a repeated request the same secret, and signs what a page gives out to get back.
    secret_key: Arc<[u8; 32]>,
    limits: Limits,
    households: Arc<Mutex<[Buckets<IpAddr>; 2]>>,
    conversations: Arc<Mutex<Buckets<ContactId>>>,
    uploads: Arc<Uploads>,
}

/// Every route of this channel. `secret_key` must be the same after a restart, or repeated requests get a new address.
pub fn routes(context: Arc<dyn Context>, pages: Pages, secret_key: [u8; 32], limits: Limits) -> Router {
    let forms = Forms {
        context,
        pages,
        secret_key: Arc::new(secret_key),
        limits,
        households: Arc::new(Mutex::new([Buckets::new(REMEMBERED), Buckets::new(REMEMBERED)])),
        conversations: Arc::new(Mutex::new(Buckets::new(REMEMBERED))),
        uploads: Arc::default(),
    };
    let with_files = DefaultBodyLimit::max(body::BODY_MAX);
    Router::new()
        .route("/", get(listing::home))
        .route("/forms", get(listing::services))
        .route("/forms/{service}", get(page::form).post(post::send).layer(with_files))
        .route("/s/{secret}", get(status::page).post(reply::send).layer(with_files))
        .route("/s/{secret}/changes", get(news::changes))
        .route("/s/{secret}/files/{digest}", get(files::file))
        .route("/api/v1/contacts", post(api::send).layer(DefaultBodyLimit::max(api::BODY_MAX)))
        .fallback(listing::nothing_here)
        .with_state(forms)
}

impl Forms {
    fn now(&self) -> Timestamp {
        self.context.now()
    }

    /// May this household send one more now? If not, how many seconds to wait.
    fn may_send(&self, household: IpAddr) -> Result<(), u32> {
        let now = self.now();
        let [short, long] = &mut *self.households.lock().expect("rates");
        short
            .take(household, self.limits.short, now)
            .and_then(|()| long.take(household, self.limits.long, now))
            .map_err(whole_secs)
    }

    /// May this customer say one more thing now? If not, how many seconds to wait.
    fn may_say(&self, contact: ContactId) -> Result<(), u32> {
        let mut conversations = self.conversations.lock().expect("rates");
        conversations.take(contact, self.limits.messages, self.now()).map_err(whole_secs)
    }
}

/// Rounded up: nobody is asked to come back too early.
fn whole_secs(wait: Span) -> u32 {
    u32::try_from((wait.0 + 999_999).div_euclid(1_000_000)).unwrap_or(u32::MAX)
}

/// The household a request comes from. Where the server did not say, all count as one.
pub struct Household(IpAddr);

impl<S: Sync> FromRequestParts<S> for Household {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Household, Infallible> {
        let client = parts.extensions.get::<ClientIp>();
        Ok(Household(client.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ip| ip.network())))
    }
}

/// The status that tells a sender what became of a request that was not kept.
fn status_of(why: &NotKept) -> StatusCode {
    match why {
        NotKept::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        NotKept::Refused(_) => StatusCode::CONFLICT,
        NotKept::FileType => StatusCode::UNPROCESSABLE_ENTITY,
        NotKept::Busy { .. } | NotKept::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The same for a program.
fn problem(why: NotKept) -> Problem {
    let problem = Problem::new(status_of(&why), why.to_string());
    match why {
        NotKept::Busy { retry_secs } => problem.retry_after(retry_secs),
        NotKept::Unavailable => problem.retry_after(2),
        NotKept::KeyReused => Problem { field: Some("Idempotency-Key".into()), ..problem },
        NotKept::Refused(_) | NotKept::FileType => problem,
    }
}
