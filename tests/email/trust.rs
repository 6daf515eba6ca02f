//! Servers that are not who they should be: nothing is fetched, nothing is sent, and everybody is told why.

use super::authority::Authority;
use super::post_office::PostOffice;
use super::world::World;
use std::fmt::Write;
use std::path::PathBuf;

/// Mailbox and relay, each behind TLS or at this machine without.
fn settings(office: &PostOffice, mailbox: (&str, u16), relay: (&str, u16), authority: Option<PathBuf>) -> String {
    let mut settings = office.settings("").replace("host = \"127.0.0.1\"", "host = \"localhost\"");
    let (imap, smtp) =
        (format!("port = {}\ntls = \"none\"", office.dovecot.port), format!("port = {}\ntls = \"none\"", office.port));
    for (old, (tls, port)) in [(imap, mailbox), (smtp, relay)] {
        let mut new = format!("port = {port}\ntls = \"{tls}\"\n");
        if let (Some(authority), true) = (&authority, tls != "none") {
            write!(new, "ca_file = {authority:?}").expect("written");
        }
        assert!(settings.contains(&old), "{settings}");
        settings = settings.replacen(&old, &new, 1);
    }
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_with_a_wrong_certificate_is_not_read() {
    let (city, foreign) = (Authority::new(), Authority::new());
    let cases = [
        ("implicit", "imap.other.example", Some(city.file()), "its certificate is for another name"),
        ("starttls", "imap.other.example", Some(city.file()), "its certificate is for another name"),
        ("implicit", "localhost", Some(foreign.file()), "its certificate is signed by nobody we trust"),
        ("starttls", "localhost", None, "its certificate is"),
    ];
    for (tls, name, believed, words) in cases {
        let office = PostOffice::opens_behind(&city.door(name)).await;
        let port = if tls == "implicit" { office.dovecot.tls_port } else { office.dovecot.port };
        let world = World::opens_unread(office, |office| {
            settings(office, (tls, port), ("none", office.port), believed.clone())
        });
        let world = world.await;
        world.hears_from("maria@resident.example", "Broken bench").await;
        world.is_down("Mailbox desk", &format!("no protected connection to localhost: {words}")).await;
        let (is_well, said) = world.check();
        assert!(!is_well && said.contains(words) && said.contains("set `ca_file`"), "{tls} {name}: {said}");
        assert_eq!((world.books().count("mail"), world.office.letters("maria").len()), (0, 0), "{tls} {name}");
        assert_eq!(world.office.letters("311").len(), 1, "it lies where it was");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_with_a_wrong_certificate_is_given_no_letter() {
    let (city, foreign) = (Authority::new(), Authority::new());
    let cases = [
        ("starttls", "smtp.other.example", Some(city.file()), "its certificate is for another name"),
        ("implicit", "smtp.other.example", Some(city.file()), "its certificate is for another name"),
        ("starttls", "localhost", Some(foreign.file()), "its certificate is signed by nobody we trust"),
        ("implicit", "localhost", None, "its certificate is"),
    ];
    for (tls, name, believed, words) in cases {
        let office = PostOffice::opens_behind(&city.door(name)).await;
        let port = if tls == "implicit" { office.tls_port } else { office.port };
        let world = World::opens_at(office, |office| {
            settings(office, ("none", office.dovecot.port), (tls, port), believed.clone())
        });
        let world = world.await;
        world.hears_from("maria@resident.example", "Broken bench").await;
        world.is_down("Mail relay", &format!("no protected connection: {words}")).await;
        let (is_well, said) = world.check();
        assert!(
            !is_well
                && said.contains("relay localhost")
                && said.contains(words)
                && said.contains("`host` must be a name"),
            "{tls} {name}: {said}"
        );
        assert_eq!(world.books().count("delivery WHERE state = 'waiting'"), 1, "the acknowledgement is not lost");
        assert!(world.office.letters("maria").is_empty(), "{tls} {name}");
    }
}
