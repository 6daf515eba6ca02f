//! Mail within conversations, mail that is held, and what did not arrive: who sees it, and that it can do no harm.

use crate::support::archive::{Archive, Lay, dead_mail};
use crate::support::desk::{Staff, Town};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use steelbridge::message::delivery::DeliveryState;
use steelbridge::message::mail::{Fate, Trust};

const MARIA: &str = "maria@example.org";
/// Text, a quotation, and HTML that would like to do many things.
const HOSTILE: &str = "From: Maria <maria@example.org>\r\nTo: 311@city.example\r\nSubject: Re: The pothole\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/alternative; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nAt the corner of 82nd.\r\n\r\nOn Mon, 1 Jun 2026 at 9:00, 311 wrote:\r\n> Where is it?\r\n\
    --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>At the <b>corner</b> of 82nd.</p><script>steal()</script>\
    <img src=\"https://tracker.example/pixel.gif\"><form action=\"https://tracker.example/\"><input name=p></form>\r\n--b--\r\n";
const PLAIN: &str = "From: x@example.net\r\nFrom: y@example.net\r\nSubject: Two names\r\n\r\nPlease look at this.\r\n";

fn by(from: &'static str, subject: &'static str, raw: &'static str) -> Lay<'static> {
    Lay { from, subject, raw, why: "person", trust: Trust::Authentic, also_to: &[] }
}

/// The daemon stops, something happens to its store, and it is there again.
async fn overnight(town: &mut Town, happens: impl FnOnce(&mut Archive)) {
    town.daemon.signal("TERM");
    town.daemon.until_ended(Duration::from_secs(10)).await.expect("it stops");
    let mut archive = Archive::of(&town.city);
    happens(&mut archive);
    drop(archive);
    town.daemon = town.city.start().await;
}

/// Maria asks by the form and leaves her address.
async fn maria_asks(town: &Town) -> u64 {
    let body = json!({"channel": "form", "service": "pothole", "text": "A hole", "language": "es", "email": MARIA, "fields": {"location": "82nd"}});
    let reply = town.sends(town.request(Method::POST, "/api/v1/contacts").json(&body)).await.is(201);
    reply.json()["contact_id"].as_u64().expect("a number")
}

fn messages(contact: &Value) -> &Vec<Value> {
    contact["messages"].as_array().expect("a list")
}

/// Signed in still: sessions outlive a restart.
fn again<'a>(town: &'a Town, who: &(String, u64, String)) -> Staff<'a> {
    Staff { town, name: who.0.clone(), id: who.1, cookie: who.2.clone() }
}

fn badge(who: Staff<'_>) -> (String, u64, String) {
    (who.name, who.id, who.cookie)
}

#[tokio::test]
async fn a_conversation_shows_its_mails_and_how_answers_fare() {
    let mut town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    ana.is_available().await;
    let contact = maria_asks(&town).await;
    ana.takes(contact).await;
    let rep = ana.id;
    let ana = badge(ana);
    overnight(&mut town, |archive| {
        archive.mails(contact, rep, "Where is it?", MARIA, DeliveryState::Sent, None);
        archive.answers(contact, "At the corner of 82nd.", by("Maria@Example.org", "Re: The pothole", HOSTILE));
        let other = Lay { trust: Trust::Doubtful, why: "mailing_list", ..by("juan@example.net", "Me too", PLAIN) };
        archive.answers(contact, "Here as well", other);
        archive.mails(contact, rep, "Thank you", MARIA, DeliveryState::Failed, Some("550 5.1.1 no such user"));
        archive.tells_staff(contact, "The answer did not arrive.");
    })
    .await;

    let ana = again(&town, &ana);
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let said = messages(&shown);
    assert_eq!(said[0].get("mail"), None, "the form itself is no mail");
    let sent = &said[1]["delivery"];
    assert_eq!(
        (sent["state"].as_str(), sent["to"].as_str(), sent.get("returned_at")),
        (Some("sent"), Some(MARIA), None)
    );
    assert!(sent["at"].as_i64() >= said[1]["at"].as_i64(), "when the relay took it over: {sent}");
    let (own, other) = (&said[2]["mail"], &said[3]["mail"]);
    assert_eq!((own["from"].as_str(), own["other_sender"].as_bool()), (Some("Maria@Example.org"), Some(false)));
    assert_eq!(
        (own["trust"].as_str(), own["folded"].as_bool(), own["html"].as_bool()),
        (Some("authentic"), Some(true), Some(true))
    );
    assert_eq!(own.get("why"), None, "a person's mail needs no reason");
    assert_eq!((other["from"].as_str(), other["other_sender"].as_bool()), (Some("juan@example.net"), Some(true)));
    assert_eq!(
        (other["trust"].as_str(), other["why"].as_str()),
        (Some("doubtful"), Some("It came over a mailing list."))
    );
    let failed = &said[4]["delivery"];
    assert_eq!((failed["state"].as_str(), failed["said"].as_str()), (Some("failed"), Some("550 5.1.1 no such user")));
    assert_eq!(said[5]["from"]["by"], "memo");

    let path = format!("/contacts/{contact}/mails/{}", own["id"]);
    let folded = ana.gets(&format!("{path}/folded")).await.is(200).json();
    assert!(folded["text"].as_str().unwrap().contains("Where is it?"), "{folded}");
    frames_do_no_harm(&ana, &format!("{path}/html")).await;

    ana.gets(&format!("{path}/original")).await.is(403);
    let boss = town.signs_in("boss").await;
    let original = boss.gets(&format!("{path}/original")).await.is(200);
    assert_eq!(original.text, HOSTILE, "byte for byte");
    assert_eq!(original.headers["content-type"], "message/rfc822");
    assert!(original.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"mail-"));
    assert_eq!(original.headers["x-content-type-options"], "nosniff");

    let elsewhere = town.asks("en", "Another matter").await;
    boss.gets(&format!("/contacts/{elsewhere}/mails/{}/folded", own["id"])).await.is(404);
    town.signs_in("ben").await.gets(&format!("{path}/folded")).await.is(404);
}

/// HTML of a stranger is a page of its own that may do nothing, and nothing that could is left in it.
async fn frames_do_no_harm(who: &Staff<'_>, path: &str) {
    let html = who.gets(path).await.is(200);
    let policy = html.headers["content-security-policy"].to_str().unwrap();
    for part in ["default-src 'none'", "sandbox", "frame-ancestors 'self'", "img-src data:", "form-action 'none'"] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!policy.contains("allow-"), "{policy}");
    assert_eq!(html.headers["x-content-type-options"], "nosniff");
    assert!(html.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(html.text.contains("<b>corner</b>"), "{}", html.text);
    for gone in ["script", "steal", "tracker", "<form", "<input"] {
        assert!(!html.text.contains(gone), "{gone} in {}", html.text);
    }
}

#[tokio::test]
async fn held_mail_and_what_did_not_arrive_are_for_supervisors() {
    let mut town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    let contact = maria_asks(&town).await;
    let rep = ana.id;
    let ana = badge(ana);
    overnight(&mut town, |archive| {
        archive.holds(Lay { why: "two_senders", trust: Trust::Unknown, ..by("x@example.net", "Two names", PLAIN) });
        archive.holds(Lay {
            why: "not_authentic",
            trust: Trust::Doubtful,
            ..by("maria@example.org", "Re: The pothole", HOSTILE)
        });
        archive.holds(Lay { why: "could not be fetched", trust: Trust::Unknown, ..by("", "", "") });
        archive.mails(
            contact,
            rep,
            "On its way",
            MARIA,
            DeliveryState::Unknown,
            Some("the connection was lost after the last byte"),
        );
    })
    .await;

    let ana = again(&town, &ana);
    for path in ["/held", "/held/1", "/held/1/html", "/held/1/original", "/deliveries/troubled"] {
        ana.gets(path).await.is(403);
    }
    let boss = town.signs_in("boss").await;
    let list = boss.gets("/held").await.is(200).json();
    let subjects: Vec<_> = list.as_array().unwrap().iter().map(|mail| mail["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["Two names", "Re: The pothole", ""], "the oldest first");
    assert!(list[0]["why"].as_str().unwrap().contains("more than one sender"), "{list}");
    assert_eq!((list[2]["from"].is_null(), list[2]["original"].as_bool()), (true, Some(false)));

    let one = |at: usize| format!("/held/{}", list[at]["id"]);
    let mail = boss.gets(&one(1)).await.is(200).json();
    assert_eq!(
        (mail["text"].as_str().map(str::trim), mail["html"].as_bool()),
        (Some("At the corner of 82nd."), Some(true))
    );
    assert!(mail["folded"].as_str().unwrap().contains("Where is it?"));
    assert!(
        mail["headers"].as_array().unwrap().contains(&json!({"name": "From", "value": "Maria <maria@example.org>"}))
    );
    frames_do_no_harm(&boss, &format!("{}/html", one(1))).await;
    assert_eq!(boss.gets(&format!("{}/original", one(0))).await.is(200).text, PLAIN);
    let unread = boss.gets(&one(2)).await.is(200).json();
    assert_eq!(unread["problem"], "it could not be fetched from the mailbox");
    boss.gets(&format!("{}/original", one(2))).await.is(404);
    boss.gets("/held/999999").await.is(404);

    let troubled = boss.gets("/deliveries/troubled").await.is(200).json();
    assert_eq!((troubled[0]["contact"].as_u64(), troubled[0]["to"].as_str()), (Some(contact), Some(MARIA)));
    assert_eq!((troubled[0]["state"].as_str(), troubled[0]["kind"].as_str()), (Some("unknown"), Some("reply")));
    let board = boss.gets("/board").await.is(200).json();
    assert_eq!((board["held"]["count"].as_u64(), board["troubled"]["count"].as_u64()), (Some(3), Some(1)));
    somebody_deals_with_it(&boss, contact, &troubled[0]).await;

    let page = town.sends(town.request(Method::GET, "/held").header("cookie", &boss.cookie)).await.is(200);
    assert!(page.text.contains("<held-mail"));
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("frame-src 'self'"));
    town.sends(town.request(Method::GET, "/held").header("cookie", &ana.cookie)).await.is(403);
}

/// Off the list and the board, with a note on the contact; once.
async fn somebody_deals_with_it(boss: &Staff<'_>, contact: u64, troubled: &Value) {
    let settle = format!("/deliveries/{}/settle", troubled["id"]);
    boss.posts(&settle, json!({"note": "x".repeat(100_000)})).await.is(422);
    boss.posts(&settle, json!({"note": "Called her: she knows."})).await.is(200);
    assert_eq!(boss.gets("/deliveries/troubled").await.is(200).json(), json!([]));
    let board = boss.gets("/board").await.is(200).json();
    assert_eq!(board["troubled"]["count"].as_u64(), Some(0));
    let its = boss.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let last = its["messages"].as_array().unwrap().last().unwrap();
    assert_eq!((last["from"]["by"].as_str(), last["text"].as_str()), (Some("note"), Some("Called her: she knows.")));
    boss.posts(&settle, json!({})).await.is(409);
    boss.posts("/deliveries/999999/settle", json!({})).await.is(404);
}

#[tokio::test]
async fn of_two_who_deal_with_a_delivery_at_once_one_is_told_that_it_was_done() {
    let mut town = Town::opens().await;
    let ana = badge(town.signs_in("ana").await);
    let contact = maria_asks(&town).await;
    overnight(&mut town, |archive| {
        for _ in 0..5 {
            archive.mails(contact, ana.1, "On its way", MARIA, DeliveryState::Failed, Some("550 no such user"));
        }
    })
    .await;
    let boss = town.signs_in("boss").await;
    let troubled = boss.gets("/deliveries/troubled").await.is(200).json();
    let troubled = troubled.as_array().expect("a list");
    assert_eq!(troubled.len(), 5);
    for delivery in troubled {
        let settle = format!("/deliveries/{}/settle", delivery["id"]);
        let at_once = (0..8).map(|who| boss.posts(&settle, json!({"note": format!("I am {who}")})));
        let told = futures_util::future::join_all(at_once).await;
        let mut told: Vec<u16> = told.into_iter().map(|reply| reply.status.as_u16()).collect();
        told.sort_unstable();
        assert_eq!(told, [200, 409, 409, 409, 409, 409, 409, 409]);
    }
    let its = boss.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let notes = messages(&its).iter().filter(|message| message["from"]["by"] == "note");
    assert_eq!(notes.count(), 5, "what the others would have said beside it is not kept");
}

#[tokio::test]
async fn the_newest_messages_keep_their_mails_and_deliveries_however_many_came_before() {
    let mut town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    ana.is_available().await;
    let contact = maria_asks(&town).await;
    ana.takes(contact).await;
    let ana = badge(ana);
    overnight(&mut town, |archive| {
        archive.answers_on_and_on(contact, 1_005, by("juan@example.net", "Me too", PLAIN));
        archive.mails(contact, ana.1, "Thank you", MARIA, DeliveryState::Sent, None);
    })
    .await;
    let ana = again(&town, &ana);
    let all = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let (_, snapshot) = ana.goes_live().await;
    for (shown, most) in [(&all, 1_000), (&snapshot["contacts"][0], 50)] {
        let (last, mails) = messages(shown).split_last().expect("messages");
        assert_eq!((last["delivery"]["state"].as_str(), mails.len()), (Some("sent"), most - 1));
        let bare: Vec<_> = mails.iter().filter(|message| message["mail"]["other_sender"] != true).collect();
        assert!(bare.is_empty(), "{} without who wrote them: {}", bare.len(), bare[0]);
    }
}

/// What cannot be read costs only itself: the screen opens, and shows the others.
#[tokio::test]
async fn damaged_rows_close_nobodys_screen() {
    let mut town = Town::opens().await;
    let ana = town.signs_in("ana").await;
    ana.is_available().await;
    let contact = maria_asks(&town).await;
    ana.takes(contact).await;
    let (lost, silent) = (town.asks("es", "Un bache").await, town.asks("es", "Otro bache").await);
    ana.takes(lost).await;
    ana.takes(silent).await;
    let ana = badge(ana);
    overnight(&mut town, |archive| {
        for mail in ["One", "Two"] {
            archive.answers(contact, mail, by(MARIA, mail, PLAIN));
            archive.mails(contact, ana.1, mail, MARIA, DeliveryState::Sent, None);
        }
    })
    .await;
    town.daemon.signal("TERM");
    town.daemon.until_ended(Duration::from_secs(10)).await.expect("it stops");
    let books = rusqlite::Connection::open(town.city.data.join("steelbridge.db")).expect("the books");
    let damage = format!(
        "UPDATE mail SET why = 'because' WHERE subject = 'One'; UPDATE delivery SET recipient = 'x' WHERE seq = 3;
         UPDATE contact SET subject = 'x' WHERE id = {lost}; UPDATE message SET text = 'x' WHERE contact = {silent}"
    );
    books.execute_batch(&damage).expect("it is done");
    drop(books);
    town.daemon = town.city.start().await;

    let ana = again(&town, &ana);
    let (mut screen, snapshot) = ana.goes_live().await;
    let ids = |list: &Value| list.as_array().expect("a list").iter().map(|one| one["id"].as_u64()).collect::<Vec<_>>();
    assert_eq!(ids(&snapshot["contacts"]), [Some(contact)]);
    assert_eq!(
        ids(&ana.gets("/contacts").await.is(200).json()),
        [Some(contact), Some(silent)],
        "nothing said is asked"
    );
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let beside: Vec<_> =
        messages(&shown).iter().map(|one| (one["mail"].is_object(), one["delivery"].is_object())).collect();
    assert_eq!(beside, [(false, false), (false, false), (false, false), (true, false), (false, true)]);
    ana.gets(&format!("/contacts/{lost}")).await.is(503);
    ana.posts(&format!("/contacts/{lost}/park"), json!({})).await.is(200);
    ana.posts(&format!("/contacts/{contact}/messages"), json!({"text": "Thank you"})).await.is(201);
    assert_eq!(screen.hears("message").await["message"]["text"], "Thank you", "the screen is still there");
}

#[tokio::test]
async fn a_decision_is_made_once_and_by_name_and_screens_hear_of_it() {
    let mut town = Town::opens().await;
    overnight(&mut town, |archive| {
        archive.holds(Lay { why: "spam", trust: Trust::Unknown, ..by("x@example.net", "Win a car", PLAIN) });
        archive.holds(Lay { why: "could not be fetched", trust: Trust::Unknown, ..by("", "", "") });
    })
    .await;
    let boss = town.signs_in("boss").await;
    let (mut screen, snapshot) = boss.goes_live().await;
    assert_eq!(snapshot["board"]["held"]["count"], 2);

    boss.posts("/held/2/release", json!({})).await.is(422); // no mailbox is set up, so nobody would answer
    boss.posts("/held/1/discard", json!({"why": "spam"})).await.is(422); // nothing is asked but the decision
    boss.posts("/held/1/discard", json!({})).await.is(200);
    let board = loop {
        let board = screen.hears("board").await["board"].clone();
        if board["held"]["count"] != 2 {
            break board;
        }
    };
    assert_eq!(board["held"]["count"], 1);
    assert_ne!(board["held"]["mark"], snapshot["board"]["held"]["mark"]);

    for again in ["discard", "release"] {
        let refused = boss.posts(&format!("/held/1/{again}"), json!({})).await.is(409);
        assert!(refused.text.contains("discarded this mail already"), "{}", refused.text);
    }
    boss.gets("/held/1").await.is(409);
    let left = boss.gets("/held").await.is(200).json();
    assert_eq!(
        left.as_array().map(|mails| mails.iter().map(|mail| mail["id"].as_u64()).collect()),
        Some(vec![Some(2)])
    );

    let id = boss.id;
    town.daemon.signal("TERM");
    town.daemon.until_ended(Duration::from_secs(10)).await.expect("it stops");
    let kept = Archive::of(&town.city).mail(1);
    assert_eq!(
        (kept.fate, kept.decided.map(|(by, _)| u64::from(by.0))),
        (Fate::Discarded, Some(id)),
        "kept, with who decided"
    );
}

#[tokio::test]
async fn a_released_mail_becomes_a_contact_and_answers_go_by_mail() {
    let mut town = Town::opens().await;
    let settings = dead_mail(&town.city);
    town.city.adds_settings(&settings);
    overnight(&mut town, |archive| {
        archive.holds(Lay { why: "not_authentic", trust: Trust::Doubtful, ..by(MARIA, "Re: The pothole", HOSTILE) });
    })
    .await;
    let [ana, boss] = [town.signs_in("ana").await, town.signs_in("boss").await];
    ana.is_available().await;
    let released = boss.posts("/held/1/release", json!({})).await.is(200).json();
    let contact = released["contact"].as_u64().expect("a contact");
    ana.takes(contact).await;
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    assert_eq!((&shown["reference"], shown["channel"].as_str()), (&released["reference"], Some("email")));
    assert_eq!(shown["mailed_to"], MARIA);
    let mail = &messages(&shown)[0]["mail"];
    assert_eq!((mail["id"].as_u64(), mail["trust"].as_str()), (Some(1), Some("doubtful")));
    assert_eq!((&mail["released"]["display"], &mail["released"]["rep"]), (&json!("The boss"), &json!(boss.id)));
    assert!(mail["why"].as_str().unwrap().contains("may be forged"), "the rep knows what the supervisor knew: {mail}");
    boss.posts("/held/1/release", json!({})).await.is(409);

    let (mut screen, _) = ana.goes_live().await;
    let path = format!("/contacts/{contact}/messages");
    let said = ana.posts(&path, json!({"text": "A crew is on its way."})).await.is(201).json();
    let fares = screen.hears("delivery").await;
    assert_eq!((fares["contact_id"].as_u64(), &fares["message"]), (Some(contact), &said["seq"]));
    assert_eq!((fares["to"].as_str(), fares.get("at")), (Some(MARIA), None), "on its way, and not over: {fares}");
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let state = messages(&shown)[1]["delivery"]["state"].as_str().unwrap().to_owned();
    assert!(["waiting", "sending"].contains(&state.as_str()), "nobody answers at the relay: {state}");
}

#[tokio::test]
async fn the_board_shows_how_mailboxes_and_relay_are_doing_the_worst_first() {
    let mut town = Town::opens().await;
    let settings = dead_mail(&town.city);
    town.city.adds_settings(&settings);
    overnight(&mut town, |_| {}).await;
    let boss = town.signs_in("boss").await;
    let (mut screen, snapshot) = boss.goes_live().await;
    maria_asks(&town).await; // and is told that we have it: there is something to send
    let mut board = snapshot["board"].clone();
    let line = |board: &Value, name: &str| {
        board["adapters"].as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
    };
    while line(&board, "Mailbox desk")["state"] != "down" || line(&board, "Mail relay")["why"].is_null() {
        board = screen.hears("board").await["board"].clone();
    }
    let (mailbox, relay) = (line(&board, "Mailbox desk"), line(&board, "Mail relay"));
    assert!(mailbox["why"].as_str().is_some_and(|why| !why.is_empty()) && mailbox["since"].is_i64(), "{mailbox}");
    assert_eq!((relay["backlog"].as_u64(), relay["oldest"].is_i64()), (Some(1), true), "{relay}");
    assert_eq!(board["adapters"][0]["state"], "down", "the worst first: {}", board["adapters"]);
}
