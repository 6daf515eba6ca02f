//! The scripted peer: refusals, broken connections and bombs. Nothing is lost, nothing is taken twice, nothing grows.

use crate::memory::{Memory, Reader, mail};
use crate::peer::{Act, Peer, Quirk, say, short};
use std::time::Duration;
use steelbridge::channels::email::imap::{Extent, Health, Limits, State};

fn why(health: &Health) -> String {
    match &health.state {
        State::Down { why, .. } | State::Degraded(why) => why.clone(),
        _ => String::new(),
    }
}

/// A mailbox with mail 1 to 3, read until all three are done with; what was heard of them, by UID.
async fn three(quirk: Quirk, limits: Limits) -> (Memory, Peer) {
    let peer = Peer::start(quirk).await;
    (1..=3).for_each(|uid| peer.deliver(uid, &mail(&format!("mail-{uid}."))));
    let memory = Memory::new();
    let reader = Reader::start(peer.settings(), limits, &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 3)).await;
    reader.stop().await;
    (memory, peer)
}

fn outcome(memory: &Memory) -> Vec<(u32, Extent)> {
    let mut found: Vec<_> = memory.books().mails.iter().map(|(mail, _)| (mail.key.uid, mail.extent)).collect();
    found.sort_by_key(|(uid, _)| *uid);
    found
}

const WHOLE: [(u32, Extent); 3] = [(1, Extent::Whole), (2, Extent::Whole), (3, Extent::Whole)];
const POISON: [(u32, Extent); 3] = [(1, Extent::Whole), (2, Extent::Unread), (3, Extent::Whole)];

fn is_body(uid: u32, command: &str) -> bool {
    command.starts_with(&format!("UID FETCH {uid} (UID BODY.PEEK"))
}

fn is_list(command: &str) -> bool {
    command.starts_with("UID FETCH") && !command.contains("BODY")
}

#[tokio::test]
async fn the_end_of_a_connection_is_never_an_empty_mailbox() {
    let cuts: [Quirk; 5] = [
        |n, _, command| (n < 3 && command.starts_with("UID SEARCH")).then(|| vec![Act::Close]),
        |n, _, command| (n < 3 && command.starts_with("SELECT")).then(|| vec![Act::Close]),
        |n, _, command| (n < 3 && command == "NOOP").then(|| vec![Act::Say("* 3 EX".into()), Act::Close]),
        // at a line's end, after one of three
        |n, _, command| {
            let one = "* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n";
            (n < 3 && is_list(command)).then(|| vec![Act::Say(one.into()), Act::Close])
        },
        |n, _, command| (n < 3 && command == "!").then(|| vec![Act::Close]),
    ];
    for cut in cuts {
        let (memory, peer) = three(cut, short()).await;
        assert_eq!(outcome(&memory), WHOLE);
        assert_eq!(peer.moved().len(), 3);
    }
}

#[tokio::test]
async fn no_to_everything_is_never_an_empty_mailbox() {
    // after signing in: to everything, or only to this; then the server is well again
    const SICK: usize = 4;
    let refusals: [Quirk; 6] = [
        |n, _, command| (n <= SICK && command != "!" && !command.starts_with("LOGIN")).then(no)?,
        |n, _, command| (n <= SICK && command.starts_with("SELECT")).then(no)?,
        |n, _, command| (n <= SICK && command == "NOOP").then(no)?,
        |n, _, command| (n <= SICK && command.starts_with("UID SEARCH")).then(no)?,
        |n, _, command| (n <= SICK && command.starts_with("UID FETCH")).then(no)?,
        |n, _, command| (n <= SICK && is_body(1, command)).then(no)?,
    ];
    for refusal in refusals {
        let peer = Peer::start(refusal).await;
        (1..=3).for_each(|uid| peer.deliver(uid, &mail(&format!("mail-{uid}."))));
        let memory = Memory::new();
        let mut reader = Reader::start(peer.settings(), short(), &memory);
        let health = reader.until("it is down", |health| health.failures >= 2).await;
        assert!(why(&health).contains("the server refused while"), "{health:?}");
        assert!(why(&health).ends_with("[UNAVAILABLE] the disks are gone"), "{health:?}");
        let settled = memory.books().cursors.values().any(|cursor| cursor.last_uid > 0);
        assert_eq!((health.last_success, settled), (None, false));

        memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 3)).await;
        assert_eq!(outcome(&memory), WHOLE, "the mails are not to blame");
        assert_eq!(peer.heard_with("!"), SICK + 1, "a connection that is refused is given up and counted");
        reader.stop().await;
    }
}

fn no() -> Option<Vec<Act>> {
    say("{tag} NO [UNAVAILABLE] the disks are gone\r\n")
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_left_in_peace() {
    let quirk: Quirk = |_, _, command| (command != "!" && !command.starts_with("LOGIN")).then(no)?;
    let (calm, hasty) = (Peer::start(quirk).await, Peer::start(quirk).await);
    let memory = Memory::new();
    let limits = Limits { pause_first: Duration::from_secs(3600), pause_most: Duration::from_secs(3600), ..short() };
    let mut patient = Reader::start(calm.settings(), limits, &memory);
    patient.until("it is down", |health| health.failures == 1).await;
    // ten failures of another mailbox are the clock
    let mut other = Reader::start(hasty.settings(), short(), &memory);
    other.until("it is down", |health| health.failures >= 10).await;
    assert_eq!(calm.heard(), ["!", "LOGIN \"311\" \"pass \\\"word\\\"\"", ID, "LIST \"\" \"Processed\""]);
    patient.stop().await;
    other.stop().await;
}

const ID: &str = "ID (\"name\" \"steelbridge\")";

#[tokio::test]
async fn a_mail_whose_list_is_refused_goes_to_quarantine_alone() {
    let quirk: Quirk = |_, _, command| {
        let touches = ["1:3", "2:3", "2"].iter().any(|set| command.starts_with(&format!("UID FETCH {set} ")));
        (is_list(command) && touches).then(|| say("{tag} BAD Command Error. 12\r\n"))?
    };
    let (memory, peer) = three(quirk, short()).await;
    assert_eq!(outcome(&memory), POISON);
    assert_eq!(peer.heard_with("UID FETCH 2 (UID BODY"), 0);
}

#[tokio::test]
async fn a_folder_without_numbers_is_not_opened() {
    let quirk: Quirk = |_, _, command| {
        command.starts_with("SELECT").then(|| say("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK done\r\n"))?
    };
    let peer = Peer::start(quirk).await;
    peer.deliver(1, &mail("waits"));
    let memory = Memory::new();
    let mut reader = Reader::start(peer.settings(), short(), &memory);
    let health = reader.until("it is down", |health| health.failures >= 2).await;
    assert!(why(&health).contains("UIDVALIDITY or UIDNEXT is missing"), "{health:?}");
    assert_eq!(memory.books().cursors.len(), 0);
    reader.stop().await;
}

#[tokio::test]
async fn bombs_end_the_connection_and_the_mail_goes_to_quarantine() {
    let bombs: [Quirk; 5] = [
        // async-imap alone would make room for it at once
        |_, _, command| is_body(2, command).then(|| say("* 2 FETCH (UID 2 BODY[] {500000000}\r\nx"))?,
        |_, _, command| is_body(2, command).then(|| say(&format!("* 2 FETCH (UID 2 X {}", "y".repeat(1 << 17))))?,
        |_, _, command| is_body(2, command).then(|| say(&format!("* 2 FETCH (BODYSTRUCTURE {}", "(".repeat(5_000))))?,
        |_, _, command| is_body(2, command).then(|| say("* XFOO what is this\r\n{tag} OK done\r\n"))?,
        // a letter right after a response code breaks the parser: it slices in the middle
        |_, _, command| is_body(2, command).then(|| say("* OK [ALERT]\u{e9}\r\n{tag} OK done\r\n"))?,
    ];
    for bomb in bombs {
        let (memory, peer) = three(bomb, short()).await;
        assert_eq!(outcome(&memory), POISON);
        assert_eq!(peer.heard_with("UID FETCH 2 (UID BODY"), 2, "tried twice, not more");
        let mut moved = peer.moved();
        moved.sort();
        let to = |uid, folder: &str| (uid, folder.to_string());
        assert_eq!(moved, [to(1, "Processed"), to(2, "Quarantine"), to(3, "Processed")]);
    }
}

#[tokio::test]
async fn a_mail_that_cannot_even_be_listed_goes_to_quarantine() {
    // INTERNALDATE NIL makes the parser panic
    let quirk: Quirk = |_, _, command| {
        let touches = command.starts_with("UID FETCH 1:3 ") || command.starts_with("UID FETCH 2:3 ");
        let alone = command.starts_with("UID FETCH 2 ");
        (is_list(command) && (touches || alone))
            .then(|| say("* 2 FETCH (UID 2 INTERNALDATE NIL RFC822.SIZE 5)\r\n{tag} OK done\r\n"))?
    };
    let (memory, peer) = three(quirk, short()).await;
    assert_eq!(outcome(&memory), POISON);
    assert_eq!(peer.heard_with("UID FETCH 2 (UID BODY"), 0);
}

#[tokio::test]
async fn a_goodbye_in_the_middle_of_a_mail_is_not_the_mails_fault() {
    let quirk: Quirk = |n, _, command| {
        let part = "* 2 FETCH (UID 2 BODY[] {90}\r\nFrom: x\r\n";
        match n {
            1 | 3 if is_body(2, command) => say("* BYE out of breath\r\n"),
            2 | 4 if is_body(2, command) => Some(vec![Act::Say(part.into()), Act::Close]),
            _ => None,
        }
    };
    let (memory, _peer) = three(quirk, short()).await;
    assert_eq!(outcome(&memory), WHOLE, "four outages, no quarantine");
    assert_eq!(memory.books().taken("mail-2."), 1);
}

#[tokio::test]
async fn a_mail_at_which_the_server_always_fails_hangs_up_or_falls_silent_is_left_alone_in_the_end() {
    let always: [Quirk; 4] = [
        |_, _, command| is_body(2, command).then(no)?,
        |_, _, command| is_body(2, command).then(|| vec![Act::Close]),
        |_, _, command| is_body(2, command).then(|| vec![Act::Hang]),
        |_, _, command| {
            let body = "* 2 FETCH (UID 2 BODY[] {90}\r\nFrom: somebody who has a lot of time";
            is_body(2, command).then(|| vec![Act::Drip(body.into(), Duration::from_millis(50))])
        },
    ];
    for quirk in always {
        let (memory, peer) = three(quirk, short()).await;
        assert_eq!(outcome(&memory), POISON);
        assert_eq!(peer.heard_with("UID FETCH 2 (UID BODY"), 5);
    }
}

#[tokio::test]
async fn a_mail_the_server_refuses_twice_goes_to_quarantine_on_the_same_connection() {
    let (memory, peer) =
        three(|_, _, command| is_body(2, command).then(|| say("{tag} NO unreadable\r\n"))?, short()).await;
    assert_eq!((outcome(&memory), peer.heard_with("!")), (POISON.to_vec(), 1));
}

#[tokio::test]
async fn a_mail_that_somebody_took_away_is_no_empty_mail() {
    let quirk: Quirk = |_, _, command| is_body(2, command).then(|| say("* 2 FETCH (UID 2)\r\n{tag} OK done\r\n"))?;
    let (memory, _peer) = three(quirk, short()).await;
    assert_eq!(outcome(&memory), [(1, Extent::Whole), (3, Extent::Whole)]);
}

#[tokio::test]
async fn mail_nobody_asked_for_and_numbers_given_twice_change_nothing() {
    let quirk: Quirk = |_, _, command| {
        if is_body(2, command) {
            let other = "* 1 FETCH (UID 1 BODY[] {4}\r\nevil)\r\n* 9 FETCH (FLAGS (\\Seen))\r\n* 3 FETCH (BODY[] {4}\r\nevil)\r\n";
            return Some(vec![Act::Say(other.into()), Act::Normal]);
        }
        if is_list(command) {
            let again = "* 1 FETCH (UID 2 RFC822.SIZE 7)\r\n* 1 FETCH (UID 2 RFC822.SIZE 7)\r\n* 7 FETCH (UID 77 RFC822.SIZE 7)\r\n";
            return Some(vec![Act::Say(again.into()), Act::Normal]);
        }
        command.starts_with("UID SEARCH UID 1:").then(|| say("* SEARCH 1 2 2 3 3 1\r\n{tag} OK done\r\n"))?
    };
    let (memory, peer) = three(quirk, short()).await;
    assert_eq!(outcome(&memory), WHOLE);
    assert!((1..=3).all(|uid| memory.books().taken(&format!("mail-{uid}.")) == 1));
    assert_eq!(peer.heard_with("UID FETCH 77"), 0);
}

#[tokio::test]
async fn a_size_that_lies_and_a_server_that_knows_no_parts_lose_nothing() {
    let long = mail("long") + &"0123456789\r\n".repeat(400);
    let lies: [Quirk; 3] = [
        |_, _, command| is_list(command).then(|| say("* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n{tag} OK done\r\n"))?,
        |_, _, command| is_list(command).then(|| say("* 1 FETCH (UID 1 RFC822.SIZE 1500)\r\n{tag} OK done\r\n"))?,
        |_, _, command| is_list(command).then(|| say("* 1 FETCH (UID 1 RFC822.SIZE 15000)\r\n{tag} OK done\r\n"))?,
    ];
    for lie in lies {
        let peer = Peer::start(lie).await;
        peer.deliver(1, &long);
        let memory = Memory::new();
        let reader = Reader::start(peer.settings(), Limits { body_step: 1024, ..short() }, &memory);
        memory.until("it is there", |books| books.taken("long") == 1).await;
        assert_eq!(memory.books().mails[0].0.raw, long.as_bytes());
        reader.stop().await;
    }
}
