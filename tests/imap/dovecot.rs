//! A real Dovecot, started by the test on a free port of loopback with everything in a folder of its own.

use std::fs;
use std::net::TcpListener as Probe;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use steelbridge::channels::email::imap::{Auth, MailboxSettings, Tls};
use steelbridge::channels::email::secret::Secret;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub const USER: &str = "311";
pub const PASSWORD: &str = "many-bridges";

/// What a mail server shows, and wants to be shown; usually a certificate of its own, and a password.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// Certificate and key, in PEM.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Host and port where access tokens are looked up: then nothing else lets anybody in.
    pub tokens: Option<String>,
}

pub struct Dovecot {
    folder: TempDir,
    master: Option<Child>,
    pub port: u16,
    pub tls_port: u16,
}

fn free_port() -> u16 {
    Probe::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port()
}

/// The account mail belongs to: Dovecot never reads mail as root.
fn owner(folder: &Path) -> (u32, u32) {
    let about = fs::metadata(folder).expect("the folder");
    if about.uid() == 0 { (65534, 65534) } else { (about.uid(), about.gid()) }
}

fn run(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; tests/run installs it"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

impl Dovecot {
    /// With an empty mailbox.
    pub async fn start() -> Dovecot {
        Dovecot::start_with(&[]).await
    }

    /// With mail that is there already, as (text, seconds since 1970 it arrived).
    pub async fn start_with(mails: &[(String, u64)]) -> Dovecot {
        Dovecot::start_behind(&Door::default(), mails).await
    }

    pub async fn start_behind(door: &Door, mails: &[(String, u64)]) -> Dovecot {
        let folder = TempDir::new().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("others may pass through");
        let mut server = Dovecot { folder, master: None, port: free_port(), tls_port: free_port() };
        server.make_mailbox(mails);
        server.make_certificates();
        server.write_settings(door);
        server.up().await;
        server
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn make_mailbox(&self, mails: &[(String, u64)]) {
        self.put_into(USER, mails);
    }

    /// Mail lies in somebody's mailbox, as if it had always been there: (text, seconds since 1970 it arrived).
    pub fn put_into(&self, user: &str, mails: &[(String, u64)]) {
        for folder in ["cur", "new", "tmp"] {
            fs::create_dir_all(self.path(&format!("mail/{user}/{folder}"))).expect("a mail folder");
        }
        for (n, (text, arrived)) in mails.iter().enumerate() {
            let path = self.path(&format!("mail/{user}/new/{}.M{n}.test", 1_000_000_000 + n));
            fs::write(&path, text).expect("a mail");
            let at = std::time::UNIX_EPOCH + Duration::from_secs(*arrived);
            fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(at)).expect("its time");
        }
        self.give_to_owner(&self.path("mail"));
    }

    fn give_to_owner(&self, folder: &Path) {
        let (uid, gid) = owner(self.folder.path());
        chown(folder, Some(uid), Some(gid)).expect("a new owner");
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                self.give_to_owner(&entry)
            } else {
                chown(entry, Some(uid), Some(gid)).expect("an owner")
            }
        }
    }

    /// A certificate that is its own root, for `localhost`.
    fn make_certificates(&self) {
        for (name, host) in [("ours", "localhost"), ("foreign", "localhost")] {
            let mut make = Command::new("openssl");
            make.args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "30",
            ]);
            make.args(["-subj", "/CN=test", "-addext", "basicConstraints=critical,CA:FALSE"]);
            make.args(["-addext", &format!("subjectAltName=DNS:{host}")]);
            make.arg("-keyout")
                .arg(self.path(&format!("{name}.key")))
                .arg("-out")
                .arg(self.path(&format!("{name}.pem")));
            run(&mut make);
        }
    }

    fn write_settings(&self, door: &Door) {
        let root = fs::metadata(self.folder.path()).expect("the folder").uid() == 0;
        let (uid, gid) = owner(self.folder.path());
        let me = run(Command::new("id").args(["-un"])).trim().to_string();
        let my_group = run(Command::new("id").args(["-gn"])).trim().to_string();
        let users = if root {
            String::new()
        } else {
            format!("default_internal_user = {me}\ndefault_internal_group = {my_group}\ndefault_login_user = {me}\n")
        };
        let dir = self.folder.path().display();
        let (port, tls_port) = (self.port, self.tls_port);
        let own = (self.path("ours.pem"), self.path("ours.key"));
        let (certificate, key) = door.certificate.as_ref().unwrap_or(&own);
        let (certificate, key) = (certificate.display(), key.display());
        let way_in = self.way_in(door);
        let settings = format!(
            "{users}base_dir = {dir}/run\nstate_dir = {dir}/state\nlog_path = {dir}/log\nprotocols = imap\n\
             listen = 127.0.0.1\nssl = yes\nssl_cert = <{certificate}\nssl_key = <{key}\n\
             disable_plaintext_auth = no\nmail_location = maildir:{dir}/mail/%u\nmaildir_very_dirty_syncs = no\n\
             first_valid_uid = 1\nmail_max_userip_connections = 0\nauth_failure_delay = 0\n\
             {way_in}\
             userdb {{\n driver = static\n args = uid={uid} gid={gid} home={dir}/mail/%u\n}}\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n port = {port}\n }}\n\
             inet_listener imaps {{\n port = {tls_port}\n ssl = yes\n }}\n}}\n\
             service anvil {{\n chroot =\n unix_listener anvil-auth-penalty {{\n mode = 0\n }}\n}}\nservice stats {{\n chroot =\n}}\n"
        );
        fs::write(self.path("dovecot.conf"), settings).expect("settings");
    }

    fn way_in(&self, door: &Door) -> String {
        let Some(tokens) = &door.tokens else {
            return format!("passdb {{\n driver = static\n args = password={PASSWORD}\n}}\n");
        };
        let asks = self.path("oauth2.conf");
        let words = format!(
            "introspection_mode = post\nintrospection_url = http://{tokens}/active\nusername_attribute = username\n\
             active_attribute = active\nactive_value = true\n"
        );
        fs::write(&asks, words).expect("settings");
        let asks = asks.display();
        format!(
            "auth_mechanisms = xoauth2\nauth_cache_size = 0\npassdb {{\n driver = oauth2\n mechanisms = xoauth2\n args = {asks}\n}}\n"
        )
    }

    /// It says from now on that it can do this, and no more.
    pub async fn can_only(&mut self, capabilities: &str) {
        self.down().await;
        let file = self.path("dovecot.conf");
        let settings = fs::read_to_string(&file).expect("settings");
        fs::write(file, format!("{settings}imap_capability = {capabilities}\n")).expect("settings");
        self.up().await;
    }

    /// Starts the server again, on the same ports. It greets when this returns: only then can one sign in.
    pub async fn up(&mut self) {
        let mut start = Command::new("/usr/sbin/dovecot");
        start.arg("-F").arg("-c").arg(self.path("dovecot.conf")).stdin(Stdio::null());
        let log = fs::File::create(self.path("out")).expect("a log");
        start.process_group(0).stderr(log.try_clone().expect("a log")).stdout(log);
        self.master = Some(start.spawn().expect("Dovecot (dovecot-imapd; tests/run installs it)"));
        for _ in 0..500 {
            if let Ok(line) = TcpStream::connect(("127.0.0.1", self.port)).await {
                let mut greeting = String::new();
                let read = BufReader::new(line).read_line(&mut greeting).await;
                if read.is_ok() && greeting.starts_with("* OK") {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await; // nothing tells when a port opens
        }
        let read = |name| fs::read_to_string(self.path(name)).unwrap_or_default();
        panic!("Dovecot did not start: {} {}", read("out"), read("log"));
    }

    /// Stops the server and hangs up on everyone. Nobody listens any more when this returns.
    pub async fn down(&mut self) {
        self.kill();
        for _ in 0..2_000 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await; // killed, but not all of its processes are gone yet
        }
        panic!("Dovecot does not stop listening on port {}", self.port);
    }

    fn kill(&mut self) {
        if let Some(mut master) = self.master.take() {
            // at once, and all of its processes: a polite stop takes seconds
            let group = format!("-{}", master.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            let _ = master.wait();
        }
    }

    /// Hangs up on everyone who is signed in.
    pub fn kick(&self) {
        run(Command::new("doveadm").arg("-c").arg(self.path("dovecot.conf")).args(["kick", USER]));
    }

    /// What a lost list of numbers does: all mail is numbered anew, under another UIDVALIDITY.
    pub async fn number_anew(&mut self) {
        let before = self.uid_validity().await;
        self.down().await;
        for path in fs::read_dir(self.path("mail/311")).expect("the mailbox").map(|e| e.expect("an entry").path()) {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            // The number is a count of seconds. Where the last one is written down stays: without it a folder that is lost
            // within a second of its making would get the same number again.
            if name.starts_with("dovecot") && !name.starts_with("dovecot-uidvalidity") {
                fs::remove_file(path).expect("an index");
            }
        }
        self.up().await;
        assert_ne!(self.uid_validity().await, before, "numbered anew");
    }

    async fn uid_validity(&self) -> u32 {
        let answer = self.hand().await.ask("STATUS INBOX (UIDVALIDITY)").await;
        let number = answer.split("UIDVALIDITY ").nth(1).and_then(|rest| rest.split(')').next()?.parse().ok());
        number.unwrap_or_else(|| panic!("{answer}"))
    }

    pub fn settings(&self) -> MailboxSettings {
        let auth = Auth::Password(Secret::words(PASSWORD));
        let usual = MailboxSettings::new("desk", "localhost", USER, auth);
        MailboxSettings { port: Some(self.port), tls: Tls::None, ..usual }
    }

    pub fn tls_settings(&self, tls: Tls, ca: &str) -> MailboxSettings {
        let port = if tls == Tls::Implicit { self.tls_port } else { self.port };
        MailboxSettings { tls, port: Some(port), ca_file: Some(self.path(ca)), ..self.settings() }
    }

    pub async fn hand(&self) -> Hand {
        Hand::connect(self.port).await
    }

    /// Puts a mail into the inbox, as a mail server's delivery would.
    pub async fn deliver(&self, mail: &str) {
        self.hand().await.append(mail).await;
    }

    pub async fn count(&self, folder: &str) -> u32 {
        self.hand().await.count(folder).await
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", fs::read_to_string(self.path("log")).unwrap_or_default());
        }
        self.kill();
    }
}

/// A person with another mail program on the same mailbox.
pub struct Hand {
    line: BufReader<TcpStream>,
}

impl Hand {
    async fn connect(port: u16) -> Hand {
        let line = TcpStream::connect(("127.0.0.1", port)).await.expect("Dovecot");
        let mut hand = Hand { line: BufReader::new(line) };
        hand.read_line().await;
        hand.ask(&format!("LOGIN {USER} {PASSWORD}")).await;
        hand
    }

    async fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.line.read_line(&mut line).await.expect("a line");
        line
    }

    /// Everything up to the tagged answer, which must be OK.
    pub async fn ask(&mut self, command: &str) -> String {
        self.line.write_all(format!("h {command}\r\n").as_bytes()).await.expect("sent");
        let mut all = String::new();
        loop {
            let line = self.read_line().await;
            assert!(!line.is_empty(), "{command}: hung up");
            if let Some(size) = line.trim_end().strip_suffix('}').and_then(|line| line.rsplit('{').next()?.parse().ok())
            {
                let mut literal = vec![0u8; size];
                self.line.read_exact(&mut literal).await.expect("a literal");
            }
            all.push_str(&line);
            if line.starts_with("h ") {
                assert!(line.starts_with("h OK"), "{command}: {line}");
                return all;
            }
        }
    }

    pub async fn append(&mut self, mail: &str) {
        self.append_to("INBOX", mail).await;
    }

    pub async fn append_to(&mut self, folder: &str, mail: &str) {
        self.line.write_all(format!("h APPEND {folder} {{{}}}\r\n", mail.len()).as_bytes()).await.expect("sent");
        assert!(self.read_line().await.starts_with('+'));
        self.line.write_all(mail.as_bytes()).await.expect("sent");
        self.ask_rest().await;
    }

    async fn ask_rest(&mut self) {
        self.line.write_all(b"\r\n").await.expect("sent");
        loop {
            let line = self.read_line().await;
            if line.starts_with("h ") {
                assert!(line.starts_with("h OK"), "{line}");
                return;
            }
        }
    }

    /// Mails in a folder; none when it does not exist.
    pub async fn count(&mut self, folder: &str) -> u32 {
        if !self.ask(&format!("LIST \"\" \"{folder}\"")).await.contains("* LIST") {
            return 0;
        }
        let answer = self.ask(&format!("STATUS \"{folder}\" (MESSAGES)")).await;
        let count = answer.split("MESSAGES ").nth(1).and_then(|rest| rest.split(')').next()?.parse().ok());
        count.unwrap_or_else(|| panic!("{answer}"))
    }
}
