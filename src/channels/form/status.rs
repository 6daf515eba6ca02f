//! The page of one request, behind its secret address: how it stands and what was said.

use super::Forms;
use super::check::TEXT_MAX;
use super::doubt::is_submission_id;
use super::identity::hex;
use super::listing::{closed, sorry};
use crate::channels::visitor::Secret;
use crate::channels::{CustomerAct, CustomerStage, NotKept, Standing};
use crate::console::page::{Asked, Page, answer};
use crate::console::when;
use crate::message::{Author, Message};
use crate::routing::ids::{ContactId, Disposition, Timestamp};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Messages read at once, and pages of them: a conversation longer than this is shown from its beginning.
const MESSAGES: usize = 500;
const PAGES: usize = 10;
/// Places are counted to here (`Standing::place`).
const PLACE_MAX: u32 = 999;

/// What was typed into the answer field of a page that comes back.
#[derive(Default)]
pub(super) struct Reply {
    pub text: String,
    pub message_id: Option<String>,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Set when photos came along and were not kept.
    pub photos_again: bool,
}

#[derive(Template)]
#[template(path = "status.html", config = "src/console/askama.toml")]
struct StatusPage<'a> {
    page: Page<'a>,
    new: bool,
    standing: Standing,
    /// How it stands, in one line; then what there is to add.
    headline: String,
    lines: Vec<String>,
    service: Option<String>,
    sent_at: When,
    as_of: String,
    said: Vec<Line>,
    version: String,
    reply: Reply,
    message_id: String,
    photos_hint: String,
}

impl StatusPage<'_> {
    /// For the colour of the card; the words say it too.
    fn stage(&self) -> &'static str {
        match self.standing.stage {
            CustomerStage::Waiting => "waiting",
            CustomerStage::Active => "active",
            CustomerStage::WaitingForYou => "yours",
            CustomerStage::Closed => "closed",
        }
    }
}

/// A moment, exact and as people say it.
struct When {
    exact: String,
    said: String,
}

/// One message as its customer sees it.
struct Line {
    seq: u32,
    mine: bool,
    who: String,
    at: When,
    text: String,
    files: Vec<FileLine>,
    read: bool,
}

struct FileLine {
    address: String,
    name: String,
    is_picture: bool,
    alt: String,
}

#[derive(Deserialize)]
pub(super) struct PageQuery {
    new: Option<String>,
}

pub(super) async fn page(
    State(forms): State<Forms>,
    asked: Asked,
    Path(secret): Path<String>,
    Query(query): Query<PageQuery>,
) -> Response {
    let page = forms.pages.page(&asked, format!("/s/{secret}"));
    match contact(&forms, &secret).await {
        Ok(Some(contact)) => show(&forms, page, contact, StatusCode::OK, query.new.is_some(), Reply::default()).await,
        Ok(None) => nobodys(page),
        Err(why) => sorry(page, super::status_of(&why)),
    }
}

/// The contact a secret opens. What cannot be a secret opens nothing, and is not looked up.
pub(super) async fn contact(forms: &Forms, secret: &str) -> Result<Option<ContactId>, NotKept> {
    match Secret::parse(secret) {
        Some(secret) => forms.context.contact(secret.hash()).await,
        None => Ok(None),
    }
}

/// The same for every address that opens nothing, so that nothing can be learnt by trying.
pub(super) fn nobodys(page: Page<'_>) -> Response {
    sorry(Page { path: "/".into(), ..page }, StatusCode::NOT_FOUND)
}

pub(super) async fn show(
    forms: &Forms,
    page: Page<'_>,
    contact: ContactId,
    status: StatusCode,
    new: bool,
    reply: Reply,
) -> Response {
    let (standing, messages) = match seen(forms, contact).await {
        Ok(seen) => seen,
        Err(why) => return sorry(page, super::status_of(&why)),
    };
    if let Some(last) = messages.iter().rev().find(|message| matches!(message.from, Author::Rep(_))) {
        // Best effort: a mark that is lost comes with the next look.
        let _ = forms.context.act(contact, CustomerAct::Read(last.seq)).await;
    }
    let page = if status == StatusCode::OK { page } else { page.without_picker() };
    let service = standing.service.as_deref().and_then(|code| forms.pages.catalogue.get(code));
    let at = |at: Timestamp| When {
        exact: when::exact(at),
        said: when::date_and_time(page.t, &when::local(at, &page.city.zone)),
    };
    let closed = closed(&page, forms.context.opening());
    let status_page = StatusPage {
        new,
        headline: headline(&page, &standing),
        lines: lines(&page, &standing, closed),
        service: service.map(|service| service.names.get(&page.t.code).to_owned()),
        sent_at: at(standing.opened_at),
        as_of: page.t.say("status-as-of", &[("time", at(forms.now()).said.into())]),
        said: messages.iter().map(|message| line(&page, message, &standing, at(message.at))).collect(),
        version: version(&standing, &messages),
        message_id: reply
            .message_id
            .clone()
            .filter(|id| is_submission_id(id))
            .unwrap_or_else(|| Secret::random().reveal()),
        photos_hint: super::page::photos_hint(page.t),
        reply,
        standing,
        page,
    };
    answer(status, &status_page)
}

pub(super) async fn seen(forms: &Forms, contact: ContactId) -> Result<(Standing, Vec<Message>), NotKept> {
    let standing = forms.context.standing(contact).await?;
    let mut messages: Vec<Message> = Vec::new();
    for _ in 0..PAGES {
        let after = messages.last().map_or(0, |message| message.seq);
        let mut more = forms.context.conversation(contact, after, MESSAGES).await?;
        let last = more.len() < MESSAGES;
        messages.append(&mut more);
        if last {
            break;
        }
    }
    Ok((standing, messages))
}

fn headline(page: &Page<'_>, standing: &Standing) -> String {
    let t = page.t;
    match (standing.stage, &standing.rep) {
        (CustomerStage::Waiting, _) => t.text("status-waiting"),
        (CustomerStage::Active, Some(name)) => t.say("status-active", &[("name", name.as_str().into())]),
        (CustomerStage::Active, None) => t.text("status-active-unnamed"),
        (CustomerStage::WaitingForYou, _) => t.text("status-yours"),
        (CustomerStage::Closed, _) => t.text("status-closed"),
    }
}

fn lines(page: &Page<'_>, standing: &Standing, closed: Option<String>) -> Vec<String> {
    let t = page.t;
    match standing.stage {
        CustomerStage::Waiting => {
            let place = standing.place.map(|place| match place {
                1 => t.text("status-next"),
                PLACE_MAX.. => t.say("status-place-far", &[("place", PLACE_MAX.into())]),
                place => t.say("status-place", &[("place", place.into())]),
            });
            let wait = match (standing.wait, &closed) {
                (Some(wait), None) => Some(t.say("status-wait", &[("wait", when::wait(t, wait).into())])),
                (None, None) => Some(t.text("status-wait-unknown")),
                (_, Some(_)) => None, // nobody waits through the night in minutes
            };
            place.into_iter().chain(wait).chain(closed).collect()
        }
        CustomerStage::Active => vec![t.text("status-active-text")],
        CustomerStage::WaitingForYou => vec![t.text("status-yours-text")],
        CustomerStage::Closed => vec![t.text(ended(standing.disposition)), t.text("status-closed-text")],
    }
}

/// The text for how a request ended. A customer is not told that they were taken for spam.
fn ended(disposition: Option<Disposition>) -> &'static str {
    match disposition {
        Some(Disposition::Informed) => "ended-informed",
        Some(Disposition::Requested) => "ended-requested",
        Some(Disposition::Reported) => "ended-reported",
        Some(Disposition::Referred) => "ended-referred",
        Some(Disposition::Transferred) => "ended-transferred",
        Some(Disposition::Deflected) => "ended-deflected",
        Some(Disposition::NoContact) => "ended-no-contact",
        Some(Disposition::Abandoned) => "ended-abandoned",
        Some(Disposition::Spam) | None => "ended-other",
    }
}

fn line(page: &Page<'_>, message: &Message, standing: &Standing, at: When) -> Line {
    let mine = message.from == Author::Customer;
    let who = match message.from {
        Author::Customer => "conversation-you",
        Author::Automatic => "conversation-automatic",
        Author::Rep(_) | Author::Note(_) | Author::Memo => "conversation-rep",
    };
    let files = message.attachments.iter().map(|file| FileLine {
        address: format!("{}/files/{}", page.path, file.digest),
        name: file.name.clone(),
        is_picture: matches!(file.media_type.as_str(), "image/jpeg" | "image/png" | "image/webp"),
        alt: page.t.say("photo-alt", &[("name", file.name.as_str().into())]),
    });
    Line {
        seq: message.seq,
        mine,
        who: page.t.text(who),
        at,
        text: message.text.clone(),
        files: files.collect(),
        read: mine && message.seq <= standing.rep_read,
    }
}

/// Changes when there is something new to see.
pub(super) fn version(standing: &Standing, messages: &[Message]) -> String {
    let last = messages.last().map_or(0, |message| message.seq);
    let seen = serde_json::json!([standing, last]).to_string();
    hex(&Sha256::digest(seen)[..8])
}
