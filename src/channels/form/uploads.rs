//! Bounds what files cost while they arrive: memory for all of them together, and places for one household.
//!
//! A sender may be slow on purpose. Words need no place, so nobody's slow file keeps another from being heard.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of files that are held at the same time, in KiB; while a picture is cleaned it is there twice.
const MEMORY_KIB: usize = 48 << 10;
/// Requests with files that one household may have under way.
const AT_ONCE: usize = 3;
/// How long a file waits for others to be done before it is given up.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Uploads {
    memory: Arc<Semaphore>,
    households: Mutex<HashMap<IpAddr, usize>>,
}

/// One request's place; free again when it is dropped.
pub struct Place<'a> {
    uploads: &'a Uploads,
    household: IpAddr,
    held: Option<OwnedSemaphorePermit>,
}

impl Default for Uploads {
    fn default() -> Uploads {
        Uploads { memory: Arc::new(Semaphore::new(MEMORY_KIB)), households: Mutex::default() }
    }
}

impl Uploads {
    /// A place for a request with files; `None` when its household has enough.
    pub fn begin(&self, household: IpAddr) -> Option<Place<'_>> {
        let mut households = self.households.lock().expect("uploads");
        let count = households.entry(household).or_default();
        if *count == AT_ONCE {
            return None;
        }
        *count += 1;
        Some(Place { uploads: self, household, held: None })
    }
}

impl Place<'_> {
    /// Room for so many bytes more. `false` when there is none, even after waiting.
    pub async fn grow(&mut self, bytes: usize) -> bool {
        let kib = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        let more = tokio::time::timeout(PATIENCE, self.uploads.memory.clone().acquire_many_owned(kib)).await;
        let Ok(Ok(more)) = more else { return false };
        match &mut self.held {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        true
    }

    /// The file is kept, or given up.
    pub fn clear(&mut self) {
        self.held = None;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut households = self.uploads.households.lock().expect("uploads");
        if let Some(count) = households.get_mut(&self.household) {
            *count -= 1;
            if *count == 0 {
                households.remove(&self.household);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_household_has_three_places_and_all_share_the_memory() {
        let uploads = Uploads::default();
        let home: IpAddr = "203.0.113.9".parse().unwrap();
        let next: IpAddr = "203.0.113.10".parse().unwrap();
        let mut places: Vec<_> = (0..AT_ONCE).map(|_| uploads.begin(home).unwrap()).collect();
        assert!(uploads.begin(home).is_none());
        let mut other = uploads.begin(next).unwrap();
        assert!(places[0].grow(40 << 20).await);
        assert!(!other.grow(10 << 20).await, "given up after a while");
        places[0].clear();
        assert!(other.grow(10 << 20).await);
        drop(places);
        drop(other);
        assert!(uploads.households.lock().unwrap().is_empty());
        assert_eq!(uploads.memory.available_permits(), MEMORY_KIB);
    }
}
