//! What programs do, day and night: agents that act for people, callers with a key, jobs of the platform.

use serde_json::json;

use super::Stage;
use super::clock::{HOUR, MINUTE, SECOND};
use super::deed;
use super::draft::{Draft, Party, Request};
use super::platform::{
    self, Agent, EVALUATIONS, KEYS, Kind, PROMPTS, SCORES, any_agent, of_kind, one_of, slug,
};
use super::purpose;
use super::texts::{APPROVALS, QUESTIONS, TASKS};
use super::work::many;
use crate::random::{Random, mix};

/// Runs of agents, and calls with keys, in an hour of full pace.
const RUNS_AN_HOUR: f64 = 8.0;
const CALLS_AN_HOUR: f64 = 12.0;
/// How much customers ask in each hour of the day, by UTC.
const ASKED: [f64; 24] = [
    0.5, 0.45, 0.45, 0.45, 0.5, 0.6, 0.8, 1.0, 1.2, 1.3, 1.3, 1.2, 1.2, 1.4, 1.6, 1.6, 1.5, 1.4,
    1.3, 1.1, 0.9, 0.8, 0.7, 0.6,
];
/// After the year something happens in each of these spans, so that there is always something to see.
const HEARTBEAT: i64 = 10 * SECOND;
/// Who records what the platform does by itself.
const SCHEDULER: (&str, &str) = ("job_scheduler", "Scheduler");
pub(super) const TRUST: (&str, &str) = ("job_trust_monitor", "Trust monitor");

/// What jobs run, at which hour (none: every hour) and minute.
const JOBS: [(&str, &str, Option<i64>, i64); 6] = [
    ("job_usage_rollup", "Usage roll-up", None, 5),
    ("job_index_refresh", "Search index refresh", None, 20),
    ("job_backup", "Nightly backup", Some(1), 30),
    ("job_retention", "Retention sweep", Some(3), 0),
    ("job_key_expiry", "Key expiry check", Some(4), 15),
    ("job_evaluations", "Nightly evaluations", Some(5), 40),
];

/// What all programs do in the hour that begins then. What they begin may end in the next one.
pub(super) fn hour(stage: &Stage<'_>, out: &mut Vec<Draft>) {
    let number = stage.at.div_euclid(HOUR);
    let mut random = Random::of(stage.seed, purpose::PROGRAMS, number as u64);
    let asked = ASKED[number.rem_euclid(24) as usize] * stage.programs_pace;
    for _ in 0..many(&mut random, RUNS_AN_HOUR * asked) {
        let at = stage.at + random.below(HOUR as u64) as i64;
        run(stage, at, &mut random, out);
    }
    for _ in 0..many(&mut random, CALLS_AN_HOUR * asked) {
        let at = stage.at + random.below(HOUR as u64) as i64;
        out.push(call(at, &mut random));
    }
    if stage.is_live {
        for span in 0..HOUR / HEARTBEAT {
            let at = stage.at + span * HEARTBEAT + random.below(HEARTBEAT as u64) as i64;
            out.push(match random.below(3) {
                0 => score(at, &mut random),
                _ => call(at, &mut random),
            });
        }
    }
    jobs(stage, number, &mut random, out);
}

fn jobs(stage: &Stage<'_>, number: i64, random: &mut Random, out: &mut Vec<Draft>) {
    for (id, name, at_hour, minute) in JOBS {
        let due = at_hour.is_none_or(|hour| hour == number.rem_euclid(24));
        if !due || random.part() >= stage.scale {
            continue;
        }
        let at = stage.at + minute * MINUTE + random.below(20 * SECOND as u64) as i64;
        let mut draft = job(at, "system.scheduled_job.run", (id, name));
        draft
            .metadata
            .insert("seconds".into(), json!(4 + random.below(90)));
        deed::ending(&mut draft, random);
        out.push(draft);
        if id == "job_retention" {
            let mut draft = job(at + 40 * SECOND, "retention.deleted", SCHEDULER);
            draft
                .metadata
                .insert("deleted".into(), json!(100 + random.below(4_000)));
            out.push(draft);
        }
        if id == "job_evaluations" {
            for (place, &evaluation) in EVALUATIONS.iter().enumerate() {
                let at = at + (1 + place as i64) * 4 * MINUTE / 3;
                let mut draft = job(at, "evaluation.rerun", (id, name));
                draft.project_id = Some(of_kind(Kind::Project, random).id);
                draft.targets = vec![Party::new(
                    "evaluation",
                    format!("evl_{}", slug(evaluation)),
                    evaluation,
                )];
                deed::ending(&mut draft, random);
                out.push(draft);
            }
        }
    }
}

fn job(at: i64, action: &'static str, (id, name): (&str, &str)) -> Draft {
    let mut draft = Draft::new(at, action, Party::new("system", id, name));
    draft.targets = vec![Party::new("job", id, name)];
    draft
}

/// A call with a key: a customer's question goes to a prompt.
fn call(at: i64, random: &mut Random) -> Draft {
    let (id, name, ip, prompt) = one_of(&KEYS, random);
    let action = if random.in_thousand(800) {
        "prompt.endpoint.consumed"
    } else {
        "api_key.used"
    };
    let mut draft = Draft::new(at, action, Party::new("api_key", id, name));
    draft.context.ip = Some(ip.to_owned());
    draft.context.user_agent = Some("quillmere-sdk/2.11.0 (node)");
    let bits = random.next();
    draft.context.trace_id = Some(format!("{:016x}{:016x}", mix(bits), mix(bits ^ 1)));
    draft.context.span_id = Some(format!("{:016x}", mix(bits ^ 2)));
    if action == "api_key.used" {
        draft.targets = vec![Party::new("api_key", id, name)];
        draft.request = Some(Request {
            method: "GET",
            path: "/v2/usage".to_owned(),
            status: 200,
            body: None,
        });
    } else {
        ask(&mut draft, PROMPTS[prompt], random);
    }
    deed::ending(&mut draft, random);
    draft
}

/// Makes an event the use of a prompt.
fn ask(draft: &mut Draft, prompt: &'static str, random: &mut Random) {
    let id = format!("prm_{}", slug(prompt));
    draft.metadata.insert("prompt_id".into(), json!(id));
    draft
        .metadata
        .insert("tokens".into(), json!(180 + random.below(2_400)));
    draft
        .metadata
        .insert("latency_ms".into(), json!(240 + random.below(3_800)));
    if random.in_thousand(350) {
        draft.request = Some(Request {
            method: "POST",
            path: format!("/v2/prompts/{id}/run"),
            status: 200,
            body: Some(json!({
                "input": {"question": one_of(&QUESTIONS, random), "channel": one_of(&["web", "mail", "app"], random)},
                "stream": random.in_thousand(600),
            })),
        });
    }
    draft.targets = vec![Party::new("prompt", id, prompt)];
}

/// The trust monitor rates an answer of an agent.
fn score(at: i64, random: &mut Random) -> Draft {
    let agent = any_agent(random);
    let mut draft = Draft::new(at, "score.created", Party::new("system", TRUST.0, TRUST.1));
    draft.project_id = Some(of_kind(Kind::Project, random).id);
    let name = one_of(&SCORES, random);
    draft.targets = vec![
        // Each rating is one of its own.
        Party::new("score", format!("sco_{}_{at:x}", slug(name)), name),
        Party::new("agent", agent.id, agent.name),
    ];
    draft.metadata.insert(
        "score".into(),
        json!((700 + random.below(300)) as f64 / 1000.0),
    );
    draft
}

/// One run of an agent: who acts in it, for whom, under which numbers.
struct Run<'a> {
    stage: &'a Stage<'a>,
    agent: &'static Agent,
    principal: Party,
    bits: u64,
    at: i64,
    steps: u64,
}

impl Run<'_> {
    /// A step by the agent itself, or by a part of its chain: sub-agents and tools act for it in turn.
    fn step(
        &mut self,
        action: &'static str,
        chain: &[Party],
        seconds: i64,
        random: &mut Random,
    ) -> Draft {
        self.at += 1 + random.below((seconds * SECOND) as u64) as i64;
        self.steps += 1;
        let agent = self.agent.party(self.stage.since_start);
        let (actor, before) = match chain.split_last() {
            None => (agent, Vec::new()),
            Some((last, before)) => {
                let before = std::iter::once(agent).chain(before.iter().cloned());
                (last.clone(), before.collect())
            }
        };
        let mut draft = Draft::new(self.at, action, actor);
        draft.on_behalf_of = std::iter::once(self.principal.clone())
            .chain(before)
            .collect();
        draft.project_id = Some(self.agent.project);
        draft.context.run_id = Some(format!("run_{:016x}", mix(self.bits)));
        draft.context.trace_id = Some(format!(
            "{:016x}{:016x}",
            mix(self.bits ^ 1),
            mix(self.bits ^ 2)
        ));
        draft.context.span_id = Some(format!("{:016x}", mix(self.bits ^ self.steps << 8)));
        draft.context.ip = Some(format!("198.51.100.{}", 220 + self.bits % 16));
        draft
    }
}

fn run(stage: &Stage<'_>, at: i64, random: &mut Random, out: &mut Vec<Draft>) {
    let mut agent = any_agent(random);
    while agent.is_sub {
        agent = any_agent(random);
    }
    let principal = stage.people.anybody(stage.since_start, random).party();
    let bits = random.next();
    let mut run = Run {
        stage,
        agent,
        principal,
        bits,
        at,
        steps: 0,
    };
    match random.below(100) {
        0..52 => answer(&mut run, random, out),
        52..68 => evaluate(&mut run, random, out),
        68..94 if run.agent.id == platform::INVOICE_CLERK => answer(&mut run, random, out),
        68..86 => curate(&mut run, random, out),
        86..94 => ask_for_approval(&mut run, random, out),
        _ => generate(&mut run, random, out),
    }
}

fn sub_agent(stage: &Stage<'_>, random: &mut Random) -> Party {
    let mut agent = any_agent(random);
    while !agent.is_sub {
        agent = any_agent(random);
    }
    agent.party(stage.since_start)
}

fn tool(random: &mut Random) -> Party {
    let project = of_kind(Kind::Tool, random);
    Party::new("tool", project.thing, project.name)
}

/// Answers a question: the agent asks a prompt, a sub-agent looks things up, a tool is called with a key.
fn answer(run: &mut Run<'_>, random: &mut Random, out: &mut Vec<Draft>) {
    let mut draft = run.step("prompt.endpoint.consumed", &[], 2, random);
    ask(
        &mut draft,
        PROMPTS[random.below(PROMPTS.len() as u64) as usize],
        random,
    );
    out.push(draft);
    let sub = sub_agent(run.stage, random);
    for _ in 0..random.below(3) {
        let mut draft = run.step(
            "prompt.endpoint.consumed",
            std::slice::from_ref(&sub),
            6,
            random,
        );
        ask(
            &mut draft,
            PROMPTS[random.below(PROMPTS.len() as u64) as usize],
            random,
        );
        draft
            .metadata
            .insert("task".into(), json!(one_of(&TASKS, random)));
        deed::ending(&mut draft, random);
        out.push(draft);
    }
    if random.in_thousand(450) {
        let tool = tool(random);
        let key = platform::key_of(&tool);
        let mut draft = run.step("api_key.used", &[sub, tool], 4, random);
        draft.targets = vec![key];
        deed::ending(&mut draft, random);
        out.push(draft);
    }
}

fn evaluate(run: &mut Run<'_>, random: &mut Random, out: &mut Vec<Draft>) {
    let evaluation = one_of(&EVALUATIONS, random);
    let mut draft = run.step("evaluation.rerun", &[], 5, random);
    draft.targets = vec![Party::new(
        "evaluation",
        format!("evl_{}", slug(evaluation)),
        evaluation,
    )];
    out.push(draft);
    for _ in 0..1 + random.below(4) {
        let at = run.at + random.below(90 * SECOND as u64) as i64;
        run.at = at;
        let mut draft = score(at, random);
        draft.context.run_id = Some(format!("run_{:016x}", mix(run.bits)));
        out.push(draft);
    }
}

/// Changes data, and says so before and after.
fn curate(run: &mut Run<'_>, random: &mut Random, out: &mut Vec<Draft>) {
    let action = one_of(
        &["dataset.updated", "entity.updated", "datasource.updated"],
        random,
    );
    attempt(run, action, random, out);
}

/// Announces something that a person has to approve.
fn ask_for_approval(run: &mut Run<'_>, random: &mut Random, out: &mut Vec<Draft>) {
    let action = one_of(
        &[
            "workflow.deployed",
            "tool.deployed",
            "guardrail.updated",
            "prompt.version_promoted",
        ],
        random,
    );
    attempt(run, action, random, out);
}

fn attempt(run: &mut Run<'_>, action: &'static str, random: &mut Random, out: &mut Vec<Draft>) {
    let wants_approval = matches!(
        action,
        "workflow.deployed" | "tool.deployed" | "prompt.version_promoted"
    );
    let id = format!("att_{:016x}", mix(run.bits ^ 9));
    let mut announced = run.step(action, &[], 3, random);
    deed::fill(&mut announced, run.stage, random);
    announced.project_id = Some(run.agent.project);
    let mut outcome = announced.clone();
    out.push(announced.ended("allowed", None).part_of(&id, "attempt"));
    let mut granted = true;
    if wants_approval {
        granted = random.in_thousand(800);
        run.at += (1 + random.below(9) as i64) * MINUTE;
        out.push(decision(run, granted, random));
    }
    run.at += 1 + random.below(20 * SECOND as u64) as i64;
    outcome.at = run.at;
    let outcome = match (granted, random.below(100)) {
        (false, _) => outcome.ended("denied", Some(one_of(deed::reasons(action).1, random))),
        (true, 0..4) => outcome.ended("failed", Some(one_of(deed::reasons(action).0, random))),
        (true, _) if wants_approval => outcome.ended("approved", None),
        (true, _) => outcome,
    };
    out.push(outcome.part_of(&id, "outcome"));
}

/// A person who is at work decides on what an agent wants to do.
fn decision(run: &Run<'_>, granted: bool, random: &mut Random) -> Draft {
    let stage = run.stage;
    let mut person = stage.people.on_call(stage.at);
    for _ in 0..24 {
        let candidate = stage.people.anybody(stage.since_start, random);
        if stage
            .people
            .at_work(candidate, stage.since_start, run.at)
            .is_some()
        {
            person = candidate;
            break;
        }
    }
    let mut draft = Draft::new(run.at, "approval.decided", person.party());
    draft.targets = vec![Party::new(
        "approval",
        format!("apr_{:012x}", mix(run.bits) >> 16),
        format!("Request of {}", run.agent.name),
    )];
    draft.context.run_id = Some(format!("run_{:016x}", mix(run.bits)));
    draft.context.user_agent = Some(person.user_agent);
    let (result, reason) = match granted {
        true => ("approved", one_of(&APPROVALS, random)),
        false => ("denied", one_of(&super::texts::REJECTIONS, random)),
    };
    draft.ended(result, Some(reason))
}

/// Thinks up prompts and test data.
fn generate(run: &mut Run<'_>, random: &mut Random, out: &mut Vec<Draft>) {
    for action in ["prompt.generated", "prompt.test_data.generated"] {
        let mut draft = run.step(action, &[], 30, random);
        deed::fill(&mut draft, run.stage, random);
        draft.project_id = Some(run.agent.project);
        deed::ending(&mut draft, random);
        out.push(draft);
    }
}
