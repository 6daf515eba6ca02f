//! Asking for mail: which there is, what is known of it, and its bytes in bounded steps.

use super::ledger::{Cursor, Fetched};
use super::session::{Selected, Session};
use super::trouble::Trouble;
use crate::routing::ids::{Span, Timestamp};
use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// What the server says of a mail before its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Detail {
    pub uid: u32,
    /// In bytes; some servers guess.
    pub size: u64,
    /// When it reached the mailbox (INTERNALDATE).
    pub arrived: Option<Timestamp>,
}

impl Detail {
    pub fn of(mail: &Fetched) -> Detail {
        Detail { uid: mail.key.uid, size: mail.size, arrived: mail.arrived }
    }
}

/// The bytes of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Whole(Bytes),
    /// Too long: only the beginning.
    Beginning(Bytes),
    /// Somebody moved or deleted it in the meantime.
    Gone,
}

/// A day, and one more because dates are those of another zone.
const LATELY: Span = Span::mins(2 * 24 * 60);

/// One answer to a request for bytes.
struct Part {
    bytes: Vec<u8>,
    /// The server understood that only a part was wanted.
    partial: bool,
}

impl Session {
    /// The UIDs from `first` to `last` that meet a criterion (`ALL`, `UNSEEN`, `SINCE …`), ascending.
    pub async fn uids(&mut self, first: u32, last: u32, criterion: &str) -> Result<Vec<u32>, Trouble> {
        let mut found = BTreeSet::new();
        let mut from = first;
        while from <= last && from > 0 {
            let to = last.min(from.saturating_add(self.limits.search_span - 1));
            self.search(from, &to.to_string(), criterion, &mut found).await?;
            found.retain(|uid| *uid <= last);
            from = to.checked_add(1).unwrap_or(0);
        }
        Ok(found.into_iter().collect())
    }

    /// What waits in the folder as it was opened. Of what was there the first time, with `start = "unseen"`, only what
    /// nobody has opened.
    pub async fn waiting(&mut self, open: &Selected, cursor: &Cursor) -> Result<Vec<u32>, Trouble> {
        let (first, last) = (cursor.last_uid.saturating_add(1), open.uid_next - 1);
        let left_out = cursor.begun > Timestamp(0) && !cursor.renumbered;
        let criterion = if left_out { "UNSEEN" } else { "ALL" };
        let mut found = self.uids(first, last.min(cursor.there), criterion).await?;
        found.extend(self.uids(first.max(cursor.there.saturating_add(1)), last, "ALL").await?);
        Ok(found)
    }

    /// Of a folder that was numbered anew since it was begun with `start = "unseen"`: what still waits for somebody to open it.
    pub async fn unopened(&mut self, cursor: &Cursor) -> Result<Vec<u32>, Trouble> {
        let first = cursor.last_uid.saturating_add(1);
        if cursor.unseen { self.uids(first, cursor.there, "UNSEEN").await } else { Ok(Vec::new()) }
    }

    /// The UIDs up to `last` that arrived within the last day, and some that are older: a server knows only dates. None
    /// when it cannot say.
    pub async fn lately(&mut self, last: u32, now: Timestamp) -> Result<Vec<u32>, Trouble> {
        let Ok(day) = jiff::Timestamp::from_microsecond(now.0 - LATELY.0) else { return Ok(Vec::new()) };
        match self.uids(1, last, &format!("SINCE {}", day.strftime("%-d-%b-%Y"))).await {
            Err(Trouble::Refused { .. }) => Ok(Vec::new()),
            found => found,
        }
    }

    /// The UIDs above `top`, ascending.
    pub async fn uids_above(&mut self, top: u32) -> Result<Vec<u32>, Trouble> {
        let mut found = BTreeSet::new();
        if let Some(first) = top.checked_add(1) {
            self.search(first, "*", "ALL", &mut found).await?;
        }
        Ok(found.into_iter().collect())
    }

    async fn search(&mut self, from: u32, to: &str, criterion: &str, found: &mut BTreeSet<u32>) -> Result<(), Trouble> {
        let line = format!("UID SEARCH UID {from}:{to} {criterion}");
        self.ask("listing mail", &line, |answer| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                // "7:*" in a folder whose last mail is 5 answers 5
                found.extend(uids.iter().filter(|uid| **uid >= from));
            }
        })
        .await
    }

    /// What is known of these mails, ascending; those that are gone are left out. Nothing is asked for that needs parsing
    /// of the mail: no ENVELOPE, no BODYSTRUCTURE.
    pub async fn details(&mut self, uids: &[u32]) -> Result<Vec<Detail>, Trouble> {
        let asked: BTreeSet<u32> = uids.iter().copied().collect();
        let mut found = BTreeMap::new();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let line = format!("UID FETCH {} (UID INTERNALDATE RFC822.SIZE)", uid_set(uids));
        self.ask("listing mail", &line, |answer| {
            if let Response::Fetch(_, items) = answer
                && let Some(detail) = detail_of(items)
                && asked.contains(&detail.uid)
            {
                found.entry(detail.uid).or_insert(detail);
            }
        })
        .await?;
        Ok(found.into_values().collect())
    }

    /// A mail's bytes, at most `most` of them. Stopping cuts it off.
    pub async fn body(&mut self, uid: u32, size: u64, most: u64) -> Result<Body, Trouble> {
        let stop = self.stop.clone();
        tokio::select! {
            biased;
            _ = stop.cancelled() => Err(Trouble::Stopping),
            body = self.body_in_steps(uid, size, most) => body,
        }
    }

    async fn body_in_steps(&mut self, uid: u32, size: u64, most: u64) -> Result<Body, Trouble> {
        let head = self.limits.oversize_head;
        let step = self.limits.body_step;
        if size > most {
            let part = self.part(uid, Some((0, head))).await?;
            return Ok(part.map_or(Body::Gone, |part| beginning(part.bytes, head)));
        }
        if size <= step {
            let Some(part) = self.part(uid, None).await? else { return Ok(Body::Gone) };
            return Ok(whole_up_to(part.bytes, most, head));
        }
        let mut all = Vec::with_capacity(size as usize);
        loop {
            let Some(part) = self.part(uid, Some((all.len() as u64, step))).await? else { return Ok(Body::Gone) };
            if !part.partial {
                return Ok(whole_up_to(part.bytes, most, head));
            }
            all.extend_from_slice(&part.bytes);
            // the size was a guess: only a short step is the end
            if (part.bytes.len() as u64) < step || all.len() as u64 > most {
                return Ok(whole_up_to(all, most, head));
            }
        }
    }

    /// One request for bytes; `None`: no such mail.
    async fn part(&mut self, uid: u32, range: Option<(u64, u64)>) -> Result<Option<Part>, Trouble> {
        let (wanted, bytes) = match range {
            Some((from, count)) => (format!("<{from}.{count}>"), count),
            None => (String::new(), self.limits.body_step),
        };
        let mut found = None;
        let line = format!("UID FETCH {uid} (UID BODY.PEEK[]{wanted})");
        let within = self.limits.body(bytes);
        self.command("fetching a mail", &line, within, |answer| {
            let Response::Fetch(_, items) = answer else { return };
            if !items.iter().any(|item| matches!(item, AttributeValue::Uid(of) if *of == uid)) {
                return; // the server tells of other mail when it likes
            }
            for item in items {
                if let AttributeValue::BodySection { section: None, index, data: Some(data) } = item {
                    found = Some(Part { bytes: data.to_vec(), partial: index.is_some() });
                }
            }
        })
        .await?;
        Ok(found)
    }
}

fn beginning(mut bytes: Vec<u8>, head: u64) -> Body {
    bytes.truncate(head as usize);
    Body::Beginning(bytes.into())
}

fn whole_up_to(bytes: Vec<u8>, most: u64, head: u64) -> Body {
    if bytes.len() as u64 > most { beginning(bytes, head) } else { Body::Whole(bytes.into()) }
}

fn detail_of(items: &[AttributeValue<'_>]) -> Option<Detail> {
    let mut detail = Detail { uid: 0, size: 0, arrived: None };
    for item in items {
        match item {
            AttributeValue::Uid(uid) => detail.uid = *uid,
            AttributeValue::Rfc822Size(size) => detail.size = u64::from(*size),
            AttributeValue::InternalDate(date) => detail.arrived = moment(date),
            _ => {}
        }
    }
    // a FETCH of flags alone is news of some mail, not the answer
    (detail.uid > 0 && items.iter().any(|item| matches!(item, AttributeValue::Rfc822Size(_)))).then_some(detail)
}

/// `17-Jul-1996 02:44:25 -0700` (RFC 3501 §9, date-time).
fn moment(date: &str) -> Option<Timestamp> {
    let at = jiff::Zoned::strptime("%d-%b-%Y %H:%M:%S %z", date.trim()).ok()?;
    Some(Timestamp(at.timestamp().as_microsecond()))
}

/// `1:3,7` of 1, 2, 3, 7, given ascending.
pub(super) fn uid_set(uids: &[u32]) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match parts.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
            _ => parts.push((*uid, *uid)),
        }
    }
    let part = |(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}:{last}") };
    parts.iter().map(part).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_written_as_a_range() {
        assert_eq!(uid_set(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(uid_set(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
    }

    #[test]
    fn a_moment_is_read_with_its_zone() {
        let at = Timestamp(837_596_665_000_000);
        assert_eq!(moment("17-Jul-1996 02:44:25 -0700"), Some(at));
        assert_eq!(moment(" 7-Jul-1996 02:44:25 -0700"), Some(Timestamp(at.0 - 10 * 86_400_000_000)));
        assert_eq!(moment("yesterday"), None);
    }
}
