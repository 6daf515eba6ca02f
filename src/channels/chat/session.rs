//! One socket of one conversation: hello, replay, then live until it ends.

use super::protocol::{
    FromPage, Notice, Refused, SUBPROTOCOL, Said, Speaker, State, ToPage, close, is_client_id, message_text,
};
use super::visitors::Seat;
use super::{Chat, Household};
use crate::channels::socket::{Incoming, SERVICE_RESTART, Socket, TRY_AGAIN_LATER, WsUpgrade};
use crate::channels::{CustomerAct, CustomerStage, Happening, NotKept, Standing};
use crate::console::problem::Problem;
use crate::message::{Attachment, Author, Message, NewMessage};
use crate::routing::ids::{ContactId, Span, Timestamp, Word};
use crate::texts::Text;
use axum::extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

/// Messages sent again for one `hello`.
const REPLAY_MAX: usize = 500;
/// Messages held in memory at a time while replaying.
const REPLAY_PAGE: usize = 50;
/// Typing is told at most this often.
const TYPING_EVERY: Span = Span::secs(2);
/// A page that is told to come back waits up to this long, so that not all come at once.
const RETURN_WITHIN_MS: std::ops::Range<u32> = 500..5_000;

/// `GET /chat/socket`.
pub(super) async fn upgrade(
    extract::State(chat): extract::State<Chat>,
    Household(household): Household,
    upgrade: WsUpgrade,
) -> Response {
    let Some(seat) = chat.visitors.seat(household) else {
        let detail = "too many chats are open from this address";
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(60).into_response();
    };
    let (sockets, pace) = (chat.sockets.clone(), chat.settings.pace);
    upgrade.run(&sockets, Some(SUBPROTOCOL), pace, move |socket| serve(chat, socket, seat))
}

/// Why a session ends: what the close frame says. `None` when the socket is gone already.
type End = Option<(u16, &'static str)>;

async fn serve(chat: Chat, mut socket: Socket, _seat: Seat) -> Socket {
    let end = match Box::pin(hello(&chat, &mut socket)).await {
        Ok(hello) => visit(&chat, &mut socket, hello).await,
        Err(end) => end,
    };
    if let Some((code, reason)) = end {
        socket.end(code, reason);
    }
    socket
}

/// A `hello` that opened something.
struct Hello {
    contact: ContactId,
    last_seq: u32,
    locale: Option<Word>,
}

/// The first frame, and whose conversation its token opens.
async fn hello(chat: &Chat, socket: &mut Socket) -> Result<Hello, End> {
    let text = match timeout(chat.settings.hello_within, socket.next()).await {
        Err(_) => return Err(Some((close::HELLO_LATE, "no hello"))),
        Ok(Incoming::Text(text)) => text,
        Ok(Incoming::Stop) => return Err(Some((SERVICE_RESTART, "restarting"))),
        Ok(Incoming::Gone) => return Err(None),
    };
    let Ok(FromPage::Hello { token, last_seq, locale }) = serde_json::from_str(&text) else {
        return Err(Some((close::HELLO_EXPECTED, "hello expected")));
    };
    match chat.contact(&token).await {
        Ok(Some(contact)) => Ok(Hello { contact, last_seq, locale: locale.and_then(|l| Word::new(&l).ok()) }),
        Ok(None) => Err(Some((close::UNKNOWN_TOKEN, "unknown token"))),
        Err(_) => Err(Some((TRY_AGAIN_LATER, "try again"))),
    }
}

/// One tab's stay. The daemon hears when the first comes back and when the last leaves; not when it is the daemon that leaves.
async fn visit(chat: &Chat, socket: &mut Socket, hello: Hello) -> End {
    let contact = hello.contact;
    let Ok(back) = chat.visitors.join(contact, chat.context.now()) else {
        return Some((close::TOO_MANY_TABS, "too many tabs"));
    };
    if back {
        // Refused when the contact is closed: there is nothing to come back to, but it can be read.
        let _ = chat.context.act(contact, CustomerAct::Back).await;
    }
    let happenings = chat.context.follow(contact); // before the replay, so that nothing falls between them
    let end = match Box::pin(Session::start(chat, socket, hello, happenings)).await {
        Ok(mut session) => session.live().await,
        Err(end) => end,
    };
    if chat.visitors.leave(contact) && !chat.sockets.stop().is_cancelled() {
        Box::pin(left(chat, contact)).await;
    }
    end
}

/// Tells that the customer has left, unless a new tab came while it was told.
async fn left(chat: &Chat, contact: ContactId) {
    if chat.visitors.is_deserted(contact) {
        let _ = chat.context.act(contact, CustomerAct::Left).await; // refused when closed: nobody waits for anybody
        if !chat.visitors.is_deserted(contact) {
            let _ = chat.context.act(contact, CustomerAct::Back).await;
        }
    }
}

struct Session<'a> {
    chat: &'a Chat,
    socket: &'a mut Socket,
    contact: ContactId,
    /// The page's language.
    locale: Option<Word>,
    happenings: mpsc::Receiver<Happening>,
    /// What the page was told last.
    standing: Box<Standing>,
    /// The representative the page was told of, until told that they left.
    known_rep: Option<String>,
    /// The last message the page was sent.
    sent: u32,
    /// The customer has read up to here.
    read: u32,
    typing: bool,
    typed_at: Timestamp,
    /// Ticks while the contact waits in line.
    refresh: Option<Interval>,
}

impl<'a> Session<'a> {
    async fn start(
        chat: &'a Chat,
        socket: &'a mut Socket,
        hello: Hello,
        happenings: mpsc::Receiver<Happening>,
    ) -> Result<Self, End> {
        let Hello { contact, last_seq, locale } = hello;
        let standing = Box::new(chat.context.standing(contact).await.map_err(|why| Some(end_for(&why)))?);
        let known_rep = standing.rep.clone();
        let sent = trusted(chat, contact, last_seq).await?;
        let mut session = Session {
            chat,
            socket,
            contact,
            locale,
            happenings,
            standing,
            known_rep,
            sent,
            read: 0,
            typing: false,
            typed_at: Timestamp::default(),
            refresh: None,
        };
        session.catch_up().await?;
        Ok(session)
    }

    /// Sends everything after `sent`, then `ready`; or, after 500 messages, `resync`.
    async fn catch_up(&mut self) -> Result<(), End> {
        let mut left = REPLAY_MAX;
        loop {
            let page = page(self.chat, self.contact, self.sent, REPLAY_PAGE).await?;
            let last = page.len() < REPLAY_PAGE;
            for message in page {
                if left == 0 {
                    self.say(&ToPage::Resync { last_seq: self.sent });
                    return Ok(());
                }
                if !self.replay(&message).await {
                    return Err(None);
                }
                left -= 1;
            }
            if last {
                self.ready();
                return Ok(());
            }
        }
    }

    fn t(&self) -> &'a Text {
        self.chat.pages.texts.get(self.locale.as_ref().map_or("", Word::as_str))
    }

    async fn replay(&mut self, message: &Message) -> bool {
        self.sent = message.seq;
        match Said::of(message, &self.standing.language) {
            Some(said) => self.socket.feed(ToPage::Msg(said).to_json()).await,
            None => true,
        }
    }

    fn ready(&mut self) {
        let standing = &*self.standing;
        let ready = ToPage::Ready {
            seq: self.sent,
            reference: &standing.reference,
            rep_read: standing.rep_read,
            state: State::of(standing, self.t()),
        };
        self.socket.send(ready.to_json());
        self.set_refresh();
    }

    fn say(&mut self, frame: &ToPage) {
        self.socket.send(frame.to_json());
    }

    async fn live(&mut self) -> End {
        loop {
            let refresh = async {
                match &mut self.refresh {
                    Some(interval) => interval.tick().await,
                    None => std::future::pending().await,
                }
            };
            let ended = tokio::select! {
                incoming = self.socket.next() => match incoming {
                    Incoming::Text(text) => Box::pin(self.heard(&text)).await,
                    Incoming::Stop => return self.goodbye(),
                    Incoming::Gone => return None,
                },
                happening = self.happenings.recv() => match happening {
                    Some(happening) => Box::pin(self.happened(happening)).await,
                    None => return Some((TRY_AGAIN_LATER, "resume")),
                },
                _ = refresh => Box::pin(self.show_standing()).await,
            };
            if let Err(end) = ended {
                return end;
            }
        }
    }

    fn goodbye(&mut self) -> End {
        self.say(&ToPage::Bye { retry_ms: rand::random_range(RETURN_WITHIN_MS) });
        Some((SERVICE_RESTART, "restarting"))
    }

    /// Passes on what happened, and everything else that has: many changes are one look at the standing. A change is shown
    /// before the message that came after it, so that the page knows whose message it is.
    async fn happened(&mut self, first: Happening) -> Result<(), End> {
        let mut changed = false;
        let mut next = Some(first);
        while let Some(happening) = next {
            match happening {
                Happening::Message(message) => {
                    if std::mem::take(&mut changed) {
                        self.show_standing().await?;
                    }
                    self.pass_on(&message);
                }
                Happening::Changed => changed = true,
                Happening::Typing(on) => self.say(&ToPage::Typing { from: Speaker::Representative, on }),
                Happening::RepRead(seq) => {
                    self.standing.rep_read = self.standing.rep_read.max(seq);
                    self.say(&ToPage::Read { by: Speaker::Representative, seq });
                }
            }
            next = self.happenings.try_recv().ok();
        }
        if changed { self.show_standing().await } else { Ok(()) }
    }

    fn pass_on(&mut self, message: &Message) {
        if message.seq <= self.sent {
            return; // it came with the replay
        }
        self.sent = message.seq;
        if let Some(said) = Said::of(message, &self.standing.language) {
            self.socket.send(ToPage::Msg(said).to_json());
        }
    }

    /// Tells the page how its contact stands, if that has changed.
    async fn show_standing(&mut self) -> Result<(), End> {
        let now = match self.chat.context.standing(self.contact).await {
            Ok(now) => now,
            Err(NotKept::Refused(_)) => return Err(Some((close::UNKNOWN_TOKEN, "erased"))),
            Err(_) => return Ok(()), // the next refresh or change asks again
        };
        if now != *self.standing {
            let notice = Notice::of(&self.standing, &now, self.known_rep.as_deref());
            let state = ToPage::State(State { notice, ..State::of(&now, self.t()) }).to_json();
            self.socket.send(state);
            let gone = matches!(notice, Some(Notice::RepresentativeLeft | Notice::Ended | Notice::Reopened));
            if gone || now.rep.is_some() {
                self.known_rep.clone_from(&now.rep);
            }
            *self.standing = now;
            self.set_refresh();
        }
        Ok(())
    }

    fn set_refresh(&mut self) {
        let waiting = self.standing.stage == CustomerStage::Waiting;
        if !waiting {
            self.refresh = None;
        } else if self.refresh.is_none() {
            let mut refresh = interval(self.chat.settings.refresh);
            refresh.reset(); // the first look is one interval from now
            refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
            self.refresh = Some(refresh);
        }
    }

    async fn heard(&mut self, text: &str) -> Result<(), End> {
        let Ok(frame) = serde_json::from_str(text) else {
            self.refuse(None, &Refused::new("bad_frame", "this frame cannot be read"));
            return Ok(());
        };
        match frame {
            FromPage::Hello { token, last_seq, .. } => self.hello_again(&token, last_seq).await?,
            FromPage::Msg { cid, text } => self.message(&cid, message_text(&text).map(|text| (text, vec![]))).await,
            FromPage::Attach { cid, upload_id } => {
                let file = self.chat.visitors.upload(self.contact, &upload_id);
                let unknown = || Refused::new("unknown_upload", "this file is not here any more; send it again");
                self.message(&cid, file.ok_or_else(unknown).map(|file| (String::new(), vec![file]))).await;
            }
            FromPage::Typing { on } => self.typing(on).await,
            FromPage::Read { seq } => self.has_read(seq).await,
            FromPage::End => {
                if let Err(why) = self.chat.context.act(self.contact, CustomerAct::Ended).await {
                    self.refuse(None, &why.into());
                }
            }
            FromPage::Hb => self.say(&ToPage::Hb),
        }
        Ok(())
    }

    /// The answer to `resync`. The token must be the same conversation's.
    async fn hello_again(&mut self, token: &str, last_seq: u32) -> Result<(), End> {
        match self.chat.contact(token).await {
            Ok(Some(contact)) if contact == self.contact => {}
            Ok(_) => return Err(Some((close::UNKNOWN_TOKEN, "unknown token"))),
            Err(_) => return Err(Some((TRY_AGAIN_LATER, "try again"))),
        }
        self.sent = trusted(self.chat, self.contact, last_seq).await?;
        self.catch_up().await
    }

    /// Keeps a message and acknowledges it; the same `cid` again gets the same answer.
    async fn message(&mut self, cid: &str, content: Result<(String, Vec<Attachment>), Refused>) {
        match keep(self.chat, self.contact, cid, content).await {
            Ok(kept) => self.say(&ToPage::Ack { cid, seq: kept.seq, ts: kept.at }),
            Err(why) => self.refuse(Some(cid), &why),
        }
    }

    fn refuse(&mut self, cid: Option<&str>, why: &Refused) {
        let cid = cid.filter(|cid| is_client_id(cid)); // what cannot be one is not echoed
        self.say(&ToPage::Err { code: why.code, msg: &why.msg, cid, retry_ms: why.retry_ms });
    }

    /// Passed on at most every two seconds; losing one is no loss.
    async fn typing(&mut self, on: bool) {
        let now = self.chat.context.now();
        if on && now - self.typed_at >= TYPING_EVERY {
            self.typed_at = now;
        } else if on || !self.typing {
            return;
        }
        self.typing = on;
        let _ = self.chat.context.act(self.contact, CustomerAct::Typing(on)).await;
    }

    /// A read mark only goes forward, and not beyond what was sent: so there are never more of them than messages.
    async fn has_read(&mut self, seq: u32) {
        if seq > self.read && seq <= self.sent {
            self.read = seq;
            let _ = self.chat.context.act(self.contact, CustomerAct::Read(seq)).await;
        }
    }
}

/// The page's last message, if it is one of this conversation; else 0, and everything is sent again.
async fn trusted(chat: &Chat, contact: ContactId, last_seq: u32) -> Result<u32, End> {
    let Some(before) = last_seq.checked_sub(1) else { return Ok(0) };
    let found = page(chat, contact, before, 1).await?;
    Ok(if found.first().is_some_and(|m| m.seq == last_seq) { last_seq } else { 0 })
}

async fn page(chat: &Chat, contact: ContactId, after: u32, limit: usize) -> Result<Vec<Message>, End> {
    chat.context.conversation(contact, after, limit).await.map_err(|why| Some(end_for(&why)))
}

async fn keep(
    chat: &Chat,
    contact: ContactId,
    cid: &str,
    content: Result<(String, Vec<Attachment>), Refused>,
) -> Result<Message, Refused> {
    if !is_client_id(cid) {
        return Err(Refused::new("bad_cid", "a cid is 1 to 64 letters, digits, - or _"));
    }
    let (text, attachments) = content?;
    if let Err(wait) = chat.visitors.message(contact, chat.context.now()) {
        let retry_ms = u32::try_from(wait.0.div_euclid(1_000) + 1).ok();
        return Err(Refused { retry_ms, ..Refused::new("too_fast", "too many messages in a short time") });
    }
    let message = NewMessage { from: Author::Customer, text, attachments, client_id: Some(cid.to_owned()) };
    let kept = chat.context.say(contact, message).await?;
    kept.attachments.iter().for_each(|file| chat.visitors.sent(contact, &file.digest));
    Ok(kept)
}

/// Whether to come back: not to a conversation that no longer is.
fn end_for(why: &NotKept) -> (u16, &'static str) {
    match why {
        NotKept::Refused(_) => (close::UNKNOWN_TOKEN, "unknown conversation"),
        _ => (TRY_AGAIN_LATER, "try again"),
    }
}
