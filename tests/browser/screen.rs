//! One person's browser: Debian's Chromium, driven through its WebDriver, with a profile that nobody else shares.

use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel};

/// What a person waits for is there by then, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(15);
/// Wider than a phone, narrower than a big screen.
const SIZE: (u32, u32) = (1280, 900);

/// Chromium says much to Google when it is new; none of it is wanted here.
const QUIET: [&str; 10] = [
    "--force-prefers-reduced-motion", // a click does not miss what is still gliding
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Fields are dropped in this order: the browser is asked to leave, then its driver ends, then the profile goes.
pub struct Screen {
    pub driver: WebDriver,
    _process: Driver,
    _profile: TempDir,
    base: String,
}

/// A chromedriver process.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Screen {
    /// A browser whose person reads `language` (BCP 47), looking at the city's site.
    pub async fn new(base: &str, language: &str) -> Screen {
        Screen::with_preferences(base, json!({"intl.accept_languages": language})).await
    }

    /// The same with scripts switched off, as some people have it.
    pub async fn without_scripts(base: &str, language: &str) -> Screen {
        let off = json!({"intl.accept_languages": language, "profile.managed_default_content_settings.javascript": 2});
        Screen::with_preferences(base, off).await
    }

    async fn with_preferences(base: &str, preferences: Value) -> Screen {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let spawned = Command::new("chromedriver").arg(format!("--port={port}")).stdout(Stdio::null()).spawn();
        let process = Driver(spawned.expect("chromedriver: install chromium-driver, or let tests/run do it"));
        let profile = TempDir::with_prefix("steelbridge-browser-").expect("a folder");

        let mut wishes = DesiredCapabilities::chrome();
        let folder = format!("--user-data-dir={}", profile.path().display());
        let size = format!("--window-size={},{}", SIZE.0, SIZE.1);
        for flag in QUIET.into_iter().chain([folder.as_str(), &size]) {
            wishes.add_arg(flag).expect("a flag");
        }
        wishes.add_experimental_option("prefs", preferences).expect("preferences");
        wishes.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a log level");
        let driver = connect(port, wishes).await;
        // whatever the window manager thinks of a window that nobody sees
        let focused = driver.cdp().send_raw("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await;
        focused.expect("the page has the focus");
        Screen { driver, _process: process, _profile: profile, base: base.to_owned() }
    }

    /// Opens a page of the city's site, by its path or its whole address.
    pub async fn opens(&self, page: &str) {
        let url = if page.starts_with("http") { page.to_owned() } else { format!("{}{page}", self.base) };
        self.driver.goto(url).await.expect("the page opens");
    }

    /// The first visible element, once it is there.
    pub async fn finds(&self, selector: &str) -> WebElement {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.driver.query(By::Css(selector)).nowait().and_displayed().first().await;
            match found {
                Ok(element) => return element,
                Err(error) if Instant::now() > deadline => {
                    panic!("no {selector}: {error}\nThe page says:\n{}", self.text().await)
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await, // not there yet, or just redrawn
            }
        }
    }

    /// Is such an element visible right now?
    pub async fn shows(&self, selector: &str) -> bool {
        let found = self.driver.query(By::Css(selector)).nowait().and_displayed();
        found.exists().await.unwrap_or(false)
    }

    pub async fn clicks(&self, selector: &str) {
        let element = self.finds(selector).await;
        element.scroll_into_view().await.ok(); // without scripts the click itself scrolls
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = element.click().await {
            assert!(Instant::now() < deadline, "{selector} cannot be clicked: {error}");
            tokio::time::sleep(Duration::from_millis(100)).await; // the page is still scrolling
        }
    }

    pub async fn fills(&self, selector: &str, text: &str) {
        self.finds(selector).await.send_keys(text).await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Moves the focus there, as a person does who knows the way by Tab.
    pub async fn focuses(&self, selector: &str) {
        self.finds(selector).await.focus().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Presses keys wherever the focus is.
    pub async fn presses(&self, keys: &str) {
        self.driver.action_chain().send_keys(keys).perform().await.expect("keys are pressed");
    }

    /// Presses one key while another is held.
    pub async fn presses_together(&self, held: char, key: char) {
        let keys = self.driver.action_chain().key_down(held).key_down(key).key_up(key).key_up(held);
        keys.perform().await.expect("keys are pressed");
    }

    /// What a person can read on the page.
    pub async fn text(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// What these elements say, one after the other.
    pub async fn text_of(&self, selectors: impl Iterator<Item = String>) -> String {
        let mut said = String::new();
        for selector in selectors {
            if let Ok(element) = self.driver.find(By::Css(selector)).await {
                said += &element.text().await.unwrap_or_default();
            }
        }
        said
    }

    /// Waits until the page says this.
    pub async fn sees(&self, words: &str) {
        let seen = self.until(async || self.text().await.contains(words)).await;
        assert!(seen, "never saw {words:?}; the page says:\n{}", self.text().await);
    }

    /// Waits for something to become true.
    pub async fn until(&self, mut holds: impl AsyncFnMut() -> bool) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while !holds().await {
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        true
    }

    /// The value of a script's `return`.
    pub async fn asks(&self, script: &str) -> Value {
        let answer = self.driver.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"));
        answer.json().clone()
    }

    /// A page as wide as a small phone, or as a window again (WCAG 1.4.10 wants no sideways scrolling at 320).
    pub async fn is_narrow(&self, narrow: bool) {
        let (command, size) = match narrow {
            true => (
                "Emulation.setDeviceMetricsOverride",
                json!({"width": 320, "height": 640, "deviceScaleFactor": 0, "mobile": false}),
            ),
            false => ("Emulation.clearDeviceMetricsOverride", json!({})),
        };
        self.driver.cdp().send_raw(command, size).await.expect("a width");
        let as_wished = async || (self.asks("return innerWidth").await.as_f64() == Some(320.0)) == narrow;
        assert!(self.until(as_wished).await, "the page is as wide as before");
    }

    /// The person's system is dark from now on.
    pub async fn is_dark(&self) {
        let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", dark).await.expect("the system is dark");
    }

    /// Keeps a picture as target/screenshots/NAME.png.
    pub async fn is_pictured(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        self.driver.screenshot(&folder.join(format!("{name}.png"))).await.expect("a picture");
    }

    /// What the browser complained about: script errors and blocked resources.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("the browser's log");
        // a form with mistakes is answered with 422 and shown again: that is how it should be
        let expected = |message: &str| message.contains("responded with a status of 422");
        let severe = log.into_iter().filter(|entry| entry.level == "SEVERE" && !expected(&entry.message));
        severe.map(|entry| entry.message).collect()
    }

    /// Closes the browser. One that is dropped closes too, only less quietly.
    pub async fn leaves(self) {
        self.driver.clone().quit().await.expect("the browser leaves");
    }
}

/// Waits for chromedriver to listen, then asks it for a browser.
async fn connect(port: u16, wishes: ChromeCapabilities) -> WebDriver {
    let address = format!("http://127.0.0.1:{port}");
    let deadline = Instant::now() + PATIENCE;
    loop {
        match WebDriver::new(&address, wishes.clone()).await {
            Ok(driver) => return driver,
            Err(error) if Instant::now() > deadline => panic!("no browser: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
