//! The words that parameters take, and what is no JSON.

use utoipa::ToSchema;

/// How the filters join.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Join {
    All,
    Any,
}

/// The order by `occurred_at`, then by index.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    Desc,
    Asc,
}

/// The day that weeks begin on.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WeekStart {
    Monday,
    Sunday,
}

/// A range of time in words.
#[derive(ToSchema)]
pub(crate) enum Range {
    #[serde(rename = "all_time")]
    AllTime,
    #[serde(rename = "today")]
    Today,
    #[serde(rename = "yesterday")]
    Yesterday,
    #[serde(rename = "this_week")]
    ThisWeek,
    #[serde(rename = "this_month")]
    ThisMonth,
    #[serde(rename = "last_month")]
    LastMonth,
    #[serde(rename = "last_24_hours")]
    Last24Hours,
    #[serde(rename = "last_7_days")]
    Last7Days,
    #[serde(rename = "last_30_days")]
    Last30Days,
    #[serde(rename = "last_90_days")]
    Last90Days,
    #[serde(rename = "this_year")]
    ThisYear,
    #[serde(rename = "last_year")]
    LastYear,
}

/// Which attempts.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Attempt {
    Open,
}

/// Whether Evident's own records of reading the log are in the answer.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reads {
    Exclude,
    Include,
}

/// Bytes as they are.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct Bytes(Vec<u8>);

/// What an answer waits for.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AwaitedUntil {
    Checkpoint,
}

/// How long buckets are.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BucketInterval {
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

/// How long buckets are to be.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AskedInterval {
    Auto,
    Minute,
    Hour,
    Day,
    Week,
    Month,
}
