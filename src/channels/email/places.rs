//! How far each mailbox is done and which mails are being tried, as small bookmarks that outlive a crash.

use super::imap::{Cursor, MailKey, Place};
use crate::channels::post::Post;
use crate::channels::{Later, NotKept};
use crate::routing::ids::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Mails of one mailbox that were begun and not ended, at most; the oldest are forgotten. A bookmark has 2,048 bytes, and
/// mails are begun 64 at a time.
const BEGUN_MOST: usize = 128;
/// Bytes of a folder's name in a bookmark's key; the name of a mailbox has at most 60 characters.
const FOLDER_MOST: usize = 64;

pub struct Places {
    post: Arc<dyn Post>,
    /// What the bookmarks say, and what was ended since they were written.
    begun: Arc<Mutex<BTreeMap<Place, Begun>>>,
}

/// A cursor as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    uid_validity: u32,
    last_uid: u32,
    begun: Timestamp,
    // what follows was not written at first
    #[serde(default)]
    unseen: bool,
    #[serde(default)]
    there: u32,
    #[serde(default)]
    first_read: Option<Timestamp>,
    #[serde(default)]
    renumbered: bool,
}

impl From<Cursor> for Written {
    fn from(cursor: Cursor) -> Written {
        let Cursor { uid_validity, last_uid, begun, unseen, there, first_read, renumbered } = cursor;
        Written { uid_validity, last_uid, begun, unseen, there, first_read, renumbered }
    }
}

/// Mails that were begun, oldest first, as (UID, how often).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    uid_validity: u32,
    mails: Vec<(u32, u32)>,
}

impl Begun {
    /// One more try; how many there were, with this one.
    fn count(&mut self, uid_validity: u32, uid: u32) -> u32 {
        if self.uid_validity != uid_validity {
            *self = Begun { uid_validity, mails: Vec::new() };
        }
        let before = self.mails.iter().position(|(known, _)| *known == uid).map(|at| self.mails.remove(at).1);
        let tries = before.unwrap_or(0) + 1;
        self.mails.push((uid, tries));
        let surplus = self.mails.len().saturating_sub(BEGUN_MOST);
        self.mails.drain(..surplus);
        tries
    }

    fn take_back(&mut self, uid: u32) {
        self.mails.iter_mut().filter(|(known, _)| *known == uid).for_each(|(_, tries)| *tries -= 1);
        self.mails.retain(|(_, tries)| *tries > 0);
    }
}

impl Places {
    pub fn new(post: Arc<dyn Post>) -> Places {
        Places { post, begun: Arc::default() }
    }

    pub fn cursor(&self, place: &Place) -> Later<Result<Option<Cursor>, NotKept>> {
        let read = self.post.bookmark(name("cursor", place));
        Box::pin(async move {
            let Some(text) = read.await? else { return Ok(None) };
            let written = serde_json::from_str(&text).map_err(|_| NotKept::Unavailable)?;
            let Written { uid_validity, last_uid, begun, unseen, there, first_read, renumbered } = written;
            Ok(Some(Cursor { uid_validity, last_uid, begun, unseen, there, first_read, renumbered }))
        })
    }

    pub fn settle(&self, place: &Place, cursor: Cursor) -> Later<Result<(), NotKept>> {
        let text = serde_json::to_string(&Written::from(cursor)).expect("numbers");
        self.post.set_bookmark(name("cursor", place), Some(text))
    }

    /// Those with a try that did not end.
    pub fn begun(&self, place: &Place, uid_validity: u32) -> Later<Result<Vec<u32>, NotKept>> {
        let (post, begun, place) = (self.post.clone(), self.begun.clone(), place.clone());
        Box::pin(async move {
            let mails = load(&*post, &begun, &place).await?;
            let current = mails.mails.into_iter().filter(|_| mails.uid_validity == uid_validity);
            Ok(current.map(|(uid, _)| uid).collect())
        })
    }

    /// Counted on disk when it returns; all of them in one commit.
    pub fn attempt(&self, place: &Place, uid_validity: u32, uids: Vec<u32>) -> Later<Result<Vec<u32>, NotKept>> {
        let (post, begun, place) = (self.post.clone(), self.begun.clone(), place.clone());
        Box::pin(async move {
            load(&*post, &begun, &place).await?;
            let count = |mails: &mut Begun| uids.iter().map(|uid| mails.count(uid_validity, *uid)).collect();
            let (tries, text) = change(&begun, &place, count);
            if let Err(error) = post.set_bookmark(name("begun", &place), Some(text)).await {
                change(&begun, &place, |mails| uids.iter().for_each(|uid| mails.take_back(*uid)));
                return Err(error);
            }
            Ok(tries)
        })
    }

    pub fn pardon(&self, place: &Place, uids: Vec<u32>) -> Later<Result<(), NotKept>> {
        let (post, begun, place) = (self.post.clone(), self.begun.clone(), place.clone());
        Box::pin(async move {
            load(&*post, &begun, &place).await?;
            let ((), text) = change(&begun, &place, |mails| uids.iter().for_each(|uid| mails.take_back(*uid)));
            post.set_bookmark(name("begun", &place), Some(text)).await
        })
    }

    /// It is taken; written down with the next mail's try, since a mail that is taken is not tried again.
    pub fn done(&self, key: &MailKey) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mails) = begun.get_mut(&key.place) {
            mails.mails.retain(|(uid, _)| *uid != key.uid);
        }
    }
}

/// A bookmark's key has at most 200 bytes: a long folder goes by its hash.
fn name(what: &str, place: &Place) -> String {
    let Place { account, folder } = place;
    if folder.len() <= FOLDER_MOST {
        return format!("mail.{what}:{account}:{folder}");
    }
    let hash: String = Sha256::digest(folder.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("mail.{what}:{account}:#{hash}")
}

async fn load(post: &dyn Post, begun: &Mutex<BTreeMap<Place, Begun>>, place: &Place) -> Result<Begun, NotKept> {
    if let Some(mails) = begun.lock().unwrap_or_else(PoisonError::into_inner).get(place) {
        return Ok(mails.clone());
    }
    let text = post.bookmark(name("begun", place)).await?;
    let mails: Begun = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Ok(begun.lock().unwrap_or_else(PoisonError::into_inner).entry(place.clone()).or_insert(mails).clone())
}

/// Changes what is known at once, so that nothing that ends meanwhile is overlooked; how it is to be written down.
fn change<T>(
    begun: &Mutex<BTreeMap<Place, Begun>>,
    place: &Place,
    change: impl FnOnce(&mut Begun) -> T,
) -> (T, String) {
    let mut begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
    let mails = begun.entry(place.clone()).or_default();
    let done = change(mails);
    (done, serde_json::to_string(mails).expect("numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_fits_into_a_bookmark_and_older_ones_are_read() {
        let (most, moment) = (u32::MAX, Timestamp(i64::MIN));
        let widest = Cursor {
            uid_validity: most,
            last_uid: most,
            begun: moment,
            unseen: false,
            there: most,
            first_read: Some(moment),
            renumbered: false,
        };
        let text = serde_json::to_string(&Written::from(widest)).unwrap();
        assert!(text.len() <= 200, "{} bytes: {text}", text.len());
        let old: Written = serde_json::from_str(r#"{"uid_validity":7,"last_uid":9,"begun":5}"#).unwrap();
        assert_eq!((old.last_uid, old.unseen, old.there, old.first_read, old.renumbered), (9, false, 0, None, false));
    }

    #[test]
    fn tries_are_counted_by_mail_and_fit_into_a_bookmark() {
        let mut begun = Begun::default();
        assert_eq!((begun.count(7, 1), begun.count(7, 2), begun.count(7, 1)), (1, 1, 2));
        begun.take_back(1);
        assert_eq!((begun.count(7, 1), begun.count(7, 3)), (2, 1), "taken back, and counted again");
        begun.take_back(3);
        assert_eq!(begun.count(8, 1), 1, "numbered anew, other mails");
        for uid in 0..200 {
            begun.count(u32::MAX, u32::MAX - uid);
        }
        let text = serde_json::to_string(&begun).unwrap();
        assert!(text.len() <= 2_048 && begun.mails.len() == BEGUN_MOST, "{text}");
        assert!(serde_json::from_str::<Begun>(&text).unwrap() == begun);
    }
}
