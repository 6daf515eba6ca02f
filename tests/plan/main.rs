//! The routing plan as a text: what it decides, and what it is told to prove.

mod problems;
mod robust;
mod roster;

use std::collections::{BTreeMap, BTreeSet};
use steelbridge::plan::{self, Classified, MailboxSeen, Plan, Problem};
use steelbridge::routing::ids::{Channel, Span, Timestamp, Urgency, Word};
use steelbridge::routing::queue::{Policy, Widening};

const SHIPPED: &str = include_str!("../../config/routing.toml");

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
        mailbox: None,
    });
    let rule = decision.rule.and_then(|rule| plan.rule_names().nth(rule.into())).unwrap_or("otherwise");
    (rule.to_string(), decision.queue.to_string(), decision.urgency)
}

#[test]
fn the_shipped_plan_and_roster_are_sound() {
    let plan = sound(SHIPPED);
    let people =
        plan::roster::parse(include_str!("../../config/roster.toml")).unwrap_or_else(|p| panic!("{}", listed(&p)));
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
    assert_eq!(dispatch.widen[2].widening, Widening::AlsoQueue { queue: word("general") });
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
            mailbox: None,
        };
        let decision = plan.classify(&contact);
        let skills = decision.skills.iter().map(|s| format!("{} {}", s.skill, s.level)).collect::<Vec<_>>();
        (skills.join(", "), decision.urgency)
    };
    assert_eq!(need("hello", "streets"), ("streets 1".into(), Urgency::Soon));
    assert_eq!(need("sewage", "streets"), ("dispatch 2, streets 1".into(), Urgency::Urgent));
    assert_eq!(need("sewage", "dispatch"), ("dispatch 2".into(), Urgency::Urgent));
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
    let people = plan::roster::parse(
        "[[rep]]\nname = \"ana\"\nlanguages = { en = 5 }\nskills = { dispatch = 1, knitting = 1 }\n",
    )
    .unwrap();
    let shown = listed(&plan.uncovered_skills(&people, &BTreeSet::from([word("streets")])));
    for missing in ["`knitting` at level 2", "`dispatch` at level 2", "`streets` at level 1"] {
        assert!(shown.contains(missing), "{missing}\n{shown}");
    }
    assert!(!shown.contains("`dispatch` at level 1"), "{shown}");
    assert_eq!(plan.uncovered_languages(&people, &[word("en"), word("vi")]), [word("vi")]);
}

#[test]
fn the_mailbox_a_mail_came_to_decides_by_rule_else_by_its_own_queue() {
    let rule = "[[rule]]\nname = \"permits\"\nwhen = { mailbox = \"permits\" }\nthen = { queue = \"dispatch\" }\n\
                [[rule.example]]\ngiven = { channel = \"email\", mailbox = \"permits\" }\nexpect = { rule = \"permits\" }\n\
                [[rule]]\nname = \"late\"\nwhen = { mailbox = [\"permits\"], channel = \"email\" }\nthen = { queue = \"general\" }\n";
    let plan = sound(&SMALL.replace("[otherwise]", &format!("{rule}[otherwise]")));
    let fields = BTreeMap::new();
    let queue = |name, queue| {
        let contact = Classified {
            channel: Channel::Email,
            language: word("en"),
            language_sure: true,
            topic: None,
            service_skill: None,
            service_urgency: None,
            text: "hello",
            fields: &fields,
            open: true,
            doubtful: false,
            returning: false,
            mailbox: Some(MailboxSeen { name, queue }),
        };
        plan.classify(&contact).queue.to_string()
    };
    assert_eq!(queue("permits", Some(word("general"))), "dispatch", "a rule knows better than the mailbox");
    assert_eq!((queue("desk", None), queue("desk", Some(word("dispatch")))), ("general".into(), "dispatch".into()));
    assert_eq!(queue("desk", Some(word("closed long ago"))), "general", "a queue that the plan has not");
    assert!(plan.unreachable_rules()[0].what.contains("`late` can never match"), "{:?}", plan.unreachable_rules());
    let known = BTreeSet::from(["permit".to_string()]);
    let problem = plan.unknown_mailboxes(&known).remove(0);
    assert!(
        problem.what.contains("no mailbox `permits`") && problem.mend.contains("did you mean `permit`"),
        "{problem}"
    );
    assert!(plan.unknown_mailboxes(&BTreeSet::from(["permits".to_string()])).is_empty());
}
