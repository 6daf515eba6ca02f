//! Routing behaviour as stories in the reader's words: what someone does, and everything that happens because of it.
//!
//! A file in `tests/stories/` holds stories; each begins with `== its title`, then the plan and the people, then lines
//! with a time. `#` begins a comment.
//!
//! ```text
//! == An unanswered offer sends the rep away
//! rep ana  speaks es  writes es  skills water 3  capacity 100
//! 09:00:00  ana available
//! 09:00:05  email c1 needs write es, water        -> c1 offered to ana until 09:03:05
//! 09:03:05                                        -> offer to ana expired, ana away(missed), c1 waiting
//! ```
//!
//! **The plan** is `stories/default.plan`, changed by lines of the same form: `channel email most 2`, `queue permits skills
//! permits 2 wrap-up 60s policy longest-idle`, `no queue permits`, `widen permits after 60s with interpreter` (or `permits
//! 1 lower`, `without permits`, `also general`), `head start urgent 2h`, `bar 60s`, `grace 30s`, `ladder 30s 60s`.
//! **People**: `rep ana speaks es, en writes es skills water 3 channels chat, email capacity 100`. Unsaid: languages at
//! level 3, skills at 1, all channels, a capacity of 100. All are signed out at first.
//!
//! **What one can do**, after the time:
//!
//! | who | says |
//! |---|---|
//! | a customer comes | `email c1 [again] [urgent] [to permits] [for ana] [by rule 3] needs [write] es[, water 2]` |
//! | a customer | `c1 customer wrote [of danger]` · `left` · `back` · `ended` · `c1 wants a callback` |
//! | a rep | `ana available` · `away(lunch)` · `offline` · `connects` · `disconnects` · `accepts c1` · `declines c1 (busy)` · `takes c1 from bo` (an offer that is not theirs) · `writes on c1` · `parks c1 [until 10:00:00]` · `resumes c1` · `closes c1 [(referred)]` · `ends wrap-up of c1` · `transfers c1 to rep bo`, `to queue permits`, `to need es, water 2` · `acknowledges c1` |
//! | a supervisor | `sue assigns c1 to bo` · `sue reclassifies c1 urgent [to permits] needs es` |
//! | an admin | `rep ana …` · `ana leaves the roster` · `plan channel chat most 1; no queue permits` |
//! | nobody | only time passes |
//!
//! **After `->`**, in order, every event: `c1 offered to ana until 09:03:05 (longest idle of 2)`. The end of a time, ` with
//! interpreter`, ` handed over by ana to bo` and the reason in brackets may be left out; an event may not. Only what repeats the line itself need not be said (`ana accepts
//! c1` brings `c1 accepted by ana`). What happens between two lines has a line of its own, at its time. `refused: away`
//! stands for a refusal, and then nothing may have changed. Further lines may begin with `->`.
//!
//! `late 09:05:00 …` is a line before which nobody looked at the clock: what was due earlier happens only then.
//!
//! **`now`** claims how things stand: `now c1 waiting` · `with ana` · `parked by ana` · `wrapped up by ana` · `closed` ·
//! `offered to ana and bo` · `needs write es, water 1` · `wanted …` · `since 09:00:05` · `place 2` · `urgency urgent` ·
//! `in permits` · `kept for ana until …` · `open to all` · `handed over by ana to bo` · `now ana load 40` · `available` · `idle since …` · `has c1 offered`
//! · `could take c1` · `cannot take c1: does not write es` · `now nothing due` · `now due at 09:03:05`.
//!
//! Under every story the eleven invariants are checked after each line, the oracle of `oracle/mod.rs` decides every offer
//! once more, and in the end the journal, replayed, must give the same state.

mod support_engine;

use std::fs;
use std::path::Path;
use support_engine::tale::{Tale, tales, tell};

fn all_tales() -> Vec<Tale> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let mut files: Vec<_> = fs::read_dir(folder).expect("tests/stories").map(|f| f.expect("a file").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "story"));
    files.sort();
    let read = |path: &Path| {
        let name = format!("tests/stories/{}", path.file_name().expect("a name").to_string_lossy());
        tales(&name, &fs::read_to_string(path).expect("a readable story"))
    };
    files.iter().flat_map(|path| read(path)).collect()
}

#[test]
fn every_story_is_true() {
    let only = std::env::var("STORY").unwrap_or_default(); // a part of a title or file name
    let all = all_tales();
    let chosen: Vec<&Tale> = all.iter().filter(|t| t.title.contains(&only) || t.file.contains(&only)).collect();
    assert!(chosen.len() >= 60 || !only.is_empty(), "only {} stories found", chosen.len());
    let problems: Vec<String> = chosen.iter().flat_map(|tale| tell(tale)).collect();
    assert!(problems.is_empty(), "{} stories told, these are not true:\n\n{}\n", chosen.len(), problems.join("\n\n"));
}

#[test]
fn titles_are_told_apart() {
    let mut titles: Vec<String> = all_tales().into_iter().map(|t| t.title).collect();
    titles.sort();
    let twice: Vec<_> = titles.windows(2).filter(|w| w[0] == w[1]).map(|w| &w[0]).collect();
    assert!(twice.is_empty(), "two stories are called {twice:?}");
}

/// The teller itself must not be fooled.
#[test]
fn a_story_that_leaves_something_out_or_makes_it_up_is_not_true() {
    let told = |lines: &str| {
        let opening = "== A story\nrep ana speaks en writes en\n09:00:00 ana available\n";
        tell(&tales("here", &format!("{opening}{lines}"))[0]).join("\n")
    };
    let fine = told("09:00:05 email c1 needs en -> c1 offered to ana until 09:03:05 (only)\n");
    assert!(fine.is_empty(), "{fine}");
    for (wrong, because) in [
        ("09:00:05 email c1 needs en", "happened  c1 received, c1 offered to ana"),
        ("09:00:05 email c1 needs en -> c1 offered to bo", "expected  c1 offered to bo"),
        ("09:00:05 email c1 needs en -> c1 offered to ana until 09:03:06", "until 09:03:05"),
        ("09:00:05 email c1 needs en -> c1 offered to ana (longest idle of 2)", "(only)"),
        ("09:00:05 email c1 needs en -> c1 offered to ana, c1 open to all", "c1 open to all"),
        ("09:00:05 email c1 needs en -> c1 offered to ana\n09:04:00 -> ana available", "at 09:03:05, something untold"),
        ("09:00:05 email c1 needs en -> refused: no such queue", "refused: no such queue"),
        ("09:00:05 ana accepts c1", "there is no contact `c1` yet"),
        ("09:00:05 ana dances", "cannot `dances`"),
        ("09:00:05 ana away(lunch)\nnow ana available", "now ana away(lunch)"),
        ("08:59:59 ana offline", "time goes back"),
    ] {
        let problems = told(wrong);
        assert!(problems.contains(because), "{wrong}\n\nsaid only: {problems}");
    }
}
