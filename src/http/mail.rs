//! Mail within a conversation: what stands beside its messages, and the mail behind one, shown so that it can do no harm.

use super::desk::Desk;
use super::mail_words;
use super::policy::Relation;
use super::refusal::Answer;
use super::session::Staff;
use super::show::{Earlier, Envelope, Letter, Names, Said, Seen, Sending};
use super::sightings::{self, DisplayNames};
use crate::channels::download;
use crate::channels::email::mail::subject;
use crate::channels::post::{MailView, View};
use crate::console::problem::Problem;
use crate::daemon::claims;
use crate::daemon::mailroom::Mailroom;
use crate::daemon::sequencer::referred;
use crate::message::ContactRecord;
use crate::message::delivery::{Delivery, Kind, Progress};
use crate::message::mail::KeptMail;
use crate::routing::ids::{Channel, ContactId};
use crate::store::files::Files;
use crate::store::{Due, Reads, StoreError, Which};
use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Letters of one contact that are shown though they carry no message, the newest.
const LETTERS_MAX: usize = 50;
/// A letter in a language that is not sure says the same in this one.
const HOUSE: &str = "en";
/// A stranger's HTML runs nothing, loads nothing, sends nothing and reaches nothing of ours, whatever is in it.
const STRANGER: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; \
    frame-ancestors 'self'; sandbox";

/// What reading mail stands on. Cheap to clone.
#[derive(Clone)]
pub struct Letters {
    pub desk: Desk,
    pub files: Arc<Files>,
    pub view: Arc<dyn MailView>,
    pub mailroom: Mailroom,
}

impl Letters {
    /// The mail of this number. 404 when there is none.
    pub async fn mail(&self, id: u64) -> Answer<KeptMail> {
        let found = self.desk.handle.rows(move |rows| rows.mail(Which::Id(id), 1)).await?;
        found.into_iter().next().ok_or_else(no_such_mail)
    }

    /// The mail behind a message of this contact, which counts as seen by who opens it.
    async fn opened(&self, (who, Extension(relation), Path((contact, id))): Look) -> Answer<KeptMail> {
        let mail = self.mail(id).await?;
        let its = mail.became.filter(|(became, _)| *became == ContactId(contact));
        let (contact, seq) = its.ok_or_else(no_such_mail)?;
        sightings::opened(&self.desk.handle, who.id(), relation, contact, seq).await;
        Ok(mail)
    }

    /// Its bytes as they came. 404 when they could never be fetched.
    pub async fn raw(&self, mail: &KeptMail) -> Answer<Bytes> {
        let nothing =
            || Problem::new(StatusCode::NOT_FOUND, "This mail could not be fetched: only its existence is known.");
        let digest = mail.mail.digest.clone().ok_or_else(nothing)?;
        let files = self.files.clone();
        let read = tokio::task::spawn_blocking(move || files.read(&digest)).await;
        match read {
            Ok(Ok(bytes)) => Ok(bytes.into()),
            failed => {
                let id = mail.id;
                if let Ok(Err(error)) = failed {
                    tracing::error!(mail = id, %error, "a kept mail cannot be read");
                }
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The mail cannot be read now.").retry_after(5))
            }
        }
    }

    pub async fn view(&self, mail: &KeptMail) -> Answer<View> {
        Ok(self.view.view(self.raw(mail).await?).await)
    }

    /// The HTML of a mail as a page of its own, for a sandboxed frame.
    pub async fn html(&self, mail: &KeptMail) -> Answer<Response> {
        let html = self.view(mail).await?.html;
        let html =
            html.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "This mail has no HTML that can be shown."))?;
        let mut response = Html(page(&html)).into_response();
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(STRANGER));
        Ok(response)
    }

    /// The mail byte for byte, to be saved.
    pub async fn original(&self, mail: &KeptMail) -> Answer<Response> {
        Ok(download::response(&format!("mail-{}.eml", mail.id), "message/rfc822", self.raw(mail).await?))
    }
}

fn no_such_mail() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "There is no such mail.")
}

/// Letters a person can read, whatever colours the mail relies on.
fn page(html: &str) -> String {
    format!(
        "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>Mail as it was sent</title>\
         <style>body{{margin:12px;background:#fff;color:#16232e;font:15px/1.45 system-ui,sans-serif;overflow-wrap:anywhere}}\
         table{{max-width:100%}}</style></head><body>{html}</body></html>\n"
    )
}

/// Quotation and signature of a mail.
#[derive(Serialize, ToSchema)]
pub struct Folded {
    text: String,
}

pub async fn folded(State(room): State<Letters>, look: Look) -> Answer<Json<Folded>> {
    let mail = room.opened(look).await?;
    Ok(Json(Folded { text: room.view(&mail).await?.folded }))
}

pub async fn html(State(room): State<Letters>, look: Look) -> Answer<Response> {
    room.html(&room.opened(look).await?).await
}

pub async fn original(State(room): State<Letters>, look: Look) -> Answer<Response> {
    room.original(&room.opened(look).await?).await
}

/// Who asks for which mail of a conversation, and how they stand to its contact.
type Look = (Staff, Extension<Relation>, Path<(u64, u64)>);

/// Puts the mails and deliveries of a contact beside its messages, and gives the deliveries that carry none of them; what is
/// damaged is left out.
pub fn beside(reads: &dyn Reads, record: &ContactRecord, said: &mut [Said]) -> Result<Vec<Delivery>, StoreError> {
    let Some(first) = said.first().map(|message| message.seq) else { return Ok(Vec::new()) };
    if matches!(record.channel, Channel::Email | Channel::Form) {
        mails(reads, record, said, first)?; // nobody chats by mail
    }
    for delivery in reads.deliveries(Due::Beside(record.id, first), usize::MAX)? {
        if let Some(at) = delivery.seq.and_then(|seq| place(said, seq)) {
            said[at].delivery = Some(sending(delivery));
        }
    }
    let mut letters = reads.deliveries(Due::Letters(record.id), LETTERS_MAX)?;
    letters.reverse(); // in their order
    Ok(letters)
}

fn mails(reads: &dyn Reads, record: &ContactRecord, said: &mut [Said], first: u32) -> Result<(), StoreError> {
    let mut displays = DisplayNames::of(reads);
    for kept in reads.mail(Which::Beside(record.id, first), usize::MAX)? {
        if let Some(at) = kept.became.and_then(|(_, seq)| place(said, seq)) {
            let released = match kept.decided {
                Some((rep, at)) => Some(Seen { rep, display: displays.get(rep)?, at }),
                None => None,
            };
            let may_belong = may_belong(reads, record, &kept.mail.subject)?;
            said[at].mail = Some(Envelope { released, may_belong, ..envelope(kept, record.party.email.as_deref()) });
        }
    }
    Ok(())
}

/// Messages are in the order of their numbers.
fn place(said: &[Said], seq: u32) -> Option<usize> {
    said.binary_search_by_key(&seq, |message| message.seq).ok()
}

/// The other contact whose reference stands in a subject. Anybody can write one there, so it is for a person to judge; who may
/// read that contact is asked when they do.
fn may_belong(reads: &dyn Reads, record: &ContactRecord, subject: &str) -> Result<Option<Earlier>, StoreError> {
    let Some(reference) = subject::reference(subject) else { return Ok(None) };
    let is_other = |id: ContactId| id != record.id && Some(id) != record.follows;
    if !referred(reference).is_some_and(is_other) {
        return Ok(None); // its own, as in every ordinary answer
    }
    let other = claims::named(reads, reference)?;
    Ok(other.map(|of| Earlier { id: of.id, reference: of.reference }))
}

fn envelope(kept: KeptMail, person: Option<&str>) -> Envelope {
    let mail = kept.mail;
    let same = mail.sender.as_deref().zip(person).is_some_and(|(sender, person)| sender.eq_ignore_ascii_case(person));
    Envelope {
        id: kept.id,
        other_sender: !same,
        from: mail.sender,
        trust: mail.trust,
        subject: mail.subject,
        folded: mail.folded,
        html: mail.html,
        released: None,
        also_to: mail.also_to.addresses,
        also_left_out: mail.also_to.left_out,
        why: mail_words::noteworthy(&mail.why),
        may_belong: None,
    }
}

pub fn letter(delivery: Delivery, names: &Names) -> Letter {
    let Delivery { id, kind, made_at, .. } = delivery;
    let twice = kind == Kind::Acknowledgement && !delivery.language_sure;
    let own = names.languages.iter().find(|one| **one == delivery.language);
    let house = names.languages.iter().find(|one| one.as_str() == HOUSE && twice && own.is_some_and(|own| own != *one));
    let languages = own.into_iter().chain(house).copied().collect();
    Letter { id, kind, languages, made_at, sending: sending(delivery) }
}

pub fn sending(delivery: Delivery) -> Sending {
    let Progress { state, said, over_at, returned_at, .. } = delivery.progress;
    Sending { state, said, to: Some(delivery.to), at: over_at, returned_at }
}
