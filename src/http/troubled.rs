//! Deliveries that did not arrive, until a supervisor has dealt with them.

use super::body::{Given, Number};
use super::held::Most;
use super::mail::Letters;
use super::refusal::Answer;
use super::rep::{Nothing, note_of};
use super::session::Triager;
use crate::console::problem::Problem;
use crate::daemon::Job;
use crate::message::delivery::{Delivery, DeliveryState, Kind};
use crate::message::{ContactRecord, Party};
use crate::routing::ids::{ContactId, Timestamp};
use crate::store::{Due, Record, StoreError};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A delivery that was given up, or of which nobody knows whether it arrived.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Troubled {
    pub id: u64,
    #[schema(value_type = u64)]
    pub contact: ContactId,
    pub reference: String,
    /// Of the contact; staff only.
    pub subject: String,
    /// `{name, email, phone}`: how else they could be reached.
    #[schema(value_type = Object)]
    pub party: Party,
    pub closed: bool,
    /// `reply`, `acknowledgement`, `notice` or `transcript`.
    #[schema(value_type = String)]
    pub kind: Kind,
    pub to: String,
    /// `failed`, or `unknown`: it may have arrived.
    #[schema(value_type = String)]
    pub state: DeliveryState,
    #[schema(value_type = i64)]
    pub made_at: Timestamp,
    /// What the other side said last.
    pub said: Option<String>,
}

/// Answers first, then the newest first.
pub async fn list(State(room): State<Letters>, _: Triager, Query(most): Query<Most>) -> Answer<Json<Vec<Troubled>>> {
    let listed = room.desk.handle.rows(move |rows| {
        let deliveries = rows.deliveries(Due::Troubled, most.listed())?;
        let contact = |delivery: Delivery| match rows.contact(delivery.contact) {
            Err(StoreError::Damaged { .. }) => Ok(None), // the others are shown all the same
            found => Ok(found?.map(|record| Troubled::of(delivery, record))),
        };
        deliveries.into_iter().filter_map(|delivery| contact(delivery).transpose()).collect()
    });
    Ok(Json(listed.await?))
}

/// What was done about it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// Kept with the contact; staff only.
    note: Option<String>,
}

/// Somebody has dealt with it: off the list, and kept with their name.
pub async fn settle(
    State(room): State<Letters>,
    by: Triager,
    Number(id): Number,
    Given(Settled { note }): Given<Settled>,
) -> Answer<Json<Nothing>> {
    let found = room.desk.handle.rows(move |rows| rows.deliveries(Due::Id(id), 1)).await?.pop();
    let found = found.filter(|delivery| delivery.progress.state.is_trouble());
    let delivery = found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "There is no such delivery in trouble."))?;
    let settled = || Problem::new(StatusCode::CONFLICT, "Somebody has dealt with this already.");
    if delivery.settled.is_some() {
        return Err(settled());
    }
    let mut records = vec![Record::DeliverySettled { id, by: by.id() }];
    records.extend(note_of(delivery.contact, by.id(), note)?);
    if room.desk.handle.submit(Job { command: None, records }).await?.duplicate {
        return Err(settled()); // at the same moment, and their note is not kept
    }
    tracing::info!(delivery = id, by = by.id().0, "a delivery that did not arrive was dealt with");
    Ok(Json(Nothing {}))
}

impl Troubled {
    fn of(delivery: Delivery, record: ContactRecord) -> Troubled {
        Troubled {
            id: delivery.id,
            contact: delivery.contact,
            reference: record.reference,
            subject: record.subject,
            party: record.party,
            closed: record.closed.is_some(),
            kind: delivery.kind,
            to: delivery.to,
            state: delivery.progress.state,
            made_at: delivery.made_at,
            said: delivery.progress.said,
        }
    }
}
