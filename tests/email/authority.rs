//! The city's own certification authority, and what it signs: made anew for one test, with OpenSSL.

use super::dovecot::Door;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub struct Authority {
    folder: TempDir,
}

impl Authority {
    pub fn new() -> Authority {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("servers may look in");
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        openssl(folder.path(), &format!("req -x509 {key} -keyout ca.key -out ca.pem -days 9 -subj /CN=City"));
        Authority { folder }
    }

    /// What an admin puts beside the settings.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A door with a certificate for this name.
    pub fn door(&self, name: &str) -> Door {
        let folder = self.folder.path();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        openssl(folder, &format!("req {key} -keyout key.pem -out request.pem -subj /CN={name}"));
        let names = format!("subjectAltName=DNS:{name}\nbasicConstraints=critical,CA:FALSE\n");
        fs::write(folder.join("names"), names).expect("written");
        let signed = "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -extfile names";
        openssl(folder, &format!("{signed} -days 2"));
        fs::set_permissions(folder.join("key.pem"), Permissions::from_mode(0o644)).expect("ours");
        Door { certificate: Some((folder.join("cert.pem"), folder.join("key.pem"))), ..Door::default() }
    }
}

fn openssl(folder: &Path, words: &str) {
    let made = Command::new("openssl").args(words.split(' ')).current_dir(folder).output();
    let made = made.expect("OpenSSL (openssl; tests/run installs it)");
    assert!(made.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&made.stderr));
}
