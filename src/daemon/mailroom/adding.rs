//! Mail on its way to a contact: a new one, one that it answers, or a note; within what one sender may add.

use super::{Inner, Of, Sheet, TRIES, outcome};
use crate::channels::NotKept;
use crate::channels::post::Outcome;
use crate::daemon::flood::{Adds, Pass};
use crate::daemon::reception::Told;
use crate::daemon::speech::Learn;
use crate::daemon::{Failure, Job};
use crate::message::mail;
use crate::message::{Author, ContactRecord, Inbound, NewMessage};
use crate::routing::command::Refusal;
use crate::routing::ids::{Channel, ContactId};
use crate::store::Record;

impl Inner {
    /// Whether its sender may add this now. Whatever a supervisor lets in may, and what was there before us.
    pub(super) async fn pass(&self, sheet: &Sheet, adds: Adds) -> Result<Option<Pass<'_>>, NotKept> {
        match &sheet.of {
            Of::New(mail) => {
                let senders = self.floodgate.senders(&self.handle).await?;
                if sheet.remarks.backlog {
                    return Ok(Some(Pass::free()));
                }
                Ok(self.floodgate.pass(senders, mail, adds, self.handle.clock().now()))
            }
            Of::Released(..) => Ok(Some(Pass::free())),
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

    /// A mail on a contact, unless its sender has written too much just now: then a supervisor decides. Danger rings all the
    /// same, within a share of its own.
    pub(super) async fn answer(
        &self,
        sheet: Sheet,
        contact: ContactId,
        message: NewMessage,
        otherwise: Inbound,
        receipt: Option<String>,
    ) -> Result<Outcome, NotKept> {
        let danger = self.reception.inner().is_danger(&message.text);
        if let Some(pass) = self.pass(&sheet, Adds::Message).await? {
            return self.add(sheet, pass, contact, message, otherwise, receipt).await;
        }
        if danger && let Some(pass) = self.pass(&sheet, Adds::Alarm).await? {
            let why = format!("{}{}", mail::DANGER, mail::TOO_MANY_MESSAGES);
            return self.add(sheet.because(&why), pass, contact, message, otherwise, receipt).await;
        }
        let would = Box::new(Inbound { doubtful: true, ..otherwise });
        self.hold(sheet.because(mail::TOO_MANY_MESSAGES), Some(would)).await
    }

    /// A mail on the contact it answers. From the contact's own address it counts as the customer's word; from another one
    /// it is there for the rep, and nothing goes out because of it. What opens a contact in the end counts as that alone.
    async fn add(
        &self,
        sheet: Sheet,
        pass: Pass<'_>,
        contact: ContactId,
        message: NewMessage,
        otherwise: Inbound,
        receipt: Option<String>,
    ) -> Result<Outcome, NotKept> {
        let desk = self.reception.inner();
        for _ in 0..TRIES {
            let Some(of) = self.row(contact).await? else {
                drop(pass);
                return self.admit(sheet, otherwise, None, Told::both(receipt.as_deref())).await;
            };
            let own = of.party.email.as_deref().filter(|own| sheet.mail().is_from(own));
            // a chat that has ended goes on by mail: nobody sits before its screen any more
            let by_letter = matches!(of.channel, Channel::Email | Channel::Form);
            if desk.is_long_over(&of) || (of.closed.is_some() && !by_letter) {
                let told = Told::both(receipt.as_deref().filter(|_| own.is_some()));
                drop(pass);
                return self.admit(sheet, otherwise, Some(&of), told).await;
            }
            let mut job = match of.closed {
                None if own.is_none() => desk.remark(&of, message.clone()),
                None => {
                    let mailbox = otherwise.mailbox.clone().filter(|_| of.channel == Channel::Email);
                    desk.speech(&of, message.clone(), own, mailbox).await?
                }
                Some(_) => {
                    let learn = if own.is_some() { Learn::Yes } else { Learn::No };
                    desk.reopening(&of, message.clone(), own, learn).await
                }
            };
            job.records.extend(sheet.said_on(contact));
            match self.handle.submit(job).await {
                // it was closed, or opened again, since its row was read
                Err(Failure::Refused(Refusal::NoSuchContact(_) | Refusal::WrongStage { .. })) => {}
                done => return kept(pass, outcome(done, Some(contact))),
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
pub(super) fn kept(pass: Pass<'_>, done: Result<Outcome, NotKept>) -> Result<Outcome, NotKept> {
    if let Ok(Outcome::On(_)) = done {
        pass.keep();
    }
    done
}
