//! Mail that a supervisor decides on.

use super::body::{Given, Number};
use super::desk::{LISTED, LISTED_MOST};
use super::mail::Letters;
use super::mail_words;
use super::refusal::Answer;
use super::rep::Nothing;
use super::session::Triager;
use crate::channels::NotKept;
use crate::channels::post::{Outcome, View};
use crate::console::problem::Problem;
use crate::message::mail::{Fate, KeptMail, Trust};
use crate::routing::ids::{ContactId, Timestamp};
use crate::store::Which;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A mail that waits for a decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Held {
    pub id: u64,
    /// The sender's address, as it says.
    pub from: Option<String>,
    pub subject: String,
    pub mailbox: String,
    /// When it reached the mailbox; when that is not known, when it was taken.
    #[schema(value_type = i64)]
    pub arrived: Timestamp,
    /// Whole size in bytes.
    pub size: u64,
    /// Why nobody has it yet: sentences.
    pub why: String,
    /// `authentic`, `unknown` or `doubtful`.
    #[schema(value_type = String)]
    pub trust: Trust,
    /// Its bytes are here, so that it can be read and saved.
    pub original: bool,
}

/// The same with what is in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeldMail {
    #[serde(flatten)]
    pub held: Held,
    /// Fields that a person can make sense of.
    pub headers: Vec<Field>,
    /// What was written; its start only, when `problem` says that it cannot be read.
    pub text: String,
    /// Quotation and signature.
    pub folded: String,
    /// It can be shown as it was sent.
    pub html: bool,
    pub files: Vec<Enclosed>,
    pub problem: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Field {
    pub name: String,
    pub value: String,
}

/// A file that came with a held mail. It is kept and can be opened once the mail is released.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Enclosed {
    pub name: String,
    /// As the sender says.
    pub media_type: String,
    pub bytes: u64,
}

/// `?most=`: how many are listed, 100 unless it says otherwise, 5,000 at most.
#[derive(Deserialize)]
pub struct Most {
    most: Option<usize>,
}

impl Most {
    pub fn listed(&self) -> usize {
        self.most.unwrap_or(LISTED).clamp(1, LISTED_MOST)
    }
}

/// First those that speak of danger, then the oldest.
pub async fn list(State(room): State<Letters>, _: Triager, Query(most): Query<Most>) -> Answer<Json<Vec<Held>>> {
    let kept = room.desk.handle.rows(move |rows| rows.mail(Which::Held, most.listed())).await?;
    Ok(Json(kept.into_iter().map(Held::of).collect()))
}

pub async fn mail(State(room): State<Letters>, _: Triager, Number(id): Number) -> Answer<Json<HeldMail>> {
    let kept = room.held(id).await?;
    let view = match kept.mail.digest {
        Some(_) => room.view(&kept).await?,
        None => View { problem: Some("it could not be fetched from the mailbox".into()), ..View::default() },
    };
    Ok(Json(HeldMail::of(kept, view)))
}

pub async fn html(State(room): State<Letters>, _: Triager, Number(id): Number) -> Answer<Response> {
    room.html(&room.held(id).await?).await
}

pub async fn original(State(room): State<Letters>, _: Triager, Number(id): Number) -> Answer<Response> {
    room.original(&room.held(id).await?).await
}

/// What a released mail became.
#[derive(Serialize, ToSchema)]
pub struct Released {
    /// The contact it opened or was added to; null for a machine's mail that makes none.
    #[schema(value_type = Option<u64>)]
    contact: Option<ContactId>,
    reference: Option<String>,
}

/// Who decided stands with the mail for good.
pub async fn release(
    State(room): State<Letters>,
    by: Triager,
    Number(id): Number,
    Given(NoChoice {}): Given<NoChoice>,
) -> Answer<Json<Released>> {
    room.held(id).await?;
    let contact = match room.mailroom.release(id, by.id()).await.map_err(not_done)? {
        Outcome::Duplicate => return Err(decided(&room.mail(id).await?)),
        Outcome::On(contact) => Some(contact),
        Outcome::Remembered | Outcome::Held => None,
    };
    tracing::info!(mail = id, by = by.id().0, contact = contact.map(|id| id.0), "a held mail was released");
    let record = match contact {
        Some(contact) => room.desk.handle.rows(move |rows| rows.contact(contact)).await?,
        None => None,
    };
    Ok(Json(Released { contact, reference: record.map(|record| record.reference) }))
}

pub async fn discard(
    State(room): State<Letters>,
    by: Triager,
    Number(id): Number,
    Given(NoChoice {}): Given<NoChoice>,
) -> Answer<Json<Nothing>> {
    room.held(id).await?;
    match room.mailroom.discard(id, by.id()).await.map_err(not_done)? {
        Outcome::Duplicate => Err(decided(&room.mail(id).await?)),
        Outcome::On(_) | Outcome::Remembered | Outcome::Held => {
            tracing::info!(mail = id, by = by.id().0, "a held mail was discarded");
            Ok(Json(Nothing {}))
        }
    }
}

/// A decision says nothing but that it is made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoChoice {}

fn not_done(why: NotKept) -> Problem {
    match why {
        NotKept::Refused(why) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence(&why)),
        NotKept::Busy { retry_secs } => {
            let detail = "Too much is waiting to be decided; try again in a moment.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(retry_secs)
        }
        NotKept::KeyReused | NotKept::FileType | NotKept::Unavailable => {
            let detail = "This could not be kept, and nothing was changed; try again.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(5)
        }
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

impl Letters {
    /// 409 when it has been decided already: what a supervisor saw a moment ago is told apart from what never was.
    async fn held(&self, id: u64) -> Answer<KeptMail> {
        let kept = self.mail(id).await?;
        match kept.fate {
            Fate::Held => Ok(kept),
            _ if kept.decided.is_some() => Err(decided(&kept)),
            _ => Err(Problem::new(StatusCode::NOT_FOUND, "There is no such mail.")),
        }
    }
}

fn decided(kept: &KeptMail) -> Problem {
    let what = if kept.fate == Fate::Discarded { "discarded" } else { "released" };
    Problem::new(StatusCode::CONFLICT, format!("Somebody has {what} this mail already."))
}

impl Held {
    fn of(kept: KeptMail) -> Held {
        let mail = kept.mail;
        Held {
            id: kept.id,
            from: mail.sender,
            subject: mail.subject,
            mailbox: mail.mailbox,
            arrived: mail.arrived.unwrap_or(kept.taken_at),
            size: mail.size,
            why: mail_words::held(&mail.why),
            trust: mail.trust,
            original: mail.digest.is_some(),
        }
    }
}

impl HeldMail {
    fn of(kept: KeptMail, view: View) -> HeldMail {
        let enclosed = |(name, media_type, bytes)| Enclosed { name, media_type, bytes };
        HeldMail {
            held: Held::of(kept),
            headers: view.headers.into_iter().map(|(name, value)| Field { name, value }).collect(),
            text: view.text,
            folded: view.folded,
            html: view.html.is_some(),
            files: view.enclosures.into_iter().map(enclosed).collect(),
            problem: view.problem,
        }
    }
}
