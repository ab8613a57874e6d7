//! What people do who are signed in, or about to be: no key may.

use serde_json::{Value, json};

use super::{Asked, By, CANARY, PASSWORD, Scenario, World, asked};
use crate::access::codes::code;
use crate::harness::people::FOUNDER;

/// The same by the owner of the instance.
fn by_founder(asked: Asked) -> Asked {
    Asked {
        by: By::Person(FOUNDER.0.to_owned(), FOUNDER.1.to_owned()),
        ..asked
    }
}

/// The same by a fresh member, who has just signed in.
fn by_member(world: &World, asked: Asked) -> Asked {
    Asked {
        by: By::Person(world.person(), PASSWORD.to_owned()),
        ..asked
    }
}

/// The same by somebody who is known by what is sent alone.
fn by_stranger(asked: Asked) -> Asked {
    Asked {
        by: By::Stranger,
        ..asked
    }
}

/// A fresh member's address and the recovery codes of the second factor.
fn with_factor(world: &World) -> (String, String) {
    let email = world.person();
    let signed = world.server.sign_in(&email, PASSWORD);
    let password = json!({ "password": PASSWORD });
    let begun = signed.request("POST", "/v1/auth/totp", Some(&password));
    let begun = begun.expect(200);
    let code = json!({"code": code(begun["secret"].as_str().unwrap())});
    let confirmed = signed.request("POST", "/v1/auth/totp/confirm", Some(&code));
    let confirmed = confirmed.expect(200);
    let recovery = confirmed["recovery_codes"][0].as_str().unwrap();
    let used = confirmed["recovery_codes"][1].as_str().unwrap();
    let kept = json!({"email": email, "password": PASSWORD, "code": used});
    world.keep_session(&kept);
    (email, recovery.to_owned())
}

/// What is behind the `#` of a link that an admin makes.
fn token_of(world: &World, path: &str, body: &Value) -> String {
    let made = world.send("POST", path, Some(body)).expect(201);
    let link = made["link"].as_str().unwrap();
    link.split_once('#').unwrap().1.to_owned()
}

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        operation: "create_organization",
        leaves: &["organisation.created"],
        changes: &[],
        ask: |_| {
            let new = json!({"name": "New AI"});
            by_founder(asked("POST", "/v1/organizations", Some(new), 201))
        },
    },
    Scenario {
        operation: "delete_organization",
        leaves: &["organisation.deleted"],
        changes: &[],
        ask: |world| {
            let founder = world.server.founder();
            let name = json!({"name": "Gone AI"});
            let made = founder.request("POST", "/v1/organizations", Some(&name));
            let made = made.expect(201);
            let path = format!("/v1/organizations/{}", made["id"].as_str().unwrap());
            let archived = json!({"archived": true});
            founder.request("PATCH", &path, Some(&archived)).expect(200);
            by_founder(asked("DELETE", &path, None, 204))
        },
    },
    Scenario {
        operation: "add_instance_owner",
        leaves: &["instance_owner.assigned"],
        changes: &[],
        ask: |world| {
            let new = json!({"user_id": world.member("member")});
            by_founder(asked("POST", "/v1/instance/owners", Some(new), 201))
        },
    },
    Scenario {
        operation: "remove_instance_owner",
        leaves: &["instance_owner.removed"],
        changes: &[],
        ask: |world| {
            let id = world.member("member");
            let new = json!({ "user_id": id });
            let founder = world.server.founder();
            let added = founder.request("POST", "/v1/instance/owners", Some(&new));
            added.expect(201);
            let path = format!("/v1/instance/owners/{id}");
            by_founder(asked("DELETE", &path, None, 204))
        },
    },
    Scenario {
        operation: "accept_invitation",
        leaves: &[
            "organisation.user.added",
            "organisation.user.role.assigned",
            "project_member.added",
            "project_role.assigned",
        ],
        changes: &["role"],
        ask: |world| {
            let project_id = world.made("/v1/projects", &json!({"name": "Atlas"}));
            let invitation = json!({
                "email": "joining@example.com", "role": "member", "project_id": project_id,
                "project_role": "auditor",
            });
            let token = token_of(world, "/v1/invitations", &invitation);
            let sent = json!({"token": token, "name": "Joan", "password": PASSWORD});
            by_stranger(asked("POST", "/v1/invitations/accept", Some(sent), 200))
        },
    },
    Scenario {
        operation: "sign_in",
        leaves: &["user.login"],
        changes: &[],
        ask: |world| {
            let sent = json!({"email": world.person(), "password": PASSWORD});
            by_stranger(asked("POST", "/v1/auth/login", Some(sent), 200))
        },
    },
    Scenario {
        operation: "reset_password",
        leaves: &["settings.changed"],
        changes: &[],
        ask: |world| {
            let id = world.person().replace(['@', '.'], "_");
            let path = format!("/v1/members/usr_{id}/password-reset");
            let token = token_of(world, &path, &Value::Null);
            let sent = json!({"token": token, "new_password": format!("{PASSWORD} {CANARY}")});
            by_stranger(asked("POST", "/v1/auth/reset", Some(sent), 204))
        },
    },
    Scenario {
        operation: "reset_password",
        leaves: &["settings.changed", "settings.changed"],
        changes: &["second_factor"],
        ask: |world| {
            let id = world.person().replace(['@', '.'], "_");
            let on = format!(
                "UPDATE users SET totp_confirmed_at = 1 WHERE id = 'usr_{id}' RETURNING id"
            );
            world.directory.rows(on.leak());
            let path = format!("/v1/members/usr_{id}/password-reset");
            let token = token_of(world, &path, &json!({"end_second_factor": true}));
            let sent = json!({"token": token, "new_password": format!("{PASSWORD} {CANARY}")});
            by_stranger(asked("POST", "/v1/auth/reset", Some(sent), 204))
        },
    },
    Scenario {
        operation: "sign_out",
        leaves: &["user.logout"],
        changes: &[],
        ask: |world| by_member(world, asked("POST", "/v1/auth/logout", None, 204)),
    },
    Scenario {
        operation: "end_session",
        leaves: &["user.logout"],
        changes: &[],
        ask: |world| {
            let email = world.person();
            let other = world.server.sign_in(&email, PASSWORD).session_id();
            let path = format!("/v1/auth/sessions/{other}");
            Asked {
                by: By::Person(email, PASSWORD.to_owned()),
                ..asked("DELETE", &path, None, 204)
            }
        },
    },
    Scenario {
        operation: "end_other_sessions",
        leaves: &["user.logout"],
        changes: &[],
        ask: |world| {
            let email = world.person();
            world.server.sign_in(&email, PASSWORD);
            Asked {
                by: By::Person(email, PASSWORD.to_owned()),
                ..asked("DELETE", "/v1/auth/sessions", None, 200)
            }
        },
    },
    Scenario {
        operation: "change_profile",
        leaves: &["settings.changed"],
        changes: &["name"],
        ask: |world| {
            let name = json!({"name": "Grace"});
            by_member(world, asked("PATCH", "/v1/auth/profile", Some(name), 204))
        },
    },
    Scenario {
        operation: "change_password",
        leaves: &["settings.changed"],
        changes: &[],
        ask: |world| {
            let new = format!("{PASSWORD} {CANARY}");
            let change = json!({"current": PASSWORD, "new": new});
            by_member(world, asked("PUT", "/v1/auth/password", Some(change), 204))
        },
    },
    // Nothing is asked for the code before it is confirmed, so that beginning alone leaves nothing.
    Scenario {
        operation: "begin_second_factor",
        leaves: &[],
        changes: &[],
        ask: |world| {
            let password = json!({ "password": PASSWORD });
            by_member(world, asked("POST", "/v1/auth/totp", Some(password), 200))
        },
    },
    Scenario {
        operation: "begin_second_factor",
        leaves: &["settings.changed"],
        changes: &[],
        ask: |world| {
            let password = json!({ "password": CANARY });
            by_member(world, asked("POST", "/v1/auth/totp", Some(password), 403))
        },
    },
    Scenario {
        operation: "confirm_second_factor",
        leaves: &["settings.changed"],
        changes: &["second_factor"],
        ask: |world| {
            let email = world.person();
            let signed = world.server.sign_in(&email, PASSWORD);
            let password = json!({ "password": PASSWORD });
            let begun = signed.request("POST", "/v1/auth/totp", Some(&password));
            let begun = begun.expect(200);
            let code = json!({"code": code(begun["secret"].as_str().unwrap())});
            Asked {
                by: By::Person(email, PASSWORD.to_owned()),
                ..asked("POST", "/v1/auth/totp/confirm", Some(code), 200)
            }
        },
    },
    Scenario {
        operation: "renew_recovery_codes",
        leaves: &["settings.changed"],
        changes: &[],
        ask: |world| {
            let (_, code) = with_factor(world);
            let sent = json!({"password": PASSWORD, "code": code});
            Asked {
                by: By::Kept,
                ..asked("POST", "/v1/auth/recovery-codes", Some(sent), 200)
            }
        },
    },
    Scenario {
        operation: "end_second_factor",
        leaves: &["settings.changed"],
        changes: &["second_factor"],
        ask: |world| {
            let (_, code) = with_factor(world);
            let sent = json!({"password": PASSWORD, "code": code});
            Asked {
                by: By::Kept,
                ..asked("DELETE", "/v1/auth/totp", Some(sent), 204)
            }
        },
    },
];
