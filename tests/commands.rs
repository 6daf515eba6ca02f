//! The commands as people type them: what they print, and what they exit with.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PASSWORD: &str = "river-city-bridge-311";

/// What a command said and whether it was content.
struct Said {
    out: String,
    err: String,
    ok: bool,
}

fn steelbridge(words: &[&str], input: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_steelbridge"))
        .args(words)
        .env_remove("STEELBRIDGE_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes()); // a command that asks for nothing has gone
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Said { out: text(output.stdout), err: text(output.stderr), ok: output.status.success() }
}

struct Office {
    folder: tempfile::TempDir,
}

impl Office {
    fn new() -> Office {
        Office { folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    /// A command on this office's data.
    fn run(&self, words: &[&str], input: &str) -> Said {
        let data = self.folder.path().join("data");
        steelbridge(&[words, &["--data", data.to_str().unwrap()]].concat(), input)
    }
}

fn shipped(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name).display().to_string()
}

#[test]
fn help_shows_examples_and_every_command() {
    let help = steelbridge(&["--help"], "").out;
    for part in ["serve", "demo", "check", "user", "roster", "Examples:", "--password-stdin", "STEELBRIDGE__LISTEN"] {
        assert!(help.contains(part), "{part}\n{help}");
    }
    assert!(!steelbridge(&[], "").ok, "no command is a mistake");
}

#[test]
fn check_is_content_with_what_is_shipped() {
    let said = steelbridge(&["check", "--config", &shipped("steelbridge.toml")], "");
    assert!(said.ok, "{}", said.err);
    assert!(said.out.starts_with("roster: the built-in example, since [files] roster is not set"), "{}", said.out);
    assert!(
        said.out.lines().last().is_some_and(|line| line.starts_with("in order: 49 services, 13 people")),
        "{}",
        said.out
    );
    assert!(said.out.contains("note: nobody on the roster uses `so`"), "{}", said.out);
}

#[test]
fn check_says_everything_that_is_wrong_in_every_file() {
    let office = Office::new();
    office.file("routing.toml", "zone = 1\n");
    office.file("roster.toml", "[[rep]]\nname = \"ANA\"\nlanguages = { en = 5 }\n");
    office.file("safety.toml", "[class.gaz]\nen = [\"gas leak\"]\n");
    office.file("services.toml", "[[service]]\ncode = 1\n");
    let settings = office.file(
        "steelbridge.toml",
        "listen = \"x\"\nserver_key = \"file:/nowhere/server.key\"\n[files]\nplan = \"routing.toml\"\nroster = \"roster.toml\"\nsafety = \"safety.toml\"\nservices = \"services.toml\"\n",
    );
    let said = steelbridge(&["check", "--config", settings.to_str().unwrap()], "");
    assert!(!said.ok);
    for part in [
        "steelbridge.toml:1:10: `listen` cannot be read",
        "routing.toml:1:8: `zone` is a whole number",
        "roster.toml:2:8: `ANA` cannot be a sign-in name",
        "safety.toml:1:8: there is no class of danger named `gaz`",
        "services.toml:2:1: ",
        "file:/nowhere/server.key",
        "to mend:",
        "problems to mend",
    ] {
        assert!(said.err.contains(part), "{part}\n{}", said.err);
    }
}

#[test]
fn the_plan_is_checked_against_services_and_roster() {
    let office = Office::new();
    let plan = std::fs::read_to_string(shipped("routing.toml")).unwrap();
    office.file("routing.toml", &plan.replace("\"sewage_release\"", "\"sewage_relase\""));
    office.file("roster.toml", "[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nskills = { dispatch = 5 }\n");
    let settings = office.file("s.toml", "[files]\nplan = \"routing.toml\"\nroster = \"roster.toml\"\n");
    let said = steelbridge(&["check", "--config", settings.to_str().unwrap()], "");
    assert!(!said.ok);
    assert!(
        said.err.contains("there is no service `sewage_relase`\n    to mend: did you mean `sewage_release`?"),
        "{}",
        said.err
    );
    assert!(said.err.contains("nobody on the roster has skill `county` at level 1"), "{}", said.err);
}

#[test]
fn check_and_simulate_say_which_roster_they_looked_at() {
    let office = Office::new();
    office.file("people.toml", &std::fs::read_to_string(shipped("roster.toml")).unwrap());
    let settings = office.file("s.toml", "[files]\nroster = \"people.toml\"\n");
    for words in [&["check"][..], &["simulate", "quiet-day"]] {
        let said = steelbridge(&[words, &["--config", settings.to_str().unwrap()]].concat(), "");
        assert!(said.ok, "{}", said.err);
        let first = said.out.lines().next().unwrap_or_default();
        assert!(first.ends_with("people.toml; imported people are not looked at"), "{}", said.out);
    }
}

#[test]
fn a_file_of_the_settings_that_is_missing_is_named_with_its_line() {
    let office = Office::new();
    let settings = office.file("s.toml", "[files]\nsafety = \"safe.toml\"\nplan = \"rooting.toml\"\n");
    let said = steelbridge(&["check", "--config", settings.to_str().unwrap()], "");
    assert!(!said.ok && !said.out.contains("in order"), "{}", said.out);
    for (place, key, name) in [("s.toml:2:10: ", "safety", "safe.toml"), ("s.toml:3:8: ", "plan", "rooting.toml")] {
        let line = said.err.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}\n{}", said.err));
        assert!(line.contains(place) && line.contains(&format!("the {key} file")), "{line}");
    }
    assert!(said.err.ends_with("2 problems to mend\n"), "{}", said.err);
}

#[test]
fn a_relay_that_is_not_there_is_told_and_nothing_is_called_in_order() {
    let office = Office::new();
    let settings = office.file(
        "s.toml",
        "[[email.mailbox]]\nname = \"desk\"\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nuser = \"311@city.example\"\n\
         auth.password = \"env:PATH\"\n[email.relay]\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nfrom = \"311@city.example\"\n",
    );
    let check = ["check", "--config", settings.to_str().unwrap()];
    let without = steelbridge(&check, "");
    assert!(without.ok && without.out.contains("in order: "), "{}", without.err);
    let said = steelbridge(&[&check[..], &["--connect"]].concat(), "");
    assert!(!said.ok && !said.out.contains("in order"), "{}{}", said.out, said.err);
    assert!(said.err.ends_with("2 problems to mend\n"), "{}", said.err);
}

#[test]
fn what_mail_settings_mean_for_trust_and_receipts_is_noted() {
    let office = Office::new();
    let check = |name: &str, email: &str, user: &str| {
        let text = format!(
            "[email]\n{email}\n[[email.mailbox]]\nname = \"desk\"\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nuser = \"{user}\"\n\
             auth.password = \"env:PATH\"\n[email.relay]\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nfrom = \"311@city.example\"\n",
        );
        let settings = office.file(name, &text);
        let said = steelbridge(&["check", "--config", settings.to_str().unwrap()], "");
        assert!(said.ok, "{}", said.err);
        said.out
    };
    let said = check("bare.toml", "", "u1234");
    assert!(said.contains("note: no sender is verified") && said.contains("Authentication-Results"), "{said}");
    assert!(said.contains("note: mailbox `desk`: its user `u1234` is no address"), "{said}");
    assert!(said.contains("only when it is addressed to 311@city.example"), "{said}");
    for (name, user) in [("a.toml", "311"), ("b.toml", "info@city.example"), ("c.toml", "CITY\\\\permits")] {
        let said = check(name, "authserv = \"mx.city.example\"\naddresses = [\"permits@city.example\"]", user);
        assert!(!said.contains("verified") && !said.contains("is no address"), "{said}");
    }
}

#[test]
fn an_unknown_scenario_names_those_there_are() {
    let said = steelbridge(&["simulate", "nope"], "");
    let told =
        "there is no scenario and no file `nope`\n    to mend: choose quiet-day, storm, election, one-rep-short, or";
    assert!(!said.ok && said.err.contains(told), "{}", said.err);
}

#[test]
fn a_roster_is_imported_once_and_again_and_shown() {
    let office = Office::new();
    let roster = shipped("roster.toml");
    let first = office.run(&["roster", "import", &roster], "");
    assert!(
        first.out.starts_with("13 new, 0 changed, 0 as they were\ncannot sign in before"),
        "{}{}",
        first.out,
        first.err
    );
    let again = office.run(&["roster", "import", &roster, "--password-stdin"], &format!("{PASSWORD}\n"));
    assert!(again.out.starts_with("0 new, 13 changed, 0 as they were\n"), "{}", again.out);
    assert!(!again.out.contains("cannot sign in"), "{}", again.out);
    let third = office.run(&["roster", "import", &roster], "");
    assert_eq!(third.out, "0 new, 0 changed, 13 as they were\n");
    let changed = office.file("r.toml", "[[rep]]\nname = \"ana\"\ndisplay = \"Ana\"\nlanguages = { en = 5, vi = 2 }\n");
    let fourth = office.run(&["roster", "import", changed.to_str().unwrap()], "");
    assert!(
        fourth.out.starts_with("0 new, 1 changed, 0 as they were\nnot on this roster, left as they are: "),
        "{}",
        fourth.out
    );
    let shown = office.run(&["roster", "show"], "").out;
    assert!(shown.lines().any(|line| line.starts_with("ana ") && line.contains("en 5/5, vi 2/2")), "{shown}");
    assert!(shown.lines().any(|line| line.starts_with("sam ") && line.contains("supervisor")), "{shown}");
    assert!(!shown.contains("$argon2id"), "{shown}");
}

#[test]
fn a_user_is_added_and_changed_and_needs_a_real_password() {
    let office = Office::new();
    let add = |name: &str, password: &str| {
        office
            .run(&["user", "add", name, "--role", "supervisor", "--display", "The boss", "--password-stdin"], password)
    };
    assert_eq!(add("boss", PASSWORD).out, "boss can sign in as supervisor\n");
    assert!(add("boss", PASSWORD).out.starts_with("boss has a new password and is supervisor"));
    for (name, password, why) in [
        ("boss", "short", "15 to 128 characters; this one has 5"),
        ("boss", "", "this one has 0"),
        ("boss", "aaaaaaaaaaaaaaaaaaaa", "repeats"),
        ("Boss", PASSWORD, "cannot be a sign-in name"),
        ("a-name-that-is-much-too-long", PASSWORD, "cannot be a sign-in name"),
    ] {
        let said = add(name, password);
        assert!(!said.ok && said.err.contains(why), "{name} {password}: {}", said.err);
    }
    assert!(!office.run(&["user", "add", "boss", "--role", "king", "--password-stdin"], PASSWORD).ok);
    assert!(!office.run(&["user", "add", "boss", "--role", "rep"], PASSWORD).ok, "never without --password-stdin");
    let shown = office.run(&["roster", "show"], "").out;
    assert!(shown.contains("The boss") && shown.contains("supervisor"), "{shown}");
}

#[test]
fn a_roster_with_problems_changes_nothing() {
    let office = Office::new();
    let bad = office.file(
        "r.toml",
        "[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\n[[rep]]\nname = \"Ben\"\nlanguages = { en = 5 }\n",
    );
    let said = office.run(&["roster", "import", bad.to_str().unwrap()], "");
    assert!(!said.ok && said.err.contains("r.toml:5:8: `Ben` cannot be a sign-in name"), "{}", said.err);
    assert_eq!(office.run(&["roster", "show"], "").out.lines().count(), 1, "only the heading");
}

#[test]
fn a_store_in_use_is_said_plainly() {
    let office = Office::new();
    let data = office.folder.path().join("data");
    let held = steelbridge::store::embedded::Embedded::open(&data).expect("a store");
    let said = office.run(&["roster", "show"], "");
    assert!(
        !said.ok && said.err.contains("another steelbridge is using") && said.err.contains("stop it first"),
        "{}",
        said.err
    );
    drop(held);
    assert!(office.run(&["roster", "show"], "").ok);
}
