//! A full disk: nothing more is promised, nothing promised is lost, and work goes on when there is room again.

use super::ledger::Ledger;
use super::people::{Answer, Resident};
use super::support::city::City;
use super::town::Town;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// After room is made, people are served again within this time.
const RECOVERY: Duration = Duration::from_secs(20);

/// A disk of 16 MiB in memory, mounted in a namespace of its own: nothing is left behind, whatever happens to the test.
struct SmallDisk {
    keeper: Child,
    mount: PathBuf,
}

impl SmallDisk {
    fn new(mount: &Path) -> SmallDisk {
        fs::create_dir_all(mount).expect("a folder");
        let script =
            format!("mount -t tmpfs -o size=16m tmpfs {0} && touch {0}/ready && exec sleep 600", mount.display());
        let unshare = ["--user", "--map-root-user", "--mount", "sh", "-c", &script];
        let keeper = Command::new("unshare").args(unshare).stdin(Stdio::null()).spawn().expect("unshare runs");
        let disk = SmallDisk { keeper, mount: mount.to_owned() };
        for _ in 0..500 {
            if disk.outside().join("ready").exists() {
                return disk;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("no small disk: this machine must allow user namespaces (unshare --user --mount)");
    }

    /// The mount as seen from outside its namespace.
    fn outside(&self) -> PathBuf {
        let mount = self.mount.strip_prefix("/").expect("an absolute path");
        PathBuf::from(format!("/proc/{}/root", self.keeper.id())).join(mount)
    }

    /// What to put before a command that runs on this disk.
    fn entered(&self) -> Vec<String> {
        let keeper = self.keeper.id().to_string();
        ["nsenter", "--user", "--mount", "--preserve-credentials", "--target", &keeper, "--"]
            .map(str::to_owned)
            .to_vec()
    }

    /// Somebody else's file takes all the room there is.
    fn is_filled(&self) {
        let mut file = File::options().create(true).append(true).open(self.outside().join("other")).expect("a file");
        for size in [64 * 1024, 4096, 256, 1] {
            let block = vec![0; size];
            while file.write_all(&block).is_ok() {}
        }
    }

    fn has_room_again(&self) {
        fs::remove_file(self.outside().join("other")).expect("the other file is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_full_disk_it_promises_nothing_and_keeps_everything() {
    let folder = TempDir::with_prefix("steelbridge-city-").expect("a folder");
    let disk = SmallDisk::new(&folder.path().join("disk"));
    let city = City::on(folder, disk.mount.join("data"), &disk.entered());
    let town = Town::of(&city);
    let mut daemon = city.start_under(&disk.entered()).await.expect("a start");
    let mut ledger = Ledger::default();
    let _consoles = town.opens().await.expect("the consoles open");
    for n in 0..20 {
        town.serves(&Resident::new(&town.base, format!("before-{n}")), &mut ledger).await.expect("there is room");
    }

    disk.is_filled();
    let refusals = until_refused(&town, &mut ledger).await;
    assert!(refusals.iter().all(|(status, body)| *status == 503 && body.contains("\"status\":503")), "{refusals:?}");

    disk.has_room_again();
    let deadline = tokio::time::Instant::now() + RECOVERY;
    let newcomer = Resident::new(&town.base, "room-again");
    while ledger.asks(&newcomer).await.is_none() {
        assert!(tokio::time::Instant::now() < deadline, "there is room again, but no service:\n{}", city.last_words());
        if daemon.ended().is_some_and(|status| !status.success()) {
            daemon = city.start_under(&disk.entered()).await.expect("it starts again, as its unit would start it");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    town.inspects(&mut ledger).await;
    daemon.dies().await;
    let daemon = city.start_under(&disk.entered()).await.expect("a start");
    town.inspects(&mut ledger).await;
    daemon.dies().await;
}

/// A page or two may still fit; then thirty askings in a row must get a no, and none a yes.
async fn until_refused(town: &Town, ledger: &mut Ledger) -> Vec<(u16, String)> {
    let mut refusals = Vec::new();
    for n in 0..2_000 {
        let resident = Resident::new(&town.base, format!("full-{n}"));
        ledger.presses(&resident);
        match resident.asks().await {
            Answer::Yes(promise) => {
                assert!(refusals.is_empty(), "a yes after a no, and the disk is still full");
                ledger.note_promise(&resident.key, promise);
            }
            Answer::No(status, body) => refusals.push((status.as_u16(), body)),
            Answer::Silence => break, // it ended: nothing can be promised
        }
        if refusals.len() == 30 {
            break;
        }
    }
    refusals
}
