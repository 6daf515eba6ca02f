//! The mail of a small world: a real Exim that delivers into the maildirs of a real Dovecot, for 311 and for residents.

use super::dovecot::{Door, Dovecot};
use std::fs::{self, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// Debian puts it where a plain user's PATH does not look.
const EXIM: &str = "/usr/sbin/exim4";
/// Nobody waits longer for a letter.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct PostOffice {
    pub dovecot: Dovecot,
    /// In the clear, or by STARTTLS.
    pub port: u16,
    /// TLS from the first byte.
    pub tls_port: u16,
    folder: TempDir,
    exim: Child,
}

impl PostOffice {
    /// `311`, `maria`, `away` and `r1` to `r100` have mailboxes at whatever domain, nobody else; plus parts are left out.
    pub async fn opens() -> PostOffice {
        PostOffice::opens_behind(&Door::default()).await
    }

    /// Both of its servers behind such a door.
    pub async fn opens_behind(door: &Door) -> PostOffice {
        assert!(Path::new(EXIM).exists(), "this test needs Exim: apt-get install exim4-daemon-light");
        let dovecot = Dovecot::start_behind(door, &[]).await;
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("ours");
        let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let [port, tls_port] = free.map(|free| free.local_addr().expect("bound").port());
        let settings = folder.path().join("exim.conf");
        fs::write(&settings, configuration(folder.path(), &dovecot.path("mail"), (port, tls_port), door))
            .expect("written");
        let log = fs::File::create(folder.path().join("out")).expect("created");
        let mut exim = Command::new(EXIM);
        exim.arg("-C").arg(&settings).arg("-bdf").stdin(Stdio::null());
        let exim = exim.stdout(log.try_clone().expect("a file")).stderr(log).spawn().expect("Exim starts");
        let office = PostOffice { dovecot, port, tls_port, folder, exim };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return office;
            }
            tokio::time::sleep(Duration::from_millis(50)).await; // nothing tells when a port opens
        }
        panic!("Exim does not listen: {}", office.words("out"));
    }

    /// What Exim wrote down of every letter.
    pub fn log(&self) -> String {
        self.words("mainlog")
    }

    /// A file of this folder, with something in it that only its owner may read.
    pub fn secret(&self, name: &str, words: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, words).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("ours");
        path
    }

    fn words(&self, log: &str) -> String {
        fs::read_to_string(self.folder.path().join(log)).unwrap_or_default()
    }

    /// A mail as a resident's program sends it; `Date` and such are in the text.
    pub async fn sends(&self, from: &str, to: &str, mail: &str) {
        let line = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.expect("Exim");
        let mut line = BufReader::new(line);
        answers(&mut line, "220").await;
        for (said, code) in [
            ("EHLO resident.example".to_owned(), "250"),
            (format!("MAIL FROM:<{from}>"), "250"),
            (format!("RCPT TO:<{to}>"), "250"),
            ("DATA".to_owned(), "354"),
            (format!("{}\r\n.", mail.replace("\r\n", "\n").replace('\n', "\r\n")), "250"),
            ("QUIT".to_owned(), "221"),
        ] {
            line.write_all(format!("{said}\r\n").as_bytes()).await.expect("it can be said");
            answers(&mut line, code).await;
        }
    }

    /// The letters that came for somebody so far, oldest first.
    pub fn letters(&self, name: &str) -> Vec<String> {
        let folder = self.dovecot.path(&format!("mail/{name}/new"));
        let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
        paths.sort_by_key(|path| fs::metadata(path).and_then(|about| about.modified()).ok());
        paths.iter().map(|path| String::from_utf8_lossy(&fs::read(path).expect("a letter")).into_owned()).collect()
    }

    /// The same, once there are so many.
    pub async fn delivered(&self, name: &str, count: usize) -> Vec<String> {
        let until = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < until {
            let letters = self.letters(name);
            if letters.len() >= count {
                return letters;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{name} has {} letters, not {count}; Exim says: {}", self.letters(name).len(), self.words("mainlog"));
    }

    /// Settings of a city whose mail is kept here; `more` goes into the mailbox.
    pub fn settings(&self, more: &str) -> String {
        self.settings_with(self.port, more)
    }

    /// One more mailbox, of another user.
    pub fn mailbox(&self, name: &str, user: &str, more: &str) -> String {
        let settings = self.settings(more);
        let (_, mailbox) = settings.split_once("[email]\n").expect("mail");
        let (mailbox, _) = mailbox.split_once("[email.relay]").expect("a relay");
        mailbox
            .replace("name = \"desk\"", &format!("name = {name:?}"))
            .replace("user = \"311\"", &format!("user = {user:?}"))
    }

    /// The same with another relay on this machine.
    pub fn settings_with(&self, relay: u16, more: &str) -> String {
        let secret = self.secret("secret", super::dovecot::PASSWORD);
        let (imap, secret) = (self.dovecot.port, secret.display());
        format!(
            "[email]\n\
             [[email.mailbox]]\nname = \"desk\"\nhost = \"localhost\"\nport = {imap}\ntls = \"none\"\nuser = \"311\"\n\
             auth.password = \"file:{secret}\"\n{more}\n\
             [email.relay]\nhost = \"127.0.0.1\"\nport = {relay}\ntls = \"none\"\nfrom = \"311@city.example\"\n\
             bounces = \"311@city.example\"\nper_second = 50\n"
        )
    }
}

async fn answers(line: &mut BufReader<tokio::net::TcpStream>, code: &str) {
    loop {
        let mut answer = String::new();
        line.read_line(&mut answer).await.expect("an answer");
        assert!(answer.starts_with(code), "wanted {code}: {answer}");
        if answer.as_bytes().get(3) == Some(&b' ') {
            return;
        }
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.words("mainlog"));
        }
        let _ = self.exim.kill();
        let _ = self.exim.wait();
    }
}

fn configuration(folder: &Path, mail: &Path, (port, tls_port): (u16, u16), door: &Door) -> String {
    // where tokens count, each letter is to show one
    let letters = if door.tokens.is_some() { "smtp_accept_max_per_connection = 1\n" } else { "" };
    // as whoever the mailboxes belong to; a plain user's Exim cannot be anybody else
    let about = fs::metadata(mail).expect("the mailboxes");
    let (user, group) = (about.uid(), about.gid());
    let (folder, mail) = (folder.display(), mail.display());
    let many: String = (1..=100).map(|n| format!(" : r{n}")).collect();
    let names = format!("311 : maria : away{many}"); // Exim makes no folder of a name that it does not know
    let certificate = door.certificate.as_ref().map_or(String::new(), |(certificate, key)| {
        format!("tls_certificate = {}\ntls_privatekey = {}\n", certificate.display(), key.display())
    });
    let (strangers, authenticator) = match &door.tokens {
        None => ("accept".to_owned(), String::new()),
        // as a relay does: anybody may write to the city, and the city to anybody
        Some(tokens) => (
            "accept domains = city.example\n  accept authenticated = *\n  deny message = 5.7.1 sign in first"
                .to_owned(),
            format!("begin authenticators\n{}", by_token(tokens)),
        ),
    };
    format!(
        r#"exim_user = {user}
exim_group = {group}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
daemon_smtp_ports = {port} : {tls_port}
tls_on_connect_ports = {tls_port}
{certificate}local_interfaces = 127.0.0.1
primary_hostname = mail.test
keep_environment =
deliver_drop_privilege
smtp_accept_queue_per_connection = 0
{letters}smtp_accept_max = 100
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  {strangers}
data:
  accept
begin routers
all:
  driver = accept
  local_parts = {names}
  local_part_suffix = +*
  local_part_suffix_optional
  transport = mailbox
begin transports
mailbox:
  driver = appendfile
  directory = {mail}/$local_part_data
  create_directory
  maildir_format
  mode = 0600
  directory_mode = 0700
  envelope_to_add
  return_path_add
{authenticator}"#
    )
}

/// XOAUTH2 is one string, and Exim asks whoever handed out the token whether it is good.
fn by_token(office: &str) -> String {
    let (host, port) = office.split_once(':').expect("host and port");
    let asks = format!("${{readsocket{{inet:{host}:{port}}}{{GET /active?token=$2 HTTP/1.0\\r\\n\\r\\n}}{{5s}}}}");
    format!(
        "xoauth2:\n  driver = plaintext\n  public_name = XOAUTH2\n  server_prompts = :\n  server_set_id = 311\n  \
         server_condition = ${{if match{{$auth1}}{{\\N^user=(.*?)\\x01auth=Bearer (\\w+)\\x01\\x01$\\N}}\
         {{${{if match{{{asks}}}{{the token is good}}}}}}{{false}}}}\n"
    )
}
