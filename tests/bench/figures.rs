//! `cargo bench`: every figure of the README, measured and printed as ratios within one run. Name parts to run only those:
//! `engine`, `simulator`, `door`, `freed`, `idle`, `restart`, `mail`.

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
#[path = "../imap/memory.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod memory;
mod restart;
mod screen;
mod simulator;
mod taker;
mod workload;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if asked.iter().any(|a| a == bare::BE_BARE) {
        return runtime.block_on(bare::serve());
    }
    if let [part, port, user, password, folder] = &asked[..]
        && part == taker::PART
    {
        return runtime.block_on(taker::take(port, user, password, folder));
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
        runtime.block_on(mail::run());
    }
}
