//! Fuzz target: a stranger's text frame in a chat.

#![no_main]

use libfuzzer_sys::fuzz_target;
use steelbridge::channels::chat::protocol::{FromPage, TEXT_MAX, is_client_id, message_text};

fuzz_target!(|frame: &str| {
    let Ok(said) = serde_json::from_str::<FromPage>(frame) else { return };
    if let FromPage::Msg { cid, .. } | FromPage::Attach { cid, .. } = &said {
        is_client_id(cid);
    }
    if let FromPage::Msg { text, .. } = &said
        && let Ok(kept) = message_text(text)
    {
        assert!((1..=TEXT_MAX).contains(&kept.chars().count()) && kept.trim() == kept);
        assert!(!kept.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
    }
});
