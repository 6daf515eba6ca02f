//! What the daemon said yes to, and the inspection: after any outage all of it must still be true, once.

use super::people::{Answer, Resident, Staff};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Kept outside the daemon: the residents' and reps' own memory.
#[derive(Default)]
pub struct Ledger {
    /// Everyone who pressed the button, whether they got an answer or not.
    pub residents: BTreeMap<String, Resident>,
    /// `{contact_id, reference, status_url}` by Idempotency-Key.
    pub promised: BTreeMap<String, Value>,
    /// Texts the daemon acknowledged to a rep, by contact.
    pub said: BTreeMap<u64, Vec<String>>,
    /// The rep whose accept was acknowledged.
    pub owner: BTreeMap<u64, String>,
    /// The disposition whose close was acknowledged.
    pub closed: BTreeMap<u64, String>,
}

impl Ledger {
    /// A resident is about to press the button.
    pub fn presses(&mut self, resident: &Resident) {
        self.residents.insert(resident.key.clone(), resident.clone());
    }

    /// A resident presses the button, and notes the answer.
    pub async fn asks(&mut self, resident: &Resident) -> Option<u64> {
        self.presses(resident);
        let promise = resident.asks().await.yes()?;
        self.note_promise(&resident.key, promise)
    }

    /// Notes a promise; the same key must always get the same one.
    pub fn note_promise(&mut self, key: &str, promise: Value) -> Option<u64> {
        let id = promise["contact_id"].as_u64().expect("a contact number");
        if let Some(before) = self.promised.insert(key.to_owned(), promise.clone()) {
            assert_eq!(before, promise, "the same Idempotency-Key {key} got two different answers");
        }
        Some(id)
    }

    /// Counts of what was promised: contacts, accepts, messages, closes.
    pub fn size(&self) -> [usize; 4] {
        [self.promised.len(), self.owner.len(), self.said.values().map(Vec::len).sum(), self.closed.len()]
    }

    /// Everything acknowledged is there, exactly once, with one owner; `boss` may read everything.
    pub async fn inspect(&self, boss: &Staff, reps: &[&Staff]) {
        let mut numbers = BTreeSet::new();
        for (key, promise) in &self.promised {
            let id = promise["contact_id"].as_u64().expect("a contact number");
            assert!(numbers.insert(id), "contact {id} was promised under two keys, the second is {key}");
            let contact = boss.get(&format!("/contacts/{id}")).await.expect("an acknowledged contact is there");
            self.inspect_contact(id, key, promise, &contact);
            let link = promise["status_url"].as_str().expect("a status page");
            self.residents[key].opens(link).await.expect("the link they were given opens their request");
        }
        self.inspect_owners(reps).await;
    }

    fn inspect_contact(&self, id: u64, key: &str, promise: &Value, contact: &Value) {
        assert_eq!(contact["reference"], promise["reference"], "contact {id} has another reference");
        let texts = Vec::from_iter(contact["messages"].as_array().expect("messages").iter().map(|m| &m["text"]));
        assert_eq!(*texts[0], self.residents[key].text, "contact {id} lost its first message");
        for text in self.said.get(&id).into_iter().flatten() {
            let times = texts.iter().filter(|t| **t == text).count();
            assert_eq!(times, 1, "contact {id} holds the message {text:?} {times} times");
        }
        for (place, message) in contact["messages"].as_array().expect("messages").iter().enumerate() {
            assert_eq!(message["seq"], place + 1, "contact {id} has a gap in its messages");
        }
        if let Some(disposition) = self.closed.get(&id) {
            let stage = contact["stage"].as_str().expect("a stage");
            assert!(stage == "wrap_up" || stage == "closed", "contact {id} was closed and is {stage}");
            assert_eq!(contact["disposition"], **disposition, "contact {id} ended differently");
        }
    }

    /// An accepted contact that is not closed is with the rep who accepted it, and with nobody else.
    async fn inspect_owners(&self, reps: &[&Staff]) {
        let mut holders = BTreeMap::<u64, Vec<&str>>::new();
        for rep in reps {
            for id in rep.holds().await.expect("a rep reads their contacts") {
                holders.entry(id).or_default().push(&rep.name);
            }
        }
        for (id, names) in &holders {
            assert_eq!(names.len(), 1, "contact {id} is held by {names:?}");
        }
        for (id, name) in self.owner.iter().filter(|(id, _)| !self.closed.contains_key(id)) {
            let holder = holders.get(id).map(|names| names[0]);
            assert_eq!(holder, Some(name.as_str()), "contact {id} was accepted by {name}");
        }
    }

    /// Everyone presses the button again under their old key. Who had an answer gets the same one;
    /// in the end there is one contact a resident, no more and no fewer.
    pub async fn everyone_asks_again(&mut self, boss: &Staff) {
        for (key, resident) in self.residents.clone() {
            match resident.asks().await {
                Answer::Yes(promise) => self.note_promise(&key, promise),
                other => panic!("{key} asks again after the outage: {other:?}"),
            };
        }
        let opened = boss.get("/board").await.expect("the board")["opened"].as_u64();
        assert_eq!(opened, Some(self.residents.len() as u64), "one contact a resident");
    }
}
