//! XOAUTH2 and the token endpoint.

use crate::memory::{Memory, Reader, mail, now};
use crate::peer::{Act, Peer, Quirk, short};
use axum::extract::State as Given;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine;
use std::sync::{Arc, Mutex};
use steelbridge::channels::email::imap::{Auth, MailboxSettings, Oauth, Tokens, Trouble, probe};
use steelbridge::channels::email::secret::Secret;
use steelbridge::routing::ids::Span;

/// A token endpoint that counts; the n-th answer is for the n-th request, the last for all others.
struct Endpoint {
    url: String,
    forms: Arc<Mutex<Vec<String>>>,
}

type Answers = &'static [(u16, &'static str)];

impl Endpoint {
    async fn start(answers: Answers) -> Endpoint {
        let forms: Arc<Mutex<Vec<String>>> = Arc::default();
        let answer = move |Given(forms): Given<Arc<Mutex<Vec<String>>>>, form: String| async move {
            let mut forms = forms.lock().expect("forms");
            forms.push(form);
            let (status, body) = answers[(forms.len() - 1).min(answers.len() - 1)];
            (StatusCode::from_u16(status).expect("a status"), body)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/token?tenant=city", listener.local_addr().expect("its address"));
        let app = axum::Router::new().route("/token", post(answer)).with_state(forms.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Endpoint { url, forms }
    }

    fn forms(&self) -> Vec<String> {
        self.forms.lock().expect("forms").clone()
    }

    fn settings(&self) -> Oauth {
        Oauth {
            token_url: self.url.clone(),
            ca_file: None,
            client_id: "steel & bridge".into(),
            client_secret: Some(Secret::words("s=cret+")),
            scope: Some("https://x/.default".into()),
            refresh_token: None,
        }
    }
}

const TWO: Answers = &[
    (200, r#"{"access_token":"first","token_type":"Bearer","expires_in":1000}"#),
    (200, r#"{"access_token":"second","token_type":"Bearer","expires_in":1000,"refresh_token":"next"}"#),
    (200, r#"{"access_token":"third","token_type":"Bearer","expires_in":1000}"#),
];

#[tokio::test]
async fn a_token_is_fetched_once_and_renewed_in_time() {
    let endpoint = Endpoint::start(TWO).await;
    let tokens = Arc::new(Tokens::new(endpoint.settings(), Arc::new(short())));
    let start = now();
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let tokens = tokens.clone();
            tokio::spawn(async move { tokens.token(start, None).await })
        })
        .collect();
    for asked in asking {
        assert_eq!(&*asked.await.expect("an answer").expect("a token"), "first");
    }
    let form = "client_id=steel%20%26%20bridge&client_secret=s%3Dcret%2B&scope=https%3A%2F%2Fx%2F.default&grant_type=client_credentials";
    assert_eq!(endpoint.forms(), [form], "one request for all");
    assert_eq!(&*tokens.token(start + Span::secs(799), None).await.expect("a token"), "first");
    assert_eq!(&*tokens.token(start + Span::secs(801), None).await.expect("a token"), "second");
    // Somebody else found the first refused: it has been replaced already.
    assert_eq!(&*tokens.token(start + Span::secs(802), Some("first")).await.expect("a token"), "second");
    assert_eq!(endpoint.forms().len(), 2);
    assert_eq!(&*tokens.token(start + Span::secs(803), Some("second")).await.expect("a token"), "third");
    assert!(endpoint.forms()[2].ends_with("grant_type=refresh_token&refresh_token=next"));
}

#[tokio::test]
async fn what_an_endpoint_may_answer() {
    let answers: [(Answers, &str); 5] = [
        (
            &[(400, r#"{"error":"invalid_client","error_description":"hush"}"#)],
            "the token endpoint says invalid_client",
        ),
        (&[(503, "down")], "the token endpoint says 503"),
        (&[(200, "<html>")], "an answer without a token"),
        (&[(200, r#"{"access_token":"a\r\nb"}"#)], "not a token"),
        (&[(401, "")], "the token endpoint says 401"),
    ];
    for (answer, words) in answers {
        let endpoint = Endpoint::start(answer).await;
        let why = Tokens::new(endpoint.settings(), Arc::new(short())).token(now(), None).await.expect_err("no");
        assert!(why.to_string().contains(words), "{why}");
        assert_eq!(matches!(why, Trouble::Token { denied: true, .. }), answer[0].0 / 100 == 4, "{why:?}");
    }
    let elsewhere = Oauth { token_url: "http://192.0.2.1/token".into(), ..Endpoint::start(TWO).await.settings() };
    let why = Tokens::new(elsewhere, Arc::new(short())).token(now(), None).await.expect_err("no").to_string();
    assert!(why.contains("without TLS only this machine"), "{why}");
}

const REFUSED: &str = "+ eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0=\r\n";

/// Takes the second token, and only in the way it is to be said.
const SECOND_ONLY: Quirk = |connection, _, command| {
    let asked = vec![Act::Say("+ \r\n".into()), Act::Hear];
    let answer = match connection {
        1 => vec![Act::Say(REFUSED.into()), Act::Hear, Act::Say("{tag} NO [AUTHENTICATIONFAILED] token\r\n".into())],
        _ => vec![Act::Say("{tag} OK come in\r\n".into())],
    };
    (command == "AUTHENTICATE XOAUTH2").then(|| [asked, answer].concat())
};

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let endpoint = Endpoint::start(TWO).await;
    let peer = Peer::start(SECOND_ONLY).await;
    peer.deliver(1, &mail("sealed"));
    let memory = Memory::new();
    let settings = MailboxSettings { auth: Auth::Oauth(endpoint.settings()), ..peer.settings() };
    let reader = Reader::start(settings, short(), &memory);
    memory.until("it is there", |books| books.taken("sealed") == 1).await;
    let said = |token: &str| {
        let text = format!("user=311\x01auth=Bearer {token}\x01\x01");
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let heard = peer.heard();
    let expected = ["!", "AUTHENTICATE XOAUTH2", &said("first"), "", "!", "AUTHENTICATE XOAUTH2", &said("second")];
    assert_eq!(heard[..7], expected, "an empty line answers the second challenge");
    assert_eq!(endpoint.forms().len(), 2);
    reader.stop().await;
}

#[tokio::test]
async fn a_token_that_is_always_refused_is_not_asked_for_without_end() {
    let endpoint = Endpoint::start(TWO).await;
    let quirk: Quirk = |_, _, command| {
        let no = "{tag} NO [AUTHENTICATIONFAILED] nobody\r\n".to_string();
        (command == "AUTHENTICATE XOAUTH2").then(|| vec![Act::Say("+ \r\n".into()), Act::Hear, Act::Say(no)])
    };
    let peer = Peer::start(quirk).await;
    let settings = MailboxSettings { auth: Auth::Oauth(endpoint.settings()), ..peer.settings() };
    let why = probe(settings.clone(), short(), now()).await.expect_err("no").to_string();
    assert!(why.contains("it refuses our access token, also a fresh one: [AUTHENTICATIONFAILED] nobody"), "{why}");
    assert_eq!((endpoint.forms().len(), peer.heard_with("!")), (2, 2));

    let peer = Peer::start_able("IMAP4rev1", |_, _, _| None).await;
    let settings = MailboxSettings { port: Some(peer.port), ..settings };
    let why = probe(settings, short(), now()).await.expect_err("no").to_string();
    assert!(why.contains("does not offer XOAUTH2"), "{why}");
    assert_eq!(peer.heard_with("AUTHENTICATE"), 0, "no token for whoever does not ask");
}
