//! The demo: invented people who keep arriving at the real doors, and invented reps who answer through the real console API.

mod client;
mod rep;
mod visitor;

use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Seconds between two arrivals, on average.
const PAUSE: f64 = 7.0;
/// One arrival in this many may be someone rare: an emergency.
const RARE: u64 = 25;
/// One in this many writes Spanish, as the representative does whom the visitor of the demo plays: she is not left waiting.
const SPANISH: u64 = 3;

/// Who lives in the demo city; `config/demo/people.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    person: Vec<Person>,
    /// What reps say, by primary language.
    answers: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    channel: String,
    language: String,
    service: Option<String>,
    text: String,
    /// What they say next, once a representative has answered.
    #[serde(default)]
    more: Vec<String>,
    #[serde(default)]
    rare: bool,
}

/// Small fixed dice (SplitMix64), so that two demos look alike.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// Exponential with this mean, in seconds.
    fn pause(&mut self, mean: f64) -> Duration {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        Duration::from_secs_f64((-mean * (1.0 - unit).ln()).clamp(0.2, mean * 4.0))
    }
}

/// A rep of the demo who works by itself.
pub struct Robot {
    pub name: String,
    pub password: String,
}

/// Let the city live until told to stop. `origin` is the public address, as browsers would send it.
pub async fn live(door: SocketAddr, origin: String, robots: Vec<Robot>, stop: CancellationToken) -> anyhow::Result<()> {
    let people: People = toml::from_str(include_str!("../../config/demo/people.toml"))?;
    let tasks = TaskTracker::new();
    let answers = std::sync::Arc::new(people.answers);
    for (i, robot) in robots.into_iter().enumerate() {
        let (origin, answers) = (origin.clone(), answers.clone());
        let work = rep::work(door, origin, robot, answers, Dice(1_000 + i as u64));
        tasks.spawn(until(stop.clone(), work));
    }
    let mut dice = Dice(311);
    let (rare, usual): (Vec<Person>, Vec<Person>) = people.person.into_iter().partition(|p| p.rare);
    let spanish: Vec<Person> = usual.iter().filter(|p| p.language == "es").cloned().collect();
    let mut count = 0u64;
    while !stop.is_cancelled() {
        count += 1;
        let from = match count {
            n if n.is_multiple_of(RARE) => &rare,
            n if n.is_multiple_of(SPANISH) => &spanish,
            _ => &usual,
        };
        let person = from[dice.below(from.len())].clone();
        let visit = visitor::visit(door, origin.clone(), person, count, Dice(dice.next()));
        tasks.spawn(until(stop.clone(), visit));
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(dice.pause(PAUSE)) => {}
        }
    }
    tasks.close();
    tasks.wait().await;
    Ok(())
}

/// A person who fails is only logged: the daemon goes on, and so does the city.
async fn until(stop: CancellationToken, life: impl Future<Output = anyhow::Result<()>>) {
    tokio::select! {
        () = stop.cancelled() => {}
        ended = life => if let Err(error) = ended { tracing::debug!(%error, "an invented person gave up") },
    }
}
