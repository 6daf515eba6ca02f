//! Sending a form from a page: kept once, whatever happens on the way, and nothing typed is lost.

use crate::{Office, hidden, path_of, with};
use reqwest::StatusCode;
use steelbridge::channels::NotKept;
use steelbridge::message::LanguageSource;
use steelbridge::routing::ids::{Channel, Span};

#[tokio::test]
async fn a_form_becomes_a_request_with_everything_the_person_said() {
    let office = Office::open().await;
    let form = office.blank("pothole").await;
    office.clerk.later(Span::secs(40));
    let form = with(
        form,
        [
            ("fields.location", "5th & Main"),
            ("text", "A hole\r\nas deep as a bucket\0"),
            ("language", "es"),
            ("name", "Rosa"),
            ("email", "rosa@example.org"),
            ("phone", "503-555-0100 x7"),
            ("website", ""),
        ],
    );
    let path = path_of(&office.send("pothole", &form).await);
    assert!(office.page(&path).await.contains("as deep as a bucket"));

    let inbound = office.clerk.last();
    assert_eq!(inbound.channel, Channel::Form);
    assert_eq!(inbound.service.as_deref(), Some("pothole"));
    assert_eq!(inbound.text, "A hole\nas deep as a bucket");
    assert_eq!(inbound.fields["location"], "5th & Main");
    let language = inbound.language.unwrap();
    assert_eq!((language.code.as_str(), language.source), ("es", LanguageSource::Person));
    assert_eq!(inbound.party.name.as_deref(), Some("Rosa"));
    assert_eq!(inbound.party.email.as_deref(), Some("rosa@example.org"));
    assert_eq!(inbound.party.phone.as_deref(), Some("503-555-0100 x7"));
    assert!(!inbound.doubtful);
    let secret = path.strip_prefix("/s/").unwrap();
    assert!(!format!("{inbound:?}").contains(secret), "only the secret's hash leaves the channel");
}

#[tokio::test]
async fn a_double_click_and_parallel_retries_are_one_request_at_one_address() {
    let office = Office::open().await;
    let form = with(office.blank("unknown").await, [("text", "Lights out on Ankeny")]);
    let sent = [office.send("unknown", &form), office.send("unknown", &form), office.send("unknown", &form)];
    let [one, two, three] = sent;
    let (one, two, three) = tokio::join!(one, two, three);
    assert_eq!(path_of(&one), path_of(&two));
    assert_eq!(path_of(&two), path_of(&three));
    assert_eq!(office.clerk.kept(), 1);
}

#[tokio::test]
async fn without_hidden_fields_the_same_words_are_two_requests_since_two_people_may_have_written_them() {
    let office = Office::open().await;
    let form = with(Default::default(), [("text", "Lights out on Ankeny")]);
    let first = path_of(&office.send("unknown", &form).await);
    assert_ne!(path_of(&office.send("unknown", &form).await), first, "nobody is given another's address");
    assert_eq!(office.clerk.kept(), 2);
}

#[tokio::test]
async fn the_same_form_with_other_words_asks_before_it_becomes_a_second_request() {
    let office = Office::open().await;
    let form = with(office.blank("unknown").await, [("text", "first words")]);
    path_of(&office.send("unknown", &form).await);
    let again = office.send("unknown", &with(form.clone(), [("text", "second words")])).await;
    assert_eq!(again.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = again.text().await.unwrap();
    assert!(page.contains("You have sent this form before") && page.contains("second words"));
    let fresh = hidden(&page);
    assert_ne!(fresh["submission_id"], form["submission_id"]);
    path_of(&office.send("unknown", &with(fresh, [("text", "second words")])).await);
    assert_eq!(office.clerk.kept(), 2);
}

#[tokio::test]
async fn everything_wrong_is_shown_at_once_and_everything_typed_is_still_there() {
    let office = Office::open().await;
    let form = with(
        office.blank("sewage_release").await,
        [("fields.location", "12 <b>Oak</b> \"St\""), ("email", "nobody"), ("phone", "12"), ("name", "Ана")],
    );
    let answer = office.client.post(format!("{}/forms/sewage_release?lang=es", office.base)).form(&form);
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    assert!(page.contains("<html lang=\"es\""));
    for field in ["fields.sewage_where", "text", "email", "phone"] {
        assert!(page.contains(&format!("href=\"#{field}\"")), "{field} is in the summary");
        assert!(page.contains(&format!("id=\"{field}-error\"")), "{field} says what is wrong");
        assert!(page.contains(&format!("{field}-error\" aria-invalid=\"true\"")), "{field} is tied to it");
    }
    assert!(page.contains("Por favor, complete este campo."));
    assert!(page.contains("value=\"12 &#60;b&#62;Oak&#60;/b&#62; &#34;St&#34;\""), "kept, and only ever text");
    assert!(page.contains("value=\"Ана\""));
    assert_eq!(hidden(&page)["submission_id"], form["submission_id"]);
    assert_eq!(office.clerk.kept(), 0);
}

#[tokio::test]
async fn doubt_marks_a_request_and_never_refuses_it() {
    let office = Office::open().await;
    let mut sent = 0;
    let mut doubtful = async |service: &str, fields: &[(&str, &str)], wait: Span| {
        let mut form = office.blank(service).await;
        office.clerk.later(wait);
        sent += 1;
        form.insert("text".into(), format!("request {sent}"));
        form.extend(fields.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        path_of(&office.send(service, &form).await);
        office.clerk.last().doubtful
    };
    let while_reading = Span::secs(40);
    assert!(!doubtful("unknown", &[], while_reading).await);
    assert!(doubtful("unknown", &[("website", "https://example.com")], while_reading).await, "the honeypot");
    assert!(doubtful("unknown", &[], Span::secs(1)).await, "too fast to have been read");
    assert!(doubtful("unknown", &[], Span::mins(25 * 60)).await, "a page from yesterday");
    assert!(doubtful("unknown", &[("shown", "1795446300000000.00ff")], while_reading).await, "a forged time");
    let links = "https://a.example ".repeat(6);
    assert!(doubtful("unknown", &[("text", &links)], while_reading).await, "many links");
    assert_eq!(office.clerk.kept(), 6);
}

#[tokio::test]
async fn too_many_requests_wait_and_nothing_typed_is_lost() {
    let office = Office::open().await;
    for n in 0..5 {
        let form = with(office.blank("unknown").await, [("text", &format!("request {n}"))]);
        path_of(&office.send("unknown", &form).await);
    }
    let form = with(office.blank("unknown").await, [("text", "the sixth request"), ("name", "Rosa")]);
    let refused = office.send("unknown", &form).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "12");
    let page = refused.text().await.unwrap();
    assert!(page.contains("the sixth request") && page.contains("value=\"Rosa\""));
    assert!(page.contains("503-823-4000"), "there is another way");
    assert_eq!(office.clerk.kept(), 5);

    let neighbour = office.client.post(format!("{}/forms/unknown", office.base)).header("x-from", "203.0.113.10");
    path_of(&neighbour.form(&with(Default::default(), [("text", "from next door")])).send().await.unwrap());
    office.clerk.later(Span::secs(12));
    let resent = with(hidden(&page), [("text", "the sixth request"), ("name", "Rosa")]);
    path_of(&office.send("unknown", &resent).await);
    assert_eq!(office.clerk.kept(), 7);
}

#[tokio::test]
async fn thirty_an_hour_are_enough_for_one_household_and_a_64_is_one() {
    let office = Office::open().await;
    let mut status = Vec::new();
    for n in 0..31 {
        office.clerk.later(Span::secs(12));
        let from = format!("2001:db8:1:2::{n:x}");
        let form = with(Default::default(), [("text", &format!("request {n}"))]);
        let sent = office.client.post(format!("{}/forms/unknown", office.base)).header("x-from", from).form(&form);
        status.push(sent.send().await.unwrap().status().as_u16());
    }
    // One more becomes free every two minutes: three of them before the fortieth is sent, eight minutes after the first.
    assert!(status.iter().all(|status| *status == 303), "{status:?}");
    for n in 31..40 {
        office.clerk.later(Span::secs(12));
        let form = with(Default::default(), [("text", &format!("request {n}"))]);
        let sent = office.client.post(format!("{}/forms/unknown", office.base)).header("x-from", "2001:db8:1:2::ffff");
        status.push(sent.form(&form).send().await.unwrap().status().as_u16());
    }
    assert_eq!(status.iter().filter(|status| **status == 429).count(), 7, "{status:?}");
}

#[tokio::test]
async fn what_could_not_be_kept_is_not_acknowledged_and_can_be_sent_again() {
    let office = Office::open().await;
    for (trouble, retry) in [(NotKept::Unavailable, "2"), (NotKept::Busy { retry_secs: 9 }, "9")] {
        office.clerk.books.lock().unwrap().trouble = Some(trouble);
        let form = with(office.blank("unknown").await, [("text", "keep me")]);
        let refused = office.send("unknown", &form).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()["retry-after"], retry);
        let page = refused.text().await.unwrap();
        assert!(page.contains("keep me") && !page.contains("We have your request"));
        path_of(&office.send("unknown", &with(hidden(&page), [("text", "keep me")])).await);
    }
    assert_eq!(office.clerk.kept(), 2);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_the_right_status() {
    let office = Office::open().await;
    let status = async |media_type: &str, body: Vec<u8>| {
        let sent = office.client.post(format!("{}/forms/unknown", office.base)).header("content-type", media_type);
        let answer = sent.header("x-from", "198.51.100.7").body(body).send().await.unwrap();
        office.clerk.later(Span::secs(15));
        let status = answer.status().as_u16();
        assert!(answer.text().await.unwrap().contains("503-823-4000"));
        status
    };
    let encoded = "application/x-www-form-urlencoded";
    assert_eq!(status(encoded, b"text=%C3%28".to_vec()).await, 400, "broken UTF-8");
    assert_eq!(status(encoded, b"text=a&text=b".to_vec()).await, 400, "a name twice");
    assert_eq!(status(encoded, vec![b'a'; (1 << 20) + 1]).await, 413);
    assert_eq!(status("application/json", b"{}".to_vec()).await, 415);
    assert_eq!(status("text/plain", b"text=a".to_vec()).await, 415);
    assert_eq!(status("multipart/form-data", b"x".to_vec()).await, 400, "no boundary");
    let broken = b"--b\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\n\xFF\xFE\r\n--b--\r\n";
    assert_eq!(status("multipart/form-data; boundary=b", broken.to_vec()).await, 400, "broken UTF-8");
    let cut = b"--b\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\nhalf";
    assert_eq!(status("multipart/form-data; boundary=b", cut.to_vec()).await, 400, "cut off");
    assert_eq!(office.clerk.kept(), 0);
}

#[tokio::test]
async fn an_unknown_service_is_not_found() {
    let office = Office::open().await;
    for path in ["/forms/teapot", "/forms/..%2f..%2fetc", "/forms/POTHOLE"] {
        assert_eq!(office.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let answer = office.send("teapot", &with(Default::default(), [("text", "tea")])).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}
