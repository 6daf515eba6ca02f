//! Dovecot: who may be spoken to, and who gets the password.

use crate::arrivals::quick;
use crate::dovecot::Dovecot;
use crate::memory::{Memory, Reader, mail, now};
use std::os::unix::fs::PermissionsExt;
use steelbridge::channels::email::imap::{Auth, Limits, MailboxSettings, Start, State, Tls, probe};
use steelbridge::channels::email::secret::Secret;
use steelbridge::settings::secret::SecretPlace;

async fn refused(settings: MailboxSettings) -> String {
    probe(settings, quick(), now()).await.expect_err("this must not work").to_string()
}

#[tokio::test]
async fn tls_from_the_first_byte_and_by_starttls() {
    let server = Dovecot::start().await;
    for (n, tls) in [Tls::Implicit, Tls::Starttls].into_iter().enumerate() {
        let memory = Memory::new();
        let settings =
            MailboxSettings { name: format!("m{n}"), start: Start::All, ..server.tls_settings(tls, "ours.pem") };
        let reader = Reader::start(settings, quick(), &memory);
        server.deliver(&mail("sealed")).await;
        memory.until("it is there", |books| books.taken("sealed") == 1).await;
        memory.until("all is settled", |books| !books.cursors.is_empty()).await;
        reader.stop().await;
    }
}

#[tokio::test]
async fn a_certificate_is_always_checked() {
    let server = Dovecot::start().await;
    for tls in [Tls::Implicit, Tls::Starttls] {
        let ours = server.tls_settings(tls, "ours.pem");
        let why = refused(server.tls_settings(tls, "foreign.pem")).await;
        assert!(why.contains("certificate") && why.contains("ca_file"), "{why}");
        let why = refused(MailboxSettings { ca_file: None, ..ours.clone() }).await;
        assert!(why.contains("no protected connection to localhost"), "{why}");
        let why = refused(MailboxSettings { host: "127.0.0.1".into(), ..ours.clone() }).await;
        assert!(why.contains("its certificate is for another name"), "{why}");
        let why = refused(MailboxSettings { ca_file: Some(server.path("dovecot.conf")), ..ours }).await;
        assert!(why.contains("there is no certificate in it"), "{why}");
    }
    let why =
        refused(MailboxSettings { port: Some(server.port), ..server.tls_settings(Tls::Implicit, "ours.pem") }).await;
    assert!(why.contains("does not speak TLS"), "{why}");
}

#[tokio::test]
async fn without_tls_only_this_machine() {
    let server = Dovecot::start().await;
    // an address for documentation (RFC 5737): nobody is there, and nobody is asked
    let why = refused(MailboxSettings { host: "192.0.2.1".into(), ..server.settings() }).await;
    assert!(why.contains("without TLS only this machine"), "{why}");
}

#[tokio::test]
async fn a_wrong_password_is_said_in_words_and_not_tried_in_haste() {
    let server = Dovecot::start().await;
    let wrong = MailboxSettings { auth: Auth::Password(Secret::words("wrong")), ..server.settings() };
    let why = refused(wrong.clone()).await;
    assert!(why.contains("does not let us in") && why.contains("Authentication failed"), "{why}");
    let memory = Memory::new();
    let limits = Limits { pause_refused: std::time::Duration::from_secs(3600), ..quick() };
    let mut reader = Reader::start(wrong, limits, &memory);
    let health = reader.until("it is down", |health| matches!(health.state, State::Down { .. })).await;
    assert_eq!(health.failures, 1);
    assert!(reader.stop().await < std::time::Duration::from_secs(1), "a long pause is no reason to stop late");
}

#[tokio::test]
async fn a_password_lies_in_a_file_of_ones_own() {
    let server = Dovecot::start().await;
    let path = server.path("secret");
    std::fs::write(&path, "many-bridges\n").expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("readable");
    let place = SecretPlace::File(path.clone());
    let fetch = move || place.fetch().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let kept = Secret::new(move || fetch().map_err(|error| error.to_string()));
    let settings = MailboxSettings { auth: Auth::Password(kept), ..server.settings() };
    let why = refused(settings.clone()).await;
    assert!(why.contains("others can read it; run `chmod 600"), "{why}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("private");
    probe(settings.clone(), quick(), now()).await.expect("it works");
    assert!(!format!("{settings:?} {:?}", Secret::words("hush")).contains("hush"));
}

#[test]
fn folders_in_a_circle_are_refused() {
    let usual = MailboxSettings::new("desk", "imap.example.gov", "311", Auth::Password(Secret::words("x")));
    usual.check().expect("good");
    assert_eq!((usual.port(), usual.tls, usual.start, usual.max_bytes), (993, Tls::Implicit, Start::Now, 25 << 20));
    let circle = MailboxSettings { processed: "INBOX".into(), ..usual };
    assert!(circle.check().expect_err("a circle").to_string().contains("in a circle"));
}
