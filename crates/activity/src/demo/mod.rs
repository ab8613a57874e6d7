//! The demo: a year of a company that builds and runs AI agents, and what happens there from then on.
//!
//! It must hold that:
//!
//! - all of it follows from a [`Demo`]'s seed, its size and when its year ends, so that any span of it can be
//!   made without what came before, twice the same, ids included;
//! - events come in the order of time, each with an id of its own. What is begun in an hour is over before the
//!   next one is, so that two hours are all that has to be known of a moment;
//! - a strict organization takes every event, without a warning;
//! - what the incidents promise can be found by the queries that they name ([`Demo::incidents`]).
//!
//! Quillmere AI has 120 people on five continents, who work by their own clocks and take holidays, and agents
//! that act for them around the clock. It is used more and more: at the end of the year some seven times as much
//! as at its beginning. After the year it goes on at a pace at which there is always something to see.

mod clock;
mod deed;
mod draft;
#[cfg(test)]
mod histories;
mod incidents;
mod lives;
mod people;
mod platform;
mod programs;
mod schedule;
#[cfg(test)]
mod tests;
mod texts;
mod work;

use evident_event::id::EventId;

use clock::{DAY, HOUR};
use draft::Draft;
pub use incidents::Incident;
use people::People;
use schedule::Schedule;
use work::Work;

use crate::random::{Random, mix};

/// The company that the demo is about.
pub const ORGANIZATION: &str = "Quillmere AI";
/// The seed of the demo, unless another one is asked for.
pub const DEFAULT_SEED: u32 = 42;
/// About how many events the year has.
pub const YEAR_EVENTS: u32 = 300_000;
/// How long the year is, in days.
pub const YEAR_DAYS: i64 = 365;

/// One of the company's projects, tools, workflows and agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoProject {
    /// Its id, the `project_id` of its events.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// `project`, `tool`, `workflow` or `agent`.
    pub kind: &'static str,
}

/// The projects that events of the demo belong to.
pub fn projects() -> impl Iterator<Item = DemoProject> {
    platform::PROJECTS.iter().map(|project| DemoProject {
        id: project.id,
        name: project.name,
        kind: project.kind.as_str(),
    })
}

const YEAR: i64 = YEAR_DAYS * DAY;
/// How many times as much programs do at the end of the year as at its beginning.
const GROWTH: f64 = 12.0;
/// How much each person does at the beginning of the year, as a part of what they do at its end.
const FIRST_PART: f64 = 0.5;
/// How many times as much happens after the year as at its end.
const LIVE_PEOPLE: f64 = 6.0;
const LIVE_PROGRAMS: f64 = 12.0;

/// What the numbers of a [`Random`] are for.
mod purpose {
    pub(super) const PERSON: u64 = 101;
    pub(super) const SICK: u64 = 102;
    pub(super) const HOLIDAY: u64 = 103;
    pub(super) const WORK: u64 = 104;
    pub(super) const PROGRAMS: u64 = 105;
    pub(super) const ID: u64 = 106;
    pub(super) const INCIDENT: u64 = 107;
    pub(super) const SCHEDULE: u64 = 108;
}

/// One event, as a client would send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoEvent {
    /// When it happens, in microseconds since 1970.
    pub occurred_at: i64,
    /// Its id, which the text has too.
    pub id: EventId,
    /// Its JSON, in one line.
    pub text: String,
}

/// A company's year and what comes after it.
#[derive(Debug)]
pub struct Demo {
    seed: u64,
    /// The part of [`YEAR_EVENTS`] that is wanted.
    scale: f64,
    start: i64,
    people: People,
    work: Work,
    schedule: Schedule,
    incidents: Vec<Incident>,
    /// The incidents' events, in the order of time.
    planted: Vec<DemoEvent>,
}

/// An hour, as it is filled with events.
struct Stage<'a> {
    seed: u64,
    people: &'a People,
    /// When the hour begins.
    at: i64,
    /// How long ago the year began.
    since_start: i64,
    /// When the day began, by UTC, on which the year did.
    began: i64,
    scale: f64,
    people_pace: f64,
    programs_pace: f64,
    is_live: bool,
}

impl Demo {
    /// The demo of a seed whose year ends with the hour that `year_end_micros` lies in. `year_events` is about
    /// how many events the year is to have, [`YEAR_EVENTS`] unless it is for tests; the incidents are there in full.
    pub fn new(seed: u32, year_end_micros: i64, year_events: u32) -> Self {
        let seed = mix(u64::from(seed));
        let end = year_end_micros - year_end_micros.rem_euclid(HOUR);
        let people = People::new(seed);
        let (incidents, drafts) = incidents::all(seed, end, &people);
        let mut planted: Vec<DemoEvent> = drafts
            .into_iter()
            .enumerate()
            .map(|(number, draft)| draft.into_event(id_bytes(seed, u64::MAX, number)))
            .collect();
        planted.sort_by_key(|event| (event.occurred_at, event.id));
        Self {
            seed,
            scale: f64::from(year_events) / f64::from(YEAR_EVENTS),
            start: end - YEAR,
            people,
            work: Work::new(),
            schedule: Schedule::new(),
            incidents,
            planted,
        }
    }

    /// When the first event may happen, in microseconds since 1970.
    pub const fn start(&self) -> i64 {
        self.start
    }

    /// When the year ends, in microseconds since 1970.
    pub const fn year_end(&self) -> i64 {
        self.start + YEAR
    }

    /// What happened that is worth looking for, the most interesting first.
    pub fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    /// What happens from one moment up to another, in the order of time. It never ends by itself.
    pub fn events_between(&self, from: i64, to: i64) -> impl Iterator<Item = DemoEvent> + '_ {
        let from = from.max(self.start);
        let first = from - (from - self.start).rem_euclid(HOUR);
        let mut unfinished = Vec::new();
        if first > self.start {
            self.hour(first - HOUR, &mut unfinished);
        }
        let hours = (0..).map(move |number| first + number * HOUR);
        hours
            .take_while(move |hour| *hour < to)
            .flat_map(move |hour| self.hour(hour, &mut unfinished))
            .filter(move |event| (from..to).contains(&event.occurred_at))
    }

    /// What happens in the hour that begins then, in order. `unfinished` is what was begun in the hour before and
    /// belongs here; what is begun here and ends in the next hour takes its place.
    fn hour(&self, hour: i64, unfinished: &mut Vec<DemoEvent>) -> Vec<DemoEvent> {
        let end = hour + HOUR;
        let mut events = std::mem::take(unfinished);
        for (number, draft) in self.begun_in(hour).into_iter().enumerate() {
            let event = draft.into_event(id_bytes(self.seed, hour as u64, number));
            match event.occurred_at < end {
                true => events.push(event),
                false => unfinished.push(event),
            }
        }
        let first = self
            .planted
            .partition_point(|event| event.occurred_at < hour);
        let planted = self.planted[first..].iter();
        events.extend(planted.take_while(|event| event.occurred_at < end).cloned());
        events.sort_by_key(|event| (event.occurred_at, event.id));
        events
    }

    /// All that is begun in the hour that begins then.
    fn begun_in(&self, at: i64) -> Vec<Draft> {
        let since_start = at - self.start;
        let is_live = since_start >= YEAR;
        let part = (since_start as f64 / YEAR as f64).min(1.0);
        let (people, programs) = match is_live {
            true => (LIVE_PEOPLE, LIVE_PROGRAMS),
            false => (self.scale, self.scale),
        };
        let stage = Stage {
            seed: self.seed,
            people: &self.people,
            at,
            since_start,
            began: first_day(self.start),
            scale: if is_live { 1.0 } else { self.scale },
            people_pace: people * (FIRST_PART + (1.0 - FIRST_PART) * part),
            programs_pace: programs * GROWTH.powf(part - 1.0),
            is_live,
        };
        let mut drafts = Vec::new();
        self.work.hour(&stage, &mut drafts);
        programs::hour(&stage, &mut drafts);
        self.schedule.hour(&stage, &mut drafts);
        drafts
    }
}

/// When the day begins in which a year does that begins then.
const fn first_day(start: i64) -> i64 {
    start - start.rem_euclid(DAY)
}

/// The random part of the id of an hour's event.
fn id_bytes(seed: u64, hour: u64, number: usize) -> [u8; 10] {
    let mut random = Random::of(seed, purpose::ID, mix(hour).wrapping_add(number as u64));
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random.next().to_le_bytes());
    bytes[8..].copy_from_slice(&random.next().to_le_bytes()[..2]);
    bytes
}
