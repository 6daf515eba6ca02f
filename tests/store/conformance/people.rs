//! Who can sign in, and who is signed in.

use super::*;

pub fn accounts_are_added_and_changed(home: impl Home) {
    let (mut store, reads) = open(&home);
    let (ana, ben) = (account(2, "ana"), account(1, "ben"));
    keep_records(&mut store, vec![Record::Account(ana.clone()), Record::Account(ben.clone())]);
    assert_eq!(reads.accounts().unwrap(), [ben.clone(), ana.clone()], "by number");
    let gone = Account { name: word("ana.b"), role: Role::Auditor, password: None, disabled: true, ..ana };
    keep_records(&mut store, vec![Record::Account(gone.clone())]);
    assert_eq!(reads.account("ana").unwrap(), None);
    assert_eq!(reads.account("ana.b").unwrap(), Some(gone));
    assert_eq!(reads.account("ben").unwrap(), Some(ben.clone()));
    assert_eq!(reads.account_by_id(RepId(1)).unwrap(), Some(ben));
    assert_eq!(reads.account_by_id(RepId(3)).unwrap(), None);
}

pub fn two_accounts_cannot_share_a_name(home: impl Home) {
    let (mut store, _) = open(&home);
    let (one, two) = (Record::Account(account(1, "ana")), Record::Account(account(2, "ana")));
    assert!(store.append(&[entry(vec![], vec![one, two])]).is_err());
}

pub fn sessions_last_until_they_are_ended(home: impl Home) {
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

pub fn old_sessions_are_forgotten(home: impl Home) {
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
