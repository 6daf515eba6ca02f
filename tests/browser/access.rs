//! Every page, in three languages, against the accessibility rules, and at 320 pixels without scrolling sideways.

use super::rep::Rep;
use super::resident::Resident;
use super::screen::Screen;
use super::support::city::City;

/// Left to right in two scripts' worth of words, and right to left.
const LANGUAGES: [&str; 3] = ["en", "es", "ar"];

#[tokio::test(flavor = "multi_thread")]
async fn public_pages_have_no_serious_barrier() {
    let city = City::new();
    let _daemon = city.start().await;
    let mut found = Vec::new();
    for language in LANGUAGES {
        let resident = Resident::reading(&city.base(), language).await;
        for (name, path) in [("home", "/"), ("forms", "/forms"), ("form", "/forms/pothole"), ("chat", "/chat")] {
            resident.screen.opens(&format!("{path}?lang={language}")).await;
            found.extend(resident.screen.inspected(&format!("{name}-{language}")).await);
        }
        resident.opens_form("pothole", language).await;
        resident.screen.fills("input[name=email]", "x").await;
        resident.sends_form().await;
        resident.screen.finds("[aria-invalid=true]").await;
        found.extend(resident.screen.inspected(&format!("form-errors-{language}")).await);
        resident.says_where("5th").await;
        resident.describes("A hole").await;
        resident.screen.finds("input[name=email]").await.clear().await.expect("the field is emptied");
        resident.sends_form().await;
        resident.is_told_how_it_stands().await;
        found.extend(resident.screen.inspected(&format!("status-{language}")).await);
        resident.opens_chat("Hello").await;
        found.extend(resident.screen.inspected(&format!("chat-room-{language}")).await);
        let direction = resident.screen.asks("return document.documentElement.dir").await;
        assert_eq!(direction, if language == "ar" { "rtl" } else { "ltr" });
    }
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_pages_have_no_serious_barrier() {
    let city = City::new();
    let _daemon = city.start().await;
    let base = city.base();
    let mut found = Vec::new();
    let visitor = Screen::new(&base, "en").await;
    visitor.opens("/desk").await;
    found.extend(visitor.inspected("sign-in").await);
    visitor.leaves().await;

    let ana = Rep::is_ready(&base, "ana").await;
    found.extend(ana.screen.inspected("desk-empty").await);
    let resident = Resident::reading(&base, "es").await;
    resident.opens_chat("Hola, ¿quién recoge la basura?").await;
    ana.is_offered("Hola").await;
    found.extend(ana.screen.inspected("desk-with-offer").await);
    ana.accepts().await;
    ana.answers_chat("Buenas tardes").await;
    found.extend(ana.screen.inspected("desk-with-conversation").await);
    ana.closes_as_informed().await;
    found.extend(ana.screen.inspected("desk-wrap-up").await);

    // nobody writes Russian: it waits, and the board says why
    let waiting = Resident::reading(&base, "ru").await;
    waiting.opens_chat("Здравствуйте, когда вывезут мусор?").await;
    let boss = Screen::new(&base, "en").await;
    boss.opens("/desk").await;
    boss.signs_in("boss").await;
    boss.opens("/board").await;
    boss.finds("queue-board h1, queue-board h2").await;
    found.extend(boss.inspected("board").await);
    boss.clicks("button[aria-label^='Why is contact']").await;
    boss.finds("queue-board .explain .answers li").await;
    found.extend(boss.inspected("board-explanation").await);
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

impl Screen {
    /// A picture, the rules of axe, and no sideways scrolling on a small phone.
    pub async fn inspected(&self, page: &str) -> Vec<String> {
        self.is_pictured(page).await;
        let mut found = self.barriers(page).await;
        self.is_narrow(true).await;
        let wide = self.asks("return document.scrollingElement.scrollWidth").await;
        if wide.as_f64().is_none_or(|wide| wide > 320.0) {
            found.push(format!("{page}: {wide} pixels wide at 320 (WCAG 1.4.10)"));
        }
        self.is_pictured(&format!("{page}-narrow")).await;
        self.is_narrow(false).await;
        found.extend(self.complaints().await.into_iter().map(|line| format!("{page}: the browser complains: {line}")));
        found
    }
}
