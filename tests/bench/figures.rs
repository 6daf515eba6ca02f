//! `cargo bench`: every figure of the README, measured and printed as ratios within one run. Name parts to run only those.

mod bare;
mod door;
#[path = "../imap/dovecot.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod dovecot;
mod engine;
mod http;
mod mail;
#[path = "../imap/memory.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod memory;
mod restart;
mod taker;
mod workload;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|a| a == name);
    if wanted("engine") {
        engine::run();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if let [part, port, user, password, folder] = &asked[..]
        && part == taker::PART
    {
        return runtime.block_on(taker::take(port, user, password, folder));
    }
    if wanted("door") {
        runtime.block_on(door::run());
    }
    if wanted("idle") {
        runtime.block_on(door::idle());
    }
    if wanted("restart") {
        runtime.block_on(restart::run());
    }
    if wanted("mail") {
        runtime.block_on(mail::run());
    }
}
