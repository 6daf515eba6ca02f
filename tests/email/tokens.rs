//! A mailbox and a relay that take access tokens and nothing else, over TLS of the city's own authority.

use super::authority::Authority;
use super::dovecot::Door;
use super::post_office::PostOffice;
use super::token_office::{CLIENT_SECRET, DUE, Mood, TokenOffice};
use super::world::{World, offered};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// A token that was refused is tried again in 15 seconds or more.
const SLOWLY: Duration = Duration::from_secs(60);

struct Bearer<'a> {
    /// `tls` of mailbox and relay.
    tls: [&'static str; 2],
    tokens: &'a TokenOffice,
    authority: &'a Authority,
    /// Where the refresh tokens of mailbox and relay lie; else the client's own credentials are enough.
    refresh: Option<[&'a Path; 2]>,
}

impl Bearer<'_> {
    fn settings(&self, office: &PostOffice) -> String {
        let secret = office.secret("client", CLIENT_SECRET);
        let grant = |n: usize| {
            let refresh = self.refresh.map(|refresh| format!("refresh_token = \"file:{}\"\n", refresh[n].display()));
            format!(
                "token_url = \"http://{}/token\"\nclient_id = \"steelbridge\"\nclient_secret = \"file:{}\"\n{}",
                self.tokens.at,
                secret.display(),
                refresh.unwrap_or_default()
            )
        };
        let [mailbox, relay] = self.tls;
        let imap = if mailbox == "implicit" { office.dovecot.tls_port } else { office.dovecot.port };
        let smtp = if relay == "implicit" { office.tls_port } else { office.port };
        let authority = self.authority.file();
        format!(
            "[email]\n[[email.mailbox]]\nname = \"desk\"\nhost = \"localhost\"\nport = {imap}\ntls = \"{mailbox}\"\n\
             ca_file = {authority:?}\nuser = \"311\"\n[email.mailbox.auth.oauth]\n{}\
             [email.relay]\nhost = \"localhost\"\nport = {smtp}\ntls = \"{relay}\"\nca_file = {authority:?}\n\
             user = \"311\"\nfrom = \"311@city.example\"\nper_second = 50\n[email.relay.oauth]\n{}",
            grant(0),
            grant(1)
        )
    }
}

async fn behind(authority: &Authority, tokens: &TokenOffice) -> PostOffice {
    PostOffice::opens_behind(&Door { tokens: Some(tokens.at.clone()), ..authority.door("localhost") }).await
}

/// Maria writes, is acknowledged and answered.
async fn is_served(world: &World) {
    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    world.hears_from("maria@resident.example", "Broken bench").await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    ana.posts(&format!("/contacts/{contact}/messages"), json!({"text": "It is mended."})).await.is(201);
    let letters = world.office.delivered("maria", 2).await;
    assert!(letters.iter().any(|letter| letter.contains("It is mended.")), "{letters:?}");
    assert!(letters.iter().all(|letter| letter.contains("with esmtpsa")), "encrypted and signed in: {letters:?}");
    ana.finishes(contact).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_come_and_go_by_token_and_a_wrong_one_holds_them_up_only_as_long_as_it_is_wrong() {
    let (authority, tokens) = (Authority::new(), TokenOffice::opens().await);
    let bearer = Bearer { tls: ["implicit", "starttls"], tokens: &tokens, authority: &authority, refresh: None };
    let office = behind(&authority, &tokens).await;
    let began = Instant::now();
    let mut world = World::opens_at(office, |office| bearer.settings(office)).await;
    is_served(&world).await;
    for n in 1..=20 {
        world.hears_from(&format!("r{n}@resident.example"), "Noise").await;
    }
    world.until("all are acknowledged", |books| books.count("delivery WHERE state = 'sent'") == 22).await;
    // one for the mailbox and one for the relay, and again when they are due, a little early: not one a letter
    let most = 2 * (2 + began.elapsed().as_secs() / DUE.as_secs()) as usize;
    let first = tokens.handed_out("client_credentials");
    assert!((2..=most).contains(&first), "{first} tokens for 43 letters, not {most}");

    tokio::time::sleep(DUE).await; // a token's life cannot be awaited in any other way
    world.office.dovecot.kick();
    world.hears_from("r21@resident.example", "Noise").await;
    world.office.delivered("r21", 1).await;
    assert!(tokens.handed_out("client_credentials") > first, "another one ahead of its end");
    assert_eq!(tokens.shown().1, 0, "nobody was ever shown one that is not good");

    tokens.withdraws_all();
    world.office.dovecot.kick();
    world.hears_from("r22@resident.example", "Noise").await;
    world.office.delivered("r22", 1).await;
    assert!(tokens.shown().1 > 0, "the old one was shown, and a new one fetched at once");

    let ana = world.town.signs_in("ana").await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;

    tokens.is(Mood::Wrong);
    tokens.withdraws_all();
    world.office.dovecot.kick();
    world.is_down("Mailbox desk", "does not let us in: it refuses our access token, also a fresh one").await;
    ana.posts(&format!("/contacts/{contact}/messages"), json!({"text": "In a minute."})).await.is(201);
    world.is_down("Mail relay", "the relay refuses our access token: 535").await;
    let (is_well, said) = world.check();
    assert!(!is_well && said.contains("mailbox `desk`: the server does not let us in"), "{said}");
    assert!(said.contains("relay localhost") && said.contains("the relay refuses our access token"), "{said}");
    world.hears_from("r23@resident.example", "Noise").await;
    tokens.is(Mood::Well);
    let taken = |books: &super::world::Books| books.count("contact") == 24;
    world.until_within(SLOWLY, "mail is taken again", taken).await;
    world.until_within(SLOWLY, "all is sent", |books| books.count("delivery WHERE state <> 'sent'") == 0).await;
    world.office.delivered("r23", 1).await;
    for line in ["Mailbox desk", "Mail relay"] {
        world.metric(&format!("steelbridge_line_down{{line=\"{line}\"}} 0")).await;
    }
    let sent: Vec<_> = world.office.log().lines().filter(|line| line.contains(" <= ")).map(str::to_owned).collect();
    let by_token = sent.iter().filter(|line| line.contains("A=xoauth2:311")).count();
    assert_eq!((sent.len(), by_token), (24 + 26, 26), "every letter of ours by a sign-in of its own");
    assert!(world.town.daemon.ended().is_none(), "the daemon that was started is the one that runs");
    let log = world.town.city.log_text();
    assert!(!log.contains("Bearer") && !log.contains(CLIENT_SECRET), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_renewed_each_time_and_one_that_ended_is_granted_anew_without_a_restart() {
    let (authority, tokens) = (Authority::new(), TokenOffice::opens().await);
    let office = behind(&authority, &tokens).await;
    let files = ["mailbox", "relay"].map(|grant| office.secret(grant, &tokens.grants(grant)));
    let refresh = Some([files[0].as_path(), files[1].as_path()]);
    let bearer = Bearer { tls: ["starttls", "implicit"], tokens: &tokens, authority: &authority, refresh };
    let world = World::opens_at(office, |office| bearer.settings(office)).await;
    is_served(&world).await;
    tokens.withdraws_all();
    world.office.dovecot.kick();
    world.hears_from("r1@resident.example", "Noise").await;
    world.office.delivered("r1", 1).await;
    assert!(tokens.handed_out("refresh_token") >= 3, "by the refresh tokens that came with the first ones");
    assert_eq!(tokens.denied(), 0);

    tokens.ends_grants();
    tokens.withdraws_all();
    world.office.dovecot.kick();
    world.is_down("Mailbox desk", "no access token: the token endpoint says invalid_grant").await;
    let (is_well, said) = world.check();
    assert!(!is_well && said.contains("whether the client's secret or the refresh token has expired"), "{said}");
    world.hears_from("r2@resident.example", "Noise").await;
    for grant in ["mailbox", "relay"] {
        world.office.secret(grant, &tokens.grants(grant));
    }
    world.until_within(SLOWLY, "mail is taken again", |books| books.count("contact") == 3).await;
    world.office.delivered("r2", 1).await;
}
