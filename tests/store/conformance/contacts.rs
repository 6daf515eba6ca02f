//! The contacts' rows, the inputs they came from, and those who read them meanwhile.

use super::*;

pub fn an_input_taken_before_is_recognised(home: impl Home) {
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

pub fn the_same_source_twice_is_refused(home: impl Home) {
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

pub fn events_change_the_contacts_row(home: impl Home) {
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
    let row = happens(2, Event::Reclassified { contact: id, by: Some(RepId(4)), place: place(Urgency::Urgent) });
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
    let row = happens(9, Event::EmergencyRaised { contact: id, place: place(Urgency::Emergency) });
    assert_eq!(row.urgency, Urgency::Emergency);
    assert_eq!(contact(&reads, 2), record(2), "nobody else's");
}

pub fn what_a_contacts_own_entry_decides_is_in_its_row(home: impl Home) {
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

pub fn a_language_is_corrected_for_good(home: impl Home) {
    let told = LanguageChoice { confidence: 71, ..LanguageChoice::new(word("es"), LanguageSource::Detected) };
    let mut first = opened(1);
    if let Record::Opened { record, .. } = &mut first.records[0] {
        record.language = told;
    }
    let language = LanguageChoice::new(word("pt"), LanguageSource::Rep);
    let corrected = |number| Record::Language { contact: ContactId(number), language };
    {
        let (mut store, reads) = open(&home);
        keep(&mut store, &[first, opened(2)]);
        assert_eq!(contact(&reads, 1).language, told);
        keep_records(&mut store, vec![corrected(1)]);
        assert_eq!(contact(&reads, 1), ContactRecord { language, ..record(1) });
        assert_eq!(contact(&reads, 2), record(2));
        assert!(store.append(&[entry(vec![], vec![corrected(9)])]).is_err(), "there is no such contact");
    }
    let (_, reads) = open(&home);
    assert_eq!(contact(&reads, 1).language, language);
}

pub fn contacts_come_in_the_order_asked_for(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &(1..=5).map(opened).collect::<Vec<_>>());
    let found = reads.contacts(&[4, 99, 1, 5].map(ContactId)).unwrap();
    assert_eq!(found, [record(4), record(1), record(5)]);
    assert_eq!(reads.contacts(&[]).unwrap(), []);
}

pub fn a_secret_opens_its_newest_contact(home: impl Home) {
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

pub fn a_contact_says_which_one_it_follows(home: impl Home) {
    let (mut store, reads) = open(&home);
    let mut next = opened(2);
    if let Record::Opened { record, .. } = &mut next.records[0] {
        record.follows = Some(ContactId(1));
    }
    keep(&mut store, &[opened(1), next]);
    assert_eq!(contact(&reads, 2), ContactRecord { follows: Some(ContactId(1)), ..record(2) });
    assert_eq!(contact(&reads, 1).follows, None);
}

/// Every batch says two things on a contact, and closes or reopens it: a reader that sees one without the other, or
/// something in between, has seen half a batch.
pub fn readers_see_whole_batches_only(home: impl Home) {
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
