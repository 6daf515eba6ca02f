//! A supervisor's requests: see all work, give a contact to a rep.

use super::body::{Given, Number};
use super::conversation::Messages;
use super::desk::Desk;
use super::refusal::Answer;
use super::rep::Nothing;
use super::session::{Overseer, Reader, Supervisor};
use super::show::{Board, Contact};
use crate::console::problem::Problem;
use crate::daemon::Job;
use crate::routing::command::{Command, Refusal};
use crate::routing::ids::{ContactId, RepId};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

pub async fn board(State(desk): State<Desk>, _: Overseer) -> Answer<Json<Board>> {
    Ok(Json(Board::clone(&desk.board().await?.board)))
}

/// What a rep has, without a word of what was said: leaves no sighting. Nothing for a number that is nobody's.
pub async fn held(State(desk): State<Desk>, _: Reader, Number(id): Number) -> Answer<Json<Vec<Contact>>> {
    let rep = RepId(u32::try_from(id).unwrap_or(u32::MAX));
    Ok(Json(desk.held(rep, Messages::None).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    #[schema(value_type = u32)]
    rep: RepId,
}

pub async fn assign(
    State(desk): State<Desk>,
    by: Supervisor,
    Number(id): Number,
    Given(Assign { rep }): Given<Assign>,
) -> Answer<Json<Nothing>> {
    let command = Command::Assign { contact: ContactId(id), to: rep, by: by.id() };
    let done = desk.handle.submit(Job { command: Some(command), records: Vec::new() }).await;
    match done {
        Err(crate::daemon::Failure::Refused(Refusal::NoSuchRep(_))) => {
            Err(Problem::field("rep", "There is no such representative."))
        }
        done => {
            done?;
            Ok(Json(Nothing {}))
        }
    }
}
