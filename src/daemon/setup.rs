//! Accounts and roster, written into the store while no daemon runs: through the engine, in the same journal.

use super::password::{self, BadPassword};
use super::recovery;
use crate::plan::roster::{Duty, RosterEntry};
use crate::routing::command::{Command, Profile, Refusal};
use crate::routing::engine::Engine;
use crate::routing::event::Event;
use crate::routing::ids::{RepId, Timestamp, Word};
use crate::routing::skill::Ability;
use crate::store::{Account, Entry, Reads, Record, Role, Store, StoreError};
use std::sync::Arc;

/// The store, with the engine as it remembers it.
pub struct Setup<S: Store> {
    store: S,
    reads: Arc<dyn Reads>,
    engine: Engine,
    now: Timestamp,
}

/// Someone to add or to change.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub name: Word,
    /// `None`: as it is, or the name.
    pub display: Option<String>,
    pub role: Role,
    pub password: String,
}

/// What became of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    New(RepId),
    /// Was there; password and role are changed, and everyone signed in as them is signed out.
    Changed(RepId),
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub new: Vec<Word>,
    pub changed: Vec<Word>,
    pub unchanged: usize,
    /// In the store and not on the roster; left as they are.
    pub others: Vec<Word>,
    pub without_password: Vec<Word>,
}

/// One line of `roster show`.
#[derive(Clone, Debug)]
pub struct Person {
    pub account: Account,
    pub profile: Option<Profile>,
}

#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Password(#[from] BadPassword),
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl<S: Store> Setup<S> {
    /// Rebuild the engine from an opened store.
    pub fn open(store: S, reads: Arc<dyn Reads>, now: Timestamp) -> Result<Setup<S>, SetupError> {
        let (engine, _, _) = recovery::load(&store)?;
        Ok(Setup { store, reads, engine, now })
    }

    /// Add someone who can sign in, or give someone who is there a new password and role.
    pub fn add_user(&mut self, user: NewUser) -> Result<Added, SetupError> {
        password::check(user.name.as_str(), &user.password)?;
        let hash = password::hash(&user.password).map_err(|error| SetupError::Hash(error.to_string()))?;
        let accounts = self.reads.accounts()?;
        let known = accounts.iter().find(|account| account.name == user.name);
        let id = known.map_or_else(|| next_id(&accounts), |account| account.id);
        let display = user.display.or(known.map(|account| account.display.clone())).unwrap_or(user.name.to_string());
        let account = Account { id, name: user.name, display, role: user.role, password: Some(hash), disabled: false };
        let mut records = vec![Record::Account(account)];
        if known.is_some() {
            records.push(Record::EndSessionsOf { account: id });
        }
        let works = matches!(user.role, Role::Rep | Role::Supervisor);
        let events = if works && self.engine.rep(id).is_none() {
            // nobody's abilities are guessed: until the roster has them, they are offered emergencies only
            let ability = Ability { channels: Vec::new(), languages: Vec::new(), skills: Vec::new() };
            self.set_rep(id, Profile { name: user.name, ability, capacity: 0 })?
        } else {
            Vec::new()
        };
        self.keep(events, records)?;
        Ok(if known.is_some() { Added::Changed(id) } else { Added::New(id) })
    }

    /// Make accounts and profiles as the roster has them, in one transaction. Nobody is removed.
    /// `password` becomes the first password of those who have none.
    pub fn import(&mut self, roster: &[RosterEntry], password: Option<&str>) -> Result<Imported, SetupError> {
        let hash = match password {
            None => None,
            Some(password) => {
                password::check("", password)?;
                Some(password::hash(password).map_err(|error| SetupError::Hash(error.to_string()))?)
            }
        };
        let mut accounts = self.reads.accounts()?;
        let (mut events, mut records, mut done) = (Vec::new(), Vec::new(), Imported::default());
        for entry in roster {
            let known = accounts.iter().find(|account| account.name == entry.name).cloned();
            let account = Account {
                id: known.as_ref().map_or_else(|| next_id(&accounts), |account| account.id),
                name: entry.name,
                display: entry.display.clone(),
                role: role(entry.duty),
                password: known.as_ref().and_then(|account| account.password.clone()).or(hash.clone()),
                disabled: known.as_ref().is_some_and(|account| account.disabled),
            };
            if account.password.is_none() {
                done.without_password.push(entry.name);
            }
            let set = self.set_rep(account.id, entry.profile.clone())?;
            match &known {
                None => done.new.push(entry.name),
                Some(known) if *known == account && set.is_empty() => done.unchanged += 1,
                Some(_) => done.changed.push(entry.name),
            }
            events.extend(set);
            if known.as_ref() != Some(&account) {
                records.push(Record::Account(account.clone()));
            }
            accounts.retain(|other| other.id != account.id);
            accounts.push(account);
        }
        let others = accounts.iter().filter(|account| !roster.iter().any(|entry| entry.name == account.name));
        done.others = others.map(|account| account.name).collect();
        self.keep(events, records)?;
        Ok(done)
    }

    /// Everyone, by name.
    pub fn people(&self) -> Result<Vec<Person>, SetupError> {
        let mut accounts = self.reads.accounts()?;
        accounts.sort_by_key(|account| account.name);
        let profile = |id| self.engine.rep(id).map(|rep| rep.profile.clone());
        Ok(accounts.into_iter().map(|account| Person { profile: profile(account.id), account }).collect())
    }

    fn set_rep(&mut self, rep: RepId, profile: Profile) -> Result<Vec<Event>, SetupError> {
        Ok(self.engine.handle(self.now, Command::SetRep { rep, profile: Box::new(profile) })?)
    }

    fn keep(&mut self, events: Vec<Event>, records: Vec<Record>) -> Result<(), SetupError> {
        if !events.is_empty() || !records.is_empty() {
            self.store.append(&[Entry { at: self.now, events, records }])?;
        }
        Ok(())
    }
}

fn next_id(accounts: &[Account]) -> RepId {
    RepId(accounts.iter().map(|account| account.id.0).max().unwrap_or(0) + 1)
}

/// A duty of the roster as a role of an account.
pub fn role(duty: Duty) -> Role {
    match duty {
        Duty::Rep => Role::Rep,
        Duty::Supervisor => Role::Supervisor,
        Duty::Admin => Role::Admin,
        Duty::Auditor => Role::Auditor,
    }
}
