//! `cargo bench`: every figure of the README, measured and printed as ratios within one run. Name parts to run only those:
//! `engine`, `simulator`, `door`, `freed`, `idle`, `restart`, `mail`. A number is how many mails wait in `mail`.

mod bare;
mod daemon;
mod door;
#[path = "../imap/dovecot.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod dovecot;
mod engine;
mod freed;
mod http;
mod idle;
mod load;
mod mail;
mod mailbox;
#[path = "../email/post_office.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod post_office;
mod restart;
mod screen;
mod simulator;
mod workload;

fn main() {
    let words = std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
    let (numbers, asked): (Vec<String>, Vec<String>) = words.partition(|word| word.parse::<usize>().is_ok());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if asked.iter().any(|a| a == bare::BE_BARE) {
        return runtime.block_on(bare::serve());
    }
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|a| a == name);
    if wanted("engine") {
        engine::run();
    }
    if wanted("simulator") {
        simulator::run();
    }
    if wanted("door") {
        runtime.block_on(door::run());
    }
    if wanted("freed") {
        runtime.block_on(freed::run());
    }
    if wanted("idle") {
        runtime.block_on(idle::run());
    }
    if wanted("restart") {
        runtime.block_on(restart::run());
    }
    if wanted("mail") {
        let backlog = numbers.first().and_then(|number| number.parse().ok());
        runtime.block_on(mail::run(backlog.unwrap_or(mail::BACKLOG)));
    }
}
