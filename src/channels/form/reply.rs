//! The customer says something more, from the page of their request.

use super::body::{Came, FileTrouble, named, read};
use super::check::{TEXT_MAX, Wrong, cleaned};
use super::doubt::is_submission_id;
use super::listing::sorry;
use super::status::{Reply, contact, nobodys, show};
use super::{Forms, Household};
use crate::channels::NotKept;
use crate::console::page::{Asked, Page};
use crate::message::{Author, NewMessage};
use crate::routing::ids::ContactId;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

pub(super) async fn send(
    State(forms): State<Forms>,
    asked: Asked,
    Household(household): Household,
    Path(secret): Path<String>,
    request: Request,
) -> Response {
    let page = forms.pages.page(&asked, format!("/s/{secret}"));
    let contact = match contact(&forms, &secret).await {
        Ok(Some(contact)) => contact,
        Ok(None) => return nobodys(page),
        Err(why) => return sorry(page, super::status_of(&why)),
    };
    let may = forms.may_say(contact);
    let mut came = match read(request, &forms, may.is_ok().then_some(household)).await {
        Ok(came) => came,
        Err(unreadable) => return sorry(page, unreadable.status()),
    };
    let reply = Reply {
        text: came.values.remove("text").and_then(|text| cleaned(&text)).unwrap_or_default(),
        message_id: came.values.remove("message_id").filter(|id| is_submission_id(id)),
        error: None,
        photos_again: came.passed_over || (!came.files.is_empty()),
    };
    if let Err(secs) = may {
        let text = busy(&page, secs);
        let mut response = again(&forms, page, contact, StatusCode::TOO_MANY_REQUESTS, reply, text).await;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
        return response;
    }
    if came.passed_over {
        let text = unavailable(&page);
        return again(&forms, page, contact, StatusCode::SERVICE_UNAVAILABLE, reply, text).await;
    }
    if let Some(wrong) = wrong(&reply, &came) {
        let text = named(came.refused.as_deref(), wrong.say(page.t));
        return again(&forms, page, contact, StatusCode::UNPROCESSABLE_ENTITY, reply, text).await;
    }
    let message = NewMessage {
        from: Author::Customer,
        text: reply.text.clone(),
        attachments: came.files,
        client_id: reply.message_id.clone(),
    };
    match forms.context.say(contact, message).await {
        Ok(message) => Redirect::to(&format!("{}#m{}", page.link(&page.path), message.seq)).into_response(),
        Err(why) => {
            let text = match why {
                NotKept::Refused(_) => page.t.text("status-too-late"),
                _ => unavailable(&page),
            };
            again(&forms, page, contact, super::status_of(&why), reply, text).await
        }
    }
}

fn wrong(reply: &Reply, came: &Came) -> Option<Wrong> {
    let too_long = reply.text.chars().nth(TEXT_MAX).is_some();
    let empty = reply.text.is_empty() && came.files.is_empty();
    let trouble: Option<FileTrouble> = came.file_trouble;
    trouble.map(Wrong::File).or(too_long.then_some(Wrong::TooLong(TEXT_MAX))).or(empty.then_some(Wrong::Required))
}

fn unavailable(page: &Page<'_>) -> String {
    page.t.say("unavailable-text", &[("phone", page.city.phone.as_str().into())])
}

fn busy(page: &Page<'_>, secs: u32) -> String {
    let values = [("minutes", secs.div_ceil(60).max(1).into()), ("phone", page.city.phone.as_str().into())];
    page.t.say("busy-text", &values)
}

/// The page again, with what was typed and what is wrong.
async fn again(
    forms: &Forms,
    page: Page<'_>,
    contact: ContactId,
    status: StatusCode,
    reply: Reply,
    error: String,
) -> Response {
    show(forms, page, contact, status, false, Reply { error: Some(error), ..reply }).await
}
