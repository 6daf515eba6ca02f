//! The people of these tests and what they do all day: residents ask, two reps accept, answer and close.

use super::ledger::Ledger;
use super::people::{AbortOnDrop, Resident, Staff};
use super::support::city::{City, PASSWORD};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a rep looks for an offer before the next thing is done.
const LOOKS: u32 = 200;

pub struct Town {
    pub base: String,
    pub ana: Staff,
    pub ben: Staff,
    /// Reads everything, handles nothing.
    pub boss: Staff,
}

impl Town {
    pub fn of(city: &City) -> Town {
        let base = city.base();
        let staff = |name| Staff::new(&base, name, PASSWORD);
        Town { ana: staff("ana"), ben: staff("ben"), boss: staff("boss"), base }
    }

    pub fn reps(&self) -> [&Staff; 2] {
        [&self.ana, &self.ben]
    }

    /// Both reps sign in, open their consoles and are available; `None` when the daemon falls silent.
    pub async fn opens(&self) -> Option<[AbortOnDrop; 2]> {
        let mut consoles = Vec::new();
        for rep in self.reps() {
            rep.is_signed_in().await?;
            consoles.push(rep.goes_live().await?.in_background());
            rep.is_available().await.yes()?;
        }
        consoles.try_into().ok()
    }

    /// After an outage: everyone asks again and gets the old answer, all promises are kept, and nothing is doubled.
    pub async fn inspects(&self, ledger: &mut Ledger) {
        for person in [&self.boss, &self.ana, &self.ben] {
            person.is_signed_in().await.expect("everyone can sign in again");
        }
        ledger.everyone_asks_again(&self.boss).await;
        ledger.inspect(&self.boss, &self.reps()).await;
    }

    /// Waits until a rep has an offer for this contact.
    pub async fn offered(&self, rep: &Staff, contact: u64) -> u64 {
        for _ in 0..LOOKS {
            let offers = rep.get("/offers").await.expect("a rep reads their offers");
            let mine = offers.as_array().expect("a list").iter().find(|o| o["contact"]["id"] == contact);
            if let Some(id) = mine.and_then(|offer| offer["id"].as_u64()) {
                return id;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} was never offered contact {contact}", rep.name);
    }

    /// One contact from the first word to the end of wrap-up, all of it noted; `None` when the daemon falls silent.
    pub async fn serves(&self, resident: &Resident, ledger: &mut Ledger) -> Option<()> {
        let id = ledger.asks(resident).await?;
        let rep = self.someone_accepts(id, ledger).await?;
        for text in [format!("On our way ({id})"), format!("Done ({id})")] {
            rep.says(id, &text).await.yes()?;
            ledger.said.entry(id).or_default().push(text);
        }
        rep.notes(id, "crew called").await.yes()?;
        ledger.may_be_closed(id);
        rep.closes(id, "reported").await.yes()?;
        ledger.closed.insert(id, "reported".to_owned());
        rep.ends_wrap_up(id).await.yes()?;
        Some(())
    }

    /// The reps close what the last outage left on their desks, so that they can take new contacts.
    pub async fn finishes_yesterday(&self, ledger: &mut Ledger) -> Option<()> {
        for rep in self.reps() {
            for id in rep.holds().await? {
                ledger.may_be_closed(id);
                if rep.closes(id, "informed").await.heard()? {
                    ledger.closed.insert(id, "informed".to_owned());
                } // else it is in wrap-up
                rep.ends_wrap_up(id).await.heard()?;
            }
        }
        Some(())
    }

    /// Whoever is offered it takes it. An emergency is offered to both, and both press the key.
    pub async fn someone_accepts(&self, id: u64, ledger: &mut Ledger) -> Option<&Staff> {
        for _ in 0..LOOKS {
            let mut offers = Vec::new();
            for rep in self.reps() {
                let open = rep.get("/offers").await.yes()?;
                let mine = open.as_array()?.iter().find(|o| o["contact"]["id"] == id).cloned();
                offers.extend(mine.and_then(|offer| Some((rep, offer["id"].as_u64()?))));
            }
            let press = |(rep, offer): (_, u64)| accept(rep, offer);
            let pressed = futures_util::future::join_all(offers.into_iter().map(press)).await;
            let won = Vec::from_iter(pressed.into_iter().flatten());
            assert!(won.len() <= 1, "contact {id} was given to two reps at once");
            if let Some(rep) = won.first() {
                ledger.owner.insert(id, rep.name.clone());
                return self.reps().into_iter().find(|r| r.name == rep.name);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("contact {id} was offered to nobody");
    }
}

async fn accept(rep: &Staff, offer: u64) -> Option<&Staff> {
    let accepted: Value = rep.post(&format!("/offers/{offer}/accept"), json!({})).await.yes()?;
    accepted.is_object().then_some(rep)
}
