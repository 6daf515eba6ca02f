//! An admin's requests: who can sign in, and who no longer can.

use super::refusal::Answer;
use super::screens::Screens;
use super::session::Admin;
use super::show::Login;
use crate::console::problem::Problem;
use crate::daemon::{Failure, Handle, Job};
use crate::routing::command::Command;
use crate::routing::ids::Presence;
use crate::store::{Account, Record};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

/// What the admin's room stands on.
#[derive(Clone)]
pub struct Registry {
    pub handle: Handle,
    pub screens: Screens,
}

pub async fn accounts(State(registry): State<Registry>, _: Admin) -> Answer<Json<Vec<Login>>> {
    let mut accounts = registry.handle.rows(|rows| rows.accounts()).await?;
    accounts.sort_by_key(|account| account.name);
    Ok(Json(accounts.iter().map(Login::of).collect()))
}

/// From the commit on nobody is signed in as them; their screens close at once, and what they had goes back in line.
pub async fn disable(State(registry): State<Registry>, by: Admin, Path(name): Path<String>) -> Answer<Json<Login>> {
    let account = registry.account(name).await?;
    if account.id == by.id() {
        let detail = "This is your own account: somebody else must disable it, so that one admin is left.";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let account = Account { disabled: true, ..account };
    let offline = Command::SetPresence { rep: account.id, presence: Presence::Offline };
    match registry.keep(&account, Some(offline)).await {
        // Not on the roster: nothing to take them off.
        Err(Failure::Refused(_)) => registry.keep(&account, None).await?,
        done => done?,
    }
    registry.screens.close_all(account.id);
    tracing::info!(account = account.id.0, by = by.id().0, "an account was disabled");
    Ok(Json(Login::of(&account)))
}

/// They sign in anew.
pub async fn enable(State(registry): State<Registry>, by: Admin, Path(name): Path<String>) -> Answer<Json<Login>> {
    let account = registry.account(name).await?;
    if !account.disabled {
        return Ok(Json(Login::of(&account)));
    }
    let account = Account { disabled: false, ..account };
    registry.keep(&account, None).await?;
    tracing::info!(account = account.id.0, by = by.id().0, "an account was enabled");
    Ok(Json(Login::of(&account)))
}

impl Registry {
    async fn account(&self, name: String) -> Answer<Account> {
        let found = self.handle.rows(move |rows| rows.account(&name)).await?;
        found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "There is no such account."))
    }

    /// Whoever was signed in, or came in while this was decided, is out.
    async fn keep(&self, account: &Account, command: Option<Command>) -> Result<(), Failure> {
        let records = vec![Record::Account(account.clone()), Record::EndSessionsOf { account: account.id }];
        self.handle.submit(Job { command, records }).await.map(drop)
    }
}
