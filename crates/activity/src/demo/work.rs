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
const DEEDS_AN_HOUR: f64 = 1.15;
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
            ("tool.undeployed", 4.0),
            ("tool.version.created", 18.0),
            ("tool.version.deleted", 3.0),
            ("tool.description.updated", 6.0),
            ("tool.name.updated", 2.0),
            ("tool.exported", 2.0),
            ("tool.api_key.created", 3.0),
            ("tool.api_key.deleted", 2.0),
            ("tool.api_sync_timeout.updated", 3.0),
            ("tool.api_async.enabled", 2.0),
            ("tool.api_async.updated", 2.0),
            ("tool.api_async.disabled", 1.0),
            ("tool.environment_variable.added", 4.0),
            ("tool.environment_variable.edited", 6.0),
            ("tool.environment_variable.deleted", 2.0),
            ("tool.created", 2.0),
            ("tool.deleted", 1.0),
            ("tool.integration_node.connection_added", 3.0),
            ("tool.integration_node.connection_modified", 2.0),
            ("tool.integration_node.action_added", 4.0),
            ("tool.integration_node.action_changed", 2.0),
            ("tool.integration_node.action_edited", 6.0),
            ("workflow.deployed", 12.0),
            ("workflow.undeployed", 3.0),
            ("workflow.version.created", 15.0),
            ("workflow.version.deleted", 2.0),
            ("workflow.environment_variable.added", 3.0),
            ("workflow.environment_variable.edited", 5.0),
            ("workflow.environment_variable.deleted", 1.0),
            ("workflow.api_async.enabled", 1.0),
            ("workflow.api_async.updated", 2.0),
            ("workflow.api_async.disabled", 1.0),
            ("workflow.api_sync_timeout.updated", 2.0),
            ("integration.added", 2.0),
            ("integration.edited", 5.0),
            ("integration.disabled", 1.0),
            ("integration.deleted", 1.0),
            ("model.deployed", 4.0),
            ("model.undeployed", 3.0),
            ("custom_script.deployed", 4.0),
            ("custom_script.redeployed", 4.0),
            ("custom_script.undeployed", 1.0),
        ],
    ),
    (
        Team::Agents,
        &[
            ("agent.updated", 18.0),
            ("agent.created", 2.0),
            ("agent.deleted", 1.0),
            ("prompt.updated", 30.0),
            ("prompt.created", 6.0),
            ("prompt.deleted", 2.0),
            ("prompt.version_created", 18.0),
            ("prompt.version_promoted", 8.0),
            ("prompt.version_restored", 3.0),
            ("prompt.shared", 4.0),
            ("prompt.endpoint.copied", 3.0),
            ("prompt.generated", 8.0),
            ("prompt.test_data.generated", 5.0),
            ("prompt.api_key.created", 1.0),
            ("experiment.created", 8.0),
            ("experiment.rerun", 14.0),
            ("experiment.deleted", 3.0),
            ("evaluation.created", 6.0),
            ("evaluation.rerun", 14.0),
            ("evaluation.deleted", 1.0),
            ("model.fine_tuning.started", 3.0),
            ("model.added", 2.0),
            ("model.deleted", 1.0),
            ("model_configuration.created", 3.0),
            ("model_configuration.updated", 8.0),
            ("model_configuration.deleted", 1.0),
            ("conversation_configuration.created", 2.0),
            ("conversation_configuration.updated", 6.0),
            ("conversation_configuration.deleted", 1.0),
            ("guardrail.created", 2.0),
            ("guardrail.updated", 5.0),
            ("script.write_code", 4.0),
            ("script.custom_function", 3.0),
        ],
    ),
    (
        Team::Data,
        &[
            ("dataset.created", 10.0),
            ("dataset.updated", 26.0),
            ("dataset.deleted", 3.0),
            ("datasource.created", 4.0),
            ("datasource.updated", 10.0),
            ("datasource.deleted", 1.0),
            ("entity.created", 5.0),
            ("entity.updated", 12.0),
            ("entity.deleted", 2.0),
            ("score.created", 10.0),
            ("score.updated", 8.0),
            ("score.deleted", 1.0),
            ("evaluation.rerun", 10.0),
            ("ocr.deployed", 2.0),
            ("ocr.undeployed", 1.0),
            ("ocr.saved_as_draft", 3.0),
            ("ocr.azure_doc_intelligence_account.added", 0.4),
            ("ocr.azure_doc_intelligence_account.deleted", 0.3),
            ("workflow.ocr.node_name_edited", 2.0),
            ("workflow.ocr.node_deleted", 1.0),
            ("workflow.ocr.description_added", 2.0),
            ("workflow.ocr.description_edited", 2.0),
            ("workflow.ocr.engine_added", 1.0),
            ("workflow.ocr.engine_edited", 2.0),
            ("workflow.ocr.connection_added", 1.0),
            ("workflow.ocr.connection_modified", 1.0),
            ("workflow.ocr.base_url_edited", 1.0),
            ("custom_script.saved_as_draft", 8.0),
            ("custom_script.deployed", 3.0),
            ("custom_script.exported", 1.0),
            ("custom_script.deleted", 1.0),
        ],
    ),
    (
        Team::Operations,
        &[
            ("approval.decided", 26.0),
            ("prompt.endpoint.consumed", 30.0),
            ("workflow.description.updated", 6.0),
            ("workflow.name.updated", 2.0),
            ("workflow.exported", 2.0),
            ("workflow.created", 2.0),
            ("workflow.deleted", 1.0),
            ("workflow.integration_node.connection_added", 2.0),
            ("workflow.integration_node.connection_modified", 2.0),
            ("workflow.integration_node.action_added", 3.0),
            ("workflow.integration_node.action_changed", 2.0),
            ("workflow.integration_node.action_edited", 5.0),
            ("workflow.input_scanner.added", 1.0),
            ("workflow.input_scanner.edited", 2.0),
            ("workflow.output_scanner.added", 1.0),
            ("workflow.output_scanner.edited", 2.0),
            ("workflow.user.invited", 4.0),
            ("workflow.user.role.changed", 2.0),
            ("workflow.user.removed", 1.0),
            ("tool.user.invited", 3.0),
            ("tool.user.role.changed", 2.0),
            ("tool.user.removed", 1.0),
            ("project.created", 0.6),
            ("project.updated", 5.0),
            ("project.deleted", 0.4),
            ("project_member.added", 5.0),
            ("project_member.removed", 2.0),
            ("project_role.assigned", 4.0),
            ("project_role.removed", 1.0),
            ("experiment.rerun", 8.0),
            ("dataset.created", 4.0),
        ],
    ),
    (
        Team::Security,
        &[
            ("policy.created", 4.0),
            ("policy.updated", 14.0),
            ("policy.enabled", 4.0),
            ("policy.disabled", 2.0),
            ("policy.deleted", 1.0),
            ("guardrail.deployed", 6.0),
            ("guardrail.undeployed", 2.0),
            ("guardrail.updated", 10.0),
            ("tool.input_scanner.added", 3.0),
            ("tool.input_scanner.edited", 5.0),
            ("tool.input_scanner.removed", 1.0),
            ("tool.output_scanner.added", 3.0),
            ("tool.output_scanner.edited", 5.0),
            ("tool.output_scanner.removed", 1.0),
            ("workflow.input_scanner.removed", 1.0),
            ("workflow.output_scanner.removed", 1.0),
            ("agent.trust_tier.changed", 5.0),
            ("agent.blocked", 1.0),
            ("app_api_key.created", 4.0),
            ("app_api_key.deleted", 3.0),
            ("api_app.updated", 4.0),
            ("workflow.api_key.created", 2.0),
            ("workflow.api_key.deleted", 1.0),
            ("model.api_key.created", 2.0),
            ("model.api_key.deleted", 1.0),
            ("approval.decided", 12.0),
        ],
    ),
    (
        Team::Administration,
        &[
            ("organisation.user.invited", 14.0),
            ("organisation.user.added", 8.0),
            ("organisation.user.removed", 3.0),
            ("organisation.user.role.assigned", 8.0),
            ("organisation.user.role.changed", 8.0),
            ("organisation.updated", 2.0),
            ("organisation.retention.updated", 0.6),
            ("project.retention.updated", 1.0),
            ("retention.deleted", 0.5),
            ("role.created", 2.0),
            ("role.updated", 6.0),
            ("role.deleted", 1.0),
            ("settings.changed", 12.0),
            ("workspace.default_role.configured", 0.6),
            ("api_app.created", 2.0),
            ("api_app.deleted", 1.0),
            ("instance_owner.assigned", 0.3),
            ("instance_owner.removed", 0.2),
            ("approval.decided", 16.0),
        ],
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
        deed::fill(
            &mut draft,
            desk.stage.people,
            desk.stage.since_start,
            random,
        );
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
struct Desk<'a> {
    stage: &'a Stage<'a>,
    person: &'a Person,
    ip: String,
    session: String,
}

impl<'a> Desk<'a> {
    fn of(stage: &'a Stage<'a>, person: &'a Person, day: i64) -> Self {
        let session = mix(day as u64 ^ mix(stage.seed) ^ person.joined_day as u64);
        Self {
            stage,
            person,
            ip: person.ip(day),
            session: format!("ses_{session:016x}{}", &person.id[4..]),
        }
    }

    fn draft(&self, at: i64, action: &'static str) -> Draft {
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
