//! A TOML text as a tree that remembers where everything stands, and the problems found in it.

pub mod section;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use toml::de::{DeTable, DeValue};

/// The longest text that is read, in bytes. A plan for a large city has about 100 KiB.
pub const TEXT_MAX: usize = 1 << 20;
/// More problems than this are not shown: the first ones explain the rest.
const PROBLEMS_MAX: usize = 200;
/// How the parser begins what it says of text without quotes.
const UNQUOTED: [&str; 10] = [
    "invalid float",
    "invalid mantissa",
    "invalid fraction",
    "invalid exponent",
    "invalid integer",
    "invalid date-time",
    "invalid boolean",
    "unexpected leading zero",
    "missing opening quote",
    "string values must be quoted",
];

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Counted from 1; the column in characters.
    At { line: u32, column: u32 },
    /// An environment variable or a command-line option, by its name.
    Named(String),
    /// The whole text, for what is missing from it.
    Whole,
}

/// One thing that is wrong, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What the text is called, for example `routing.toml`.
    pub file: String,
    pub place: Place,
    pub what: String,
    pub mend: String,
}

impl Problem {
    pub fn new(file: &str, place: Place, what: impl Into<String>, mend: impl Into<String>) -> Problem {
        Problem { file: file.into(), place, what: what.into(), mend: mend.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::At { line, column } => write!(f, "{}:{line}:{column}: ", self.file)?,
            Place::Named(name) => write!(f, "{name}: ")?,
            Place::Whole => write!(f, "{}: ", self.file)?,
        }
        write!(f, "{}\n    to mend: {}", self.what, self.mend)
    }
}

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    pub place: Place,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    /// A TOML date or time, as written.
    Date(String),
    List(Vec<Node>),
    Table(Table),
}

/// Each key with the place of the key itself.
pub type Table = BTreeMap<String, (Place, Node)>;

impl Value {
    /// What it is, with its article, for "expected …, found …".
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number with a fraction",
            Value::Flag(_) => "true or false",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// A read text: its tree, and every problem found so far.
pub struct Document {
    pub file: String,
    pub root: Node,
    problems: RefCell<Vec<Problem>>,
}

impl Document {
    /// Read a TOML text, or say everything that is wrong with its form.
    pub fn read(file: &str, text: &str) -> Result<Document, Vec<Problem>> {
        let lines = Lines::new(text);
        if text.len() > TEXT_MAX {
            let what = format!("the text has {} bytes, more than {TEXT_MAX}", text.len());
            return Err(vec![Problem::new(file, Place::Whole, what, "split it, or remove what is not needed")]);
        }
        let (tree, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let problem = |error: toml::de::Error| {
                let place = error.span().map_or(Place::Whole, |span| lines.place(span.start));
                Problem::new(file, place, error.message().replace('\n', ", "), mend(error.message()))
            };
            return Err(errors.into_iter().take(PROBLEMS_MAX).map(problem).collect());
        }
        let root = Node { place: Place::Whole, value: Value::Table(table(tree.get_ref(), &lines)) };
        Ok(Document::of(file, root))
    }

    /// Nothing written at all.
    pub fn empty(file: &str) -> Document {
        Document::of(file, Node { place: Place::Whole, value: Value::Table(Table::new()) })
    }

    /// A tree that was put together elsewhere (settings: file, environment and options in layers).
    pub fn of(file: &str, root: Node) -> Document {
        Document { file: file.into(), root, problems: RefCell::default() }
    }

    pub fn problem(&self, place: &Place, what: impl Into<String>, mend: impl Into<String>) {
        self.problems.borrow_mut().push(Problem::new(&self.file, place.clone(), what, mend));
    }

    pub fn is_sound(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    /// All problems in the order of the text.
    pub fn problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        problems.dedup();
        problems.truncate(PROBLEMS_MAX);
        problems
    }

    /// `value` if nothing is wrong with the text, else everything that is.
    pub fn outcome<T>(self, value: Option<T>) -> Result<T, Vec<Problem>> {
        match value {
            Some(value) if self.is_sound() => Ok(value),
            _ => Err(self.problems()),
        }
    }
}

/// How to mend a mistake of form. Text without quotes is the usual one, and the parser takes it for a bad number.
fn mend(what: &str) -> &'static str {
    if UNQUOTED.iter().any(|start| what.starts_with(start)) {
        "write text in quotes, as in `key = \"text\"`; the format is TOML (https://toml.io)"
    } else {
        "check brackets, quotes and `=` on this line; the format is TOML (https://toml.io)"
    }
}

/// Where each line starts, to turn offsets into lines and columns.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Lines<'a> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { text, starts }
    }

    /// The place of a byte offset.
    pub fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let before = self.text.get(start..offset).unwrap_or_default();
        Place::At { line: line as u32, column: before.chars().count() as u32 + 1 }
    }
}

fn table(tree: &DeTable<'_>, lines: &Lines<'_>) -> Table {
    tree.iter()
        .map(|(key, value)| {
            let place = lines.place(key.span().start);
            (key.get_ref().to_string(), (place, node(value, lines)))
        })
        .collect()
}

fn node(value: &toml::Spanned<DeValue<'_>>, lines: &Lines<'_>) -> Node {
    let place = lines.place(value.span().start);
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Float(f64::INFINITY), Value::Integer)
        }
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(item, lines)).collect()),
        DeValue::Table(inner) => Value::Table(table(inner, lines)),
    };
    Node { place, value }
}
