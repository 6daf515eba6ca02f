//! A supervisor looks into what representatives have: the list leaves no trace, reading does.

use crate::support::desk::{Staff, Town};
use serde_json::{Value, json};

async fn card(boss: &Staff<'_>, name: &str) -> Value {
    let board = boss.gets("/board").await.is(200).json();
    board["reps"].as_array().expect("a list").iter().find(|rep| rep["name"] == name).expect("on the roster").clone()
}

#[tokio::test]
async fn an_emergency_that_is_taken_stays_in_sight_and_reading_it_leaves_a_trace() {
    let town = Town::opens().await;
    let [ana, ben, boss] = [town.signs_in("ana").await, town.signs_in("ben").await, town.signs_in("boss").await];
    ana.is_available().await;
    let contact = town.asks("en", "Gas leak, I smell gas in the house").await;
    assert_eq!(card(&boss, "ana").await["emergencies"], 0, "she is asked, and has not taken it");
    ana.takes(contact).await;
    assert_eq!(card(&boss, "ana").await["emergencies"], 1);

    let at = format!("/reps/{}/contacts", ana.id);
    let held = boss.gets(&at).await.is(200).json();
    let one = &held[0];
    assert_eq!((held.as_array().map(Vec::len), one["id"].as_u64()), (Some(1), Some(contact)));
    assert_eq!(
        (one["channel"].as_str(), one["urgency"].as_str(), one["stage"].as_str(), one["language"]["code"].as_str()),
        (Some("form"), Some("emergency"), Some("active"), Some("en"))
    );
    assert!(one["reference"].is_string() && one["since"].is_i64() && one.get("messages").is_none(), "{one}");
    for nothing in [ben.id, 999_999, u64::MAX] {
        let held = boss.gets(&format!("/reps/{nothing}/contacts")).await.is(200).json();
        assert_eq!(held, json!([]), "{nothing}");
    }
    ana.gets(&at).await.is(403);

    let path = format!("/contacts/{contact}");
    let seen = async || ana.gets(&path).await.is(200).json()["messages"][0].get("seen").cloned();
    assert_eq!(seen().await, None, "the list shows nothing of what was said");
    let (mut screen, _) = ana.goes_live().await;
    boss.gets(&path).await.is(200);
    assert_eq!(screen.hears("seen").await["display"], "The boss");

    ana.posts(&format!("{path}/close"), json!({"disposition": "referred"})).await.is(200);
    assert_eq!(card(&boss, "ana").await["emergencies"], 0, "what is left is her own work");
    ana.posts(&format!("{path}/wrap-up/end"), json!({})).await.is(200);
    assert_eq!(boss.gets(&at).await.is(200).json(), json!([]));
}
