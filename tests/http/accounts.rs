//! Somebody leaves the programme: an admin keeps them out while the daemon runs, and they are out at once.

use super::roles::MORE_PEOPLE;
use crate::support::city::PASSWORD;
use crate::support::desk::{Reply, Town};
use reqwest::Method;
use serde_json::{Value, json};

async fn tries_to_sign_in(town: &Town, name: &str) -> Reply {
    let body = json!({"name": name, "password": PASSWORD});
    town.sends(town.request(Method::POST, "/api/v1/session").header("origin", town.base()).json(&body)).await
}

fn disabled(accounts: &Value) -> Vec<&str> {
    let all = accounts.as_array().expect("a list").iter();
    all.filter(|account| account["disabled"] == true).filter_map(|account| account["name"].as_str()).collect()
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_comes_back_by_signing_in() {
    let town = Town::opens_with("", MORE_PEOPLE).await;
    let [ada, boss, ben] = [town.signs_in("ada").await, town.signs_in("boss").await, town.signs_in("ben").await];
    let [ana, at_home] = [town.signs_in("ana").await, town.signs_in("ana").await];
    ana.is_available().await;
    let id = town.asks("en", "Is the bridge open?").await;
    ana.takes(id).await;
    let (mut desk, mut home) = (ana.goes_live().await.0, at_home.goes_live().await.0);

    let out = ada.posts("/accounts/ana/disable", json!({})).await.is(200).json();
    assert_eq!((out["name"].as_str(), out["disabled"].as_bool()), (Some("ana"), Some(true)));
    assert!(out.get("password").is_none() && out["has_password"] == true, "{out}");
    assert_eq!([desk.is_closed().await, home.is_closed().await], [Some(4401), Some(4401)], "both screens close");
    for session in [&ana, &at_home] {
        session.gets("/me").await.is(401);
        session.posts(&format!("/contacts/{id}/messages"), json!({"text": "Still here"})).await.is(401);
    }
    tries_to_sign_in(&town, "ana").await.is(401);
    ben.is_available().await;
    ben.takes(id).await; // given back in the same commit
    let reps = boss.gets("/reps").await.is(200).json();
    let presence =
        |name: &str| reps.as_array().unwrap().iter().find(|r| r["name"] == name).unwrap()["presence"].clone();
    assert_eq!(presence("ana")["presence"], "offline", "{reps}");
    assert_eq!(disabled(&ada.gets("/accounts").await.is(200).json()), ["ana"]);

    ada.posts("/accounts/ana/disable", json!({})).await.is(200);
    let back = ada.posts("/accounts/ana/enable", json!({})).await.is(200).json();
    assert_eq!(back["disabled"], false);
    ana.gets("/me").await.is(401);
    town.signs_in("ana").await.is_available().await;
    assert!(disabled(&ada.gets("/accounts").await.json()).is_empty());
}

#[tokio::test]
async fn nobody_shuts_themselves_out() {
    let town = Town::opens_with("", MORE_PEOPLE).await;
    let [ada, otto] = [town.signs_in("ada").await, town.signs_in("otto").await];
    ada.posts("/accounts/ada/disable", json!({})).await.is(409);
    ada.posts("/accounts/nobody/disable", json!({})).await.is(404);
    ada.posts("/accounts/nobody/enable", json!({})).await.is(404);
    ada.gets("/me").await.is(200);
    ada.posts("/accounts/otto/disable", json!({})).await.is(200); // has no place on the board to be taken off
    otto.gets("/me").await.is(401);
    let names = ada.gets("/accounts").await.json();
    let names: Vec<_> = names.as_array().unwrap().iter().map(|account| account["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ada", "ana", "ben", "boss", "otto"]);
}

#[tokio::test]
async fn signing_out_at_home_leaves_the_desk_at_work() {
    let town = Town::opens_with("", MORE_PEOPLE).await;
    let [boss, ana, at_home] = [town.signs_in("boss").await, town.signs_in("ana").await, town.signs_in("ana").await];
    ana.is_available().await;
    let (mut desk, mut home) = (ana.goes_live().await.0, at_home.goes_live().await.0);
    let id = town.asks("en", "Is the bridge open?").await;
    ana.takes(id).await;
    let presence = async || {
        let reps = boss.gets("/reps").await.is(200).json();
        reps.as_array().unwrap().iter().find(|r| r["name"] == "ana").unwrap()["presence"]["presence"].clone()
    };

    town.sends(at_home.request(Method::DELETE, "/session")).await.is(204);
    assert_eq!(home.is_closed().await, Some(4401));
    at_home.gets("/me").await.is(401);
    assert_eq!(presence().await, "available");
    ana.posts(&format!("/contacts/{id}/messages"), json!({"text": "It is."})).await.is(201);

    town.sends(ana.request(Method::DELETE, "/session")).await.is(204);
    assert_eq!(desk.is_closed().await, Some(4401));
    assert_eq!(presence().await, "offline", "nobody is left at a screen");
}

#[tokio::test]
async fn a_rep_gets_in_while_many_networks_guess() {
    let town = Town::opens().await;
    let tries = async |from: u8, name: &str, password: &str| {
        let client = reqwest::Client::builder().local_address(std::net::IpAddr::from([127, 0, 0, from]));
        let request = client.build().unwrap().post(format!("{}/api/v1/session", town.base()));
        let body = json!({"name": name, "password": password});
        request.header("origin", town.base()).json(&body).send().await.unwrap().status().as_u16()
    };
    let strangers = (0..60).map(|n| tries(2 + n / 2, "ana", "not the password of Ana"));
    let rep = tries(99, "ana", PASSWORD);
    let (strangers, rep) = futures_util::join!(futures_util::future::join_all(strangers), rep);
    assert_eq!(rep, 200);
    assert_eq!(strangers, [401; 60], "they wait for their turn, too");
    let log = town.city.last_words();
    assert!(log.contains("127.0.0.0/24") && log.contains("account=") && !log.contains("not the password"), "{log}");
}
