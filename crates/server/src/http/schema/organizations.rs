//! Organizations.

use utoipa::ToSchema;

/// What is to be set; the rest stays.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationChange {
    /// The name: one line of text, without white space around it.
    #[schema(
        max_length = 255,
        nullable = false,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: Option<String>,
    /// Whether events with unknown actions, or without metadata that the catalog requires, are
    /// refused.
    #[schema(nullable = false)]
    strict: Option<bool>,
    /// What the organization says itself about its secrets, all of it.
    #[schema(nullable = false)]
    redaction: Option<NewRedactionRules>,
    /// Who may read the log.
    #[schema(nullable = false)]
    log: Option<LogChange>,
    /// Whether it is archived. In an organization that is, nothing else is set than its name together with
    /// `false`.
    #[schema(nullable = false)]
    archived: Option<bool>,
}

/// An organization that is to be made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrganization {
    /// Its name: one line of text, without white space around it.
    #[schema(
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: String,
}

/// A person who is to be an owner of the instance: `user_id` or `email`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "grace@example.com"}))]
pub(crate) struct NewOwner {
    /// The person's id.
    #[schema(nullable = false, max_length = 255)]
    user_id: Option<String>,
    /// The person's address.
    #[schema(nullable = false, max_length = 255)]
    email: Option<String>,
}

/// What is to be set of the log; the rest stays.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogChange {
    /// Whether anybody may read the log's checkpoints, tiles and entries under `/log`, without a key.
    /// They show how many events there are, when they came and their ids, and nothing else of them.
    #[schema(nullable = false)]
    public: Option<bool>,
}

/// What an organization says itself about its secrets: a list that is left out is empty.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"names": ["pin"], "exceptions": ["request.body.user.token"]}))]
pub(crate) struct NewRedactionRules {
    /// Further names of keys whose values are secret.
    #[schema(max_items = 256, nullable = false, value_type = Option<Vec<KeyName>>)]
    names: Option<Vec<String>>,
    /// Names of keys, or dotted paths from the top of the event, whose values are not secret by
    /// their name. A path begins with `actor`, `changes`, `metadata`, `on_behalf_of`, `request` or
    /// `targets` and has at most 64 keys; `\.` is a dot within a key.
    #[schema(max_items = 256, nullable = false, value_type = Option<Vec<KeyName>>)]
    exceptions: Option<Vec<String>>,
}

/// What an organization says itself about its secrets.
#[derive(ToSchema)]
#[schema(example = json!({"names": ["pin"], "exceptions": ["request.body.user.token"]}))]
pub(crate) struct RedactionRules {
    /// Further names of keys whose values are secret.
    #[schema(max_items = 256)]
    names: Vec<String>,
    /// Names of keys, or dotted paths, whose values are not secret by their name.
    #[schema(max_items = 256)]
    exceptions: Vec<String>,
}

/// The name of a key, in which case, `-`, `_` and spaces do not count, or the path to one.
#[derive(ToSchema)]
#[schema(max_length = 256, pattern = "[^-_ ]")]
pub(crate) struct KeyName(String);
