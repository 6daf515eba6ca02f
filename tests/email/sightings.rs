//! A mailbox that several share: who of them saw which mail, who else reads along, and how far an answer got.

use super::world::{World, conversation, mail, offered, reply_to};
use serde_json::{Value, json};

/// Who saw a message, by the names that colleagues call them.
fn seen(message: &Value) -> Vec<&str> {
    let seen = message["seen"].as_array().map(Vec::as_slice).unwrap_or_default();
    seen.iter().map(|one| one["display"].as_str().expect("a name")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ana_answers_and_is_off_and_ben_sees_what_she_saw_and_who_looked() {
    let world = World::opens().await;
    let [ana, ben] = [world.town.signs_in("ana").await, world.town.signs_in("ben").await];
    ana.is_available().await;
    let first = mail("maria@resident.example", "311@city.example", "A dead tree", "It leans over the pavement.");
    let to = "To: Front <311@city.example>, Juan <Juan@resident.example>\n\
              Cc: landlord@house.example, juan@resident.example, 311+x@city.example, maria@resident.example\n";
    let first = first.replace("To: 311@city.example\n", to);
    world.office.sends("maria@resident.example", "311@city.example", &first).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    let at = format!("/contacts/{contact}");
    let (mut anas, _) = ana.goes_live().await;
    ana.posts(&format!("{at}/read"), json!({"first": 1, "seq": 1})).await.is(204);
    anas.hears("seen").await;
    ana.posts(&format!("{at}/messages"), json!({"text": "Which street is it?"})).await.is(201);
    let fares = loop {
        let fares = anas.hears("delivery").await;
        if fares["state"] == "sent" {
            break fares;
        }
    };
    assert_eq!((fares["message"].as_u64(), fares["to"].as_str()), (Some(2), Some("maria@resident.example")));
    let letters = world.office.delivered("maria", 2).await;
    let answer = letters.iter().find(|letter| letter.contains("Which street")).expect("her answer");
    assert!(!answer.contains("juan@") && !answer.contains("landlord@"), "it goes to her only: {answer}");
    ana.posts(&format!("{at}/park"), json!({})).await.is(200);
    ana.becomes(json!({"presence": "offline"})).await;

    ben.is_available().await;
    let back = mail("maria@resident.example", &reply_to(answer), "Re: A dead tree", "Oak Street.");
    world.office.sends("maria@resident.example", &reply_to(answer), &back).await;
    ben.takes(contact).await;
    let (mut bens, _) = ben.goes_live().await;
    ben.posts(&format!("{at}/read"), json!({"first": 1, "seq": 3})).await.is(204);
    assert_eq!(bens.hears("seen").await["display"], "Ben");
    let boss = world.town.signs_in("boss").await;
    boss.gets(&at).await.is(200);
    let looked = bens.hears("seen").await;
    assert_eq!(
        (looked["display"].as_str(), &looked["first"], &looked["last"]),
        (Some("The boss"), &json!(1), &json!(3))
    );

    conversation(&ben, contact, 3).await;
    let shown = ben.gets(&at).await.is(200).json();
    let said = &shown["messages"];
    assert_eq!(seen(&said[0]), ["Ana", "Ben", "The boss"], "{shown}");
    assert_eq!(seen(&said[2]), ["Ben", "The boss"], "Ana was off by then");
    let also_to = json!(["Juan@resident.example", "landlord@house.example"]);
    assert_eq!(said[0]["mail"]["also_to"], also_to, "neither ours nor her own, and each once");
    assert_eq!(said[2]["mail"].get("also_to"), None, "this one went to us alone");
    let delivery = &said[1]["delivery"];
    assert_eq!((delivery["to"].as_str(), delivery["state"].as_str()), (Some("maria@resident.example"), Some("sent")));
    assert_eq!(delivery["at"], fares["at"], "when the relay took it over");
    assert!(delivery["at"].as_i64() >= said[1]["at"].as_i64() && delivery.get("returned_at").is_none(), "{delivery}");
    let log = std::fs::read_to_string(world.town.city.log()).expect("a log");
    for word in ["juan@", "Juan@", "landlord@", "pavement"] {
        assert!(!log.contains(word), "`{word}` is in the log:\n{log}");
    }
}
