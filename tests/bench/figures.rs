//! `cargo bench`: every figure of the README, measured and printed as ratios within one run. Name parts to run only those.

mod bare;
mod door;
mod engine;
mod http;
mod restart;
mod workload;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|a| a == name);
    if wanted("engine") {
        engine::run();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if wanted("door") {
        runtime.block_on(door::run());
    }
    if wanted("idle") {
        runtime.block_on(door::idle());
    }
    if wanted("restart") {
        runtime.block_on(restart::run());
    }
}
