//! Deployment settings: what they read, which layer wins, and what they say when something is wrong.

use std::path::Path;
use steelbridge::channels::email::imap::MailboxSettings;
use steelbridge::channels::email::mail::scan::RAW_MOST;
use steelbridge::channels::email::smtp::RelaySettings;
use steelbridge::document::{Place, Problem};
use steelbridge::serve::email;
use steelbridge::settings::email::{Mailbox, Relay};
use steelbridge::settings::secret::SecretPlace;
use steelbridge::settings::{Override, Settings};

fn parse(text: &str, environment: &[(&str, &str)], options: &[Override]) -> Result<Settings, Vec<Problem>> {
    let environment = environment.iter().map(|(key, value)| (key.to_string(), value.to_string()));
    Settings::parse("steelbridge.toml", text, Path::new("/etc/steelbridge"), environment, options)
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn sound(text: &str) -> Settings {
    parse(text, &[], &[]).unwrap_or_else(|problems| panic!("{}", listed(&problems)))
}

/// `key = value` or `table.key = value`.
fn is_setting(line: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || "_.".contains(c);
    line.split_once(" = ").is_some_and(|(key, _)| key.chars().all(plain))
}

#[test]
fn the_example_file_loads_and_shows_the_usual_values() {
    let example = include_str!("../config/steelbridge.toml");
    let settings = sound(example);
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8311");
    assert_eq!(settings.programme.languages.len(), 9);
    // every commented setting is the usual one, and is known
    let uncommented: String = example
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if is_setting(rest) || rest.starts_with('[') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert_ne!(uncommented, example);
    let shown = sound(&uncommented);
    assert_eq!(shown.limits, settings.limits);
    assert_eq!(shown.rates, settings.rates);
    assert_eq!(shown.files.plan.as_deref().unwrap(), Path::new("/etc/steelbridge/routing.toml"));
    assert_eq!(shown.server_key, Some(SecretPlace::Credential("server_key".into())));
    shows_the_usual_mailbox_and_relay(&shown);
    assert!(settings.email.mailboxes.is_empty() && settings.email.relay.is_none());
}

fn shows_the_usual_mailbox_and_relay(shown: &Settings) {
    let written = &shown.email.mailboxes[0];
    let least = Mailbox {
        port: None,
        tls: None,
        folder: None,
        processed: None,
        quarantine: None,
        oversize: None,
        start: None,
        poll_secs: None,
        max_bytes: None,
        ..written.clone()
    };
    let (shown_mailbox, usual) = (email::mailbox(written), email::mailbox(&least));
    assert_eq!((shown_mailbox.port, usual.port()), (Some(993), 993));
    assert_eq!(format!("{shown_mailbox:?}"), format!("{:?}", MailboxSettings { port: Some(993), ..usual }));
    let relay = shown.email.relay.as_ref().expect("a relay");
    let least = Relay { port: None, tls: None, from_name: None, per_second: None, patience: None, ..relay.clone() };
    let (shown_relay, usual) = (email::relay(relay, "x"), email::relay(&least, &shown.programme.name));
    assert_eq!(format!("{shown_relay:?}"), format!("{:?}", RelaySettings { port: Some(587), ..usual }));
    let patience = |relay| email::limits(relay).letter;
    assert_eq!(patience(relay), patience(&least));
    assert_eq!((shown.email.plus_addresses, shown.email.relay_service.as_str()), (true, "711"));
}

#[test]
fn what_is_wrong_with_mail_is_said_with_its_line() {
    let mailbox = "[[email.mailbox]]\nname = \"desk\"\nhost = \"imap.example\"\nuser = \"311@example\"\n";
    let relay = "[email.relay]\nhost = \"relay.example\"\nfrom = \"311@example.org\"\n";
    for (text, line, what, mend) in [
        (
            format!("{mailbox}fodler = \"x\"\nauth.password = \"env:X\""),
            5,
            "`email.mailbox.fodler` is not a known key",
            "`folder`",
        ),
        (format!("{mailbox}auth.password = \"hunter2\""), 5, "does not say where the secret is", "credential:name"),
        (mailbox.to_string(), 1, "`email.mailbox.auth.password` is missing", "credential"),
        (format!("{mailbox}auth.password = \"env:X\"\nport = 0"), 6, "outside 1 to 65535", "choose"),
        (
            format!("{mailbox}auth.password = \"env:X\"\nmax_bytes = {}", RAW_MOST + 1),
            6,
            "`email.mailbox.max_bytes` is 26214401, outside 1024 to 26214400",
            "26214400",
        ),
        (
            format!("{mailbox}auth.password = \"env:X\"\n{mailbox}auth.password = \"env:X\""),
            6,
            "already a mailbox named `desk`",
            "own name",
        ),
        (
            format!(
                "{mailbox}auth.password = \"env:X\"\nauth.oauth = {{ token_url = \"https://x\", client_id = \"x\" }}"
            ),
            5,
            "password or OAuth",
            "not both",
        ),
        (format!("{relay}tls = \"if possible\""), 4, "not known for `email.relay.tls`", "starttls"),
        (
            format!(
                "{relay}password = \"env:A\"\n[email.relay.oauth]\ntoken_url = \"https://t.example\"\nclient_id = \"c\""
            ),
            1,
            "the relay takes a password or OAuth",
            "not both",
        ),
        (
            format!("{relay}[email.relay.oauth]\nclient_id = \"c\""),
            4,
            "`email.relay.oauth.token_url` is missing",
            "https",
        ),
        (format!("{relay}patience = \"31m\""), 4, "`email.relay.patience` is 1860 s", "1s to 30m"),
        (format!("{relay}patience = \"500ms\""), 4, "patience", "choose"),
        ("[email]\naddresses = [\"info\"]".to_string(), 2, "`info` is not an address", "@"),
    ] {
        let problems = parse(&text, &[], &[]).expect_err(&text);
        let found = problems.iter().find(|problem| problem.what.contains(what));
        let found = found.unwrap_or_else(|| panic!("{text}\nshould say {what}, but says\n{}", listed(&problems)));
        assert!(matches!(found.place, Place::At { line: at, .. } if at == line), "{text}\n{found}");
        assert!(found.mend.contains(mend) && !listed(&problems).contains("hunter2"), "{found}");
    }
}

#[test]
fn what_only_the_channel_knows_to_be_wrong_is_said_all_at_once() {
    let settings = sound(
        "[[email.mailbox]]\nname = \"desk\"\nhost = \"imap.example\"\nuser = \"311\"\nprocessed = \"INBOX\"\n\
         auth.password = \"env:STEELBRIDGE_NOT_SET\"\n\
         [email.relay]\nhost = \"relay.example\"\nfrom = \"nobody\"\ntls = \"none\"\n\
         [email.dkim]\nselector = \"a b\"\ndomain = \"x\"\nkey = \"env:STEELBRIDGE_NOT_SET\"",
    );
    let text = listed(&email::problems(&settings));
    for what in [
        ":1:1: mailbox `desk`: `processed` is the folder that is read",
        "STEELBRIDGE_NOT_SET: the variable is not set",
        ":7:1: relay: `from` is not",
        "relay: `tls = \"none\"`",
        "DKIM: env",
    ] {
        assert!(text.contains(what), "{what} is not in\n{text}");
    }
    let foreign = sound(
        "[email.relay]\nhost = \"relay.example\"\nfrom = \"311@city.example\"\n\
         [email.dkim]\nselector = \"a\"\ndomain = \"ycity.example\"\nkey = \"env:PATH\"",
    );
    let text = listed(&email::problems(&foreign));
    assert!(text.contains("DKIM: letters are from city.example, and ycity.example signs them"), "{text}");
    let unbelievable = sound(
        "[[email.mailbox]]\nname = \"desk\"\nhost = \"h\"\nuser = \"311\"\nauth.password = \"env:PATH\"\nca_file = \"/nowhere.pem\"\n\
         [email.relay]\nhost = \"h\"\nfrom = \"311@city.example\"\nca_file = \"/dev/null\"",
    );
    let text = listed(&email::problems(&unbelievable));
    for what in
        [":1:1: mailbox `desk`: `ca_file` /nowhere.pem: ", ":7:1: relay: `ca_file` /dev/null: there is no certificate"]
    {
        assert!(text.contains(what), "{what} is not in\n{text}");
    }
    let alone = sound("[[email.mailbox]]\nname = \"a\"\nhost = \"h\"\nuser = \"u\"\nauth.password = \"env:PATH\"");
    assert!(listed(&email::problems(&alone)).contains("nothing could be answered"));
}

#[test]
fn no_file_at_all_will_do() {
    let settings = sound("");
    assert_eq!(settings.public_url, "http://127.0.0.1:8311");
    assert_eq!(settings.metrics_listen, None);
}

#[test]
fn the_environment_goes_over_the_file_and_options_over_both() {
    let file = "listen = \"127.0.0.1:1\"\n[programme]\nname = \"File\"\nphone = \"1\"\n[limits]\nper_network = 7\n";
    let environment = [
        ("STEELBRIDGE__LISTEN", "127.0.0.1:2"),
        ("STEELBRIDGE__PROGRAMME__NAME", "Environment"),
        ("STEELBRIDGE__PROGRAMME__LANGUAGES", "en, es"),
        ("STEELBRIDGE__LIMITS__TOTAL", "99"),
        ("HOME", "/root"),
    ];
    let option = Override { key: "listen", option: "--listen", value: "127.0.0.1:3".into() };
    let settings = parse(file, &environment, &[option]).unwrap_or_else(|p| panic!("{}", listed(&p)));
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.programme.name, "Environment");
    assert_eq!(settings.programme.phone, "1");
    assert_eq!(settings.programme.languages.len(), 2);
    assert_eq!((settings.limits.per_network, settings.limits.total), (7, 99));
}

/// Each text, where its problem stands, what it says and how to mend it.
#[test]
fn every_problem_names_its_place_and_its_remedy() {
    for (text, place, what, mend) in [
        ("listen = 8311", ":1:10:", "not a text", "write for example"),
        ("listen = \"everywhere\"", ":1:10:", "cannot be read: `everywhere`", "127.0.0.1:8311"),
        ("lisen = \"127.0.0.1:1\"", ":1:1:", "`lisen` is not a known key", "did you mean `listen`?"),
        ("[web]\nproxies = []", ":2:1:", "`web.proxies` is not a known key", "chat_origins, trusted_proxies"),
        ("metrics_listen = \"0.0.0.0:9\"", ":1:18:", "could be read by others", "127.0.0.1"),
        ("public_url = \"http://311.example.gov\"", ":1:14:", "plain http", "https"),
        ("public_url = \"https://311.example.gov/desk\"", ":1:14:", "not an address", "https://311.example.gov"),
        ("data = \"\"", ":1:8:", "`data` is empty", "path"),
        ("server_key = \"hunter2hunter2\"", ":1:14:", "does not say where the secret is", "file:/path"),
        ("server_key = \"credential:../shadow\"", ":1:14:", "does not say where the secret is", "credential:name"),
        ("[programme]\nzone = \"Portland\"", ":2:8:", "no time zone named `Portland`", "IANA"),
        ("[programme]\nreference_prefix = \"pdx\"", ":2:20:", "cannot begin a reference", "capital letters"),
        ("[programme]\nlanguages = []", ":2:13:", "no language is offered", "[\"en\", \"es\"]"),
        ("[programme]\nlanguages = [\"en\", \"es\", \"en\"]", ":2:26:", "there twice", "remove one"),
        ("[programme]\nlanguages = [\"en\", \"eng\"]", ":2:20:", "no texts in `eng`", "en, es, ru, uk, vi, zh-Hans"),
        ("listen = 127.0.0.1:1", ":1:", "", "write text in quotes"),
        ("[programme]\nname = Springfield", ":2:8:", "", "write text in quotes"),
        ("[programme]\nname = \"\"", ":2:8:", "1 to 80 characters", "write what people know"),
        ("[web]\ntrusted_proxies = [\"10.0.0.0/33\"]", ":2:20:", "not an address or network", "10.0.0.0/8"),
        ("[web]\nchat_origins = [\"https://a.gov/page\"]", ":2:17:", "not an origin", "https://www.example.gov"),
        ("[limits]\nidle = \"1d\"", ":2:8:", "`limits.idle` is 86400 s", "1s to 10m"),
        ("[limits]\nidle = \"soon\"", ":2:8:", "not a length of time", "`30s`"),
        ("[limits]\ntotal = 0", ":2:9:", "outside 1 to 100000", "choose"),
        ("[rates]\nform = [\"often\"]", ":2:9:", "`often` is not a rate", "5/min"),
        ("[rates]\nform = [\"5/0min\"]", ":2:9:", "`5/0min` is not a rate", "10/10min"),
        ("[rates]\nmail_contact = [\"1001/h\"]", ":2:16:", "at most 1000 within at most a day", "trusted_senders"),
        ("[rates]\nmail_danger = [\"5/2d\"]", ":2:15:", "at most 1000 within at most a day", "10/10min"),
        ("[rates]\nmail_message = []", ":2:16:", "`rates.mail_message` needs a rate", "10/10min"),
        ("[email]\ntrusted_senders = [\"city\"]", ":2:20:", "neither an address nor a domain", "webform@"),
        ("[email]\ntrusted_senders = [\"@city.example\"]", ":2:20:", "neither an address nor a domain", "city.example"),
        ("[log]\nformat = \"xml\"", ":2:10:", "`xml` is not known", "json, text"),
        ("[log]\nfilter = \"a=b=c\"", ":2:10:", "not a log filter", "info"),
        ("[log\nformat = \"json\"", ":1:", "", "brackets"),
        ("a = 1\na = 2", ":2:1:", "duplicate key", "TOML"),
    ] {
        let problems = parse(text, &[], &[]).expect_err(text);
        let shown = problems[0].to_string();
        assert!(shown.starts_with(&format!("steelbridge.toml{place}")), "{text}\n{shown}");
        assert!(problems[0].what.contains(what), "{text}\n{shown}");
        assert!(problems[0].mend.contains(mend), "{text}\n{shown}");
        assert_eq!(problems.len(), 1, "{}", listed(&problems));
    }
}

#[test]
fn all_problems_come_at_once_each_from_its_own_layer() {
    let option = Override { key: "data", option: "--data", value: " ".into() };
    let problems = parse(
        "listen = \"x\"\n[log]\nformat = \"y\"\n",
        &[("STEELBRIDGE__PROGRAMME__ZONE", "Mars"), ("STEELBRIDGE__PROGRAM__NAME", "typo")],
        &[option],
    )
    .unwrap_err();
    let shown = listed(&problems);
    for part in [
        "steelbridge.toml:1:10: `listen` cannot be read",
        "steelbridge.toml:3:10: `y` is not known",
        "STEELBRIDGE__PROGRAMME__ZONE: there is no time zone named `Mars`",
        "`program` is not a known key",
        "did you mean `programme`?",
        "--data: `data` is empty",
    ] {
        assert!(shown.contains(part), "{part}\n--- in\n{shown}");
    }
    assert_eq!(problems.len(), 5, "{shown}");
}

#[test]
fn a_literal_secret_is_refused_and_not_repeated() {
    let shown = listed(&parse("server_key = \"hunter2hunter2\"", &[], &[]).unwrap_err());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_secret_file_must_be_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "a long enough key\n").unwrap();
    let place = SecretPlace::File(file.path().to_path_buf());
    let mode = |mode| std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    assert!(place.fetch().unwrap_err().to_string().contains("chmod 600"));
    mode(0o600);
    assert_eq!(place.fetch().unwrap(), b"a long enough key");
    assert!(SecretPlace::File("/nowhere".into()).fetch().unwrap_err().to_string().starts_with("file:/nowhere: "));
    assert!(SecretPlace::Environment("STEELBRIDGE_NOT_SET".into()).fetch().is_err());
}

#[test]
fn a_file_that_is_not_there_is_a_problem_like_others() {
    let problems = Settings::load(Some(Path::new("/nowhere/steelbridge.toml")), [], &[]).unwrap_err();
    assert!(listed(&problems).starts_with("/nowhere/steelbridge.toml: cannot be read"));
}

#[test]
fn what_can_be_offered_is_what_the_texts_are_written_in() {
    let texts = steelbridge::texts::Texts::load().expect("sound texts");
    let mut written: Vec<&str> = texts.all().iter().map(|text| text.code.as_str()).collect();
    let usual = sound("").programme.languages;
    let mut offered: Vec<&str> = usual.iter().map(|language| language.as_str()).collect();
    written.sort_unstable();
    offered.sort_unstable();
    assert_eq!(offered, written);
}
