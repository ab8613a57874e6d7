//! The cutoffs are held to what rules promise, by events of every age.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::control::RetentionRule;

const DAY_SECONDS: i64 = 86_400;

fn rule(keep: Keep) -> RetentionRule {
    RetentionRule {
        keep,
        updated_at: Timestamp::from_micros(0),
    }
}

fn keeps() -> impl Strategy<Value = Keep> {
    prop_oneof![
        Just(Keep::Forever),
        (1..=MAX_DAYS).prop_map(Keep::Days),
        (1_u32..4).prop_map(Keep::Days),
    ]
}

fn all_rules() -> impl Strategy<Value = RetentionRules> {
    let projects = btree_map("[a-d]", keeps().prop_map(rule), 0..4);
    let organization = option::of(keeps().prop_map(rule));
    (organization, projects).prop_map(|(organization, projects)| RetentionRules {
        organization,
        projects,
    })
}

/// Instants from 1970 to about 2200, in microseconds.
fn instants() -> impl Strategy<Value = i64> {
    0_i64..7_258_118_400_000_000
}

/// Whether the store removes an event, as its interface says.
fn goes(expiry: Option<&Expiry>, project_id: Option<&str>, received: Timestamp) -> bool {
    let Some(expiry) = expiry else { return false };
    let own = project_id.and_then(|id| expiry.projects.get(id));
    own.unwrap_or(&expiry.default)
        .is_some_and(|cutoff| received < cutoff)
}

/// The rule that a person would name.
fn promised(rules: &RetentionRules, default: Keep, project_id: Option<&str>) -> Keep {
    if let Some(own) = project_id.and_then(|id| rules.projects.get(id)) {
        return own.keep;
    }
    match rules.organization {
        Some(own) => own.keep,
        None => default,
    }
}

proptest! {
    #[test]
    fn an_event_stays_as_long_as_promised_and_less_than_a_day_longer(
        rules in all_rules(),
        default in keeps(),
        now in instants(),
        project in option::of("[a-e]"),
        age_seconds in 0_i64..(DAY_SECONDS * 40_000),
        near_days in option::of(0_u32..5),
    ) {
        let now = Timestamp::from_micros(now);
        // Often near the edge, where mistakes are.
        let age_seconds = match near_days {
            Some(days) => i64::from(days) * DAY_SECONDS + age_seconds % DAY_SECONDS,
            None => age_seconds,
        };
        let received = now.checked_add(-age_seconds * 1_000_000).unwrap_or(Timestamp::MIN);
        let project = project.as_deref();
        let expiry = expiry("org_1", &rules, default, now);
        let gone = goes(expiry.as_ref(), project, received);
        match promised(&rules, default, project) {
            Keep::Forever => prop_assert!(!gone),
            Keep::Days(days) => {
                let age = now.as_micros() - received.as_micros();
                let promised = i64::from(days) * DAY_SECONDS * 1_000_000;
                if age <= promised {
                    prop_assert!(!gone, "{age} of {promised}");
                }
                if age >= promised + DAY_SECONDS * 1_000_000 {
                    prop_assert!(gone, "{age} of {promised}");
                }
            }
        }
    }

    #[test]
    fn all_runs_of_a_day_come_to_the_same(
        rules in all_rules(), default in keeps(), now in instants(), later in 0_i64..DAY_SECONDS,
    ) {
        let midnight = day_of(Timestamp::from_micros(now));
        let later = midnight.checked_add(later * 1_000_000).unwrap();
        prop_assert_eq!(day_of(later), midnight);
        prop_assert_eq!(
            expiry("org_1", &rules, default, later),
            expiry("org_1", &rules, default, midnight)
        );
        let next = day_after(later);
        prop_assert_eq!(next.as_micros() - midnight.as_micros(), DAY_SECONDS * 1_000_000);
    }

    #[test]
    fn nothing_is_asked_of_the_store_where_all_is_kept(now in instants(), count in 0_usize..3) {
        let projects = (0..count).map(|at| (at.to_string(), rule(Keep::Forever)));
        let rules = RetentionRules { organization: None, projects: projects.collect() };
        let now = Timestamp::from_micros(now);
        prop_assert_eq!(expiry("org_1", &rules, Keep::Forever, now), None);
        let days = expiry("org_1", &rules, Keep::Days(1), now).unwrap();
        prop_assert!(days.default.is_some() && days.projects.values().all(Option::is_none));
    }

    #[test]
    fn a_policy_says_what_the_store_is_told(
        rules in all_rules(), default in keeps(), now in instants(),
    ) {
        let now = Timestamp::from_micros(now);
        let policy = policy(&rules, default, now);
        if let Some(expiry) = expiry("org_1", &rules, default, now) {
            let text = |cutoff: Option<Timestamp>| cutoff.map(|cutoff| cutoff.to_string());
            prop_assert_eq!(&policy.cutoff, &text(expiry.default));
            for (id, cutoff) in expiry.projects {
                prop_assert_eq!(&policy.projects[&id].cutoff, &text(cutoff));
                prop_assert_eq!(policy.projects[&id].days, rules.projects[&id].keep.days());
            }
        }
        prop_assert_eq!(policy.days, in_force(&rules, default).days());
    }
}

#[test]
fn a_project_follows_the_organization_and_that_the_default() {
    let mut rules = RetentionRules::default();
    let default = Keep::Days(30);
    assert_eq!(in_force(&rules, default), default);
    assert_eq!(in_force_in(&rules, default, "a"), default);
    rules.organization = Some(rule(Keep::Forever));
    assert_eq!(in_force_in(&rules, default, "a"), Keep::Forever);
    rules.projects.insert("a".to_owned(), rule(Keep::Days(7)));
    assert_eq!(in_force_in(&rules, default, "a"), Keep::Days(7));
    assert_eq!(in_force_in(&rules, default, "b"), Keep::Forever);
}

#[test]
fn the_cutoff_is_a_midnight_so_many_days_before_the_last_one() {
    let now = Timestamp::parse_rfc3339("2026-03-01T23:59:59.999999Z").unwrap();
    let cutoff = cutoff(Keep::Days(1), now).unwrap();
    assert_eq!(cutoff.to_string(), "2026-02-28T00:00:00.000000Z");
    assert_eq!(super::cutoff(Keep::Forever, now), None);
    // Before 1970 as well: a day does not begin after its instants.
    let early = Timestamp::from_micros(-1);
    assert_eq!(day_of(early).as_micros(), -DAY_SECONDS * 1_000_000);
    let first = super::cutoff(Keep::Days(MAX_DAYS), Timestamp::MIN);
    assert_eq!(
        first,
        Some(Timestamp::MIN),
        "no further back than there are days"
    );
}

#[test]
fn a_policy_lists_no_more_projects_than_an_event_holds() {
    let projects = (0..120).map(|at| (format!("p{at:03}"), rule(Keep::Days(5))));
    let rules = RetentionRules {
        organization: None,
        projects: projects.collect(),
    };
    let policy = policy(&rules, Keep::Forever, Timestamp::from_micros(0));
    assert_eq!(policy.projects.len(), MAX_LISTED_PROJECTS);
    assert_eq!(policy.further_projects, 70);
    assert!(policy.projects.contains_key("p000"));
}

#[test]
fn a_shifted_clock_ends_where_time_does() {
    let now = Timestamp::from_micros(0);
    assert_eq!(shifted(now, 2).as_micros(), 2 * DAY_SECONDS * 1_000_000);
    assert_eq!(shifted(now, i64::MAX), Timestamp::MAX);
    assert_eq!(shifted(now, i64::MIN), Timestamp::MIN);
}
