//! API keys and viewer tokens.

use utoipa::ToSchema;

/// What a key is for.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum KeyKind {
    Ingest,
    Read,
    Admin,
}

/// A key to be made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Build server", "kind": "ingest", "expires_in_days": 90, "allowed_addresses": ["192.0.2.0/24"]}))]
pub(crate) struct NewApiKey {
    /// The name: one line of text, without white space around it.
    #[schema(
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: String,
    /// What it is for.
    kind: KeyKind,
    /// The only project that it may touch.
    #[schema(
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    project_id: Option<String>,
    /// When it stops working. Not together with `expires_in_days`.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// In how many days it stops working. Without either it does not expire.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<u16>,
    /// The addresses, and networks in CIDR notation, that it may be used from; empty: from anywhere.
    #[schema(max_items = 50)]
    allowed_addresses: Option<Vec<String>>,
}

/// What is to be set of a key; the rest stays.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyChange {
    /// The name: one line of text, without white space around it.
    #[schema(
        max_length = 255,
        nullable = false,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: Option<String>,
    /// When it stops working; null: it does not expire.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// The addresses and networks that it may be used from, all of them; empty: from anywhere.
    #[schema(max_items = 50, nullable = false)]
    allowed_addresses: Option<Vec<String>>,
}

/// How a key is to be replaced.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overlap_hours": 24}))]
pub(crate) struct ApiKeyRotation {
    /// For how many hours the old key works on; 24 by default.
    #[schema(minimum = 0, maximum = 720)]
    overlap_hours: Option<u16>,
    /// When the new key stops working; when the old one would have by default.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// In how many days the new key stops working. Not together with `expires_at`.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<u16>,
}

/// An issuer of viewer tokens to be made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Customer portal", "origins": ["https://portal.example.com"]}))]
pub(crate) struct NewViewerIssuer {
    /// The name: one line of text, without white space around it.
    #[schema(
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: String,
    /// The origins whose pages may use its tokens; empty: no page may.
    #[schema(max_items = 20, nullable = false)]
    origins: Option<Vec<String>>,
}

/// What is to be set of an issuer; the rest stays.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ViewerIssuerChange {
    /// The name: one line of text, without white space around it.
    #[schema(
        max_length = 255,
        nullable = false,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: Option<String>,
    /// The origins whose pages may use its tokens, all of them.
    #[schema(max_items = 20, nullable = false)]
    origins: Option<Vec<String>>,
}

/// A viewer token to be made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"issuer_id": "vis_0198c5f07c1e7a3b9f523d1e5a6b7c8d", "target_id": "customer_7", "expires_in_seconds": 900}))]
pub(crate) struct NewViewerToken {
    /// Its issuer, `vis_…`.
    #[schema(
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    issuer_id: String,
    /// For how many seconds it works; 900 by default.
    #[schema(minimum = 1, maximum = 86_400)]
    expires_in_seconds: Option<u32>,
    /// It shows events of this project only.
    #[schema(
        max_length = 255,
        nullable = false,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    project_id: Option<String>,
    /// It shows what this actor did only.
    #[schema(
        max_length = 255,
        nullable = false,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    actor_id: Option<String>,
    /// It shows what was done to this target only.
    #[schema(
        max_length = 255,
        nullable = false,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    target_id: Option<String>,
}
