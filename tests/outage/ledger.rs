//! What the daemon said yes to, and the inspection: after any outage all of it must still be true, once.

use super::chat::Chatter;
use super::people::{Answer, Resident, Staff};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Questions asked of the daemon at the same time.
const AT_ONCE: usize = 8;

/// Kept outside the daemon: the residents' and reps' own memory.
#[derive(Default)]
pub struct Ledger {
    /// Everyone who pressed the button, whether they got an answer or not.
    pub residents: BTreeMap<String, Resident>,
    /// `{contact_id, reference, status_url}` by Idempotency-Key.
    pub promised: BTreeMap<String, Value>,
    /// Everyone who pressed the chat's button.
    pub chatters: BTreeMap<String, Chatter>,
    /// `{contact_id, reference, resume_token, …}` by client id.
    pub chats: BTreeMap<String, Value>,
    /// Messages a chatter was acknowledged, with their numbers, by client id.
    pub chatted: BTreeMap<String, Vec<(u64, String)>>,
    /// Texts the daemon acknowledged to a rep, by contact.
    pub said: BTreeMap<u64, Vec<String>>,
    /// The rep whose accept was acknowledged.
    pub owner: BTreeMap<u64, String>,
    /// A rep pressed the key to close it.
    maybe_closed: BTreeSet<u64>,
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

    /// The same for a chat.
    pub fn note_chat(&mut self, client_id: &str, promise: Value) {
        if let Some(before) = self.chats.insert(client_id.to_owned(), promise.clone()) {
            assert_eq!(before, promise, "the same client id {client_id} got two different answers");
        }
    }

    /// A rep is about to close it: whatever is heard of that, it may be closed from now on.
    pub fn may_be_closed(&mut self, contact: u64) {
        self.maybe_closed.insert(contact);
    }

    /// How much was promised, for people to read.
    pub fn size(&self) -> String {
        let messages =
            self.said.values().map(Vec::len).sum::<usize>() + self.chatted.values().map(Vec::len).sum::<usize>();
        let [contacts, accepts, closes] = [self.promised.len() + self.chats.len(), self.owner.len(), self.closed.len()];
        format!("{contacts} contacts, {accepts} accepts, {messages} messages, {closes} closes")
    }

    /// Everything acknowledged is there, exactly once, with one owner; `boss` may read everything.
    pub async fn inspect(&self, boss: &Staff, reps: &[&Staff]) {
        let mut numbers = BTreeSet::new();
        for (key, promise) in self.promised.iter().chain(&self.chats) {
            let id = promise["contact_id"].as_u64().expect("a contact number");
            assert!(numbers.insert(id), "contact {id} was promised twice, the second time for {key}");
        }
        let forms = self.promised.iter().map(|(key, promise)| self.inspect_form(boss, key, promise));
        stream::iter(forms).buffer_unordered(AT_ONCE).collect::<()>().await;
        let chats = self.chats.iter().map(|(id, promise)| self.inspect_chat(boss, id, promise));
        stream::iter(chats).buffer_unordered(AT_ONCE).collect::<()>().await;
        self.inspect_owners(reps).await;
    }

    async fn inspect_form(&self, boss: &Staff, key: &str, promise: &Value) {
        let contact = self.inspect_contact(boss, promise, &self.residents[key].text).await;
        self.inspect_end(&contact);
        let link = promise["status_url"].as_str().expect("a status page");
        self.residents[key].opens(link).await.expect("the link they were given opens their request");
    }

    /// A chatter comes back with the token and reads everything that was acknowledged, under its number.
    async fn inspect_chat(&self, boss: &Staff, client_id: &str, promise: &Value) {
        let chatter = &self.chatters[client_id];
        self.inspect_contact(boss, promise, &chatter.text).await;
        let (_, messages) = chatter.enters(promise).await.expect("the token opens the conversation");
        for (seq, text) in self.chatted.get(client_id).into_iter().flatten() {
            let same = Vec::from_iter(messages.iter().filter(|m| m["text"] == **text).map(|m| m["seq"].as_u64()));
            assert_eq!(same, [Some(*seq)], "{client_id} was acknowledged {text:?}");
        }
    }

    async fn inspect_contact(&self, boss: &Staff, promise: &Value, first: &str) -> Value {
        let id = promise["contact_id"].as_u64().expect("a contact number");
        let contact = boss.get(&format!("/contacts/{id}")).await.expect("an acknowledged contact is there");
        assert_eq!(contact["reference"], promise["reference"], "contact {id} has another reference");
        let texts = Vec::from_iter(contact["messages"].as_array().expect("messages").iter().map(|m| &m["text"]));
        assert_eq!(*texts[0], first, "contact {id} lost its first message");
        for text in self.said.get(&id).into_iter().flatten() {
            let times = texts.iter().filter(|t| **t == text).count();
            assert_eq!(times, 1, "contact {id} holds the message {text:?} {times} times");
        }
        for (place, message) in contact["messages"].as_array().expect("messages").iter().enumerate() {
            assert_eq!(message["seq"], place + 1, "contact {id} has a gap in its messages");
        }
        contact
    }

    /// Who writes on in a chat that was closed opens it again; a form stays closed.
    fn inspect_end(&self, contact: &Value) {
        let id = contact["id"].as_u64().expect("a contact number");
        if let Some(disposition) = self.closed.get(&id) {
            let stage = contact["stage"].as_str().expect("a stage");
            assert!(stage == "wrap_up" || stage == "closed", "contact {id} was closed and is {stage}");
            assert_eq!(contact["disposition"], **disposition, "contact {id} ended differently");
        }
    }

    /// Nobody holds what another holds. An accepted form that is not closed is with the rep who accepted it, and with nobody else.
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
        let chats = BTreeSet::from_iter(self.chats.values().filter_map(|promise| promise["contact_id"].as_u64()));
        let open = self.owner.iter().filter(|(id, _)| !self.maybe_closed.contains(id) && !chats.contains(id));
        for (id, name) in open {
            let holder = holders.get(id).map(|names| names[0]);
            assert_eq!(holder, Some(name.as_str()), "contact {id} was accepted by {name}");
        }
    }

    /// Everyone presses the button again under their old key. Who had an answer gets the same one;
    /// in the end there is one contact a person, no more and no fewer.
    pub async fn everyone_asks_again(&mut self, boss: &Staff) {
        let forms = stream::iter(self.residents.values().cloned());
        let forms = forms.map(async |resident| (resident.asks().await, resident.key)).buffer_unordered(AT_ONCE);
        for (answer, key) in forms.collect::<Vec<_>>().await {
            self.note_promise(&key, expect(&key, answer));
        }
        let chats = stream::iter(self.chatters.values().cloned());
        let chats = chats.map(async |chatter| (chatter.asks().await, chatter.client_id)).buffer_unordered(AT_ONCE);
        for (answer, client_id) in chats.collect::<Vec<_>>().await {
            self.note_chat(&client_id, expect(&client_id, answer));
        }
        let opened = boss.get("/board").await.expect("the board")["opened"].as_u64();
        assert_eq!(opened, Some((self.residents.len() + self.chatters.len()) as u64), "one contact a person");
    }
}

fn expect(who: &str, answer: Answer) -> Value {
    answer.expect(&format!("{who} asks again after the outage"))
}
