//! What `is` and `is_not` mean.

use super::*;

#[test]
fn a_filter_is_split_at_the_first_two_colons() {
    assert!(passes("context.ip:is:2001:db8::7"));
    assert!(passes("description:is:Created guardrail for agent: now"));
    assert!(passes("metadata.empty:is:"));
    for (text, code) in [
        ("", "bad_filter"),
        ("action", "bad_filter"),
        ("action:is", "bad_filter"),
        (r"action\:is:x", "bad_filter"),
        ("action::x", "bad_operator"),
        (":is:x", "bad_field"),
    ] {
        assert_eq!(refused(&[("filter", text)]).code, code, "{text}");
    }
    assert_eq!(
        refused(&[("filter", "action=x")]).to_string(),
        "filter: \"action=x\" is not a filter: expected field:is:value or field:is_not:value"
    );
}

#[test]
fn the_operators_are_is_and_is_not() {
    for operator in ["eq", "IS", "isnot", "is not", "contains"] {
        let error = refused(&[("filter", &format!("action:{operator}:x"))]);
        assert_eq!(error.code, "bad_operator", "{operator}");
    }
    assert_eq!(
        refused(&[("filter", "action:isnot:x")]).to_string(),
        "filter: \"isnot\" is not an operator: use is or is_not; did you mean \"is_not\"?"
    );
}

#[test]
fn with_several_values_is_means_any_of_them() {
    for id in ["g_7", "agt_3"] {
        assert!(passes(&format!("target.id:is:{id}")), "{id}");
        assert!(!passes(&format!("target.id:is_not:{id}")), "{id}");
    }
    assert!(!passes("target.id:is:g_8"));
    assert!(passes("target.id:is_not:g_8"));
    assert!(passes("metadata.tags:is:z"));
    assert!(!passes("metadata.tags:is_not:z"));
}

#[test]
fn an_event_without_the_field_passes_is_not() {
    for field in [
        "reason",
        "metadata.no_such_key",
        "metadata.off",
        "metadata.none",
    ] {
        assert!(passes(&format!("{field}:is_not:x")), "{field}");
        assert!(passes(&format!("{field}:is_not:")), "{field}");
        assert!(!passes(&format!("{field}:is:")), "{field}");
        assert!(!passes(&format!("{field}:is:null")), "{field}");
    }
}

#[test]
fn event_category_and_user_ignore_case() {
    for filter in [
        "event:is:GUARDRAIL updated",
        "category:is:guardRAILS",
        "user:is:ada OBI",
        "user:is:ADA@example.com",
        "user:is:USR_1",
    ] {
        assert!(passes(filter), "{filter}");
        assert!(!passes(&filter.replacen(":is:", ":is_not:", 1)), "{filter}");
    }
    let event = json(r#"{"organization_id": "org_1", "category": "ÉÄΩ Straße"}"#);
    let is = |value| {
        matches(
            &query(&[("filter", &format!("category:is:{value}"))]),
            &event,
            0,
        )
    };
    assert!(is("éäω STRAßE"));
    assert!(is("éäω STRASSE"));
    assert!(!is("eaω STRASSE"));
}

#[test]
fn other_fields_are_exact() {
    for (path, value) in [
        ("name", "guardrail updated"),
        ("action", "Guardrail.updated"),
        ("actor.name", "ada obi"),
        ("actor.email", "ADA@example.com"),
        ("authority", "ADA OBI"),
        ("badge", "guardrail change"),
        ("metadata.hardware_type", "GPU-H200"),
        ("metadata.hardware_type", "gpu-h200 "),
        ("metadata.hardware_type", "gpu-*"),
        ("metadata.ratio", "0.50"),
    ] {
        assert!(!passes(&format!("{path}:is:{value}")), "{path} {value}");
    }
    assert!(passes("name:is:Guardrail Updated"));
    assert!(passes("authority:is:usr_9"));
    assert!(passes("authority.id:is:usr_1"));
}

#[test]
fn an_alias_means_its_entry() {
    assert!(passes("event:is:Guardrail Changed"));
    assert!(passes("event:is:guardrail CHANGED"));
    assert!(!passes("event:is_not:Guardrail Changed"));
    assert!(!passes("name:is:Guardrail Changed"));
    assert!(!passes("event:is:Guardrail Deleted"));
}

#[test]
fn an_event_is_found_by_the_name_it_was_recorded_with() {
    let old = json(r#"{"organization_id": "org_1", "name": "Guardrail Changed"}"#);
    let is = query(&[("filter", "event:is:Guardrail Changed")]);
    assert!(matches(&is, &old, 0));
}

#[test]
fn the_index_is_the_number_of_the_leaf() {
    assert!(passes("index:is:42"));
    assert!(!passes("index:is:4"));
    assert!(!passes("index:is_not:42"));
    assert!(passes("index:is_not:042"));
}

#[test]
fn match_says_how_filters_join() {
    let (yes, no) = (
        ("filter", "result:is:success"),
        ("filter", "result:is:failed"),
    );
    assert!(finds(&[yes, yes]));
    assert!(!finds(&[yes, no]));
    assert!(!finds(&[yes, no, ("match", "all")]));
    assert!(finds(&[yes, no, ("match", "any")]));
    assert!(!finds(&[no, no, ("match", "any")]));
    assert!(finds(&[("match", "any")]));
}

#[test]
fn several_filters_of_one_field_still_join_by_and() {
    assert!(finds(&[
        ("filter", "target.id:is:g_7"),
        ("filter", "target.id:is:agt_3")
    ]));
    assert!(!finds(&[
        ("filter", "target.id:is:g_7"),
        ("filter", "target.id:is:g_8")
    ]));
}

#[test]
fn match_any_joins_filters_only() {
    let (yes, any) = (("filter", "result:is:success"), ("match", "any"));
    assert!(!finds(&[yes, any, ("action", "role.*")]));
    assert!(!finds(&[yes, any, ("project_id", "prj_2")]));
}

#[test]
fn values_are_bounded() {
    let longest = "v".repeat(MAX_FILTER_VALUE_BYTES);
    assert!(!passes(&format!("action:is:{longest}")));
    let error = refused(&[("filter", &format!("action:is:{longest}v"))]);
    assert_eq!(
        (error.code, error.message.as_str()),
        (
            "value_too_long",
            "the value for action has 1025 bytes: give at most 1024"
        )
    );
}

#[test]
fn every_alias_of_the_catalog_means_its_entry() {
    let catalog = crate::catalog::Catalog::embedded().unwrap();
    let aliases = |text: &str| catalog.name_for_alias(text).map(str::to_owned);
    for entry in catalog.entries() {
        let name = serde_json::to_string(&entry.name).unwrap();
        let event = format!(r#"{{"organization_id": "org_1", "name": {name}}}"#);
        for alias in entry.aliases.iter().chain([&entry.name]) {
            let text = format!("event:is:{}", alias.to_uppercase());
            let is = Query::parse(
                Scope::organization("org_1"),
                [("filter", &text)],
                now(),
                &aliases,
            );
            let (is, _) = is.unwrap();
            assert!(matches(&is, &json(&event), 0), "{alias} {}", entry.action);
        }
    }
}
