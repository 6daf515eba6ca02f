//! Fuzz target: a text as a routing plan; when it is one, it decides and its checks run.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet};
use steelbridge::plan::{Classified, Plan};
use steelbridge::routing::ids::{Channel, Timestamp, Word};

fuzz_target!(|text: &str| match Plan::parse(text) {
    Err(problems) => {
        assert!(!problems.is_empty());
        problems.iter().for_each(|problem| assert!(!problem.to_string().is_empty()));
    }
    Ok(plan) => {
        let settings = plan.settings(1);
        plan.unreachable_rules();
        plan.unknown_topics(&BTreeSet::new());
        plan.is_open(Timestamp(1_795_000_000_000_000));
        let decision = decide(&plan);
        assert!(settings.queues.iter().any(|queue| queue.name == decision.queue), "a queue that there is");
        let known = |rule: u16| plan.rule_names().nth(rule.into()).is_some();
        assert!(decision.rule.is_none_or(known), "a rule that there is");
    }
});

fn decide(plan: &Plan) -> steelbridge::plan::Decision {
    plan.classify(&Classified {
        channel: Channel::Email,
        language: Word::new("es").expect("a word"),
        language_sure: true,
        topic: Some("pothole"),
        service_skill: None,
        service_urgency: None,
        text: "aguas negras, sewage, сточные воды, 污水",
        fields: &BTreeMap::new(),
        open: true,
        doubtful: false,
        returning: false,
        mailbox: None,
    })
}
