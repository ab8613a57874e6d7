//! What happens to each thing in turn: its changes, its versions, and the whole lives of what comes and goes.
//!
//! It must hold that:
//!
//! - every change is found from its number alone: the n-th change of a field falls into the n-th span of time, and
//!   leads from the n-th value to the next one. So histories agree with themselves wherever a window begins;
//! - only what was made here for a while is removed, disabled or blocked, and nobody and nothing else uses it;
//! - a version is a count of time, and never goes back.

use serde_json::{Value, json};

use super::clock::{DAY, HOUR};
use super::deed;
use super::draft::{Change, Draft, Party};
use super::lives::{LIVES, Life};
use super::people::{Person, Team};
use super::platform::{
    AGENTS, DATASETS, ENTITIES, GUARDRAILS, INTEGRATIONS, Kind, POLICIES, PROJECTS, PROMPTS,
    SOURCES, slug,
};
use super::programs::TRUST;
use super::purpose;
use super::texts::INSTRUCTIONS;
use super::work::Desk;
use super::{FIRST_PART, Stage, YEAR_DAYS};
use crate::names;
use crate::random::{Random, mix};

/// Days from one version of a tool, a workflow or a prompt to the next.
const VERSION_DAYS: i64 = 9;
/// Days in which one step of a life is taken: so many that one of them is a working day.
const STEP_DAYS: i64 = 3;
/// People act between these hours by UTC, when some office is open.
const FIRST_HOUR: i64 = 6;
const HOURS: u64 = 15;
/// How the ids of things begin that are there for a while only.
pub(super) const PASSING: &str = "lab_";
/// How often a time at the weekend is thought over.
const REDRAWS: u64 = 8;

/// The values that a field takes, one after the other.
#[derive(Debug, Clone, Copy)]
enum Values {
    /// Round and round.
    Texts(&'static [&'static str]),
    Numbers(&'static [f64]),
    /// Up and down by sevens within so many numbers from the first: neither 1 nor 7 of them.
    Within(u64, u64),
    /// From the first, always so much more.
    Growing(u64, u64),
}

impl Values {
    /// The value after so many changes. Neighbours differ.
    fn after(self, changes: u64, offset: u64) -> Value {
        let place = changes + offset % 1_000;
        match self {
            Self::Texts(these) => json!(these[place as usize % these.len()]),
            Self::Numbers(these) => json!(these[place as usize % these.len()]),
            Self::Within(first, many) => json!(first + place * 7 % many),
            Self::Growing(first, more) => json!(first + changes * more),
        }
    }
}

/// Who does something.
#[derive(Debug, Clone, Copy)]
enum By {
    Team(Team),
    Monitor,
}

/// One thing, and what is done to it once in each span.
#[derive(Debug)]
struct Row {
    action: &'static str,
    target: Party,
    field: Option<(&'static str, Values)>,
    days: i64,
    by: By,
}

impl Row {
    fn key(&self) -> u64 {
        key(self.action, &self.target.id)
    }
}

/// All that follows from the time alone.
#[derive(Debug)]
pub(super) struct Schedule {
    rows: Vec<Row>,
}

impl Schedule {
    pub(super) fn new() -> Self {
        let mut rows = Vec::new();
        let mut add = |action, targets: Vec<Party>, field, days, by| {
            rows.extend(targets.into_iter().map(|target| Row {
                action,
                target,
                field,
                days,
                by,
            }));
        };
        let these = |kind, prefix: &str, names: &[&str]| -> Vec<Party> {
            let party = |name: &&str| Party::new(kind, format!("{prefix}_{}", slug(name)), *name);
            names.iter().map(party).collect()
        };
        let organization = || these("organization", "org", &["Quillmere AI"]);
        let agents = || -> Vec<Party> {
            let party = |agent: &super::platform::Agent| Party::new("agent", agent.id, agent.name);
            AGENTS.iter().map(party).collect()
        };
        let integrations = INTEGRATIONS.map(|(name, _)| name);
        let timeouts = Some(("timeout_seconds", Values::Within(30, 90)));
        let (tools, workflows) = (Kind::Tool, Kind::Workflow);
        use Team::{Administration, Agents, Data, Operations, Platform, Security};
        for (action, targets, field, days, team) in [
            (
                "tool.version.created",
                things(tools, "tool"),
                None,
                VERSION_DAYS,
                Platform,
            ),
            (
                "workflow.version.created",
                things(workflows, "workflow"),
                None,
                VERSION_DAYS,
                Platform,
            ),
            (
                "prompt.version_created",
                these("prompt", "prm", &PROMPTS),
                None,
                VERSION_DAYS,
                Agents,
            ),
            (
                "tool.api_sync_timeout.updated",
                things(tools, "tool"),
                timeouts,
                6,
                Platform,
            ),
            (
                "workflow.api_sync_timeout.updated",
                things(workflows, "workflow"),
                timeouts,
                6,
                Platform,
            ),
            (
                "prompt.updated",
                these("prompt", "prm", &PROMPTS),
                Some(("instructions", Values::Texts(&INSTRUCTIONS))),
                3,
                Agents,
            ),
            (
                "agent.updated",
                agents(),
                Some(("temperature", Values::Numbers(&[0.2, 0.4, 0.3, 0.1]))),
                9,
                Agents,
            ),
            (
                "dataset.updated",
                these("dataset", "dst", &DATASETS),
                Some(("rows", Values::Growing(12_500, 1_330))),
                3,
                Data,
            ),
            (
                "datasource.updated",
                these("datasource", "src", &SOURCES),
                Some(("documents", Values::Growing(840, 17))),
                4,
                Data,
            ),
            (
                "entity.updated",
                these("entity", "ent", &ENTITIES),
                Some(("fields", Values::Within(9, 11))),
                6,
                Data,
            ),
            (
                "guardrail.updated",
                these("guardrail", "grd", &GUARDRAILS[1..]),
                Some(("threshold", Values::Numbers(&[0.5, 0.6, 0.7, 0.65, 0.8]))),
                4,
                Security,
            ),
            (
                "policy.updated",
                these("policy", "pol", &POLICIES),
                Some(("exceptions", Values::Within(0, 9))),
                6,
                Security,
            ),
            (
                "integration.edited",
                these("integration", "int", &integrations),
                Some(("sync_interval_minutes", Values::Within(10, 50))),
                9,
                Platform,
            ),
            (
                "project.updated",
                things(Kind::Project, "project"),
                Some(("monthly_budget_eur", Values::Growing(4_000, 250))),
                30,
                Operations,
            ),
            (
                "project.retention.updated",
                things(Kind::Project, "project"),
                Some(("retention_days", Values::Growing(365, 35))),
                120,
                Administration,
            ),
            (
                "organisation.retention.updated",
                organization(),
                Some(("retention_days", Values::Growing(365, 35))),
                180,
                Administration,
            ),
            (
                "organisation.updated",
                organization(),
                Some((
                    "support_hours",
                    Values::Texts(&["8 to 18", "7 to 22", "all day"]),
                )),
                60,
                Administration,
            ),
            (
                "settings.changed",
                organization(),
                Some(("session_hours", Values::Within(8, 5))),
                12,
                Administration,
            ),
            (
                "workspace.default_role.configured",
                organization(),
                None,
                90,
                Administration,
            ),
            (
                "retention.deleted",
                organization(),
                None,
                20,
                Administration,
            ),
        ] {
            add(action, targets, field, days, By::Team(team));
        }
        let trust = Some(("trust_score", Values::Within(64, 31)));
        add("agent.trust_score.changed", agents(), trust, 1, By::Monitor);
        Self { rows }
    }

    /// What falls into the hour that begins then.
    pub(super) fn hour(&self, stage: &Stage<'_>, out: &mut Vec<Draft>) {
        for row in self.rows.iter().filter(|row| is_told(stage, row.key())) {
            let key = row.key();
            let span = (stage.at - stage.began).div_euclid(row.days * DAY);
            let at = moment(stage.began, key, span * row.days, row.days);
            if is_now(stage, at) {
                out.push(row.happens(stage, at, span as u64));
            }
        }
        for life in &LIVES {
            lives(stage, life, out);
        }
        newcomers(stage, out);
    }
}

impl Row {
    fn happens(&self, stage: &Stage<'_>, at: i64, number: u64) -> Draft {
        let mut random = Random::of(stage.seed, purpose::SCHEDULE, mix(self.key()) ^ number);
        let mut draft = match self.by {
            By::Team(team) => by(stage, team, at, self.action, &mut random),
            By::Monitor => {
                let monitor = Party::new("system", TRUST.0, TRUST.1);
                Draft::new(at, self.action, monitor)
            }
        };
        draft.targets = vec![self.target.clone()];
        deed::fill(&mut draft, stage, &mut random);
        if let Some((field, values)) = self.field {
            let (old, new) = (
                values.after(number, self.key()),
                values.after(number + 1, self.key()),
            );
            if field == "timeout_seconds" {
                let text = json!(format!("{new}s"));
                draft.metadata.insert("timeout_value".into(), text);
            }
            // What was sent would have to say the same.
            draft.request = None;
            draft.changes = vec![Change { field, old, new }];
        }
        draft
    }
}

/// Which version of a tool, a workflow or a prompt there is at a time, in a year that began on the day that began then.
pub(super) fn version(kind: &str, id: &str, began: i64, at: i64) -> u64 {
    let action = match kind {
        "tool" => "tool.version.created",
        "workflow" => "workflow.version.created",
        _ => "prompt.version_created",
    };
    let span = (at - began).div_euclid(VERSION_DAYS * DAY);
    let next = moment(began, key(action, id), span * VERSION_DAYS, VERSION_DAYS);
    (span + 1 + i64::from(next <= at)) as u64
}

/// The steps of things that come and go.
fn lives(stage: &Stage<'_>, life: &'static Life, out: &mut Vec<Draft>) {
    let today = (stage.at - stage.began).div_euclid(DAY);
    let lasts = life.steps.len() as i64 * STEP_DAYS;
    let oldest = (today - lasts).div_euclid(life.every_days).max(0);
    for number in oldest..=today.div_euclid(life.every_days) {
        let born = number * life.every_days;
        let step = (today - born).div_euclid(STEP_DAYS);
        let Some(&action) = life.steps.get(step as usize) else {
            continue;
        };
        let key = key(life.name, &number.to_string());
        let at = moment(stage.began, key, born + step * STEP_DAYS, STEP_DAYS);
        let grown = (born as f64 / YEAR_DAYS as f64).min(1.0);
        let share = FIRST_PART + (1.0 - FIRST_PART) * grown;
        if part(stage, key) >= stage.scale * share || !is_now(stage, at) {
            continue;
        }
        let mut random = Random::of(stage.seed, purpose::SCHEDULE, key);
        let mut draft = by(stage, life.team, at, action, &mut random.clone());
        draft.targets = vec![life.thing(number)];
        deed::fill(&mut draft, stage, &mut random);
        if action.ends_with("role.changed") {
            draft.metadata.insert("role_name".into(), json!("Builder"));
            draft.request = None;
            draft.changes = vec![Change {
                field: "role",
                old: json!("Viewer"),
                new: json!("Builder"),
            }];
        }
        out.push(draft);
    }
}

impl Life {
    /// The thing of that number.
    fn thing(&self, number: i64) -> Party {
        let number = number + 1;
        if self.kind != "user" {
            let id = format!("{PASSING}{}_{number}", slug(self.name));
            return Party::new(self.kind, id, format!("{} {number}", self.name));
        }
        let name = key(self.name, "names") as u32 % 1_000 + 7 * number as u32;
        let (first, last) = names::person(name);
        let id = format!("usr_{}_{number}", slug(self.name));
        let mut party = Party::new("user", &*id, format!("{first} {last} (contractor)"));
        party.email = Some(format!("{}@quillmere.example", id.replace('_', ".")));
        party
    }
}

/// Those who join later are invited, added and given their role before their first day.
fn newcomers(stage: &Stage<'_>, out: &mut Vec<Draft>) {
    /// So many days before their first one.
    const WELCOME: [(i64, &str); 3] = [
        (9, "organisation.user.invited"),
        (6, "organisation.user.added"),
        (3, "organisation.user.role.assigned"),
    ];
    let today = (stage.at - stage.began).div_euclid(DAY);
    for person in &stage.people.all {
        let key = key("newcomer", &person.id);
        let Some(&(days, action)) = WELCOME.iter().find(|(days, _)| {
            let day = person.joined_day - days;
            (day..day + STEP_DAYS).contains(&today)
        }) else {
            continue;
        };
        let at = moment(stage.began, key, person.joined_day - days, STEP_DAYS);
        if person.joined_day < WELCOME[0].0 || !is_told(stage, key) || !is_now(stage, at) {
            continue;
        }
        let mut random = Random::of(stage.seed, purpose::SCHEDULE, key ^ days as u64);
        let mut draft = by(stage, Team::Administration, at, action, &mut random);
        draft.targets = vec![person.party()];
        deed::fill(&mut draft, stage, &mut random);
        if action.ends_with("assigned") {
            draft.metadata.insert("role_name".into(), json!("Builder"));
        }
        draft.request = None;
        out.push(draft);
    }
}

/// Something that somebody of a team does, who is at their desk then; if there is nobody, whoever is.
fn by(stage: &Stage<'_>, team: Team, at: i64, action: &'static str, random: &mut Random) -> Draft {
    let sits = |person: &&Person| {
        // In the first hour they may not have signed in yet.
        let work = stage.people.at_work(person, stage.since_start, stage.at);
        work.is_some_and(|(_, _, hour)| hour > 0)
    };
    let everybody = || stage.people.all.iter().filter(sits);
    let mut there: Vec<&Person> = everybody().filter(|person| person.team == team).collect();
    if there.is_empty() {
        // Operations stands in for nobody: that one of them changed roles is an incident.
        there = everybody()
            .filter(|person| person.team != Team::Operations)
            .collect();
    }
    let chosen = random.below(there.len().max(1) as u64) as usize;
    let person = there.get(chosen).copied();
    let person = person.unwrap_or_else(|| stage.people.on_call(stage.at));
    let day = stage.people.local(person, stage.at).day;
    Desk::of(stage, person, day).draft(at, action)
}

/// The tools, workflows or projects, as targets.
fn things(kind: Kind, party: &'static str) -> Vec<Party> {
    let these = PROJECTS.iter().filter(|project| project.kind == kind);
    these
        .map(|project| {
            let id = match kind {
                Kind::Project => project.id,
                Kind::Tool | Kind::Workflow | Kind::Agent => project.thing,
            };
            Party::new(party, id, project.name)
        })
        .collect()
}

/// A number for a thing and what is done to it.
fn key(action: &str, id: &str) -> u64 {
    let bytes = action.bytes().chain([0]).chain(id.bytes());
    bytes.fold(7, |key, byte| mix(key ^ u64::from(byte)))
}

/// When something falls that happens once in so many days from that day of the year on. If there are days enough,
/// it is no weekend.
fn moment(began: i64, key: u64, first_day: i64, days: i64) -> i64 {
    let mut random = Random::of(key, purpose::SCHEDULE, first_day as u64);
    let mut draw = || {
        let day = first_day + random.below(days as u64) as i64;
        let hour = FIRST_HOUR + random.below(HOURS) as i64;
        began + day * DAY + hour * HOUR + random.below(HOUR as u64) as i64
    };
    let mut at = draw();
    for _ in 0..REDRAWS {
        if days < STEP_DAYS || !is_weekend(at) {
            break;
        }
        at = draw();
    }
    at
}

fn is_weekend(at: i64) -> bool {
    // The first day of 1970 was a Thursday.
    matches!(at.div_euclid(DAY).rem_euclid(7), 2 | 3)
}

fn is_now(stage: &Stage<'_>, at: i64) -> bool {
    (stage.at..stage.at + HOUR).contains(&at)
}

/// In a demo that is made smaller some things are left out, with all that happens to them.
fn is_told(stage: &Stage<'_>, key: u64) -> bool {
    part(stage, key) < stage.scale
}

/// From 0 up to 1, always the same for one thing.
fn part(stage: &Stage<'_>, key: u64) -> f64 {
    Random::of(stage.seed, purpose::SCHEDULE, key).part()
}
