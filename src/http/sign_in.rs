//! Signing in and out, and the staff's pages: the console and the board, or the form that leads to them.

use super::body::Given;
use super::desk::Desk;
use super::layers::CSP_WITH_FRAMES;
use super::refusal::Answer;
use super::session::{Sessions, SignedIn, Staff};
use super::show::Me;
use crate::channels::visitor::ClientIp;
use crate::console::staff;
use crate::store::Role;
use askama::Template;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What signing in and the staff's pages stand on.
#[derive(Clone)]
pub struct Porch {
    pub sessions: Sessions,
    pub desk: Desk,
    /// The programme's name, for example `Portland 311`.
    pub programme: Arc<str>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    name: String,
    password: String,
}

pub async fn sign_in(
    State(porch): State<Porch>,
    Extension(client): Extension<ClientIp>,
    headers: HeaderMap,
    Given(given): Given<Credentials>,
) -> Answer<Response> {
    let (cookie, who) = porch.sessions.sign_in(client, &headers, &given.name, given.password).await?;
    let me: Me = porch.desk.me(&who).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(me)).into_response())
}

pub async fn sign_out(State(porch): State<Porch>, who: Staff) -> Answer<Response> {
    let cookie = porch.sessions.sign_out(&who).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// The same without JavaScript: back to the desk, or to the form with what was wrong.
pub async fn sign_in_form(
    State(porch): State<Porch>,
    Extension(client): Extension<ClientIp>,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Response {
    match porch.sessions.sign_in(client, &headers, &given.name, given.password).await {
        Ok((cookie, _)) => ([(header::SET_COOKIE, cookie)], Redirect::to("/desk")).into_response(),
        Err(problem) => porch.form(problem.status, Some(&problem.detail)),
    }
}

/// Set by the gate when someone is signed in.
type Perhaps = Option<Extension<Arc<SignedIn>>>;

pub async fn desk_page(State(porch): State<Porch>, who: Perhaps) -> Response {
    let Some(Extension(who)) = who else { return porch.form(StatusCode::OK, None) };
    let supervisor = match who.role() {
        Role::Rep => false,
        Role::Supervisor => true,
        Role::Admin | Role::Auditor => return Redirect::to("/board").into_response(),
    };
    let display = &who.account.display;
    shows_mail(page(StatusCode::OK, &staff::Desk { programme: &porch.programme, display, supervisor }))
}

pub async fn board_page(State(porch): State<Porch>, who: Perhaps) -> Response {
    match who {
        None => porch.form(StatusCode::OK, None),
        Some(Extension(who)) if who.role() == Role::Rep => {
            porch.form(StatusCode::FORBIDDEN, Some("The board is for supervisors. Sign in as one."))
        }
        Some(Extension(who)) => {
            let page = staff::Board { programme: &porch.programme, display: &who.account.display };
            shows_mail(self::page(StatusCode::OK, &page))
        }
    }
}

pub async fn held_page(State(porch): State<Porch>, who: Perhaps) -> Response {
    match who {
        None => porch.form(StatusCode::OK, None),
        Some(Extension(who)) if !matches!(who.role(), Role::Supervisor | Role::Admin) => {
            porch.form(StatusCode::FORBIDDEN, Some("Held mail is for supervisors. Sign in as one."))
        }
        Some(Extension(who)) => {
            let page = staff::Held { programme: &porch.programme, display: &who.account.display };
            shows_mail(self::page(StatusCode::OK, &page))
        }
    }
}

/// Lets a page hold the frames in which a stranger's mail is shown.
fn shows_mail(mut page: Response) -> Response {
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP_WITH_FRAMES));
    page
}

impl Porch {
    fn form(&self, status: StatusCode, notice: Option<&str>) -> Response {
        page(status, &staff::SignIn { programme: &self.programme, notice })
    }
}

fn page(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
