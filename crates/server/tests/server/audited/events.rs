//! Event types, exports, views and the organization itself: what programs change by their keys.

use serde_json::{Value, json};

use super::{CANARY, Scenario, World, asked};
use crate::harness::{event_type, wait_for};

fn new_export() -> Value {
    json!({"name": "All of it", "format": "ndjson", "range": "today"})
}

/// The path of an export whose file is there.
fn complete_export(world: &World) -> String {
    let path = format!("/v1/exports/{}", world.made("/v1/exports", &new_export()));
    wait_for("an export", || {
        let export = world.send("GET", &path, None).expect(200);
        (export["status"] == "complete").then_some(())
    });
    path
}

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        operation: "create_export",
        leaves: &["audit_log.exported"],
        changes: &[],
        ask: |_| asked("POST", "/v1/exports", Some(new_export()), 201),
    },
    Scenario {
        operation: "download_export",
        leaves: &["audit_log.exported"],
        changes: &[],
        ask: |world| {
            asked(
                "GET",
                &format!("{}/download", complete_export(world)),
                None,
                200,
            )
        },
    },
    Scenario {
        operation: "delete_export",
        leaves: &["audit_log.export_deleted"],
        changes: &[],
        ask: |world| asked("DELETE", &complete_export(world), None, 204),
    },
    Scenario {
        operation: "export_events",
        leaves: &["audit_log.exported"],
        changes: &[],
        ask: |_| {
            asked(
                "GET",
                "/v1/events/export.csv?columns=action&range=today",
                None,
                200,
            )
        },
    },
    Scenario {
        operation: "add_event_type",
        leaves: &["settings.changed"],
        changes: &["event_type"],
        ask: |_| asked("POST", "/v1/catalog", Some(event_type("kite.flown")), 201),
    },
    Scenario {
        operation: "replace_event_type",
        leaves: &["settings.changed"],
        changes: &["event_type"],
        ask: |world| {
            let mut kite = event_type("kite.landed");
            world.send("POST", "/v1/catalog", Some(&kite)).expect(201);
            kite["name"] = json!("A kite came down");
            asked("PUT", "/v1/catalog/kite.landed", Some(kite), 200)
        },
    },
    Scenario {
        operation: "change_organization",
        leaves: &["organisation.updated"],
        changes: &["name", "strict", "redaction"],
        ask: |world| {
            let change = json!({
                "name": "Another name", "strict": true, "redaction": {"names": ["pin"]},
            });
            asked(
                "PATCH",
                &world.server.organization_path(),
                Some(change),
                200,
            )
        },
    },
    Scenario {
        operation: "create_view",
        leaves: &["settings.changed"],
        changes: &["visibility", "name", "definition"],
        ask: |_| asked("POST", "/v1/views", Some(view("Shared", true)), 201),
    },
    Scenario {
        operation: "create_view",
        leaves: &["settings.changed"],
        changes: &["visibility"],
        ask: |_| asked("POST", "/v1/views", Some(view(CANARY, false)), 201),
    },
    Scenario {
        operation: "change_view",
        leaves: &["settings.changed"],
        changes: &["name", "definition"],
        ask: |world| {
            let path = world.made_view("Before", true);
            let mut change = view("After", true);
            change["definition"]["range"] = json!("last_7_days");
            asked("PATCH", &path, Some(change), 200)
        },
    },
    Scenario {
        operation: "change_view",
        leaves: &["settings.changed"],
        changes: &[],
        ask: |world| {
            let path = world.made_view("Before", false);
            asked("PATCH", &path, Some(json!({ "name": CANARY })), 200)
        },
    },
    Scenario {
        operation: "change_view",
        leaves: &["settings.changed"],
        changes: &["visibility", "name", "definition"],
        ask: |world| {
            let path = world.made_view("Before", true);
            let change = json!({"name": CANARY, "shared": false});
            asked("PATCH", &path, Some(change), 200)
        },
    },
    Scenario {
        operation: "delete_view",
        leaves: &["settings.changed"],
        changes: &["visibility", "name", "definition"],
        ask: |world| asked("DELETE", &world.made_view("Gone", true), None, 204),
    },
];

pub(super) fn view(name: &str, shared: bool) -> Value {
    let definition = json!({"columns": ["action", "result"], "query": {"result": ["denied"]}});
    json!({"name": name, "shared": shared, "definition": definition})
}
