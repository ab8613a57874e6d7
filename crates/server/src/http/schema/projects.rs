//! Projects.

use utoipa::ToSchema;

/// What a project stands for.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum ProjectKind {
    /// Anything.
    Project,
    /// A tool.
    Tool,
    /// A workflow.
    Workflow,
    /// An agent.
    Agent,
}

/// A project that is to be made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"id": "support-bot", "name": "Support bot", "kind": "agent"}))]
pub(crate) struct NewProject {
    /// Its id, such as the platform has it; one is made if it is left out.
    #[schema(
        nullable = false,
        max_length = 128,
        pattern = r"^[A-Za-z0-9._:-]*[A-Za-z0-9_:-][A-Za-z0-9._:-]*$"
    )]
    id: Option<String>,
    /// Its name: one line of text, without white space around it.
    #[schema(
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: String,
    /// What it stands for; `project` by default.
    #[schema(nullable = false)]
    kind: Option<ProjectKind>,
}

/// What is to be set of a project; the rest stays.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectChange {
    /// The name: one line of text, without white space around it.
    #[schema(
        max_length = 255,
        nullable = false,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: Option<String>,
    /// Whether it is archived. Of a project that is, nothing else is set than its name together with `false`.
    #[schema(nullable = false)]
    archived: Option<bool>,
}
