//! Letters that the daemon signs: the signature holds in the person's mailbox, and it is that of who the letter is from.

use super::post_office::PostOffice;
use super::world::{World, field, offered};
use serde_json::json;
use std::process::Command;

/// A program that shares nothing with ours, and the public key as it stands in the city's DNS.
const VERIFY: &str = "import sys, dkim\nrecord, path = sys.argv[1:]\n\
    known = {b'bridge._domainkey.city.example.': record.encode()}\n\
    print(dkim.verify(open(path, 'rb').read(), dnsfunc=lambda name, timeout=5: known.get(name)))";

fn run(program: &str, words: &[&str]) -> String {
    let done = Command::new(program).args(words).output();
    let done = done.unwrap_or_else(|error| panic!("{program}: {error}; tests/run installs it"));
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_receives_is_signed_by_the_city() {
    let office = PostOffice::opens().await;
    let key = office.secret("dkim.pem", &run("openssl", &["genrsa", "-traditional", "2048"]));
    let path = key.display().to_string();
    let public = run("openssl", &["rsa", "-in", &path, "-pubout"]);
    let public: String = public.lines().filter(|line| !line.starts_with("---")).collect();
    let record = format!("v=DKIM1; k=rsa; p={public}");
    let dkim = format!("[email.dkim]\nselector = \"bridge\"\ndomain = \"city.example\"\nkey = \"file:{path}\"\n");
    let world = World::opens_at(office, |office| office.settings("") + &dkim).await;

    let ana = world.town.signs_in("ana").await;
    ana.is_available().await;
    world.hears_from("maria@resident.example", "Яма на дороге / pothole").await;
    let (contact, _) = offered(&ana).await;
    ana.takes(contact).await;
    let text = "It is mended.\n.\nСпасибо!  \n\n\n";
    ana.posts(&format!("/contacts/{contact}/messages"), json!({"text": text})).await.is(201);
    let letters = world.office.delivered("maria", 2).await;
    for letter in &letters {
        let verified = |letter: &str| {
            let path = world.town.city.folder().join("received.eml");
            std::fs::write(&path, letter).expect("written");
            run("/usr/bin/python3", &["-c", VERIFY, &record, &path.display().to_string()])
        };
        assert_eq!(verified(letter), "True", "{letter}");
        let signature = field(letter, "DKIM-Signature").replace(' ', "");
        assert!(signature.contains("d=city.example;"), "{signature}");
        assert!(field(letter, "From").ends_with("<311@city.example>"), "aligned: {letter}");
        assert_eq!(verified(&letter.replacen("311@city.example>", "312@city.example>", 1)), "False");
        let body = letter.rfind("mended").or(letter.rfind("311")).expect("a word");
        let changed = format!("{}M{}", &letter[..body], &letter[body + 1..]);
        assert_eq!(verified(&changed), "False", "a word was changed");
    }
}
