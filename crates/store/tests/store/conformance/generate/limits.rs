//! Random limits of callers, and what they may ask.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{PROJECTS, Vocabulary};
use crate::conformance::model::ask::Ask;
use crate::conformance::model::limits::Limits;

/// Of those who ask, some may see everything.
pub fn limits(words: &Vocabulary) -> impl Strategy<Value = Limits> + use<> {
    prop_oneof![
        3 => Just(Limits::default()),
        1 => vec(project(), 0..3).prop_map(|projects| Limits {
            projects: Some(projects),
            ..Limits::default()
        }),
        1 => narrow(words),
    ]
}

/// Limits of all kinds. Of two actors nothing can be seen.
pub fn narrow(words: &Vocabulary) -> impl Strategy<Value = Limits> + use<> {
    let ids = || select(words.ids.clone()).prop_map(str::to_owned);
    let parts = (
        option::of(prop_oneof![
            1 => Just(Vec::new()),
            9 => vec(project(), 1..4),
        ]),
        prop_oneof![4 => Just(Vec::new()), 8 => vec(ids(), 1), 1 => vec(ids(), 2)],
        prop_oneof![4 => Just(Vec::new()), 4 => vec(ids(), 1), 1 => vec(ids(), 2)],
    );
    parts.prop_map(|(projects, actors, targets)| Limits {
        projects,
        actors,
        targets,
    })
}

fn project() -> impl Strategy<Value = String> {
    select(PROJECTS).prop_map(str::to_owned)
}

/// The question as a caller within these limits may ask it: about a project of its own.
pub fn within(ask: &Ask, limits: &Limits) -> Ask {
    let mut ask = ask.clone();
    if let (Some(_), Some(projects)) = (&ask.project_id, &limits.projects) {
        ask.project_id = projects.first().cloned();
    }
    ask
}
