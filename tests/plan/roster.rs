//! The roster as a text: who speaks, writes and can do what, and what it says when something is wrong.

use super::{listed, word};
use steelbridge::plan::roster;
use steelbridge::routing::ids::Channel;

#[test]
fn a_roster_says_who_speaks_writes_and_can_do_what() {
    let people = roster::parse(
        "[[rep]]\nname = \"ana\"\ndisplay = \"Ana R.\"\nchannels = [\"form\", \"email\"]\nlanguages = { es = { speak = 5, write = 4 }, en = 3 }\nskills = { water = 3 }\n\
         [[rep]]\nname = \"sam\"\nrole = \"supervisor\"\ncapacity = 0\nlanguages = { en = 5 }\n",
    )
    .unwrap_or_else(|p| panic!("{}", listed(&p)));
    let ana = &people[0].profile;
    assert_eq!((ana.capacity, people[0].display.as_str()), (100, "Ana R."));
    assert_eq!(ana.ability.channels, [Channel::Email, Channel::Form]);
    assert_eq!(ana.ability.languages[1].language, word("es"));
    assert_eq!((ana.ability.languages[1].speak, ana.ability.languages[1].write), (5, 4));
    assert_eq!(people[1].duty, roster::Duty::Supervisor);
    assert_eq!(people[1].profile.ability.channels.len(), 6);
}

/// A roster, where its problem stands, what it says and how to mend it.
#[rustfmt::skip]
const PROBLEMS: &[(&str, &str, &str, &str)] = &[
    ("", "", "`[[rep]]` is missing", "rep = ["),
    ("[[rep]]\nlanguages = { en = 5 }", "1:1", "`rep.name` is missing", "ana"),
    ("[[rep]]\nname = \"Ana\"\nlanguages = { en = 5 }", "2:8", "`Ana` cannot be a sign-in name", "small letters"),
    ("[[rep]]\nname = \"ana\"", "1:1", "`rep.languages` is missing", "{ en = 5 }"),
    ("[[rep]]\nname = \"ana\"\nlanguages = { en = 7 }", "3:20", "level of language `en`", "`es = 4`"),
    ("[[rep]]\nname = \"ana\"\nlanguages = { en = { spoken = 7 } }", "3:22", "`languages.spoken` is not a known key", "speak"),
    ("[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nrole = \"boss\"", "4:8", "`boss` is not known", "supervisor"),
    ("[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nchannels = [\"fax\"]", "4:13", "`fax` is not known", "email"),
    ("[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nskills = { x = 0 }", "4:16", "level of skill `x`", "5 is"),
    ("[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\ncapacity = -1", "4:12", "outside 0 to 10000", "choose"),
    ("[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nskill = { x = 1 }", "4:1", "`rep.skill` is not a known key", "did you mean `skills`?"),
    ("[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\n[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }", "4:1", "`ana` is on the roster twice", "another name"),
];

#[test]
fn every_problem_of_a_roster_names_its_line_and_its_remedy() {
    for (text, place, what, mend) in PROBLEMS {
        let problems = roster::parse(text).expect_err(text);
        let shown = problems[0].to_string();
        assert_eq!(problems.len(), 1, "{}", listed(&problems));
        assert!(shown.starts_with(&format!("roster.toml:{place}")), "{place}: {shown}");
        assert!(problems[0].what.contains(*what) && problems[0].mend.contains(*mend), "{shown}");
    }
}
