//! What may be taken only once, in this batch or any before it: a mail by its key, a decision on a held mail, that a
//! delivery in trouble was dealt with.

use crate::store::{Record, Store, StoreError};
use std::collections::HashSet;

/// What the batch has taken so far; the store knows of the batches before.
#[derive(Default)]
pub(super) struct OnlyOnce {
    mails: HashSet<String>,
    decisions: HashSet<u64>,
    settled: HashSet<u64>,
}

impl OnlyOnce {
    /// Was something of this taken before? Then none of it is done again.
    pub fn was_taken<S: Store>(&self, records: &[Record], store: &S) -> Result<bool, StoreError> {
        for record in records {
            let before = match record {
                Record::Mail { mail, .. } => self.mails.contains(&mail.key) || store.mail_taken(&mail.key)?,
                Record::MailDecided { id, .. } => self.decisions.contains(id) || !store.mail_held(*id)?,
                Record::DeliverySettled { id, .. } => self.settled.contains(id) || !store.delivery_troubled(*id)?,
                _ => false,
            };
            if before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// This is taken now.
    pub fn note(&mut self, records: &[Record]) {
        for record in records {
            match record {
                Record::Mail { mail, .. } => drop(self.mails.insert(mail.key.clone())),
                Record::MailDecided { id, .. } => drop(self.decisions.insert(*id)),
                Record::DeliverySettled { id, .. } => drop(self.settled.insert(*id)),
                _ => {}
            }
        }
    }
}
