//! The company's platform: its projects, agents, models and all the other things that people and programs act on.

use serde_json::json;

use super::clock::DAY;
use super::draft::Party;
use crate::random::Random;

/// What kind of thing a project holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Project,
    Tool,
    Workflow,
    Agent,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Tool => "tool",
            Self::Workflow => "workflow",
            Self::Agent => "agent",
        }
    }
}

/// One of the projects.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) kind: Kind,
    pub(super) id: &'static str,
    /// The id of the tool, workflow or agent in it.
    pub(super) thing: &'static str,
    pub(super) name: &'static str,
}

const fn project(kind: Kind, id: &'static str, thing: &'static str, name: &'static str) -> Project {
    Project {
        kind,
        id,
        thing,
        name,
    }
}

pub(super) const PROJECTS: [Project; 14] = [
    project(Kind::Project, "prj_support", "", "Customer Support"),
    project(Kind::Project, "prj_claims", "", "Claims Intake"),
    project(Kind::Project, "prj_knowledge", "", "Knowledge Search"),
    project(Kind::Project, "prj_sales", "", "Sales Copilot"),
    project(
        Kind::Tool,
        "prj_tool_search",
        "tool_document_search",
        "Document Search",
    ),
    project(Kind::Tool, "prj_tool_refunds", "tool_refunds", "Refunds"),
    project(Kind::Tool, "prj_tool_calendar", "tool_calendar", "Calendar"),
    project(
        Kind::Workflow,
        "prj_flow_invoices",
        "wf_invoices",
        "Invoice Processing",
    ),
    project(
        Kind::Workflow,
        "prj_flow_onboarding",
        "wf_onboarding",
        "Customer Onboarding",
    ),
    project(
        Kind::Workflow,
        "prj_flow_moderation",
        "wf_moderation",
        "Content Moderation",
    ),
    project(
        Kind::Agent,
        "prj_agent_support",
        "agt_support",
        "Support Agent",
    ),
    project(
        Kind::Agent,
        "prj_agent_research",
        "agt_research",
        "Research Agent",
    ),
    project(
        Kind::Agent,
        "prj_agent_claims",
        "agt_claims",
        "Claims Agent",
    ),
    project(
        Kind::Agent,
        "prj_agent_steward",
        "agt_steward",
        "Data Steward",
    ),
];

/// A program that acts for people.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) project: &'static str,
    pub(super) model: usize,
    /// Whether only other agents call it.
    pub(super) is_sub: bool,
}

const fn agent(
    id: &'static str,
    name: &'static str,
    project: &'static str,
    model: usize,
    is_sub: bool,
) -> Agent {
    Agent {
        id,
        name,
        project,
        model,
        is_sub,
    }
}

/// The agent that announces nothing but what an incident tells: whatever else it announced would be open as well, until
/// its outcome.
pub(super) const INVOICE_CLERK: &str = "agt_invoice_clerk";

pub(super) const AGENTS: [Agent; 14] = [
    agent(
        "agt_support",
        "Support Agent",
        "prj_agent_support",
        0,
        false,
    ),
    agent(
        "agt_research",
        "Research Agent",
        "prj_agent_research",
        0,
        false,
    ),
    agent("agt_claims", "Claims Agent", "prj_agent_claims", 1, false),
    agent("agt_triage", "Ticket Triage", "prj_support", 2, false),
    agent("agt_sales", "Sales Copilot", "prj_sales", 1, false),
    agent("agt_steward", "Data Steward", "prj_agent_steward", 1, false),
    agent(
        INVOICE_CLERK,
        "Invoice Clerk",
        "prj_flow_invoices",
        1,
        false,
    ),
    agent(
        "agt_moderator",
        "Moderator",
        "prj_flow_moderation",
        3,
        false,
    ),
    agent(
        "agt_onboarding",
        "Onboarding Guide",
        "prj_flow_onboarding",
        2,
        false,
    ),
    agent("agt_retriever", "Retriever", "prj_knowledge", 4, true),
    agent("agt_summarizer", "Summarizer", "prj_knowledge", 2, true),
    agent("agt_planner", "Planner", "prj_agent_research", 0, true),
    agent("agt_critic", "Critic", "prj_agent_research", 3, true),
    agent("agt_extractor", "Field Extractor", "prj_claims", 5, true),
];

/// How long a version of an agent lives, in days.
const VERSION_DAYS: i64 = 23;

impl Agent {
    /// As an actor or a principal, in the version of that time.
    pub(super) fn party(&self, since_start: i64) -> Party {
        let mut party = Party::new("agent", self.id, self.name);
        let release = since_start.div_euclid(VERSION_DAYS * DAY);
        let version = format!("{}.{}.0", 1 + release / 6, release % 6);
        party.metadata.insert("version".into(), json!(version));
        party
            .metadata
            .insert("model".into(), json!(MODELS[self.model].0));
        party
    }
}

/// Id, name and type of each model.
pub(super) const MODELS: [(&str, &str, &str); 7] = [
    ("mdl_lumen_3_large", "Lumen 3 Large", "chat"),
    ("mdl_lumen_3_mini", "Lumen 3 Mini", "chat"),
    ("mdl_corvid_14b", "Corvid 14B", "chat"),
    ("mdl_sentry_2", "Sentry 2", "classifier"),
    ("mdl_tern_embed_2", "Tern Embed 2", "embedding"),
    ("mdl_heron_ocr", "Heron OCR", "vision"),
    ("mdl_corvid_14b_support", "Corvid 14B Support", "chat"),
];

/// Programs of customers and of the company that call with a key: id, name, address, the prompt that they use.
pub(super) const KEYS: [(&str, &str, &str, usize); 8] = [
    ("key_helpdesk_widget", "Helpdesk widget", "203.0.113.10", 0),
    ("key_mobile_app", "Mobile app", "203.0.113.11", 1),
    ("key_claims_portal", "Claims portal", "203.0.113.24", 2),
    ("key_partner_nordlys", "Partner Nordlys", "203.0.113.40", 3),
    ("key_partner_bluefin", "Partner Bluefin", "203.0.113.41", 4),
    ("key_billing", "Billing service", "198.51.100.210", 5),
    ("key_intranet", "Intranet search", "198.51.100.211", 6),
    ("key_warehouse", "Data warehouse", "198.51.100.212", 7),
];

pub(super) const PROMPTS: [&str; 12] = [
    "Answer a refund question",
    "Greet and route",
    "Summarize a claim",
    "Draft a quote",
    "Translate a reply",
    "Explain an invoice",
    "Find a policy document",
    "Classify feedback",
    "Write a follow-up",
    "Check tone",
    "Extract addresses",
    "Plan research",
];
pub(super) const GUARDRAILS: [&str; 6] = [
    "PII filter",
    "Prompt injection shield",
    "Refund ceiling",
    "Toxicity filter",
    "Source citation check",
    "Competitor mentions",
];
pub(super) const ROLES: [&str; 6] = [
    "Viewer",
    "Builder",
    "Reviewer",
    "Deployer",
    "Project admin",
    "Organization admin",
];
/// Name and type of each integration.
pub(super) const INTEGRATIONS: [(&str, &str); 7] = [
    ("Ticket desk", "helpdesk"),
    ("CRM", "crm"),
    ("Team chat", "chat"),
    ("Object storage", "storage"),
    ("Mail gateway", "email"),
    ("Payments", "payments"),
    ("Directory", "identity"),
];
pub(super) const DATASETS: [&str; 8] = [
    "Support conversations 2024",
    "Refund decisions",
    "Claims with outcomes",
    "Product manuals",
    "Tone ratings",
    "Invoices, labelled",
    "Injection attempts",
    "Quarterly feedback",
];
pub(super) const SOURCES: [&str; 6] = [
    "Help center",
    "Policy library",
    "Release notes",
    "Contract archive",
    "Order database",
    "Wiki",
];
pub(super) const POLICIES: [&str; 6] = [
    "Refunds above 500 need approval",
    "No customer data in exports",
    "Deployments need a review",
    "API keys expire after 90 days",
    "Agents may not delete datasets",
    "Office networks only for administrators",
];
pub(super) const EVALUATIONS: [&str; 6] = [
    "Answer accuracy, weekly",
    "Refund policy regression",
    "Citation quality",
    "Injection red team",
    "Claims extraction F1",
    "Tone and helpfulness",
];
pub(super) const SCORES: [&str; 5] = [
    "Accuracy",
    "Groundedness",
    "Helpfulness",
    "Safety",
    "Latency",
];
pub(super) const EXPERIMENTS: [&str; 5] = [
    "Shorter answers",
    "Mini instead of large",
    "Few-shot refunds",
    "Lower temperature",
    "Structured output",
];
pub(super) const ENTITIES: [&str; 6] = [
    "Order", "Customer", "Claim", "Invoice", "Shipment", "Contract",
];
pub(super) const CONVERSATIONS: [&str; 4] =
    ["Web chat", "Voice", "Mail replies", "In-app assistant"];
pub(super) const SCRIPTS: [&str; 6] = [
    "normalize_address",
    "vat_check",
    "dedupe_tickets",
    "mask_iban",
    "route_by_language",
    "score_lead",
];
pub(super) const APPS: [&str; 5] = [
    "Helpdesk widget",
    "Mobile app",
    "Claims portal",
    "Reporting",
    "Partner gateway",
];
/// Name and type of each node of a workflow.
pub(super) const NODES: [(&str, &str); 6] = [
    ("Read the scan", "ocr"),
    ("Look up the customer", "integration"),
    ("Decide", "script"),
    ("Write to the CRM", "integration"),
    ("Notify the team", "integration"),
    ("Normalize fields", "script"),
];
pub(super) const CONNECTIONS: [&str; 4] = [
    "crm-production",
    "mail-eu",
    "document-intelligence-eu",
    "storage-archive",
];
pub(super) const HARDWARE: [&str; 4] = ["gpu-l4", "gpu-a100", "gpu-h200", "cpu-16"];

/// Models of those kinds alone answer questions; the others read scans, sort, or turn texts into numbers.
pub(super) const CHAT_MODELS: [usize; 4] = [0, 1, 2, 6];
/// The model that reads scans.
pub(super) const SCAN_MODEL: usize = 5;

/// The key that a tool has for itself.
pub(super) fn key_of(tool: &Party) -> Party {
    let name = format!("{} (tool)", tool.name);
    Party::new("api_key", format!("key_{}", tool.id), name)
}

/// One of a few.
pub(super) fn one_of<T: Copy>(these: &[T], random: &mut Random) -> T {
    these[random.below(these.len() as u64) as usize]
}

/// One of the agents; sub-agents are among them.
pub(super) fn any_agent(random: &mut Random) -> &'static Agent {
    &AGENTS[random.below(AGENTS.len() as u64) as usize]
}

/// One of the projects.
pub(super) fn any_project(random: &mut Random) -> &'static Project {
    &PROJECTS[random.below(PROJECTS.len() as u64) as usize]
}

/// A name as a part of an id: `Refund ceiling` is `refund_ceiling`.
pub(super) fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("_").to_lowercase()
}

/// The projects of a kind.
pub(super) fn of_kind(kind: Kind, random: &mut Random) -> &'static Project {
    let many = PROJECTS.iter().filter(|project| project.kind == kind);
    let chosen = random.below(many.count() as u64) as usize;
    let mut these = PROJECTS.iter().filter(|project| project.kind == kind);
    these.nth(chosen).unwrap_or(&PROJECTS[0])
}
