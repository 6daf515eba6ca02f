//! The chat page in a real browser (Debian's Chromium and its WebDriver): a person and a representative write to each other.
//!
//! Pictures of every page are left in `target/screenshots/`, to be looked at; every page is held to the accessibility rules.

#[path = "../browser/axe.rs"]
mod axe;
mod browser;
#[path = "../chat/city.rs"]
#[allow(dead_code)]
mod city;
#[path = "../browser/screen.rs"]
#[allow(dead_code)]
mod screen;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use browser::Browser;
use city::Server;
use std::sync::atomic::Ordering::SeqCst;
use steelbridge::channels::chat::Settings;
use steelbridge::channels::{CustomerAct, CustomerStage, Happening, Standing};
use steelbridge::routing::ids::Span;
use tokio::net::TcpListener;

const PHONE: (u32, u32) = (390, 844);
const DESK: (u32, u32) = (1200, 900);

fn active(rep: &'static str) -> impl FnOnce(&mut Standing) {
    move |s| (s.stage, s.place, s.wait, s.rep) = (CustomerStage::Active, None, None, Some(rep.into()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_and_a_representative_write_to_each_other() {
    let server = Server::start(Settings::default()).await;
    let browser = Browser::start(&server.url(""), DESK).await;
    browser.screen.opens("/chat?lang=en").await;
    browser.picture("start-desk").await;
    browser.screen.fills("#chat-text", "There is water coming up in the street at 5th and Main.").await;
    browser.screen.fills("#chat-name", "Luz").await;
    browser.screen.clicks("[data-part=start] .chat-main").await;
    browser.sees("[data-part=state-title]", "Waiting for a representative").await;
    browser.sees("[data-part=state-more]", "Your place in line: 3 · Usual wait: 4 to 10 minutes").await;
    browser.sees("[data-part=log]", "There is water coming up in the street").await;
    browser.picture("waiting-desk").await;
    assert_eq!(server.city.inbound(1).party.name.as_deref(), Some("Luz"));

    server.city.stand(1, active("Ana"));
    server.city.rep_says(1, "Good morning, Luz. Is the water clear or brown?\nAnd is it near a drain?");
    browser.sees("[data-part=log]", "Ana is with you now.").await;
    browser.sees("[data-part=log]", "Is the water clear or brown?").await;
    browser.sees(".chat-message:last-child .chat-who", "Ana").await;
    server.city.until(1, |acts| acts.contains(&CustomerAct::Read(2))).await;
    browser.screen.fills("#chat-message", "Brown, and it smells <b>bad</b>").await;
    browser.screen.fills("#chat-message", "\u{e007}").await; // Enter
    browser.sees(".chat-own:last-child", "Brown, and it smells <b>bad</b>").await;
    browser.sees(".chat-own:last-child .chat-foot", "Sent").await;
    server.city.tell(1, Happening::RepRead(3));
    browser.sees(".chat-own:last-child .chat-foot", "Read").await;
    server.city.tell(1, Happening::Typing(true));
    browser.sees("[data-part=typing]", "Ana is typing").await;
    browser.picture("talking-desk").await;
    browser.dark().await;
    browser.picture("talking-dark-desk").await;
    server.city.rep_says(1, "مرحبا 123 \u{1F30A}");
    browser.sees("[data-part=log]", "مرحبا").await;
    assert_eq!(
        browser.screen.asks("return document.querySelectorAll('[data-part=log] b').length").await,
        0,
        "text stays text"
    );

    browser.screen.clicks("[data-part=end]").await;
    browser.picture("end-desk").await;
    browser.screen.clicks("[data-do=end-yes]").await;
    browser.sees("[data-part=log]", "This conversation has ended.").await;
    browser.picture("ended-desk").await;
    browser.screen.clicks("[data-part=new]").await;
    browser.sees("label[for=chat-text]", "How can we help?").await;
    browser.screen.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_server_goes_away_and_comes_back_or_the_page_is_loaded_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let server = Server::on(listener, Settings::default()).await;
    let browser = Browser::start(&server.url(""), PHONE).await;
    browser.screen.opens("/chat?lang=en").await;
    browser.picture("start-phone").await;
    browser.screen.fills("#chat-text", "one").await;
    browser.screen.clicks("[data-part=start] .chat-main").await;
    browser.sees("[data-part=log]", "one").await;
    browser.picture("waiting-phone").await;

    let city = server.city.clone();
    server.stop.cancel();
    server.tasks.close();
    server.tasks.wait().await;
    browser.sees("[data-part=line]", "The connection is broken.").await;
    browser.screen.fills("#chat-message", "written while nobody listened\u{e007}").await;
    browser.sees(".chat-unsent", "written while nobody listened").await;
    browser.picture("broken-phone").await;
    let listener = loop {
        match TcpListener::bind(at).await {
            Ok(listener) => break listener,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    };
    let _server = Server::with(city.clone(), listener, Settings::default()).await;
    browser.sees(".chat-own:last-child .chat-foot", "Sent").await;
    assert_eq!(browser.count(".chat-message").await, 2, "each message once");

    browser.screen.fills("#chat-message", "a draft").await;
    browser.screen.driver.refresh().await.unwrap();
    browser.sees("[data-part=log]", "written while nobody listened").await;
    assert_eq!(browser.value("#chat-message").await, "a draft");
    assert_eq!(browser.count(".chat-message").await, 2);
    assert_eq!(city.contacts(), 1);
    browser.screen.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_hours_the_page_says_so_before_anything_is_typed() {
    let server = Server::start(Settings::default()).await;
    server.city.closed.store(true, SeqCst);
    let browser = Browser::start(&server.url(""), PHONE).await;
    browser.screen.opens("/chat?lang=es").await;
    browser.sees(".chat-closed", "Ahora estamos cerrados").await;
    assert_eq!(browser.screen.asks("return document.querySelector('#chat-text').offsetParent === null").await, true);
    browser.picture("closed-phone-es").await;

    // It closes while someone is writing: what they wrote stays.
    server.city.closed.store(false, SeqCst);
    browser.screen.opens("/chat?lang=en").await;
    browser.screen.fills("#chat-text", "a long story").await;
    server.city.closed.store(true, SeqCst);
    browser.screen.clicks("[data-part=start] .chat-main").await;
    browser.sees(".chat-closed", "We are closed now. We open again:").await;
    assert_eq!(browser.value("#chat-text").await, "a long story");
    browser.picture("closes-phone").await;
    assert_eq!(server.city.contacts(), 0);
    browser.screen.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_language_fits_and_reads_its_own_way() {
    let server = Server::start(Settings::default()).await;
    let browser = Browser::start(&server.url(""), PHONE).await;
    for lang in ["en", "es", "ru", "uk", "vi", "zh-Hans", "zh-Hant", "so", "ar"] {
        server.city.pass(Span::mins(2));
        browser.screen.opens(&format!("/chat?lang={lang}")).await;
        browser.screen.asks("localStorage.clear(); sessionStorage.clear()").await;
        browser.screen.driver.refresh().await.unwrap();
        browser.picture(&format!("start-{lang}")).await;
        browser.screen.fills("#chat-text", "12 Elm St").await;
        browser.screen.clicks("[data-part=start] .chat-main").await;
        browser.sees("[data-part=log]", "12 Elm St").await;
        let contact = server.city.contacts() as u64;
        server.city.stand(contact, active("Ana"));
        server.city.rep_says(contact, "OK. شكرا. 谢谢。Спасибо!");
        browser.sees("[data-part=log]", "谢谢").await;
        browser.picture(&format!("talking-{lang}")).await;
        let wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.screen.asks(wider).await, 0, "{lang} scrolls sideways at 390 px");
        let rtl = browser.screen.asks("return getComputedStyle(document.querySelector('chat-thread')).direction").await;
        assert_eq!(rtl, if lang == "ar" { "rtl" } else { "ltr" });
    }
    // 320 px: the reflow of WCAG 1.4.10.
    browser.size((320, 640)).await;
    assert_eq!(browser.screen.asks("return document.documentElement.scrollWidth").await, 320);
    browser.picture("talking-ar-320").await;
    browser.screen.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_shows_the_chat_in_a_frame_that_opens_and_closes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let around = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::start(Settings { embed: vec![around.clone()], ..Settings::default() }).await;
    let html = format!(
        "<!doctype html><html lang=en><title>Parks</title><h1>City parks</h1><p>Open from 6 to 10.</p>\
         <script async src='{}' data-site=parks></script>",
        server.url("/chat.js")
    );
    let site = Router::new().route("/", get(|| async move { Html(html) }));
    tokio::spawn(async move { axum::serve(listener, site).await.unwrap() });

    let browser = Browser::start(&server.url(""), DESK).await;
    browser.screen.opens(&around).await;
    let shadow = "const root = document.querySelector('#steelbridge-chat')?.shadowRoot; const button = root?.querySelector('button');";
    browser.until(&format!("{shadow} return button?.textContent === 'Chat'")).await;
    browser.screen.asks(&format!("{shadow} button.focus(); button.click()")).await;
    browser.until(&format!("{shadow} return root.activeElement === root.querySelector('iframe')")).await;
    browser.enter_frame("return document.querySelector('#steelbridge-chat').shadowRoot.querySelector('iframe')").await;
    browser.until("return document.activeElement?.id === 'chat-text'").await;
    browser.screen.fills("#chat-text", "When does the pool open?").await;
    browser.screen.clicks("[data-part=start] .chat-main").await;
    browser.sees("[data-part=log]", "When does the pool open?").await;
    browser.picture("embedded-desk").await;
    assert_eq!(server.city.inbound(1).fields["site"], "parks");
    browser.screen.fills("#chat-message", "\u{e00c}").await; // Escape
    browser.leave_frame().await;
    browser
        .until(&format!("{shadow} return root.querySelector('.panel').hidden && root.activeElement === button"))
        .await;

    server.city.stand(1, active("Ana"));
    server.city.rep_says(1, "At ten.");
    browser.until(&format!("{shadow} return button.innerText.includes('New messages: 1')")).await;
    assert!(!server.city.acts(1).contains(&CustomerAct::Read(2)), "nobody has seen it yet");
    browser.picture("unread-desk").await;
    browser.screen.asks("Steelbridge('open')").await;
    server.city.until(1, |acts| acts.contains(&CustomerAct::Read(2))).await;
    browser.screen.asks("Steelbridge('setLocale', 'ar')").await;
    browser.until(&format!("{shadow} return root.querySelector('.box').dir === 'rtl'")).await;
    browser.enter_frame("return document.querySelector('#steelbridge-chat').shadowRoot.querySelector('iframe')").await;
    browser.sees("[data-part=log]", "At ten.").await;
    browser.picture("embedded-ar-desk").await;
    browser.screen.leaves().await;
}
