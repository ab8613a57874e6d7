//! Laws that hold for every scope: it hides the same however it is asked, and limits only narrow.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Few, so that events and limits meet; some differ by case or by what they begin with alone.
const IDS: &[&str] = &["a", "b", "A", "ab", "", "1", "true"];
const ORGANIZATIONS: &[&str] = &["org_1", "org_2"];

/// A limit beside that of projects.
#[derive(Debug, Clone)]
enum Further {
    Actor(&'static str),
    Target(&'static str),
}

/// What scopes are made of.
#[derive(Debug, Clone)]
struct Limits {
    organization_id: &'static str,
    project_ids: Option<Vec<&'static str>>,
    further: Vec<Further>,
}

fn further() -> impl Strategy<Value = Further> {
    let id = || select(IDS);
    prop_oneof![
        id().prop_map(Further::Actor),
        id().prop_map(Further::Target)
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    let project_ids = option::of(vec(select(IDS), 0..4));
    let organization_id = prop_oneof![9 => Just("org_1"), 1 => select(ORGANIZATIONS)];
    (organization_id, project_ids, vec(further(), 0..3)).prop_map(
        |(organization_id, project_ids, further)| Limits {
            organization_id,
            project_ids,
            further,
        },
    )
}

impl Further {
    fn narrowed(&self, scope: Scope) -> Scope {
        match *self {
            Self::Actor(id) => scope.only_actor(id),
            Self::Target(id) => scope.only_target(id),
        }
    }
}

impl Limits {
    fn scope(&self) -> Scope {
        let scope = match &self.project_ids {
            None => Scope::organization(self.organization_id),
            Some(ids) => Scope::projects(self.organization_id, ids.iter().copied()).unwrap(),
        };
        let further = self.further.iter();
        further.fold(scope, |scope, limit| limit.narrowed(scope))
    }

    /// The meaning of a scope once more, of an event that is well formed.
    fn show(&self, event: &serde_json::Value) -> bool {
        let is = |value: &serde_json::Value, id: &str| value.as_str() == Some(id);
        let targets = || event["targets"].as_array().into_iter().flatten();
        let by = |limit: &Further| match *limit {
            Further::Actor(id) => is(&event["actor"]["id"], id),
            Further::Target(id) => targets().any(|target| is(&target["id"], id)),
        };
        let project = |ids: &Vec<&str>| ids.iter().any(|id| is(&event["project_id"], id));
        is(&event["organization_id"], self.organization_id)
            && self.project_ids.as_ref().is_none_or(project)
            && self.further.iter().all(by)
    }
}

/// An event as it is kept.
fn event() -> impl Strategy<Value = serde_json::Value> {
    let parts = (
        prop_oneof![9 => Just("org_1"), 1 => select(ORGANIZATIONS)],
        option::weighted(0.8, select(IDS)),
        select(IDS),
        option::of(vec(select(IDS), 0..3)),
    );
    parts.prop_map(|(organization_id, project_id, actor_id, target_ids)| {
        let mut event = serde_json::json!({
            "action": "a.b",
            "actor": {"type": "user", "id": actor_id},
            "organization_id": organization_id,
            "on_behalf_of": [{"type": "user", "id": "b"}],
        });
        if let Some(project_id) = project_id {
            event["project_id"] = project_id.into();
        }
        if let Some(ids) = target_ids {
            let target = |id| serde_json::json!({"type": "tool", "id": id});
            event["targets"] = ids.into_iter().map(target).collect();
        }
        event
    })
}

/// What no door lets in, but an index must not take for something else than the rest does.
fn crooked() -> impl Strategy<Value = String> {
    let scalar = select(&["\"a\"", "\"b\"", "1", "true", "null", "\"\""][..]);
    let value = prop_oneof![
        3 => scalar.clone().prop_map(str::to_owned),
        1 => vec(scalar.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
        1 => scalar.clone().prop_map(|id| format!(r#"{{"id":{id}}}"#)),
        1 => vec(scalar, 0..3).prop_map(|ids| {
            let items: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":[{id}]}}"#)).collect();
            format!("[{}]", items.join(","))
        }),
    ];
    vec(value, 3).prop_map(|values| {
        format!(
            r#"{{"organization_id":"org_1","project_id":{},"actor":{},"targets":{}}}"#,
            values[0], values[1], values[2]
        )
    })
}

fn holds(condition: &Condition, event: &Json<'_>) -> bool {
    condition.holds(&Candidate {
        event,
        index: 0,
        has_outcome: false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_scope_shows_what_its_limits_say(event in event(), limits in limits()) {
        let text = event.to_string();
        prop_assert_eq!(limits.scope().allows(&json(&text)), limits.show(&event));
    }

    #[test]
    fn the_condition_of_a_scope_holds_where_the_scope_allows(
        event in prop_oneof![event().prop_map(|event| event.to_string()), crooked()],
        limits in limits(),
    ) {
        let event = json(&event);
        let scope = limits.scope();
        let is_own = event.get("organization_id").and_then(Json::as_str)
            == Some(scope.organization_id());
        prop_assert_eq!(
            scope.allows(&event),
            is_own && holds(Query::everything(scope.clone()).condition(), &event)
        );
    }

    #[test]
    fn no_question_finds_what_its_scope_hides(
        event in event(),
        limits in limits(),
        asked in option::of(select(IDS)),
        filters in vec(
            (select(&["project_id", "actor.id", "target.id"][..]), any::<bool>(), select(IDS)),
            0..3,
        ),
        any in any::<bool>(),
    ) {
        let mut parameters: Vec<(&str, String)> = Vec::new();
        parameters.extend(asked.map(|id| ("project_id", id.to_owned())));
        for (field, is, value) in filters {
            let operator = if is { "is" } else { "is_not" };
            parameters.push(("filter", format!("{field}:{operator}:{value}")));
        }
        if any {
            parameters.push(("match", "any".to_owned()));
        }
        let text = event.to_string();
        let parsed = Query::parse(limits.scope(), parameters, now(), &aliases);
        if let Ok((query, _)) = parsed {
            let event = json(&text);
            prop_assert!(!matches(&query, &event, 0) || limits.scope().allows(&event));
            // An index has the condition alone, of the organization's own events.
            let organization_id = event.get("organization_id").and_then(Json::as_str);
            let is_own = organization_id == Some(limits.organization_id);
            prop_assert!(
                !is_own || !holds(query.condition(), &event) || limits.scope().allows(&event)
            );
        }
    }

    #[test]
    fn a_further_limit_only_narrows(event in event(), limits in limits(), further in further()) {
        let text = event.to_string();
        let event = json(&text);
        let narrower = further.narrowed(limits.scope());
        prop_assert!(!narrower.allows(&event) || limits.scope().allows(&event));
        let alone = further.narrowed(Scope::organization(limits.organization_id));
        prop_assert!(!narrower.allows(&event) || alone.allows(&event));
    }

    #[test]
    fn scopes_have_one_fingerprint_only_if_they_are_one(a in limits(), b in limits()) {
        let (a, b) = (a.scope(), b.scope());
        let is_same = a == b;
        let prints = [a, b].map(|scope| Query::everything(scope).fingerprint());
        prop_assert_eq!(prints[0] == prints[1], is_same);
    }
}
