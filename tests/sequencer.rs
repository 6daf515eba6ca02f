//! The one writer over the real store: what resent, refused and impossible jobs change, alone and beside others in one batch.

#[path = "post/faulty.rs"]
mod faulty;
mod support_engine;

use faulty::Faulty;
use futures_util::future::join_all;
use futures_util::poll;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use steelbridge::daemon::feed::Heard;
use steelbridge::daemon::{Clock, Done, Failure, Handle, Job, Open, sequencer};
use steelbridge::message::delivery::{Carries, DeliveryState, Kind, NewDelivery, Progress};
use steelbridge::message::*;
use steelbridge::routing::command::{Arrival, Command, Refusal, Target};
use steelbridge::routing::contact::Stage;
use steelbridge::routing::engine::{Engine, Snapshot};
use steelbridge::routing::event::Event;
use steelbridge::routing::ids::*;
use steelbridge::store::embedded::Embedded;
use steelbridge::store::*;
use support_engine::chance::word;
use support_engine::plan::{default_settings, rep};
use support_engine::read::{Words, need, time};
use tempfile::TempDir;
use tokio::sync::oneshot;

const ANA: RepId = RepId(1);
const BO: RepId = RepId(2);

/// A writer that runs, with two reps who are available.
struct Office {
    folder: TempDir,
    running: sequencer::Running,
    handle: Handle,
    breaks: Arc<AtomicU32>,
}

impl Office {
    async fn opens() -> Office {
        let nine = time("09:00:00").expect("a time");
        Office::opens_with(Clock::new(move || nine)).await
    }

    async fn opens_with(clock: Clock) -> Office {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, breaks) = (folder.path().to_owned(), Arc::new(AtomicU32::new(0)));
        let again = breaks.clone();
        let open: Open<Faulty> = Box::new(move || {
            let (store, reads) = Embedded::open(&path)?;
            Ok((Faulty { store, failures: again.clone() }, reads))
        });
        let running = sequencer::start(open, clock, "SB".into(), &[]).expect("it starts");
        let office = Office { folder, handle: running.handle.clone(), running, breaks };
        office.done(command(Command::SetPlan(Box::new(default_settings())))).await;
        for (id, line) in [(ANA, "rep ana speaks en writes en"), (BO, "rep bo writes es")] {
            office.done(command(Command::SetRep { rep: id, profile: Box::new(rep(line).expect("a rep")) })).await;
            office.done(command(Command::SetPresence { rep: id, presence: Presence::Available })).await;
        }
        office
    }

    async fn done(&self, job: Job) -> Done {
        self.handle.submit(job).await.expect("it is done")
    }

    /// These jobs in one batch: they are asked while the writer is held.
    async fn together(&self, jobs: Vec<Job>) -> Vec<Result<Done, Failure>> {
        let release = self.holds().await;
        let mut asked: Vec<_> = jobs.into_iter().map(|job| Box::pin(self.handle.submit(job))).collect();
        for job in &mut asked {
            assert!(poll!(job.as_mut()).is_pending(), "nothing is answered while the writer is held");
        }
        drop(release);
        join_all(asked).await
    }

    /// The writer decides nothing until what is given back is dropped.
    async fn holds(&self) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel::<()>();
        let (here, entered) = oneshot::channel();
        let handle = self.handle.clone();
        tokio::spawn(async move {
            let held = handle.read(move |_, _| {
                let _ = here.send(());
                let _ = released.recv();
            });
            held.await
        });
        entered.await.expect("the writer is held");
        release
    }

    /// A contact that ana has.
    async fn contact(&self) -> ContactId {
        let opened = self.done(opening("en")).await;
        let offer = opened.events.iter().find_map(|event| match event {
            Event::Offered { offer, .. } => Some(*offer),
            _ => None,
        });
        self.done(command(Command::Accept { offer: offer.expect("ana is free"), rep: ANA })).await;
        opened.contact.expect("it was opened")
    }

    async fn stage(&self, contact: ContactId) -> Option<Stage> {
        self.handle.read(move |engine, _| engine.contact(contact).map(|c| c.stage)).await.expect("it runs")
    }

    async fn texts(&self, contact: ContactId) -> Vec<String> {
        let rows = self.handle.rows(move |rows| rows.conversation(contact, 0, 100)).await.expect("it can be read");
        rows.into_iter().map(|message| message.text).collect()
    }

    async fn snapshot(&self) -> Snapshot {
        self.handle.read(|engine, _| engine.snapshot()).await.expect("it runs")
    }

    /// The end of every test: what the engine holds is what its journal says.
    async fn closes(self) {
        let live = self.snapshot().await;
        drop(self.handle);
        let running = self.running;
        tokio::task::spawn_blocking(move || running.stop()).await.expect("no panic").expect("it stops");
        let (store, _) = Embedded::open(self.folder.path()).expect("it opens");
        assert_eq!(store.verify().len(), 0, "the store is sound");
        let journal = store.events(Seq(0), 10_000).expect("events");
        let replayed = Engine::replay(None, journal.into_iter().map(|j| (j.at, j.event)));
        assert_eq!(replayed.snapshot(), live);
    }
}

fn command(command: Command) -> Job {
    Job { command: Some(command), records: Vec::new() }
}

fn text(from: Author, text: &str, client_id: Option<&str>) -> NewMessage {
    NewMessage { from, text: text.into(), attachments: Vec::new(), client_id: client_id.map(Into::into) }
}

fn opening(language: &str) -> Job {
    let need = need(&mut Words::of(language), Channel::Email).expect("a need");
    let arrival =
        Arrival { queue: word("general"), need, urgency: Urgency::Normal, prefer: None, rule: None, since: None };
    let record = ContactRecord {
        id: ContactId(0),
        reference: String::new(),
        channel: Channel::Email,
        service: None,
        language: LanguageChoice::new(word(language), LanguageSource::Person),
        urgency: Urgency::Normal,
        subject: "A pothole".into(),
        party: Party::default(),
        fields: BTreeMap::new(),
        doubtful: false,
        opened_at: Timestamp(0),
        follows: None,
        last_rep: None,
        closed: None,
    };
    let first = text(Author::Customer, "There is a pothole", None);
    let opened = Record::Opened { record: Box::new(record), secret: [7; 32], source: None, first };
    Job { command: Some(Command::Receive(Box::new(arrival))), records: vec![opened] }
}

/// What a customer writes, with the programme's own answer when there is danger in it.
fn customer(contact: ContactId, client_id: Option<&str>, danger: bool) -> Job {
    let mut records = vec![Record::Said { contact, message: text(Author::Customer, "Hello?", client_id) }];
    if danger {
        let message = text(Author::Automatic, "Call 911", Some("danger"));
        records.push(Record::Said { contact, message });
    }
    Job { command: Some(Command::CustomerWrote { contact, danger }), records }
}

fn answer(contact: ContactId, rep: RepId, client_id: &str) -> Job {
    let message = text(Author::Rep(rep), "We are coming", Some(client_id));
    Job { command: Some(Command::RepWrote { contact, rep }), records: vec![Record::Said { contact, message }] }
}

fn close(contact: ContactId) -> Job {
    command(Command::Close { contact, rep: ANA, disposition: Disposition::Reported })
}

#[track_caller]
fn is_resent(done: &Done, seq: u32) {
    assert!(done.duplicate && done.events.is_empty(), "{:?}", done.events);
    assert_eq!(done.messages.iter().map(|m| m.seq).collect::<Vec<_>>(), [seq]);
}

#[tokio::test]
async fn a_resent_message_changes_nothing_whatever_its_contact_is_by_then() {
    let office = Office::opens().await;
    let c1 = office.contact().await;
    assert_eq!(office.done(customer(c1, Some("a"), true)).await.messages.len(), 2);
    assert_eq!(office.done(answer(c1, ANA, "a")).await.messages[0].seq, 4, "a rep's \"a\" is another message");
    for act in [
        Command::Park { contact: c1, rep: ANA, until: None },
        Command::Resume { contact: c1, rep: ANA },
        Command::Transfer { contact: c1, rep: ANA, to: Target::Need { language: word("vi"), skills: Vec::new() } },
        Command::Assign { contact: c1, to: ANA, by: BO },
        Command::Close { contact: c1, rep: ANA, disposition: Disposition::Reported },
        Command::EndWrapUp { contact: c1, rep: ANA },
    ] {
        let spelled = format!("{act:?}");
        let _ = office.handle.submit(command(act)).await; // a queue without wrap-up refuses the last
        let (before, feed) = (office.snapshot().await, office.handle.feed().last());
        is_resent(&office.done(customer(c1, Some("a"), true)).await, 2);
        is_resent(&office.done(answer(c1, ANA, "a")).await, 4);
        assert_eq!(office.snapshot().await, before, "after {spelled}");
        assert_eq!(office.handle.feed().last(), feed, "nobody is told anything");
    }
    assert_eq!(office.stage(c1).await, None, "it is closed, and stays closed");
    assert_eq!(office.texts(c1).await.len(), 4);
    office.closes().await;
}

#[tokio::test]
async fn a_message_sent_twice_in_one_batch_is_decided_once() {
    let office = Office::opens().await;
    let c1 = office.contact().await;
    let jobs = vec![
        customer(c1, Some("a"), true),
        customer(c1, Some("a"), true),
        customer(c1, None, true),
        customer(c1, Some("b"), false),
        answer(c1, ANA, "b"),
        answer(c1, ANA, "b"),
    ];
    let told: Vec<Done> = office.together(jobs).await.into_iter().map(|done| done.expect("it is done")).collect();
    let seqs = |done: &Done| done.messages.iter().map(|m| m.seq).collect::<Vec<_>>();
    assert_eq!(told.iter().map(seqs).collect::<Vec<_>>(), [vec![2, 3], vec![2], vec![4, 3], vec![5], vec![6], vec![6]]);
    assert_eq!(told.iter().map(|d| d.duplicate).collect::<Vec<_>>(), [false, true, false, false, false, true]);
    let raised = told.iter().flat_map(|d| d.events.iter()).filter(|e| matches!(e, Event::EmergencyRaised { .. }));
    assert_eq!(raised.count(), 1);
    office.closes().await;
}

/// Two supervisors at once: the first has dealt with it, and nothing that the second says beside it is kept.
#[tokio::test]
async fn a_delivery_is_dealt_with_once_in_one_batch_or_two() {
    let office = Office::opens().await;
    let c1 = office.contact().await;
    let letter = NewDelivery {
        contact: c1,
        channel: Channel::Email,
        kind: Kind::Notice,
        to: "maria@example.org".into(),
        language: word("en"),
        language_sure: true,
        carries: Carries::Nothing,
    };
    let progress = Progress { state: DeliveryState::Failed, ..Progress::new(Timestamp(0)) };
    let fails = Record::Delivering { id: 1, progress, rendered: None };
    office.done(Job { command: None, records: vec![Record::Deliver(letter)] }).await;
    office.done(Job { command: None, records: vec![fails] }).await;
    let settles = |by, note| {
        let said = Record::Said { contact: c1, message: text(Author::Note(by), note, None) };
        Job { command: None, records: vec![Record::DeliverySettled { id: 1, by }, said] }
    };
    let told = office.together(vec![settles(BO, "Called her"), settles(ANA, "Wrote to her")]).await;
    let later = office.done(settles(ANA, "Went there")).await;
    let twice: Vec<bool> = told.into_iter().map(|done| done.expect("it is done").duplicate).collect();
    assert_eq!((twice, later.duplicate), (vec![false, true], true));
    assert_eq!(office.texts(c1).await, ["There is a pothole", "Called her"]);
    let kept = office.handle.rows(|rows| rows.deliveries(Due::Id(1), 1)).await.expect("it can be read");
    assert_eq!(kept[0].settled.map(|(by, _)| by), Some(BO));
    office.closes().await;
}

#[tokio::test]
async fn a_refusal_waits_for_the_commit_it_may_rest_on() {
    let office = Office::opens().await;
    let c1 = office.contact().await;
    let before = office.snapshot().await;
    office.breaks.store(1, SeqCst);
    let told = office.together(vec![close(c1), close(c1), customer(c1, Some("a"), false)]).await;
    for answer in told {
        let failed = matches!(answer, Err(Failure::Storage(_)));
        assert!(failed, "the contact is not closed: nobody may be told that it is: {answer:?}");
    }
    assert_eq!(office.snapshot().await, before, "the engine is as the disk has it");

    let told = office.together(vec![close(c1), close(c1)]).await;
    assert!(told[0].is_ok(), "{told:?}");
    assert!(matches!(told[1], Err(Failure::Refused(_))), "{told:?}");
    office.closes().await;
}

/// Nobody has asked for anything, and nobody has to ask in vain first.
#[tokio::test]
async fn a_store_that_fails_in_an_idle_moment_is_opened_again_at_once() {
    let office = Office::opens().await;
    let c1 = office.contact().await;
    office.snapshot().await; // everybody has heard of it
    let mut staff = office.handle.feed().staff();
    office.breaks.store(1, SeqCst);
    let reset = async {
        loop {
            match staff.recv().await {
                Ok(Heard::Commit(_)) => {} // of what was done before
                other => break other,
            }
        }
    };
    let heard = tokio::time::timeout(std::time::Duration::from_secs(60), reset).await;
    assert!(matches!(heard, Ok(Ok(Heard::Reset))), "{heard:?}");
    assert_eq!(office.running.gauges.failures.load(SeqCst), 1);
    office.done(close(c1)).await;
    office.closes().await;
}

#[tokio::test]
async fn a_rep_writes_only_on_what_they_have() {
    let office = Office::opens().await;
    let c1 = office.contact().await;
    let not_bos = office.handle.submit(answer(c1, BO, "x")).await;
    assert!(matches!(not_bos, Err(Failure::Refused(Refusal::NotYours(_)))), "{not_bos:?}");
    let to = Target::Need { language: word("vi"), skills: Vec::new() };
    let told = office
        .together(vec![
            answer(c1, ANA, "before"),
            command(Command::Transfer { contact: c1, rep: ANA, to }),
            answer(c1, ANA, "after"),
        ])
        .await;
    assert!(told[0].is_ok() && told[1].is_ok(), "{told:?}");
    assert!(matches!(told[2], Err(Failure::Refused(Refusal::NotYours(_)))), "{told:?}");
    assert_eq!(office.texts(c1).await, ["There is a pothole", "We are coming"]);
    office.closes().await;
}

#[tokio::test]
async fn an_impossible_record_fails_its_own_job_only() {
    let office = Office::opens().await;
    let account = |id: u32, name: &str| Account {
        id: RepId(id),
        name: word(name),
        display: name.into(),
        role: Role::Rep,
        password: None,
        disabled: false,
    };
    let keeps = |record| Job { command: None, records: vec![record] };
    let session = |hash: u8, id: u32| {
        let (started, last_seen) = (Timestamp(1), Timestamp(1));
        keeps(Record::Session(Session { hash: [hash; 32], account: RepId(id), started, last_seen }))
    };
    let nowhere = |command| {
        let message = text(Author::Customer, "Hello?", None);
        Job { command, records: vec![Record::Said { contact: ContactId(99), message }] }
    };
    let told = office
        .together(vec![
            opening("en"),
            nowhere(None),
            // its command alone would be obeyed
            nowhere(Some(Command::SetPresence { rep: ANA, presence: Presence::Offline })),
            keeps(Record::Account(account(1, "ana"))),
            keeps(Record::Account(account(2, "ana"))),
            session(1, 1),
            session(2, 2),
            customer(ContactId(1), None, false), // opened in this very batch
        ])
        .await;
    let rejected: Vec<bool> = told.iter().map(|answer| matches!(answer, Err(Failure::Rejected(_)))).collect();
    assert_eq!(rejected, [false, true, true, false, true, false, true, false], "{told:?}");
    assert!(told.iter().zip(rejected).all(|(answer, rejected)| answer.is_ok() != rejected), "{told:?}");
    let available = office.handle.read(|engine, _| engine.rep(ANA).is_some_and(|rep| rep.is_available()));
    assert!(available.await.expect("it runs"), "a job that is not kept is not obeyed");
    assert_eq!(office.running.gauges.failures.load(SeqCst), 0, "the store was not opened again");
    assert_eq!(office.texts(ContactId(1)).await.len(), 2);
    office.closes().await;
}

#[tokio::test]
async fn however_many_look_a_job_is_decided_between_them() {
    let office = Office::opens().await;
    let release = office.holds().await;
    let opened = || office.handle.read(|engine, _| engine.counts().0);
    let mut looks: Vec<_> = (0..100).map(|_| Box::pin(opened())).collect();
    let mut job = Box::pin(office.handle.submit(opening("en")));
    for look in &mut looks[..80] {
        assert!(poll!(look.as_mut()).is_pending());
    }
    assert!(poll!(job.as_mut()).is_pending());
    for look in &mut looks[80..] {
        assert!(poll!(look.as_mut()).is_pending());
    }
    drop(release);
    let (seen, _) = (join_all(looks).await, job.await.expect("it is done"));
    let before = seen.iter().filter(|opened| *opened.as_ref().expect("it runs") == 0).count();
    assert_eq!(before, 64, "a turn of looks, and then the job before the others");
    office.closes().await;
}

/// However little peace there is: twice a day sessions are forgotten and the log is cut, and the first of it is due at once.
#[tokio::test]
async fn a_store_that_is_never_left_in_peace_is_tidied_all_the_same() {
    let wall = Arc::new(AtomicI64::new(time("09:00:00").expect("a time").0));
    let clock = wall.clone();
    let office = Office::opens_with(Clock::new(move || Timestamp(clock.load(SeqCst)))).await;
    let log = || std::fs::metadata(office.folder.path().join("steelbridge.db-wal")).expect("a log").len();
    office.snapshot().await; // the batch before is over
    assert!(log() > 0);
    wall.fetch_add(Span::mins(6).0, SeqCst);
    office.done(opening("en")).await;
    office.snapshot().await; // asked once the batch is over
    assert_eq!(log(), 0);
    office.closes().await;
}

/// The machine's clock was an hour fast when the daemon ran last, and is right now: people are not served an hour late.
#[tokio::test]
async fn after_a_clock_that_was_fast_what_is_due_is_done_in_time() {
    let office = Office::opens().await;
    let seen = office.snapshot().await;
    let (folder, breaks) = (office.folder, office.breaks);
    drop(office.handle);
    tokio::task::spawn_blocking(move || office.running.stop()).await.expect("no panic").expect("it stops");

    let eight = time("08:00:00").expect("a time");
    let wall = Arc::new(AtomicI64::new(eight.0));
    let path = folder.path().to_owned();
    let again = breaks.clone();
    let open: Open<Faulty> = Box::new(move || {
        let (store, reads) = Embedded::open(&path)?;
        Ok((Faulty { store, failures: again.clone() }, reads))
    });
    let clock = wall.clone();
    let running =
        sequencer::start(open, Clock::new(move || Timestamp(clock.load(SeqCst))), "SB".into(), &[]).expect("it starts");
    let office = Office { folder, handle: running.handle.clone(), running, breaks };
    assert_eq!(office.snapshot().await, seen);

    let contact = office.done(opening("en")).await.contact.expect("it was opened");
    let Some(Stage::Offered { until, .. }) = office.stage(contact).await else { panic!("ana is free") };
    let before = office.handle.clock().now();
    assert!(before >= time("09:00:00").expect("a time"), "time does not go back");
    // as much as the offer lasts, and the tenth that time is slower by
    wall.fetch_add((until - before).0 / 9 * 10 + 10, SeqCst);
    office.done(command(Command::SetPresence { rep: BO, presence: Presence::Offline })).await;
    assert!(matches!(office.stage(contact).await, Some(Stage::Waiting)), "the offer has ended");
    wall.fetch_add(Span::mins(20 * 60).0, SeqCst);
    assert_eq!(office.handle.clock().now().0, wall.load(SeqCst), "and one day the two agree");
    office.closes().await;
}
