//! What the programme itself says in a conversation: whom to call when a person writes of danger.

use crate::intake::{Safety, SafetyHit};
use crate::message::{Author, NewMessage, Position};
use crate::texts::Texts;
use std::sync::Arc;

/// Classes with advice of their own, text `danger-advice-<class>`.
const ADVISED: [(&str, &str); 3] = [
    ("gas", "danger-advice-gas"),
    ("downed_wire", "danger-advice-downed-wire"),
    ("suicide_self_harm", "danger-advice-suicide"),
];

/// For staff, who read English: files of a mail that are not in the conversation.
pub(super) fn left_out(count: usize) -> NewMessage {
    let what = if count == 1 { "1 file of this mail is" } else { &format!("{count} files of this mail are") };
    let text = format!("{what} not here. What is too much stays in the original, which a supervisor can save.");
    NewMessage { from: Author::Memo, text, attachments: Vec::new(), client_id: None }
}

/// For staff: where a photo that came by mail says that it was taken.
pub(super) fn taken_at(name: &str, position: Position) -> NewMessage {
    let Position { latitude, longitude } = position;
    let text = format!(
        "{name} says that it was taken at {latitude:.5}, {longitude:.5}. That may be the place meant, or not: ask. The picture \
         kept here says it no more."
    );
    NewMessage { from: Author::Memo, text, attachments: Vec::new(), client_id: None }
}

pub struct Notices {
    texts: Arc<Texts>,
    /// Where a class of danger has no number of its own.
    emergency: String,
}

impl Notices {
    pub fn new(texts: Arc<Texts>, emergency: String) -> Notices {
        Notices { texts, emergency }
    }

    /// The answer to danger, in the person's language. It promises nothing: nobody has been sent, a person will look.
    /// Once in a contact for each class, however often the words come.
    pub fn danger(&self, language: &str, hit: &SafetyHit, safety: &Safety) -> NewMessage {
        let t = self.texts.get(language);
        let own = safety.call(hit.class);
        let numbers = if own.is_empty() { self.emergency.clone() } else { own.join(" / ") };
        let mut text = t.say("danger-call", &[("numbers", numbers.into())]);
        if let Some((_, key)) = ADVISED.iter().find(|(class, _)| *class == hit.class) {
            text = text + "\n" + &t.text(key);
        }
        text = text + "\n" + &t.text("danger-kept");
        let client_id = Some(format!("danger:{}", hit.class));
        NewMessage { from: Author::Automatic, text, attachments: Vec::new(), client_id }
    }
}
