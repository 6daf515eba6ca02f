//! What a refused or failed job answers: each reason its status, and never a word about our insides.

use crate::console::problem::Problem;
use crate::daemon::Failure;
use crate::routing::command::Refusal;
use axum::http::StatusCode;

/// What a handler answers.
pub type Answer<T> = Result<T, Problem>;

/// 404 for what is not there and for what is not yours, alike.
pub fn no_such_contact() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "There is no such contact.")
}

/// 409 for an offer that was taken, has expired, was never there or is somebody else's, alike.
pub fn offer_gone() -> Problem {
    Problem::new(StatusCode::CONFLICT, "This offer is gone: it was taken, withdrawn, or has expired.")
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let conflict = |detail: String| Problem::new(StatusCode::CONFLICT, detail);
        match refusal {
            Refusal::NoSuchContact(_) | Refusal::NotYours(_) => no_such_contact(),
            Refusal::OfferGone => offer_gone(),
            Refusal::NoSuchRep(_) => conflict("This account is not on the roster of representatives.".into()),
            Refusal::NoSuchQueue(name) => Problem::field("queue", format!("There is no queue named {name}.")),
            Refusal::WrongStage { stage, .. } => {
                conflict(format!("The contact is {} now.", stage_in_words(stage.as_str())))
            }
            Refusal::SignedOut(_) => conflict("That representative is signed out.".into()),
            Refusal::Away(_) => conflict("That representative is away.".into()),
            Refusal::DoesNotServe { .. } => {
                conflict("That representative does not have the language or the skills this contact needs.".into())
            }
            Refusal::NoPlan => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "No routing plan has been set yet."),
            Refusal::BadPlan(why) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why),
        }
    }
}

fn stage_in_words(stage: &str) -> &str {
    match stage {
        "wrap_up" => "in wrap-up",
        stage => stage,
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        let later = |secs, detail| Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(secs);
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::KeyReused => {
                let detail = "This Idempotency-Key was used for a different request.";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
            }
            Failure::Rejected(why) => {
                tracing::error!(why, "a job was refused that can never be kept");
                Problem::new(StatusCode::CONFLICT, "This cannot be kept, and nothing was changed.")
            }
            Failure::Busy => later(1, "Too much is waiting to be decided; try again in a second."),
            Failure::Storage(error) => {
                tracing::error!(%error, "storage failed; nothing was acknowledged");
                later(5, "This could not be kept, and nothing was changed; try again.")
            }
            Failure::Stopping => later(5, "The service is restarting; try again in a few seconds."),
        }
    }
}
