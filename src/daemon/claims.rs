//! Where a mail belongs that bears no mark of ours, when what it says of itself is to be believed.

use super::Handle;
use super::mailroom::unkept;
use super::sequencer::referred;
use crate::channels::NotKept;
use crate::channels::post::Claim;
use crate::message::ContactRecord;
use crate::message::mail::{Fate, KeptMail, Taken, Trust};
use crate::routing::ids::ContactId;
use crate::store::{Reads, StoreError, Which};

/// Mails with one Message-ID that are looked at: broken programs give the same to all they write.
pub(super) const SAME_ID_MAX: usize = 5;

/// The contact that a mail is a message of: it answers a mail of its own sender, or names a contact that is theirs. Ids are
/// seen by whoever had a copy, and references can be guessed, so neither ever counts for another sender, nor for one who
/// may be forged.
pub(super) async fn believed(handle: &Handle, mail: &Taken, claim: Claim) -> Result<Option<ContactId>, NotKept> {
    if mail.trust == Trust::Doubtful || mail.sender.is_none() {
        return Ok(None);
    }
    let mail = mail.clone();
    let look = move |reads: &dyn Reads| {
        for id in &claim.answers {
            if let Some(contact) = of_their_mail(reads, &mail, id)? {
                return Ok(Some(contact));
            }
        }
        let named = claim.reference.as_deref().map(|reference| named(reads, reference)).transpose()?.flatten();
        let theirs = |of: &ContactRecord| of.party.email.as_deref().is_some_and(|own| mail.is_from(own));
        let Some(of) = named.filter(theirs) else { return Ok(None) };
        let first = reads.mail(Which::Of(of.id), 1)?.pop();
        Ok(first.is_none_or(|first| is_as_sure(&mail, &first.mail)).then_some(of.id))
    };
    handle.rows(look).await.map_err(unkept)
}

/// The contact that a reference names, its check digit and all.
///
/// # Errors
/// Storage; a contact whose row cannot be read is none.
pub fn named(reads: &dyn Reads, reference: &str) -> Result<Option<ContactRecord>, StoreError> {
    let Some(id) = referred(reference) else { return Ok(None) };
    match reads.contact(id) {
        Err(StoreError::Damaged { .. }) => Ok(None),
        found => Ok(found?.filter(|of| of.reference.eq_ignore_ascii_case(reference))),
    }
}

/// Whose domain vouched for them before is not believed to write without that now.
fn is_as_sure(mail: &Taken, earlier: &Taken) -> bool {
    mail.trust == Trust::Authentic || earlier.trust != Trust::Authentic
}

/// The contact on which the sender's earlier mail with this id is a message. Several: the id says nothing.
fn of_their_mail(reads: &dyn Reads, mail: &Taken, id: &str) -> Result<Option<ContactId>, StoreError> {
    let earlier = reads.mail(Which::MessageId(id), SAME_ID_MAX)?.into_iter();
    let is_theirs = |kept: &KeptMail| kept.mail.sender.as_deref().is_some_and(|by| mail.is_from(by));
    let earlier = earlier.filter(|kept| kept.fate == Fate::Message && is_theirs(kept) && is_as_sure(mail, &kept.mail));
    let mut contacts: Vec<ContactId> = earlier.filter_map(|kept| kept.became).map(|(contact, _)| contact).collect();
    contacts.dedup();
    Ok(if let [contact] = contacts[..] { Some(contact) } else { None })
}
