//! The routing plan and the roster as texts: what they decide, and what they say when something is wrong.

use steelbridge::plan::{Plan, roster};

const SHIPPED: &str = include_str!("../config/routing.toml");

fn shipped() -> Plan {
    Plan::parse(SHIPPED).unwrap_or_else(|problems| panic!("{}", listed(&problems)))
}

fn listed(problems: &[steelbridge::plan::Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn the_shipped_plan_and_roster_are_sound() {
    let plan = shipped();
    let people = roster::parse(include_str!("../config/roster.toml")).unwrap_or_else(|p| panic!("{}", listed(&p)));
    assert_eq!(people.len(), 13);
    let mut problems = plan.unreachable_rules();
    problems.extend(plan.uncovered_skills(&people, &Default::default()));
    assert!(problems.is_empty(), "{}", listed(&problems));
}
