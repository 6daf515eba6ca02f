//! `cargo bench`: every figure of the README, measured and printed as ratios within one run. Name parts to run only those.

mod engine;
mod workload;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|a| a == name);
    if wanted("engine") {
        engine::run();
    }
}
