//! The code keeps its own house rules: map equals tree, import table, one clock, names, sizes, and what must never appear.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder, sorted, as (path from the root with `/`, text). Files that are not UTF-8 are left out.
fn texts_below(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.map(|e| e.expect("a readable folder")) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push((from_root(&path), text));
            }
        }
    }
    found.sort();
    found
}

fn from_root(path: &Path) -> String {
    path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/")
}

fn rust_files() -> Vec<(String, String)> {
    let mut files = texts_below("src");
    files.extend(texts_below("tests"));
    files.retain(|(path, _)| path.ends_with(".rs"));
    assert!(files.len() > 10, "the walk found the code");
    files
}

fn source_files() -> Vec<(String, String)> {
    rust_files().into_iter().filter(|(path, _)| path.starts_with("src/")).collect()
}

/// The code of a line: what stands before a comment, without the text of string literals.
fn code(line: &str) -> String {
    let mut kept = String::new();
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => drop(chars.next()),
            '"' => quoted = !quoted,
            '\'' if chars.peek() == Some(&'"') => drop(chars.next()),
            '/' if !quoted && chars.peek() == Some(&'/') => break,
            c if !quoted => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// Where a word stands in the code of a file, as `path:line`.
fn uses_of(word: &str, path: &str, text: &str) -> Vec<String> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let hit = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            let goes_on_before = line[..at].ends_with(part) && word.starts_with(part);
            let goes_on_behind = line[at + word.len()..].starts_with(part) && word.ends_with(part);
            !goes_on_before && !goes_on_behind
        })
    };
    text.lines().enumerate().filter(|(_, l)| hit(&code(l))).map(|(n, _)| format!("{path}:{}", n + 1)).collect()
}

fn none(problems: Vec<String>, rule: &str) {
    assert!(problems.is_empty(), "{rule}\n  {}\n", problems.join("\n  "));
}

#[test]
fn every_file_opens_with_a_sentence_that_says_what_it_is_for() {
    let problems = rust_files()
        .into_iter()
        .filter(|(_, text)| {
            let opening: Vec<&str> = text.lines().map_while(|l| l.strip_prefix("//!")).map(str::trim).collect();
            let first: String = opening.iter().take_while(|l| !l.is_empty()).map(|l| format!("{l} ")).collect();
            first.len() < 20 || !first.trim_end().contains(['.', '?', '!', ':'])
        })
        .map(|(path, _)| path)
        .collect();
    none(problems, "These files must open with `//! One sentence.`:");
}

/// Lines of the form `name/ — sentence` or `name.rs — sentence`, in whatever frame of comment, list or code marks.
fn map_lines(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.split_once(" — "))
        .filter(|(_, sentence)| !sentence.trim().is_empty())
        .map(|(name, _)| name.trim_start_matches("//!").trim_matches([' ', '-', '*', '|', '`']).to_string())
        .filter(|name| !name.is_empty() && !name.contains(' ') && (name.ends_with('/') || name.contains('.')))
        .collect()
}

fn entries(folder: &str) -> BTreeSet<String> {
    fs::read_dir(root().join(folder))
        .expect("a readable folder")
        .map(|e| e.expect("an entry"))
        .map(|e| {
            let name = e.file_name().to_string_lossy().into_owned();
            if e.path().is_dir() { format!("{name}/") } else { name }
        })
        .collect()
}

fn map_equals(map: &BTreeSet<String>, wanted: &BTreeSet<String>, known: &BTreeSet<String>, whose: &str) -> Vec<String> {
    let missing = wanted.difference(map).map(|n| format!("{whose}: add a line `{n} — what it is for`"));
    let stale = map.difference(known).map(|n| format!("{whose}: `{n}` is in the map and not in the tree"));
    missing.chain(stale).collect()
}

#[test]
fn the_code_map_in_lib_rs_and_the_readme_equals_the_tree() {
    let mut src = entries("src");
    src.remove("lib.rs");
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let header: String = lib.lines().take_while(|l| l.starts_with("//!")).map(|l| format!("{l}\n")).collect();
    let mut problems = map_equals(&map_lines(&header), &src, &src, "src/lib.rs header");

    let top: BTreeSet<String> =
        entries("").into_iter().filter(|n| n.ends_with('/') && !n.starts_with('.') && n != "target/").collect();
    let mut known: BTreeSet<String> = src.union(&top).cloned().collect();
    known.insert("lib.rs".into());
    // `src/` is the root of the map itself.
    let wanted = known.iter().filter(|n| *n != "lib.rs" && *n != "src/").cloned().collect();
    known.extend(entries("").into_iter().filter(|n| !n.ends_with('/')));
    known.extend(entries("tests"));
    match fs::read_to_string(root().join("README.md")) {
        Ok(readme) => problems.extend(map_equals(&map_lines(&readme), &wanted, &known, "README.md")),
        Err(_) => problems.push("README.md is missing".into()),
    }
    none(problems, "The map must equal the tree:");
}

/// Who may use whom: for each top-level module, the paths below `crate::` it may name. `a` allows all of `a`.
const IMPORTS: &[(&str, &[&str])] = &[
    ("routing", &["routing"]),
    ("document", &["document", "routing::ids"]),
    ("catalogue", &["routing::ids"]),
    ("plan", &["plan", "catalogue", "document", "routing"]),
    ("message", &["routing::ids"]),
    ("intake", &["intake", "message", "plan", "catalogue", "document", "routing"]),
    ("texts", &["routing::ids"]),
    ("channels", &["channels", "catalogue", "message", "routing::ids", "console", "texts"]),
    ("store", &["store", "routing::event", "routing::ids", "message"]),
    (
        "daemon",
        &[
            "daemon",
            "routing",
            "plan",
            "catalogue",
            "intake",
            "message",
            "channels",
            "store",
            "document",
            "settings",
            "texts",
        ],
    ),
    (
        "http",
        &["http", "daemon", "routing", "catalogue", "message", "store", "channels", "console", "settings::network"],
    ),
    ("console", &["console", "catalogue", "routing::ids", "message", "texts"]),
    ("simulate", &["simulate", "routing", "plan", "document"]),
    ("demo", &["demo"]),
    ("settings", &["settings", "document", "routing::ids", "routing::hours"]),
];

/// What the table allows by its first word and forbids all the same.
const NEVER: &[(&str, &[&str])] = &[
    (
        "daemon",
        &["channels::chat", "channels::form", "channels::email", "store::embedded", "store::reads", "store::postgres"],
    ),
    ("intake", &["routing::engine"]),
    ("http", &["store::embedded", "store::reads", "store::postgres"]),
];

/// Crates a pure module may name.
const PURE: &[(&str, &[&str])] = &[
    ("routing", &["std", "serde", "thiserror", "jiff", "rustc_hash"]), // maps that are looked up, never iterated
    ("plan", &["std", "serde", "thiserror", "jiff", "toml", "aho_corasick"]),
    ("intake", &["std", "serde", "thiserror", "jiff", "toml", "aho_corasick", "exif", "lingua"]), // its models are in the binary
    ("simulate", &["std", "thiserror", "jiff"]),
];

fn module_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// The paths below `crate::` that a file names, two words deep, groups opened: `crate::{a::b, c}` gives `a::b`, `c`.
fn crate_paths(text: &str) -> Vec<String> {
    let code: String = text.lines().map(|l| code(l) + " ").collect();
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        open_group("", &code[at + "crate::".len()..], &mut paths);
    }
    paths
}

fn open_group(prefix: &str, rest: &str, paths: &mut Vec<String>) {
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if let Some(group) = rest.strip_prefix('{') {
        let mut depth = 0usize;
        let mut start = 0;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    open_group(prefix, group[start..at].trim(), paths);
                    start = at + 1;
                    if c == '}' {
                        return;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
    } else if !word.is_empty() {
        let path = if prefix.is_empty() { word.clone() } else { format!("{prefix}::{word}") };
        match rest[word.len()..].strip_prefix("::") {
            Some(deeper) if prefix.is_empty() => open_group(&path, deeper, paths),
            _ => paths.push(path),
        }
    }
}

fn within(path: &str, allowed: &[&str]) -> bool {
    allowed.iter().any(|a| path == *a || path.starts_with(&format!("{a}::")))
}

#[test]
fn the_import_table_holds() {
    let table: BTreeMap<&str, &[&str]> = IMPORTS.iter().copied().collect();
    let never: BTreeMap<&str, &[&str]> = NEVER.iter().copied().collect();
    let mut problems = Vec::new();
    for (path, text) in source_files() {
        let module = module_of(&path);
        if ["main", "lib", "commands", "serve"].contains(&module) {
            // they put the parts together
            continue;
        }
        let Some(allowed) = table.get(module) else {
            problems.push(format!("{path}: module `{module}` is not in the import table (tests/tidy.rs)"));
            continue;
        };
        for used in crate_paths(&text) {
            if !within(&used, allowed) || within(&used, never.get(module).unwrap_or(&&[][..])) {
                problems.push(format!("{path}: `{module}` may not use crate::{used}"));
            }
        }
    }
    none(problems, "Imports go one way:");
}

#[test]
fn the_pure_modules_name_no_other_crate_and_do_no_io() {
    let manifest: toml::Table =
        fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml").parse().expect("valid TOML");
    let crates: Vec<String> = ["dependencies", "dev-dependencies"]
        .iter()
        .filter_map(|part| manifest.get(*part)?.as_table())
        .flat_map(|part| part.keys().map(|k| k.replace('-', "_")))
        .collect();
    let io = ["std::fs", "std::net", "std::io", "std::env", "std::thread", "std::process", "HashMap", "HashSet"];
    let mut problems = Vec::new();
    for (path, text) in source_files() {
        let Some((_, allowed)) = PURE.iter().find(|(m, _)| *m == module_of(&path)) else { continue };
        for name in crates.iter().filter(|c| !allowed.contains(&c.as_str())) {
            let spelled = format!("{name}::");
            problems.extend(uses_of(&spelled, &path, &text).into_iter().map(|at| format!("{at} uses {spelled}")));
        }
        let text = text.replace("std::io::Cursor", ""); // bytes in memory, as if they were a file
        for word in io {
            problems.extend(uses_of(word, &path, &text).into_iter().map(|at| format!("{at} uses {word}")));
        }
    }
    none(problems, "routing, plan, intake and simulate decide; they reach for nothing:");
}

#[test]
fn the_clock_is_read_in_one_place() {
    let wall = ["SystemTime::now", "Timestamp::now", "Zoned::now", "Utc::now", "OffsetDateTime::now_utc"];
    let mut problems = Vec::new();
    for (path, text) in source_files() {
        if path != "src/main.rs" {
            wall.iter().for_each(|call| problems.extend(uses_of(call, &path, &text)));
        }
        // Pauses and durations: socket deadlines, how long a commit took, and the demo's people, who are clients.
        let measures = ["src/main.rs", "src/http/accept.rs", "src/daemon/sequencer.rs", "src/demo/rep.rs"];
        if !measures.contains(&path.as_str()) {
            problems.extend(uses_of("Instant::now", &path, &text));
        }
    }
    none(problems, "Time is passed on (daemon::Clock); only main.rs reads it:");
}

#[test]
fn names_say_what_a_thing_is() {
    const BANNED: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "manager", "misc", "imp"];
    let mut problems = Vec::new();
    for (path, text) in rust_files() {
        for part in path.trim_end_matches(".rs").split('/') {
            if BANNED.contains(&part) {
                problems.push(path.clone());
            }
        }
        for (n, line) in text.lines().enumerate() {
            let mut words = code(line);
            words.retain(|c| c.is_alphanumeric() || c == '_' || c == ' ');
            let mut words = words.split_whitespace().skip_while(|w| *w != "mod" && *w != "struct" && *w != "trait");
            if let Some(name) = words.nth(1)
                && (BANNED.contains(&name) || name.ends_with("Manager") || name.ends_with("Helper"))
            {
                problems.push(format!("{path}:{} names {name}", n + 1));
            }
        }
    }
    none(problems, "Names are the field's nouns:");
}

#[test]
fn files_and_functions_stay_readable() {
    const FILE: usize = 450;
    const TEST_FILE: usize = 600; // tables of cases
    const FUNCTION: usize = 70;
    let mut problems = Vec::new();
    for (path, text) in rust_files() {
        let lines: Vec<&str> = text.lines().collect();
        let most = if path.starts_with("src/") { FILE } else { TEST_FILE };
        if lines.len() > most {
            problems.push(format!("{path} has {} lines, {most} at most", lines.len()));
        }
        if !path.starts_with("src/") {
            continue;
        }
        for (n, line) in lines.iter().enumerate() {
            let inside = line.trim_start();
            let indent = &line[..line.len() - inside.len()];
            let Some(name) = inside.split_once("fn ").filter(|(before, _)| {
                before.split_whitespace().all(|w| w.starts_with("pub") || ["async", "const", "in"].contains(&w))
            }) else {
                continue;
            };
            let end = format!("{indent}}}");
            let length = lines[n..].iter().take_while(|l| **l != end).count() + 1;
            let one_line = inside.ends_with('}') || inside.ends_with(';');
            // `apply` is the one place where state changes: one arm an event, read as a table.
            if !one_line && length > FUNCTION && !name.1.starts_with("apply(") {
                let name = name.1.split(['(', '<']).next().unwrap_or_default();
                problems.push(format!("{path}:{} fn {name} has {length} lines, {FUNCTION} at most", n + 1));
            }
        }
    }
    none(problems, "Small enough to hold in the head:");
}

#[test]
fn nothing_is_unsafe_or_left_undone() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    assert!(manifest.contains("unsafe_code = \"forbid\""), "Cargo.toml forbids unsafe code");
    let mut problems = Vec::new();
    for (path, text) in source_files() {
        for word in ["unsafe", "todo!", "unimplemented!", "dbg!", "#[ignore", "allow(dead_code"] {
            problems.extend(uses_of(word, &path, &text).into_iter().map(|at| format!("{at} {word}")));
        }
        let unfinished = |l: &str| ["TODO", "FIXME", "XXX", "HACK"].iter().any(|w| l.contains(w));
        problems
            .extend(text.lines().enumerate().filter(|(_, l)| unfinished(l)).map(|(n, _)| format!("{path}:{}", n + 1)));
    }
    none(problems, "No stubs, nothing unsafe:");
}

#[test]
fn pages_build_their_content_safely() {
    const UNSAFE_SINKS: [&str; 8] = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "setHTMLUnsafe",
        "javascript:",
    ];
    let mut problems = Vec::new();
    for (path, text) in texts_below("src").into_iter().filter(|(p, _)| p.ends_with(".js") || p.ends_with(".html")) {
        for (n, line) in text.lines().enumerate() {
            let mut wrong: Vec<&str> = UNSAFE_SINKS.into_iter().filter(|w| line.contains(w)).collect();
            if path.ends_with(".html") {
                let inline = [" style=\"", "<style", " onclick=", " onload=", " onsubmit=", " onchange=", "|safe"];
                // Data for a script, escaped where it is made, is neither script nor markup.
                let data = line.contains("<script type=\"application/json\"") && line.contains(".for_script(");
                wrong.extend(inline.into_iter().filter(|w| line.contains(w) && !(data && *w == "|safe")));
                if line.contains("<script") && !line.contains("src=") && !data {
                    wrong.push("a script without src");
                }
            }
            problems.extend(wrong.iter().map(|w| format!("{path}:{} {w}", n + 1)));
        }
    }
    none(problems, "What people typed is only ever text (strict CSP, no inline script or style):");
}

#[test]
fn the_top_level_is_fixed() {
    const AGREED: [&str; 14] = [
        "Cargo.toml",
        "Cargo.lock",
        "src/",
        "config/",
        "tests/",
        "docker/",
        "README.md",
        "LICENSE",
        ".gitignore",
        ".ci/",
        "rustfmt.toml",
        "target/",
        ".git/",
        ".git",
    ];
    let extra = entries("").into_iter().filter(|n| !AGREED.contains(&n.as_str())).collect();
    none(extra, "Only what was agreed on stands at the top:");
}

#[test]
fn nothing_names_the_place_where_it_was_built() {
    let mut files: Vec<_> = ["src", "tests", "config", "docker", ".ci"].iter().flat_map(|f| texts_below(f)).collect();
    for name in entries("").into_iter().filter(|n| !n.ends_with('/') && n != ".git") {
        files.extend(fs::read_to_string(root().join(&name)).map(|text| (name, text)));
    }
    let places =
        [concat!("/wo", "rk/"), concat!("/tmp/", "wt"), concat!("/tmp/", "CONTRACT"), concat!("/home/", "user")];
    let mut problems = Vec::new();
    for (path, text) in files {
        let named = |l: &str| places.iter().any(|p| l.contains(p));
        problems.extend(text.lines().enumerate().filter(|(_, l)| named(l)).map(|(n, _)| format!("{path}:{}", n + 1)));
    }
    none(problems, "The code is at home anywhere:");
}
