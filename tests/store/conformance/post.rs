//! Mails, deliveries and bookmarks: each mail once, deliveries in their order, changes kept whole.

use super::*;
use steelbridge::message::delivery::*;
use steelbridge::message::mail::{Fate, KeptMail, Taken};

fn mails(reads: &Arc<dyn Reads>, which: Which<'_>) -> Vec<KeptMail> {
    reads.mail(which, usize::MAX).expect("readable")
}

fn deliveries(reads: &Arc<dyn Reads>, due: Due) -> Vec<Delivery> {
    reads.deliveries(due, usize::MAX).expect("readable")
}

/// Contact, number within it and state.
fn farings(appended: &Appended) -> Vec<(u64, u32, DeliveryState)> {
    appended.deliveries.iter().map(|faring| (faring.contact.0, faring.n, faring.state)).collect()
}

/// Ids that are due on the mail channel by then.
fn due(reads: &Arc<dyn Reads>, secs: i64) -> Vec<u64> {
    deliveries(reads, Due::Next { channel: Channel::Email, at: at(secs) }).iter().map(|d| d.id).collect()
}

fn held(number: u64) -> Record {
    Record::Mail { mail: Box::new(mail(number)), fate: Fate::Held, on: None }
}

pub fn a_bookmark_is_remembered_moved_and_forgotten(home: impl Home) {
    let (mut store, reads) = open(&home);
    let put = |value: Option<&str>| Record::Bookmark { key: "imap:a".into(), value: value.map(Into::into) };
    assert_eq!(reads.bookmark("imap:a").unwrap(), None);
    keep_records(&mut store, vec![put(Some("17"))]);
    keep_records(&mut store, vec![put(Some("18")), Record::Bookmark { key: "imap:b".into(), value: Some("1".into()) }]);
    assert_eq!(reads.bookmark("imap:a").unwrap().as_deref(), Some("18"));
    keep_records(&mut store, vec![put(None), put(None)]);
    assert_eq!(reads.bookmark("imap:a").unwrap(), None);
    assert_eq!(reads.bookmark("imap:b").unwrap().as_deref(), Some("1"));
}

pub fn a_mail_comes_back_as_it_went_in_with_the_message_it_became(home: impl Home) {
    let (mut store, reads) = open(&home);
    let on = |number, contact| Record::Mail {
        mail: Box::new(mail(number)),
        fate: Fate::Message,
        on: Some(ContactId(contact)),
    };
    let mut first = opened(1);
    first.records.push(on(1, 1));
    keep(&mut store, &[first, opened(2)]);
    let danger = say(1, Author::Automatic, "Call 911", Some("danger:gas"));
    keep_records(&mut store, vec![say(1, Author::Customer, "I smell gas", None), danger, on(2, 1)]);
    let bare = Taken { digest: None, arrived: None, sender: None, message_id: None, ..mail(3) };
    keep_records(&mut store, vec![Record::Mail { mail: Box::new(bare.clone()), fate: Fate::Nothing, on: None }]);
    keep_records(&mut store, vec![say(2, Author::Customer, "To all of us", None), on(5, 2)]);
    drop(store);
    let (_store, reads_again) = open(&home);
    for reads in [reads, reads_again] {
        let kept = |id, taken_at, mail, fate, became| KeptMail { id, mail, taken_at, fate, became, decided: None };
        let one = kept(1, at(0), mail(1), Fate::Message, Some((ContactId(1), 1)));
        let to_many = kept(4, at(10), mail(5), Fate::Message, Some((ContactId(2), 2)));
        assert_eq!(mails(&reads, Which::Of(ContactId(2))), [to_many], "with whom else it went to");
        let two = kept(2, at(10), mail(2), Fate::Message, Some((ContactId(1), 2)));
        assert_eq!(
            mails(&reads, Which::Of(ContactId(1))),
            [one.clone(), two.clone()],
            "the words, not the answer to them"
        );
        for (from, of) in [(1, vec![one.clone(), two.clone()]), (2, vec![two.clone()]), (3, vec![])] {
            assert_eq!(mails(&reads, Which::Beside(ContactId(1), from)), of, "from message {from} on");
        }
        assert_eq!(mails(&reads, Which::Digest(mail(2).digest.as_deref().unwrap())), std::slice::from_ref(&two));
        assert_eq!(mails(&reads, Which::MessageId(mail(2).message_id.as_deref().unwrap())), [two]);
        assert_eq!(mails(&reads, Which::MessageId("nobody's@example.org")), []);
        assert_eq!(mails(&reads, Which::Id(3)), [kept(3, at(10), bare.clone(), Fate::Nothing, None)]);
        assert_eq!(reads.mail(Which::Of(ContactId(1)), 1).unwrap(), [one]);
        assert_eq!(mails(&reads, Which::Of(ContactId(3))), []);
    }
}

pub fn a_mail_taken_before_is_recognised_and_refused(home: impl Home) {
    {
        let (mut store, reads) = open(&home);
        keep_records(&mut store, vec![held(1)]);
        assert!(store.mail_taken(&mail(1).key).unwrap() && !store.mail_taken(&mail(2).key).unwrap());
        let keys: Vec<String> = [2, 1, 3].map(|number| mail(number).key).into();
        assert_eq!(reads.mails_taken(&keys).unwrap(), [mail(1).key]);
        assert!(store.append(&[entry(vec![], vec![held(2), held(1)])]).is_err());
    }
    let (store, reads) = open(&home);
    assert!(!store.mail_taken(&mail(2).key).unwrap(), "nothing of the batch was kept");
    assert_eq!(reads.held().unwrap(), 1);
}

pub fn a_held_mail_is_decided_on_once(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1), entry(vec![], vec![held(1), held(2), held(3)])]);
    assert_eq!((reads.held().unwrap(), mails(&reads, Which::Held).len()), (3, 3));
    assert_eq!(
        (mails(&reads, Which::TakenSince(at(10))).len(), mails(&reads, Which::TakenSince(at(11))).len()),
        (3, 0)
    );
    let decide = |id, by, fate, on| Record::MailDecided { id, by: RepId(by), fate, on };
    let release = vec![
        say(1, Author::Customer, "Hello", None),
        decide(1, 5, Fate::Message, Some(ContactId(1))),
        decide(2, 5, Fate::Discarded, None),
    ];
    keep_records(&mut store, release);
    assert!(store.mail_held(3).unwrap());
    assert!([1, 2, 99].iter().all(|id| !store.mail_held(*id).unwrap()));
    keep_records(&mut store, vec![decide(1, 6, Fate::Discarded, None), decide(99, 6, Fate::Discarded, None)]);
    let one = mails(&reads, Which::Id(1)).remove(0);
    assert_eq!(one.fate, Fate::Message);
    assert_eq!((one.became, one.decided), (Some((ContactId(1), 2)), Some((RepId(5), at(10)))));
    assert_eq!(mails(&reads, Which::Id(2))[0].fate, Fate::Discarded);
    assert_eq!(mails(&reads, Which::Held).iter().map(|kept| kept.id).collect::<Vec<_>>(), [3]);
}

pub fn a_mail_on_a_message_that_was_not_said_is_refused(home: impl Home) {
    let (mut store, _) = open(&home);
    keep(&mut store, &[opened(1)]);
    let on = Some(ContactId(1));
    let elsewhere = Record::Mail { mail: Box::new(mail(1)), fate: Fate::Message, on };
    assert!(store.append(&[entry(vec![], vec![elsewhere])]).is_err());
}

pub fn deliveries_are_numbered_by_contact_and_carry_what_was_just_said(home: impl Home) {
    let (mut store, reads) = open(&home);
    let mut first = opened(1);
    first
        .records
        .push(Record::Deliver(NewDelivery { carries: Carries::Nothing, ..delivery(1, Kind::Acknowledgement) }));
    let appended = keep(&mut store, &[first, opened(2)]);
    assert_eq!(farings(&appended), [(1, 1, DeliveryState::Waiting)]);
    let answer = |contact| {
        let said = say(contact, Author::Rep(RepId(1)), "We come tomorrow", Some("r-1"));
        entry(vec![], vec![said, Record::Deliver(delivery(contact, Kind::Reply))])
    };
    let appended = keep(&mut store, &[answer(1), answer(2)]);
    assert_eq!(farings(&appended), [(1, 2, DeliveryState::Waiting), (2, 1, DeliveryState::Waiting)]);
    let again = keep(&mut store, &[answer(1)]);
    assert_eq!((farings(&again), again.messages[0].seq), (vec![], 2), "sent twice by the rep, delivered once");
    let kept = deliveries(&reads, Due::Of(ContactId(1)));
    assert_eq!(
        kept.iter().map(|d| (d.n, d.seq, d.kind)).collect::<Vec<_>>(),
        [(1, None, Kind::Acknowledgement), (2, Some(2), Kind::Reply)]
    );
    let numbers = |due| deliveries(&reads, due).iter().map(|d| d.n).collect::<Vec<_>>();
    let (one, beside) = (ContactId(1), |from| numbers(Due::Beside(ContactId(1), from)));
    assert_eq!(
        [numbers(Due::Nth(one, 1)), numbers(Due::Nth(one, 2)), numbers(Due::Nth(one, 3))],
        [vec![1], vec![2], vec![]]
    );
    assert_eq!([beside(1), beside(2), beside(3)], [vec![2], vec![2], vec![]], "those that carry a message");
    assert_eq!(numbers(Due::Letters(one)), [1], "and those that carry none");
    let new = delivery(1, Kind::Reply);
    let progress = Progress::new(at(10));
    let expected = Delivery {
        id: 2,
        contact: ContactId(1),
        n: 2,
        channel: new.channel,
        kind: new.kind,
        to: new.to,
        language: new.language,
        language_sure: new.language_sure,
        seq: Some(2),
        made_at: at(10),
        progress,
        settled: None,
    };
    assert_eq!(kept[1], expected);
    let silent = entry(vec![], vec![Record::Deliver(delivery(2, Kind::Reply))]);
    assert!(store.append(&[silent]).is_err(), "there is nothing to carry");
}

fn progress(state: DeliveryState, due_secs: i64) -> Progress {
    Progress {
        state,
        due_at: at(due_secs),
        later: 1,
        later_at: Some(at(3)),
        unknown: 2,
        said: Some("451 later".into()),
        over_at: state.is_over().then(|| at(due_secs)),
        returned_at: (state == DeliveryState::Failed).then(|| at(due_secs + 1)),
    }
}

fn fares(store: &mut impl Store, id: u64, state: DeliveryState, due_secs: i64) -> Vec<(u64, u32, DeliveryState)> {
    let progress = progress(state, due_secs);
    farings(&keep(store, &[entry(vec![], vec![Record::Delivering { id, progress, rendered: None }])]))
}

/// Three deliveries of the first contact, ids 1 to 3, and two of the second, 4 and 5.
fn five(store: &mut impl Store) {
    let quiet = |contact, kind| Record::Deliver(NewDelivery { carries: Carries::Nothing, ..delivery(contact, kind) });
    let one = [Kind::Notice, Kind::Reply, Kind::Reply].map(|kind| quiet(1, kind));
    let two = [Kind::Acknowledgement, Kind::Transcript].map(|kind| quiet(2, kind));
    keep(store, &[opened(1), opened(2), entry(vec![], one.into_iter().chain(two).collect())]);
}

pub fn only_the_first_unfinished_delivery_of_a_contact_is_due_and_the_important_come_first(home: impl Home) {
    let (mut store, reads) = open(&home);
    assert_eq!(reads.next_due(Channel::Email).unwrap(), None);
    five(&mut store);
    assert_eq!(due(&reads, 9), [] as [u64; 0], "not before it was made");
    assert_eq!(reads.next_due(Channel::Email).unwrap(), Some(at(10)));
    assert_eq!(reads.next_due(Channel::Sms).unwrap(), None);
    assert_eq!(due(&reads, 10), [4, 1], "an acknowledgement before a notice");
    fares(&mut store, 1, DeliveryState::Sent, 10);
    assert_eq!(due(&reads, 10), [2, 4], "a reply before an acknowledgement");
    fares(&mut store, 2, DeliveryState::Waiting, 500);
    assert_eq!(due(&reads, 10), [4], "the third waits for the second, which was put off");
    fares(&mut store, 4, DeliveryState::Failed, 10);
    fares(&mut store, 5, DeliveryState::Unknown, 10);
    assert_eq!(due(&reads, 499), [] as [u64; 0]);
    assert_eq!(reads.next_due(Channel::Email).unwrap(), Some(at(500)));
    fares(&mut store, 2, DeliveryState::Sending, 900);
    assert_eq!(due(&reads, 899), [] as [u64; 0], "a worker holds it");
    assert_eq!(due(&reads, 900), [2], "until its lease ends");
    let sending = deliveries(&reads, Due::Sending(Channel::Email));
    assert_eq!(sending.iter().map(|d| d.id).collect::<Vec<_>>(), [2]);
    assert_eq!(reads.unsent(Channel::Email).unwrap(), Unsent { count: 2, oldest: Some(at(10)) });
    let troubled = deliveries(&reads, Due::Troubled);
    assert_eq!(troubled.iter().map(|d| d.id).collect::<Vec<_>>(), [5, 4], "newest first");
}

pub fn what_is_over_stays_over_but_may_still_come_back(home: impl Home) {
    let (mut store, reads) = open(&home);
    five(&mut store);
    let state = |id| deliveries(&reads, Due::Id(id)).remove(0).progress;
    assert_eq!(fares(&mut store, 1, DeliveryState::Sending, 50), [(1, 1, DeliveryState::Sending)]);
    assert_eq!(state(1), progress(DeliveryState::Sending, 50));
    fares(&mut store, 1, DeliveryState::Sent, 50);
    assert_eq!(fares(&mut store, 1, DeliveryState::Waiting, 50), [], "nobody hears of what is not kept");
    assert_eq!(state(1).state, DeliveryState::Sent);
    assert_eq!(fares(&mut store, 1, DeliveryState::Failed, 50), [(1, 1, DeliveryState::Failed)]);
    assert_eq!(fares(&mut store, 1, DeliveryState::Sent, 50), [], "what came back was not delivered");
    assert_eq!(fares(&mut store, 99, DeliveryState::Sent, 50), [], "there is no such delivery");
    assert_eq!(state(1).state, DeliveryState::Failed);
}

pub fn what_did_not_arrive_is_on_the_list_until_somebody_has_dealt_with_it(home: impl Home) {
    let (mut store, reads) = open(&home);
    five(&mut store);
    let troubled = || deliveries(&reads, Due::Troubled).iter().map(|d| d.id).collect::<Vec<_>>();
    let settled = |id| deliveries(&reads, Due::Id(id)).remove(0).settled;
    let settle = |store: &mut _, id, by| {
        let entry = entry(vec![], vec![Record::DeliverySettled { id, by: RepId(by) }]);
        farings(&keep(store, &[entry])).len()
    };
    fares(&mut store, 1, DeliveryState::Unknown, 50);
    fares(&mut store, 4, DeliveryState::Failed, 50);
    assert_eq!(troubled(), [1, 4], "a notice before an acknowledgement");
    let open_ones = |store: &dyn Store| (1..=5).filter(|id| store.delivery_troubled(*id).unwrap()).collect::<Vec<_>>();
    assert_eq!(open_ones(&store), [1, 4]);
    assert_eq!(settle(&mut store, 1, 7), 1);
    assert_eq!((troubled(), settled(1)), (vec![4], Some((RepId(7), at(10)))));
    assert_eq!(open_ones(&store), [4]);
    assert_eq!(settle(&mut store, 1, 8), 0, "the first who said so stays");
    assert_eq!(settled(1), Some((RepId(7), at(10))));
    assert_eq!(settle(&mut store, 2, 7), 0, "it may still arrive");
    assert_eq!(settled(2), None);
    fares(&mut store, 1, DeliveryState::Failed, 60);
    assert_eq!((troubled(), settled(1)), (vec![1, 4], None), "it came back: that is news");
}

pub fn what_was_rendered_first_stays_until_it_is_over(home: impl Home) {
    let (mut store, reads) = open(&home);
    five(&mut store);
    let mut lease = |bytes: Option<&[u8]>, state| {
        let (id, progress, rendered) = (1, progress(state, 50), bytes.map(<[u8]>::to_vec));
        keep_records(&mut store, vec![Record::Delivering { id, progress, rendered }]);
        reads.rendered(1).unwrap()
    };
    assert_eq!(lease(None, DeliveryState::Waiting), None);
    assert_eq!(lease(Some(b"\r\n\0first"), DeliveryState::Sending).as_deref(), Some(&b"\r\n\0first"[..]));
    assert_eq!(lease(Some(b"second"), DeliveryState::Sending).as_deref(), Some(&b"\r\n\0first"[..]));
    assert_eq!(lease(None, DeliveryState::Waiting).as_deref(), Some(&b"\r\n\0first"[..]));
    assert_eq!(lease(None, DeliveryState::Sent), None);
    assert_eq!(lease(Some(b"third"), DeliveryState::Failed), None);
}

pub fn what_the_programme_wrote_since_a_time_is_counted(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1)]);
    for secs in [10, 20, 30] {
        let kinds = [Kind::Acknowledgement, Kind::Reply, Kind::Notice, Kind::Transcript];
        let records =
            kinds.map(|kind| NewDelivery { carries: Carries::Nothing, ..delivery(1, kind) }).map(Record::Deliver);
        keep(&mut store, &[Entry { at: at(secs), events: vec![], records: records.into() }]);
    }
    let since =
        |secs| deliveries(&reads, Due::ReceiptsSince(at(secs))).iter().map(|d| (d.made_at, d.kind)).collect::<Vec<_>>();
    assert_eq!(
        (since(20), since(31)),
        (
            vec![
                (at(20), Kind::Acknowledgement),
                (at(20), Kind::Notice),
                (at(30), Kind::Acknowledgement),
                (at(30), Kind::Notice)
            ],
            vec![]
        )
    );
}
