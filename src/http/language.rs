//! The languages people are offered, and a rep's word on which one a contact is in.

use super::body::{Given, Number};
use super::conversation::Messages;
use super::refusal::Answer;
use super::rep::Workplace;
use super::session::{Rep, Staff};
use super::show::Contact;
use crate::channels::form::check::language_tag;
use crate::console::problem::Problem;
use crate::routing::ids::{ContactId, Word};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetLanguage {
    /// A BCP-47 tag, for example `es` or `zh-Hant`.
    language: String,
}

/// Answers with the contact as it is now, without its messages.
pub async fn set(
    State(work): State<Workplace>,
    rep: Rep,
    Number(id): Number,
    Given(given): Given<SetLanguage>,
) -> Answer<Json<Contact>> {
    let language = language_tag(&given.language);
    let language = language.ok_or_else(|| Problem::field("language", "Write a language tag such as es or zh-Hant."))?;
    work.desk.handle.set_language(ContactId(id), language, rep.id()).await?;
    Ok(Json(work.desk.contact(ContactId(id), rep.id(), Messages::None).await?))
}

/// The programme's languages and those of its representatives, the usual one first.
pub async fn all(State(work): State<Workplace>, _: Staff) -> Answer<Json<Vec<Word>>> {
    let mut all = work.desk.names.languages.clone();
    let reps = work.desk.handle.read(|engine, _| {
        let levels = engine.reps().flat_map(|rep| &rep.profile.ability.languages);
        levels.map(|level| level.language).collect::<Vec<_>>()
    });
    for language in reps.await? {
        if !all.contains(&language) {
            all.push(language);
        }
    }
    Ok(Json(all))
}
