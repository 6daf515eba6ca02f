//! The scripted peer: servers that can less than others, or answer at odd moments.

use crate::memory::{Memory, Reader, mail, now};
use crate::peer::{ABLE, Act, Peer, Quirk, say, short};
use std::time::Duration;
use steelbridge::channels::email::imap::{Health, Limits, MailboxSettings, State, Tls, probe};

fn has_looked(health: &Health) -> bool {
    health.last_success.is_some()
}

/// Mail arrives although IDLE does not work as it should, and the health is `so` in the end.
async fn arrives(capabilities: &'static str, quirk: Quirk, limits: Limits, so: fn(&Health) -> bool) -> (Health, Peer) {
    let peer = Peer::start_able(capabilities, quirk).await;
    let memory = Memory::new();
    let settings = MailboxSettings { poll_secs: 1, ..peer.settings() };
    let mut reader = Reader::start(settings, limits, &memory);
    reader.until("it has looked once", has_looked).await;
    peer.deliver(5, &mail("new"));
    memory.until("it is there", |books| books.taken("new") == 1).await;
    let health = reader.until("its health is so", so).await;
    reader.stop().await;
    (health, peer)
}

#[tokio::test]
async fn without_idle_it_is_polled() {
    let (health, peer) = arrives("IMAP4rev1 MOVE", |_, _, _| None, short(), has_looked).await;
    assert_eq!((health.state, peer.heard_with("IDLE")), (State::Up, 0));
}

fn degraded(health: &Health) -> &str {
    if let State::Degraded(why) = &health.state { why } else { "" }
}

#[tokio::test]
async fn refused_idle_is_said_and_polled() {
    let quirk: Quirk = |n, _, command| match command {
        "IDLE" if n < 3 => say("{tag} NO not on this machine\r\n"),
        _ => None,
    };
    let peer = Peer::start(quirk).await;
    let memory = Memory::new();
    let settings = MailboxSettings { poll_secs: 1, ..peer.settings() };
    let mut reader = Reader::start(settings, short(), &memory);
    let words = "mail is only looked for every 1 s: IDLE was refused, not on this machine";
    for n in 1..=2 {
        peer.until_heard(n as usize, "IDLE").await;
        reader.until("it says so", |health| degraded(health) == words).await;
        peer.deliver(n, &mail(&format!("polled-{n}.")));
        memory.until("it is there", |books| books.taken(&format!("polled-{n}.")) == 1).await;
        memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == n)).await;
        reader.until("it still says so", |health| degraded(health) == words).await;
        assert_eq!(peer.heard_with("IDLE"), n as usize, "asked for once a connection");
        peer.hang_up();
    }
    peer.until_heard(3, "IDLE").await;
    reader.until("a server that now can is asked again", |health| health.state == State::Up).await;
    reader.stop().await;
}

#[tokio::test]
async fn an_idle_that_is_never_answered_is_given_up() {
    let quirk: Quirk = |_, _, command| (command == "IDLE").then(|| vec![Act::Hang]);
    let (health, peer) = arrives(ABLE, quirk, short(), |health| !degraded(health).is_empty()).await;
    assert_eq!(degraded(&health), "mail is only looked for every 1 s: IDLE was not answered");
    assert_eq!(peer.heard_with("IDLE"), 2);
}

#[tokio::test]
async fn a_server_that_is_silent_in_idle_is_asked_whether_it_is_there() {
    // goes deaf in IDLE: neither mail nor the end is heard
    let quirk: Quirk =
        |n, _, command| (n == 1 && command == "IDLE").then(|| vec![Act::Say("+ idling\r\n".into()), Act::Hang]);
    let limits = Limits { idle_silence: Duration::from_millis(300), ..short() };
    let (_, peer) = arrives(ABLE, quirk, limits, has_looked).await;
    assert!(peer.heard_with("!") >= 2);
}

#[tokio::test]
async fn still_here_does_not_keep_idle_going_for_ever() {
    let quirk: Quirk = |n, _, command| {
        let chatter = "* OK Still here\r\n".repeat(400);
        let first = vec![Act::Say("+ idling\r\n".into()), Act::Drip(chatter, Duration::from_millis(2)), Act::Hang];
        (n == 1 && command == "IDLE").then_some(first)
    };
    let limits = Limits { idle_whole: Duration::from_millis(500), idle_silence: Duration::from_secs(3600), ..short() };
    let (_, peer) = arrives(ABLE, quirk, limits, has_looked).await;
    assert!(peer.heard_with("!") >= 2);
}

#[tokio::test]
async fn mail_heard_of_between_two_commands_is_not_overheard() {
    // The only word of it comes while IDLE ends, or begins; the server says nothing more in the next IDLE.
    let moments: [Quirk; 2] = [
        |_, before, command| match (before, command) {
            (0, "IDLE") => Some(vec![
                Act::Say("+ idling\r\n".into()),
                Act::Hear,
                Act::Say("* 1 EXISTS\r\n{tag} OK done\r\n".into()),
            ]),
            (_, "IDLE") => Some(vec![Act::Say("+ idling\r\n".into()), Act::Hear, Act::Say("{tag} OK done\r\n".into())]),
            _ => None,
        },
        |_, before, command| match (before, command) {
            (0, "IDLE") => Some(vec![
                Act::Say("* 1 EXISTS\r\n+ idling\r\n".into()),
                Act::Hear,
                Act::Say("{tag} OK done\r\n".into()),
            ]),
            (_, "IDLE") => Some(vec![Act::Say("+ idling\r\n".into()), Act::Hear, Act::Say("{tag} OK done\r\n".into())]),
            _ => None,
        },
    ];
    for moment in moments {
        let peer = Peer::start(moment).await;
        let memory = Memory::new();
        let limits = Limits { idle_silence: Duration::from_millis(200), ..short() };
        let reader = Reader::start(peer.settings(), limits, &memory);
        peer.until_heard(1, "IDLE").await;
        peer.deliver(5, &mail("new"));
        memory.until("it is there", |books| books.taken("new") == 1).await;
        reader.stop().await;
    }
}

#[tokio::test]
async fn mail_that_arrives_while_others_are_fetched_is_taken_next() {
    let quirk: Quirk = |_, before, command| {
        let first = before == 0 && command.starts_with("UID FETCH 1 (UID BODY");
        first.then(|| vec![Act::Say("* 4 EXISTS\r\n* 1 RECENT\r\n".into()), Act::Normal])
    };
    let peer = Peer::start(quirk).await;
    (1..=3).for_each(|uid| peer.deliver(uid, &mail(&format!("mail-{uid}."))));
    let memory = Memory::new();
    let reader = Reader::start(peer.settings(), short(), &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 3)).await;
    let heard = peer.heard();
    let at = |start: &str| heard.iter().rposition(|command| command.starts_with(start)).expect("heard");
    let look = heard.iter().skip(at("UID FETCH 1 (UID BODY")).position(|command| command == "NOOP").expect("a look");
    assert!(look < at("UID FETCH 2 (UID BODY") - at("UID FETCH 1 (UID BODY"), "looked before going on: {heard:?}");
    reader.stop().await;
}

async fn moves(capabilities: &'static str, quirk: Quirk) -> Vec<String> {
    let peer = Peer::start_able(capabilities, quirk).await;
    (1..=3).for_each(|uid| peer.deliver(uid, &mail(&format!("mail-{uid}."))));
    let memory = Memory::new();
    // all at once, so that it is seen that they go together
    let limits = Limits { move_every: Duration::from_millis(300), ..short() };
    let reader = Reader::start(peer.settings(), limits, &memory);
    memory.until("all is settled", |books| books.cursors.values().any(|cursor| cursor.last_uid == 3)).await;
    reader.stop().await;
    let verbs = ["UID MOVE", "UID COPY", "UID STORE", "UID EXPUNGE", "EXPUNGE", "CREATE"];
    peer.heard().into_iter().filter(|command| verbs.iter().any(|verb| command.starts_with(verb))).collect()
}

#[tokio::test]
async fn mail_is_moved_together_and_as_the_server_can() {
    let move_all = "UID MOVE 1:3 \"Processed\"";
    assert_eq!(moves("IMAP4rev1 MOVE", |_, _, _| None).await, [move_all]);
    let three = ["UID COPY 1:3 \"Processed\"", "UID STORE 1:3 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 1:3"];
    assert_eq!(moves("IMAP4rev1 UIDPLUS", |_, _, _| None).await, three);
    let marked = ["UID STORE 1:3 +FLAGS.SILENT (\\Seen $Steelbridge)"];
    assert_eq!(moves("IMAP4rev1", |_, _, _| None).await, marked, "EXPUNGE would take other people's mail along");
    let missing: Quirk = |_, before, command| {
        (before == 0 && command.starts_with("UID MOVE")).then(|| say("{tag} NO [TRYCREATE] no such folder\r\n"))?
    };
    assert_eq!(moves("IMAP4rev1 MOVE", missing).await, [move_all, "CREATE \"Processed\"", move_all]);
    let later: Quirk =
        |_, before, command| (before < 2 && command.starts_with("UID MOVE")).then(|| say("{tag} NO over quota\r\n"))?;
    assert_eq!(moves("IMAP4rev1 MOVE", later).await, [move_all; 3], "tried again");
}

#[tokio::test]
async fn a_refused_move_is_said_and_no_mail_is_taken_again() {
    let quirk: Quirk = |_, _, command| command.starts_with("UID MOVE").then(|| say("{tag} NO over quota\r\n"))?;
    let peer = Peer::start(quirk).await;
    peer.deliver(1, &mail("stays"));
    let memory = Memory::new();
    for _ in 0..3 {
        let mut reader = Reader::start(peer.settings(), short(), &memory);
        let so = |health: &Health| matches!(&health.state, State::Degraded(why) if why.contains("moved to Processed: over quota"));
        reader.until("it says so", so).await;
        reader.stop().await;
    }
    assert_eq!(memory.books().mails.len(), 1);
}

#[tokio::test]
async fn no_password_goes_where_it_must_not() {
    let no_login: Quirk = |_, _, _| None;
    let peer = Peer::start_able("IMAP4rev1 LOGINDISABLED", no_login).await;
    let why = probe(peer.settings(), short(), now()).await.expect_err("no").to_string();
    assert!(why.contains("LOGINDISABLED"), "{why}");
    assert_eq!(peer.heard_with("LOGIN"), 0);

    let greetings: [(Quirk, &str); 3] = [
        (|_, _, command| (command == "!").then(|| say("* PREAUTH as whom?\r\n"))?, "without asking who we are"),
        (|_, _, command| (command == "!").then(|| say("* BYE too many of you\r\n"))?, "too many of you"),
        (|_, _, command| (command == "!").then(|| say("220 mail.example ESMTP\r\n"))?, "unreadable"),
    ];
    for (greeting, words) in greetings {
        let peer = Peer::start(greeting).await;
        let why = probe(peer.settings(), short(), now()).await.expect_err("no").to_string();
        assert!(why.contains(words), "{why}");
        assert_eq!(peer.heard(), ["!"]);
    }

    // STARTTLS refused, cut away, or answered with more than was asked for: never go on in the clear
    let starts: [Quirk; 3] = [
        |_, _, command| (command == "STARTTLS").then(|| say("{tag} NO not now\r\n"))?,
        |_, _, command| (command == "STARTTLS").then(|| say("{tag} BAD what?\r\n"))?,
        |_, _, command| {
            (command == "STARTTLS").then(|| say("{tag} OK go\r\n* CAPABILITY IMAP4rev1\r\nc1 OK sure\r\n"))?
        },
    ];
    for start in starts {
        let peer = Peer::start(start).await;
        let settings = MailboxSettings { tls: Tls::Starttls, ..peer.settings() };
        let limits = Limits { connect: Duration::from_millis(500), ..short() };
        let why = probe(settings, limits, now()).await.expect_err("no").to_string();
        assert!(why.contains("no protected connection"), "{why}");
        assert!(peer.heard().iter().all(|command| !command.contains("LOGIN") && !command.contains("word")));
    }
}

#[tokio::test]
async fn a_server_that_is_full_is_no_wrong_password() {
    let full: Quirk = |_, _, command| command.starts_with("LOGIN").then(|| say("{tag} NO [UNAVAILABLE] later\r\n"))?;
    let peer = Peer::start(full).await;
    let problem = probe(peer.settings(), short(), now()).await.expect_err("no");
    assert_eq!(problem.what, "the server refused while signing in: [UNAVAILABLE] later");
    let wrong: Quirk =
        |_, _, command| command.starts_with("LOGIN").then(|| say("{tag} NO [AUTHENTICATIONFAILED] no\r\n"))?;
    let peer = Peer::start(wrong).await;
    let problem = probe(peer.settings(), short(), now()).await.expect_err("no");
    assert_eq!(problem.what, "the server does not let us in: [AUTHENTICATIONFAILED] no");
    assert!(peer.heard().contains(&"LOGIN \"311\" \"pass \\\"word\\\"\"".to_string()), "{:?}", peer.heard());
}
