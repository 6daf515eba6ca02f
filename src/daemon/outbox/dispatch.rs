//! All that a rendering may need, gathered from rows and files.

use crate::channels::Opening;
use crate::channels::delivery::{Carrier, Dispatch, Kind};
use crate::message::delivery::{Delivery, DeliveryState};
use crate::message::mail::KeptMail;
use crate::message::{Author, Message};
use crate::routing::ids::{Channel, RepId, Timestamp};
use crate::store::files::Files;
use crate::store::{Due, Reads, StoreError, Which};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Mails of a contact that are looked at for the thread of a letter.
const MAILS_MAX: usize = 1_000;

/// Why a delivery cannot be dispatched now: storage is in trouble, or it never can, in words for staff.
pub(super) enum NoDispatch {
    Storage(StoreError),
    Never(String),
}

impl From<StoreError> for NoDispatch {
    fn from(error: StoreError) -> NoDispatch {
        match error {
            StoreError::Damaged { table, .. } => {
                NoDispatch::Never(format!("what it says cannot be read any more ({table} is damaged)"))
            }
            error => NoDispatch::Storage(error),
        }
    }
}

/// Blocks.
pub(super) fn gather(
    delivery: &Delivery,
    rows: &dyn Reads,
    files: &Files,
    carrier: &dyn Carrier,
    opening: Opening,
    week: [Vec<(u16, u16)>; 7],
) -> Result<Dispatch, NoDispatch> {
    let contact = rows.contact(delivery.contact)?;
    let contact = contact.ok_or_else(|| NoDispatch::Never("its contact is not there any more".into()))?;
    let said = said(delivery, rows)?;
    let enclosed = said.iter().filter(|_| delivery.kind != Kind::Transcript).flat_map(|message| &message.attachments);
    let files = enclosed.map(|file| Ok((file.clone(), Bytes::from(files.read(&file.digest)?))));
    let files = files.collect::<Result<_, StoreError>>()?;
    let mails = rows.mail(Which::Of(delivery.contact), MAILS_MAX)?;
    let is_customers = contact.party.email.as_deref() == Some(delivery.to.as_str());
    let names_them = is_customers && !delivery.kind.is_automatic(); // nobody may make us write their words to a stranger
    Ok(Dispatch {
        kind: delivery.kind,
        n: delivery.n,
        to: delivery.to.clone(),
        to_name: contact.party.name.clone().filter(|_| names_them),
        language: delivery.language,
        language_sure: delivery.language_sure,
        names: names(&said, rows)?,
        said,
        files,
        subject: mails.first().filter(|_| contact.channel == Channel::Email).map(|first| first.mail.subject.clone()),
        thread: thread(delivery, mails, rows, carrier)?,
        made_at: delivery.made_at,
        opening,
        week,
        contact,
    })
}

/// The message it carries, or the conversation as it was when it was made.
fn said(delivery: &Delivery, rows: &dyn Reads) -> Result<Vec<Message>, StoreError> {
    if delivery.kind == Kind::Transcript {
        let mut all = rows.conversation(delivery.contact, 0, usize::MAX)?;
        all.retain(|message| !message.from.is_note() && message.at <= delivery.made_at);
        return Ok(all);
    }
    match delivery.seq {
        Some(seq) => rows.conversation(delivery.contact, seq.saturating_sub(1), 1),
        None => Ok(Vec::new()),
    }
}

fn names(said: &[Message], rows: &dyn Reads) -> Result<BTreeMap<RepId, String>, StoreError> {
    let speaks = |rep| said.iter().any(|message| message.from == Author::Rep(rep));
    let accounts = rows.accounts()?.into_iter().filter(|account| speaks(account.id));
    Ok(accounts.map(|account| (account.id, account.display)).collect())
}

/// Ids of what was written before it, theirs and ours, in the order of time. A stranger's mail is none of the thread.
fn thread(
    delivery: &Delivery,
    mails: Vec<KeptMail>,
    rows: &dyn Reads,
    carrier: &dyn Carrier,
) -> Result<Vec<String>, StoreError> {
    let mut ids: Vec<(Timestamp, String)> = Vec::new();
    for kept in mails {
        let theirs = kept.mail.sender.as_deref().is_some_and(|s| s.to_lowercase() == delivery.to.to_lowercase());
        ids.extend(kept.mail.message_id.filter(|_| theirs).map(|id| (kept.taken_at, id)));
    }
    for ours in rows.deliveries(Due::Of(delivery.contact), usize::MAX)? {
        let went_out = matches!(ours.progress.state, DeliveryState::Sent | DeliveryState::Unknown);
        if ours.n < delivery.n && went_out && ours.to == delivery.to {
            ids.extend(carrier.id_of(ours.contact, ours.n).map(|id| (ours.made_at, id)));
        }
    }
    ids.sort_by_key(|(at, _)| *at); // stable: what was made by a mail's commit comes after the mail
    Ok(ids.into_iter().map(|(_, id)| id).collect())
}
