//! What a customer's message brings beside itself: the answer to danger, and a language that was only assumed until they wrote
//! enough to tell it. Row, need and place change with the message.

use super::Job;
use super::reception::{Inner, not_kept};
use crate::channels::NotKept;
use crate::intake::{Intake, SafetyHit, language};
use crate::message::{Author, ContactRecord, Inbound, LanguageChoice, LanguageSource, Mailbox, NewMessage};
use crate::plan::language::needed;
use crate::routing::command::{Arrival, Command};
use crate::routing::engine::Engine;
use crate::routing::ids::{ContactId, Urgency};
use crate::store::Record;

/// Messages of a conversation that are looked at to see where the plan puts it.
const LOOKED_AT: usize = 50;

/// Whether a message may tell its contact's language: a stranger's words say nothing of the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learn {
    Yes,
    No,
}

/// What a message tells of its contact's language.
struct Learnt {
    language: LanguageChoice,
    /// Says the message and corrects the contact; without it, only the row is wrong.
    command: Option<Command>,
}

impl Inner {
    /// All that a customer's message on an open contact brings. `letter` is the address that may have the answer to danger,
    /// `mailbox` where mail of this contact comes to.
    pub(super) async fn speech(
        &self,
        of: &ContactRecord,
        message: NewMessage,
        letter: Option<&str>,
        mailbox: Option<Mailbox>,
    ) -> Result<Job, NotKept> {
        let hit = self.rulebook().safety.find(&message.text);
        let (language, command) = match self.learn(of, &message, hit.is_some(), mailbox).await? {
            Some(Learnt { language, command }) => (Some(language), command),
            None => (None, None),
        };
        let of = &ContactRecord { language: language.unwrap_or(of.language), ..of.clone() };
        let wrote = Command::CustomerWrote { contact: of.id, danger: hit.is_some() };
        Ok(Job { command: Some(command.unwrap_or(wrote)), records: self.said(of, message, language, letter, hit) })
    }

    /// A stranger's message on an open contact: it is there for the rep, and tells nothing of the customer.
    pub(super) fn remark(&self, of: &ContactRecord, message: NewMessage) -> Job {
        let hit = self.rulebook().safety.find(&message.text);
        let command = Some(Command::CustomerWrote { contact: of.id, danger: hit.is_some() });
        Job { command, records: self.said(of, message, None, None, hit) }
    }

    /// A message, the language it tells, and the answer to the danger it speaks of.
    fn said(
        &self,
        of: &ContactRecord,
        message: NewMessage,
        learnt: Option<LanguageChoice>,
        letter: Option<&str>,
        hit: Option<SafetyHit>,
    ) -> Vec<Record> {
        let danger = hit.map(|hit| self.answer_danger(of, letter, &hit)).unwrap_or_default();
        let learnt = learnt.map(|language| Record::Language { contact: of.id, language });
        [Record::Said { contact: of.id, message }].into_iter().chain(learnt).chain(danger).collect()
    }

    /// All that a message on a closed contact brings; `letter` as above.
    pub(super) async fn reopening(
        &self,
        of: &ContactRecord,
        message: NewMessage,
        letter: Option<&str>,
        learn: Learn,
    ) -> Job {
        let told = match learn {
            Learn::Yes => self.told(of, &message.text).await,
            Learn::No => None,
        };
        let of = &ContactRecord { language: told.unwrap_or(of.language), ..of.clone() };
        let (inbound, now) = (again(of, message.text.clone()), self.handle().clock().now());
        let taken = self.rulebook().classify_in(Some(of.language), &inbound, now, of.last_rep);
        let records = self.said(of, message, told, letter, taken.safety);
        Job { command: Some(Command::Reopen { contact: of.id, arrival: Box::new(taken.arrival) }), records }
    }

    /// The language, where it was only assumed and this text tells it.
    async fn told(&self, of: &ContactRecord, text: &str) -> Option<LanguageChoice> {
        let assumed = of.language;
        if assumed.source != LanguageSource::Default {
            return None;
        }
        let (rulebook, text) = (self.rulebook().clone(), text.to_owned());
        let choose = move || language::choose(Some(assumed), &text, assumed.code, &rulebook.detector);
        let told = tokio::task::spawn_blocking(choose).await.ok()?;
        (told.source == LanguageSource::Detected).then_some(told)
    }

    /// What this message tells that nobody has said or told before. `mailbox` is where mail of this contact comes to;
    /// `danger` is found in the message.
    ///
    /// # Errors
    /// `Unavailable`, `Busy`: the contact could not be looked at.
    async fn learn(
        &self,
        of: &ContactRecord,
        message: &NewMessage,
        danger: bool,
        mailbox: Option<Mailbox>,
    ) -> Result<Option<Learnt>, NotKept> {
        let assumed = of.language;
        let Some(told) = self.told(of, &message.text).await else { return Ok(None) };
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
        let inbound = Inbound { mailbox, ..again(of, text) };
        let taken = self.rulebook().classify_in(Some(language), &inbound, of.opened_at, of.last_rep);
        let Intake { mut arrival, safety, .. } = taken;
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

/// What a contact is classified by when its customer has written more.
fn again(record: &ContactRecord, text: String) -> Inbound {
    Inbound {
        channel: record.channel,
        source_key: None,
        fingerprint: None,
        service: record.service.clone(),
        language: Some(record.language),
        text,
        party: record.party.clone(),
        fields: record.fields.clone(),
        attachments: Vec::new(),
        secret: [0; 32],
        doubtful: record.doubtful,
        mailbox: None,
    }
}
