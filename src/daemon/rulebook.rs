//! What the programme decides by: the routing plan, the danger words, the service catalogue. Read once, checked whole.

use crate::catalogue::Catalogue;
use crate::document::Problem;
use crate::intake::{Circumstances, Intake, Safety, ServiceFacts, classify};
use crate::message::Inbound;
use crate::plan::Plan;
use crate::routing::ids::{RepId, Timestamp};
use crate::routing::queue::Settings;
use crate::settings::Files;
use std::path::Path;

const PLAN: &str = include_str!("../../config/routing.toml");
const SAFETY: &str = include_str!("../../config/safety.toml");

/// Shared by everything that looks at a contact before the engine does.
#[derive(Debug)]
pub struct Rulebook {
    pub plan: Plan,
    pub safety: Safety,
    pub catalogue: Catalogue,
}

/// Something in the texts is wrong; each line says what, where and how to mend it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Unsound(pub Vec<Problem>);

impl Rulebook {
    /// The texts built in, or the files the settings name.
    pub fn read(files: &Files) -> anyhow::Result<Rulebook> {
        let plan = text(files.plan.as_deref(), PLAN)?;
        let safety = text(files.safety.as_deref(), SAFETY)?;
        let catalogue = match &files.services {
            None => Catalogue::shipped(),
            Some(path) => Catalogue::parse(&read(path)?).map_err(|problems| anyhow::anyhow!("{problems:?}"))?,
        };
        Ok(Rulebook {
            plan: Plan::parse(&plan).map_err(Unsound)?,
            safety: Safety::parse(&safety).map_err(Unsound)?,
            catalogue,
        })
    }

    /// What the engine needs to know of an inbound.
    pub fn classify(&self, inbound: &Inbound, now: Timestamp, prefer: Option<RepId>) -> Intake {
        let service = inbound.service.as_deref().and_then(|code| self.catalogue.get(code));
        let service = service.map(|s| ServiceFacts { skill: s.skill, urgency: s.urgency });
        let about = Circumstances { service, prefer, returning: prefer.is_some() };
        classify(inbound, &self.plan, &self.safety, now, about)
    }

    /// The engine's settings when they are not those in force, under the next version.
    pub fn news(&self, in_force: Option<&Settings>) -> Option<Settings> {
        let Some(old) = in_force else { return Some(self.plan.settings(1)) };
        let mut same = self.plan.settings(old.version);
        let known: Vec<_> = old.queues.iter().filter(|queue| !queue.retired).cloned().collect();
        same.queues.sort_by_key(|queue| known.iter().position(|k| k.name == queue.name));
        let unchanged = same == Settings { queues: known, ..old.clone() };
        (!unchanged).then(|| self.plan.settings(old.version + 1))
    }
}

fn text(path: Option<&Path>, built_in: &str) -> anyhow::Result<String> {
    path.map_or_else(|| Ok(built_in.to_owned()), read)
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))
}
