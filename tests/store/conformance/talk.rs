//! What was said: numbered without gaps, kept once, read back as it was.

use super::*;

pub fn a_message_sent_twice_is_kept_once(home: impl Home) {
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

pub fn two_senders_may_use_the_same_id_of_their_own(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1)]);
    let senders = [Author::Customer, Author::Rep(RepId(1)), Author::Rep(RepId(2))];
    keep_records(&mut store, senders.into_iter().map(|from| say(1, from, "one", Some("1"))).collect());
    let from: Vec<Author> =
        reads.conversation(ContactId(1), 1, 10).unwrap().into_iter().map(|message| message.from).collect();
    assert_eq!(from, senders);
}

pub fn a_sender_finds_what_they_said_by_their_own_id(home: impl Home) {
    let (mut store, _) = open(&home);
    keep(&mut store, &[opened(1), opened(2)]);
    let kept = keep_records(&mut store, vec![say(1, Author::Rep(RepId(4)), "Hola", Some("a"))]);
    let found = |contact, from, id| store.said(ContactId(contact), from, id).unwrap();
    assert_eq!(found(1, Author::Rep(RepId(4)), "a"), Some(kept[0].clone()));
    assert_eq!(found(1, Author::Rep(RepId(4)), "b"), None);
    assert_eq!(found(1, Author::Rep(RepId(5)), "a"), None);
    assert_eq!(found(1, Author::Note(RepId(4)), "a"), None);
    assert_eq!(found(2, Author::Rep(RepId(4)), "a"), None);
}

/// For each: `check` and `append` agree, alone and behind a batch that is not kept yet.
pub fn what_could_never_be_kept_is_known_before_it_is_tried(home: impl Home) {
    let of = |record: Record| entry(vec![], vec![record]);
    let there = [opened(1), of(Record::Account(account(1, "ana")))];
    let behind = [opened(2), of(Record::Account(account(2, "ben")))];
    let renamed = Record::Account(Account { display: "Another".into(), ..account(1, "ana") });
    for (possible, record) in [
        (true, say(1, Author::Customer, "Hola", None)),
        (true, say(2, Author::Customer, "Hola", None)),
        (false, say(3, Author::Customer, "Hola", None)),
        (true, renamed),
        (true, Record::Account(account(3, "cleo"))),
        (false, Record::Account(account(3, "ana"))),
        (false, Record::Account(account(3, "ben"))),
        (true, Record::Session(session(1, 1))),
        (true, Record::Session(session(1, 2))),
        (false, Record::Session(session(1, 3))),
        (true, Record::EndSessionsOf { account: RepId(3) }),
    ] {
        let (mut store, _) = open(&home);
        if everything(&store).is_empty() {
            keep(&mut store, &there);
        }
        let checked = store.check(&behind, std::slice::from_ref(&record));
        assert_eq!(matches!(checked, Err(StoreError::Rejected(_))), !possible, "{record:?}");
        assert_eq!(checked.is_ok(), possible, "{record:?}");
        if !possible {
            assert!(store.append(&[&behind[..], &[of(record)]].concat()).is_err(), "it would have failed all of these");
        }
    }
    let (mut store, _) = open(&home);
    let possible = [say(2, Author::Customer, "Hola", None), Record::Session(session(1, 2))].map(of);
    keep(&mut store, &[&behind[..], &possible].concat());
}

pub fn a_message_on_an_unknown_contact_is_refused(home: impl Home) {
    let (mut store, _) = open(&home);
    assert!(store.append(&[entry(vec![], vec![say(5, Author::Customer, "Hello?", None)])]).is_err());
}

pub fn conversations_are_numbered_without_gaps_over_many_contacts(home: impl Home) {
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

pub fn a_conversation_is_read_from_a_number_on(home: impl Home) {
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

pub fn any_text_comes_back_byte_for_byte(home: impl Home) {
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

pub fn read_marks_only_rise_and_stay_within_the_conversation(home: impl Home) {
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

/// Who saw which messages of the first contact when, in seconds.
fn sightings(reads: &Arc<dyn Reads>) -> Vec<(u32, u32, u32, i64)> {
    let saw = reads.sightings(ContactId(1)).unwrap();
    saw.into_iter().map(|s| (s.rep.0, s.first, s.last, (s.at - at(0)).as_secs())).collect()
}

fn saw(secs: i64, contact: u64, rep: u32, first: u32, last: u32) -> Entry {
    let record = Record::Saw { contact: ContactId(contact), rep: RepId(rep), first, last };
    Entry { at: at(secs), events: vec![], records: vec![record] }
}

pub fn what_a_rep_saw_is_kept_from_the_first_time_on(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1), opened(2)]);
    keep_records(&mut store, (2..=9).map(|n| say(1, Author::Customer, &n.to_string(), None)).collect());
    let parts = |appended: Appended| appended.sightings.iter().map(|s| (s.first, s.last)).collect::<Vec<_>>();
    assert_eq!(parts(keep(&mut store, &[saw(1, 1, 7, 1, 3), saw(2, 1, 7, 1, 3)])), [(1, 3)]);
    assert_eq!(parts(keep(&mut store, &[saw(3, 1, 7, 5, 5), saw(4, 1, 8, 2, 2)])), [(5, 5), (2, 2)]);
    assert_eq!(
        parts(keep(&mut store, &[saw(5, 1, 7, 2, 7)])),
        [(4, 4), (6, 7)],
        "only what is new, around what is not"
    );
    assert_eq!(parts(keep(&mut store, &[saw(6, 1, 7, 0, 1_000)])), [(8, 9)], "no message that is not there");
    assert_eq!(parts(keep(&mut store, &[saw(7, 1, 7, 10, 11), saw(7, 1, 7, 6, 2), saw(7, 2, 7, 1, 1)])), [(1, 1)]);
    let all = [(7, 1, 3, 1), (7, 5, 5, 3), (8, 2, 2, 4), (7, 4, 4, 5), (7, 6, 7, 5), (7, 8, 9, 6)];
    assert_eq!(sightings(&reads), all, "the earliest first");
    drop(store);
    assert_eq!(sightings(&open(&home).1), all);
}

pub fn sightings_of_one_rep_take_no_more_than_so_many_rows(home: impl Home) {
    let (mut store, reads) = open(&home);
    keep(&mut store, &[opened(1)]);
    keep_records(&mut store, (2..=600).map(|n| say(1, Author::Customer, &n.to_string(), None)).collect());
    let one_by_one: Vec<_> = (1..=600).map(|n| saw(i64::from(n), 1, 7, n, n)).collect();
    let told = keep(&mut store, &one_by_one).sightings;
    assert_eq!(told.len(), 600, "everyone hears of all of it");
    let kept = sightings(&reads);
    assert_eq!(kept.len(), 500);
    assert_eq!(kept[498..], [(7, 499, 499, 499), (7, 500, 600, 600)], "joined, and seen by then at the latest");
    assert!(keep(&mut store, &[saw(900, 1, 7, 1, 600)]).sightings.is_empty(), "nothing is new");
    let other: Vec<_> = (101..=600).map(|n| saw(i64::from(n), 1, 9, n, n)).collect();
    keep(&mut store, &other);
    assert_eq!(keep(&mut store, &[saw(902, 1, 9, 41, 100)]).sightings.len(), 1, "before all of them");
    let nines = || sightings(&reads).into_iter().filter(|s| s.0 == 9).map(|(_, first, last, at)| (first, last, at));
    assert_eq!(nines().count(), 500);
    assert_eq!(nines().next_back(), Some((41, 101, 902)), "joined to what stands after it");
    assert!(keep(&mut store, &[saw(903, 1, 9, 50, 600)]).sightings.is_empty(), "nothing is new");
    assert_eq!(keep(&mut store, &[saw(901, 1, 8, 1, 600)]).sightings.len(), 1, "another rep has rows of their own");
}

pub fn a_file_is_found_only_through_its_contact(home: impl Home) {
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
    let carriers = |contact, number| reads.carriers(ContactId(contact), &attachment(number).digest).unwrap();
    assert_eq!([carriers(1, 2), carriers(1, 3), carriers(1, 4), carriers(2, 1)], [vec![1], vec![2], vec![], vec![]]);
    let talk = reads.conversation(ContactId(1), 0, 10).unwrap();
    assert_eq!(talk[0].attachments, [attachment(1), attachment(2)]);
    assert_eq!(talk[1].attachments, [attachment(3)]);
}
