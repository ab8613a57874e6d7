//! Projects, members, roles, invitations, keys, viewers and single sign-on: what admins change.

use serde_json::json;

use super::{CANARY, Scenario, World, asked};

fn shared_project(world: &World) -> String {
    let new = json!({"name": "Atlas"});
    world.made("/v1/projects", &new)
}

fn archived_project(world: &World) -> String {
    let path = format!("/v1/projects/{}", shared_project(world));
    let archived = json!({"archived": true});
    world.send("PATCH", &path, Some(&archived)).expect(200);
    path
}

/// The path of somebody with a role in a project.
fn project_member(world: &World) -> String {
    let project_id = shared_project(world);
    let path = format!(
        "/v1/projects/{project_id}/members/{}",
        world.member("member")
    );
    let role = json!({"role": "member"});
    world.send("PUT", &path, Some(&role)).expect(200);
    path
}

fn role(world: &World) -> String {
    let name = world.free_name();
    let new = json!({"name": name, "level": "organization", "permissions": ["events.read"]});
    world.made("/v1/roles", &new)
}

fn invitation(world: &World) -> String {
    let email = format!("{}@example.com", world.free_name());
    let new = json!({"email": email, "role": "member"});
    world.made("/v1/invitations", &new)
}

fn key(world: &World) -> String {
    let new = json!({"name": "CI", "kind": "ingest"});
    let id = world.made("/v1/api-keys", &new);
    format!("/v1/api-keys/{id}")
}

fn issuer(world: &World) -> String {
    let new = json!({"name": "Portal", "origins": ["https://portal.example.com"]});
    world.made("/v1/viewer-issuers", &new)
}

fn provider() -> serde_json::Value {
    json!({
        "issuer": "https://login.acme.example", "client_id": "evident", "client_secret": CANARY,
        "domains": ["acme.example"], "group_roles": [{"group": "auditors", "role": "auditor"}],
    })
}

const OF_A_PROVIDER: &[&str] = &[
    "issuer",
    "client_id",
    "domains",
    "groups_claim",
    "scopes",
    "require_group",
    "enabled",
    "group_roles",
];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        operation: "create_project",
        leaves: &["project.created"],
        changes: &[],
        ask: |_| asked("POST", "/v1/projects", Some(json!({"name": "New"})), 201),
    },
    Scenario {
        operation: "change_project",
        leaves: &["project.updated"],
        changes: &["name", "archived"],
        ask: |world| {
            let path = format!("/v1/projects/{}", shared_project(world));
            let change = json!({"name": "Borealis", "archived": true});
            asked("PATCH", &path, Some(change), 200)
        },
    },
    Scenario {
        operation: "delete_project",
        leaves: &["project.deleted"],
        changes: &[],
        ask: |world| asked("DELETE", &archived_project(world), None, 204),
    },
    Scenario {
        operation: "set_retention",
        leaves: &["organisation.retention.updated"],
        changes: &["keep", "days"],
        ask: |_| {
            let rule = json!({"keep": "days", "days": 36_500});
            asked("PUT", "/v1/retention", Some(rule), 200)
        },
    },
    Scenario {
        operation: "set_project_retention",
        leaves: &["project.retention.updated"],
        changes: &["keep"],
        ask: |world| {
            let path = format!("/v1/retention/projects/{}", shared_project(world));
            asked("PUT", &path, Some(json!({"keep": "forever"})), 200)
        },
    },
    Scenario {
        operation: "delete_project_retention",
        leaves: &["project.retention.updated"],
        changes: &["keep", "days"],
        ask: |world| {
            let path = format!("/v1/retention/projects/{}", shared_project(world));
            let rule = json!({"keep": "days", "days": 36_500});
            world.send("PUT", &path, Some(&rule)).expect(200);
            asked("DELETE", &path, None, 204)
        },
    },
    Scenario {
        operation: "set_project_member",
        leaves: &["project_member.added", "project_role.assigned"],
        changes: &[],
        ask: |world| {
            let (project_id, user_id) = (shared_project(world), world.member("member"));
            let path = format!("/v1/projects/{project_id}/members/{user_id}");
            asked("PUT", &path, Some(json!({"role": "auditor"})), 200)
        },
    },
    Scenario {
        operation: "set_project_member",
        leaves: &["project_role.removed", "project_role.assigned"],
        changes: &[],
        ask: |world| {
            let path = project_member(world);
            asked("PUT", &path, Some(json!({"role": "auditor"})), 200)
        },
    },
    Scenario {
        operation: "remove_project_member",
        leaves: &["project_role.removed", "project_member.removed"],
        changes: &[],
        ask: |world| asked("DELETE", &project_member(world), None, 204),
    },
    Scenario {
        operation: "change_members",
        leaves: &[
            "organisation.user.role.assigned",
            "organisation.user.role.changed",
        ],
        changes: &["role", "role"],
        ask: |world| {
            let auditor = role(world);
            let ids = [world.member("member"), world.member("auditor")];
            let change = json!({"user_ids": ids, "role": auditor});
            asked("POST", "/v1/members/bulk", Some(change), 200)
        },
    },
    Scenario {
        operation: "change_member",
        leaves: &["organisation.user.role.assigned"],
        changes: &["role"],
        ask: |world| {
            let path = format!("/v1/members/{}", world.member("member"));
            asked("PATCH", &path, Some(json!({"role": "auditor"})), 200)
        },
    },
    Scenario {
        operation: "change_member",
        leaves: &["organisation.user.role.changed"],
        changes: &["role"],
        ask: |world| {
            let path = format!("/v1/members/{}", world.member("auditor"));
            asked("PATCH", &path, Some(json!({"role": "member"})), 200)
        },
    },
    Scenario {
        operation: "remove_member",
        leaves: &[
            "project_role.removed",
            "project_member.removed",
            "organisation.user.removed",
        ],
        changes: &["role"],
        ask: |world| {
            let path = project_member(world);
            let (_, user_id) = path.rsplit_once('/').unwrap();
            asked("DELETE", &format!("/v1/members/{user_id}"), None, 204)
        },
    },
    Scenario {
        operation: "make_password_reset",
        leaves: &["settings.changed"],
        changes: &[],
        ask: |world| {
            let path = format!("/v1/members/{}/password-reset", world.member("member"));
            asked("POST", &path, None, 201)
        },
    },
    Scenario {
        operation: "end_sessions_of_member",
        leaves: &["user.logout"],
        changes: &[],
        ask: |world| {
            let member = world.member("member");
            world.gives_a_session(&member);
            let path = format!("/v1/members/{member}/sessions");
            asked("DELETE", &path, None, 200)
        },
    },
    Scenario {
        operation: "create_role",
        leaves: &["role.created"],
        changes: &["name", "description", "permissions"],
        ask: |_| {
            let new = json!({
                "name": "Reader", "description": "Reads", "level": "project", "permissions": ["events.read"],
            });
            asked("POST", "/v1/roles", Some(new), 201)
        },
    },
    Scenario {
        operation: "change_role",
        leaves: &["role.updated"],
        changes: &["description", "permissions"],
        ask: |world| {
            let path = format!("/v1/roles/{}", role(world));
            let change = json!({"description": "Does nothing", "permissions": []});
            asked("PATCH", &path, Some(change), 200)
        },
    },
    Scenario {
        operation: "delete_role",
        leaves: &["role.deleted"],
        changes: &["name", "permissions"],
        ask: |world| asked("DELETE", &format!("/v1/roles/{}", role(world)), None, 204),
    },
    Scenario {
        operation: "delete_role",
        leaves: &[
            "settings.changed",
            "organisation.user.role.changed",
            "role.deleted",
        ],
        changes: &["role", "role", "name", "permissions"],
        ask: |world| {
            let role = role(world);
            world.member(&role);
            let email = format!("{}@example.com", world.free_name());
            let new = json!({"email": email, "role": role});
            world.made("/v1/invitations", &new);
            let path = format!("/v1/roles/{role}?replace_with=auditor");
            asked("DELETE", &path, None, 204)
        },
    },
    Scenario {
        operation: "delete_role",
        leaves: &[
            "project_role.removed",
            "project_role.assigned",
            "role.deleted",
        ],
        changes: &["name", "permissions"],
        ask: |world| {
            let name = world.free_name();
            let new = json!({"name": name, "level": "project", "permissions": ["events.read"]});
            let role = world.made("/v1/roles", &new);
            let held = json!({"role": role});
            let place = project_member(world);
            world.send("PUT", &place, Some(&held)).expect(200);
            let path = format!("/v1/roles/{role}?replace_with=auditor");
            asked("DELETE", &path, None, 204)
        },
    },
    Scenario {
        operation: "delete_role",
        leaves: &["workspace.default_role.configured", "role.deleted"],
        changes: &["default_role", "name", "permissions"],
        ask: |world| {
            let role = role(world);
            let default = json!({"role": role});
            world
                .send("PUT", "/v1/roles/default", Some(&default))
                .expect(200);
            let path = format!("/v1/roles/{role}?replace_with=member");
            asked("DELETE", &path, None, 204)
        },
    },
    Scenario {
        operation: "set_default_role",
        leaves: &["workspace.default_role.configured"],
        changes: &["default_role"],
        ask: |_| {
            let role = json!({"role": "auditor"});
            asked("PUT", "/v1/roles/default", Some(role), 200)
        },
    },
    Scenario {
        operation: "create_invitation",
        leaves: &["organisation.user.invited"],
        changes: &[],
        ask: |_| {
            let new = json!({"email": "new@example.com", "role": "auditor"});
            asked("POST", "/v1/invitations", Some(new), 201)
        },
    },
    Scenario {
        operation: "renew_invitation",
        leaves: &["organisation.user.invited"],
        changes: &[],
        ask: |world| {
            let path = format!("/v1/invitations/{}/renew", invitation(world));
            asked("POST", &path, None, 200)
        },
    },
    Scenario {
        operation: "revoke_invitation",
        leaves: &["settings.changed"],
        changes: &["state"],
        ask: |world| {
            let path = format!("/v1/invitations/{}", invitation(world));
            asked("DELETE", &path, None, 204)
        },
    },
    Scenario {
        operation: "create_api_key",
        leaves: &["app_api_key.created"],
        changes: &["kind", "allowed_addresses"],
        ask: |_| {
            let new =
                json!({"name": "CI", "kind": "ingest", "allowed_addresses": ["192.0.2.0/24"]});
            asked("POST", "/v1/api-keys", Some(new), 201)
        },
    },
    Scenario {
        operation: "change_api_key",
        leaves: &["settings.changed"],
        changes: &["name", "allowed_addresses"],
        ask: |world| {
            let change = json!({"name": "Build", "allowed_addresses": ["192.0.2.7"]});
            asked("PATCH", &key(world), Some(change), 200)
        },
    },
    Scenario {
        operation: "rotate_api_key",
        leaves: &["app_api_key.created", "settings.changed"],
        changes: &["kind", "expires_at", "replaced_by"],
        ask: |world| {
            let path = format!("{}/rotate", key(world));
            asked("POST", &path, Some(json!({})), 201)
        },
    },
    Scenario {
        operation: "revoke_api_key",
        leaves: &["app_api_key.deleted"],
        changes: &[],
        ask: |world| asked("DELETE", &key(world), None, 204),
    },
    Scenario {
        operation: "create_viewer_issuer",
        leaves: &["settings.changed"],
        changes: &["exists", "origins"],
        ask: |_| {
            let new = json!({"name": "Portal", "origins": ["https://portal.example.com"]});
            asked("POST", "/v1/viewer-issuers", Some(new), 201)
        },
    },
    Scenario {
        operation: "change_viewer_issuer",
        leaves: &["settings.changed"],
        changes: &["name", "origins"],
        ask: |world| {
            let path = format!("/v1/viewer-issuers/{}", issuer(world));
            let change = json!({"name": "Other", "origins": []});
            asked("PATCH", &path, Some(change), 200)
        },
    },
    Scenario {
        operation: "revoke_viewer_issuer",
        leaves: &["settings.changed"],
        changes: &["exists"],
        ask: |world| {
            let path = format!("/v1/viewer-issuers/{}", issuer(world));
            asked("DELETE", &path, None, 204)
        },
    },
    Scenario {
        operation: "issue_viewer_token",
        leaves: &["settings.changed"],
        changes: &["expires_at"],
        ask: |world| {
            let new = json!({"issuer_id": issuer(world), "actor_id": "ada"});
            asked("POST", "/v1/viewer-tokens", Some(new), 201)
        },
    },
    Scenario {
        operation: "set_sso",
        leaves: &["settings.changed"],
        changes: OF_A_PROVIDER,
        ask: |_| asked("PUT", "/v1/sso?check=false", Some(provider()), 200),
    },
    Scenario {
        operation: "delete_sso",
        leaves: &["settings.changed"],
        changes: OF_A_PROVIDER,
        ask: |world| {
            let path = "/v1/sso?check=false";
            world.send("PUT", path, Some(&provider())).expect(200);
            asked("DELETE", "/v1/sso", None, 204)
        },
    },
];
