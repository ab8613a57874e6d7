//! What happened in the year that is worth looking for. Each incident names the query that shows it.
//!
//! It must hold that an incident's query finds exactly as many events as [`Incident::events`] says, whatever the
//! seed and whenever the year ends: what goes on every day keeps clear of the actors, addresses and runs that
//! these queries ask for.

mod agents;
mod night;
mod sign_in;
mod stolen_key;

use super::clock::{DAY, MINUTE};
use super::draft::{Draft, Party};
use super::people::{People, Person};
use super::purpose;
use crate::random::Random;

/// Something that happened, and how to find it.
#[derive(Debug, Clone)]
pub struct Incident {
    /// What it is, in a few words.
    pub title: &'static str,
    /// What to see in it, in a sentence or two.
    pub story: &'static str,
    /// The parameters of the query that shows it.
    pub parameters: Vec<(&'static str, &'static str)>,
    /// How many events that query finds.
    pub events: u64,
}

/// Where incidents are put.
struct Scene<'a> {
    /// When the year ends.
    end: i64,
    people: &'a People,
    random: Random,
    drafts: Vec<Draft>,
}

/// All incidents, the most interesting first, and their events in no order.
pub(super) fn all(seed: u64, end: i64, people: &People) -> (Vec<Incident>, Vec<Draft>) {
    let mut scene = Scene {
        end,
        people,
        random: Random::of(seed, purpose::INCIDENT, 0),
        drafts: Vec::new(),
    };
    let incidents = vec![
        stolen_key::plant(&mut scene),
        sign_in::plant(&mut scene),
        agents::dangerous(&mut scene),
        night::guardrail_off(&mut scene),
        night::mass_role_change(&mut scene),
        agents::quiet_integration(&mut scene),
        agents::open_attempt(&mut scene),
    ];
    (incidents, scene.drafts)
}

impl Scene<'_> {
    /// The time of day, in minutes, where somebody lives, so many days before the day on which the year ends.
    fn local(&self, days_before: i64, person: &Person, minutes: i64) -> i64 {
        let day = self.end.div_euclid(DAY) - days_before;
        self.people.at_local(person, day, minutes)
    }

    /// The same by UTC.
    fn utc(&self, days_before: i64, minutes: i64) -> i64 {
        (self.end.div_euclid(DAY) - days_before) * DAY + minutes * MINUTE
    }

    /// A moment up to so much later.
    fn jitter(&mut self, at: i64, up_to: i64) -> i64 {
        at + self.random.below(up_to as u64) as i64
    }

    /// Something that a person does at their desk.
    fn by(&self, person: &Person, at: i64, action: &'static str) -> Draft {
        let mut draft = Draft::new(at, action, person.party());
        draft.context.ip = Some(person.ip(at.div_euclid(DAY)));
        draft.context.user_agent = Some(person.user_agent);
        draft
    }

    fn add(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }
}

/// A draft with this target.
fn on(mut draft: Draft, target: Party) -> Draft {
    draft.targets = vec![target];
    draft
}
