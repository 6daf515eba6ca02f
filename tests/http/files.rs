//! Files that come with a contact: its rep may save them, nobody else, and no browser shows them as a page of ours.

use crate::support::desk::Town;
use reqwest::Method;
use reqwest::multipart::{Form, Part};

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n";

#[tokio::test]
async fn a_file_is_saved_by_those_who_may_read_its_contact() {
    let town = Town::opens().await;
    let [ana, ben] = [town.signs_in("ana").await, town.signs_in("ben").await];
    ana.is_available().await;

    let page = town.gets("/forms/unknown?lang=es").await.is(200).text;
    let mut form =
        Form::new().text("text", "Vea la carta").part("photos", Part::bytes(PDF).file_name("../carta \"1\".pdf"));
    for input in page.split("<input type=\"hidden\" ").skip(1) {
        let value =
            |name: &str| input.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
        form = form.text(value("name"), value("value"));
    }
    let sent = town.sends(town.request(Method::POST, "/forms/unknown?lang=es").multipart(form)).await;
    assert!(sent.status.is_redirection(), "{} {}", sent.status, sent.text);

    let contact = ana.gets("/offers").await.is(200).json()[0]["contact"]["id"].as_u64().expect("it is offered to Ana");
    ana.takes(contact).await;
    let file = ana.gets(&format!("/contacts/{contact}")).await.json()["messages"][0]["attachments"][0].clone();
    assert_eq!(
        (file["media_type"].as_str(), file["bytes"].as_u64()),
        (Some("application/pdf"), Some(PDF.len() as u64))
    );
    let digest = file["digest"].as_str().unwrap();

    let path = format!("/contacts/{contact}/files/{digest}");
    let saved = ana.gets(&path).await.is(200);
    assert_eq!(saved.text.as_bytes(), PDF);
    let header = |name: &str| saved.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-disposition").starts_with("attachment; filename=\""), "{}", header("content-disposition"));
    assert!(!header("content-disposition").contains(".."), "{}", header("content-disposition"));

    ben.gets(&path).await.is(404);
    town.gets(&format!("/api/v1{path}")).await.is(401);
    let other = format!("{}{}", if digest.starts_with('0') { '1' } else { '0' }, &digest[1..]);
    for nothing in [other.as_str(), "0", "..%2F..%2Fsteelbridge.toml"] {
        ana.gets(&format!("/contacts/{contact}/files/{nothing}")).await.is(404);
    }
}
