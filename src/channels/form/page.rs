//! The form of one service: empty, or with what was typed and what is wrong with it.

use super::Forms;
use super::body::{FILE_MAX, FILES_MAX, named};
use super::check::{Fault, NAME_MAX, TEXT_MAX};
use super::doubt::{HONEYPOT, Shown};
use super::kept;
use super::listing::sorry;
use crate::catalogue::{Answer, Question, Service};
use crate::console::page::{Asked, Page, answer};
use crate::message::Attachment;
use crate::routing::ids::Urgency;
use crate::texts::Text;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use std::collections::BTreeMap;

/// The id of the form: the language picker is a part of it.
const FORM: &str = "request";

/// What one form shows.
#[derive(Template)]
#[template(path = "form.html", config = "src/console/askama.toml")]
struct FormPage<'a> {
    page: Page<'a>,
    service: &'a Service,
    shown: Shown,
    filled: Filled,
    /// What stands above the form.
    notice: Option<(String, String)>,
    errors: Vec<Wrong>,
    /// Photos that are already here, as (name, signed note).
    kept: Vec<(String, String)>,
}

/// A field with its label and what is wrong with it, in the reader's language.
struct Wrong {
    field: String,
    label: String,
    message: String,
}

/// What the person typed, by the names of the fields.
#[derive(Default)]
pub(super) struct Filled {
    pub values: BTreeMap<String, String>,
    pub files: Vec<Attachment>,
    /// The name of a file that was not taken.
    pub refused: Option<String>,
    pub faults: Vec<Fault>,
    /// Photos came and were not kept.
    pub photos_again: bool,
}

/// Why a form comes back although nothing in it is wrong.
pub(super) enum Notice {
    /// Sent before with other words.
    SentBefore,
    /// Too many from this household: when to try again, in seconds.
    Busy(u32),
    /// It could not be kept.
    Unavailable(u32),
}

pub(super) async fn form(State(forms): State<Forms>, asked: Asked, Path(code): Path<String>) -> Response {
    let page = forms.pages.page(&asked, format!("/forms/{code}"));
    match forms.pages.catalogue.get(&code) {
        Some(service) => render(&forms, page, service, Filled::default(), None),
        None => {
            let page = Page { path: "/forms".into(), ..page };
            sorry(page, StatusCode::NOT_FOUND)
        }
    }
}

/// The form as it stands: 200 when nothing is wrong with it, else 422, 429 or 503.
pub(super) fn render(
    forms: &Forms,
    page: Page<'_>,
    service: &Service,
    filled: Filled,
    notice: Option<Notice>,
) -> Response {
    let (status, retry) = match notice {
        Some(Notice::Busy(secs)) => (StatusCode::TOO_MANY_REQUESTS, Some(secs)),
        Some(Notice::Unavailable(secs)) => (StatusCode::SERVICE_UNAVAILABLE, Some(secs)),
        Some(Notice::SentBefore) => (StatusCode::UNPROCESSABLE_ENTITY, None),
        None if filled.faults.is_empty() => (StatusCode::OK, None),
        None => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    let page = page.switched_by(FORM);
    let now = forms.now();
    let mut shown = Shown::new(service.code.as_str(), now, &forms.secret_key);
    // The same form sent again is the same request, except when it must become a new one.
    if let (Some(id), Some(at)) = (filled.values.get("submission_id"), filled.values.get("shown"))
        && !matches!(notice, Some(Notice::SentBefore))
    {
        shown = Shown { submission_id: id.clone(), at: at.clone() };
    }
    let form = FormPage {
        errors: filled.faults.iter().map(|fault| wrong(&page, service, &filled, fault)).collect(),
        notice: notice.map(|notice| notice.say(&page)),
        kept: filled.files.iter().map(|file| (file.name.clone(), kept::note(file, &forms.secret_key))).collect(),
        page,
        service,
        shown,
        filled,
    };
    let mut response = answer(status, &form);
    if let Some(secs) = retry {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

fn wrong(page: &Page<'_>, service: &Service, filled: &Filled, fault: &Fault) -> Wrong {
    let question = |name: &str| service.questions.iter().find(|question| question.name == name);
    let label = match fault.field.strip_prefix("fields.") {
        Some(name) => question(name).map(|question| question.label.get(&page.t.code).to_owned()),
        None => Some(page.t.text(&format!("form-{}-label", fault.field))),
    };
    let refused = filled.refused.as_deref().filter(|_| fault.field == "photos");
    let message = named(refused, fault.wrong.say(page.t));
    Wrong { field: fault.field.clone(), label: label.unwrap_or_default(), message }
}

impl Notice {
    /// Title and text.
    fn say(self, page: &Page<'_>) -> (String, String) {
        let phone = ("phone", page.city.phone.as_str().into());
        let t = page.t;
        match self {
            Notice::SentBefore => (t.text("errors-title"), t.text("error-sent-before")),
            Notice::Busy(secs) => {
                let minutes = secs.div_ceil(60).max(1);
                (t.text("busy-title"), t.say("busy-text", &[("minutes", minutes.into()), phone]))
            }
            Notice::Unavailable(_) => (t.text("unavailable-title"), t.say("unavailable-text", &[phone])),
        }
    }
}

impl FormPage<'_> {
    fn value(&self, field: &str) -> &str {
        self.filled.values.get(field).map_or("", String::as_str)
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    fn answer_field(&self, question: &Question) -> String {
        format!("fields.{}", question.name)
    }

    /// For `aria-describedby`: the hint, and what is wrong.
    fn described(&self, field: &str, hint: bool) -> String {
        let hint = if hint { format!("{field}-hint ") } else { String::new() };
        let error = self.error(field).map(|_| format!("{field}-error"));
        format!("{hint}{}", error.unwrap_or_default()).trim_end().to_owned()
    }

    /// The language of the answer that is chosen when the person chooses none: the one they read.
    fn answer_in(&self) -> &str {
        self.filled.values.get("language").map_or(&self.page.t.code, String::as_str)
    }

    /// A stop inside the form, where what it reports may be dangerous.
    fn danger(&self) -> Option<String> {
        let city = self.page.city;
        let numbers = [("phone", city.phone.as_str().into()), ("emergency", city.emergency.as_str().into())];
        (self.service.urgency == Urgency::Urgent).then(|| self.page.t.say("form-urgent", &numbers))
    }

    fn photos_hint(&self) -> String {
        photos_hint(self.page.t)
    }
}

/// How many files of what size and type.
pub(super) fn photos_hint(t: &Text) -> String {
    t.say("form-photos-hint", &[("count", FILES_MAX.into()), ("size", (FILE_MAX >> 20).into())])
}
