//! Mail that the daemon does not survive: it is killed twice while it reads one, and goes on without it.

use super::dovecot::Dovecot;
use super::post_office::PostOffice;
use super::world::{World, mail};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy};
use tokio::net::{TcpListener, TcpStream};

/// Stands between daemon and Dovecot and never lets the bytes of one mail through.
struct Gate {
    port: u16,
    /// How often they were asked for.
    asked: Arc<AtomicUsize>,
}

impl Gate {
    async fn before(server: &Dovecot, uid: u32) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let (asked, server) = (Arc::new(AtomicUsize::new(0)), server.port);
        let count = asked.clone();
        tokio::spawn(async move {
            while let Ok((daemon, _)) = listener.accept().await {
                tokio::spawn(pass(daemon, server, uid, count.clone()));
            }
        });
        Gate { port, asked }
    }
}

/// Is this the request for the bytes of this mail, alone or among others?
fn asks_for(command: &str, uid: u32) -> bool {
    let Some((_, rest)) = command.split_once("UID FETCH ") else { return false };
    let (set, items) = rest.split_once(' ').unwrap_or((rest, ""));
    let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
    let within = |part: &str| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        (number(first)..=number(last)).contains(&uid)
    };
    items.contains("BODY.PEEK[]") && set.split(',').any(within)
}

async fn pass(daemon: TcpStream, server: u16, uid: u32, asked: Arc<AtomicUsize>) -> std::io::Result<()> {
    let (from_daemon, mut to_daemon) = daemon.into_split();
    let (mut from_server, mut to_server) = TcpStream::connect(("127.0.0.1", server)).await?.into_split();
    tokio::spawn(async move { copy(&mut from_server, &mut to_daemon).await });
    let mut commands = BufReader::new(from_daemon);
    loop {
        let mut command = String::new();
        if commands.read_line(&mut command).await? == 0 {
            return Ok(());
        }
        if asks_for(&command, uid) {
            asked.fetch_add(1, SeqCst); // and that is all that ever happens
        } else {
            to_server.write_all(command.as_bytes()).await?;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_kills_the_daemon_twice_is_held_and_can_still_be_released() {
    let office = PostOffice::opens().await;
    let old = |subject| (mail("maria@resident.example", "311@city.example", subject, "Words."), 1_700_000_000);
    office.dovecot.put_into("311", &["Before", "Deadly", "After"].map(old));
    let gate = Gate::before(&office.dovecot, 2).await;
    let (inner, outer) = (format!("port = {}\n", office.dovecot.port), format!("port = {}\n", gate.port));
    let settings = |office: &PostOffice| office.settings("start = \"all\"").replacen(&inner, &outer, 1);
    let mut world = World::opens_unread(office, settings).await;
    for kill in 1..=2 {
        world.until("it reads the mail", |_| gate.asked.load(SeqCst) == kill).await;
        assert_eq!(world.books().count("mail WHERE fate = 'held'"), 0);
        world = world.killed_and_started_again().await;
    }
    world.until("it is held", |books| books.count("mail WHERE fate = 'held'") == 1).await;
    world.until("the others are taken", |books| books.count("contact") == 2).await;
    assert_eq!(gate.asked.load(SeqCst), 2, "it is not touched a third time");
    world.until_moved(2).await;
    assert_eq!(world.office.dovecot.count("Quarantine").await, 1);

    let boss = world.town.signs_in("boss").await;
    let held = boss.gets("/held").await.is(200).json();
    let (id, original) = (held[0]["id"].as_u64().expect("a number"), held[0]["original"].as_bool());
    assert_eq!(original, Some(false), "{held}");
    let released = boss.posts(&format!("/held/{id}/release"), json!({})).await.is(200).json();
    let contact = released["contact"].as_u64().expect("a contact");
    let shown = boss.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let memo = shown["messages"][1]["text"].as_str().unwrap_or_else(|| panic!("{shown}"));
    let said = "This mail could not be read: could not be fetched. Look for it in the mailbox itself, desk.";
    assert!(memo.starts_with(said) && memo.contains("cannot be answered"), "{memo}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_nobody_can_read_is_released_with_its_original_and_can_be_answered() {
    let world = World::opens().await;
    let bomb = mail("maria@resident.example", "311@city.example", "Many", "Words that nobody reads.");
    let bomb = format!("{}{bomb}", "X-A: 1\n".repeat(501));
    world.office.sends("maria@resident.example", "311@city.example", &bomb).await;
    world.until("it is held", |books| books.count("mail WHERE fate = 'held'") == 1).await;
    let [ana, boss] = [world.town.signs_in("ana").await, world.town.signs_in("boss").await];
    ana.is_available().await;
    let released = boss.posts("/held/1/release", json!({})).await.is(200).json();
    let contact = released["contact"].as_u64().expect("a contact");
    ana.takes(contact).await;
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let messages = shown["messages"].as_array().expect("messages");
    assert_eq!(messages[0]["text"], "Many", "its subject");
    let memo = messages[1]["text"].as_str().unwrap_or_else(|| panic!("{shown}"));
    assert!(memo.contains("more than 500 headers") && memo.contains("Its original is attached"), "{memo}");
    let file = &messages[0]["attachments"][0];
    assert_eq!(file["name"], "mail.eml", "{shown}");
    let digest = file["digest"].as_str().unwrap_or_else(|| panic!("{shown}"));
    let saved = ana.gets(&format!("/contacts/{contact}/files/{digest}")).await.is(200);
    assert!(saved.text.contains("Words that nobody reads."), "{}", saved.text.len());
    ana.posts(&format!("/contacts/{contact}/messages"), json!({"text": "Please write again."})).await.is(201);
    let answer = world.office.delivered("maria", 1).await.remove(0);
    assert!(answer.contains("Please write again."), "{answer}");
}
