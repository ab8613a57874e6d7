//! What an action of the catalog is about: a target, a project, and metadata that fit together.
//!
//! It must hold that every field that the catalog requires of an action is there with its type, so that a
//! strict organization takes every event without a warning.

use evident_event::catalog::{Catalog, Entry, Field, FieldType, Level};
use serde_json::{Value, json};

use super::draft::{Draft, Party, Request};
use super::platform::{
    AGENTS, APPS, Agent, CHAT_MODELS, CONNECTIONS, CONVERSATIONS, DATASETS, ENTITIES, EVALUATIONS,
    EXPERIMENTS, GUARDRAILS, HARDWARE, INTEGRATIONS, Kind, MODELS, NODES, POLICIES, PROJECTS,
    PROMPTS, Project, ROLES, SCAN_MODEL, SCORES, SCRIPTS, SOURCES, any_agent, any_project, of_kind,
    one_of, slug,
};
use super::texts::{INSTRUCTIONS, QUESTIONS, TASKS};
use super::{Stage, schedule, texts};
use crate::random::Random;

/// Of a thousand deeds so many come with their request.
const REQUESTS_SAID: u64 = 260;

/// The things that one deed is about, whichever of them its metadata mentions.
struct Scene<'a> {
    action: &'static str,
    tool: &'static Project,
    workflow: &'static Project,
    agent: &'static Agent,
    model: (&'static str, &'static str, &'static str),
    prompt: &'static str,
    guardrail: &'static str,
    role: &'static str,
    integration: (&'static str, &'static str),
    app: &'static str,
    experiment: &'static str,
    script: &'static str,
    connection: &'static str,
    node: (&'static str, &'static str),
    hardware: &'static str,
    version: u64,
    about: Option<Party>,
    random: &'a mut Random,
}

/// Gives a draft its target, project, metadata, changes and request.
pub(super) fn fill(draft: &mut Draft, stage: &Stage<'_>, random: &mut Random) {
    let Some(entry) = entry(draft.action) else {
        return;
    };
    let mut scene = Scene {
        action: draft.action,
        tool: of_kind(Kind::Tool, random),
        workflow: of_kind(Kind::Workflow, random),
        agent: any_agent(random),
        model: model(draft.action, random),
        prompt: one_of(&PROMPTS, random),
        guardrail: one_of(&GUARDRAILS[1..], random),
        role: one_of(&ROLES, random),
        integration: one_of(&INTEGRATIONS, random),
        app: one_of(&APPS, random),
        experiment: one_of(&EXPERIMENTS, random),
        script: one_of(&SCRIPTS, random),
        connection: one_of(&CONNECTIONS, random),
        node: one_of(&NODES, random),
        hardware: one_of(&HARDWARE, random),
        version: 1,
        about: draft.targets.first().cloned(),
        random,
    };
    scene.keep_to_target();
    draft.project_id = scene.project(entry.level);
    if draft.targets.is_empty() {
        draft.targets.extend(scene.target());
        scene.about = draft.targets.first().cloned();
    }
    if let Some(about) = scene
        .about
        .as_ref()
        .filter(|about| !about.id.starts_with(schedule::PASSING))
    {
        scene.version = schedule::version(about.kind, &about.id, stage.began, draft.at);
    }
    for field in &entry.metadata {
        if field.required || scene.random.in_thousand(800) {
            let value = scene.value(field);
            draft.metadata.insert(field.key.clone(), value);
        }
    }
    if scene.random.in_thousand(REQUESTS_SAID) && draft.action != "user.logout" {
        draft.request = Some(scene.request(draft.targets.first()));
    }
}

/// The catalog's entry of an action.
pub(super) fn entry(action: &str) -> Option<&'static Entry> {
    Catalog::embedded().ok()?.get(action)
}

impl Scene<'_> {
    /// Where a deed of that level takes place.
    fn project(&mut self, level: Level) -> Option<&'static str> {
        match level {
            Level::Project => Some(of_kind(Kind::Project, self.random).id),
            Level::Tool => Some(self.tool.id),
            Level::Workflow => Some(self.workflow.id),
            Level::Agent => Some(self.agent.project),
            Level::Organization => self
                .random
                .in_thousand(450)
                .then(|| any_project(self.random).id),
        }
    }

    /// Takes the tool, workflow or agent that the target is, and with it its project.
    fn keep_to_target(&mut self) {
        let Some(about) = &self.about else {
            return;
        };
        let place = PROJECTS.iter().find(|project| project.thing == about.id);
        match place {
            Some(place) if place.kind == Kind::Tool => self.tool = place,
            Some(place) if place.kind == Kind::Workflow => self.workflow = place,
            _ => {}
        }
        if let Some(agent) = AGENTS.iter().find(|agent| agent.id == about.id) {
            self.agent = agent;
        }
    }

    /// What a field says that is about the target itself.
    fn of_target(&self, field: &str) -> Option<Value> {
        let about = self.about.as_ref()?;
        let kind = match about.kind {
            "api_app" => "app",
            kind => kind,
        };
        match field {
            "added_user_ids" | "removed_user_ids" => Some(json!([about.id])),
            "role_type" => Some(json!(if kind == "role" { "custom" } else { "built-in" })),
            "url" => Some(json!(format!(
                "https://api.quillmere.example/v2/run/{}",
                slug(&about.name)
            ))),
            _ => match field.strip_prefix(kind)? {
                "_id" => Some(json!(about.id)),
                "_name" => Some(json!(about.name)),
                _ => None,
            },
        }
    }

    fn target(&mut self) -> Option<Party> {
        let words: Vec<&str> = self.action.split('.').collect();
        let named = |kind, prefix: &str, name: &str| {
            Some(Party::new(kind, format!("{prefix}_{}", slug(name)), name))
        };
        match words[0] {
            "user" => None,
            "agent" => Some(Party::new("agent", self.agent.id, self.agent.name)),
            "api_app" => named("api_app", "app", self.app),
            "api_key" => named("api_key", "key", self.app),
            "approval" => {
                let number = self.random.next() >> 16;
                Some(Party::new(
                    "approval",
                    format!("apr_{number:012x}"),
                    format!("Release of {}", self.workflow.name),
                ))
            }
            "conversation_configuration" => named(
                "conversation_configuration",
                "cnv",
                one_of(&CONVERSATIONS, self.random),
            ),
            "custom_script" => named("custom_script", "scr", self.script),
            "dataset" => named("dataset", "dst", one_of(&DATASETS, self.random)),
            "datasource" => named("datasource", "src", one_of(&SOURCES, self.random)),
            "entity" => named("entity", "ent", one_of(&ENTITIES, self.random)),
            "evaluation" => named("evaluation", "evl", one_of(&EVALUATIONS, self.random)),
            "experiment" => named("experiment", "exp", self.experiment),
            "guardrail" => named("guardrail", "grd", self.guardrail),
            "integration" => named("integration", "int", self.integration.0),
            "model" => Some(Party::new("model", self.model.0, self.model.1)),
            "model_configuration" => named("model_configuration", "mcf", self.model.1),
            "ocr" => named("connection", "con", self.connection),
            "organisation" | "workspace" | "settings" | "retention" => {
                named("organization", "org", "Quillmere AI")
            }
            "policy" => named("policy", "pol", one_of(&POLICIES, self.random)),
            "prompt" => named("prompt", "prm", self.prompt),
            "role" => named("role", "rol", self.role),
            "score" => named("score", "sco", one_of(&SCORES, self.random)),
            "script" => named("node", "nod", self.node.0),
            "tool" => Some(Party::new("tool", self.tool.thing, self.tool.name)),
            "workflow" => Some(Party::new(
                "workflow",
                self.workflow.thing,
                self.workflow.name,
            )),
            _ => None,
        }
    }

    /// The value of a field that the catalog knows.
    fn value(&mut self, field: &Field) -> Value {
        if let Some(value) = self.of_target(&field.key) {
            return value;
        }
        let version = self.version;
        match field.key.as_str() {
            "agent_id" => json!(self.agent.id),
            "agent_name" => json!(self.agent.name),
            "tool_id" => json!(self.tool.thing),
            "tool_name" => json!(self.tool.name),
            "workflow_id" => json!(self.workflow.thing),
            "workflow_name" => json!(self.workflow.name),
            "tool_version" | "workflow_version" => json!(format!("v{version}")),
            "version_id" => json!(format!("ver_{version:04}")),
            "version_name" => json!(format!("v{version}")),
            "api_mode" => json!(["sync", "async"][(version % 2) as usize]),
            "url" => json!(format!(
                "https://api.quillmere.example/v2/run/{}",
                slug(self.tool.name)
            )),
            // What the catalog calls secret never reaches the log: its placeholder does.
            "access_token" => json!(format!(
                "qm_tok_{:016x}{:016x}",
                self.random.next(),
                self.random.next()
            )),
            "timeout" => json!("yes"),
            "timeout_value" => json!(format!("{}s", 10 * (1 + version % 12))),
            "time_of_usage" | "hours_of_usage" => json!(format!("{}h", 1 + self.random.below(700))),
            "model_id" => json!(self.model.0),
            "model_name" => json!(self.model.1),
            "model_type" => json!(self.model.2),
            "hardware_type" => json!(self.hardware),
            "deployment_name" => json!(format!("{}-prod", slug(self.model.1).replace('_', "-"))),
            "connection_name" => json!(self.connection),
            "connection_id" => json!(format!("con_{}", slug(self.connection))),
            "guardrail_name" => json!(self.guardrail),
            "guardrail_id" => json!(format!("grd_{}", slug(self.guardrail))),
            "integration_name" => json!(self.integration.0),
            "integration_id" => json!(format!("int_{}", slug(self.integration.0))),
            "integration_type" => json!(self.integration.1),
            "prompt_id" => json!(format!("prm_{}", slug(self.prompt))),
            "prompt_name" => json!(self.prompt),
            "experiment_id" => json!(format!("exp_{}", slug(self.experiment))),
            "experiment_name" => json!(self.experiment),
            "role_id" => json!(format!("rol_{}", slug(self.role))),
            "role_name" => json!(self.role),
            "role_type" => json!("built-in"),
            "custom_script_name" => json!(self.script),
            "app_id" => json!(format!("app_{}", slug(self.app))),
            "node_name" => json!(self.node.0),
            "node_id" => json!(format!("nod_{}", slug(self.node.0))),
            "node_type" => json!(self.node.1),
            "login_method" => json!(one_of(&["sso", "sso", "sso", "password"], self.random)),
            "file_type" => json!(one_of(&["csv", "jsonl", "parquet"], self.random)),
            "status_message" => json!("New members get the role Viewer"),
            "training_method" => json!(one_of(&["lora", "full", "dpo"], self.random)),
            "number_of_epochs" => json!(1 + self.random.below(5)),
            "batch_size" | "inference_batch_size" => json!(8 << self.random.below(4)),
            "learning_rate" => json!(one_of(&[0.00002, 0.0001, 0.0003], self.random)),
            "training_dataset" => json!([one_of(&DATASETS[..4], self.random)]),
            "test_dataset" => json!([one_of(&DATASETS[4..], self.random)]),
            "weights_and_biases" => json!({"run": format!("ft-{version:03}"), "is_public": false}),
            "temperature" => json!(one_of(&[0.0, 0.2, 0.4, 0.7], self.random)),
            "top_p" => json!(one_of(&[0.9, 0.95, 1.0], self.random)),
            "top_k" => json!(one_of(&[20, 40, 50], self.random)),
            "max_length" => json!(512 << self.random.below(4)),
            "stop_sequence" => json!(["</answer>"]),
            "min_replicas" => json!(1 + self.random.below(2)),
            "max_replicas" => json!(3 + self.random.below(6)),
            "scale_up_delay" | "scale_down_delay" => {
                json!(format!("{}s", 30 * (1 + self.random.below(6))))
            }
            "tokens_consumed" => json!(300 + self.random.below(9_000)),
            // A field that the catalog got after this was written.
            _ => match field.kind {
                FieldType::Integer | FieldType::Number | FieldType::Duration => json!(version),
                FieldType::Boolean | FieldType::YesNo => json!(true),
                FieldType::String | FieldType::StringList | FieldType::Any => {
                    json!(format!("v{version}"))
                }
            },
        }
    }

    fn request(&mut self, target: Option<&Party>) -> Request {
        let last = self.action.rsplit('.').next().unwrap_or_default();
        let things = target.map_or("sessions", |target| target.kind);
        let id = target.map_or(String::new(), |target| format!("/{}", target.id));
        let (method, status) = match last {
            "created" | "added" | "login" | "invited" => ("POST", 201),
            "deleted" | "removed" => ("DELETE", 204),
            "updated" | "edited" | "changed" | "modified" => ("PATCH", 200),
            _ => ("POST", 200),
        };
        let body = match (method, things) {
            ("DELETE", _) | (_, "sessions") => None,
            ("PATCH", "prompt") => Some(json!({
                "instructions": one_of(&INSTRUCTIONS, self.random),
                "model": self.model.0,
                "temperature": one_of(&[0.0, 0.2, 0.4], self.random),
                "note": format!("version {}", self.version),
            })),
            (_, "prompt") => Some(json!({
                "input": {
                    "question": one_of(&QUESTIONS, self.random),
                    "language": one_of(&["en", "de", "pt", "ja"], self.random),
                },
                "model": self.model.0,
                "max_output": 256 << self.random.below(3),
            })),
            (_, "user") => Some(json!({"role": self.role, "notify": true})),
            _ => Some(json!({
                "name": target.map(|target| &*target.name),
                "task": one_of(&TASKS, self.random),
                "settings": {
                    "region": one_of(&["eu-central", "us-east", "ap-south"], self.random),
                    "retries": self.random.below(4),
                },
                "labels": [one_of(&["pilot", "production", "internal"], self.random)],
            })),
        };
        Request {
            method,
            path: format!("/v2/{things}s{id}"),
            status,
            body,
        }
    }
}

/// A model that does what the action needs.
fn model(action: &str, random: &mut Random) -> (&'static str, &'static str, &'static str) {
    match action.split('.').next().unwrap_or_default() {
        "ocr" => MODELS[SCAN_MODEL],
        "model" if !action.contains("fine_tuning") => one_of(&MODELS, random),
        _ => MODELS[one_of(&CHAT_MODELS, random)],
    }
}

/// Why an action may have failed, been denied, or gone through with a warning.
pub(super) fn reasons(action: &str) -> texts::Reasons {
    let words = ["deployed", "version", "exported", "edited", "timeout"];
    match action.split('.').next().unwrap_or_default() {
        "system" => texts::OF_JOBS,
        "api_key" => texts::OF_KEYS,
        "dataset" | "datasource" | "entity" => texts::OF_DATA,
        _ if words.iter().any(|word| action.contains(word)) => texts::OF_RELEASES,
        "prompt" | "experiment" | "evaluation" | "score" | "script"
            if !action.ends_with("updated") =>
        {
            texts::OF_ANSWERS
        }
        _ => texts::OF_SETTINGS,
    }
}

/// Some deeds end otherwise than they should.
pub(super) fn ending(draft: &mut Draft, random: &mut Random) {
    let (failures, denials, warnings) = reasons(draft.action);
    let is_job = draft.actor.kind == "system";
    let (result, reason, status) = match random.below(1000) {
        0..30 => ("failed", one_of(failures, random), 503),
        30..45 if !is_job => ("denied", one_of(denials, random), 403),
        45..55 => ("warning", one_of(warnings, random), 200),
        _ => return,
    };
    draft.result = result;
    draft.reason = Some(reason);
    if let Some(request) = &mut draft.request {
        request.status = status;
    }
}
