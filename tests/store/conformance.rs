//! One suite for every store: give it a `Home` and it says whether the store keeps the promises of the two traits.

use crate::sample::*;
use crate::{Directory, Home};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use steelbridge::message::{Author, ContactRecord, Message};
use steelbridge::routing::event::{Event, Place};
use steelbridge::routing::ids::*;
use steelbridge::store::*;

/// Runs every promise as a test of its own against a store.
macro_rules! conformance {
    ($name:ident, $home:expr, $($promise:ident),* $(,)?) => {
        mod $name {
            use super::*;
            $(#[test] fn $promise() { super::$promise($home); })*
        }
    };
}

conformance!(
    sqlite,
    Directory::new(),
    an_empty_store_has_nothing,
    what_is_appended_is_there_after_reopening,
    every_kind_of_event_comes_back_as_it_went_in,
    events_come_back_in_order_and_in_pages,
    a_batch_is_kept_whole_or_not_at_all,
    after_a_failure_nothing_is_reported_as_kept_until_it_is_reopened,
    an_input_taken_before_is_recognised,
    the_same_source_twice_is_refused,
    a_message_sent_twice_is_kept_once,
    two_senders_may_use_the_same_id_of_their_own,
    a_message_on_an_unknown_contact_is_refused,
    conversations_are_numbered_without_gaps_over_many_contacts,
    a_conversation_is_read_from_a_number_on,
    any_text_comes_back_byte_for_byte,
    events_change_the_contacts_row,
    what_a_contacts_own_entry_decides_is_in_its_row,
    contacts_come_in_the_order_asked_for,
    a_secret_opens_its_newest_contact,
    read_marks_only_rise_and_stay_within_the_conversation,
    a_file_is_found_only_through_its_contact,
    accounts_are_added_and_changed,
    two_accounts_cannot_share_a_name,
    sessions_last_until_they_are_ended,
    old_sessions_are_forgotten,
    the_newest_snapshot_replaces_the_others,
    a_snapshot_ahead_of_the_journal_is_refused,
    readers_see_whole_batches_only,
);

type Open<H> = (<H as Home>::Store, Arc<dyn Reads>);

fn open<H: Home>(home: &H) -> Open<H> {
    home.open().expect("the store opens")
}

fn keep(store: &mut impl Store, batch: &[Entry]) -> Appended {
    store.append(batch).expect("kept")
}

fn keep_records(store: &mut impl Store, records: Vec<Record>) -> Vec<Message> {
    keep(store, &[entry(vec![], records)]).messages
}

fn everything(store: &impl Store) -> Vec<Journalled> {
    store.events(Seq(0), usize::MAX).expect("readable")
}

fn contact(reads: &Arc<dyn Reads>, number: u64) -> ContactRecord {
    reads.contact(ContactId(number)).expect("readable").expect("there")
}

fn texts(reads: &Arc<dyn Reads>, number: u64) -> Vec<String> {
    let messages = reads.conversation(ContactId(number), 0, usize::MAX).expect("readable");
    messages.into_iter().map(|message| message.text).collect()
}

fn an_empty_store_has_nothing(home: impl Home) {
    let (store, reads) = open(&home);
    assert_eq!(everything(&store), []);
    assert_eq!(store.seen(&source(1)).unwrap(), None);
    assert_eq!(store.snapshot().unwrap(), None);
    assert_eq!(reads.contact(ContactId(1)).unwrap(), None);
    assert_eq!(reads.contact_by_secret(&hash(1)).unwrap(), None);
    assert_eq!(reads.conversation(ContactId(1), 0, 10).unwrap(), []);
    assert_eq!(reads.attachment(ContactId(1), &attachment(1).digest).unwrap(), None);
    assert_eq!(reads.read_marks(ContactId(1)).unwrap(), ReadMarks::default());
    assert_eq!(reads.account("ana").unwrap(), None);
    assert_eq!(reads.accounts().unwrap(), []);
    assert_eq!(reads.session(&hash(1)).unwrap(), None);
}

fn what_is_appended_is_there_after_reopening(home: impl Home) {
    let first = {
        let (mut store, _) = open(&home);
        keep(&mut store, &[opened(1), opened(2)]).first
    };
    let (mut store, reads) = open(&home);
    assert_eq!(first, Seq(1));
    let events: Vec<Event> = everything(&store).into_iter().map(|j| j.event).collect();
    assert_eq!(events, [received(1), offered(1), received(2), offered(2)]);
    assert_eq!(contact(&reads, 2), record(2));
    assert_eq!(texts(&reads, 2), ["Hay un bache muy grande"]);
    assert_eq!(reads.contact_by_secret(&hash(2)).unwrap(), Some(ContactId(2)));
    assert_eq!(keep(&mut store, &[opened(3)]).first, Seq(5), "numbers go on where they ended");
}

fn every_kind_of_event_comes_back_as_it_went_in(home: impl Home) {
    let (mut store, _) = open(&home);
    keep(&mut store, &[entry(every_event(), vec![])]);
    let kept = everything(&store);
    assert!(kept.iter().all(|j| j.at == at(10)));
    assert_eq!(kept.into_iter().map(|j| j.event).collect::<Vec<_>>(), every_event());
}

fn events_come_back_in_order_and_in_pages(home: impl Home) {
    let (mut store, _) = open(&home);
    for n in 0..10 {
        let resumed = |i| Event::Resumed { contact: ContactId(n * 10 + i), rep: RepId(1) };
        let appended = keep(&mut store, &[entry((0..10).map(resumed).collect(), vec![])]);
        assert_eq!(appended.first, Seq(n * 10 + 1));
    }
    let page = store.events(Seq(37), 5).unwrap();
    assert_eq!(page.iter().map(|j| j.seq.0).collect::<Vec<_>>(), [38, 39, 40, 41, 42]);
    assert_eq!(page[0].event, Event::Resumed { contact: ContactId(37), rep: RepId(1) });
    assert_eq!(store.events(Seq(98), 5).unwrap().len(), 2);
    assert_eq!(store.events(Seq(100), 5).unwrap(), []);
}

fn a_batch_is_kept_whole_or_not_at_all(home: impl Home) {
    {
        let (mut store, _) = open(&home);
        keep(&mut store, &[opened(1)]);
        let good = entry(vec![received(1)], vec![say(1, Author::Customer, "¿Hola?", None)]);
        let bad = opened(1); // its number is taken
        assert!(store.append(&[opened(2), good, bad]).is_err());
    }
    let (store, reads) = open(&home);
    assert_eq!(everything(&store).len(), 2);
    assert_eq!(reads.contact(ContactId(2)).unwrap(), None);
    assert_eq!(store.seen(&source(2)).unwrap(), None);
    assert_eq!(texts(&reads, 1), ["Hay un bache muy grande"]);
}

fn after_a_failure_nothing_is_reported_as_kept_until_it_is_reopened(home: impl Home) {
    {
        let (mut store, _) = open(&home);
        assert!(store.append(&[opened(1), opened(1)]).is_err());
        assert!(store.append(&[opened(2)]).is_err());
        assert!(store.seen(&source(2)).is_err());
        assert!(store.events(Seq(0), 1).is_err());
        assert!(store.tidy(at(0)).is_err());
    }
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(2)]);
    assert_eq!(contact(&reads, 2), record(2));
}

fn an_input_taken_before_is_recognised(home: impl Home) {
    let (mut store, _) = open(&home);
    let mut plain = opened(2);
    if let Record::Opened { source: kept, .. } = &mut plain.records[0] {
        *kept = Some((source(2), None));
    }
    keep(&mut store, &[opened(1), plain]);
    assert_eq!(store.seen(&source(1)).unwrap(), Some(Seen { contact: ContactId(1), fingerprint: Some(hash(1_001)) }));
    assert_eq!(store.seen(&source(2)).unwrap(), Some(Seen { contact: ContactId(2), fingerprint: None }));
    let elsewhere = Source { channel: Channel::Chat, key: source(1).key };
    assert_eq!(store.seen(&elsewhere).unwrap(), None, "the same key on another channel is another input");
}

fn the_same_source_twice_is_refused(home: impl Home) {
    {
        let (mut store, _) = open(&home);
        let mut again = opened(2);
        if let Record::Opened { source: kept, .. } = &mut again.records[0] {
            *kept = Some((source(1), None));
        }
        keep(&mut store, &[opened(1)]);
        assert!(store.append(&[again]).is_err());
    }
    let (store, _) = open(&home);
    assert_eq!(store.seen(&source(1)).unwrap().unwrap().contact, ContactId(1));
}

fn a_message_sent_twice_is_kept_once(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1), opened(2)]);
    let hello = || say(1, Author::Customer, "Hello?", Some("m-1"));
    let first = keep_records(&mut store, vec![hello()]);
    let changed = say(1, Author::Customer, "Hello??", Some("m-1"));
    let later = entry(vec![], vec![changed, say(1, Author::Customer, "Still there?", Some("m-2")), hello()]);
    let again = keep(&mut store, &[Entry { at: at(99), ..later }]).messages;
    assert_eq!(again[0], first[0], "the one that is there is given back");
    assert_eq!((again[1].seq, again[2].seq), (3, 2), "the number was not spent");
    assert_eq!(texts(&reads, 1), ["Hay un bache muy grande", "Hello?", "Still there?"]);
    let other = keep_records(&mut store, vec![say(2, Author::Customer, "Hello?", Some("m-1"))]);
    assert_eq!(other[0].contact, ContactId(2), "another contact has ids of its own");
}

fn two_senders_may_use_the_same_id_of_their_own(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1)]);
    let senders = [Author::Customer, Author::Rep(RepId(1)), Author::Rep(RepId(2))];
    keep_records(&mut store, senders.into_iter().map(|from| say(1, from, "one", Some("1"))).collect());
    let from: Vec<Author> =
        reads.conversation(ContactId(1), 1, 10).unwrap().into_iter().map(|message| message.from).collect();
    assert_eq!(from, senders);
}

fn a_message_on_an_unknown_contact_is_refused(home: impl Home) {
    let (mut store, _) = open(&home);
    assert!(store.append(&[entry(vec![], vec![say(5, Author::Customer, "Hello?", None)])]).is_err());
}

fn conversations_are_numbered_without_gaps_over_many_contacts(home: impl Home) {
    const CONTACTS: u64 = 40;
    let (mut store, reads) = open(&home);
    keep(&mut store, &(1..=CONTACTS).map(opened).collect::<Vec<_>>());
    let mut expected = vec![vec!["Hay un bache muy grande".to_owned()]; CONTACTS as usize];
    for round in 0..30u64 {
        let mut batch = Vec::new();
        for i in 0..17 {
            let number = (round * 31 + i * 7) % CONTACTS + 1;
            let text = format!("{round}/{i}");
            batch.push(entry(vec![], vec![say(number, Author::Rep(RepId(1)), &text, Some(&text))]));
            expected[number as usize - 1].push(text);
        }
        let kept = keep(&mut store, &batch).messages;
        assert_eq!(kept.len(), 17, "every message of the batch, in its order");
        if round == 20 {
            drop(store);
            store = open(&home).0;
        }
    }
    for (number, expected) in (1..).zip(expected) {
        let talk = reads.conversation(ContactId(number), 0, usize::MAX).unwrap();
        assert_eq!(talk.iter().map(|m| m.seq).collect::<Vec<_>>(), (1..=talk.len() as u32).collect::<Vec<_>>());
        assert_eq!(talk.into_iter().map(|m| m.text).collect::<Vec<_>>(), expected);
    }
}

fn a_conversation_is_read_from_a_number_on(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1), opened(2)]);
    keep_records(&mut store, (2..=9).map(|n| say(1, Author::Note(RepId(1)), &n.to_string(), None)).collect());
    let numbers = |after, limit| -> Vec<u32> {
        reads.conversation(ContactId(1), after, limit).unwrap().iter().map(|m| m.seq).collect()
    };
    assert_eq!(numbers(0, 3), [1, 2, 3]);
    assert_eq!(numbers(6, 100), [7, 8, 9]);
    assert!(numbers(9, 100).is_empty());
    assert!(numbers(u32::MAX, 1).is_empty());
}

fn any_text_comes_back_byte_for_byte(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1)]);
    let long = "água ".repeat(200_000);
    let all = ["", "\0middle\0", "\r\n'; DROP TABLE contact; --", "👩🏽‍🚒 \u{202e}مرحبا", "\u{feff}e\u{301}", &long];
    for text in all {
        keep_records(&mut store, vec![say(1, Author::Customer, text, None)]);
    }
    drop(store);
    let (_, reopened) = open(&home);
    assert_eq!(texts(&reopened, 1)[1..], all);
    assert_eq!(texts(&reads, 1)[1..], all);
}

fn events_change_the_contacts_row(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1), opened(2)]);
    let id = ContactId(1);
    let mut happens = |secs, event| {
        keep(&mut store, &[Entry { at: at(secs), events: vec![event], records: vec![] }]);
        contact(&reads, 1)
    };
    let place = |urgency| Place { reserved: None, ..place(urgency) };

    let row = happens(1, Event::Accepted { offer: OfferId(1), contact: id, rep: RepId(4) });
    assert_eq!(row, ContactRecord { last_rep: Some(RepId(4)), ..record(1) });
    let row = happens(2, Event::Reclassified { contact: id, by: RepId(4), place: place(Urgency::Urgent) });
    assert_eq!((row.urgency, row.last_rep), (Urgency::Urgent, Some(RepId(4))));
    let row = happens(3, Event::Assigned { contact: id, to: RepId(5), by: RepId(9) });
    assert_eq!(row.last_rep, Some(RepId(5)));
    let row = happens(4, Event::Transferred { contact: id, by: RepId(5), place: place(Urgency::Low) });
    assert_eq!((row.urgency, row.last_rep), (Urgency::Low, Some(RepId(5))));
    let wrap_up =
        Event::WrapUpStarted { contact: id, rep: RepId(5), until: at(60), disposition: Disposition::Reported };
    assert_eq!(happens(5, wrap_up).closed, None, "not before the wrap-up ends");
    let row = happens(6, Event::Closed { contact: id, rep: Some(RepId(5)), disposition: Disposition::Reported });
    assert_eq!(row.closed, Some((at(6), Disposition::Reported)));
    let row = happens(7, Event::Reopened { contact: id, place: place(Urgency::Soon), rule: None });
    assert_eq!((row.urgency, row.closed, row.last_rep), (Urgency::Soon, None, Some(RepId(5))));
    let row = happens(8, Event::Unparked { contact: id, place: place(Urgency::Normal) });
    assert_eq!(row.urgency, Urgency::Normal);
    assert_eq!(contact(&reads, 2), record(2), "nobody else's");
}

fn what_a_contacts_own_entry_decides_is_in_its_row(home: impl Home) {
    let (mut store, reads) = open(&home);
    let (id, rep, disposition) = (ContactId(1), RepId(1), Disposition::Spam);
    let mut whole_life = opened(1);
    whole_life.events = vec![
        Event::Received { contact: id, place: place(Urgency::Emergency), rule: None },
        Event::Accepted { offer: OfferId(1), contact: id, rep },
    ];
    let end =
        Entry { at: at(20), events: vec![Event::Closed { contact: id, rep: None, disposition }], records: vec![] };
    keep(&mut store, &[whole_life, end]);
    let closed = Some((at(20), disposition));
    assert_eq!(
        contact(&reads, 1),
        ContactRecord { urgency: Urgency::Emergency, last_rep: Some(rep), closed, ..record(1) }
    );
}

fn contacts_come_in_the_order_asked_for(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &(1..=5).map(opened).collect::<Vec<_>>());
    let found = reads.contacts(&[4, 99, 1, 5].map(ContactId)).unwrap();
    assert_eq!(found, [record(4), record(1), record(5)]);
    assert_eq!(reads.contacts(&[]).unwrap(), []);
}

fn a_secret_opens_its_newest_contact(home: impl Home) {
    let (mut store, reads) = open(&home);
    let mut next = opened(3);
    if let Record::Opened { secret, .. } = &mut next.records[0] {
        *secret = hash(1);
    }
    keep(&mut store, &[opened(1), opened(2), next]);
    assert_eq!(reads.contact_by_secret(&hash(1)).unwrap(), Some(ContactId(3)));
    assert_eq!(reads.contact_by_secret(&hash(2)).unwrap(), Some(ContactId(2)));
    assert_eq!(reads.contact_by_secret(&hash(3)).unwrap(), None);
}

fn read_marks_only_rise_and_stay_within_the_conversation(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1)]);
    keep_records(&mut store, (2..=5).map(|n| say(1, Author::Customer, &n.to_string(), None)).collect());
    let mut mark = |by_customer, seq| {
        keep_records(&mut store, vec![Record::Read { contact: ContactId(1), by_customer, seq }]);
        let marks = reads.read_marks(ContactId(1)).unwrap();
        (marks.customer, marks.rep)
    };
    assert_eq!(mark(true, 3), (3, 0));
    assert_eq!(mark(false, 4), (3, 4));
    assert_eq!(mark(true, 2), (3, 4));
    assert_eq!(mark(true, 1_000), (5, 4), "nothing beyond the newest message can be read");
}

fn a_file_is_found_only_through_its_contact(home: impl Home) {
    let (mut store, reads) = open(&home);
    let mut with_files = opened(1);
    if let Record::Opened { first, .. } = &mut with_files.records[0] {
        first.attachments = vec![attachment(1), attachment(2)];
    }
    let mut later = said(Author::Rep(RepId(1)), "the form", None);
    later.attachments = vec![attachment(3)];
    keep(&mut store, &[with_files, opened(2)]);
    keep_records(&mut store, vec![Record::Said { contact: ContactId(1), message: later }]);
    for number in 1..=3 {
        let wanted = attachment(number);
        assert_eq!(reads.attachment(ContactId(1), &wanted.digest).unwrap(), Some(wanted.clone()));
        assert_eq!(reads.attachment(ContactId(2), &wanted.digest).unwrap(), None);
    }
    let talk = reads.conversation(ContactId(1), 0, 10).unwrap();
    assert_eq!(talk[0].attachments, [attachment(1), attachment(2)]);
    assert_eq!(talk[1].attachments, [attachment(3)]);
}

fn accounts_are_added_and_changed(home: impl Home) {
    let (mut store, reads) = open(&home);
    let (ana, ben) = (account(2, "ana"), account(1, "ben"));
    keep_records(&mut store, vec![Record::Account(ana.clone()), Record::Account(ben.clone())]);
    assert_eq!(reads.accounts().unwrap(), [ben.clone(), ana.clone()], "by number");
    let gone = Account { name: word("ana.b"), role: Role::Auditor, password: None, disabled: true, ..ana };
    keep_records(&mut store, vec![Record::Account(gone.clone())]);
    assert_eq!(reads.account("ana").unwrap(), None);
    assert_eq!(reads.account("ana.b").unwrap(), Some(gone));
    assert_eq!(reads.account("ben").unwrap(), Some(ben));
}

fn two_accounts_cannot_share_a_name(home: impl Home) {
    let (mut store, _) = open(&home);
    let (one, two) = (Record::Account(account(1, "ana")), Record::Account(account(2, "ana")));
    assert!(store.append(&[entry(vec![], vec![one, two])]).is_err());
}

fn sessions_last_until_they_are_ended(home: impl Home) {
    let (mut store, reads) = open(&home);
    let (ana, ben) = (account(1, "ana"), account(2, "ben"));
    keep_records(&mut store, vec![Record::Account(ana.clone()), Record::Account(ben)]);
    keep_records(&mut store, [(1, 1), (2, 1), (3, 1), (4, 2)].map(|(n, a)| Record::Session(session(n, a))).into());
    keep_records(&mut store, vec![Record::SessionSeen { hash: hash(1), at: at(50) }]);
    keep_records(&mut store, vec![Record::SessionSeen { hash: hash(1), at: at(40) }]);
    let seen = Session { last_seen: at(50), ..session(1, 1) };
    assert_eq!(reads.session(&hash(1)).unwrap(), Some((seen, ana)));

    keep_records(&mut store, vec![Record::EndSession { hash: hash(1) }]);
    keep_records(&mut store, vec![Record::SessionSeen { hash: hash(1), at: at(60) }]);
    let there = |reads: &Arc<dyn Reads>| [1, 2, 3, 4].map(|n| reads.session(&hash(n)).unwrap().is_some());
    assert_eq!(there(&reads), [false, true, true, true], "an ended session stays ended");
    keep_records(&mut store, vec![Record::EndSessionsOf { account: RepId(1) }]);
    assert_eq!(there(&reads), [false, false, false, true]);
    drop(store);
    assert_eq!(there(&open(&home).1), [false, false, false, true]);
}

fn old_sessions_are_forgotten(home: impl Home) {
    const DAY: i64 = 24 * 3600;
    let (mut store, reads) = open(&home);
    let young = Session { started: at(DAY), last_seen: at(DAY), ..session(2, 1) };
    let records = vec![Record::Account(account(1, "ana")), Record::Session(session(1, 1)), Record::Session(young)];
    keep_records(&mut store, records);
    store.tidy(at(DAY)).unwrap();
    assert!(reads.session(&hash(1)).unwrap().is_some());
    store.tidy(at(2 * DAY)).unwrap();
    assert!(reads.session(&hash(1)).unwrap().is_none());
    assert!(reads.session(&hash(2)).unwrap().is_some());
}

fn the_newest_snapshot_replaces_the_others(home: impl Home) {
    let (mut store, _) = open(&home);
    keep(&mut store, &[opened(1), opened(2)]);
    store.keep_snapshot(Seq(2), b"two").unwrap();
    assert_eq!(store.snapshot().unwrap(), Some((Seq(2), b"two".to_vec())));
    store.keep_snapshot(Seq(4), b"four").unwrap();
    store.keep_snapshot(Seq(4), b"four again").unwrap();
    drop(store);
    let (store, _) = open(&home);
    assert_eq!(store.snapshot().unwrap(), Some((Seq(4), b"four again".to_vec())));
}

fn a_snapshot_ahead_of_the_journal_is_refused(home: impl Home) {
    let (mut store, _) = open(&home);
    keep(&mut store, &[opened(1)]);
    assert!(store.keep_snapshot(Seq(3), b"three").is_err());
    store.keep_snapshot(Seq(2), b"two").unwrap();
}

/// Every batch says two things on a contact, and closes or reopens it: a reader that sees one without the other, or
/// something in between, has seen half a batch.
fn readers_see_whole_batches_only(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1), opened(2)]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut most = 0;
                while !done.load(Ordering::Relaxed) {
                    let both = reads.contacts(&[ContactId(1), ContactId(2)]).unwrap();
                    assert_eq!(both[0].closed.is_some(), both[1].closed.is_some());
                    let said = reads.conversation(ContactId(1), 1, usize::MAX).unwrap().len();
                    assert!(said.is_multiple_of(2) && said >= most, "{said} after {most}");
                    most = said;
                }
            });
        }
        for round in 0..60 {
            let turn = |contact| match round % 2 {
                0 => Event::Closed { contact, rep: None, disposition: Disposition::Informed },
                _ => Event::Reopened { contact, place: place(Urgency::Low), rule: None },
            };
            let one = entry(vec![turn(ContactId(1))], vec![say(1, Author::Customer, "a", None)]);
            let two = entry(vec![turn(ContactId(2))], vec![say(1, Author::Customer, "b", None)]);
            keep(&mut store, &[one, two]);
            store.tidy(at(round * 60)).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}
