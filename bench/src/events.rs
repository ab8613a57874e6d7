//! The events that are sent: what an AI platform might record in a year, made from the catalog.
//!
//! It must hold that:
//!
//! - event number *i* depends on the seed, on how many there are in all and on *i* alone, so that any
//!   thread can make any event, and everything can be counted again without the server;
//! - what is asked about later is in the [`Draw`], which is cheap; [`Events::write`] adds the rest.
//!
//! What they are like (a test holds to it): about 600 bytes as sent. Of 20,000 people and 200 agents,
//! keys and jobs, of 300 projects, of the catalog's actions and of 20,000 targets of each type, a few
//! come up most of the time (Zipf). The times fill the year before [`YEAR_END`] in order and follow the
//! hours of the working day; 1% are late by up to 90 days, most of these by hours. Half of the clients
//! know microseconds, the others milliseconds; half of the events have an id that their client made. 20%
//! carry a request with its body. 5% are attempts and their outcomes; a fiftieth of the attempts stays open.

mod calendar;
mod metadata;
pub mod words;
mod write;

use evident_activity::names::PEOPLE;
use evident_activity::random::{Random, Skewed, mix};
use evident_event::catalog::{Catalog, Entry};
use evident_event::query::READ_ACTION;

use calendar::Calendar;
pub use calendar::{DAY_MICROS, YEAR_END, YEAR_START, rfc3339};
use metadata::Piece;
pub use write::{Ids, actor_id, actor_name, model_id, project_id, target_words};

/// The seed of all that is measured.
pub const SEED: u64 = 1;

const AGENTS: usize = 120;
const KEYS: usize = 60;
const JOBS: usize = 20;
pub const ACTORS: usize = PEOPLE + AGENTS + KEYS + JOBS;
pub const PROJECTS: usize = 300;
pub const TEAMS: usize = 40;
pub const MODELS: usize = 200;
/// Targets of one type.
const TARGETS: usize = 20_000;
const USER_AGENTS: u64 = 50;
/// How often each kind of actor acts, in parts of the whole.
const KIND_WEIGHTS: [f64; 4] = [78.0, 14.0, 6.0, 2.0];
pub const ACTOR_TYPES: [&str; 4] = ["user", "agent", "api_key", "system"];
pub const RESULTS: [&str; 6] = [
    "success", "failed", "denied", "warning", "approved", "allowed",
];
const RESULT_WEIGHTS: [f64; 6] = [930.0, 32.0, 22.0, 8.0, 4.0, 4.0];
const ALLOWED: u8 = 5;
/// Events among which there is one attempt and, mostly, its outcome.
const PAIR_BLOCK: u64 = 40;
/// Of so many attempts one stays open.
const OPEN_ONE_IN: u64 = 50;
const MAX_LATE_MICROS: f64 = 90.0 * DAY_MICROS as f64;

/// What the numbers of a [`Random`] are for.
mod purpose {
    pub const CORE: u64 = 1;
    pub const OWN: u64 = 2;
    pub const PAIR: u64 = 3;
    pub const REST: u64 = 4;
    pub const ACTION_ORDER: u64 = 5;
}

/// All events of a seed.
#[derive(Debug)]
pub struct Events {
    seed: u64,
    total: u64,
    calendar: Calendar,
    kinds: Skewed,
    actors: [Skewed; 4],
    actions: Skewed,
    projects: Skewed,
    targets: Skewed,
    teams: Skewed,
    models: Skewed,
    results: Skewed,
    pub actions_known: Vec<Action>,
    pub categories: Vec<&'static str>,
    /// Types of targets: what an action begins with.
    target_types: Vec<&'static str>,
    actor_texts: Vec<String>,
    user_agents: Vec<String>,
}

/// An entry of the catalog and what its events have.
#[derive(Debug)]
pub struct Action {
    pub entry: &'static Entry,
    pub category: u16,
    target_type: u8,
    metadata: Vec<Piece>,
    /// Whether its events have `metadata.model_id`.
    pub has_model: bool,
}

/// The part of an attempt and its outcome that an event plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Neither: it just happened.
    Alone,
    Attempt {
        open: bool,
    },
    Outcome,
}

/// What an event is about: all that questions are asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    pub number: u64,
    /// Of an outcome the attempt's number, else its own.
    core: u64,
    /// Microseconds since 1970.
    pub occurred_at: i64,
    pub actor: u32,
    pub action: u16,
    pub project: Option<u16>,
    /// Its type is the action's.
    pub target: u32,
    pub model: u16,
    pub team: Option<u8>,
    pub result: u8,
    pub phase: Phase,
    pub id_given: bool,
    pub traced: bool,
}

impl Events {
    pub fn new(seed: u64, total: u64) -> Result<Self, String> {
        let catalog = Catalog::embedded().map_err(|error| error.to_string())?;
        let mut categories: Vec<&str> = Vec::new();
        let mut target_types: Vec<&str> = Vec::new();
        let actions_known: Vec<Action> = catalog
            .entries()
            // The server alone records this one.
            .filter(|entry| entry.action != READ_ACTION)
            .map(|entry| {
                let place = |all: &mut Vec<&'static str>, name: &'static str| {
                    all.iter()
                        .position(|&other| other == name)
                        .unwrap_or_else(|| {
                            all.push(name);
                            all.len() - 1
                        })
                };
                let target_type = entry.action.split('.').next().unwrap_or_default();
                Action {
                    entry,
                    category: place(&mut categories, &entry.category) as u16,
                    target_type: place(&mut target_types, target_type) as u8,
                    metadata: metadata::pieces(entry, target_type),
                    has_model: entry.field("model_id").is_some(),
                }
            })
            .collect();
        let numbers = [PEOPLE, AGENTS, KEYS, JOBS];
        Ok(Self {
            seed,
            total,
            calendar: Calendar::new(),
            kinds: Skewed::weighted(KIND_WEIGHTS.into_iter()),
            actors: numbers.map(|many| Skewed::zipf(many, 1.0)),
            actions: skewed_in_any_order(actions_known.len()),
            projects: Skewed::zipf(PROJECTS, 1.0),
            targets: Skewed::zipf(TARGETS, 0.8),
            teams: Skewed::zipf(TEAMS, 0.8),
            models: Skewed::zipf(MODELS, 1.0),
            results: Skewed::weighted(RESULT_WEIGHTS.into_iter()),
            actions_known,
            categories,
            target_types,
            actor_texts: (0..ACTORS as u32).map(write::actor_text).collect(),
            user_agents: (0..USER_AGENTS).map(write::user_agent).collect(),
        })
    }

    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The event of that number, without what nobody asks about.
    pub fn draw(&self, number: u64) -> Draw {
        let (phase, core) = self.pair(number);
        // What an attempt and its outcome share comes from the attempt's number.
        let mut random = Random::of(self.seed, purpose::CORE, core);
        let kind = self.kinds.pick(random.next()) as usize;
        let within = self.actors[kind].pick(random.next());
        let actor = within + [0, PEOPLE, PEOPLE + AGENTS, PEOPLE + AGENTS + KEYS][kind] as u32;
        let action = self.actions.pick(random.next()) as u16;
        let project = self.project(actor, action, &mut random);
        let target = self.targets.pick(random.next());
        let model = self.models.pick(random.next()) as u16;
        let team = random.in_thousand(350);
        let team = team.then(|| self.teams.pick(random.next()) as u8);

        let mut own = Random::of(self.seed, purpose::OWN, number);
        let result = match phase {
            Phase::Attempt { .. } => ALLOWED,
            Phase::Alone | Phase::Outcome => self.results.pick(own.next()) as u8,
        };
        let mut draw = Draw {
            number,
            core,
            occurred_at: 0,
            actor,
            action,
            project,
            target,
            model,
            team,
            result,
            phase,
            id_given: own.in_thousand(500),
            traced: own.in_thousand(250),
        };
        self.date(&mut draw, &mut own);
        draw
    }

    fn date(&self, draw: &mut Draw, own: &mut Random) {
        let place = (draw.number as f64 + own.part()) / self.total as f64;
        let mut at = self.calendar.at(place);
        if own.in_thousand(10) {
            let late = own.part().powi(3) * MAX_LATE_MICROS;
            at = (at - late as i64).max(YEAR_START);
        }
        draw.at(at);
    }

    /// People and programs work in a few projects; what concerns the organization often has none.
    fn project(&self, actor: u32, action: u16, random: &mut Random) -> Option<u16> {
        let level = self.actions_known[action as usize].entry.level.as_str();
        if level == "organization" && random.in_thousand(400) {
            return None;
        }
        let bits = match random.in_thousand(800) {
            true => mix(u64::from(actor) * 4 + random.below(4)),
            false => random.next(),
        };
        Some(self.projects.pick(bits) as u16)
    }

    /// Which part an event plays, and the number that it shares.
    fn pair(&self, number: u64) -> (Phase, u64) {
        let block = number / PAIR_BLOCK;
        let mut random = Random::of(self.seed, purpose::PAIR, block);
        let attempt = block * PAIR_BLOCK + random.below(PAIR_BLOCK / 4);
        let outcome = attempt + 1 + random.below(PAIR_BLOCK * 3 / 4 - 1);
        let abandoned = random.below(OPEN_ONE_IN) == 0;
        if number == attempt {
            let open = abandoned || outcome >= self.total;
            (Phase::Attempt { open }, number)
        } else if number == outcome && !abandoned {
            (Phase::Outcome, attempt)
        } else {
            (Phase::Alone, number)
        }
    }

    pub fn action(&self, draw: &Draw) -> &Action {
        &self.actions_known[draw.action as usize]
    }

    /// The type of the first target of an action's events.
    pub fn target_type(&self, action: u16) -> &'static str {
        self.target_types[self.actions_known[action as usize].target_type as usize]
    }
}

impl Draw {
    /// Sets when it happened, as precisely as its client knows.
    pub const fn at(&mut self, micros: i64) {
        let only_millis = self.actor.is_multiple_of(2);
        self.occurred_at = if only_millis {
            micros - micros.rem_euclid(1000)
        } else {
            micros
        };
    }

    pub const fn knows_micros(&self) -> bool {
        !self.actor.is_multiple_of(2)
    }

    /// Which of [`ACTOR_TYPES`] the actor has.
    pub const fn actor_type(&self) -> usize {
        actor_type(self.actor)
    }
}

/// Which of [`ACTOR_TYPES`] an actor has.
const fn actor_type(actor: u32) -> usize {
    match actor as usize {
        ..PEOPLE => 0,
        at if at < PEOPLE + AGENTS => 1,
        at if at < PEOPLE + AGENTS + KEYS => 2,
        _ => 3,
    }
}

/// Zipf's law over the actions, whose order in the catalog says nothing about how common they are.
fn skewed_in_any_order(many: usize) -> Skewed {
    let mut ranks: Vec<usize> = (0..many).collect();
    let mut random = Random::of(0, purpose::ACTION_ORDER, 0);
    for last in (1..many).rev() {
        ranks.swap(last, random.below(last as u64 + 1) as usize);
    }
    Skewed::weighted(ranks.iter().map(|&rank| ((rank + 1) as f64).powf(-0.9)))
}

#[cfg(test)]
mod tests;
