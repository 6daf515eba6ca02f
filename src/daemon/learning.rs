//! A language that was only assumed, until the customer writes enough to tell: row, need and place change with their message.

use super::reception::{Inner, not_kept};
use crate::channels::NotKept;
use crate::intake::{Intake, language};
use crate::message::{Author, ContactRecord, Inbound, LanguageChoice, LanguageSource, Mailbox, NewMessage};
use crate::plan::language::needed;
use crate::routing::command::{Arrival, Command};
use crate::routing::engine::Engine;
use crate::routing::ids::{ContactId, Urgency};

/// Messages of a conversation that are looked at to see where the plan puts it.
const LOOKED_AT: usize = 50;

/// What a message tells of its contact's language.
pub(super) struct Learnt {
    pub language: LanguageChoice,
    /// Says the message and corrects the contact; without it, only the row is wrong.
    pub command: Option<Command>,
}

impl Inner {
    /// What this message tells that nobody has said or told before. `mailbox` is where mail of this contact comes to;
    /// `danger` is found in the message.
    ///
    /// # Errors
    /// `Unavailable`, `Busy`: the contact could not be looked at.
    pub(super) async fn learn(
        &self,
        of: &ContactRecord,
        message: &NewMessage,
        danger: bool,
        mailbox: Option<Mailbox>,
    ) -> Result<Option<Learnt>, NotKept> {
        if of.language.source != LanguageSource::Default {
            return Ok(None);
        }
        let (assumed, detector) = (of.language, &self.rulebook().detector);
        let told = language::choose(Some(assumed), &message.text, assumed.code, detector);
        if told.source != LanguageSource::Detected {
            return Ok(None);
        }
        if needed(told.code, of.channel) == needed(assumed.code, of.channel) {
            return Ok(Some(Learnt { language: told, command: None }));
        }
        let before = self.earlier_words(of.id).await?;
        let after = format!("{before}\n{}", message.text);
        let place = |text, language| self.placed(of, text, language, mailbox.clone());
        let (was, is) = (place(before, assumed), place(after, told));
        let contact = of.id;
        let command = self.handle().read(move |engine, _| correction(engine, contact, danger, (&was, is)));
        Ok(Some(Learnt { language: told, command: command.await.map_err(not_kept)? }))
    }

    /// What the customer has written so far.
    async fn earlier_words(&self, contact: ContactId) -> Result<String, NotKept> {
        let said = self.handle().rows(move |rows| rows.conversation(contact, 0, LOOKED_AT)).await.map_err(not_kept)?;
        let theirs = said.into_iter().filter(|message| message.from == Author::Customer);
        Ok(theirs.map(|message| message.text).collect::<Vec<_>>().join("\n"))
    }

    /// Where the plan puts this contact with these words in this language.
    fn placed(&self, of: &ContactRecord, text: String, language: LanguageChoice, mailbox: Option<Mailbox>) -> Arrival {
        let inbound = Inbound { language: Some(language), mailbox, ..super::reception::again(of, text) };
        let Intake { mut arrival, safety, .. } = self.rulebook().classify(&inbound, of.opened_at, of.last_rep);
        // danger has a command of its own
        arrival.urgency = if safety.is_some() { Urgency::Low } else { arrival.urgency };
        arrival
    }
}

/// As long as it is where the plan has put it, it goes where the plan would have put it; where somebody has decided
/// otherwise, only its language changes. `None`: it is closed.
fn correction(engine: &Engine, contact: ContactId, danger: bool, (was, is): (&Arrival, Arrival)) -> Option<Command> {
    let open = engine.contact(contact)?;
    let (queue, need) = (engine.queue_name(open.queue), engine.need(open.wanted));
    let assumed = need.language;
    let put = engine.need_there(was.queue, was.need.clone());
    let untouched = queue == was.queue && put.as_ref() == Some(need) && open.urgency == was.urgency;
    let (queue, need, urgency) = if untouched {
        (is.queue, is.need, is.urgency)
    } else {
        let mut need = need.clone();
        need.language = is.need.language;
        (queue, need, open.urgency)
    };
    Some(Command::LanguageTold { contact, danger, assumed, queue, need: Box::new(need), urgency })
}
