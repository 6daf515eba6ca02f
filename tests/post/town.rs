//! A city's daemon with nothing around it: commands and mails go in by the hand of the test, and its clock too.

use crate::carrier::Relay;
use crate::faulty::Faulty;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;
use steelbridge::channels::Context;
use steelbridge::channels::post::{Fate, Outcome, Post, Remarks};
use steelbridge::daemon::{Clock, Daemon, Done, Job, outgoing, start};
use steelbridge::message::delivery::{Delivery, DeliveryState};
use steelbridge::message::mail::{AlsoTo, KeptMail, Taken, Trust};
use steelbridge::message::*;
use steelbridge::routing::command::{Command, Profile};
use steelbridge::routing::contact::Stage;
use steelbridge::routing::ids::*;
use steelbridge::routing::skill::{Ability, LanguageLevel, SkillLevel};
use steelbridge::settings::Settings;
use steelbridge::store::embedded::Embedded;
use steelbridge::store::{Account, Due, Reads, Record, Role, Which};
use steelbridge::texts::Texts;

/// A Monday noon in Portland: the shipped plan is open.
const NOON: i64 = 1_795_464_000_000_000;
pub const ANA: RepId = RepId(1);
pub const BOSS: RepId = RepId(2);
pub const MARIA: &str = "maria@example.org";

pub struct Town {
    pub daemon: Daemon,
    pub relay: Relay,
    pub clock: Arc<AtomicI64>,
    /// So many commits fail from now on.
    pub failures: Arc<AtomicU32>,
    pub folder: tempfile::TempDir,
}

impl Town {
    /// With a relay, a rep who is there, and a supervisor.
    pub async fn opens() -> Town {
        let town = Town::on(tempfile::tempdir().expect("a folder"), Arc::new(NOON.into()), true).await;
        for (rep, name) in [(ANA, "ana"), (BOSS, "boss")] {
            town.hires(rep, name).await;
        }
        town
    }

    /// On data that are there already.
    pub async fn on(folder: tempfile::TempDir, clock: Arc<AtomicI64>, has_relay: bool) -> Town {
        Town::under("", folder, clock, has_relay).await
    }

    /// The same under these settings.
    pub async fn under(settings: &str, folder: tempfile::TempDir, clock: Arc<AtomicI64>, has_relay: bool) -> Town {
        let relay = Relay::new();
        let carriers = has_relay.then(|| (Channel::Email, "Mail relay".to_owned(), relay.carrier()));
        let (path, time) = (folder.path().to_owned(), clock.clone());
        let settings = format!("data = {path:?}\n{settings}");
        let settings = Settings::parse("test", &settings, Path::new(""), [], &[]).expect("good settings");
        let failures = Arc::new(AtomicU32::new(0));
        let fail = failures.clone();
        let open = Box::new(move || {
            let (store, reads) = Embedded::open(&path)?;
            Ok((Faulty { store, failures: fail.clone() }, reads as Arc<dyn Reads>))
        });
        let clock_of_it = Clock::new(move || Timestamp(time.load(Ordering::SeqCst)));
        let texts = Arc::new(Texts::load().expect("the shipped texts"));
        let carriers = carriers.into_iter().collect();
        let daemon = start(&settings, texts, clock_of_it, open, carriers).await.expect("it starts");
        daemon.mailroom.knows_senders().await.expect("readable"); // as where mailboxes are opened
        Town { daemon, relay, clock, failures, folder }
    }

    async fn hires(&self, rep: RepId, name: &str) {
        let word = |text| Word::new(text).expect("short");
        let skill = |skill| SkillLevel { skill: word(skill), level: 5 };
        let language = |code| LanguageLevel { language: word(code), speak: 5, write: 5 };
        let ability = Ability {
            channels: Channel::ALL.into(),
            languages: ["en", "es"].map(language).into(),
            skills: ["general", "dispatch", "streets"].map(skill).into(),
        };
        let profile = Box::new(Profile { name: word(name), ability, capacity: 100 });
        let account = Account {
            id: rep,
            name: word(name),
            display: name.to_uppercase(),
            role: Role::Rep,
            password: None,
            disabled: false,
        };
        let records = vec![Record::Account(account)];
        self.does(Command::SetRep { rep, profile }, records).await;
        self.does(Command::SetPresence { rep, presence: Presence::Available }, vec![]).await;
    }

    pub async fn does(&self, command: Command, records: Vec<Record>) -> Done {
        let job = Job { command: Some(command), records };
        self.daemon.handle.submit(job).await.expect("it is allowed and kept")
    }

    /// Time goes on, and the outbox looks at its clock.
    pub fn passes(&self, span: Span) {
        self.clock.fetch_add(span.0, Ordering::SeqCst);
        self.daemon.outboxes.iter().for_each(|outbox| outbox.wake());
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::SeqCst))
    }

    pub fn reads(&self) -> &dyn Reads {
        &**self.daemon.handle.reads()
    }

    // contacts

    /// A mail that opens a contact, without a receipt.
    pub async fn writes(&self, uid: u64, text: &str) -> ContactId {
        self.opens_by_mail(uid, text, None).await
    }

    pub async fn opens_by_mail(&self, uid: u64, text: &str, receipt: Option<&str>) -> ContactId {
        let fate = Fate::Open { inbound: Box::new(inbound(text)), receipt: receipt.map(Into::into) };
        match self.takes(mail(uid), fate).await {
            Outcome::On(contact) => contact,
            other => panic!("{other:?}"),
        }
    }

    /// The same from an address that nobody else writes from.
    pub async fn somebody_writes(&self, uid: u64, text: &str) -> ContactId {
        let theirs = Taken { sender: Some(format!("r{uid}@example.org")), ..mail(uid) };
        match self.takes(theirs, Fate::Open { inbound: Box::new(inbound(text)), receipt: None }).await {
            Outcome::On(contact) => contact,
            other => panic!("{other:?}"),
        }
    }

    pub async fn takes(&self, mail: Taken, fate: Fate) -> Outcome {
        self.daemon.mailroom.take(mail, fate, Remarks::default()).await.expect("it is kept")
    }

    pub async fn fills_in_a_form(&self, email: Option<&str>) -> ContactId {
        let party = Party { name: Some("Maria".into()), email: email.map(Into::into), phone: None };
        let form = Inbound { channel: Channel::Form, party, ..inbound("A pothole") };
        self.daemon.reception.deliver(form).await.expect("kept").contact
    }

    /// A supervisor gives it to ana, whatever its state was.
    pub async fn ana_has(&self, contact: ContactId) {
        self.does(Command::Assign { contact, to: ANA, by: BOSS }, vec![]).await;
    }

    /// Ana answers, as her screen does it.
    pub async fn ana_says(&self, contact: ContactId, text: &str, client_id: Option<&str>) -> Done {
        let message = NewMessage { client_id: client_id.map(Into::into), ..said(Author::Rep(ANA), text) };
        let records = outgoing::said(&self.daemon.handle, contact, message).await.expect("readable");
        self.daemon.handle.submit(Job { command: None, records }).await.expect("kept")
    }

    pub async fn ana_parks(&self, contact: ContactId) {
        self.does(Command::Park { contact, rep: ANA, until: None }, vec![]).await;
    }

    pub async fn ana_closes(&self, contact: ContactId) {
        self.does(Command::Close { contact, rep: ANA, disposition: Disposition::Informed }, vec![]).await;
        self.does(Command::EndWrapUp { contact, rep: ANA }, vec![]).await;
    }

    /// `None`: it is closed.
    pub async fn stage(&self, contact: ContactId) -> Option<Stage> {
        let look = self.daemon.handle.read(move |engine, _| engine.contact(contact).map(|open| open.stage));
        look.await.expect("it runs")
    }

    pub fn row(&self, contact: ContactId) -> ContactRecord {
        self.reads().contact(contact).expect("readable").expect("there")
    }

    pub fn talk(&self, contact: ContactId) -> Vec<(Author, String)> {
        let talk = self.reads().conversation(contact, 0, usize::MAX).expect("readable");
        talk.into_iter().map(|message| (message.from, message.text)).collect()
    }

    /// What the programme told staff.
    pub fn memos(&self, contact: ContactId) -> Vec<String> {
        self.talk(contact).into_iter().filter(|(from, _)| *from == Author::Memo).map(|(_, text)| text).collect()
    }

    pub fn mails_of(&self, contact: ContactId) -> Vec<KeptMail> {
        self.reads().mail(Which::Of(contact), 99).expect("readable")
    }

    // deliveries

    pub fn deliveries(&self, contact: ContactId) -> Vec<Delivery> {
        self.reads().deliveries(Due::Of(contact), 99).expect("readable")
    }

    pub fn states(&self, contact: ContactId) -> Vec<DeliveryState> {
        self.deliveries(contact).into_iter().map(|delivery| delivery.progress.state).collect()
    }

    /// Waits, commit by commit, until something holds.
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Town) -> bool) {
        let mut heard = self.daemon.handle.feed().staff();
        let waiting = async {
            while !holds(self) {
                let _ = heard.recv().await; // lagging is news too
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), waiting).await.is_err() {
            panic!("it never came true: {what}; attempts: {:#?}", self.relay.attempts());
        }
    }

    /// Waits until the deliveries of a contact are in these states.
    pub async fn until_states(&self, contact: ContactId, states: &[DeliveryState]) {
        self.until(&format!("{states:?}"), |town| town.states(contact) == states).await;
    }

    /// Waits until a delivery has been put off so many times: only then is it worth to let time pass.
    pub async fn until_put_off(&self, contact: ContactId, n: u32, times: u32) {
        let put_off = |delivery: Delivery| {
            let progress = delivery.progress;
            progress.state == DeliveryState::Waiting && progress.later + progress.unknown >= times
        };
        let holds = |town: &Town| town.deliveries(contact).into_iter().filter(|d| d.n == n).any(put_off);
        self.until(&format!("{n} put off {times} times"), holds).await;
    }

    pub async fn stops(self) -> tempfile::TempDir {
        self.daemon.stop().await.expect("it stops");
        self.folder
    }
}

pub fn mail(uid: u64) -> Taken {
    Taken {
        key: format!("imap:permits:INBOX:7:{uid}"),
        mailbox: "permits".into(),
        digest: Some(format!("{uid:064x}")),
        size: 1_000,
        arrived: None,
        sender: Some(MARIA.into()),
        subject: "The hole".into(),
        message_id: Some(format!("{uid}@theirs")),
        why: "asked".into(),
        trust: Trust::Unknown,
        html: false,
        folded: false,
        also_to: AlsoTo::default(),
    }
}

pub fn inbound(text: &str) -> Inbound {
    Inbound {
        channel: Channel::Email,
        source_key: None,
        fingerprint: None,
        service: None,
        language: None,
        text: text.into(),
        party: Party { name: Some("Maria".into()), email: Some(MARIA.into()), phone: None },
        fields: Default::default(),
        attachments: Vec::new(),
        secret: [0; 32],
        doubtful: false,
        mailbox: None,
    }
}

pub fn said(from: Author, text: &str) -> NewMessage {
    NewMessage { from, text: text.into(), attachments: Vec::new(), client_id: None }
}

/// A mail that answers a contact; when that is closed too long ago, it opens a new one with the same words.
pub fn answer(contact: ContactId, text: &str) -> Fate {
    let (message, otherwise) = (said(Author::Customer, text), Box::new(inbound(text)));
    Fate::Answer { contact, message, otherwise, receipt: Some(MARIA.into()) }
}
