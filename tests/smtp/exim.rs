//! Through a real mail server: over TLS, signed in, and read again out of the mailbox.

use crate::letter::{NOW, brief, letter, relay_within, settings};
use crate::server::{Certificate, Exim, GOOD};
use mail_parser::MessageParser;
use steelbridge::channels::delivery::Kind;
use steelbridge::channels::delivery::Outcome;
use steelbridge::channels::email::letter::{Attached, Passage, Rendered, compose};
use steelbridge::channels::email::secret::Secret;
use steelbridge::channels::email::smtp::Limits;
use steelbridge::channels::email::smtp::{Found, RelaySettings, SignIn, probe};

#[tokio::test]
async fn a_letter_arrives_as_it_was_written() {
    let exim = Exim::start(&GOOD);
    let mut relay = relay_within(Limits::default(), exim.port, &exim.settings());
    let mut answer = letter();
    answer.to_name = Some("Жанна \"J\" O'Hara, Ms.".into());
    answer.subject = "Re: Яма на дороге / حفرة في الطريق".into();
    answer.passages =
        vec![Passage { language: "ru".into(), text: "Спасибо.\n.\nМы починим её.".into() }];
    let photo: Vec<u8> = (0..=255u8).cycle().take(5000).collect();
    answer.attachments =
        vec![Attached { name: "яма №1.jpg".into(), media_type: "image/jpeg".into(), bytes: photo.clone() }];
    let sent = relay.send(&compose(&answer, None).unwrap(), NOW).await;
    assert_eq!(brief(&sent), "sent 250", "{sent:?}");

    let delivered = exim.delivered(1).remove(0);
    let mail = MessageParser::default().parse(&delivered).unwrap();
    assert_eq!(mail.subject().unwrap(), "Re: Яма на дороге / حفرة في الطريق");
    let to = mail.to().unwrap().first().unwrap();
    assert_eq!((to.name().unwrap(), to.address().unwrap()), ("Жанна \"J\" O'Hara, Ms.", "bob@resident.example"));
    assert_eq!(mail.reply_to().unwrap().first().unwrap().address().unwrap(), "311+7.k3k9@city.example");
    assert_eq!(mail.message_id().unwrap(), "c.7.2.k3k9@mail.city.example");
    assert!(delivered.contains("In-Reply-To: <q1@resident.example>"), "{delivered}");
    assert!(delivered.contains("References: <q0@resident.example> <q1@resident.example>"), "{delivered}");
    assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-11-23T15:05:00Z");
    assert_eq!(mail.header_raw("Content-Language").unwrap().trim(), "ru");
    assert!(delivered.contains("Return-path: <bounces+17@city.example>"), "{delivered}");
    assert!(delivered.contains("with esmtpsa"), "encrypted and signed in");
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), "Спасибо.\n.\nМы починим её.");
    assert!(mail.body_html(0).unwrap().contains("<html lang=\"ru\" dir=\"ltr\">"));
    let file = mail.attachment(0).unwrap();
    use mail_parser::MimeHeaders;
    assert_eq!((file.attachment_name().unwrap(), file.contents()), ("яма №1.jpg", photo.as_slice()));
}

#[tokio::test]
async fn an_acknowledgement_is_marked_automatic_and_answers_to_nobody() {
    let exim = Exim::start(&GOOD);
    let mut relay = relay_within(Limits::default(), exim.port, &exim.settings());
    let mut received = letter();
    received.kind = Kind::Acknowledgement;
    received.envelope_from = relay.settings().envelope_from(Kind::Acknowledgement, |_| None);
    received.passages = [("ar", "استلمنا رسالتك."), ("en", "We have your message.")]
        .map(|(language, text)| Passage { language: language.into(), text: text.into() })
        .to_vec();
    let mail = compose(&received, None).unwrap();
    assert_eq!(brief(&relay.send(&mail, NOW).await), "sent 250");
    let second = Rendered { recipient: "eve@resident.example".into(), ..mail };
    assert_eq!(brief(&relay.send(&second, NOW).await), "sent 250", "over the same line");
    let delivered = exim.delivered(2);
    let text = &delivered[0];
    assert!(text.contains("Return-path: <>"), "{text}");
    for header in ["Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "X-Steelbridge-Instance: abc123"] {
        assert!(text.contains(header), "{header} in {text}");
    }
    let mail = MessageParser::default().parse(text).unwrap();
    let html = mail.body_html(0).unwrap();
    assert!(html.contains("<div lang=\"ar\" dir=\"rtl\">") && html.contains("<div lang=\"en\" dir=\"ltr\">"), "{html}");
    assert_eq!(mail.header_raw("Content-Language").unwrap().trim(), "ar, en");
}

#[tokio::test]
async fn a_real_servers_no_is_understood() {
    let exim = Exim::start(&GOOD);
    let to = |recipient: &str| Rendered { recipient: recipient.into(), ..crate::letter::rendered() };
    let mut ours = relay_within(Limits::default(), exim.port, &exim.settings());
    assert_eq!(brief(&ours.send(&to("nobody@resident.example"), NOW).await), "refused 550");
    assert_eq!(brief(&ours.send(&to("greylisted@resident.example"), NOW).await), "later 451");
    assert_eq!(brief(&ours.send(&to("bob@resident.example"), NOW).await), "sent 250", "and the relay still works");

    let right = settings(exim.port, &exim.settings());
    let wrong = RelaySettings { sign_in: SignIn::Password(Secret::words("guess")), ..right.clone() };
    let said = probe(&wrong, Limits::default(), NOW).await.unwrap_err();
    assert!(said.contains("the relay refuses the sign-in: 535") && !said.contains("guess"), "{said}");
    let found = probe(&right, Limits::default(), NOW).await;
    assert_eq!(found, Ok(Found { encrypted: true, signed_in: true, lets_sign_in: true }));
}

#[tokio::test]
async fn tls_from_the_first_byte() {
    let exim = Exim::start(&Certificate { implicit: true, ..GOOD });
    let more = exim.settings().replace("starttls", "implicit");
    let sent = relay_within(Limits::default(), exim.port, &more).send(&crate::letter::rendered(), NOW).await;
    assert_eq!(brief(&sent), "sent 250", "{sent:?}");
    assert!(exim.delivered(1)[0].contains("with esmtpsa"));
}

#[tokio::test]
async fn a_certificate_that_is_not_the_relays_stops_everything() {
    let wrong = [
        ("another name", Certificate { name: "other.example", ..GOOD }, true),
        ("expired", Certificate { days: -1, ..GOOD }, true),
        ("another name, TLS at once", Certificate { name: "other.example", implicit: true, ..GOOD }, true),
        ("an authority this machine does not know", GOOD, false),
    ];
    for (name, certificate, believed) in wrong {
        let exim = Exim::start(&certificate);
        let mut more = exim.settings();
        if certificate.implicit {
            more = more.replace("starttls", "implicit");
        }
        if !believed {
            more = more.lines().filter(|line| !line.starts_with("ca_file")).map(|line| format!("{line}\n")).collect();
        }
        let outcome = relay_within(Limits::default(), exim.port, &more).send(&crate::letter::rendered(), NOW).await;
        let Outcome::Misconfigured { why } = outcome else { panic!("{name}: {outcome:?}") };
        assert!(why.contains("certificate"), "{name}: {why}");
    }
}
