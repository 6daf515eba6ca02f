//! A community member with a browser: chats, fills in forms, comes back to see how it stands.

use super::screen::Screen;
use std::path::Path;
use std::time::Duration;

pub struct Resident {
    pub screen: Screen,
}

impl Resident {
    /// Someone whose browser prefers this language.
    pub async fn reading(base: &str, language: &str) -> Resident {
        Resident { screen: Screen::new(base, language).await }
    }

    /// The same with scripts switched off.
    pub async fn without_scripts(base: &str, language: &str) -> Resident {
        Resident { screen: Screen::without_scripts(base, language).await }
    }

    /// Opens the chat in their language and says what it is about.
    pub async fn opens_chat(&self, first_words: &str) {
        self.screen.opens("/chat").await;
        self.screen.fills(".chat-start textarea[name=text]", first_words).await;
        self.screen.clicks(".chat-start button.chat-main").await;
        self.screen.finds(".chat-log").await;
        self.sees(first_words).await;
    }

    /// Says something more in the chat.
    pub async fn says(&self, words: &str) {
        self.screen.fills("#chat-message", words).await;
        self.screen.clicks(".chat-compose button.chat-send").await;
        self.sees(words).await;
    }

    pub async fn sees(&self, words: &str) {
        self.screen.sees(words).await;
    }

    /// Is at a service's form, and has read it.
    pub async fn opens_form(&self, service: &str, language: &str) {
        self.screen.opens(&format!("/forms/{service}?lang={language}")).await;
        self.reads_the_form().await;
    }

    /// Who is done in less than three seconds is taken for a machine.
    pub async fn reads_the_form(&self) {
        self.screen.finds("main form").await;
        tokio::time::sleep(Duration::from_secs(3)).await;
    }

    pub async fn says_where(&self, place: &str) {
        self.screen.fills("[name='fields.location']", place).await;
    }

    pub async fn describes(&self, words: &str) {
        self.screen.fills("textarea[name=text]", words).await;
    }

    pub async fn adds_photo(&self, photo: &Path) {
        let field = self.screen.driver.find(thirtyfour::By::Css("input[type=file]")).await.expect("a place for photos");
        field.send_keys(photo.to_str().expect("a plain path")).await.expect("the photo is chosen");
    }

    /// Presses the one button of the form.
    pub async fn sends_form(&self) {
        self.screen.clicks("main form button[type=submit], main form button:not([type])").await;
    }

    /// Is on the status page: its address, to come back to.
    pub async fn is_told_how_it_stands(&self) -> String {
        let there = self.screen.until(async || self.address().await.contains("/s/")).await;
        assert!(there, "no status page; the page says:\n{}", self.screen.text().await);
        self.address().await
    }

    pub async fn address(&self) -> String {
        self.screen.driver.current_url().await.map(String::from).unwrap_or_default()
    }
}
