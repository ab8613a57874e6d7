//! What programs did, wanted to do, or stopped doing.

use serde_json::json;

use super::super::clock::{DAY, HOUR, MINUTE, SECOND};
use super::super::draft::{Draft, Party};
use super::super::platform::{AGENTS, INVOICE_CLERK, key_of};
use super::super::{first_day, schedule};
use super::{Incident, Scene, on};

/// How long before the end the synchronization ran for the last time, and since when it ran.
const QUIET_DAYS: i64 = 19;
const SYNCED_SINCE_DAYS: i64 = 140;
const SYNC: (&str, &str) = ("job_crm_sync", "CRM sync");
const DANGEROUS_DAYS: i64 = 4;
const DANGEROUS_RUN: &str = "run_cleanup_of_conversations";
const OPEN_DAYS: i64 = 2;
const OPEN_RUN: &str = "run_invoices_release";

/// The part of the year's length in microseconds that is before the end.
const YEAR: i64 = super::super::YEAR_DAYS * DAY;

/// An agent wants to delete what it must not, is told so, wants less, and a person lets it.
///
/// `filter=context.run_id:is:run_cleanup_of_conversations` shows all of it, oldest first with `order=asc`.
pub(super) fn dangerous(scene: &mut Scene<'_>) -> Incident {
    let asked = scene.people.named("Thomas Becker");
    let judge = scene.people.named("Katarzyna Nowak");
    let begin = scene.local(DANGEROUS_DAYS, asked, 15 * 60 + 20);
    let steward = agent(scene, "agt_steward", begin);
    let planner = agent(scene, "agt_planner", begin);
    let tool = Party::new("tool", "tool_document_search", "Document Search");
    let dataset = Party::new(
        "dataset",
        "dst_support_conversations_2024",
        "Support conversations 2024",
    );
    let step = |at, action, actor: &Party, chain: &[Party]| {
        let mut draft = Draft::new(at, action, actor.clone());
        draft.on_behalf_of = std::iter::once(asked.party())
            .chain(chain.iter().cloned())
            .collect();
        draft.project_id = Some("prj_agent_steward");
        draft.context.run_id = Some(DANGEROUS_RUN.to_owned());
        draft
    };
    let mut plan = step(
        begin,
        "prompt.endpoint.consumed",
        &planner,
        std::slice::from_ref(&steward),
    );
    plan.metadata
        .insert("prompt_id".into(), json!("prm_plan_research"));
    plan.metadata
        .insert("task".into(), json!("Free 2 TB of storage before Friday"));
    scene.add(plan);
    let mut look = step(
        begin + 9 * SECOND,
        "api_key.used",
        &tool,
        &[steward.clone(), planner],
    );
    look.targets = vec![key_of(&tool)];
    scene.add(look);
    let delete = |at, rows: u64| {
        let mut draft = on(step(at, "dataset.deleted", &steward, &[]), dataset.clone());
        draft.metadata.insert("rows".into(), json!(rows));
        draft
    };
    let first = begin + 31 * SECOND;
    scene.add(
        delete(first, 1_840_211)
            .ended("allowed", None)
            .part_of("att_cleanup_1", "attempt"),
    );
    let denied = delete(first + 140_000, 1_840_211);
    let denied = denied.ended("denied", Some("Policy: agents may not delete datasets"));
    scene.add(denied.part_of("att_cleanup_1", "outcome"));
    let second = begin + 58 * SECOND;
    let reason = Some("Only the rows that are older than the retention of 400 days");
    scene.add(
        delete(second, 212_904)
            .ended("allowed", reason)
            .part_of("att_cleanup_2", "attempt"),
    );
    let request = Party::new(
        "approval",
        "apr_cleanup",
        "Delete 212,904 rows of Support conversations 2024",
    );
    let mut decided = on(
        scene.by(judge, second + 11 * MINUTE, "approval.decided"),
        request,
    );
    decided.context.run_id = Some(DANGEROUS_RUN.to_owned());
    scene.add(decided.ended(
        "approved",
        Some("Past their retention, and the backup is there"),
    ));
    let done = delete(second + 11 * MINUTE + 4 * SECOND, 212_904).ended("approved", None);
    scene.add(done.part_of("att_cleanup_2", "outcome"));
    Incident {
        title: "An agent that was stopped, then allowed",
        story: "The Data Steward, asked by Thomas Becker to free storage, tried to delete a whole dataset and was \
                denied. It asked for less, and Katarzyna Nowak approved.",
        parameters: vec![("filter", "context.run_id:is:run_cleanup_of_conversations")],
        events: 7,
    }
}

/// An integration that ran every hour and has been silent ever since.
///
/// `filter=actor.id:is:job_crm_sync` shows its runs: the newest is 19 days old, and nothing says that it failed.
pub(super) fn quiet_integration(scene: &mut Scene<'_>) -> Incident {
    let job = Party::new("system", SYNC.0, SYNC.1);
    let target = Party::new("integration", "int_crm", "CRM");
    let hours = (SYNCED_SINCE_DAYS - QUIET_DAYS) * 24;
    for hour in 0..hours {
        let at = scene.end - SYNCED_SINCE_DAYS * DAY + hour * HOUR + 3 * MINUTE;
        let at = scene.jitter(at, 20 * SECOND);
        let mut draft = on(
            Draft::new(at, "system.scheduled_job.run", job.clone()),
            target.clone(),
        );
        let records = 40 + scene.random.below(900);
        draft.metadata.insert("records".into(), json!(records));
        scene.add(draft);
    }
    Incident {
        title: "A synchronization that went quiet",
        story: "The CRM sync ran every hour and stopped 19 days before the demo began. Nothing failed: it is only \
                no longer there, which a histogram shows.",
        parameters: vec![("filter", "actor.id:is:job_crm_sync")],
        events: hours as u64,
    }
}

/// An agent said what it was about to do, and nothing more.
///
/// `attempt=open&filter=actor.id:is:agt_invoice_clerk` shows it.
pub(super) fn open_attempt(scene: &mut Scene<'_>) -> Incident {
    let asked = scene.people.named("Sara Phillips");
    let at = scene.local(OPEN_DAYS, asked, 17 * 60 + 52);
    let mut draft = Draft::new(at, "workflow.deployed", agent(scene, INVOICE_CLERK, at));
    draft.on_behalf_of = vec![asked.party()];
    draft.targets = vec![Party::new("workflow", "wf_invoices", "Invoice Processing")];
    draft.project_id = Some("prj_flow_invoices");
    draft.context.run_id = Some(OPEN_RUN.to_owned());
    let version = schedule::version("workflow", "wf_invoices", first_day(scene.end - YEAR), at);
    for (field, value) in [
        ("workflow_id", "wf_invoices"),
        ("workflow_version", &*format!("v{version}")),
        ("api_mode", "async"),
        (
            "url",
            "https://api.quillmere.example/v2/run/invoice_processing",
        ),
    ] {
        draft.metadata.insert(field.into(), json!(value));
    }
    scene.add(
        draft
            .ended("allowed", None)
            .part_of("att_invoices_release", "attempt"),
    );
    Incident {
        title: "An attempt without an outcome",
        story: "The Invoice Clerk announced that it would deploy a workflow, and nobody knows whether it did.",
        parameters: vec![
            ("attempt", "open"),
            ("filter", "actor.id:is:agt_invoice_clerk"),
        ],
        events: 1,
    }
}

/// An agent as it was then.
fn agent(scene: &Scene<'_>, id: &str, at: i64) -> Party {
    let found = AGENTS.iter().find(|agent| agent.id == id);
    found.unwrap_or(&AGENTS[0]).party(at - (scene.end - YEAR))
}
