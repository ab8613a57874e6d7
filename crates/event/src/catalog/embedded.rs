//! The files that are compiled in, in the order in which the catalog lists them.
//!
//! A test reads the folder and fails when a file is missing here.

/// Files of the catalog, by their names in the `catalog/` folder.
macro_rules! sources {
    ($($file:literal),* $(,)?) => {
        &[$(($file, include_str!(concat!("../../../../catalog/", $file)))),*]
    };
}

/// Every file of the catalog: name and text.
pub(super) const SOURCES: &[(&str, &str)] = sources![
    "version.toml",
    "login-logout.toml",
    "roles.toml",
    "users-management.toml",
    "user-management.toml",
    "workspace.toml",
    "settings.toml",
    "approvals.toml",
    "instance-owners.toml",
    "organization.toml",
    "projects.toml",
    "project-members.toml",
    "project-roles.toml",
    "retention.toml",
    "app-api-keys.toml",
    "api-apps.toml",
    "security.toml",
    "audit-log.toml",
    "opa-policies.toml",
    "guardrails.toml",
    "integrations.toml",
    "models.toml",
    "model-configurations.toml",
    "conversation-configurations.toml",
    "agents.toml",
    "tools.toml",
    "tools-integration-node.toml",
    "tool-management.toml",
    "workflows.toml",
    "workflows-integration-node.toml",
    "workflow-management.toml",
    "script.toml",
    "manage-custom-scripts.toml",
    "ocr.toml",
    "prompts.toml",
    "dataset.toml",
    "data-sources.toml",
    "entities.toml",
    "playground.toml",
    "evaluations.toml",
    "scores.toml",
    "system.toml",
];
