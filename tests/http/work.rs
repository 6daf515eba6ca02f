//! A rep's day over the API: offers, answers, parking, handing over, closing; and what two people do at the same moment.

use crate::support::desk::Town;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_contact_from_offer_to_the_end_of_wrap_up() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    ana.is_available().await;
    let id = town.asks("es", "Hay un bache enorme en mi calle").await;
    let offer = ana.is_offered(id).await;

    let offers = ana.gets("/offers").await.is(200).json();
    let shown = &offers[0];
    assert_eq!(shown["contact"]["language"]["code"], "es");
    assert!(shown["contact"]["reference"].as_str().unwrap().contains('-'));
    assert!(shown["reason"]["sentence"].as_str().unwrap().starts_with("You: Spanish (written)"), "{shown}");
    assert!(shown["expires_at"].as_i64().is_some());

    let contact = ana.posts(&format!("/offers/{offer}/accept"), json!({})).await.is(200).json();
    assert_eq!(
        (contact["id"].as_u64(), contact["stage"].as_str(), contact["rep"].as_u64()),
        (Some(id), Some("active"), Some(ana.id))
    );
    assert_eq!(contact["messages"][0]["text"], "Hay un bache enorme en mi calle");
    assert_eq!(contact["messages"][0]["from"], json!({"by": "customer"}));

    let say = format!("/contacts/{id}/messages");
    let said = ana.posts(&say, json!({"text": " Vamos mañana. ", "client_id": "m1"})).await.is(201).json();
    assert_eq!((said["seq"].as_u64(), said["text"].as_str()), (Some(2), Some("Vamos mañana.")));
    let again = ana.posts(&say, json!({"text": "Vamos mañana.", "client_id": "m1"})).await.is(201).json();
    assert_eq!(again["seq"], 2, "sent twice, kept once");
    ana.posts(&format!("/contacts/{id}/notes"), json!({"text": "crew 7"})).await.is(201);
    ana.posts(&format!("/contacts/{id}/read"), json!({"first": 1, "seq": 1})).await.is(204);
    ana.posts(&format!("/contacts/{id}/typing"), json!({"on": true})).await.is(204);

    ana.posts(&format!("/contacts/{id}/park"), json!({})).await.is(200);
    assert_eq!(ana.gets(&format!("/contacts/{id}")).await.json()["stage"], "parked");
    ana.posts(&format!("/contacts/{id}/resume"), json!({})).await.is(200);
    ana.posts(&format!("/contacts/{id}/resume"), json!({})).await.is(409);
    ana.posts(&format!("/contacts/{id}/close"), json!({"disposition": "reported"})).await.is(200);
    let held = ana.gets("/contacts").await.is(200).json();
    assert_eq!((held[0]["stage"].as_str(), held[0]["disposition"].as_str()), (Some("wrap_up"), Some("reported")));
    ana.posts(&format!("/contacts/{id}/wrap-up/end"), json!({})).await.is(200);
    assert_eq!(ana.gets("/contacts").await.json(), json!([]));

    let after = ana.gets(&format!("/contacts/{id}")).await.is(200).json();
    assert_eq!((after["stage"].as_str(), after["disposition"].as_str()), (Some("closed"), Some("reported")));
    let texts: Vec<_> =
        after["messages"].as_array().unwrap().iter().map(|m| m["from"]["by"].as_str().unwrap()).collect();
    assert_eq!(texts, ["customer", "rep", "note"]);
}

#[tokio::test]
async fn an_offer_can_be_taken_once() {
    let town = Town::opens().await;
    let [ana, ben] = [town.signs_in("ana").await, town.signs_in("ben").await];
    ana.is_available().await;
    let id = town.asks("es", "Basura en la acera").await;
    let offer = ana.is_offered(id).await;
    let accept = format!("/offers/{offer}/accept");
    let gone = ben.posts(&accept, json!({})).await.is(409).json()["detail"].clone();
    let both = [ana.posts(&accept, json!({})), ana.posts(&accept, json!({})), ana.posts(&accept, json!({}))];
    let answers = futures_util::future::join_all(both).await;
    let mut statuses: Vec<_> = answers.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409], "pressed three times, taken once");
    ana.posts(&format!("/offers/{offer}/decline"), json!({"reason": "busy"})).await.is(409);
    let never = ana.posts("/offers/999999/accept", json!({})).await.is(409).json()["detail"].clone();
    assert_eq!(gone, never, "somebody else's offer looks like none");
}

#[tokio::test]
async fn a_declined_offer_goes_to_somebody_else() {
    let town = Town::opens().await;
    let [ana, ben] = [town.signs_in("ana").await, town.signs_in("ben").await];
    ana.is_available().await;
    let id = town.asks("en", "Is the bridge open?").await;
    let offer = ana.is_offered(id).await;
    ana.posts(&format!("/offers/{offer}/decline"), json!({"reason": "no_reason"})).await.is(422);
    ana.posts(&format!("/offers/{offer}/decline"), json!({"reason": "conflict_of_interest"})).await.is(200);
    ben.is_available().await;
    ben.takes(id).await;
    ana.gets(&format!("/contacts/{id}")).await.is(404);
}

#[tokio::test]
async fn handing_over_takes_the_note_along() {
    let town = Town::opens().await;
    let [ana, ben] = [town.signs_in("ana").await, town.signs_in("ben").await];
    ana.is_available().await;
    let id = town.asks("en", "Where do I vote?").await;
    ana.takes(id).await;
    let transfer = format!("/contacts/{id}/transfer");
    ana.posts(&transfer, json!({"to": {"rep": "ben"}})).await.is(409); // signed out
    ben.is_available().await;
    let reps = ana.gets("/reps").await.is(200).json();
    let bens = reps.as_array().unwrap().iter().find(|rep| rep["name"] == "ben").unwrap();
    assert_eq!((bens["display"].as_str(), bens["presence"]["presence"].as_str()), (Some("Ben"), Some("available")));
    assert_eq!((&bens["load"], &bens["capacity"]), (&json!(0), &json!(100)));
    ana.posts(&transfer, json!({"to": {"rep": "ben"}, "note": "knows the ward"})).await.is(200);
    ana.gets(&format!("/contacts/{id}")).await.is(404);
    ben.is_offered(id).await;
    let why = ben.gets("/offers").await.is(200).json()[0]["reason"]["sentence"].to_string();
    assert!(why.contains("It was handed over by Ana to you."), "{why}");
    ben.takes(id).await;
    let notes = ben.gets(&format!("/contacts/{id}")).await.json()["messages"][1].clone();
    assert_eq!((notes["text"].as_str(), notes["from"]["by"].as_str()), (Some("knows the ward"), Some("note")));

    let queues = ben.gets("/queues").await.is(200).json();
    let queue = queues.as_array().unwrap().iter().find(|name| *name == "general").expect("the shipped plan has it");
    ben.posts(&transfer, json!({"to": {"queue": queue}})).await.is(200);
}

#[tokio::test]
async fn a_supervisor_sees_assigns_and_explains() {
    let town = Town::opens().await;
    let [ana, boss] = [town.signs_in("ana").await, town.signs_in("boss").await];
    let id = town.asks("so", "Waan u baahanahay caawimaad").await;
    let board = boss.gets("/board").await.is(200).json();
    assert_eq!(board["next"][0]["contact"], id);
    assert_eq!(board["waiting"][0]["language"], "so");
    assert!(board["reps"].as_array().unwrap().iter().any(|rep| rep["display"] == "Ana"), "{board}");

    let why = boss.gets(&format!("/contacts/{id}/explanation")).await.is(200).json();
    let sentences: Vec<_> =
        why["sentences"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned()).collect();
    assert!(sentences.iter().any(|s| s.starts_with("Ana: no Somali (written)")), "{sentences:?}");

    let assign = format!("/contacts/{id}/assign");
    boss.posts(&assign, json!({"rep": 999})).await.is(422);
    boss.posts(&assign, json!({"rep": ana.id})).await.is(409); // signed out
    ana.is_available().await;
    boss.posts(&assign, json!({"rep": ana.id})).await.is(200);
    assert_eq!(ana.gets(&format!("/contacts/{id}")).await.is(200).json()["stage"], "active");
}

#[tokio::test]
async fn an_emergency_reaches_everyone_and_a_false_alarm_becomes_urgent() {
    let town = Town::opens().await;
    let [ana, ben, boss] = [town.signs_in("ana").await, town.signs_in("ben").await, town.signs_in("boss").await];
    ana.is_available().await;
    ben.is_away().await;
    boss.is_available().await;
    let id = town.asks("en", "Gas leak, I smell gas in the house").await;
    for rep in [&ana, &ben, &boss] {
        rep.is_offered(id).await;
    }
    assert_eq!(boss.gets("/board").await.json()["unacknowledged"], json!([id]));
    boss.posts(&format!("/contacts/{id}/acknowledge"), json!({})).await.is(200);
    assert_eq!(boss.gets("/board").await.json()["unacknowledged"], json!([]));
    ana.takes(id).await;
    assert_eq!(ben.gets("/offers").await.json(), json!([]));
    ana.posts(&format!("/contacts/{id}/not-an-emergency"), json!({})).await.is(200);
    let sorted = boss.gets(&format!("/contacts/{id}")).await.is(200).json();
    assert_eq!(sorted["urgency"], "urgent", "{sorted}");
    boss.posts(&format!("/contacts/{id}/not-an-emergency"), json!({})).await.is(409);
}

#[tokio::test]
async fn danger_that_comes_up_later_calls_the_rep_who_has_it_and_tells_the_customer_whom_to_call() {
    let town = Town::opens().await;
    let [ana, boss] = [town.signs_in("ana").await, town.signs_in("boss").await];
    ana.is_available().await;
    boss.is_available().await;
    let (id, status) = town.asks_at("es", "Hay un bache en mi calle").await;
    ana.takes(id).await;
    let unseen = json!([id]);
    for _ in 0..2 {
        town.adds(&status, "Ahora huele a gas en la casa").await;
        assert_eq!(boss.gets("/board").await.json()["unacknowledged"], unseen);
    }
    let contact = ana.gets(&format!("/contacts/{id}")).await.is(200).json();
    assert_eq!((contact["urgency"].as_str(), contact["stage"].as_str()), (Some("emergency"), Some("active")));
    assert_eq!((contact["alarm"].as_bool(), contact["rep"].as_u64()), (Some(true), Some(ana.id)));
    let said: Vec<_> = contact["messages"].as_array().unwrap().iter().map(|m| m["from"]["by"].as_str()).collect();
    let told_once = [Some("customer"), Some("customer"), Some("automatic"), Some("customer")];
    assert_eq!(said, told_once, "the customer is told once whom to call");
    let told = contact["messages"][2]["text"].as_str().unwrap();
    assert!(told.contains("911") && told.contains("salga del edificio"), "in Spanish: {told}");
    let page = town.sends(town.request(Method::GET, &status)).await.is(200).text;
    assert!(page.contains("salga del edificio"), "on the status page too");

    ana.posts(&format!("/contacts/{id}/messages"), json!({"text": "Salga de la casa ahora."})).await.is(201);
    assert_eq!(boss.gets("/board").await.json()["unacknowledged"], json!([]), "answered is seen");
    assert_eq!(ana.gets(&format!("/contacts/{id}")).await.json()["alarm"], false);
}

#[tokio::test]
async fn pages_lead_staff_to_their_screens() {
    let town = Town::opens().await;
    let [ana, boss] = [town.signs_in("ana").await, town.signs_in("boss").await];
    let page = |path, cookie: &str| town.sends(town.request(Method::GET, path).header("cookie", cookie));
    assert!(page("/desk", "").await.is(200).text.contains("id=\"sign-in\""));
    assert!(page("/board", "").await.is(200).text.contains("id=\"sign-in\""));
    assert!(page("/desk", &ana.cookie).await.is(200).text.contains("<rep-console"));
    assert!(page("/board", &boss.cookie).await.is(200).text.contains("<queue-board"));
    assert!(page("/board", &ana.cookie).await.is(403).text.contains("The board is for supervisors"));

    let form = |password: &str| {
        let request = town.request(Method::POST, "/desk/sign-in").header("origin", town.base());
        town.sends(request.form(&[("name", "ana"), ("password", password)]))
    };
    let wrong = form("not-her-password").await.is(401);
    assert!(wrong.text.contains("The name or the password is wrong."), "{}", wrong.text);
    let right = form(crate::support::city::PASSWORD).await.is(303);
    assert_eq!(right.headers["location"], "/desk");
    assert!(right.headers["set-cookie"].to_str().unwrap().starts_with("steelbridge="));
}

#[tokio::test]
async fn a_rep_corrects_the_language_a_contact_is_in() {
    let town = Town::opens().await;
    let [ana, boss] = [town.signs_in("ana").await, town.signs_in("boss").await];
    ana.is_available().await;
    let id = town.asks("es", "Um buraco na minha rua").await;
    ana.takes(id).await;
    let path = format!("/contacts/{id}/language");
    let put = |language: &str| ana.puts(&path, json!({"language": language}));
    for wrong in ["", "Portuguese", "p", "pt BR", "123"] {
        assert_eq!(put(wrong).await.is(422).json()["field"], "language", "{wrong:?}");
    }
    let shown = put("pt-br").await.is(200).json();
    assert_eq!(shown["language"], json!({"code": "pt", "source": "rep", "confidence": 100}));
    assert_eq!((shown["stage"].as_str(), shown["rep"].as_u64()), (Some("active"), Some(ana.id)));
    let kept = ana.gets(&format!("/contacts/{id}")).await.is(200).json();
    assert_eq!(kept["language"], shown["language"]);

    let why = boss.gets(&format!("/contacts/{id}/explanation")).await.is(200).json();
    assert_eq!(why["need"]["language"], "pt", "whoever takes it over writes Portuguese");
    ana.posts(&format!("/contacts/{id}/transfer"), json!({"to": {"queue": "general"}})).await.is(200);
    put("es").await.is(404);
    let cell = &boss.gets("/board").await.json()["waiting"][0];
    assert_eq!((cell["language"].as_str(), cell["count"].as_u64()), (Some("pt"), Some(1)));

    let languages = ana.gets("/languages").await.is(200).json();
    let tags: Vec<_> = languages.as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
    assert_eq!((tags[0], tags.contains(&"vi")), ("en", true), "{tags:?}");
}

#[tokio::test]
async fn a_text_tells_its_language_when_nobody_chose_one() {
    let town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    ana.is_available().await;
    for (text, code, source) in
        [("No recogieron la basura de mi calle esta semana", "es", "detected"), ("hi", "en", "default")]
    {
        let body = json!({"channel": "form", "service": "streetlight", "text": text});
        let reply = town.sends(town.request(Method::POST, "/api/v1/contacts").json(&body)).await.is(201);
        let id = reply.json()["contact_id"].as_u64().unwrap();
        ana.takes(id).await;
        let language = ana.gets(&format!("/contacts/{id}")).await.is(200).json()["language"].clone();
        assert_eq!((language["code"].as_str(), language["source"].as_str()), (Some(code), Some(source)), "{text}");
        let sure = language["confidence"].as_u64().unwrap();
        assert_eq!(sure >= 60, source == "detected", "{text}: {sure}");
    }
}
