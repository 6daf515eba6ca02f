//! Work on what strangers sent, on a thread of its own: a deep stack, a time limit, and a panic that ends only itself.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Deep enough for whatever recursion a parser still has after the scan.
const STACK: usize = 16 * 1024 * 1024;
pub const TIME_MOST: Duration = Duration::from_secs(5);
/// A thread cannot be ended from outside; after so many that did not end, no further one is started until one does.
const STUCK_MOST: usize = 4;

static STUCK: AtomicUsize = AtomicUsize::new(0);

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the reader stopped over it")]
    Panicked,
    #[error("it took longer than 5 s to read")]
    TimedOut,
    /// Not this mail's fault: try again later.
    #[error("no reader is free")]
    NoReader,
}

/// Run it, wait at most `TIME_MOST`. Blocks: from async code, call it through `spawn_blocking`.
pub fn guarded<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Broken> {
    guarded_for(TIME_MOST, work)
}

fn guarded_for<T: Send + 'static>(most: Duration, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Broken> {
    if STUCK.load(Ordering::Relaxed) >= STUCK_MOST {
        return Err(Broken::NoReader);
    }
    let (done, result) = sync_channel(1);
    // Set by whoever leaves first, the worker or the one who waits; the second one sees it.
    let left = Arc::new(AtomicBool::new(false));
    let worker_left = left.clone();
    let run = move || {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        // Nobody may be there to take it any more.
        done.send(outcome).ok();
        if worker_left.swap(true, Ordering::AcqRel) {
            STUCK.fetch_sub(1, Ordering::Relaxed);
        }
    };
    let started = std::thread::Builder::new().name("mail-reader".into()).stack_size(STACK).spawn(run);
    if started.is_err() {
        return Err(Broken::NoReader);
    }
    match result.recv_timeout(most) {
        Ok(outcome) => outcome.map_err(|_: Box<dyn Any + Send>| Broken::Panicked),
        Err(RecvTimeoutError::Disconnected) => Err(Broken::Panicked),
        Err(RecvTimeoutError::Timeout) => {
            STUCK.fetch_add(1, Ordering::Relaxed);
            if left.swap(true, Ordering::AcqRel) {
                STUCK.fetch_sub(1, Ordering::Relaxed);
            }
            Err(Broken::TimedOut)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_panic_nor_an_endless_mail_ends_or_stalls_the_process() {
        assert_eq!(guarded(|| 1 + 1), Ok(2));
        assert_eq!(guarded(|| -> u8 { panic!("as a parser might") }), Err(Broken::Panicked));
        let (let_go, held) = std::sync::mpsc::channel::<()>();
        let endless = guarded_for(Duration::from_millis(20), move || held.recv().is_ok());
        assert_eq!(endless, Err(Broken::TimedOut));
        assert_eq!(guarded(|| 2), Ok(2), "others go on being read");
        drop(let_go);
    }
}
