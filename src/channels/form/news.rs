//! Tells the page of a request that it is out of date, as soon as it is.

use super::status::{contact, seen, version};
use super::{Forms, problem};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a page waits for news before it asks again; shorter than any proxy's patience.
const NEWS_WITHIN: Duration = Duration::from_secs(25);

#[derive(Deserialize)]
pub(super) struct ChangesQuery {
    #[serde(default)]
    version: String,
}

#[derive(Serialize)]
struct Changes {
    changed: bool,
}

/// Answers as soon as the page at this version is out of date, or after a while that it is not.
pub(super) async fn changes(
    State(forms): State<Forms>,
    Path(secret): Path<String>,
    Query(query): Query<ChangesQuery>,
) -> Response {
    let answer = async {
        let Some(contact) = contact(&forms, &secret).await? else { return Ok(None) };
        let mut news = forms.context.follow(contact); // before looking, so that nothing falls between
        let is_old = async || seen(&forms, contact).await.map(|(s, m)| version(&s, &m) != query.version);
        if !is_old().await? {
            let _ = tokio::time::timeout(NEWS_WITHIN, news.recv()).await;
        }
        Ok(Some(is_old().await?))
    };
    match answer.await {
        Ok(Some(changed)) => ([(header::CACHE_CONTROL, "no-store")], Json(Changes { changed })).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(why) => problem(why).into_response(),
    }
}
