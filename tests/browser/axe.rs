//! The accessibility rules of axe-core, asked in the page as it stands (WCAG 2.1 AA).

use super::screen::Screen;
use serde_json::Value;
use std::path::Path;

/// WCAG 2.0 and 2.1, levels A and AA, and axe's own best practices: a page's landmarks, one h1, and such.
const RUN: &str = r#"
    const done = arguments[0];
    axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}).then(
        found => done(found.violations.map(rule => ({
            rule: rule.id, impact: rule.impact, help: rule.help,
            where: rule.nodes.slice(0, 5).map(node => node.html.slice(0, 200) + ' | ' + (node.failureSummary || '').slice(0, 300)),
        }))),
        error => done([{rule: 'axe itself failed', impact: 'critical', help: String(error), where: []}]));
"#;

impl Screen {
    /// Everything serious or critical that axe finds on this page, as lines to print; empty is good.
    pub async fn barriers(&self, page: &str) -> Vec<String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&file).unwrap_or_else(|e| {
            panic!("{}: {e}; `npm --prefix tests/browser ci`, or let tests/run do it", file.display())
        });
        self.driver.execute(axe, Vec::new()).await.expect("axe loads");
        let found = self.driver.execute_async(RUN, Vec::new()).await.expect("axe runs");
        let found = found.json().as_array().expect("a list").clone();
        let heavy = found.iter().filter(|v| v["impact"] == "serious" || v["impact"] == "critical");
        heavy.map(|violation| line(page, violation)).collect()
    }
}

fn line(page: &str, violation: &Value) -> String {
    let places = violation["where"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let places = Vec::from_iter(places).join("\n      ");
    format!("{page}: {} ({}): {}\n      {places}", violation["rule"], violation["impact"], violation["help"])
}
