//! A real mail server for one test: Debian's Exim on a free port of loopback, in a folder of its own, as whoever runs the test.

use std::fs::{self, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Debian puts it where a plain user's PATH does not look.
const EXIM: &str = "/usr/sbin/exim4";

pub struct Exim {
    pub port: u16,
    folder: TempDir,
    process: Child,
}

/// Whose certificate the server shows, and for how long it holds.
pub struct Certificate {
    pub name: &'static str,
    pub days: i32,
    /// TLS from the first byte.
    pub implicit: bool,
}

pub const GOOD: Certificate = Certificate { name: "localhost", days: 2, implicit: false };

impl Exim {
    pub fn start(certificate: &Certificate) -> Exim {
        assert!(Path::new(EXIM).exists(), "this test needs Exim: apt-get install exim4-daemon-light");
        let folder = tempfile::tempdir().expect("a folder");
        // started by root, Exim goes on as its own user
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("ours");
        issue(folder.path(), certificate);
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
        let settings = folder.path().join("exim.conf");
        fs::write(&settings, configuration(folder.path(), port, certificate.implicit)).expect("written");
        let log = fs::File::create(folder.path().join("out")).expect("created");
        let process = Command::new(EXIM)
            .arg("-C")
            .arg(&settings)
            .arg("-bdf")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("Exim starts");
        let exim = Exim { port, folder, process };
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return exim;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("Exim does not listen: {}", fs::read_to_string(exim.folder.path().join("out")).unwrap_or_default());
    }

    /// Settings of a relay that believes in this server's certificate.
    pub fn settings(&self) -> String {
        let authority = self.folder.path().join("authority.pem");
        format!(
            "host = \"localhost\"\ntls = \"starttls\"\nca_file = {authority:?}\nuser = \"city\"\npassword = \"env:X\"\n"
        )
    }

    /// The letters that were delivered, as they lie in the mailbox, oldest first; waits for this many.
    pub fn delivered(&self, count: usize) -> Vec<String> {
        let folder = self.folder.path().join("mail/new");
        for _ in 0..100 {
            let mut paths: Vec<_> = fs::read_dir(&folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
            if paths.len() >= count {
                paths.sort();
                return paths.iter().map(|path| fs::read_to_string(path).expect("ASCII")).collect();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "not delivered; the log: {}",
            fs::read_to_string(self.folder.path().join("mainlog")).unwrap_or_default()
        );
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An authority, and a certificate of its for the server.
fn issue(folder: &Path, certificate: &Certificate) {
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(folder);
        let made = command.output().expect("openssl is there: apt-get install openssl");
        assert!(made.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&made.stderr));
    };
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout authority.key -out authority.pem -days 9 -subj /CN=authority");
    openssl(&format!("req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN={}", certificate.name));
    let names = format!("subjectAltName=DNS:{}\nbasicConstraints=critical,CA:FALSE\n", certificate.name);
    fs::write(folder.join("names"), names).expect("written");
    openssl(&format!(
        "x509 -req -in request.pem -CA authority.pem -CAkey authority.key -CAcreateserial -out cert.pem -extfile names -days {}",
        certificate.days
    ));
    fs::set_permissions(folder.join("key.pem"), Permissions::from_mode(0o644)).expect("ours");
}

fn configuration(folder: &Path, port: u16, implicit: bool) -> String {
    let about = fs::metadata(folder).expect("a folder");
    // a plain user's Exim cannot become another; root's may not stay root
    let who = match about.uid() {
        0 => String::new(),
        uid => format!("exim_user = {uid}\nexim_group = {}\n", about.gid()),
    };
    let folder = folder.display();
    let implicit = if implicit { format!("tls_on_connect_ports = {port}\n") } else { String::new() };
    format!(
        r#"{who}spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
daemon_smtp_ports = {port}
{implicit}local_interfaces = 127.0.0.1
primary_hostname = relay.test
keep_environment =
deliver_drop_privilege
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
smtputf8_advertise_hosts = *
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  deny message = 5.1.1 no such user
       local_parts = nobody
  defer message = 4.2.1 come back later
       local_parts = greylisted
  accept authenticated = *
  deny message = 5.7.1 sign in first
data:
  accept
begin routers
all:
  driver = accept
  transport = mailbox
begin transports
mailbox:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  mode = 0644
  directory_mode = 0755
  envelope_to_add
  return_path_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if and{{{{eq{{$auth2}}{{city}}}}{{eq{{$auth3}}{{secret}}}}}}}}
  server_set_id = $auth2
  server_advertise_condition = ${{if def:tls_in_cipher}}
"#
    )
}
