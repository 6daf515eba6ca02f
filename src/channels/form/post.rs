//! A form that was sent from a page: kept and shown how it stands, or shown again with everything that was typed.

use super::body::{Came, FILES_MAX, FileTrouble, read};
use super::check::{self, Sender, Sent, cleaned};
use super::doubt::{self, HONEYPOT};
use super::identity::{Key, identify};
use super::listing::sorry;
use super::page::{Filled, Notice, render};
use super::{Forms, Household, kept};
use crate::catalogue::Service;
use crate::channels::NotKept;
use crate::console::page::{Asked, Page, SWITCHED_FROM};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::BTreeMap;

/// When so many send photos that there is no room for more, the next try is worth it after this long.
const CROWDED_SECS: u32 = 10;

pub(super) async fn send(
    State(forms): State<Forms>,
    asked: Asked,
    household: Household,
    Path(code): Path<String>,
    request: Request,
) -> Response {
    let page = forms.pages.page(&asked, format!("/forms/{code}"));
    let Some(service) = forms.pages.catalogue.get(&code) else {
        return sorry(page, StatusCode::NOT_FOUND);
    };
    // Counted before anything is kept; read all the same, so that nothing typed is lost.
    let may = forms.may_send(household.0);
    let came = match read(request, &forms, may.is_ok().then_some(household.0)).await {
        Ok(came) => came,
        Err(unreadable) => return sorry(page, unreadable.status()),
    };
    let (mut filled, file_trouble) = fill(came, &forms.secret_key);
    if let Some(from) = filled.values.remove(SWITCHED_FROM)
        && !filled.photos_again
    {
        // who did not choose another language for the answer wants it in the one they read
        filled.values.retain(|name, value| name != "language" || *value != from);
        return render(&forms, page, service, filled, None);
    }
    if let Err(secs) = may {
        return render(&forms, page, service, filled, Some(Notice::Busy(secs)));
    }
    if filled.photos_again {
        return render(&forms, page, service, filled, Some(Notice::Unavailable(CROWDED_SECS)));
    }
    hand_in(&forms, page, service, filled, file_trouble).await
}

async fn hand_in(
    forms: &Forms,
    page: Page<'_>,
    service: &Service,
    mut filled: Filled,
    file_trouble: Option<FileTrouble>,
) -> Response {
    let asked = match check::check(sent(&filled, file_trouble), service, Sender::Person) {
        Ok(asked) => asked,
        Err(faults) => {
            filled.faults = faults;
            return render(forms, page, service, filled, None);
        }
    };
    let id = filled.values.get("submission_id").filter(|id| doubt::is_submission_id(id));
    let key = id.map_or(Key::None, |id| Key::Page(id));
    let doubtful = is_doubtful(forms, service, &filled);
    let identified = identify(asked, service.code, key, doubtful, &forms.secret_key);
    match forms.context.deliver(identified.inbound).await {
        // 303 (RFC 9110 §15.4.4): loading the page again sends nothing again.
        Ok(_) => {
            let address = page.link(&format!("/s/{}", identified.secret.reveal()));
            Redirect::to(&format!("{address}&new=1")).into_response()
        }
        Err(why) => {
            let notice = match why {
                NotKept::KeyReused => Notice::SentBefore,
                NotKept::Busy { retry_secs } => Notice::Unavailable(retry_secs),
                NotKept::Refused(_) | NotKept::FileType | NotKept::Unavailable => Notice::Unavailable(2),
            };
            render(forms, page, service, filled, Some(notice))
        }
    }
}

/// What came, sorted: the words to show again, and the files that were kept now or the time before.
fn fill(mut came: Came, key: &[u8; 32]) -> (Filled, Option<FileTrouble>) {
    let notes: Vec<String> = (0..FILES_MAX).filter_map(|n| came.values.remove(&format!("kept.{n}"))).collect();
    let mut files: Vec<_> = notes.iter().filter_map(|note| kept::file(note, key)).collect();
    files.append(&mut came.files);
    let too_many = (files.len() > FILES_MAX).then_some(FileTrouble::Count);
    files.truncate(FILES_MAX);
    let values = came.values.into_iter().filter_map(|(name, value)| Some((name, cleaned(&value)?))).collect();
    let (refused, photos_again) = (came.refused, came.passed_over);
    let filled = Filled { values, files, refused, faults: Vec::new(), photos_again };
    (filled, came.file_trouble.or(too_many))
}

fn sent(filled: &Filled, file_trouble: Option<FileTrouble>) -> Sent {
    let value = |name: &str| filled.values.get(name).cloned();
    let answers: BTreeMap<String, String> = filled
        .values
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("fields.")?.to_owned(), value.clone())))
        .collect();
    Sent {
        text: value("text"),
        language: value("language"),
        name: value("name"),
        email: value("email"),
        phone: value("phone"),
        answers,
        files: filled.files.clone(),
        file_trouble,
    }
}

fn is_doubtful(forms: &Forms, service: &Service, filled: &Filled) -> bool {
    let value = |name: &str| filled.values.get(name).map_or("", String::as_str);
    let honeypot = filled.values.contains_key(HONEYPOT);
    let (id, shown) = (value("submission_id"), value("shown"));
    doubt::of_page(honeypot, service.code.as_str(), id, shown, forms.now(), &forms.secret_key)
        || doubt::of_text(value("text"))
}
