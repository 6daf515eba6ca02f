//! Settings as written: the file, under the environment, under the command line, merged into one tree of values with places.

use crate::document::{Document, Node, Place, Problem, Table, Value};
use config::{Config, Environment, File, FileFormat, Source, ValueKind};
use std::collections::BTreeMap;

/// Environment variables are `STEELBRIDGE__LISTEN`, `STEELBRIDGE__PROGRAMME__NAME` and so on.
const PREFIX: &str = "STEELBRIDGE";
/// Between the parts of a variable's name.
const SEPARATOR: &str = "__";

/// A value given on the command line.
#[derive(Clone, Debug)]
pub struct Override {
    /// The setting, for example `listen`.
    pub key: &'static str,
    /// How it was given, for example `--listen`.
    pub option: &'static str,
    pub value: String,
}

/// Merge the layers. A syntax error in the file ends it here.
pub fn read(
    name: &str,
    text: &str,
    environment: impl IntoIterator<Item = (String, String)>,
    options: &[Override],
) -> Result<Document, Vec<Problem>> {
    let written = Document::read(name, text)?;
    let ours: BTreeMap<String, String> =
        environment.into_iter().filter(|(key, _)| key.starts_with(&format!("{PREFIX}{SEPARATOR}"))).collect();
    let variables = Environment::with_prefix(PREFIX)
        .prefix_separator(SEPARATOR)
        .separator(SEPARATOR)
        .ignore_empty(true)
        .source(Some(ours.into_iter().collect()));
    let mut layers = Config::builder().add_source(File::from_str(text, FileFormat::Toml)).add_source(variables);
    let unreadable = |error: config::ConfigError| {
        vec![Problem::new(name, Place::Whole, error.to_string(), "check the file and the STEELBRIDGE__ variables")]
    };
    for option in options {
        layers = layers.set_override(option.key, option.value.as_str()).map_err(unreadable)?;
    }
    let merged = layers.build().and_then(|config| config.collect()).map_err(unreadable)?;
    let root = table(merged, Some(&written.root), "", options);
    Ok(Document::of(name, Node { place: Place::Whole, value: Value::Table(root) }))
}

type Merged = config::Map<String, config::Value>;

/// The merged values, with the places of those that stand in the file.
fn table(merged: Merged, written: Option<&Node>, path: &str, options: &[Override]) -> Table {
    let written = match written.map(|node| &node.value) {
        Some(Value::Table(table)) => Some(table),
        _ => None,
    };
    let mut table = Table::new();
    for (key, value) in merged {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let in_file = written.and_then(|table| table.get(&key));
        let node = node(value, in_file.map(|(_, node)| node), &path, options);
        let place = in_file.map_or(node.place.clone(), |(place, _)| place.clone());
        table.insert(key, (place, node));
    }
    table
}

fn node(value: config::Value, written: Option<&Node>, path: &str, options: &[Override]) -> Node {
    let place = match options.iter().find(|option| option.key == path) {
        Some(option) => Place::Named(option.option.to_string()),
        None if value.origin() == Some("the environment") => {
            let variable = path.to_uppercase().replace('.', SEPARATOR);
            Place::Named(format!("{PREFIX}{SEPARATOR}{variable}"))
        }
        None => written.map_or(Place::Whole, |node| node.place.clone()),
    };
    let value = match value.kind {
        ValueKind::Nil => Value::Text(String::new()),
        ValueKind::Boolean(flag) => Value::Flag(flag),
        ValueKind::I64(number) => Value::Integer(number),
        ValueKind::I128(number) => i64::try_from(number).map_or(Value::Float(f64::INFINITY), Value::Integer),
        ValueKind::U64(number) => i64::try_from(number).map_or(Value::Float(f64::INFINITY), Value::Integer),
        ValueKind::U128(number) => i64::try_from(number).map_or(Value::Float(f64::INFINITY), Value::Integer),
        ValueKind::Float(number) => Value::Float(number),
        ValueKind::String(text) => Value::Text(text),
        ValueKind::Table(inner) => Value::Table(table(inner, written, path, options)),
        ValueKind::Array(items) => Value::List(list(items, written, path, options)),
    };
    Node { place, value }
}

fn list(items: Vec<config::Value>, written: Option<&Node>, path: &str, options: &[Override]) -> Vec<Node> {
    let written = match written.map(|node| &node.value) {
        Some(Value::List(list)) => list.as_slice(),
        _ => &[],
    };
    let items = items.into_iter().enumerate();
    items.map(|(at, item)| node(item, written.get(at), &format!("{path}[{at}]"), options)).collect()
}
