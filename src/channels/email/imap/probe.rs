//! Tries a mailbox out without changing anything in it, for `check`.

use super::connect::Door;
use super::ledger::Place;
use super::limits::Limits;
use super::session::Selected;
use super::settings::MailboxSettings;
use super::trouble::Problem;
use crate::routing::ids::Timestamp;
use tokio_util::sync::CancellationToken;

/// What was found. `remarks` are things that work less well than they could, each with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub place: Place,
    /// Mails in the folder.
    pub mails: u32,
    /// The server tells of new mail by itself (IDLE).
    pub tells: bool,
    /// The server moves mail in one step (MOVE).
    pub moves: bool,
    /// What the server says it can do, in capitals.
    pub capabilities: Vec<String>,
    pub remarks: Vec<String>,
}

/// Connects, signs in, opens the folder and looks for the others.
pub async fn probe(settings: MailboxSettings, limits: Limits, now: Timestamp) -> Result<Report, Problem> {
    let place = Place { account: settings.name.as_str().into(), folder: settings.folder.as_str().into() };
    let door = Door::new(settings, limits, CancellationToken::new());
    let settings = door.settings.clone();
    let mut session = door.open(now).await?;
    let mut remarks = Vec::new();
    for (key, folder) in settings.folders().into_iter().filter(|(_, folder)| !folder.is_empty()) {
        if !session.has_folder(folder).await? {
            remarks.push(format!("`{key}`: there is no folder {folder}; it will be made, if the server allows"));
        }
    }
    let open = session.select(&settings.folder).await?;
    let (tells, moves) = (session.can("IDLE"), session.can("MOVE"));
    remarks.extend(lacks(open, tells, moves || session.can("UIDPLUS"), settings.poll_secs));
    let capabilities = session.capabilities().iter().cloned().collect();
    if session.logout().await.is_err() {
        remarks.push("the server did not say goodbye".into());
    }
    Ok(Report { place, mails: open.exists, tells, moves, capabilities, remarks })
}

fn lacks(open: Selected, tells: bool, moves: bool, poll_secs: u64) -> Vec<String> {
    let mut remarks = Vec::new();
    if open.read_only {
        remarks.push("the folder may only be read: mail will stay in it; give the account the right to write".into());
    }
    if !tells {
        remarks.push(format!("the server does not tell of new mail (IDLE): it is looked for every {poll_secs} s"));
    }
    if !moves {
        remarks.push("the server cannot move single mails: they stay, marked as read".into());
    }
    remarks
}
