//! Photos: taken with the form, cleaned, kept through an error, and shown only to who has the address.

use crate::{Office, hidden, path_of};
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use steelbridge::routing::ids::Span;

/// One pixel, with a comment that says where.
pub fn png() -> Vec<u8> {
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let crc = !kind.iter().chain(body).fold(!0u32, |crc, byte| {
            let step = |crc: u32| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc))
        });
        [&(body.len() as u32).to_be_bytes()[..], kind, body, &crc.to_be_bytes()].concat()
    };
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]),
        chunk(b"tEXt", b"Comment\x00taken at 45.5231 -122.6765"),
        chunk(b"IDAT", &[0x78, 0x01, 0x01, 2, 0, 0xFD, 0xFF, 0, 0x7F, 0x00, 0x80, 0x00, 0x80]),
        chunk(b"IEND", b""),
    ]
    .concat()
}

pub fn photo(bytes: Vec<u8>, name: &str) -> Part {
    Part::bytes(bytes).file_name(name.to_owned())
}

async fn form(office: &Office, text: &str) -> Form {
    let blank = office.blank("unknown").await;
    office.clerk.later(Span::secs(30));
    blank.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value)).text("text", text.to_owned())
}

async fn send(office: &Office, form: Form) -> reqwest::Response {
    office.client.post(format!("{}/forms/unknown?lang=en", office.base)).multipart(form).send().await.unwrap()
}

#[tokio::test]
async fn a_photo_comes_with_the_request_and_shows_no_place() {
    let office = Office::open().await;
    let form = form(&office, "see the photo").await;
    let form = form.part("photos", photo(png(), r"C:\me\hole.png")).part("photos", photo(Vec::new(), ""));
    let path = path_of(&send(&office, form).await);

    let inbound = office.clerk.last();
    assert_eq!(inbound.attachments.len(), 1, "an empty file input is no file");
    assert_eq!(
        (inbound.attachments[0].name.as_str(), inbound.attachments[0].media_type.as_str()),
        ("hole.png", "image/png")
    );
    let address = format!("{path}/files/{}", inbound.attachments[0].digest);
    assert!(office.page(&path).await.contains(&format!("<img src=\"{address}\" alt=\"Attached photo: hole.png\"")));

    let answer = office.get(&address).await;
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; "));
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\x89PNG") && !bytes.windows(7).any(|window| window == b"45.5231"));
}

#[tokio::test]
async fn another_visitor_sees_neither_page_nor_photo() {
    let office = Office::open().await;
    let photo = form(&office, "mine").await.part("photos", photo(png(), "a.png"));
    let mine = path_of(&send(&office, photo).await);
    let theirs = office.request("theirs").await;
    let digest = office.clerk.books.lock().unwrap().inbound[0].attachments[0].digest.clone();
    assert_eq!(office.get(&format!("{mine}/files/{digest}")).await.status(), StatusCode::OK);

    let guessed = format!("/s/{}", "A".repeat(43));
    let nothing = office.get(&format!("{guessed}?lang=en")).await;
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
    let nothing = nothing.text().await.unwrap();
    let others = [
        format!("{guessed}x"),
        "/s/".to_owned() + &mine[4..],
        "/s/x".to_owned(),
        format!("{theirs}/files/{digest}"),
        format!("{mine}/files/{}", "0".repeat(64)),
        format!("{mine}/files/..%2f..%2fetc%2fpasswd"),
        format!("{guessed}/files/{digest}"),
    ];
    for path in others {
        let answer = office.get(&format!("{path}?lang=en")).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.text().await.unwrap(), nothing, "{path}: the same page, so that nothing can be learnt");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_and_the_good_ones_stay() {
    let office = Office::open().await;
    let form = form(&office, "two files").await;
    let form = form.part("photos", photo(png(), "good.png")).part("photos", photo(b"MZ\x90".to_vec(), "bad.jpg"));
    let refused = send(&office, form).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text().await.unwrap();
    assert!(page.contains("This file cannot be used") && page.contains("href=\"#photos\""));
    assert!(page.contains("Already attached") && page.contains("good.png"));

    let again = hidden(&page).into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
    path_of(&send(&office, again.text("text", "two files")).await);
    assert_eq!(office.clerk.last().attachments[0].name, "good.png", "it did not have to be sent twice");
}

#[tokio::test]
async fn sizes_and_numbers_have_limits() {
    let office = Office::open().await;
    let pdf = |len: usize| [b"%PDF-1.7\n".to_vec(), vec![b' '; len]].concat();
    let message = async |form: Form| {
        let answer = send(&office, form).await;
        office.clerk.later(Span::mins(2));
        (answer.status().as_u16(), answer.text().await.unwrap_or_default())
    };
    let (status, page) = message(form(&office, "big").await.part("photos", photo(pdf(10 << 20), "big.pdf"))).await;
    assert_eq!(status, 422);
    assert!(page.contains("A file can have at most 10 MB."));
    let (status, page) = message(
        (0..7).fold(form(&office, "many").await, |form, n| form.part("photos", photo(pdf(n), &format!("{n}.pdf")))),
    )
    .await;
    assert_eq!(status, 422);
    assert!(page.contains("Please send at most 6 files."));
    let (status, _) = message((0..4).fold(form(&office, "huge").await, |form, n| {
        form.part("photos", photo(pdf((8 << 20) + n), &format!("{n}.pdf")))
    }))
    .await;
    assert_eq!(status, 413);
    let (status, _) = message(
        (0..6).fold(form(&office, "right").await, |form, n| form.part("photos", photo(pdf(n), &format!("{n}.pdf")))),
    )
    .await;
    assert_eq!(status, 303);
    assert_eq!(office.clerk.kept(), 1);
}

#[tokio::test]
async fn a_household_that_sends_too_much_keeps_its_words_and_is_asked_for_the_photos_again() {
    let office = Office::open().await;
    let blank = office.blank("unknown").await;
    for n in 0..5 {
        office.send("unknown", &crate::with(Default::default(), [("text", &format!("{n}"))])).await;
    }
    let form = blank.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
    let refused = send(&office, form.text("text", "the sixth").part("photos", photo(png(), "a.png"))).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let page = refused.text().await.unwrap();
    assert!(page.contains("the sixth") && page.contains("Please add your photos again."));
    assert!(office.clerk.books.lock().unwrap().files.is_empty(), "nothing is written for a refused request");
}
