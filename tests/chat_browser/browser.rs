//! What a chat test does with a browser beyond what every page's test does: sizes, frames, and waiting for one part of the page.

use crate::screen::Screen;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

pub struct Browser {
    pub screen: Screen,
}

impl Browser {
    pub async fn start(base: &str, size: (u32, u32)) -> Browser {
        let browser = Browser { screen: Screen::new(base, "en").await };
        browser.size(size).await;
        // Whoever asks for less motion gets none; and a test that clicks does not miss what is still gliding.
        browser
            .dev(
                "Emulation.setEmulatedMedia",
                json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] }),
            )
            .await;
        browser
    }

    async fn dev(&self, method: &str, values: Value) {
        let dev = self.screen.driver.cdp();
        dev.send_raw(method, values).await.unwrap();
    }

    /// Light on dark, as many people have it at night.
    pub async fn dark(&self) {
        self.dev(
            "Emulation.setEmulatedMedia",
            json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] }),
        )
        .await;
    }

    /// The page's own size, without the window around it.
    pub async fn size(&self, (width, height): (u32, u32)) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.dev("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Waits until a script returns true.
    pub async fn until(&self, script: &str) {
        if !self.screen.until(async || self.screen.asks(script).await == true).await {
            self.screen.is_pictured("chat-failed").await;
            panic!("never true: {script}; the page says:\n{}", self.screen.text().await);
        }
    }

    /// Waits until an element shows this text.
    pub async fn sees(&self, selector: &str, text: &str) {
        let (selector, text) = (Value::from(selector), Value::from(text));
        self.until(&format!("return document.querySelector({selector})?.innerText.includes({text}) ?? false")).await;
    }

    pub async fn value(&self, selector: &str) -> String {
        self.screen.finds(selector).await.prop("value").await.unwrap().unwrap()
    }

    pub async fn count(&self, selector: &str) -> usize {
        self.screen.driver.find_all(By::Css(selector)).await.unwrap().len()
    }

    /// Goes into the frame that a script returns.
    pub async fn enter_frame(&self, script: &str) {
        let frame = self.screen.driver.execute(script, vec![]).await.unwrap().element().unwrap();
        frame.enter_frame().await.unwrap();
    }

    pub async fn leave_frame(&self) {
        self.screen.driver.enter_default_frame().await.unwrap();
    }

    /// A picture for people to look at, and the accessibility rules for the machine.
    pub async fn picture(&self, name: &str) {
        self.screen.is_pictured(&format!("chat-{name}")).await;
        let barriers = self.screen.barriers(name).await;
        assert!(barriers.is_empty(), "{}", barriers.join("\n"));
    }
}
