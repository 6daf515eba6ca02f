//! Who may do what to which contact: every route, every role, every relation, asked over HTTP.

use crate::support::desk::{Reply, Staff, Town};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use steelbridge::http::staff_routes;

pub const MORE_PEOPLE: &str = r#"
[[rep]]
name = "ada"
display = "Ada"
role = "admin"
capacity = 0
languages = { en = 5 }

[[rep]]
name = "otto"
display = "Otto"
role = "auditor"
capacity = 0
languages = { en = 5 }
"#;

/// Routes that name no contact: what a visitor, a rep, a supervisor, an admin and an auditor are told.
/// `y` may, `s` sign in first (401), `f` not your role (403).
const PLAIN: &[(&str, &str)] = &[
    ("POST /api/v1/session", "yyyyy"),
    ("DELETE /api/v1/session", "syyyy"),
    ("GET /desk", "yyyyy"),
    ("GET /board", "yyyyy"),
    ("POST /desk/sign-in", "yyyyy"),
    ("GET /held", "yyyyy"),
    ("GET /api/v1/me", "syyyy"),
    ("PUT /api/v1/me/presence", "syyff"),
    ("GET /api/v1/offers", "syyff"),
    ("POST /api/v1/offers/{id}/accept", "syyff"),
    ("POST /api/v1/offers/{id}/decline", "syyff"),
    ("GET /api/v1/contacts", "syyff"),
    ("GET /api/v1/reps", "syyyy"),
    ("GET /api/v1/reps/{id}/contacts", "sfyfy"),
    ("GET /api/v1/queues", "syyyy"),
    ("GET /api/v1/languages", "syyyy"),
    ("GET /api/v1/catalogue", "syyyy"),
    ("GET /api/v1/board", "sfyyy"),
    ("GET /api/v1/accounts", "sffyf"),
    ("POST /api/v1/accounts/{name}/disable", "sffyf"),
    ("POST /api/v1/accounts/{name}/enable", "sffyf"),
    ("GET /api/v1/held", "sfyff"),
    ("GET /api/v1/held/{id}", "sfyff"),
    ("GET /api/v1/held/{id}/html", "sfyff"),
    ("GET /api/v1/held/{id}/original", "sfyff"),
    ("POST /api/v1/held/{id}/release", "sfyff"),
    ("POST /api/v1/held/{id}/discard", "sfyff"),
    ("GET /api/v1/deliveries/troubled", "sfyff"),
    ("POST /api/v1/deliveries/{id}/settle", "sfyff"),
    ("GET /api/v1/live", "syyyy"),
];

/// Routes that name a contact. For a rep and a supervisor by relation: offered, own, past, another's, waiting, not there.
/// For an admin and an auditor: another's, waiting, closed, not there. `h` looks as if it were not there (404).
const CONTACT: &[(&str, &str, &str, &str, &str)] = &[
    //                                               rep       supervisor admin   auditor
    ("GET /api/v1/contacts/{id}", "yyyhhh", "yyyyyh", "ffff", "yyyh"),
    ("GET /api/v1/contacts/{id}/glance", "yyyhhh", "yyyyyh", "ffff", "yyyh"),
    ("GET /api/v1/contacts/{id}/files/{digest}", "yyyhhh", "yyyyyh", "ffff", "yyyh"),
    ("GET /api/v1/contacts/{id}/mails/{mail}/folded", "yyyhhh", "yyyyyh", "ffff", "yyyh"),
    ("GET /api/v1/contacts/{id}/mails/{mail}/html", "yyyhhh", "yyyyyh", "ffff", "yyyh"),
    ("GET /api/v1/contacts/{id}/mails/{mail}/original", "ffffff", "yyyyyh", "ffff", "ffff"),
    ("GET /api/v1/contacts/{id}/explanation", "yyyhhh", "yyyyyh", "yyyh", "yyyh"),
    ("POST /api/v1/contacts/{id}/messages", "hyhhhh", "hyhhhh", "ffff", "ffff"),
    ("POST /api/v1/contacts/{id}/notes", "hyhhhh", "yyhyyh", "ffff", "ffff"),
    ("PUT /api/v1/contacts/{id}/language", "hyhhhh", "hyhhhh", "ffff", "ffff"),
    ("POST /api/v1/contacts/{id}/read", "hyhhhh", "hyhhhh", "ffff", "ffff"),
    ("POST /api/v1/contacts/{id}/typing", "hyhhhh", "hyhhhh", "ffff", "ffff"),
    ("POST /api/v1/contacts/{id}/park", "hyhhhh", "hyhhhh", "ffff", "ffff"),
    ("POST /api/v1/contacts/{id}/resume", "hyhhhh", "hyhhhh", "ffff", "ffff"),
    ("POST /api/v1/contacts/{id}/transfer", "hyhhhh", "hyhhhh", "ffff", "ffff"),
    ("POST /api/v1/contacts/{id}/close", "hyhhhh", "hyhhhh", "ffff", "ffff"),
    ("POST /api/v1/contacts/{id}/wrap-up/end", "hyhhhh", "hyhhhh", "ffff", "ffff"),
    ("POST /api/v1/contacts/{id}/assign", "ffffff", "yyhyyh", "ffff", "ffff"),
    ("POST /api/v1/contacts/{id}/acknowledge", "yyhhhh", "yyhyyh", "ffff", "ffff"),
    // Last: it takes the emergency away from everyone it is offered to.
    ("POST /api/v1/contacts/{id}/not-an-emergency", "yyhhhh", "yyhyyh", "ffff", "ffff"),
];

#[test]
fn every_route_has_its_row() {
    let routes: BTreeSet<String> = staff_routes().iter().map(|r| format!("{} {}", r.method, r.path)).collect();
    let rows = PLAIN.iter().map(|row| row.0).chain(CONTACT.iter().map(|row| row.0)).map(str::to_owned).collect();
    assert_eq!(routes, rows, "a route without a row, or a row without a route");
}

#[tokio::test]
async fn routes_that_name_no_contact_ask_for_the_right_role() {
    let town = Town::opens_with("", MORE_PEOPLE).await;
    for (route, letters) in PLAIN {
        for (name, letter) in
            [None, Some("ana"), Some("boss"), Some("ada"), Some("otto")].into_iter().zip(letters.chars())
        {
            let reply = match name {
                Some(name) => ask(&town, Some(&town.signs_in(name).await), route, 999_999).await, // one route ends the session
                None => ask(&town, None, route, 999_999).await,
            };
            assert_eq!(told(&reply), letter, "{route} by {name:?}: {} {}", reply.status, reply.text);
        }
    }
}

#[tokio::test]
async fn contacts_are_shown_to_those_they_concern() {
    let town = Town::opens_with("", MORE_PEOPLE).await;
    let [ana, ben, boss] = [town.signs_in("ana").await, town.signs_in("ben").await, town.signs_in("boss").await];
    let [ada, otto] = [town.signs_in("ada").await, town.signs_in("otto").await];

    ben.is_available().await;
    let bens = town.asks("en", "A tree has fallen").await;
    ben.takes(bens).await;
    ben.is_away().await;
    ana.is_available().await;
    let past = town.asks("es", "Un semáforo apagado").await;
    ana.takes(past).await;
    ana.finishes(past).await;
    let own = town.asks("es", "Un bache").await;
    ana.takes(own).await;
    ana.is_away().await;
    boss.is_available().await;
    let [boss_own, boss_past] = [town.asks("so", "Su'aal").await, town.asks("so", "Su'aal kale").await];
    for contact in [boss_own, boss_past] {
        boss.posts(&format!("/contacts/{contact}/assign"), json!({"rep": boss.id})).await.is(200);
    }
    boss.finishes(boss_past).await;
    let waiting = town.asks("so", "Waan sugayaa").await;
    let offered = town.asks("en", "Gas leak, I smell gas in the house").await;
    ana.is_offered(offered).await;
    boss.is_offered(offered).await;

    for (route, rep, supervisor, admin, auditor) in CONTACT {
        check(&town, &ana, route, rep, &[offered, own, past, bens, waiting, 999_999]).await;
        check(&town, &boss, route, supervisor, &[offered, boss_own, boss_past, bens, waiting, 999_999]).await;
        for (who, letters) in [(&ada, admin), (&otto, auditor)] {
            check(&town, who, route, letters, &[bens, waiting, past, 999_999]).await;
        }
        let nobody = ask(&town, None, route, own).await;
        assert_eq!(told(&nobody), 's', "{route} by nobody");
    }
}

async fn check(town: &Town, who: &Staff<'_>, route: &str, letters: &str, contacts: &[u64]) {
    let mut hidden = Vec::new();
    assert_eq!(letters.len(), contacts.len(), "{route}");
    for (at, (letter, contact)) in letters.chars().zip(contacts).enumerate() {
        let reply = ask(town, Some(who), route, *contact).await;
        assert_eq!(told(&reply), letter, "{route} by {}, relation {at}: {} {}", who.name, reply.status, reply.text);
        if letter == 'h' {
            let mut body = reply.json();
            body["request_id"].take();
            hidden.push(body);
        }
    }
    hidden.dedup();
    assert!(hidden.len() <= 1, "{route}: what is hidden looks like what is not there: {hidden:?}");
}

/// Bodies are such that nothing changes: an unknown field is refused after the gate and before the engine.
async fn ask(town: &Town, who: Option<&Staff<'_>>, route: &str, contact: u64) -> Reply {
    let (method, path) = route.split_once(' ').expect("a method and a path");
    let path = path.replace("{id}", &contact.to_string()).replace("{digest}", "0").replace("{mail}", "1");
    let mut request = town.request(method.parse().expect("a method"), &path).header("origin", town.base());
    if let Some(who) = who {
        request = request.header("cookie", &who.cookie);
    }
    if method != Method::GET {
        request = request.json(&json!({"no_such_field": true}));
    }
    town.sends(request).await
}

/// A file, a mail or an explanation that is not there is a 404 of its own, told apart by its words.
fn told(reply: &Reply) -> char {
    match reply.status.as_u16() {
        401 if !reply.asked.starts_with("POST /api/v1/session") => 's',
        403 if reply.headers["content-type"] == "application/problem+json" => 'f',
        404 if reply.text.contains("no such contact") => 'h',
        _ => 'y',
    }
}
