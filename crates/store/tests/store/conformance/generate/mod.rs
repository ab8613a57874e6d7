//! Random logs and random questions about them.
//!
//! Both draw from one small vocabulary, which is a part of what stands here, so that questions find
//! something: texts in other cases, with spaces, dots, colons, quotes and backslashes, and in other
//! scripts.

pub mod asks;
pub mod events;
pub mod limits;

use proptest::prelude::*;
use proptest::sample::subsequence;

/// What the events of one log, and the questions about it, are made of.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    pub texts: Vec<&'static str>,
    pub ids: Vec<&'static str>,
    pub keys: Vec<&'static str>,
}

impl Vocabulary {
    pub fn any() -> impl Strategy<Value = Self> {
        let texts = subsequence(TEXTS, 3..=6);
        let ids = subsequence(IDS, 2..=3);
        let keys = subsequence(KEYS, 1..=3);
        (texts, ids, keys).prop_map(|(texts, ids, keys)| Self { texts, ids, keys })
    }
}

/// What people write: names, descriptions, values of metadata.
pub const TEXTS: &[&str] = &[
    "",
    "Ada Obi",
    "ada obi",
    "ADA",
    "Straße 7",
    "STRASSE 7",
    "ß",
    "Σίσυφος",
    "ΣΊΣΥΦΟΣ",
    "cafe\u{301}",
    "caf\u{e9}",
    "日本語 検索",
    "日本",
    "🎉 party",
    "a.b:c\\d",
    "under_score-d",
    "x*y",
    "say \"hi\" \\",
    "ſay",
    "ﬁne",
    "İzmir",
    "ızmir",
    " spaced  out ",
    "null",
    "true",
    "5",
    "0.5",
    "other",
    "missing",
];
/// Ids, which are never empty.
pub const IDS: &[&str] = &["u1", "U1", "Ada Obi", "straße", "usr:9", "日本", "x.y\\z"];
pub const EMAILS: &[&str] = &[
    "",
    "ada@example.com",
    "ADA@Example.com",
    "ADA OBI",
    "bo@straße.example",
];
/// Keys of metadata. The empty one can be sent, and not asked for.
pub const KEYS: &[&str] = &[
    "k", "K", "l", "a.b", "a:b", "a\\b", "sp ace", "q\"uote", "名", "e\u{301}",
];
/// Actions, some of the catalog and some not.
pub const ACTIONS: &[&str] = &[
    "role.updated",
    "role.created",
    "user.login",
    "guardrail.created",
    "kite.flown",
    "kite.flown_off",
    "my.role.created",
    "audit_log.read",
];
pub const PROJECTS: &[&str] = &["prj_1", "prj_2", "PRJ_1"];
pub const RESULTS: &[&str] = &["success", "failed", "denied"];
pub const ATTEMPTS: &[&str] = &["a", "b", "A"];
pub const IPS: &[&str] = &["203.0.113.7", "2001:db8::7"];
/// Instants long ago. They are rare, since a histogram that reaches back to them has many buckets.
pub const OLD_INSTANTS: &[&str] = &["0001-01-01T00:00:00.000001Z", "1969-12-31T23:59:59.999999Z"];
/// Instants that have neighbours: midnights of UTC and of Kolkata, the ends of weeks and months,
/// now, and one to come.
pub const INSTANTS: &[&str] = &[
    "2025-01-01T00:00:00.000000Z",
    "2025-12-31T18:30:00.000000Z",
    "2026-01-15T00:00:00.000000Z",
    "2026-01-31T18:30:00.000000Z",
    "2026-02-01T00:00:00.000000Z",
    "2026-02-07T18:30:00.000000Z",
    "2026-02-08T18:30:00.000000Z",
    "2026-02-09T00:00:00.000000Z",
    "2026-02-12T10:28:22.000000Z",
    "2026-02-12T18:30:00.000000Z",
    "2026-02-13T00:00:00.000000Z",
    "2026-02-13T10:28:22.000000Z",
    "2026-02-14T00:00:00.000000Z",
];

/// The same text, or all of it in upper or in lower case.
pub fn in_any_case(text: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    let text = (text, 0..4).prop_map(|(text, case)| match case {
        0 => text.to_uppercase(),
        1 => text.to_lowercase(),
        _ => text,
    });
    text.boxed()
}
