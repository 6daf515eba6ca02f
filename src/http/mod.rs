//! The web: every route on one page, and what stands around them.

pub mod accept;
mod admin;
mod assets;
mod body;
mod conversation;
mod desk;
mod frames;
mod gate;
mod held;
mod language;
mod layers;
pub mod lines;
mod live;
mod mail;
mod mail_words;
mod meaning;
pub mod metrics;
mod openapi;
pub mod password;
pub mod peers;
pub mod policy;
mod refusal;
mod rep;
mod said;
mod screens;
mod sentences;
pub mod session;
pub mod show;
mod sightings;
mod sign_in;
mod supervisor;
pub mod throttle;
mod troubled;
mod wire;

pub use gate::Route;
pub use layers::CSP;
pub use screens::Screens;

use crate::channels::post::MailView;
use crate::channels::socket::Sockets;
use crate::channels::{Adapter, Context};
use crate::console::problem::Problem;
use crate::daemon::Handle;
use crate::daemon::mailroom::Mailroom;
use crate::daemon::outbox::Outbox;
use crate::routing::ids::Span;
use crate::store::files::Files;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use desk::Desk;
use gate::{Gate, Routes};
use live::{Live, Needs};
use policy::Action::*;
use session::Sessions;
use show::*;
use sign_in::Porch;
use std::sync::Arc;
use std::time::Duration;
use throttle::Throttle;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::timeout::TimeoutLayer;

/// One request of staff takes no longer, body included.
const REQUEST_MAX: Duration = Duration::from_secs(30);

/// What the web stands on. Each room gets only its part.
pub struct App {
    pub handle: Handle,
    /// For the files of contacts.
    pub context: Arc<dyn Context>,
    pub sockets: Sockets,
    /// Shared with [`metrics::Metrics`].
    pub screens: Screens,
    pub requests: metrics::Requests,
    pub names: Names,
    /// The programme's name, for example `Portland 311`.
    pub programme: String,
    /// Scheme, host and port that browsers see, for example `https://311.example.gov`.
    pub origin: String,
    /// Wrong passwords of one network: so many in so long.
    pub sign_in_rates: Vec<(u32, Span)>,
    pub mail: Mail,
    /// The routes of the channels, each with its own state: forms, status pages, chat.
    pub channels: Router,
}

/// What the web knows of mail.
pub struct Mail {
    /// The bytes of mails as they came.
    pub files: Arc<Files>,
    pub view: Arc<dyn MailView>,
    pub mailroom: Mailroom,
    pub outboxes: Vec<Outbox>,
    /// How mailboxes and relays are doing, as they are configured.
    pub adapters: watch::Receiver<Vec<Adapter>>,
}

/// Signing in, and the staff's pages.
fn porch() -> Routes<Porch> {
    Routes::new()
        .post("/api/v1/session", SignIn, sign_in::sign_in, "Sign in; sets the session cookie.")
        .takes::<sign_in::Credentials>()
        .gives::<Me>()
        .delete("/api/v1/session", Account, sign_in::sign_out, "Sign out; closes this session's screens.")
        .get("/desk", Public, sign_in::desk_page, "The rep's console, or the sign-in form.")
        .get("/board", Public, sign_in::board_page, "The supervisors' board, or the sign-in form.")
        .get("/held", Public, sign_in::held_page, "Mail that supervisors decide on, or the sign-in form.")
        .post("/desk/sign-in", SignIn, sign_in::sign_in_form, "Sign in by a form, without JavaScript.")
}

/// What reps do.
fn rep() -> Routes<rep::Workplace> {
    Routes::new()
        .get("/api/v1/me", Account, rep::me, "Who is signed in, with presence and load.")
        .gives::<Me>()
        .put("/api/v1/me/presence", Work, rep::presence, "Become available, go away or go offline.")
        .takes::<rep::SetPresence>()
        .gives::<Me>()
        .get("/api/v1/offers", Work, rep::offers, "What is offered to me now.")
        .lists::<Offer>()
        .post("/api/v1/offers/{id}/accept", Work, rep::accept, "Take it; 409 when it is gone.")
        .gives::<Contact>()
        .post("/api/v1/offers/{id}/decline", Work, rep::decline, "Give it back; 409 when it is gone.")
        .takes::<rep::Decline>()
        .gives::<rep::Nothing>()
        .get("/api/v1/contacts", Work, rep::contacts, "What I have: active, parked, in wrap-up.")
        .lists::<Contact>()
        .get("/api/v1/contacts/{id}", Read, rep::contact, "A contact with its messages.")
        .gives::<Contact>()
        .get("/api/v1/contacts/{id}/glance", Read, rep::glance, "The same without its messages; leaves no sighting.")
        .gives::<Contact>()
        .get("/api/v1/contacts/{id}/files/{digest}", Read, rep::file, "A file of it, as a download.")
        .get("/api/v1/contacts/{id}/explanation", Explain, rep::explanation, "Why it stands where it stands.")
        .post("/api/v1/contacts/{id}/messages", Handle, rep::say, "Say something to the customer.")
        .takes::<rep::Text>()
        .gives::<Said>()
        .post("/api/v1/contacts/{id}/notes", Note, rep::note, "Note something for staff.")
        .takes::<rep::Text>()
        .gives::<Said>()
        .put("/api/v1/contacts/{id}/language", Handle, language::set, "It is in another language than it seemed.")
        .takes::<language::SetLanguage>()
        .gives::<Contact>()
        .post("/api/v1/contacts/{id}/read", Handle, rep::read, "I have seen the messages from here to there.")
        .takes::<rep::ReadTo>()
        .post("/api/v1/contacts/{id}/typing", Handle, rep::typing, "I am typing, or not any more.")
        .takes::<rep::Typing>()
        .post("/api/v1/contacts/{id}/park", Handle, rep::park, "Wait for the customer, or for a reminder.")
        .takes::<rep::Park>()
        .gives::<rep::Nothing>()
        .post("/api/v1/contacts/{id}/resume", Handle, rep::resume, "Go on with a parked contact.")
        .gives::<rep::Nothing>()
        .post("/api/v1/contacts/{id}/transfer", Handle, rep::transfer, "Hand over to a rep, a queue or a skill.")
        .takes::<rep::Transfer>()
        .gives::<rep::Nothing>()
        .post("/api/v1/contacts/{id}/close", Handle, rep::close, "End it; wrap-up begins.")
        .takes::<rep::Close>()
        .gives::<rep::Nothing>()
        .post("/api/v1/contacts/{id}/wrap-up/end", Handle, rep::end_wrap_up, "After-contact work is done.")
        .gives::<rep::Nothing>()
        .post("/api/v1/contacts/{id}/not-an-emergency", Correct, rep::not_an_emergency, "Sort it again as urgent.")
        .gives::<rep::Nothing>()
        .post("/api/v1/contacts/{id}/acknowledge", Correct, rep::acknowledge, "I have seen the emergency.")
        .gives::<rep::Nothing>()
        .get("/api/v1/reps", Look, rep::colleagues, "Colleagues, to hand over to.")
        .lists::<Colleague>()
        .get("/api/v1/queues", Look, rep::queues, "Names of the queues.")
        .get("/api/v1/languages", Look, language::all, "Tags of the languages in use here.")
        .get("/api/v1/catalogue", Look, rep::catalogue, "Services with names and script.")
        .lists::<Service>()
}

/// What supervisors see and do.
fn supervisor() -> Routes<Desk> {
    Routes::new()
        .get("/api/v1/board", Oversee, supervisor::board, "All that waits and all who work.")
        .get("/api/v1/reps/{id}/contacts", LookIn, supervisor::held, "What a rep has, without messages; no sighting.")
        .lists::<Contact>()
        .post("/api/v1/contacts/{id}/assign", Assign, supervisor::assign, "Give it to a rep, over capacity if need be.")
        .takes::<supervisor::Assign>()
        .gives::<rep::Nothing>()
}

/// Who can sign in.
fn admin() -> Routes<admin::Registry> {
    Routes::new()
        .get("/api/v1/accounts", Administer, admin::accounts, "Everyone who can sign in, and who no longer can.")
        .lists::<Login>()
        .post(
            "/api/v1/accounts/{name}/disable",
            Administer,
            admin::disable,
            "Sign them out everywhere, and keep them out.",
        )
        .gives::<Login>()
        .post("/api/v1/accounts/{name}/enable", Administer, admin::enable, "Let them sign in again.")
        .gives::<Login>()
}

/// The mail behind a conversation, and mail that nobody has yet.
fn mail() -> Routes<mail::Letters> {
    Routes::new()
        .get("/api/v1/contacts/{id}/mails/{mail}/folded", Read, mail::folded, "Quotation and signature of a mail.")
        .gives::<mail::Folded>()
        .get(
            "/api/v1/contacts/{id}/mails/{mail}/html",
            Read,
            mail::html,
            "A mail as it was sent, for a sandboxed frame.",
        )
        .get(
            "/api/v1/contacts/{id}/mails/{mail}/original",
            Original,
            mail::original,
            "A mail byte for byte, as a download.",
        )
        .get(
            "/api/v1/held",
            Triage,
            held::list,
            "Mail that waits for a decision: danger first, then the oldest; 100, or `?most=`.",
        )
        .lists::<held::Held>()
        .get("/api/v1/held/{id}", Triage, held::mail, "One of them with what is in it; 409 when it is decided.")
        .gives::<held::HeldMail>()
        .get("/api/v1/held/{id}/html", Triage, held::html, "It as it was sent, for a sandboxed frame.")
        .get("/api/v1/held/{id}/original", Triage, held::original, "It byte for byte, as a download.")
        .post(
            "/api/v1/held/{id}/release",
            Triage,
            held::release,
            "Let it in: it becomes a contact, or goes to its own.",
        )
        .gives::<held::Released>()
        .post("/api/v1/held/{id}/discard", Triage, held::discard, "It is nothing: off the list, and kept.")
        .gives::<rep::Nothing>()
        .get(
            "/api/v1/deliveries/troubled",
            Triage,
            troubled::list,
            "Given up, or perhaps not arrived: answers first, then the newest; 100, or `?most=`.",
        )
        .lists::<troubled::Troubled>()
        .post("/api/v1/deliveries/{id}/settle", Triage, troubled::settle, "Dealt with: off the list, and kept.")
        .takes::<troubled::Settled>()
        .gives::<rep::Nothing>()
}

/// The live stream of staff screens.
fn live() -> Routes<Live> {
    Routes::new().get("/api/v1/live", Look, live::live, "WebSocket: a snapshot, then everything you may see.")
}

/// All routes of staff, for tests and `/openapi.json`.
pub fn staff_routes() -> Vec<Route> {
    let staff = [porch().into_routes(), rep().into_routes(), supervisor().into_routes(), admin().into_routes()];
    [staff.concat(), mail().into_routes(), live().into_routes()].concat()
}

/// The one request of the public that programs send as well; its channel checks the body member by member.
fn public_routes() -> Vec<Route> {
    let about = "Ask for help: text and service, language, name, email, phone, fields. Repeatable by Idempotency-Key.";
    vec![Route { method: Method::POST, path: "/api/v1/contacts", action: Public, about, takes: None, gives: None }]
}

/// The whole site.
pub fn router(app: App) -> Router {
    let App {
        handle,
        context,
        sockets,
        screens,
        requests,
        names,
        programme,
        origin,
        sign_in_rates,
        mail: post,
        channels,
    } = app;
    let secure = origin.starts_with("https://");
    let sessions = Sessions::new(handle.clone(), screens.clone(), Throttle::new(sign_in_rates), secure);
    let desk = Desk::new(handle.clone(), names, post.adapters, post.outboxes);
    let letters = mail::Letters { desk: desk.clone(), files: post.files, view: post.view, mailroom: post.mailroom };
    let gate = Gate::new(sessions.clone(), handle.clone());
    let needs = Needs::default();
    let registry = admin::Registry { handle: handle.clone(), screens: screens.clone() };
    let stream = Live { desk: desk.clone(), sessions: sessions.clone(), screens, sockets, needs };
    let staff = Router::new()
        .merge(porch().behind(&gate, Porch { sessions, desk: desk.clone(), programme: programme.into() }))
        .merge(rep().behind(&gate, rep::Workplace { desk: desk.clone(), context }))
        .merge(supervisor().behind(&gate, desk))
        .merge(admin().behind(&gate, registry))
        .merge(mail().behind(&gate, letters))
        .merge(live().behind(&gate, stream))
        .layer(DefaultBodyLimit::max(body::JSON_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_MAX));
    let around = layers::Around { requests: Arc::new(requests), secure };
    Router::new()
        .merge(staff)
        .merge(channels)
        .merge(assets::routes())
        .merge(operations(handle))
        .layer(cross_site(&origin))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(around, layers::around))
}

/// For those who run it.
fn operations(handle: Handle) -> Router {
    let document: Arc<str> = openapi::document(&[staff_routes(), public_routes()].concat()).into();
    let described = move || {
        let document = document.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], document.to_string()) }
    };
    let ready = move || {
        let handle = handle.clone();
        async move { ready(&handle).await }
    };
    Router::new()
        .route("/healthz", axum::routing::get(|| async { "alive\n" }))
        .route("/readyz", axum::routing::get(ready))
        .route("/openapi.json", axum::routing::get(described))
}

/// Ready when the sequencer answers.
async fn ready(handle: &Handle) -> Response {
    match tokio::time::timeout(Duration::from_secs(2), handle.read(|_, _| ())).await {
        Ok(Ok(())) => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response(),
    }
}

type Refused = fn(ProtectionError) -> Response;

/// Requests that change something come from our own pages: Sec-Fetch-Site, else Origin.
fn cross_site(origin: &str) -> CsrfLayer<Refused> {
    let refused: Refused =
        |_| Problem::new(StatusCode::FORBIDDEN, "This request came from another site.").into_response();
    let layer = CsrfLayer::new();
    // An origin that browsers never send is no reason not to start: the Host header still matches.
    let layer = layer.clone().add_trusted_origin(origin).unwrap_or(layer);
    layer.with_rejection_response(refused)
}
