//! Reads what the rows say of contacts: the newest messages, and what stands beside them.

use super::mail;
use super::show::{Earlier, Said};
use super::sightings;
use crate::message::ContactRecord;
use crate::message::delivery::Delivery;
use crate::routing::ids::ContactId;
use crate::store::{Reads, StoreError};

/// Messages shown of one contact, the newest; the journal of a flood is not for a screen.
pub const MESSAGES_MAX: usize = 1_000;
/// Messages of one contact in a snapshot, and bytes of text of all together: a snapshot is one frame of less than a MiB.
const SNAPSHOT_MESSAGES: usize = 50;
const SNAPSHOT_BYTES: usize = 384 << 10;
/// Rows read at once.
const PAGE: usize = 500;

/// How many messages come with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messages {
    None,
    Snapshot,
    All,
}

/// What the rows say of one contact.
pub struct Rows {
    pub record: ContactRecord,
    pub follows: Option<Earlier>,
    pub customer_read: u32,
    pub messages: Option<Vec<Said>>,
    /// Deliveries that carry no message.
    pub letters: Vec<Delivery>,
    pub has_earlier: bool,
}

/// In the order asked for; `None` where there is no such contact, and an error where one is damaged.
pub fn rows(
    reads: &dyn Reads,
    ids: &[ContactId],
    messages: Messages,
) -> Result<Vec<Result<Option<Rows>, StoreError>>, StoreError> {
    let mut bytes_left = SNAPSHOT_BYTES;
    let one = |id: &ContactId| match rows_of(reads, *id, messages, &mut bytes_left) {
        Err(error @ StoreError::Damaged { .. }) => Ok(Err(error)),
        found => Ok(Ok(found?)),
    };
    ids.iter().map(one).collect()
}

fn rows_of(
    reads: &dyn Reads,
    id: ContactId,
    messages: Messages,
    bytes_left: &mut usize,
) -> Result<Option<Rows>, StoreError> {
    let Some(record) = reads.contact(id)? else { return Ok(None) };
    let (mut said, has_earlier) = match messages {
        Messages::None => (None, false),
        Messages::All => newest(reads, id, MESSAGES_MAX, &mut usize::MAX.clone())?,
        Messages::Snapshot => newest(reads, id, SNAPSHOT_MESSAGES, bytes_left)?,
    };
    let shown = said.as_deref_mut().unwrap_or_default();
    let letters = mail::beside(reads, &record, shown)?;
    sightings::beside(reads, id, shown)?;
    let seen: usize = shown.iter().flat_map(|message| &message.seen).map(|seen| seen.display.len() + 60).sum();
    let mailed: usize = letters.iter().map(|letter| letter.to.len() + 300).sum();
    *bytes_left = bytes_left.saturating_sub(seen + mailed);
    let customer_read = reads.read_marks(id)?.customer;
    let earlier = match record.follows.map(|before| reads.contact(before)) {
        None | Some(Err(StoreError::Damaged { .. })) => None, // this one is shown all the same
        Some(found) => found?,
    };
    let follows = earlier.map(|before| Earlier { id: before.id, reference: before.reference });
    Ok(Some(Rows { record, follows, customer_read, messages: said, letters, has_earlier }))
}

/// The newest messages, oldest first, as far as the bytes go; and whether there were more.
fn newest(
    reads: &dyn Reads,
    id: ContactId,
    most: usize,
    bytes_left: &mut usize,
) -> Result<(Option<Vec<Said>>, bool), StoreError> {
    let mut kept = std::collections::VecDeque::new();
    let (mut after, mut dropped) = (0, false);
    loop {
        let page = reads.conversation(id, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        let whole = page.len() == PAGE;
        kept.extend(page);
        while kept.len() > most {
            kept.pop_front();
            dropped = true;
        }
        if !whole {
            break;
        }
    }
    let mut shown = Vec::new();
    for message in kept.iter().rev() {
        match bytes_left.checked_sub(message.text.len() + 200) {
            Some(left) => *bytes_left = left,
            None => {
                dropped = true;
                break;
            }
        }
        shown.push(Said::of(message));
    }
    shown.reverse();
    Ok((Some(shown), dropped))
}
