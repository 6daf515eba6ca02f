//! What the plan says when something is wrong: every class of problem with its place and its remedy.

use super::{SMALL, listed, with};
use steelbridge::plan::Plan;

/// In place of a line of the small plan: another, which column its problem is in, what it says and how to mend it.
#[rustfmt::skip]
const PROBLEMS: &[(&str, &str, u32, &str, &str)] = &[
    ("zone = \"America/Los_Angeles\"", "zone = \"Portland\"", 8, "no time zone named `Portland`", "IANA"),
    ("zone = \"America/Los_Angeles\"", "zone = 3", 8, "`zone` is a whole number", "zone = "),
    ("hours = \"mon-fri 08:00-17:00\"", "hours = \"weekdays\"", 9, "has no times", "every day 07:00-20:00"),
    ("hours = \"mon-fri 08:00-17:00\"", "hours = \"mon-fri 17:00-08:00\"", 9, "ends before it starts", "every day"),
    ("hours = \"mon-fri 08:00-17:00\"", "hours = \"always\"\nholidays = [\"Xmas\"]", 0, "`Xmas` is not a day", "2026-12-25"),
    ("house_language = \"en\"", "house_langage = \"en\"", 1, "`house_langage` is not a known key", "did you mean `house_language`?"),
    ("phone   = { weight = 100, live = true }", "phone   = { weight = 1001, live = true }", 22, "outside 0 to 1000", "choose"),
    ("phone   = { weight = 100, live = true }", "phone   = { weight = 100 }", 11, "`channels.phone.live` is missing", "live = false"),
    ("phone   = { weight = 100, live = true }", "fax     = { weight = 100, live = true }", 1, "`channels.fax` is not a known key", "phone"),
    ("urgent = \"2h\"", "urgent = \"two hours\"", 10, "not a length of time: `two hours`", "`30s`"),
    ("low = \"-30m\"", "low = \"3h\"", 0, "lower urgency has the larger head start", "fall"),
    ("low = \"-30m\"", "lowest = \"-30m\"", 1, "`urgency.lowest` is not a known key", "low"),
    ("name = \"general\"", "name = \"a queue with a very long name\"", 8, "1 to 23 bytes", "shorter"),
    ("name = \"general\"", "name = \"general\"\npolicy = \"fair\"", 0, "`fair` is not known", "spare-scarce"),
    ("name = \"general\"", "name = \"general\"\noffer = { voice = \"2s\" }", 0, "too short to be read", "5s"),
    ("name = \"general\"", "name = \"general\"\noffer = { post = \"20s\" }", 0, "`queue.offer.post` is not a known key", "phone"),
    ("name = \"general\"", "name = \"general\"\ntarget = { share = 85, within = \"20s\" }", 0, "share between 0 and 1", "0.85"),
    ("name = \"general\"", "name = \"general\"\nwiden = [{ after = \"1s\", with = \"interpreter\" }]", 0, "before one offer has run out", "at least 20s"),
    ("name = \"general\"", "name = \"general\"\nwiden = [{ after = \"60s\" }]", 0, "does one thing; this one does 0", "with = "),
    ("name = \"general\"", "name = \"general\"\nwiden = [{ after = \"60s\", also = \"sewer\" }]", 0, "no queue named `sewer`", "dispatch"),
    ("name = \"general\"", "name = \"general\"\nwiden = [{ after = \"60s\", with = \"robot\" }]", 0, "`robot` is not known", "interpreter"),
    ("name = \"general\"", "name = \"general\"\nwiden = [{ after = \"60s\", skill = \"x\" }]", 0, "`queue.widen.level` is missing", "-1"),
    ("name = \"dispatch\"", "name = \"general\"", 0, "two queues named `general`", "rename"),
    ("skills = { dispatch = 1 }", "skills = { dispatch = 9 }", 23, "level of skill `dispatch`", "1 is \"can\""),
    ("name = \"sewage\"", "name = \"otherwise\"", 8, "already a rule named `otherwise`", "own name"),
    ("when = { words = [\"sewage\", \"aguas negras\"] }", "when = { }", 8, "would always hold", "[otherwise]"),
    ("when = { words = [\"sewage\", \"aguas negras\"] }", "when = { words = [\"\"] }", 19, "1 to 100 characters", "people would write"),
    ("when = { words = [\"sewage\", \"aguas negras\"] }", "when = { channel = \"fax\" }", 20, "`fax` is not known for `channel`", "email"),
    ("when = { words = [\"sewage\", \"aguas negras\"] }", "when = { any = [] }", 16, "`any` has no conditions", "add conditions"),
    ("when = { words = [\"sewage\", \"aguas negras\"] }", "when = { word = [\"sewage\"] }", 10, "`rule.when.word` is not a known key", "did you mean `words`?"),
    ("when = { words = [\"sewage\", \"aguas negras\"] }", "when = { field = { a = 1 } }", 24, "compared with a whole number", "list of texts"),
    ("then = { queue = \"dispatch\", urgency", "then = { queue = \"dispach\", urgency", 18, "no queue named `dispach`", "did you mean `dispatch`?"),
    ("then = { queue = \"dispatch\", urgency = \"urgent\"", "then = { queue = \"dispatch\", urgency = \"emergency\"", 40, "`emergency` is not known", "urgent, soon, normal, low"),
    ("queue = \"general\"", "queue = \"sewers\"", 9, "no queue named `sewers`", "general, dispatch"),
];

#[test]
fn every_problem_names_its_line_and_its_remedy() {
    for &(old, new, column, what, mend) in PROBLEMS {
        let (text, line) = with(old, new);
        let problems = Plan::parse(&text).expect_err(new);
        let problem = problems
            .iter()
            .find(|problem| problem.what.contains(what))
            .unwrap_or_else(|| panic!("{new}\nshould say: {what}\nbut says\n{}", listed(&problems)));
        assert!(problem.mend.contains(mend), "{problem}");
        let shown = problem.to_string();
        if column > 0 {
            assert!(shown.starts_with(&format!("routing.toml:{line}:{column}: ")), "line {line}: {shown}");
        } else {
            assert!(
                shown.starts_with("routing.toml:") && shown.split(':').nth(1).unwrap().parse::<u32>().is_ok(),
                "{shown}"
            );
        }
    }
}

#[test]
fn what_must_be_there_and_is_not_is_said() {
    let shown = listed(&Plan::parse("").unwrap_err());
    for part in ["`zone`", "`hours`", "`house_language`", "`[channels]`", "`urgency`", "`[[queue]]`", "`[otherwise]`"] {
        assert!(shown.contains(&format!("{part} is missing")), "{part}\n{shown}");
    }
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_text() {
    let text = SMALL
        .replace("America/Los_Angeles", "Portland")
        .replace("\"2h\"", "\"long\"")
        .replace("\"dispatch\", urgency", "\"x\", urgency");
    let problems = Plan::parse(&text).unwrap_err();
    let lines: Vec<String> = problems.iter().map(|p| p.to_string().split(':').nth(1).unwrap().to_string()).collect();
    assert_eq!(lines, ["2", "13", "25"], "{}", listed(&problems));
}

#[test]
fn broken_toml_is_said_with_its_line_and_nothing_else() {
    let (text, line) = with("[urgency]", "[urgency");
    let problems = Plan::parse(&text).unwrap_err();
    assert!(
        problems[0].to_string().starts_with(&format!("routing.toml:{line}:9: unclosed table")),
        "{}",
        listed(&problems)
    );
    assert!(!listed(&problems).contains("is missing"), "what could not be read is not called missing");
    let huge = format!("# {}", "x".repeat(2 << 20));
    assert!(Plan::parse(&huge).unwrap_err()[0].what.contains("bytes"));
}
