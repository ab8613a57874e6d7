//! What people do in an hour of their working day: sign in, do what their team does, sign out.

use super::Stage;
use super::clock::{DAY, HOUR, MINUTE};
use super::deed;
use super::draft::Draft;
use super::people::{Person, Team};
use super::purpose;
use super::texts::{APPROVALS, REJECTIONS};
use crate::random::{Random, Skewed, mix};

/// Deeds of a person in an hour of full work, but for signing in and out.
const DEEDS_AN_HOUR: f64 = 0.95;
/// In the thousandth parts of hours outside work that wake whoever is on call.
const CALLS_IN_THOUSAND: u64 = 45;
/// Of a thousand, how many mistype their password first.
const MISTYPED: u64 = 30;
/// Of a thousand, how many sign out in the evening.
const SIGNED_OUT: u64 = 550;

/// What teams do, and how much of it.
const TEAMS: [(Team, &[(&str, f64)]); 6] = [
    (
        Team::Platform,
        &[
            ("tool.deployed", 14.0),
            ("tool.description.updated", 6.0),
            ("tool.exported", 2.0),
            ("workflow.deployed", 12.0),
            ("integration.edited", 5.0),
            ("model.deployed", 4.0),
            ("custom_script.deployed", 4.0),
            ("custom_script.redeployed", 4.0),
        ],
    ),
    (
        Team::Agents,
        &[
            ("agent.updated", 18.0),
            ("prompt.updated", 30.0),
            ("prompt.version_promoted", 8.0),
            ("prompt.shared", 4.0),
            ("prompt.endpoint.copied", 3.0),
            ("prompt.generated", 8.0),
            ("prompt.test_data.generated", 5.0),
            ("experiment.rerun", 14.0),
            ("evaluation.rerun", 14.0),
            ("model.fine_tuning.started", 3.0),
            ("guardrail.updated", 5.0),
            ("script.write_code", 4.0),
            ("script.custom_function", 3.0),
        ],
    ),
    (
        Team::Data,
        &[
            ("dataset.updated", 26.0),
            ("datasource.updated", 10.0),
            ("entity.updated", 12.0),
            ("evaluation.rerun", 10.0),
            ("custom_script.saved_as_draft", 8.0),
            ("custom_script.deployed", 3.0),
            ("custom_script.exported", 1.0),
        ],
    ),
    (
        Team::Operations,
        &[
            ("approval.decided", 26.0),
            ("prompt.endpoint.consumed", 30.0),
            ("workflow.description.updated", 6.0),
            ("workflow.exported", 2.0),
            ("experiment.rerun", 8.0),
        ],
    ),
    (
        Team::Security,
        &[
            ("policy.updated", 14.0),
            ("guardrail.deployed", 6.0),
            ("guardrail.updated", 10.0),
            ("approval.decided", 12.0),
        ],
    ),
    (
        Team::Administration,
        &[("settings.changed", 12.0), ("approval.decided", 16.0)],
    ),
];

/// What people do all day.
#[derive(Debug)]
pub(super) struct Work {
    teams: Vec<TeamWork>,
}

/// What a team does, and a choice of it by how often it comes.
#[derive(Debug)]
struct TeamWork {
    team: Team,
    deeds: &'static [(&'static str, f64)],
    choice: Skewed,
}

impl Work {
    pub(super) fn new() -> Self {
        let teams = TEAMS.map(|(team, deeds)| TeamWork {
            team,
            deeds,
            choice: Skewed::weighted(deeds.iter().map(|(_, weight)| *weight)),
        });
        Self {
            teams: teams.into(),
        }
    }

    fn deed(&self, team: Team, random: &mut Random) -> &'static str {
        let place = self.teams.iter().position(|other| other.team == team);
        let work = &self.teams[place.unwrap_or_default()];
        work.deeds[work.choice.pick(random.next()) as usize].0
    }

    /// What everybody does in the hour that begins then.
    pub(super) fn hour(&self, stage: &Stage<'_>, out: &mut Vec<Draft>) {
        for (number, person) in stage.people.all.iter().enumerate() {
            let hour = stage.at.div_euclid(HOUR) as u64;
            let mut random = Random::of(stage.seed, purpose::WORK, mix(number as u64) ^ hour);
            match stage.people.at_work(person, stage.since_start, stage.at) {
                Some((weight, local, of_workday)) => {
                    let desk = Desk::of(stage, person, local.day);
                    self.at_desk(&desk, weight, of_workday, &mut random, out);
                }
                None if stage.people.on_call(stage.at).id == person.id => {
                    self.called(stage, person, &mut random, out);
                }
                None => {}
            }
        }
    }

    fn at_desk(
        &self,
        desk: &Desk<'_>,
        weight: f64,
        of_workday: i8,
        random: &mut Random,
        out: &mut Vec<Draft>,
    ) {
        // In a demo that is made smaller not everybody signs in.
        let comes = random.part() < desk.stage.scale.min(1.0);
        if of_workday == 0 && comes {
            sign_in(desk, random, out);
        }
        let begins = if of_workday == 0 { 12 * MINUTE } else { 0 };
        let mean = DEEDS_AN_HOUR * weight * desk.stage.people_pace;
        for _ in 0..many(random, mean) {
            let at = desk.stage.at + begins + random.below((HOUR - begins) as u64) as i64;
            out.push(self.act(desk, at, random));
        }
        if of_workday == 8 && comes && random.in_thousand(SIGNED_OUT) {
            let at = desk.stage.at + HOUR - 1 - random.below(4 * MINUTE as u64) as i64;
            out.push(desk.draft(at, "user.logout"));
        }
    }

    fn act(&self, desk: &Desk<'_>, at: i64, random: &mut Random) -> Draft {
        let action = self.deed(desk.person.team, random);
        let mut draft = desk.draft(at, action);
        deed::fill(&mut draft, desk.stage, random);
        if action == "approval.decided" {
            let refused = random.in_thousand(180);
            let reasons: &[&'static str] = if refused { &REJECTIONS } else { &APPROVALS };
            draft.result = if refused { "denied" } else { "approved" };
            draft.reason = Some(reasons[random.below(reasons.len() as u64) as usize]);
        } else {
            deed::ending(&mut draft, random);
        }
        draft
    }

    /// The telephone rang: signs in at home, looks, changes something, goes back to bed.
    fn called(
        &self,
        stage: &Stage<'_>,
        person: &Person,
        random: &mut Random,
        out: &mut Vec<Draft>,
    ) {
        if !random.in_thousand(CALLS_IN_THOUSAND) || random.part() >= stage.scale {
            return;
        }
        let desk = Desk::of(stage, person, stage.at.div_euclid(DAY));
        sign_in(&desk, random, out);
        for step in 0..1 + random.below(4) {
            let at =
                stage.at + (13 + 9 * step as i64) * MINUTE + random.below(5 * MINUTE as u64) as i64;
            out.push(self.act(&desk, at, random));
        }
    }
}

/// Somebody on a day: what all that they do then has in common.
pub(super) struct Desk<'a> {
    stage: &'a Stage<'a>,
    person: &'a Person,
    ip: String,
    session: String,
}

impl<'a> Desk<'a> {
    pub(super) fn of(stage: &'a Stage<'a>, person: &'a Person, day: i64) -> Self {
        let session = mix(day as u64 ^ mix(stage.seed) ^ person.joined_day as u64);
        Self {
            stage,
            person,
            ip: person.ip(day),
            session: format!("ses_{session:016x}{}", &person.id[4..]),
        }
    }

    pub(super) fn draft(&self, at: i64, action: &'static str) -> Draft {
        let mut draft = Draft::new(at, action, self.person.party());
        draft.context.ip = Some(self.ip.clone());
        draft.context.user_agent = Some(self.person.user_agent);
        draft.context.session_id = Some(self.session.clone());
        draft
    }
}

fn sign_in(desk: &Desk<'_>, random: &mut Random, out: &mut Vec<Draft>) {
    let at = desk.stage.at + random.below(9 * MINUTE as u64) as i64;
    let login = |at| {
        let mut draft = desk.draft(at, "user.login");
        draft.metadata.insert("login_method".into(), "sso".into());
        draft
    };
    if random.in_thousand(MISTYPED) {
        let mut mistyped = login(at).ended("failed", Some("The password is wrong"));
        mistyped
            .metadata
            .insert("login_method".into(), "password".into());
        out.push(mistyped);
    }
    out.push(login(at + MINUTE));
}

/// How often something happens that happens so often on average (Poisson's law).
pub(super) fn many(random: &mut Random, mean: f64) -> u64 {
    /// Beyond this the product would become too small.
    const LARGEST_MEAN: f64 = 500.0;
    let end = (-mean.min(LARGEST_MEAN)).exp();
    let (mut count, mut product) = (0, random.part());
    while product > end {
        count += 1;
        product *= random.part();
    }
    count
}
