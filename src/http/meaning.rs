//! What an event means to one rep's screens.

use crate::routing::event::Event;
use crate::routing::ids::{ContactId, OfferId, RepId};

/// An offer to this rep that is over, and why.
pub(super) fn offer_over(event: &Event, me: RepId) -> Option<(OfferId, ContactId, &'static str)> {
    use crate::routing::event::WithdrawReason::*;
    match *event {
        Event::Accepted { offer, contact, rep } if rep == me => Some((offer, contact, "accepted")),
        Event::Declined { offer, contact, rep, .. } if rep == me => Some((offer, contact, "declined")),
        Event::Expired { offer, contact, rep } if rep == me => Some((offer, contact, "expired")),
        Event::Withdrawn { offer, contact, rep, why } if rep == me => Some((
            offer,
            contact,
            match why {
                RepAway => "rep_away",
                RepDisconnected => "rep_disconnected",
                Taken => "taken",
                CustomerGone => "customer_gone",
                Reclassified => "reclassified",
                Emergency => "emergency",
                Assigned => "assigned",
                NoLongerServes => "no_longer_serves",
            },
        )),
        _ => None,
    }
}

pub(super) fn becomes_mine(event: &Event, me: RepId) -> bool {
    match *event {
        Event::Accepted { rep, .. } => rep == me,
        Event::Assigned { to, .. } => to == me,
        _ => false,
    }
}

/// Could this event have taken a contact from this rep, or given it to them? Where the event does not say who had it: perhaps.
pub(super) fn may_have_been(event: &Event, me: RepId) -> bool {
    match *event {
        Event::Accepted { rep, .. }
        | Event::Returned { rep, .. }
        | Event::Parked { rep, .. }
        | Event::Resumed { rep, .. }
        | Event::WrapUpStarted { rep, .. }
        | Event::Transferred { by: rep, .. } => rep == me,
        Event::Closed { rep, .. } => rep == Some(me),
        Event::Unparked { place, .. } => place.reserved.is_none_or(|kept| kept.rep == me),
        Event::Assigned { .. } | Event::Reclassified { .. } => true,
        _ => false,
    }
}

/// Changes how this rep stands: presence, load.
pub(super) fn is_about(event: &Event, me: RepId) -> bool {
    match *event {
        Event::PresenceChanged { rep, .. }
        | Event::RepConnected { rep }
        | Event::RepDisconnected { rep, .. }
        | Event::GraceEnded { rep }
        | Event::RepSet { rep, .. }
        | Event::Offered { rep, .. }
        | Event::Declined { rep, .. }
        | Event::Expired { rep, .. }
        | Event::Withdrawn { rep, .. } => rep == me,
        _ => false,
    }
}

/// Why a contact that this happened to would no longer be this rep's.
pub(super) fn why_gone(event: &Event) -> &'static str {
    match event {
        Event::Closed { .. } => "closed",
        Event::Returned { .. } => "returned",
        Event::Transferred { .. } => "transferred",
        Event::Assigned { .. } => "assigned",
        Event::Reclassified { .. } => "reclassified",
        Event::Unparked { .. } => "waits_again",
        _ => "elsewhere",
    }
}
