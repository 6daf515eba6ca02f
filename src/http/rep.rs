//! A rep's requests: be there, take offers, answer, park, hand over, close.

use super::body::{Given, Number};
use super::conversation::Messages;
use super::desk::Desk;
use super::policy::Relation;
use super::refusal::{Answer, offer_gone};
use super::session::{Rep, Staff};
use super::show::{Colleague, Contact, Explanation, Me, Offer, Said, Service};
use super::sightings;
use crate::channels::Context;
use crate::channels::download;
use crate::console::problem::Problem;
use crate::daemon::{Done, Job, outgoing};
use crate::message::{Author, NewMessage};
use crate::routing::command::{Command, DeclineReason, Target};
use crate::routing::ids::*;
use crate::routing::skill::SkillLevel;
use crate::store::Record;
use axum::Json;
use axum::extract::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// The longest message or note, in characters.
pub const TEXT_MAX: usize = 8_000;
/// The longest of a client's own ids, in bytes.
const CLIENT_ID_MAX: usize = 64;
/// The furthest reminder of a parked contact.
const PARK_MAX: Span = Span::mins(60 * 24 * 90);

/// What a rep's requests stand on.
#[derive(Clone)]
pub struct Workplace {
    pub desk: Desk,
    pub context: Arc<dyn Context>,
}

/// Nothing to say but that it was done.
#[derive(Serialize, ToSchema)]
pub struct Nothing {}

const DONE: Json<Nothing> = Json(Nothing {});

impl Workplace {
    async fn submit(&self, command: Command) -> Answer<Done> {
        self.submit_with(Some(command), Vec::new()).await
    }

    async fn submit_with(&self, command: Option<Command>, records: Vec<Record>) -> Answer<Done> {
        Ok(self.desk.handle.submit(Job { command, records }).await?)
    }

    async fn say(&self, contact: ContactId, from: Author, text: Text) -> Answer<(StatusCode, Json<Said>)> {
        let message = text.message(from)?;
        let command = match from {
            Author::Rep(rep) => Some(Command::RepWrote { contact, rep }),
            _ => None, // a note changes nothing, and may come from others than the one who has it
        };
        let done = self.submit_with(command, outgoing::said(&self.desk.handle, contact, message).await?).await?;
        let said = done.messages.first().map(|message| Said::of(message));
        let said = said.ok_or_else(|| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Nothing was said."))?;
        Ok((StatusCode::CREATED, Json(said)))
    }
}

pub async fn me(State(work): State<Workplace>, who: Staff) -> Answer<Json<Me>> {
    Ok(Json(work.desk.me(&who).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPresence {
    /// `available`, `away` or `offline`.
    #[schema(value_type = String)]
    presence: PresenceWord,
    /// With `away`: `break`, `lunch`, `training` or `meeting`.
    #[schema(value_type = Option<String>)]
    reason: Option<AwayReason>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PresenceWord {
    Available,
    Away,
    Offline,
}

pub async fn presence(State(work): State<Workplace>, rep: Rep, Given(given): Given<SetPresence>) -> Answer<Json<Me>> {
    let presence = match (given.presence, given.reason) {
        (PresenceWord::Available, None) => Presence::Available,
        (PresenceWord::Offline, None) => Presence::Offline,
        (PresenceWord::Away, Some(AwayReason::Missed | AwayReason::Disconnected)) => {
            return Err(Problem::field("reason", "Only the router itself gives this reason."));
        }
        (PresenceWord::Away, Some(reason)) => Presence::Away(reason),
        (PresenceWord::Away, None) => return Err(Problem::field("reason", "Say why you are away.")),
        (_, Some(_)) => return Err(Problem::field("reason", "Only being away has a reason.")),
    };
    work.submit(Command::SetPresence { rep: rep.id(), presence }).await?;
    Ok(Json(work.desk.me(&rep).await?))
}

pub async fn offers(State(work): State<Workplace>, rep: Rep) -> Answer<Json<Vec<Offer>>> {
    Ok(Json(work.desk.offers(rep.id()).await?))
}

pub async fn accept(State(work): State<Workplace>, rep: Rep, Number(id): Number) -> Answer<Json<Contact>> {
    let (id, me) = (OfferId(id), rep.id());
    let open = work.desk.handle.read(move |engine, _| engine.open_offer(id));
    let why = match open.await? {
        Some(offer) => Some(work.desk.why(me, &offer.need, offer.urgency, &offer.reason).await?),
        None => None,
    };
    let done = work.submit(Command::Accept { offer: id, rep: me }).await?;
    let contact = done.events.iter().find_map(|event| event.contact()).ok_or_else(offer_gone)?;
    let contact = work.desk.contact(contact, me, Messages::All).await?;
    Ok(Json(Contact { reason: why, ..contact }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// `not_mine`, `wrong_language`, `conflict_of_interest`, `unsafe` or `busy`.
    #[schema(value_type = String)]
    reason: DeclineReason,
}

pub async fn decline(
    State(work): State<Workplace>,
    rep: Rep,
    Number(id): Number,
    Given(given): Given<Decline>,
) -> Answer<Json<Nothing>> {
    work.submit(Command::Decline { offer: OfferId(id), rep: rep.id(), reason: given.reason }).await?;
    Ok(DONE)
}

pub async fn contacts(State(work): State<Workplace>, rep: Rep) -> Answer<Json<Vec<Contact>>> {
    Ok(Json(work.desk.held(rep.id(), Messages::None).await?))
}

pub async fn contact(
    State(work): State<Workplace>,
    who: Staff,
    Extension(relation): Extension<Relation>,
    Number(id): Number,
) -> Answer<Json<Contact>> {
    let contact = work.desk.contact(ContactId(id), who.id(), Messages::All).await?;
    let said = contact.messages.as_deref().unwrap_or_default();
    sightings::handed_out(&work.desk.handle, who.id(), relation, ContactId(id), said);
    Ok(Json(contact))
}

/// For screens that name a contact and show nothing of what was said in it.
pub async fn glance(State(work): State<Workplace>, who: Staff, Number(id): Number) -> Answer<Json<Contact>> {
    Ok(Json(work.desk.contact(ContactId(id), who.id(), Messages::None).await?))
}

/// Always as a download, never shown by the browser as if it were a page of ours.
pub async fn file(
    State(work): State<Workplace>,
    who: Staff,
    Extension(relation): Extension<Relation>,
    Path((id, digest)): Path<(u64, String)>,
) -> Answer<Response> {
    let nothing = || Problem::new(StatusCode::NOT_FOUND, "There is no such file.");
    let found = work.context.file(ContactId(id), digest.clone()).await;
    let later = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The file cannot be read now.").retry_after(5);
    let (file, bytes) = found.map_err(later)?.ok_or_else(nothing)?;
    sightings::opened_file(&work.desk.handle, who.id(), relation, ContactId(id), digest).await;
    Ok(download::response(&file.name, &file.media_type, bytes))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    text: String,
    /// The client's own id for it, which makes sending twice harmless.
    client_id: Option<String>,
}

impl Text {
    fn message(self, from: Author) -> Answer<NewMessage> {
        let (text, client_id) = (self.text.trim(), self.client_id);
        if text.is_empty() {
            return Err(Problem::field("text", "Write something first."));
        }
        if text.chars().count() > TEXT_MAX {
            return Err(Problem::field("text", format!("A message has at most {TEXT_MAX} characters.")));
        }
        if client_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > CLIENT_ID_MAX) {
            return Err(Problem::field("client_id", format!("A client id has 1 to {CLIENT_ID_MAX} bytes.")));
        }
        Ok(NewMessage { from, text: text.to_owned(), attachments: Vec::new(), client_id })
    }
}

type Kept = Answer<(StatusCode, Json<Said>)>;

pub async fn say(State(work): State<Workplace>, rep: Rep, Number(id): Number, Given(text): Given<Text>) -> Kept {
    work.say(ContactId(id), Author::Rep(rep.id()), text).await
}

pub async fn note(State(work): State<Workplace>, rep: Rep, Number(id): Number, Given(text): Given<Text>) -> Kept {
    work.say(ContactId(id), Author::Note(rep.id()), text).await
}

/// What was written beside a decision, if anything was.
pub fn note_of(contact: ContactId, rep: RepId, note: Option<String>) -> Answer<Option<Record>> {
    let Some(text) = note.filter(|note| !note.trim().is_empty()) else { return Ok(None) };
    let message = Text { text, client_id: None }.message(Author::Note(rep))?;
    Ok(Some(Record::Said { contact, message }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadTo {
    /// The first message of those that the screen has: what stands before it was not seen.
    first: u32,
    seq: u32,
}

pub async fn read(
    State(work): State<Workplace>,
    rep: Rep,
    Number(id): Number,
    Given(to): Given<ReadTo>,
) -> Answer<StatusCode> {
    let (contact, ReadTo { first, seq: last }) = (ContactId(id), to);
    if first == 0 || first > last {
        return Err(Problem::field("first", "It is the number of a message, and none after `seq`."));
    }
    let mark = Record::Read { contact, by_customer: false, seq: last };
    work.submit_with(None, vec![mark, Record::Saw { contact, rep: rep.id(), first, last }]).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    on: bool,
}

pub async fn typing(
    State(work): State<Workplace>,
    rep: Rep,
    Number(id): Number,
    Given(typing): Given<Typing>,
) -> Answer<StatusCode> {
    work.desk.handle.feed().typing(ContactId(id), Some(rep.id()), typing.on);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Park {
    /// A reminder, in microseconds since 1970.
    #[schema(value_type = Option<i64>)]
    until: Option<Timestamp>,
}

pub async fn park(
    State(work): State<Workplace>,
    rep: Rep,
    Number(id): Number,
    Given(Park { until }): Given<Park>,
) -> Answer<Json<Nothing>> {
    let now = work.desk.handle.clock().now();
    if until.is_some_and(|at| at <= now || at > now + PARK_MAX) {
        return Err(Problem::field("until", "A reminder is in the future, at most 90 days from now."));
    }
    work.submit(Command::Park { contact: ContactId(id), rep: rep.id(), until }).await?;
    Ok(DONE)
}

pub async fn resume(State(work): State<Workplace>, rep: Rep, Number(id): Number) -> Answer<Json<Nothing>> {
    work.submit(Command::Resume { contact: ContactId(id), rep: rep.id() }).await?;
    Ok(DONE)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// `{rep: "name"}`, `{queue: "name"}` or `{need: {language, skills: {name: level}}}`.
    #[schema(value_type = Object)]
    to: TransferTo,
    /// What the next rep should know; staff only.
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum TransferTo {
    Rep(Word),
    Queue(Word),
    Need(Wanted),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    language: Word,
    #[serde(default)]
    skills: BTreeMap<Word, u8>,
}

pub async fn transfer(
    State(work): State<Workplace>,
    rep: Rep,
    Number(id): Number,
    Given(Transfer { to, note }): Given<Transfer>,
) -> Answer<Json<Nothing>> {
    let to = match to {
        TransferTo::Queue(name) => Target::Queue(name),
        TransferTo::Rep(name) => {
            let named = work.desk.handle.read(move |engine, _| engine.rep_named(name.as_str())).await?;
            Target::Rep(named.ok_or_else(|| Problem::field("to.rep", "There is no representative of this name."))?)
        }
        TransferTo::Need(Wanted { language, skills }) => {
            if skills.values().any(|level| !(1..=5).contains(level)) {
                return Err(Problem::field("to.need.skills", "A skill's level is 1 to 5."));
            }
            let skills = skills.into_iter().map(|(skill, level)| SkillLevel { skill, level }).collect();
            Target::Need { language, skills }
        }
    };
    let contact = ContactId(id);
    let records = note_of(contact, rep.id(), note)?.into_iter().collect();
    work.submit_with(Some(Command::Transfer { contact, rep: rep.id(), to }), records).await?;
    Ok(DONE)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// How it ended, for example `informed` or `reported`.
    #[schema(value_type = String)]
    disposition: Disposition,
}

pub async fn close(
    State(work): State<Workplace>,
    rep: Rep,
    Number(id): Number,
    Given(Close { disposition }): Given<Close>,
) -> Answer<Json<Nothing>> {
    work.submit(Command::Close { contact: ContactId(id), rep: rep.id(), disposition }).await?;
    Ok(DONE)
}

pub async fn end_wrap_up(State(work): State<Workplace>, rep: Rep, Number(id): Number) -> Answer<Json<Nothing>> {
    work.submit(Command::EndWrapUp { contact: ContactId(id), rep: rep.id() }).await?;
    Ok(DONE)
}

/// Sorted again as urgent, with the need and the queue it has: a false alarm is still somebody who was worried.
pub async fn not_an_emergency(State(work): State<Workplace>, rep: Rep, Number(id): Number) -> Answer<Json<Nothing>> {
    let contact = ContactId(id);
    let now = work.desk.handle.read(move |engine, _| {
        let open = engine.contact(contact)?;
        Some((open.is_emergency(), engine.queue_name(open.queue), engine.need(open.wanted).clone()))
    });
    let (emergency, queue, need) = now.await?.ok_or_else(super::refusal::no_such_contact)?;
    if !emergency {
        return Err(Problem::new(StatusCode::CONFLICT, "It is not marked as an emergency."));
    }
    let command = Command::Reclassify { contact, by: rep.id(), queue, need: Box::new(need), urgency: Urgency::Urgent };
    work.submit(command).await?;
    Ok(DONE)
}

/// A person has seen the emergency: it climbs no further.
pub async fn acknowledge(State(work): State<Workplace>, by: Rep, Number(id): Number) -> Answer<Json<Nothing>> {
    work.submit(Command::AcknowledgeEmergency { contact: ContactId(id), by: by.id() }).await?;
    Ok(DONE)
}

pub async fn explanation(State(work): State<Workplace>, _: Staff, Number(id): Number) -> Answer<Json<Explanation>> {
    Ok(Json(work.desk.explanation(ContactId(id)).await?))
}

pub async fn colleagues(State(work): State<Workplace>, _: Staff) -> Answer<Json<Vec<Colleague>>> {
    Ok(Json(work.desk.colleagues().await?))
}

pub async fn queues(State(work): State<Workplace>, _: Staff) -> Answer<Json<Vec<Word>>> {
    let names = work.desk.handle.read(|engine, _| {
        let queues = engine.settings().map(|settings| settings.queues.as_slice()).unwrap_or_default();
        queues.iter().filter(|queue| !queue.retired).map(|queue| queue.name).collect()
    });
    Ok(Json(names.await?))
}

pub async fn catalogue(State(work): State<Workplace>, _: Staff) -> Json<Vec<Service>> {
    Json(work.desk.names.services.clone())
}
