//! The journal: whole batches in order, and snapshots beside it.

use super::*;

pub fn an_empty_store_has_nothing(home: impl Home) {
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

pub fn what_is_appended_is_there_after_reopening(home: impl Home) {
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

pub fn every_kind_of_event_comes_back_as_it_went_in(home: impl Home) {
    let (mut store, _) = open(&home);
    keep(&mut store, &[entry(every_event(), vec![])]);
    let kept = everything(&store);
    assert!(kept.iter().all(|j| j.at == at(10)));
    assert_eq!(kept.into_iter().map(|j| j.event).collect::<Vec<_>>(), every_event());
}

pub fn events_come_back_in_order_and_in_pages(home: impl Home) {
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

pub fn a_batch_is_kept_whole_or_not_at_all(home: impl Home) {
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

pub fn after_a_failure_nothing_is_reported_as_kept_until_it_is_reopened(home: impl Home) {
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

pub fn the_newest_snapshot_replaces_the_others(home: impl Home) {
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

pub fn a_snapshot_ahead_of_the_journal_is_refused(home: impl Home) {
    let (mut store, _) = open(&home);
    keep(&mut store, &[opened(1)]);
    assert!(store.keep_snapshot(Seq(3), b"three").is_err());
    store.keep_snapshot(Seq(2), b"two").unwrap();
}
