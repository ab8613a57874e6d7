//! The three views that everybody has, with the columns and ranges of the products that people know.

use crate::control::{ViewDefinition, ViewRange, ViewSort};

/// A view that everybody has and nobody changes.
pub(super) struct BuiltIn {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    columns: &'static [&'static str],
    range: &'static str,
    /// The pattern that an empty box for actions stands for while the whole organization is looked at.
    pub(super) default_pattern: Option<&'static str>,
}

/// All of them, in the order in which they are offered.
pub(super) const BUILT_IN: [BuiltIn; 3] = [
    BuiltIn {
        id: "view_dashboard",
        name: "Dashboard",
        columns: &["event", "category", "user", "occurred_at", "description"],
        range: "last_30_days",
        default_pattern: None,
    },
    BuiltIn {
        id: "view_change_history",
        name: "Change history",
        columns: &[
            "occurred_at",
            "action",
            "target.type",
            "target.id",
            "actor.id",
        ],
        range: "last_30_days",
        default_pattern: Some("organisation.*"),
    },
    BuiltIn {
        id: "view_security",
        name: "Security",
        columns: &[
            "occurred_at",
            "event_type",
            "actor.email",
            "description",
            "result",
        ],
        range: "last_24_hours",
        default_pattern: None,
    },
];

impl BuiltIn {
    /// The one of an id.
    pub(super) fn find(id: &str) -> Option<&'static Self> {
        BUILT_IN.iter().find(|view| view.id == id)
    }

    /// What it shows.
    pub(super) fn definition(&self) -> ViewDefinition {
        let columns = self.columns.iter().map(|column| (*column).to_owned());
        ViewDefinition {
            columns: columns.collect(),
            query: std::collections::BTreeMap::new(),
            range: Some(ViewRange::Named(self.range.to_owned())),
            tz: None,
            sort: ViewSort::Desc,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use evident_event::query::{Column, Query, Scope};
    use evident_event::time::Timestamp;

    use super::super::document::parameters;
    use super::*;

    #[test]
    fn what_everybody_has_is_understood_by_the_parser() {
        for view in &BUILT_IN {
            let definition = view.definition();
            for column in &definition.columns {
                Column::parse("columns", column).unwrap();
            }
            let asked = parameters(&definition);
            let pattern = view.default_pattern.map(|pattern| ("action", pattern));
            let asked = asked.into_iter().chain(pattern);
            let now = Timestamp::from_micros(0);
            let (query, _) =
                Query::parse(Scope::organization("org_1"), asked, now, &|_| None).unwrap();
            assert!(query.range().is_some());
        }
    }
}
