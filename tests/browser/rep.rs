//! A representative at their desk, who leaves the mouse alone.

use super::screen::Screen;
use super::support::city::PASSWORD;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const CONTROL: char = '\u{e009}';
const ESCAPE: &str = "\u{e00c}";

pub struct Rep {
    pub screen: Screen,
}

impl Rep {
    /// Signs in at /desk and gets ready, all by keyboard.
    pub async fn is_ready(base: &str, name: &str) -> Rep {
        let rep = Rep::signs_in(base, name).await;
        rep.screen.presses("y").await;
        rep.screen.finds(".ready[data-on]").await;
        rep
    }

    /// Signs in at /desk; the name has the focus already.
    pub async fn signs_in(base: &str, name: &str) -> Rep {
        let screen = Screen::new(base, "en").await;
        screen.opens("/desk").await;
        screen.signs_in(name).await;
        screen.finds("rep-console [data-link=live]").await;
        Rep { screen }
    }

    /// Waits for an offer that says this, with the reason it came here.
    pub async fn is_offered(&self, words: &str) {
        self.screen.sees(words).await;
        self.screen.finds(".offer .why").await;
    }

    /// A accepts, wherever the focus is; then the answer can be written at once.
    pub async fn accepts(&self) {
        self.screen.presses("a").await;
        self.screen.finds(".composer textarea:focus").await;
    }

    /// Writes where the focus is.
    pub async fn writes(&self, text: &str) {
        self.screen.presses(text).await;
    }

    /// Enter sends in a chat.
    pub async fn answers_chat(&self, text: &str) {
        self.writes(text).await;
        self.screen.presses(ENTER).await;
        self.sees_kept(text).await;
    }

    /// Ctrl+Enter sends where paragraphs are written.
    pub async fn answers_form(&self, text: &str) {
        self.writes(text).await;
        self.screen.presses_together(CONTROL, '\u{e007}').await;
        self.sees_kept(text).await;
    }

    /// The server has it.
    pub async fn sees_kept(&self, text: &str) {
        self.screen.sees(text).await;
        self.screen.finds(".message.ours:not(.pending)").await;
    }

    /// Out of the box, close, how it ended: how many keys that took.
    pub async fn closes_as_informed(&self) -> usize {
        let keys = [ESCAPE, "c", "i"];
        for key in keys {
            self.screen.presses(key).await;
        }
        self.screen.finds(".conversation[data-stage=wrap_up]").await;
        keys.len()
    }

    /// Enter ends the wrap-up.
    pub async fn ends_wrap_up(&self) {
        self.screen.presses(ENTER).await;
        self.screen.finds("[aria-label='Empty column']").await;
    }

    /// What stands unsent in the box.
    pub async fn draft(&self) -> String {
        self.screen.finds(".composer textarea").await.prop("value").await.expect("a value").unwrap_or_default()
    }

    pub async fn knows_it_is_cut_off(&self) {
        self.screen.sees("Connection lost").await;
        self.screen.finds(".stale").await;
    }

    pub async fn is_live_again(&self) {
        self.screen.finds("rep-console [data-link=live]").await;
        assert!(!self.screen.shows(".stale").await, "the banner goes when the line is back");
    }
}

impl Screen {
    /// At the sign-in form, where the name has the focus already.
    pub async fn signs_in(&self, name: &str) {
        self.finds("#name:focus").await;
        self.presses(&format!("{name}{TAB}{PASSWORD}{ENTER}")).await;
        self.finds("rep-console").await;
    }
}
