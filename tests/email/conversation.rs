//! A resident writes, a rep answers, the resident writes back: the whole loop, in the resident's language.

use super::world::{World, conversation, field, mail, offered, read, reply_to};
use serde_json::json;

const MARIA: &str = "=?utf-8?q?Mar=C3=ADa_L=C3=B3pez?= <maria@resident.example>";

#[tokio::test(flavor = "multi_thread")]
async fn a_spanish_mail_goes_there_and_back() {
    let world = World::opens().await;
    let ana = world.town.signs_in("ana").await;
    let ben = world.town.signs_in("ben").await;
    ana.is_available().await;
    ben.is_available().await;
    let text = mail(MARIA, "311@city.example", "Un bache enorme", "Hay un bache delante de mi casa.\n-- \nMaría");
    world.office.sends("maria@resident.example", "311@city.example", &format!("Content-Language: en\n{text}")).await;

    let (contact, shown) = offered(&ana).await;
    assert_eq!(
        (shown["language"]["code"].as_str(), shown["language"]["source"].as_str()),
        (Some("es"), Some("detected")),
        "by what is written, whatever the program says: {shown}"
    );
    assert!(ben.gets("/offers").await.is(200).json().as_array().is_some_and(Vec::is_empty), "Ben writes no Spanish");
    ana.takes(contact).await;
    let said = conversation(&ana, contact, 1).await;
    assert_eq!(said, [("customer".into(), "Un bache enorme\n\nHay un bache delante de mi casa.".into())]);

    let receipt = world.office.delivered("maria", 1).await.remove(0);
    assert_eq!(field(&receipt, "Return-path"), "<>");
    assert_eq!(field(&receipt, "Auto-Submitted"), "auto-replied");
    let shown = read(&receipt);
    let words = shown.body_text(0).expect("a text");
    for said in ["Gracias por escribirnos", "SB-000001-8", "horario: las 24 horas, todos los días", "911", "711"] {
        assert!(words.contains(said), "{said}: {words}");
    }
    assert!(!words.contains("bache") && !receipt.contains("López"), "nothing of theirs is in an automatic letter");

    let reply = json!({"text": "Lo arreglamos el lunes.\n\n¿Es de su calle?"});
    ana.posts(&format!("/contacts/{contact}/messages"), reply).await.is(201);
    let answer = world.office.delivered("maria", 2).await.remove(1);
    let first = field(&text, "Message-ID");
    assert_eq!(field(&answer, "In-Reply-To"), first);
    assert!(field(&answer, "References").starts_with(&first), "{answer}");
    assert!(field(&answer, "Return-path").starts_with("<311+b."), "{answer}");
    let shown = read(&answer);
    let (reference, subject) = (field(&receipt, "Subject"), shown.subject().expect("a subject"));
    let tag = reference.split_inclusive(']').next().expect("a tag");
    assert_eq!(subject, format!("Re: {tag} Un bache enorme"));
    assert!(shown.body_text(0).expect("a text").starts_with("Lo arreglamos el lunes."), "{answer}");
    assert_eq!(shown.to().and_then(|to| to.first()?.name()), Some("María López"));

    ana.posts(&format!("/contacts/{contact}/park"), json!({})).await.is(200);
    let quoted =
        "Sí, es mi calle.\n\nEl lun, 23 nov 2026 a las 12:00, 311 <311@city.example> escribió:\n> Lo arreglamos";
    let back = mail(MARIA, &reply_to(&answer), &format!("RE: {subject}"), quoted);
    let thread = format!("In-Reply-To: {}\n", field(&answer, "Message-ID"));
    world.office.sends("maria@resident.example", &reply_to(&answer), &format!("{thread}{back}")).await;
    let said = conversation(&ana, contact, 3).await;
    assert_eq!(said[2], ("customer".into(), "Sí, es mi calle.".into()), "without what was quoted");
    ana.takes(contact).await; // back to the same rep
    let books = world.books();
    assert_eq!((books.count("contact"), books.count("mail WHERE fate = 'message'")), (1, 2));
    assert_eq!(books.count("delivery WHERE kind = 'acknowledgement'"), 1, "one acknowledgement a contact");
    assert_eq!(books.count("delivery WHERE state = 'sent'"), 2);
    let log = std::fs::read_to_string(world.town.city.log()).expect("a log");
    for word in ["maria@", "bache", "López", "arreglamos"] {
        assert!(!log.contains(word), "`{word}` is in the log:\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_in_and_go_out() {
    let world = World::opens().await;
    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    let head = "From: maria@resident.example\nTo: 311@city.example\nSubject: photo\nMIME-Version: 1.0\n\
                Message-ID: <photo@resident.example>\nContent-Type: multipart/mixed; boundary=b\n\n";
    let gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
    let parts = format!(
        "--b\nContent-Type: text/plain\n\nSee the picture.\n\
         --b\nContent-Type: image/gif\nContent-Disposition: inline; filename=p.gif\nContent-ID: <p>\nContent-Transfer-Encoding: base64\n\n{gif}\n\
         --b\nContent-Type: application/x-tool\nContent-Disposition: attachment; filename=\"../tool.exe\"\n\nMZnot a picture\n--b--\n"
    );
    world.office.sends("maria@resident.example", "311@city.example", &format!("{head}{parts}")).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let files = shown["messages"][0]["attachments"].as_array().expect("files").clone();
    assert_eq!(files.len(), 2, "{shown}");
    let tool = files.iter().find(|file| file["name"].as_str().is_some_and(|name| name.contains("tool"))).expect("it");
    assert_eq!(tool["media_type"], "application/octet-stream", "what is not known to be safe is only saved: {tool}");
    let path = format!("/contacts/{contact}/files/{}", tool["digest"].as_str().expect("a digest"));
    let served = ana.gets(&path).await.is(200);
    assert!(served.headers["content-disposition"].to_str().expect("text").starts_with("attachment"), "{served:?}");
    assert!(served.text.starts_with("MZnot a picture"));
}

/// The rep is told, for the record of what was told to us; the picture that colleagues and the public may get is silent.
#[tokio::test(flavor = "multi_thread")]
async fn where_a_photo_was_taken_is_suggested_to_the_rep_and_no_longer_in_the_picture() {
    let world = World::opens().await;
    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    let photo = include_str!("../data/email/photo-with-position.eml");
    world.office.sends("maria@resident.example", "311@city.example", photo).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    let said = conversation(&ana, contact, 2).await;
    assert!(
        said[1].0 == "memo" && said[1].1.starts_with("hole.jpg says that it was taken at 45.52310, -122.67650."),
        "{said:?}"
    );
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let digest = shown["messages"][0]["attachments"][0]["digest"].as_str().expect("a photo").to_owned();
    let kept = std::fs::read(world.town.city.folder().join("data/files").join(&digest[..2]).join(&digest))
        .expect("it is kept");
    assert!(kept.starts_with(&[0xFF, 0xD8]) && !kept.windows(4).any(|part| part == b"Exif"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_the_transcript_of_a_chat_goes_on_from_it() {
    let world = World::opens().await;
    let [ana, ben] = [world.town.signs_in("ana").await, world.town.signs_in("ben").await];
    ana.is_available().await;
    let body = json!({"text": "Is it open today?", "language": "en", "email": "maria@resident.example", "client_id": "a-client-id-of-the-page-1"});
    let sent = world.town.request(reqwest::Method::POST, "/chat/sessions").json(&body);
    let chat = world.town.sends(sent).await.is(201).json()["contact_id"].as_u64().expect("a number");
    ana.takes(chat).await;
    ana.posts(&format!("/contacts/{chat}/messages"), json!({"text": "Until five."})).await.is(201);
    ana.posts(&format!("/contacts/{chat}/close"), json!({"disposition": "informed"})).await.is(200);
    ana.posts(&format!("/contacts/{chat}/wrap-up/end"), json!({})).await.is(200);
    let transcript = world.office.delivered("maria", 1).await.remove(0);
    let to = reply_to(&transcript);
    let back = mail("maria@resident.example", &to, "Re: chat", "And tomorrow?");
    world.office.sends("maria@resident.example", &to, &back).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let earlier = ana.gets(&format!("/contacts/{chat}")).await.is(200).json();
    assert_eq!(shown["follows"], json!({"id": chat, "reference": earlier["reference"]}), "{shown}");
    assert_eq!((earlier["stage"].as_str(), earlier.get("follows")), (Some("closed"), None));
    ben.gets(&format!("/contacts/{chat}")).await.is(404); // it was never his
}

#[tokio::test(flavor = "multi_thread")]
async fn files_beyond_the_limit_stay_in_the_original_and_the_rep_is_told() {
    let world = World::opens().await;
    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    let head = "From: maria@resident.example\nTo: 311@city.example\nSubject: many\nMIME-Version: 1.0\n\
                Message-ID: <many@resident.example>\nContent-Type: multipart/mixed; boundary=b\n\n\
                --b\nContent-Type: text/plain\n\nAll of them.\n";
    let file =
        |n| format!("--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=f{n}.txt\n\n{n}\n");
    let files: String = (1..=23).map(file).collect();
    world.office.sends("maria@resident.example", "311@city.example", &format!("{head}{files}--b--\n")).await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    let said = conversation(&ana, contact, 2).await;
    assert!(said[1].0 == "memo" && said[1].1.starts_with("3 files of this mail are not here"), "{said:?}");
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    assert_eq!(shown["messages"][0]["attachments"].as_array().map(Vec::len), Some(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_an_address_is_answered_by_mail_and_a_stranger_who_joins_in_is_shown_and_told_nothing() {
    let world = World::opens().await;
    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    let body = json!({"channel": "form", "service": "streetlight", "text": "Es ist dunkel", "language": "es", "email": "maria@resident.example"});
    let sent = world.town.request(reqwest::Method::POST, "/api/v1/contacts").json(&body);
    let contact = world.town.sends(sent).await.is(201).json()["contact_id"].as_u64().expect("a number");
    ana.takes(contact).await;
    let receipt = world.office.delivered("maria", 1).await.remove(0);
    assert!(read(&receipt).body_text(0).expect("a text").contains("Gracias por escribirnos"));
    assert_eq!(field(&receipt, "Content-Language"), "es", "they chose it: nothing is said twice");
    ana.posts(&format!("/contacts/{contact}/messages"), json!({"text": "¿Qué calle?"})).await.is(201);
    let answer = world.office.delivered("maria", 2).await.remove(1);
    assert_eq!(field(&answer, "In-Reply-To"), field(&receipt, "Message-ID"), "one thread of ours");
    assert_eq!(field(&answer, "Subject"), "[SB-000001-8] 311", "a form has no subject");

    let to = reply_to(&answer);
    let back = mail("MARIA@Resident.Example", &to, "Re: calle", "La calle Quinta.");
    world.office.sends("maria@resident.example", &to, &back).await;
    let said = conversation(&ana, contact, 3).await;
    assert_eq!(said[2], ("customer".into(), "La calle Quinta.".into()));
    let stranger = mail("away@resident.example", &to, "Re: calle", "Tell me all about it.");
    world.office.sends("away@resident.example", &to, &stranger).await;
    conversation(&ana, contact, 4).await;
    let shown = ana.gets(&format!("/contacts/{contact}")).await.is(200).json();
    let strange = |n: usize| shown["messages"][n]["mail"]["other_sender"].as_bool();
    assert_eq!((strange(2), strange(3)), (Some(false), Some(true)), "{shown}");
    let forged = to.replace(&format!("c.{contact}."), &format!("c.{}.", contact + 1));
    let wrong = mail("away@resident.example", &forged, "Re: calle", "Somebody else's.");
    world.office.sends("away@resident.example", &forged, &wrong).await;
    world.until("it is a contact of its own", |books| books.count("contact") == 2).await;
    assert_eq!(world.office.letters("maria").len(), 2);
    let letters = world.office.delivered("away", 1).await;
    assert!(letters.len() == 1 && !letters[0].contains("calle"), "an acknowledgement of their own, and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn danger_is_offered_to_everyone_and_the_writer_is_told_whom_to_call() {
    let world = World::opens().await;
    let ben = world.town.signs_in("ben").await;
    ben.is_available().await;
    let text = mail("maria@resident.example", "311@city.example", "Buy my book", "I smell gas in the house.");
    world.office.sends("maria@resident.example", "311@city.example", &text).await;
    let (_, shown) = offered(&ben).await;
    assert_eq!(shown["urgency"], "emergency", "{shown}");
    let letters = world.office.delivered("maria", 2).await;
    let notice = letters.iter().find(|letter| field(letter, "Auto-Submitted") == "auto-generated");
    let notice = notice.unwrap_or_else(|| panic!("{letters:?}"));
    assert!(read(notice).body_text(0).expect("a text").contains("911"), "{notice}");
    assert!(letters.iter().all(|letter| !letter.contains("book")), "nothing of theirs is in an automatic letter");
}
