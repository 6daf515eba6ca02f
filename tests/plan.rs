//! The routing plan and the roster as texts: what they decide, and what they say when something is wrong.

use std::collections::{BTreeMap, BTreeSet};
use steelbridge::plan::{Classified, Plan, Problem, roster};
use steelbridge::routing::ids::{Channel, Span, Timestamp, Urgency, Word};
use steelbridge::routing::queue::{Policy, Widening};

const SHIPPED: &str = include_str!("../config/routing.toml");

/// A plan of the fewest lines that is sound.
const SMALL: &str = r#"
zone = "America/Los_Angeles"
house_language = "en"
hours = "mon-fri 08:00-17:00"
[channels]
phone   = { weight = 100, live = true }
counter = { weight = 100, live = true }
chat    = { weight = 40, live = true, most = 3 }
email   = { weight = 20, live = false }
form    = { weight = 20, live = false }
sms     = { weight = 20, live = false }
[urgency]
urgent = "2h"
soon = "30m"
normal = "0m"
low = "-30m"
[[queue]]
name = "general"
[[queue]]
name = "dispatch"
skills = { dispatch = 1 }
[[rule]]
name = "sewage"
when = { words = ["sewage", "aguas negras"] }
then = { queue = "dispatch", urgency = "urgent", skills = { dispatch = 2 }, tag = ["bes"] }
[otherwise]
queue = "general"
"#;

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn sound(text: &str) -> Plan {
    Plan::parse(text).unwrap_or_else(|problems| panic!("{}", listed(&problems)))
}

fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

/// The small plan with one line replaced, and the number of that line.
fn with(old: &str, new: &str) -> (String, usize) {
    let at = SMALL.find(old).unwrap_or_else(|| panic!("`{old}` is not in the small plan"));
    (SMALL.replacen(old, new, 1), SMALL[..at].lines().count() + usize::from(SMALL[..at].ends_with('\n')))
}

/// A contact to be classified; text and channel vary most.
struct Contact {
    channel: Channel,
    language: &'static str,
    topic: Option<&'static str>,
    service: Option<(&'static str, Urgency)>,
    text: &'static str,
    fields: BTreeMap<String, String>,
    open: bool,
}

const SAID: Contact = Contact {
    channel: Channel::Email,
    language: "en",
    topic: None,
    service: None,
    text: "",
    fields: BTreeMap::new(),
    open: true,
};

fn decide(plan: &Plan, contact: &Contact) -> (String, String, Urgency) {
    let decision = plan.classify(&Classified {
        channel: contact.channel,
        language: word(contact.language),
        language_sure: true,
        topic: contact.topic,
        service_skill: contact.service.map(|(skill, _)| word(skill)),
        service_urgency: contact.service.map(|(_, urgency)| urgency),
        text: contact.text,
        fields: &contact.fields,
        open: contact.open,
        doubtful: false,
        returning: false,
    });
    (plan.rule_name(decision.rule).to_string(), decision.queue.to_string(), decision.urgency)
}

#[test]
fn the_shipped_plan_and_roster_are_sound() {
    let plan = sound(SHIPPED);
    let people = roster::parse(include_str!("../config/roster.toml")).unwrap_or_else(|p| panic!("{}", listed(&p)));
    assert_eq!(people.len(), 13);
    let mut problems = plan.unreachable_rules();
    problems.extend(plan.uncovered_skills(&people, &BTreeSet::new()));
    assert!(problems.is_empty(), "{}", listed(&problems));
}

#[test]
fn the_shipped_plan_decides_as_its_readers_expect() {
    let plan = sound(SHIPPED);
    use Urgency::*;
    for (contact, rule, queue, urgency) in [
        (Contact { text: "Sewage coming up on 5th", ..SAID }, "sewage on the ground", "dispatch", Urgent),
        (Contact { text: "hay aguas negras", language: "es", ..SAID }, "sewage on the ground", "dispatch", Urgent),
        (
            Contact { topic: Some("sinkhole"), service: Some(("dispatch", Urgent)), ..SAID },
            "a crew must go out",
            "dispatch",
            Urgent,
        ),
        (
            Contact { text: "ramp blocked, I use a wheelchair", ..SAID },
            "cannot get past with a wheelchair",
            "general",
            Soon,
        ),
        (Contact { text: "Tôi cần giúp", language: "vi", ..SAID }, "another language", "language line", Normal),
        (
            Contact { service: Some(("permits", Low)), channel: Channel::Counter, ..SAID },
            "someone on the line",
            "general",
            Low,
        ),
        (Contact { text: "a pothole", ..SAID }, "otherwise", "general", Normal),
    ] {
        assert_eq!(decide(&plan, &contact), (rule.into(), queue.into(), urgency), "{}", contact.text);
    }
}

#[test]
fn the_engines_settings_are_the_plans() {
    let settings = sound(SHIPPED).settings(7);
    assert_eq!(settings.version, 7);
    assert_eq!(settings.house_language, word("en"));
    assert_eq!(settings.channel(Channel::Phone).weight, 100);
    assert!(settings.channel(Channel::Chat).live && settings.channel(Channel::Chat).most == 3);
    assert_eq!(settings.head_start(Urgency::Urgent), Span::mins(120));
    assert_eq!(settings.head_start(Urgency::Low), Span::mins(-30));
    assert_eq!(settings.ladder, [Span::secs(30), Span::secs(60)]);
    let dispatch = &settings.queues[0];
    assert_eq!(dispatch.name, word("dispatch"));
    assert_eq!(dispatch.policy, Policy::SpareScarce);
    assert_eq!(dispatch.offer[Channel::Phone as usize], Span::secs(20));
    assert_eq!(dispatch.offer[Channel::Chat as usize], Span::secs(30));
    assert_eq!(dispatch.offer[Channel::Email as usize], Span::secs(120));
    assert_eq!(dispatch.widen[0].widening, Widening::Interpreter);
    assert_eq!(dispatch.widen[1].widening, Widening::Lower { skill: word("dispatch"), by: 1 });
    assert_eq!(dispatch.widen[2].widening, Widening::Without { skill: word("dispatch") });
}

#[test]
fn targets_and_hours_are_asked_of_the_plan() {
    let (text, _) = with(
        "name = \"general\"",
        "name = \"general\"\nhours = \"always\"\ntarget = { voice = { share = 0.8, within = \"30s\" } }",
    );
    let plan = sound(&text);
    assert_eq!(plan.target(word("general"), Channel::Phone).unwrap().within, Span::secs(30));
    assert_eq!(plan.target(word("general"), Channel::Email), None);
    let saturday = Timestamp(1_795_870_800_000_000); // 2026-11-28 05:00 in Portland
    assert!(!plan.is_open(saturday));
    assert!(plan.hours_of(word("general")).is_open(saturday));
    assert!(!plan.hours_of(word("dispatch")).is_open(saturday));
}

#[test]
fn conditions_nest_and_the_first_rule_that_holds_decides() {
    let plan = sound(&SMALL.replace(
        "[otherwise]",
        r#"
[[rule]]
name = "nested"
when = { channel = ["email", "form"], any = [
  { language = "zh" },
  { all = [ { field = { blocked = ["Yes", "partly"] } }, { not = { open = false } } ] },
  { topic = "pothole", language = "es" },
] }
then = { queue = "general", urgency = "soon" }
[[rule]]
name = "closed"
when = { open = false }
then = { queue = "general", urgency = "low" }
[otherwise]"#,
    ));
    let blocked = |answer: &str| BTreeMap::from([("blocked".to_string(), answer.to_string())]);
    for (contact, rule) in [
        (Contact { language: "zh-Hant", ..SAID }, "nested"),
        (Contact { language: "zha", ..SAID }, "otherwise"),
        (Contact { language: "zh-Hant", channel: Channel::Chat, ..SAID }, "otherwise"),
        (Contact { fields: blocked(" YES "), ..SAID }, "nested"),
        (Contact { fields: blocked("no"), ..SAID }, "otherwise"),
        (Contact { fields: blocked("partly"), open: false, ..SAID }, "closed"),
        (Contact { topic: Some("pothole"), language: "es", ..SAID }, "nested"),
        (Contact { topic: Some("pothole"), ..SAID }, "otherwise"),
        (Contact { language: "zh-Hans", text: "SEWAGE", ..SAID }, "sewage"),
    ] {
        assert_eq!(decide(&plan, &contact).0, rule, "{} {:?}", contact.language, contact.fields);
    }
}

#[test]
fn the_services_skill_is_asked_for_unless_the_rule_asks_for_more_of_it() {
    let plan = sound(SMALL);
    let need = |text, skill| {
        let contact = Classified {
            channel: Channel::Form,
            language: word("en"),
            language_sure: true,
            topic: None,
            service_skill: Some(word(skill)),
            service_urgency: Some(Urgency::Soon),
            text,
            fields: &BTreeMap::new(),
            open: true,
            doubtful: false,
            returning: false,
        };
        let decision = plan.classify(&contact);
        let skills = decision.skills.iter().map(|s| format!("{} {}", s.skill, s.level)).collect::<Vec<_>>();
        (skills.join(", "), decision.urgency)
    };
    assert_eq!(need("hello", "streets"), ("streets 1".into(), Urgency::Soon));
    assert_eq!(need("sewage", "streets"), ("dispatch 2, streets 1".into(), Urgency::Urgent));
    assert_eq!(need("sewage", "dispatch"), ("dispatch 2".into(), Urgency::Urgent));
}

/// In place of a line of the small plan: another, which column its problem is in, what it says and how to mend it.
#[test]
fn every_problem_names_its_line_and_its_remedy() {
    for (old, new, column, what, mend) in [
        ("zone = \"America/Los_Angeles\"", "zone = \"Portland\"", 8, "no time zone named `Portland`", "IANA"),
        ("zone = \"America/Los_Angeles\"", "zone = 3", 8, "`zone` is a whole number", "zone = "),
        ("hours = \"mon-fri 08:00-17:00\"", "hours = \"weekdays\"", 9, "has no times", "every day 07:00-20:00"),
        ("hours = \"mon-fri 08:00-17:00\"", "hours = \"mon-fri 17:00-08:00\"", 9, "ends before it starts", "every day"),
        (
            "hours = \"mon-fri 08:00-17:00\"",
            "hours = \"always\"\nholidays = [\"Xmas\"]",
            0,
            "`Xmas` is not a day",
            "2026-12-25",
        ),
        (
            "house_language = \"en\"",
            "house_langage = \"en\"",
            1,
            "`house_langage` is not a known key",
            "did you mean `house_language`?",
        ),
        (
            "phone   = { weight = 100, live = true }",
            "phone   = { weight = 1001, live = true }",
            22,
            "outside 0 to 1000",
            "choose",
        ),
        (
            "phone   = { weight = 100, live = true }",
            "phone   = { weight = 100 }",
            11,
            "`channels.phone.live` is missing",
            "live = false",
        ),
        (
            "phone   = { weight = 100, live = true }",
            "fax     = { weight = 100, live = true }",
            1,
            "`channels.fax` is not a known key",
            "phone",
        ),
        ("urgent = \"2h\"", "urgent = \"two hours\"", 10, "not a length of time: `two hours`", "`30s`"),
        ("low = \"-30m\"", "low = \"3h\"", 0, "lower urgency has the larger head start", "fall"),
        ("low = \"-30m\"", "lowest = \"-30m\"", 1, "`urgency.lowest` is not a known key", "low"),
        ("name = \"general\"", "name = \"a queue with a very long name\"", 8, "1 to 23 bytes", "shorter"),
        ("name = \"general\"", "name = \"general\"\npolicy = \"fair\"", 0, "`fair` is not known", "spare-scarce"),
        ("name = \"general\"", "name = \"general\"\noffer = { voice = \"2s\" }", 0, "too short to be read", "5s"),
        (
            "name = \"general\"",
            "name = \"general\"\noffer = { post = \"20s\" }",
            0,
            "`queue.offer.post` is not a known key",
            "phone",
        ),
        (
            "name = \"general\"",
            "name = \"general\"\ntarget = { share = 85, within = \"20s\" }",
            0,
            "share between 0 and 1",
            "0.85",
        ),
        (
            "name = \"general\"",
            "name = \"general\"\nwiden = [{ after = \"1s\", with = \"interpreter\" }]",
            0,
            "before one offer has run out",
            "at least 20s",
        ),
        (
            "name = \"general\"",
            "name = \"general\"\nwiden = [{ after = \"60s\" }]",
            0,
            "does one thing; this one does 0",
            "with = ",
        ),
        (
            "name = \"general\"",
            "name = \"general\"\nwiden = [{ after = \"60s\", also = \"sewer\" }]",
            0,
            "`sewer` is not another queue",
            "dispatch",
        ),
        (
            "name = \"general\"",
            "name = \"general\"\nwiden = [{ after = \"60s\", with = \"robot\" }]",
            0,
            "`robot` is not known",
            "interpreter",
        ),
        (
            "name = \"general\"",
            "name = \"general\"\nwiden = [{ after = \"60s\", skill = \"x\" }]",
            0,
            "`queue.widen.level` is missing",
            "-1",
        ),
        ("name = \"dispatch\"", "name = \"general\"", 0, "two queues named `general`", "rename"),
        ("skills = { dispatch = 1 }", "skills = { dispatch = 9 }", 23, "level of skill `dispatch`", "1 is \"can\""),
        ("name = \"sewage\"", "name = \"otherwise\"", 8, "already a rule named `otherwise`", "own name"),
        ("when = { words = [\"sewage\", \"aguas negras\"] }", "when = { }", 8, "would always hold", "[otherwise]"),
        (
            "when = { words = [\"sewage\", \"aguas negras\"] }",
            "when = { words = [\"\"] }",
            19,
            "1 to 100 characters",
            "people would write",
        ),
        (
            "when = { words = [\"sewage\", \"aguas negras\"] }",
            "when = { channel = \"fax\" }",
            20,
            "`fax` is not known for `channel`",
            "email",
        ),
        (
            "when = { words = [\"sewage\", \"aguas negras\"] }",
            "when = { any = [] }",
            16,
            "`any` has no conditions",
            "add conditions",
        ),
        (
            "when = { words = [\"sewage\", \"aguas negras\"] }",
            "when = { word = [\"sewage\"] }",
            10,
            "`rule.when.word` is not a known key",
            "did you mean `words`?",
        ),
        (
            "when = { words = [\"sewage\", \"aguas negras\"] }",
            "when = { field = { a = 1 } }",
            24,
            "compared with a whole number",
            "list of texts",
        ),
        (
            "then = { queue = \"dispatch\", urgency",
            "then = { queue = \"dispach\", urgency",
            18,
            "no queue named `dispach`",
            "did you mean `dispatch`?",
        ),
        (
            "then = { queue = \"dispatch\", urgency = \"urgent\"",
            "then = { queue = \"dispatch\", urgency = \"emergency\"",
            40,
            "`emergency` is not known",
            "urgent, soon, normal, low",
        ),
        ("queue = \"general\"", "queue = \"sewers\"", 9, "no queue named `sewers`", "general, dispatch"),
    ] {
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

#[test]
fn an_example_that_does_not_come_true_is_a_problem() {
    let example = |given: &str, expect: &str| {
        let example = format!("[[rule.example]]\ngiven = {{ {given} }}\nexpect = {{ {expect} }}\n[otherwise]");
        Plan::parse(&SMALL.replace("[otherwise]", &example)).map(|_| ()).map_err(|problems| listed(&problems))
    };
    assert_eq!(
        example("subject = \"Sewage!\"", "rule = \"sewage\", queue = \"dispatch\", urgency = \"urgent\""),
        Ok(())
    );
    assert_eq!(example("fields = { what = \"sewage\" }", "rule = \"sewage\""), Ok(()));
    let wrong = example("text = \"sew age\"", "rule = \"sewage\"").unwrap_err();
    assert!(wrong.contains("routing.toml:26:1: the example expects rule `sewage`, but it is `otherwise`"), "{wrong}");
    let wrong = example("text = \"sewage\"", "urgency = \"low\"").unwrap_err();
    assert!(
        wrong.contains("expects urgency `low`, but it is `urgent`") && wrong.contains("decided by `sewage`"),
        "{wrong}"
    );
    assert!(example("text = \"sewage\"", "").unwrap_err().contains("`rule.example.expect.rule` is missing"));
    assert!(example("txt = \"sewage\"", "rule = \"otherwise\"").unwrap_err().contains("did you mean `text`?"));
}

#[test]
fn nesting_has_an_end() {
    let deep = format!("when = {}{{ open = true }}{}", "{ not = ".repeat(20), " }".repeat(20));
    let (text, _) = with("when = { words = [\"sewage\", \"aguas negras\"] }", &deep);
    assert!(listed(&Plan::parse(&text).unwrap_err()).contains("nested too deeply"));
}

#[test]
fn lint_finds_rules_that_never_match_and_what_nobody_can_do() {
    let rule = |name: &str, when: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\nwhen = {when}\nthen = {{ queue = \"general\", skills = {{ knitting = 2 }} }}\n"
        )
    };
    let unreachable = |first: &str, second: &str| {
        let rules = format!("{}{}[otherwise]", rule("first", first), rule("second", second));
        let plan = sound(&SMALL.replace("[otherwise]", &rules));
        plan.unreachable_rules().iter().any(|p| p.what.contains("`second` can never match: `first`"))
    };
    assert!(unreachable("{ channel = [\"email\", \"form\"] }", "{ channel = \"form\", open = true }"));
    assert!(unreachable(
        "{ topic = [\"a\", \"b\"] }",
        "{ any = [ { topic = \"a\" }, { topic = \"b\", open = false } ] }"
    ));
    assert!(unreachable("{ field = { x = true } }", "{ field = { x = \"1\" } }"));
    assert!(!unreachable("{ channel = \"form\" }", "{ channel = [\"email\", \"form\"] }"));
    assert!(!unreachable("{ topic = \"a\", open = true }", "{ topic = \"a\" }"));
    assert!(!unreachable("{ not = { open = true } }", "{ open = true }"));
    let plan =
        sound(&SMALL.replace("[otherwise]", &format!("{}[otherwise]", rule("first", "{ topic = \"pot_hole\" }"))));
    let services = BTreeSet::from(["pothole".to_string()]);
    assert!(
        listed(&plan.unknown_topics(&services)).contains("no service `pot_hole`\n    to mend: did you mean `pothole`?")
    );
    let people =
        roster::parse("[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nskills = { dispatch = 1, knitting = 1 }\n")
            .unwrap();
    let shown = listed(&plan.uncovered_skills(&people, &BTreeSet::from([word("streets")])));
    for missing in ["`knitting` at level 2", "`dispatch` at level 2", "`streets` at level 1"] {
        assert!(shown.contains(missing), "{missing}\n{shown}");
    }
    assert!(!shown.contains("`dispatch` at level 1"), "{shown}");
    assert_eq!(plan.uncovered_languages(&people, &[word("en"), word("vi")]), [word("vi")]);
}

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

#[test]
fn every_problem_of_a_roster_names_its_line_and_its_remedy() {
    for (text, place, what, mend) in [
        ("", "", "`[[rep]]` is missing", "rep = ["),
        ("[[rep]]\nlanguages = { en = 5 }", "1:1", "`rep.name` is missing", "ana"),
        ("[[rep]]\nname = \"Ana\"\nlanguages = { en = 5 }", "2:8", "`Ana` cannot be a sign-in name", "small letters"),
        ("[[rep]]\nname = \"ana\"", "1:1", "`rep.languages` is missing", "{ en = 5 }"),
        ("[[rep]]\nname = \"ana\"\nlanguages = { en = 7 }", "3:20", "level of language `en`", "`es = 4`"),
        (
            "[[rep]]\nname = \"ana\"\nlanguages = { en = { spoken = 7 } }",
            "3:22",
            "`languages.spoken` is not a known key",
            "speak",
        ),
        (
            "[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nrole = \"boss\"",
            "4:8",
            "`boss` is not known",
            "supervisor",
        ),
        (
            "[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nchannels = [\"fax\"]",
            "4:13",
            "`fax` is not known",
            "email",
        ),
        ("[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nskills = { x = 0 }", "4:16", "level of skill `x`", "5 is"),
        ("[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\ncapacity = -1", "4:12", "outside 0 to 10000", "choose"),
        (
            "[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nskill = { x = 1 }",
            "4:1",
            "`rep.skill` is not a known key",
            "did you mean `skills`?",
        ),
        (
            "[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\n[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }",
            "4:1",
            "`ana` is on the roster twice",
            "another name",
        ),
    ] {
        let problems = roster::parse(text).expect_err(text);
        let shown = problems[0].to_string();
        assert_eq!(problems.len(), 1, "{}", listed(&problems));
        assert!(shown.starts_with(&format!("roster.toml:{place}")), "{place}: {shown}");
        assert!(problems[0].what.contains(what) && problems[0].mend.contains(mend), "{shown}");
    }
}
