//! The program: reads the command line and the clock, and nothing else.

use clap::Parser;
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use steelbridge::commands::{self, Cli};
use steelbridge::daemon::Clock;
use steelbridge::routing::ids::Timestamp;
use steelbridge::serve;

fn main() -> ExitCode {
    match commands::run(Cli::parse(), clock(), serve::serve) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("steelbridge: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The only clock: the wall's time at the start, then the machine's own steady count, so that time never jumps or goes back.
fn clock() -> Clock {
    let start = Instant::now();
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64);
    Clock::new(move || Timestamp(wall + start.elapsed().as_micros() as i64))
}
