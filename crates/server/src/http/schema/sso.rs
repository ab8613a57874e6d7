//! Single sign-on.

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// A group of the provider's, and the role that it gives.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupRole {
    /// The group, exactly as the provider writes it.
    #[schema(
        max_length = 512,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    pub(crate) group: String,
    /// The id of a role that is for the organization as a whole.
    #[schema(
        max_length = 512,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    pub(crate) role: String,
}

/// An organization's provider, all of it. What is left out is as by default, but for the secret, which stays.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "issuer": "https://login.acme.example/realm",
    "client_id": "evident",
    "client_secret": null,
    "domains": ["acme.example"],
    "group_roles": [{"group": "audit", "role": "auditor"}],
}))]
pub(crate) struct SsoChange {
    /// The provider's issuer, exactly as it names itself.
    #[schema(
        max_length = 1024,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    issuer: String,
    /// The id that this server has there.
    #[schema(
        max_length = 512,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    client_id: String,
    /// The secret that it has there; null for a client without one. Left out, it stays as it is, which it can only
    /// while issuer and client stay.
    #[schema(
        max_length = 512,
        required = false,
        write_only = true,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    client_secret: Option<String>,
    /// The domains of e-mail addresses that are let in.
    #[schema(min_items = 1, max_items = 100)]
    domains: Vec<String>,
    /// The claim that lists a person's groups; `groups` by default.
    #[schema(
        max_length = 512,
        nullable = false,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    groups_claim: Option<String>,
    /// What is asked for beside `openid`; `email` and `profile` by default.
    #[schema(max_items = 20, nullable = false)]
    scopes: Option<Vec<String>>,
    /// The roles that groups give: the first group in this order that a person is in counts.
    #[schema(max_items = 500, nullable = false)]
    group_roles: Option<Vec<GroupRole>>,
    /// Whether those who are in none of the groups are kept out; false by default.
    #[schema(nullable = false)]
    require_group: Option<bool>,
    /// Whether anybody is let in; true by default.
    #[schema(nullable = false)]
    enabled: Option<bool>,
}

/// Which organization is meant.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichOrganization {
    /// The organization, for people who belong to several.
    #[param(required = false)]
    organization_id: Option<String>,
}
