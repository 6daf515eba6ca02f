//! Mail on its way to a contact: a new one, one that it answers, or a note; within what one sender may add.

use super::{Inner, Of, Sheet, TRIES, outcome};
use crate::channels::NotKept;
use crate::channels::post::Outcome;
use crate::daemon::flood::{Adds, Pass};
use crate::daemon::reception::Told;
use crate::daemon::{Failure, Job};
use crate::message::mail;
use crate::message::{Author, ContactRecord, Inbound, NewMessage};
use crate::routing::command::Refusal;
use crate::routing::ids::{Channel, ContactId};
use crate::store::Record;

impl Inner {
    /// Whether its sender may add this now. Whatever a supervisor lets in may, and what was there before us.
    async fn pass(&self, sheet: &Sheet, adds: Adds) -> Result<Option<Pass<'_>>, NotKept> {
        match &sheet.of {
            Of::New(mail) if !sheet.remarks.backlog => self.floodgate.pass(&self.handle, mail, adds).await,
            Of::New(_) | Of::Released(..) => Ok(Some(Pass::free())),
        }
    }

    /// A new contact, unless its sender has opened too many just now: then a supervisor decides.
    pub(super) async fn admit(
        &self,
        sheet: Sheet,
        inbound: Inbound,
        follows: Option<&ContactRecord>,
        told: Told<'_>,
    ) -> Result<Outcome, NotKept> {
        let Some(pass) = self.pass(&sheet, Adds::Contact).await? else {
            let would = Box::new(Inbound { doubtful: true, ..inbound });
            return self.hold(sheet.because(mail::TOO_MANY_CONTACTS), Some(would)).await;
        };
        kept(pass, self.open(&sheet, inbound, follows, told).await)
    }

    /// A mail on a contact, unless its sender has written too much just now: then a supervisor decides, if it is no danger.
    pub(super) async fn answer(
        &self,
        sheet: Sheet,
        contact: ContactId,
        message: NewMessage,
        otherwise: Inbound,
        receipt: Option<String>,
    ) -> Result<Outcome, NotKept> {
        let danger = self.reception.inner().is_danger(&message.text);
        match self.pass(&sheet, Adds::Message).await? {
            None if !danger => {
                let would = Box::new(Inbound { doubtful: true, ..otherwise });
                self.hold(sheet.because(mail::TOO_MANY_MESSAGES), Some(would)).await
            }
            pass => {
                let pass = pass.unwrap_or_else(Pass::free);
                kept(pass, self.add(sheet, contact, message, otherwise, receipt).await)
            }
        }
    }

    /// A mail on the contact it answers. From the contact's own address it counts as the customer's word; from another one
    /// it is there for the rep, and nothing goes out because of it.
    async fn add(
        &self,
        sheet: Sheet,
        contact: ContactId,
        message: NewMessage,
        otherwise: Inbound,
        receipt: Option<String>,
    ) -> Result<Outcome, NotKept> {
        let desk = self.reception.inner();
        for _ in 0..TRIES {
            let Some(of) = self.row(contact).await? else {
                return self.admit(sheet, otherwise, None, Told::both(receipt.as_deref())).await;
            };
            let own = of.party.email.as_deref().filter(|own| sheet.mail().is_from(own));
            // a chat that has ended goes on by mail: nobody sits before its screen any more
            let by_letter = matches!(of.channel, Channel::Email | Channel::Form);
            if desk.is_long_over(&of) || (of.closed.is_some() && !by_letter) {
                let told = Told::both(receipt.as_deref().filter(|_| own.is_some()));
                return self.admit(sheet, otherwise, Some(&of), told).await;
            }
            let mut job = match of.closed {
                None if own.is_none() => desk.remark(&of, message.clone()),
                None => {
                    let mailbox = otherwise.mailbox.clone().filter(|_| of.channel == Channel::Email);
                    desk.speech(&of, message.clone(), own, mailbox).await?
                }
                Some(_) => desk.reopening(&of, message.clone(), own, own.is_some()),
            };
            job.records.extend(sheet.said_on(contact));
            match self.handle.submit(job).await {
                // it was closed, or opened again, since its row was read
                Err(Failure::Refused(Refusal::NoSuchContact(_) | Refusal::WrongStage { .. })) => {}
                done => return outcome(done, Some(contact)),
            }
        }
        Err(NotKept::Busy { retry_secs: 1 })
    }

    /// A machine's word. When it has said too much just now, the rep knows enough, and the rest is only remembered.
    pub(super) async fn note(&self, sheet: Sheet, contact: ContactId, message: NewMessage) -> Result<Outcome, NotKept> {
        let pass = self.pass(&sheet, Adds::Message).await?;
        let (Some(pass), Some(_)) = (pass, self.row(contact).await?) else {
            return self.remember(&sheet, mail::Fate::Nothing).await;
        };
        let message = NewMessage { from: Author::Memo, ..message };
        let records = [Record::Said { contact, message }].into_iter().chain(sheet.said_on(contact)).collect();
        kept(pass, outcome(self.handle.submit(Job { command: None, records }).await, Some(contact)))
    }
}

/// It counts against its sender only if it is on a contact now.
fn kept(pass: Pass<'_>, done: Result<Outcome, NotKept>) -> Result<Outcome, NotKept> {
    if let Ok(Outcome::On(_)) = done {
        pass.keep();
    }
    done
}
