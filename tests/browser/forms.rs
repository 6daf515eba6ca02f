//! The form for everyone: without scripts, without a mouse, and with mistakes in it.

use super::rep::Rep;
use super::resident::Resident;
use super::support::city::City;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

#[tokio::test(flavor = "multi_thread")]
async fn a_form_and_its_status_page_need_no_scripts() {
    let city = City::new();
    let _daemon = city.start().await;
    let ana = Rep::is_ready(&city.base(), "ana").await;
    let resident = Resident::without_scripts(&city.base(), "es").await;
    resident.screen.opens("/").await;
    resident.sees("¿En qué podemos ayudarle?").await;
    resident.screen.clicks("main a[href^='/forms']").await;
    resident.screen.clicks("main a[href^='/forms/pothole']").await;
    resident.reads_the_form().await;
    resident.says_where("Calle 82 y Division").await;
    resident.describes("Un bache muy grande").await;
    resident.sends_form().await;
    let status = resident.is_told_how_it_stands().await;
    resident.sees("Tenemos su solicitud").await;

    ana.is_offered("Un bache muy grande").await;
    ana.accepts().await;
    ana.answers_form("Lo arreglamos mañana.").await;
    resident.screen.opens(&status).await;
    resident.sees("Lo arreglamos mañana.").await;
    resident.describes("Muchas gracias").await; // the reply box has the same name
    resident.sends_form().await;
    resident.sees("Muchas gracias").await;
    ana.screen.sees("Muchas gracias").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_found_filled_in_and_sent_by_keyboard_alone() {
    let city = City::new();
    let _daemon = city.start().await;
    let resident = Resident::reading(&city.base(), "en").await;
    resident.screen.opens("/").await;
    resident.tabs_to("Skip to").await;
    resident.screen.presses(ENTER).await;
    resident.tabs_to("/forms").await;
    resident.screen.presses(ENTER).await;
    resident.tabs_to("/forms/streetlight").await;
    resident.screen.presses(ENTER).await;
    resident.screen.finds("main form").await;
    resident.tabs_to("fields.location").await;
    resident.screen.presses("5th and Main").await;
    resident.tabs_to("text").await;
    resident.screen.presses("The street light is out").await;
    resident.tabs_to("Send request").await;
    resident.screen.presses(ENTER).await;
    resident.is_told_how_it_stands().await;
    resident.sees("The street light is out").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_named_where_they_are_and_nothing_typed_is_lost() {
    let city = City::new();
    let _daemon = city.start().await;
    let resident = Resident::reading(&city.base(), "en").await;
    resident.opens_form("pothole", "en").await;
    resident.screen.fills("input[name=email]", "not an address").await;
    resident.sends_form().await;
    resident.sees("Please check these fields").await;
    let email = resident.screen.finds("input[name=email]").await;
    assert_eq!(email.prop("value").await.expect("a value").as_deref(), Some("not an address"));
    for field in ["input[name=email]", "textarea[name=text]", "[name='fields.location']"] {
        let marked = resident.screen.finds(field).await;
        assert_eq!(marked.attr("aria-invalid").await.expect("an attribute").as_deref(), Some("true"), "{field}");
        let note = marked.attr("aria-describedby").await.expect("an attribute").expect("it is described");
        let told = note.split(' ').map(|id| format!("[id='{id}']"));
        assert!(!resident.screen.text_of(told).await.is_empty(), "{field} has an explanation");
    }
    let focus = resident.screen.asks("return document.activeElement.innerText").await;
    assert!(focus.as_str().is_some_and(|text| text.contains("Please check these fields")), "the focus is on {focus}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_in_the_middle_of_a_form_takes_along_what_was_typed() {
    let city = City::new();
    let _daemon = city.start().await;
    let resident = Resident::without_scripts(&city.base(), "en").await;
    resident.opens_form("pothole", "en").await;
    resident.says_where("82nd and Division").await;
    resident.describes("Un bache muy grande").await;
    resident.screen.clicks(".picker summary").await;
    resident.screen.is_pictured("form-language-menu").await;
    resident.screen.clicks(".picker button[lang=es]").await;
    resident.sees("Enviar").await;
    let screen = &resident.screen;
    let value = async |field: &str| screen.finds(field).await.prop("value").await.expect("a value").unwrap_or_default();
    assert_eq!(value("[name='fields.location']").await, "82nd and Division");
    assert_eq!(value("textarea[name=text]").await, "Un bache muy grande");
    assert_eq!(value("select[name=language]").await, "es", "and the answer comes in it");

    screen.fills("input[name=email]", "no es").await;
    screen.presses(ENTER).await; // sends, and changes no language
    screen.finds("[aria-invalid=true]").await;
    screen.clicks(".picker summary").await;
    screen.clicks(".picker button[lang=ar]").await; // also after a refusal
    screen.finds("html[dir=rtl]").await;
    assert_eq!(value("input[name=email]").await, "no es");
    screen.is_pictured("form-switched-ar").await;
}

impl Resident {
    /// Presses Tab until the focus is on something with these words: its text, its name or where it leads.
    async fn tabs_to(&self, words: &str) {
        let mut seen = Vec::new();
        for _ in 0..120 {
            self.screen.presses(TAB).await;
            let focus = self.screen.asks(
                "const at = document.activeElement;
                 return [at.innerText, at.name, at.getAttribute('href'), at.getAttribute('aria-label')].join(' ').trim()",
            );
            let focus = focus.await.as_str().unwrap_or_default().to_owned();
            if focus.contains(words) {
                self.sees_the_focus(&focus).await;
                return;
            }
            seen.push(focus);
        }
        panic!("Tab never came to {words:?}, but to {seen:#?}");
    }

    /// Whoever uses the keyboard must see where they are (WCAG 2.4.7).
    async fn sees_the_focus(&self, at: &str) {
        let visible = self.screen.asks(
            "const drawn = style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
             const at = document.activeElement; // a card draws its ring around all of it
             return drawn(getComputedStyle(at)) || drawn(getComputedStyle(at, '::after'))",
        );
        assert_eq!(visible.await, true, "the focus can be seen at {at:?}");
    }
}
