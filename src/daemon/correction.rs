//! A representative who knows better says which language a contact is in: the row and the need change in one commit.

use super::{Failure, Handle, Job};
use crate::intake::language::tidy;
use crate::message::{LanguageChoice, LanguageSource};
use crate::plan::language::needed;
use crate::routing::command::{Command, Refusal};
use crate::routing::engine::Engine;
use crate::routing::ids::{ContactId, RepId, Word};
use crate::store::Record;

impl Handle {
    /// Set the language of an open contact, in the spelling the roster uses. It keeps its queue, urgency and owner; who
    /// takes it over from them must use this language, and what the programme itself says is in it from now on.
    pub async fn set_language(&self, contact: ContactId, language: Word, by: RepId) -> Result<(), Failure> {
        let code = tidy(language);
        let command = self.read(move |engine, _| corrected(engine, contact, code, by)).await?;
        let command = command.ok_or(Refusal::NoSuchContact(contact))?;
        let language = LanguageChoice::new(code, LanguageSource::Rep);
        let records = vec![Record::Language { contact, language }];
        self.submit(Job { command: Some(command), records }).await?;
        Ok(())
    }
}

/// Its need with this language instead of the one it has.
fn corrected(engine: &Engine, contact: ContactId, language: Word, by: RepId) -> Option<Command> {
    let open = engine.contact(contact)?;
    let mut need = engine.need(open.wanted).clone();
    need.language = needed(language, open.channel);
    let queue = engine.queue_name(open.queue);
    Some(Command::Reclassify { contact, by, queue, need: Box::new(need), urgency: open.urgency })
}
