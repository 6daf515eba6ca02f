//! Is the roster that the settings name the one people work by? What was imported counts, so whoever edits the file is told.

use crate::daemon::rulebook::written;
use crate::daemon::{Failure, Handle, setup};
use crate::plan::roster::{self, RosterEntry};
use crate::routing::command::Profile;
use crate::routing::engine::Engine;
use crate::routing::ids::Word;
use crate::settings::Settings;
use crate::store::Account;
use std::collections::BTreeMap;

/// Names said in one sentence; of more only their number.
const NAMES_MAX: usize = 10;

/// Warns of a roster file that has problems, or that is not what was imported. Says nothing where none is named.
pub async fn compare(settings: &Settings, handle: &Handle) -> Result<(), Failure> {
    let Some(file) = settings.files.roster.as_deref() else { return Ok(()) };
    let mut problems = Vec::new();
    let Some(entries) = written(Some(file), roster::FILE, "", roster::parse, &mut problems) else {
        for problem in problems {
            tracing::warn!("people work as they were imported; the roster has a problem: {problem}");
        }
        return Ok(());
    };
    let accounts = handle.rows(|rows| rows.accounts()).await?;
    let profiles = |engine: &Engine, _| {
        engine.reps().map(|rep| (rep.profile.name, rep.profile.clone())).collect::<BTreeMap<Word, Profile>>()
    };
    let profiles = handle.read(profiles).await?;
    for difference in differences(&entries, &accounts, &profiles) {
        tracing::warn!(roster = %file.display(), "{difference}");
    }
    Ok(())
}

/// One sentence for each kind of difference, with the sign-in names.
fn differences(entries: &[RosterEntry], accounts: &[Account], profiles: &BTreeMap<Word, Profile>) -> Vec<String> {
    let account = |name: Word| accounts.iter().find(|account| account.name == name);
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for entry in entries {
        match account(entry.name) {
            None => new.push(entry.name),
            Some(known) => {
                let is_same = known.display == entry.display
                    && known.role == setup::role(entry.duty)
                    && profiles.get(&entry.name) == Some(&entry.profile);
                if !is_same {
                    changed.push(entry.name);
                }
            }
        }
    }
    let is_listed = |account: &&Account| entries.iter().any(|entry| entry.name == account.name);
    let others = accounts.iter().filter(|account| !is_listed(account)).map(|account| account.name).collect();
    let import = "`steelbridge roster import` takes them over, while the daemon is stopped";
    [
        (new, format!("on the roster and not imported, so they cannot sign in; {import}")),
        (changed, format!("otherwise on the roster than imported, and what was imported holds; {import}")),
        (others, "not on the roster, but imported or added before; they can work all the same".to_owned()),
    ]
    .into_iter()
    .filter(|(names, _)| !names.is_empty())
    .map(|(names, what)| format!("{}: {what}", listed(&names)))
    .collect()
}

fn listed(names: &[Word]) -> String {
    let said = names.iter().take(NAMES_MAX).map(Word::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => said,
        more => format!("{said} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::ids::RepId;

    fn imported(entries: &[RosterEntry]) -> (Vec<Account>, BTreeMap<Word, Profile>) {
        let account = |(n, entry): (usize, &RosterEntry)| Account {
            id: RepId(n as u32 + 1),
            name: entry.name,
            display: entry.display.clone(),
            role: setup::role(entry.duty),
            password: None,
            disabled: false,
        };
        let profiles = entries.iter().map(|entry| (entry.name, entry.profile.clone())).collect();
        (entries.iter().enumerate().map(account).collect(), profiles)
    }

    #[test]
    fn only_what_differs_is_told_and_by_name() {
        let read = |text: &str| roster::parse(text).expect("a sound roster");
        let before =
            read("rep = [{ name = \"ana\", languages = { en = 5 } }, { name = \"ben\", languages = { en = 5 } }]");
        let (accounts, profiles) = imported(&before);
        assert!(differences(&before, &accounts, &profiles).is_empty(), "imported as it is");
        let now =
            read("rep = [{ name = \"ana\", languages = { en = 4 } }, { name = \"chu\", languages = { en = 5 } }]");
        let told = differences(&now, &accounts, &profiles);
        let starts = ["chu: on the roster and not imported", "ana: otherwise on the roster", "ben: not on the roster"];
        assert_eq!(told.len(), starts.len(), "{told:?}");
        for (line, start) in told.iter().zip(starts) {
            assert!(line.starts_with(start), "{line}");
        }
    }

    #[test]
    fn of_many_names_some_are_said() {
        let names: Vec<Word> = (0..12).map(|n| Word::new(&format!("r{n}")).expect("short")).collect();
        assert_eq!(listed(&names), "r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 2 more");
    }
}
