//! Mail servers that hang up, go away and come back.

use super::world::{World, mail};

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_taken_again_after_a_kick_and_after_an_outage() {
    let mut world = World::opens().await;
    let mut n = 0;
    let mut writes = async |world: &World| {
        n += 1;
        let from = format!("r{n}@resident.example");
        let text = mail(&from, "311@city.example", &format!("Noise {n}"), "All night.");
        world.office.sends(&from, "311@city.example", &text).await;
        n
    };
    let sent = writes(&world).await;
    world.until("the first is taken", |books| books.count("contact") == sent).await;
    world.office.dovecot.kick();
    let sent = writes(&world).await;
    world.until("after a kick", |books| books.count("contact") == sent).await;

    world.office.dovecot.down();
    writes(&world).await; // the mail server still takes it
    let sent = writes(&world).await;
    let down = world.metric("steelbridge_line_up{line=\"Mailbox desk\"} 0").await;
    assert!(down.contains("steelbridge_line_up{line=\"Mail relay\"} 1"), "{down}");
    world.office.dovecot.up().await;
    world.until("after an outage", |books| books.count("contact") == sent).await;
    let up = world.metric("steelbridge_line_up{line=\"Mailbox desk\"} 1").await;
    for name in [
        "steelbridge_line_backlog{line=\"Mailbox desk\"} 0",
        "steelbridge_mails_total{became=\"contact\"} 4",
        "became=\"sent\"",
        "steelbridge_letters_waiting",
    ] {
        assert!(up.contains(name), "{name} is not in\n{up}");
    }
    assert!(!up.contains('@'), "nobody's address is in the figures");
    world.until("all are acknowledged", |books| books.count("delivery WHERE state = 'sent'") == sent).await;
    assert_eq!(world.books().count("mail"), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_whether_we_are_let_in() {
    let mut world = World::opens().await;
    let (is_well, said) = world.check();
    assert!(is_well && said.contains("mailbox `desk`: 0 mails in INBOX, tells of new mail by itself"), "{said}");
    assert!(said.contains("relay 127.0.0.1: takes our letters, not encrypted, without signing in"), "{said}");
    world.office.dovecot.down();
    let (is_well, said) = world.check();
    assert!(!is_well && said.contains("mailbox `desk`:") && said.contains("cannot be reached"), "{said}");
    assert!(said.contains("to mend: check `host` and `port`") && said.contains("1 problem to mend"), "{said}");
}
