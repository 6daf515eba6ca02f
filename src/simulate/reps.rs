//! An invented rep: comes and goes by the roster of shifts, has one conversation at a time on the line, and does written work in between.

use crate::routing::ids::{ContactId, RepId, Span, Timestamp, Word};
use std::collections::VecDeque;

/// What changes in a rep's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    Come,
    ToLunch,
    FromLunch,
    /// Takes nothing new.
    Stop,
    Go,
    /// Back at the screen after a missed offer.
    Back,
}

/// One rep at work.
#[derive(Clone, Debug)]
pub struct Worker {
    pub id: RepId,
    pub name: Word,
    pub on_shift: bool,
    pub at_lunch: bool,
    /// Conversations on the line: call, chats, people at the counter.
    live: Vec<ContactId>,
    /// Written work, first come first done.
    pile: VecDeque<(ContactId, Span)>,
    /// Since when the first of the pile is being worked on; not while someone is on the line.
    working_since: Option<Timestamp>,
    /// Changes whenever the pile is taken up or put down: what was planned before is void.
    pub effort: u32,
    pub measured: Measured,
}

/// What is counted of a rep.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    pub handled: u32,
    pub missed: u32,
    pub on_shift: Span,
    pub busy: Span,
    came: Timestamp,
    busy_from: Timestamp,
}

impl Worker {
    pub fn new(id: RepId, name: Word) -> Worker {
        Worker {
            id,
            name,
            on_shift: false,
            at_lunch: false,
            live: Vec::new(),
            pile: VecDeque::new(),
            working_since: None,
            effort: 0,
            measured: Measured::default(),
        }
    }

    pub fn come(&mut self, now: Timestamp) {
        self.on_shift = true;
        self.measured.came = now;
    }

    pub fn go(&mut self, now: Timestamp) {
        if self.on_shift {
            self.measured.on_shift = self.measured.on_shift.plus(now - self.measured.came);
        }
        self.on_shift = false;
    }

    fn is_busy(&self) -> bool {
        !self.live.is_empty() || !self.pile.is_empty()
    }

    /// Take up a conversation on the line; written work is put down meanwhile.
    pub fn take_live(&mut self, contact: ContactId, now: Timestamp) {
        self.note_busy(now);
        self.put_down(now);
        self.live.push(contact);
    }

    /// Put written work on the pile. When it can be worked on at once: how long the first of it still takes.
    pub fn take_written(&mut self, contact: ContactId, takes: Span, now: Timestamp) -> Option<(ContactId, Span)> {
        self.note_busy(now);
        self.pile.push_back((contact, takes));
        self.take_up(now)
    }

    /// A contact is no longer with this rep. Then perhaps written work goes on: with which, and how long it takes.
    pub fn lose(&mut self, contact: ContactId, now: Timestamp) -> Option<(ContactId, Span)> {
        let was_busy = self.is_busy();
        self.live.retain(|other| *other != contact);
        if self.pile.front().is_some_and(|(first, _)| *first == contact) {
            self.working_since = None;
            self.effort += 1;
        }
        self.pile.retain(|(other, _)| *other != contact);
        if was_busy && !self.is_busy() {
            self.measured.busy = self.measured.busy.plus(now - self.measured.busy_from);
        }
        self.take_up(now)
    }

    fn note_busy(&mut self, now: Timestamp) {
        if !self.is_busy() {
            self.measured.busy_from = now;
        }
    }

    fn put_down(&mut self, now: Timestamp) {
        if let (Some(since), Some((_, left))) = (self.working_since.take(), self.pile.front_mut()) {
            *left = Span((left.0 - (now - since).0).max(0));
            self.effort += 1;
        }
    }

    fn take_up(&mut self, now: Timestamp) -> Option<(ContactId, Span)> {
        if !self.live.is_empty() || self.working_since.is_some() {
            return None;
        }
        let first = *self.pile.front()?;
        self.working_since = Some(now);
        self.effort += 1;
        Some(first)
    }
}

trait Plus {
    fn plus(self, more: Span) -> Span;
}

impl Plus for Span {
    fn plus(self, more: Span) -> Span {
        Span(self.0 + more.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_interrupts_written_work_which_then_goes_on_where_it_was() {
        let at = |secs| Timestamp(secs * 1_000_000);
        let mut ana = Worker::new(RepId(1), Word::new("ana").unwrap());
        let (mail, form, call) = (ContactId(1), ContactId(2), ContactId(3));
        assert_eq!(ana.take_written(mail, Span::secs(100), at(0)), Some((mail, Span::secs(100))));
        assert_eq!(ana.take_written(form, Span::secs(50), at(10)), None, "one thing at a time");
        let before = ana.effort;
        ana.take_live(call, at(30));
        assert_ne!(ana.effort, before, "what was planned is void");
        assert_eq!(ana.lose(call, at(330)), Some((mail, Span::secs(70))));
        assert_eq!(ana.lose(mail, at(400)), Some((form, Span::secs(50))));
        assert_eq!(ana.lose(form, at(450)), None);
        assert_eq!(ana.measured.busy, Span::secs(450));
    }
}
