//! Several offers at once, an emergency among them: everything that is needed to decide can be read, and taken in one press.

use super::rep::Rep;
use super::support::desk::Town;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_beside_other_offers_is_read_at_a_glance() {
    let town = Town::opens().await;
    let asks = async |service: &str, text: &str| {
        let body = json!({"channel": "form", "service": service, "text": text, "language": "es", "fields": {"location": "82nd"}});
        town.sends(town.request(Method::POST, "/api/v1/contacts").json(&body)).await.is(201);
    };
    for text in ["Un bache hondo en la calle", "Otro bache en la avenida", "El tercer bache de hoy"] {
        asks("pothole", text).await;
    }
    let ana = Rep::is_ready(&town.base(), "ana").await;
    let screen = &ana.screen;
    assert!(screen.until(async || offers(&ana).await == 3).await, "three offers");
    assert_eq!(unread(&ana).await, json!([]), "three offers can be read");
    screen.is_pictured("desk-three-offers").await;
    asks("pothole", "Huele a gas en toda la calle").await;
    assert!(screen.until(async || offers(&ana).await == 4).await, "and an emergency");
    assert_eq!(unread(&ana).await, json!([]), "an emergency and three offers can be read");
    let mut found = screen.inspected("desk-emergency-among-offers").await;
    screen.is_narrow(true).await;
    found.extend(screen.inspected("desk-emergency-among-offers-phone").await);
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

async fn offers(rep: &Rep) -> u64 {
    rep.screen.asks("return document.querySelectorAll('.offer').length").await.as_u64().unwrap_or_default()
}

/// What is cut off to nothing or set letter by letter; of the emergency also what is not on the screen.
async fn unread(rep: &Rep) -> serde_json::Value {
    let script = "return [...document.querySelectorAll('.offer')].flatMap((offer) =>
        ['.subject', '.why', '.accept'].map((part) => [part, offer.querySelector(part).getBoundingClientRect()])
            .filter(([part, box]) => box.width < (part === '.accept' ? 60 : 140) || box.height > 90
                || (offer.matches('.emergency') && box.bottom > document.querySelector('.offers').getBoundingClientRect().bottom))
            .map(([part, box]) => `${offer.className} ${part} ${Math.round(box.width)}x${Math.round(box.height)} at ${Math.round(box.bottom)}`))";
    rep.screen.asks(script).await
}
