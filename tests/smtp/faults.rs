//! Relays that fall silent, hang up, refuse, put off, mix up their answers or are not what they say.

use crate::letter::{NOW, brief, letter, relay, rendered, settings, short};
use crate::scripted::{MORE, Scripted, WELL};
use crate::token_office::{CLIENT_SECRET, Mood, TokenOffice};
use std::time::{Duration, Instant};
use steelbridge::channels::delivery::{Breaker, Kind, Next, Outcome, Tried, next};
use steelbridge::channels::email::imap::Oauth;
use steelbridge::channels::email::letter::{Rendered, compose};
use steelbridge::channels::email::secret::Secret;
use steelbridge::channels::email::smtp::{Found, Limits, Relay, RelaySettings, SignIn, probe};
use steelbridge::routing::ids::{Span, Timestamp};
use tokio::time::timeout;

const HELLO: &str = "> 220 relay\n< EHLO\n> 250 relay\n";
const SIGN_IN: &str = "> 220 relay\n< EHLO\n> 250-relay|250 AUTH PLAIN LOGIN XOAUTH2\n< AUTH\n";
const TO_DATA: &str = "< MAIL\n> 250 ok\n< RCPT\n> 250 ok\n< DATA\n";
const USER: &str = "user = \"city\"\npassword = \"env:X\"\n";

#[tokio::test]
async fn every_ending_has_its_meaning() {
    let well = format!("{HELLO}{TO_DATA}");
    let table = [
        ("silent greeting", "hang".to_owned(), "", "unreachable"),
        ("closed at once", "close".into(), "", "unreachable"),
        ("busy greeting", "> 421 4.3.2 too many".into(), "", "pause 421"),
        ("unwelcome", "> 554 5.7.1 go away".into(), "", "misconfigured"),
        ("not a relay", "> HTTP/1.1 400 Bad Request".into(), "", "unreachable"),
        ("silent after EHLO", "> 220 relay\n< EHLO\nhang".into(), "", "unreachable"),
        ("sign in first", format!("{HELLO}< MAIL\n> 530 5.7.0 authenticate"), "", "misconfigured"),
        ("sender not ours", format!("{HELLO}< MAIL\n> 550 5.7.60 may not send as"), "", "misconfigured"),
        ("silent at RCPT", format!("{HELLO}< MAIL\n> 250 ok\n< RCPT\nhang"), "", "unreachable"),
        ("no such user", format!("{HELLO}< MAIL\n> 250 ok\n< RCPT\n> 550 5.1.1 no such user"), "", "refused 550"),
        ("greylisted", format!("{HELLO}< MAIL\n> 250 ok\n< RCPT\n> 450 4.2.1 later"), "", "later 450"),
        ("gibberish at RCPT", format!("{HELLO}< MAIL\n> 250 ok\n< RCPT\n> ¿qué?"), "", "later 0"),
        (
            "an answer too many",
            format!("{HELLO}< MAIL\n> 250 ok|250 again\n< RCPT\n> 250 ok\n< DATA\n"),
            "",
            "later 250",
        ),
        ("full", format!("{well}> 452 4.3.1 disk full"), "", "later 452"),
        ("spam", format!("{well}> 354 go\n.\n> 554 5.7.1 looks like spam"), "", "refused 554"),
        ("full after the dot", format!("{well}> 354 go\n.\n> 452 4.3.1 disk full"), "", "later 452"),
        ("closing after the dot", format!("{well}> 354 go\n.\n> 421 4.3.2 closing"), "", "pause 421"),
        ("silent after the dot", format!("{well}> 354 go\n.\nhang"), "", "unknown"),
        ("closed after the dot", format!("{well}> 354 go\n.\nclose"), "", "unknown"),
        ("half an answer", format!("{well}> 354 go\n.\n> 250-half\nclose"), "", "unknown"),
        ("354 after the dot", format!("{well}> 354 go\n.\n> 354 go"), "", "unknown"),
        ("gibberish after the dot", format!("{well}> 354 go\n.\n> ok, got it"), "", "unknown"),
        ("wrong password", format!("{SIGN_IN}> 535 5.7.8 no"), USER, "misconfigured"),
        ("password not now", format!("{SIGN_IN}> 454 4.7.0 later"), USER, "pause 454"),
        ("no way to sign in", format!("{HELLO}hang"), USER, "misconfigured"),
        ("silent sign-in", format!("{SIGN_IN}hang"), USER, "unreachable"),
        ("signed in?", format!("{SIGN_IN}> 250 ok"), USER, "later 250"),
    ];
    for (name, script, more, meaning) in table {
        let server = Scripted::start(&[&script]).await;
        let started = Instant::now();
        let outcome = relay(server.port, more).send(&rendered(), NOW).await;
        assert_eq!(brief(&outcome), meaning, "{name}: {outcome:?}");
        assert!(started.elapsed() < Duration::from_secs(8), "{name} took {:?}", started.elapsed());
        assert!(!format!("{outcome:?}").contains("secret") && !format!("{outcome:?}").contains("bob@"), "{name}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_liked_is_replaced_once() {
    let office = TokenOffice::opens().await;
    let oauth = Oauth {
        token_url: format!("http://{}/token", office.at),
        ca_file: None,
        client_id: "steelbridge".into(),
        client_secret: Some(Secret::words(CLIENT_SECRET)),
        scope: None,
        refresh_token: None,
    };
    let asked = format!("{SIGN_IN}> 334 eyJzdGF0dXMiOiI0MDAifQ==\nhang");
    let refused = format!("{SIGN_IN}> 535 5.7.8 expired");
    let server = Scripted::start(&[&asked, &refused, &asked]).await;
    let settings = RelaySettings { sign_in: SignIn::Oauth(oauth), ..settings(server.port, USER) };
    let mut relay = Relay::new(settings, short()).expect("settings");
    let outcome = relay.send(&rendered(), NOW).await;
    assert!(
        matches!(&outcome, Outcome::NoToken { why } if why.contains("access token: 535 5.7.8 expired")),
        "{outcome:?}"
    );
    let tokens = server.heard();
    assert!(tokens[0][1].starts_with("AUTH XOAUTH2 ") && tokens[0][1] != tokens[1][1], "{tokens:?}");
    assert_eq!((server.heard().len(), office.handed_out("client_credentials")), (2, 2));

    office.is(Mood::Denies);
    let outcome = relay.send(&rendered(), NOW).await;
    let said = "no access token: the token endpoint says invalid_client";
    assert!(matches!(&outcome, Outcome::NoToken { why } if why == said), "{outcome:?}");
    assert_eq!((server.heard().len(), office.denied()), (3, 1));
}

#[tokio::test]
async fn nobody_at_the_address() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    assert_eq!(brief(&relay(port, "").send(&rendered(), NOW).await), "unreachable");
    let outcome = relay(port, "host = \"no-such-host.invalid\"\ntls = \"starttls\"").send(&rendered(), NOW).await;
    assert_eq!(brief(&outcome), "unreachable");
}

#[tokio::test]
async fn without_starttls_nothing_is_said() {
    for offer in ["250 relay", "250-relay|250 XXXXXXXA", "250-relay|250 AUTH PLAIN"] {
        let server = Scripted::start(&[&format!("> 220 relay\n< EHLO\n> {offer}\nhang")]).await;
        let outcome = relay(server.port, &format!("tls = \"starttls\"\n{USER}")).send(&rendered(), NOW).await;
        assert_eq!(brief(&outcome), "misconfigured");
        assert_eq!(server.heard(), [["EHLO city.example"]], "neither password nor letter");
    }
}

/// Somebody on the way answers for the relay, before TLS begins, what would be asked after it.
#[tokio::test]
async fn what_was_said_before_tls_is_not_heard_after_it() {
    let answers = "220 go|250-relay|250 AUTH PLAIN|235 ok|250 ok|250 ok|354 go|250 kept";
    let script = format!("> 220 relay\n< EHLO\n> 250-relay|250 STARTTLS\n< STARTTLS\n> {answers}\nhang");
    let server = Scripted::start(&[&script]).await;
    let long = Limits { command: Duration::from_secs(20), ..short() };
    let settings = settings(server.port, &format!("tls = \"starttls\"\n{USER}"));
    let mut relay = Relay::new(settings, long).unwrap();
    let started = Instant::now();
    let outcome = relay.send(&rendered(), NOW).await;
    assert_eq!(brief(&outcome), "unreachable", "{outcome:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "TLS met the answers and broke off: {outcome:?}");
}

#[tokio::test]
async fn a_letter_given_up_half_way_leaves_no_answer_for_the_next() {
    // where the first letter is dropped: waiting for the answer to RCPT, to DATA, to the final dot
    let waits = [
        format!("{HELLO}< MAIL\n> 250 ok\n< RCPT\nhang"),
        format!("{HELLO}{TO_DATA}hang"),
        format!("{HELLO}{TO_DATA}> 354 go\n.\nhang"),
    ];
    for first in waits {
        let server = Scripted::start(&[&first, WELL]).await;
        let mut relay = relay(server.port, "");
        let gone = timeout(Duration::from_millis(100), relay.send(&rendered(), NOW)).await;
        assert!(gone.is_err(), "cancelled");
        let second = Rendered { recipient: "eve@resident.example".into(), ..rendered() };
        assert_eq!(brief(&relay.send(&second, NOW).await), "sent 250");
        let heard = server.heard();
        assert_eq!(heard.len(), 2, "a line of its own");
        assert_eq!(heard[1][2], "RCPT TO:<eve@resident.example>");
    }
}

#[tokio::test]
async fn one_line_carries_many_letters_until_it_has_had_enough() {
    let server = Scripted::start(&[&format!("{WELL}\n{MORE}\n{MORE}"), WELL]).await;
    let limits = Limits { letters: 3, ..short() };
    let mut relay = Relay::new(settings(server.port, ""), limits).unwrap();
    for _ in 0..4 {
        assert_eq!(brief(&relay.send(&rendered(), NOW).await), "sent 250");
    }
    let heard = server.heard();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0].iter().filter(|line| line.starts_with("MAIL")).count(), 3);
    relay.close().await;

    let server = Scripted::start(&[&format!("{WELL}\n{MORE}"), WELL]).await;
    let mut relay = crate::letter::relay(server.port, "");
    relay.send(&rendered(), NOW).await;
    assert_eq!(brief(&relay.send(&rendered(), NOW + Span::secs(61)).await), "sent 250");
    assert_eq!(server.heard().len(), 2, "not over a line idle for a minute");
}

#[tokio::test]
async fn a_relay_that_hung_up_meanwhile_is_called_again() {
    for end in ["close", "> 421 4.4.2 idle too long\nclose", "< MAIL\n> 421 4.4.2 idle too long"] {
        let server = Scripted::start(&[&format!("{WELL}\n{end}"), WELL]).await;
        let mut relay = relay(server.port, "");
        assert_eq!(brief(&relay.send(&rendered(), NOW).await), "sent 250");
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(brief(&relay.send(&rendered(), NOW).await), "sent 250", "after {end}");
        assert_eq!(server.heard().len(), 2);
    }
}

#[tokio::test]
async fn a_storm_of_421_is_met_with_patience() {
    let server = Scripted::start(&["> 421 4.3.2 go away"]).await;
    let (mut relay, mut breaker) = (relay(server.port, ""), Breaker::new(2.0));
    let mut tried = Tried { kind: Kind::Reply, since: NOW, later: 0, unknown: 0 };
    for second in 0..1800 {
        let now = NOW + Span::secs(second);
        if breaker.ask(now).is_ok() {
            let outcome = relay.send(&rendered(), now).await;
            breaker.heard(&outcome, now, 0.5);
            tried.later += 1;
            assert!(matches!(next(tried, &outcome, now, 0.5), Next::At(_)), "the letter is kept");
        }
    }
    let calls = server.heard().len();
    assert!((5..=10).contains(&calls), "{calls} calls in half an hour");
}

#[tokio::test]
async fn every_line_that_begins_with_a_dot_arrives_and_nothing_ends_a_letter_early() {
    let server = Scripted::start(&[WELL]).await;
    let mut letter = letter();
    letter.passages[0].text = ".\n..\n.x\r\n.\r\nQUIT\r\rlone\n\r.\n".into();
    let mail = compose(&letter, None).unwrap();
    assert_eq!(brief(&relay(server.port, "").send(&mail, NOW).await), "sent 250");
    let heard = server.heard();
    let sent = heard[0].iter().find(|line| line.contains("\r\n")).unwrap();
    assert!(!sent.replace("\r\n", "").contains(['\r', '\n']), "no lone CR or LF (SMTP smuggling)");
    let received = sent.strip_suffix("\r\n.\r\n").unwrap().replace("\r\n..", "\r\n.");
    assert_eq!(received.as_bytes(), mail.mime);
    assert_eq!(heard[0].len(), 5, "EHLO, MAIL, RCPT, DATA, letter: {heard:?}");
}

#[tokio::test]
async fn an_address_beyond_ascii_is_asked_only_of_a_relay_that_can() {
    let mut letter = letter();
    letter.to = "жанна@resident.example".into();
    let mail = compose(&letter, None).unwrap();
    let server = Scripted::start(&[&format!("{HELLO}hang")]).await;
    assert_eq!(brief(&relay(server.port, "").send(&mail, NOW).await), "refused 553");
    let able = WELL.replace("> 250 relay", "> 250-relay|250-8BITMIME|250 SMTPUTF8");
    let server = Scripted::start(&[&able]).await;
    assert_eq!(brief(&relay(server.port, "").send(&mail, NOW).await), "sent 250");
    assert!(server.heard()[0][1].contains("SMTPUTF8"), "{:?}", server.heard()[0][1]);
}

#[tokio::test]
async fn what_comes_out_of_the_store_is_checked_again() {
    let mail = Rendered { recipient: "bob@x.example>\r\nRSET".into(), ..rendered() };
    let outcome = relay(9, "").send(&mail, Timestamp(0)).await;
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_probe_says_what_is_wrong_in_plain_words() {
    let both = "< MAIL FROM:<311@city.example>\n> 250 ok\n< RSET\n> 250 ok\n< MAIL FROM:<>\n";
    let well = format!("{HELLO}{both}> 250 ok\n< RSET\n> 250 ok\n< QUIT\n> 221 bye");
    let table = [
        (well, Ok(Found { encrypted: false, signed_in: false, lets_sign_in: false })),
        (
            format!(
                "> 220 relay\n< EHLO\n> 250-relay|250 AUTH LOGIN\n{both}> 250 ok\n< RSET\n> 250 ok\n< QUIT\n> 221 bye"
            ),
            Ok(Found { encrypted: false, signed_in: false, lets_sign_in: true }),
        ),
        (format!("{HELLO}{both}> 550 5.1.7 null sender\nclose"), Err("automatic_sender")),
        (format!("{HELLO}< MAIL\n> 553 5.7.1 not yours\nclose"), Err("letters from <311@city.example>")),
        ("hang".to_owned(), Err("no answer within 1.5 s; do `tls` and `port` go together?")),
        ("> SSH-2.0-OpenSSH_9.2".to_owned(), Err("does not speak SMTP")),
        ("> 421 4.3.2 later".to_owned(), Err("not now, it says: 421 4.3.2 later")),
    ];
    for (script, wanted) in table {
        let server = Scripted::start(&[&script]).await;
        match (probe(&settings(server.port, ""), short(), NOW).await, wanted) {
            (Ok(found), Ok(wanted)) => assert_eq!(found, wanted),
            (Err(said), Err(wanted)) => assert!(said.contains(wanted), "{said}"),
            (said, wanted) => panic!("{said:?}, not {wanted:?}, from {script}"),
        }
    }
}
