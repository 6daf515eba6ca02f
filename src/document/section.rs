//! Reads a table key by key: wrong types, missing keys, bad values and unknown keys all become problems with a place.

use super::{Document, Node, Place, Table, Value};
use crate::routing::ids::{Span, Word};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::str::FromStr;

/// One table of a document. Ask for every key it may have, then call [`Section::done`].
pub struct Section<'d> {
    doc: &'d Document,
    /// The path to it, for example `queue`; empty at the top.
    name: String,
    pub place: Place,
    table: &'d Table,
    known: RefCell<BTreeSet<&'static str>>,
}

/// A text and where it stands.
#[derive(Clone, Debug)]
pub struct Text<'d> {
    pub value: &'d str,
    pub place: Place,
}

impl Document {
    /// The table at the top.
    pub fn top(&self) -> Section<'_> {
        let Value::Table(table) = &self.root.value else { unreachable!("a document's root is a table") };
        Section::new(self, String::new(), Place::Whole, table)
    }
}

impl<'d> Section<'d> {
    fn new(doc: &'d Document, name: String, place: Place, table: &'d Table) -> Section<'d> {
        Section { doc, name, place, table, known: RefCell::default() }
    }

    /// A node as a table, or a problem.
    pub fn of(doc: &'d Document, name: &str, node: &'d Node) -> Option<Section<'d>> {
        match &node.value {
            Value::Table(table) => Some(Section::new(doc, name.into(), node.place.clone(), table)),
            other => {
                doc.problem(
                    &node.place,
                    format!("`{name}` is {}, not a table", other.kind()),
                    format!("write it as `{name} = {{ … }}`"),
                );
                None
            }
        }
    }

    pub fn doc(&self) -> &'d Document {
        self.doc
    }

    pub fn problem(&self, place: &Place, what: impl Into<String>, mend: impl Into<String>) {
        self.doc.problem(place, what, mend);
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The value under a key, which is from now on a known key.
    pub fn node(&self, key: &'static str) -> Option<&'d Node> {
        self.known.borrow_mut().insert(key);
        self.table.get(key).map(|(_, node)| node)
    }

    /// Every key with its value, for tables whose keys are names; nothing is unknown then.
    pub fn entries(&self) -> impl Iterator<Item = (Text<'d>, &'d Node)> + use<'d> {
        self.table.iter().map(|(key, (place, node))| (Text { value: key, place: place.clone() }, node))
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.into() } else { format!("{}.{key}", self.name) }
    }

    fn wrong(&self, key: &str, node: &Node, wanted: &str, example: &str) {
        let what = format!("`{}` is {}, not {wanted}", self.path(key), node.value.kind());
        self.problem(&node.place, what, format!("write for example `{key} = {example}`"));
    }

    /// A key that must be there is not.
    pub fn missing(&self, key: &'static str, example: &str) {
        self.known.borrow_mut().insert(key);
        let what = format!("`{}` is missing", self.path(key));
        // a heading is written as it is, a key with its value
        let line = if key.starts_with('[') { example.to_string() } else { format!("{key} = {example}") };
        self.problem(&self.place, what, format!("add for example `{line}`"));
    }

    pub fn text(&self, key: &'static str) -> Option<Text<'d>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Text(value) => Some(Text { value, place: node.place.clone() }),
            _ => {
                self.wrong(key, node, "a text", "\"…\"");
                None
            }
        }
    }

    /// A text that must be there and not empty.
    pub fn need_text(&self, key: &'static str, example: &str) -> Option<Text<'d>> {
        if !self.has(key) {
            self.missing(key, example);
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            let what = format!("`{}` is empty", self.path(key));
            self.problem(&text.place, what, format!("write for example `{key} = {example}`"));
            return None;
        }
        Some(text)
    }

    pub fn integer(&self, key: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let node = self.node(key)?;
        let number = match &node.value {
            Value::Integer(number) => *number,
            // the environment knows only texts
            Value::Text(text) if matches!(node.place, Place::Named(_)) => text.trim().parse().unwrap_or(i64::MIN),
            _ => {
                self.wrong(key, node, "a whole number", &range.start().to_string());
                return None;
            }
        };
        if !range.contains(&number) {
            let what = format!("`{}` is {number}, outside {} to {}", self.path(key), range.start(), range.end());
            self.problem(&node.place, what, format!("choose a whole number from {} to {}", range.start(), range.end()));
            return None;
        }
        Some(number)
    }

    pub fn flag(&self, key: &'static str) -> Option<bool> {
        let node = self.node(key)?;
        match &node.value {
            Value::Flag(flag) => Some(*flag),
            Value::Text(text) if matches!(node.place, Place::Named(_)) && text.parse::<bool>().is_ok() => {
                text.parse().ok()
            }
            _ => {
                self.wrong(key, node, "true or false", "true");
                None
            }
        }
    }

    /// A number that is not negative, with or without a fraction.
    pub fn number(&self, key: &'static str) -> Option<f64> {
        let node = self.node(key)?;
        let number = as_number(node);
        if number.is_none() {
            let what = format!("`{}` is not a number of 0 or more", self.path(key));
            self.problem(&node.place, what, format!("write for example `{key} = 1.5`"));
        }
        number
    }

    /// A table from names to numbers that are not negative.
    pub fn numbers(&self, key: &'static str) -> Vec<(Text<'d>, f64)> {
        let Some(table) = self.section(key) else { return Vec::new() };
        let entries = table.entries().filter_map(|(name, node)| match as_number(node) {
            Some(number) => Some((name, number)),
            None => {
                let what = format!("`{}.{}` is not a number of 0 or more", self.path(key), name.value);
                self.problem(&node.place, what, format!("write for example `{} = 1.5`", name.value));
                None
            }
        });
        entries.collect()
    }

    /// A share between 0 and 1.
    pub fn share(&self, key: &'static str) -> Option<f64> {
        let node = self.node(key)?;
        match node.value {
            Value::Float(share) if (0.0..=1.0).contains(&share) => Some(share),
            Value::Integer(whole) if (0..=1).contains(&whole) => Some(whole as f64),
            _ => {
                let what = format!("`{}` must be a share between 0 and 1", self.path(key));
                self.problem(&node.place, what, format!("write for example `{key} = 0.85`"));
                None
            }
        }
    }

    /// A length of time such as `30s`, `3m`, `2h`, `1d`.
    pub fn span(&self, key: &'static str) -> Option<Span> {
        let text = self.text(key)?;
        let span = parse_span(text.value);
        if span.is_none() {
            let what = format!("`{}` is not a length of time: `{}`", self.path(key), text.value);
            self.problem(&text.place, what, SPAN_MEND);
        }
        span
    }

    /// A length of time that is not negative.
    pub fn duration(&self, key: &'static str) -> Option<Span> {
        let span = self.span(key)?;
        if span < Span::ZERO {
            let place = self.node(key).map_or(&self.place, |node| &node.place);
            self.problem(
                place,
                format!("`{}` is negative", self.path(key)),
                "write a length of time without the minus",
            );
            return None;
        }
        Some(span)
    }

    /// One of a closed list of names.
    pub fn one_of<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        self.choose(&text, &self.path(key), choices)
    }

    /// A text as one of a closed list of names.
    pub fn choose<T: Copy>(&self, text: &Text<'_>, called: &str, choices: &[(&str, T)]) -> Option<T> {
        let found = choices.iter().find(|(name, _)| *name == text.value).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let what = format!("`{}` is not known for `{called}`", text.value);
            self.problem(&text.place, what, format!("choose one of: {}", names.join(", ")));
        }
        found
    }

    /// A short name, at most 23 bytes.
    pub fn word(&self, key: &'static str) -> Option<Word> {
        let text = self.text(key)?;
        self.as_word(&text, &self.path(key))
    }

    /// A text as a short name.
    pub fn as_word(&self, text: &Text<'_>, called: &str) -> Option<Word> {
        Word::new(text.value)
            .map_err(|error| self.problem(&text.place, format!("`{called}`: {error}"), "choose a shorter name"))
            .ok()
    }

    /// A text read by its own parser, for example an address.
    pub fn parsed<T: FromStr>(&self, key: &'static str, example: &str) -> Option<T> {
        let text = self.text(key)?;
        text.value
            .parse()
            .map_err(|_| {
                let what = format!("`{}` cannot be read: `{}`", self.path(key), text.value);
                self.problem(&text.place, what, format!("write for example `{key} = {example}`"));
            })
            .ok()
    }

    /// A text, or a list of texts. `None` when the key is absent.
    pub fn texts(&self, key: &'static str) -> Option<Vec<Text<'d>>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Text(value) if matches!(node.place, Place::Named(_)) => {
                let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
                Some(parts.map(|value| Text { value, place: node.place.clone() }).collect())
            }
            Value::Text(value) => Some(vec![Text { value, place: node.place.clone() }]),
            Value::List(items) => Some(items.iter().filter_map(|item| self.item_text(key, item)).collect()),
            _ => {
                self.wrong(key, node, "a text or a list of texts", "[\"…\", \"…\"]");
                None
            }
        }
    }

    fn item_text(&self, key: &str, item: &'d Node) -> Option<Text<'d>> {
        match &item.value {
            Value::Text(value) => Some(Text { value, place: item.place.clone() }),
            _ => {
                self.wrong(key, item, "a text", "[\"…\"]");
                None
            }
        }
    }

    pub fn section(&self, key: &'static str) -> Option<Section<'d>> {
        Section::of(self.doc, &self.path(key), self.node(key)?)
    }

    /// A list of tables: `[[key]]`, or a list of inline tables.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'d>> {
        let Some(node) = self.node(key) else { return Vec::new() };
        match &node.value {
            Value::List(items) => {
                let path = self.path(key);
                items.iter().filter_map(|item| Section::of(self.doc, &path, item)).collect()
            }
            _ => {
                let what = format!("`{}` is {}, not a list of tables", self.path(key), node.value.kind());
                self.problem(&node.place, what, format!("write `[[{}]]` or `{key} = [ {{ … }} ]`", self.path(key)));
                Vec::new()
            }
        }
    }

    /// Every key that nobody asked for is a problem: a misspelt setting must not be silently ignored.
    pub fn done(self) {
        self.finish();
    }

    /// [`Section::done`] for a section that is still borrowed.
    pub fn finish(&self) {
        let known = self.known.borrow();
        for (key, (place, node)) in self.table {
            if known.contains(key.as_str()) {
                continue;
            }
            let mend = match nearest(key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "remove it".into(),
                None => format!("remove it; known here: {}", known.iter().copied().collect::<Vec<_>>().join(", ")),
            };
            let place = if let Place::Named(_) = node.place { &node.place } else { place };
            self.doc.problem(place, format!("`{}` is not a known key", self.path(key)), mend);
        }
    }
}

fn as_number(node: &Node) -> Option<f64> {
    let number = match node.value {
        Value::Float(number) => number,
        Value::Integer(number) => number as f64,
        _ => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// How to write a length of time, said in every complaint about one.
pub const SPAN_MEND: &str = "write a whole number and a unit: `30s`, `3m`, `2h` or `1d`, also joined as in `1h30m`";

/// `30s`, `3m`, `2h`, `1d`, `250ms`, `1h30m`, `-30m`. `None` when it cannot be read or is longer than 10 years.
pub fn parse_span(text: &str) -> Option<Span> {
    let (sign, mut rest) = match text.trim().strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.trim()),
    };
    if rest == "0" {
        return Some(Span::ZERO);
    }
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_len = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match &rest[..unit_len] {
            "ms" => Span::millis(1),
            "s" => Span::secs(1),
            "m" => Span::mins(1),
            "h" => Span::mins(60),
            "d" => Span::mins(24 * 60),
            _ => return None,
        };
        rest = &rest[unit_len..];
        total = number.checked_mul(unit.0).and_then(|part| total.checked_add(part))?;
    }
    const TEN_YEARS: i64 = Span::mins(10 * 366 * 24 * 60).0;
    (!text.trim().is_empty() && text.trim() != "-" && total <= TEN_YEARS).then_some(Span(sign * total))
}

/// The known name within two edits, if there is one.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.map(|k| (edits(name, k), k)).filter(|(edits, k)| *edits <= 2 && *edits < k.len()).min().map(|(_, k)| k)
}

/// Levenshtein distance in characters.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
