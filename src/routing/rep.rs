//! A rep as the engine holds them: who they are, whether they are there, what they hold.

use super::command::Profile;
use super::ids::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A rep on the roster. Loads are sums of weights, kept as contacts come and go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rep {
    pub id: RepId,
    pub profile: Profile,
    #[serde(with = "plain")]
    pub presence: Presence,
    /// A live screen is there.
    pub connected: bool,
    /// Disconnected: until when live contacts wait, and the presence to come back to.
    #[serde(with = "plain::grace")]
    pub grace: Option<(Timestamp, Presence)>,
    /// Weights of live contacts offered, active or in wrap-up.
    pub live_load: u32,
    pub deferred_load: u32,
    /// Contacts offered, active or in wrap-up, by channel.
    pub by_channel: [u16; 6],
    /// Since the last contact ended or the rep became available.
    pub idle_since: Timestamp,
    /// Offered, active, parked or in wrap-up. Emergency offers are not in it.
    pub holds: BTreeSet<ContactId>,
    /// Emergencies offered.
    pub alarms: BTreeSet<OfferId>,
}

impl Rep {
    pub fn new(id: RepId, profile: Profile) -> Rep {
        Rep {
            id,
            profile,
            presence: Presence::Offline,
            connected: false,
            grace: None,
            live_load: 0,
            deferred_load: 0,
            by_channel: [0; 6],
            idle_since: Timestamp(0),
            holds: BTreeSet::new(),
            alarms: BTreeSet::new(),
        }
    }

    pub fn is_available(&self) -> bool {
        self.presence == Presence::Available
    }

    pub fn is_signed_in(&self) -> bool {
        self.presence != Presence::Offline
    }

    pub fn load(&self) -> u32 {
        self.live_load + self.deferred_load
    }

    /// Room for a contact of this weight? Live work may displace deferred work, never other live work.
    pub fn has_room(&self, weight: u16, live: bool) -> bool {
        let held = if live { self.live_load } else { self.load() };
        held + u32::from(weight) <= u32::from(self.profile.capacity)
    }

    /// Share of the capacity in use, in thousandths; more than 1,000 when emergencies or assignments went over.
    pub fn share(&self) -> u32 {
        self.load() * 1_000 / u32::from(self.profile.capacity.max(1))
    }
}

/// Presence for snapshots: the tagged form that people read in the journal needs a format that describes itself.
mod plain {
    use super::{AwayReason, Deserialize, Presence, Serialize};
    use serde::{Deserializer, Serializer};

    /// Not there; there; there, but away.
    type Plain = Option<Option<AwayReason>>;

    fn plain(presence: Presence) -> Plain {
        match presence {
            Presence::Offline => None,
            Presence::Available => Some(None),
            Presence::Away(reason) => Some(Some(reason)),
        }
    }

    fn presence(plain: Plain) -> Presence {
        match plain {
            None => Presence::Offline,
            Some(None) => Presence::Available,
            Some(Some(reason)) => Presence::Away(reason),
        }
    }

    pub fn serialize<S: Serializer>(value: &Presence, to: S) -> Result<S::Ok, S::Error> {
        plain(*value).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Presence, D::Error> {
        Plain::deserialize(from).map(presence)
    }

    pub mod grace {
        use super::super::Timestamp;
        use super::*;

        pub fn serialize<S: Serializer>(value: &Option<(Timestamp, Presence)>, to: S) -> Result<S::Ok, S::Error> {
            value.map(|(until, presence)| (until, plain(presence))).serialize(to)
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<(Timestamp, Presence)>, D::Error> {
            let kept = Option::<(Timestamp, Plain)>::deserialize(from)?;
            Ok(kept.map(|(until, plain)| (until, presence(plain))))
        }
    }
}
