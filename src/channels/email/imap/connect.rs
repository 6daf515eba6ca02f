//! From a mailbox's settings to a signed-in session: TCP, TLS, greeting, password or token.

use super::guard::{Guard, Line};
use super::limits::Limits;
use super::oauth::Tokens;
use super::session::{Session, capabilities_of, of_library};
use super::settings::{Auth, MailboxSettings, Tls};
use super::tls::protect;
use super::trouble::{Trouble, is_theirs, said};
use crate::routing::ids::Timestamp;
use async_imap::imap_proto::{Response, Status};
use socket2::{SockRef, TcpKeepalive};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

type Client = async_imap::Client<Guard>;

/// What it takes to connect, again and again.
#[derive(Clone)]
pub(super) struct Door {
    pub settings: Arc<MailboxSettings>,
    pub limits: Arc<Limits>,
    pub tokens: Option<Arc<Tokens>>,
    pub stop: CancellationToken,
}

/// Addresses of one name that are tried.
const ADDRESSES: usize = 4;

impl Door {
    pub fn new(settings: MailboxSettings, limits: Limits, stop: CancellationToken) -> Door {
        let limits = Arc::new(limits);
        let tokens = match &settings.auth {
            Auth::Oauth(oauth) => Some(Arc::new(Tokens::new(oauth.clone(), limits.clone()))),
            Auth::Password(_) => None,
        };
        Door { settings: Arc::new(settings), limits, tokens, stop }
    }

    /// Connects and signs in. Ends early when stopping.
    pub async fn open(&self, now: Timestamp) -> Result<Session, Trouble> {
        tokio::select! {
            biased;
            _ = self.stop.cancelled() => Err(Trouble::Stopping),
            session = self.enter(now) => session,
        }
    }

    async fn enter(&self, now: Timestamp) -> Result<Session, Trouble> {
        self.settings.check()?;
        let Some(tokens) = &self.tokens else {
            let (client, can) = self.greeted().await?;
            return self.finish(self.sign_in(client, &can).await?).await;
        };
        let token = tokens.token(now, None).await?;
        match self.with_token(&token).await {
            // Ended before its time, or withdrawn: one fresh token, on a fresh line.
            Err(Trouble::Credentials(_)) => {
                let token = tokens.token(now, Some(&token)).await?;
                let refused =
                    |text| Trouble::Credentials(format!("it refuses our access token, also a fresh one: {text}"));
                self.with_token(&token).await.map_err(|trouble| match trouble {
                    Trouble::Credentials(text) => refused(text),
                    other => other,
                })
            }
            outcome => outcome,
        }
    }

    async fn with_token(&self, token: &str) -> Result<Session, Trouble> {
        let (client, can) = self.greeted().await?;
        if !can.contains("AUTH=XOAUTH2") {
            return Err(Trouble::Settings("the server does not offer XOAUTH2, to sign in by access token".into()));
        }
        let answer = Xoauth2 { user: &self.settings.user, token, given: false };
        let doing = "signing in";
        let session = self.within(doing, client.authenticate("XOAUTH2", answer)).await?;
        let session = session.map_err(|(error, _)| refusal(of_library(doing, error)))?;
        self.finish((session, None)).await
    }

    async fn sign_in(
        &self,
        client: Client,
        can: &BTreeSet<String>,
    ) -> Result<(async_imap::Session<Guard>, Option<BTreeSet<String>>), Trouble> {
        if can.contains("LOGINDISABLED") {
            return Err(Trouble::Credentials("it takes no password on this connection (LOGINDISABLED)".into()));
        }
        let Auth::Password(password) = &self.settings.auth else {
            return Err(Trouble::Settings("no password is set".into()));
        };
        let password = password.read().map_err(Trouble::Settings)?;
        let doing = "signing in";
        let login = client.login_with_capabilities(&self.settings.user, &*password);
        let (session, can) =
            self.within(doing, login).await?.map_err(|(error, _)| refusal(of_library(doing, error)))?;
        Ok((session, can.map(|can| can.iter().map(name_of).collect())))
    }

    async fn finish(
        &self,
        (wire, can): (async_imap::Session<Guard>, Option<BTreeSet<String>>),
    ) -> Result<Session, Trouble> {
        let mut session = Session::new(wire, self.limits.clone(), self.stop.clone());
        match can {
            Some(can) => session.set_capabilities(can),
            None => session.ask_capabilities().await?,
        }
        if session.can("ID") {
            // Some hosts serve nobody who does not say a name (RFC 2971); what they answer does not matter.
            match session.ask("introducing ourselves", "ID (\"name\" \"steelbridge\")", |_| {}).await {
                Ok(()) | Err(Trouble::Refused { .. }) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(session)
    }

    /// A client on a protected line, with what it may do before signing in.
    async fn greeted(&self) -> Result<(Client, BTreeSet<String>), Trouble> {
        let line = self.dial().await?;
        let line = if self.settings.tls == Tls::Implicit { self.protected(line).await? } else { line };
        let mut client = self.client(line);
        let mut can = self.greeting(&mut client).await?;
        if self.settings.tls == Tls::Starttls {
            let line = self.start_tls(client).await?;
            client = self.client(line);
            can = BTreeSet::new(); // what was said in the clear does not count (RFC 3501 §6.2.1)
        }
        if can.is_empty() {
            can = self.within("asking what it can do", capabilities(&mut client)).await??;
        }
        Ok((client, can))
    }

    fn client(&self, line: Box<dyn Line>) -> Client {
        Client::new(Guard::new(line, self.limits.literal_most, self.limits.line_most))
    }

    /// The first line is the server's. Signed in already (`PREAUTH`) is not what we asked for: we would not know as whom.
    async fn greeting(&self, client: &mut Client) -> Result<BTreeSet<String>, Trouble> {
        let doing = "waiting for its greeting";
        let first = self.within(doing, client.read_response()).await?.map_err(|error| Trouble::io(doing, &error))?;
        let Some(first) = first else { return Err(Trouble::hung_up(doing)) };
        match first.parsed() {
            Response::Data { status: Status::Ok, .. } => Ok(capabilities_of(first.parsed()).into_iter().collect()),
            Response::Data { status: Status::PreAuth, .. } => {
                let text = "it takes us for somebody without asking who we are".into();
                Err(Trouble::Refused { doing, text, no_folder: false })
            }
            Response::Data { outcome, .. } => {
                let text = said(outcome.information.as_deref().unwrap_or_default());
                Err(Trouble::Refused { doing, text, no_folder: false })
            }
            _ => Err(Trouble::Unreadable { doing, why: "not an IMAP greeting".into() }),
        }
    }

    async fn start_tls(&self, mut client: Client) -> Result<Box<dyn Line>, Trouble> {
        let doing = "starting TLS";
        let started = self.within(doing, client.run_command_and_check_ok("STARTTLS", None)).await?;
        if let Err(error) = started {
            return Err(match of_library(doing, error) {
                Trouble::Refused { text, .. } => {
                    Trouble::Tls { at: self.settings.host.clone(), why: format!("it refused STARTTLS: {text}") }
                }
                other => other,
            });
        }
        // What was already buffered in the clear goes with the old client: nothing slips in before TLS.
        self.protected(client.into_inner().into_inner()).await
    }

    async fn protected(&self, line: Box<dyn Line>) -> Result<Box<dyn Line>, Trouble> {
        protect(line, &self.settings.host, self.settings.ca_file.clone(), &self.limits).await
    }

    async fn dial(&self) -> Result<Box<dyn Line>, Trouble> {
        let only_here = self.settings.tls == Tls::None;
        dial(&self.settings.host, self.settings.port(), only_here, &self.limits).await
    }

    async fn within<T>(&self, doing: &'static str, work: impl Future<Output = T>) -> Result<T, Trouble> {
        let after = self.limits.answer;
        timeout(after, work).await.map_err(|_| Trouble::Silent { doing, after })
    }
}

/// Opens a TCP line; `only_here`: to this machine or not at all.
pub(super) async fn dial(host: &str, port: u16, only_here: bool, limits: &Limits) -> Result<Box<dyn Line>, Trouble> {
    let at = format!("{host}:{port}");
    let unreachable = |why: String| Trouble::Unreachable { at: at.clone(), why };
    let found = timeout(limits.connect, lookup_host((host, port))).await;
    let found = found.map_err(|_| unreachable("its name was not resolved in time".into()))?;
    let mut why = "its name has no address".to_string();
    for address in found.map_err(|error| unreachable(error.to_string()))?.take(ADDRESSES) {
        if only_here && !address.ip().is_loopback() {
            let what = format!("without TLS only this machine may be spoken to, and {host} is {}", address.ip());
            return Err(Trouble::Settings(what));
        }
        match timeout(limits.connect, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                keep_alive(&stream);
                return Ok(Box::new(stream));
            }
            Ok(Err(error)) => why = error.to_string(),
            Err(_) => why = format!("no answer within {} s", limits.connect.as_secs_f32()),
        }
    }
    Err(unreachable(why))
}

/// A line that is silent for minutes in IDLE is found dead by the system. It works without.
fn keep_alive(stream: &TcpStream) {
    let secs = Duration::from_secs;
    let probes = TcpKeepalive::new().with_time(secs(60)).with_interval(secs(20)).with_retries(3);
    let _ = SockRef::from(stream).set_tcp_keepalive(&probes);
    let _ = stream.set_nodelay(true);
}

/// CAPABILITY before signing in; async-imap has commands only for those who are.
async fn capabilities(client: &mut Client) -> Result<BTreeSet<String>, Trouble> {
    let doing = "asking what it can do";
    let io = |error: std::io::Error| Trouble::io(doing, &error);
    client.get_mut().write_all(b"c1 CAPABILITY\r\n").await.map_err(io)?;
    client.get_mut().flush().await.map_err(io)?;
    let mut found = BTreeSet::new();
    while let Some(answer) = client.read_response().await.map_err(io)? {
        found.extend(capabilities_of(answer.parsed()));
        if let Response::Done { tag, status, outcome } = answer.parsed()
            && tag.0 == "c1"
        {
            let text = said(outcome.information.as_deref().unwrap_or_default());
            let refused = Trouble::Refused { doing, text, no_folder: false };
            return if *status == Status::Ok { Ok(found) } else { Err(refused) };
        }
    }
    Err(Trouble::hung_up(doing))
}

fn name_of(capability: &async_imap::types::Capability) -> String {
    use async_imap::types::Capability;
    match capability {
        Capability::Imap4rev1 => "IMAP4REV1".into(),
        Capability::Auth(way) => format!("AUTH={}", way.to_ascii_uppercase()),
        Capability::Atom(atom) => atom.to_ascii_uppercase(),
    }
}

/// A refused sign-in is our fault, unless the server says it is its own (RFC 5530).
fn refusal(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Refused { text, .. } if !is_theirs(&text) => Trouble::Credentials(text),
        other => other,
    }
}

/// SASL XOAUTH2. A server that refuses the token sends a second challenge, and wants an empty line before it says NO.
struct Xoauth2<'a> {
    user: &'a str,
    token: &'a str,
    given: bool,
}

impl async_imap::Authenticator for Xoauth2<'_> {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        if std::mem::replace(&mut self.given, true) {
            return String::new();
        }
        format!("user={}\x01auth=Bearer {}\x01\x01", self.user, self.token)
    }
}
