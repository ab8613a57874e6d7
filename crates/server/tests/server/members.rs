//! Members of an organization and of its projects: who is seen, who is changed by whom, and the last admin.

use std::thread;

use serde_json::{Value, json};

use crate::people::{PROJECT, Scene, assert_by_admin, scene, scene_with};

fn path(id: &str) -> String {
    format!("/v1/members/{id}")
}

fn role_of(scene: &Scene, id: &str) -> Value {
    scene.get(&path(id))["role"].clone()
}

fn ids(list: &Value) -> Vec<String> {
    let data = list["data"].as_array().unwrap().iter();
    data.map(|m| m["user_id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn members_are_listed_in_pages_in_the_order_in_which_they_joined() {
    let scene = scene();
    let mut joined = vec![scene.founder.clone()];
    for name in ["a", "b", "c", "d"] {
        joined.push(scene.member(name, "member"));
    }
    assert_eq!(ids(&scene.get("/v1/members")), joined);
    let mut seen = Vec::new();
    let mut next = "/v1/members?limit=2".to_owned();
    loop {
        let page = scene.get(&next);
        assert!(ids(&page).len() <= 2);
        seen.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        next = format!("/v1/members?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, joined);
    let bad = "/v1/members?cursor=x";
    scene
        .admin("GET", bad, &Value::Null)
        .problem(400, "bad_cursor");
    let founder = scene.get(&path(&scene.founder));
    assert_eq!(founder["email"], "ada@example.com");
    assert_eq!(founder["role"], "organization_admin");
}

#[test]
fn a_plain_member_is_assigned_a_role_and_then_it_is_changed() {
    let scene = scene();
    let id = scene.member("grace", "member");
    let assigned = scene.record("organisation.user.role.assigned").len();
    let given = json!({"role": "auditor"});
    let answer = scene.admin("PATCH", &path(&id), &given).expect(200);
    assert_eq!(answer["role"], "auditor");
    assert_eq!(role_of(&scene, &id), "auditor");
    scene.admin("PATCH", &path(&id), &given).expect(200);
    let events = scene.record("organisation.user.role.assigned");
    assert_eq!(events.len(), assigned + 1, "the same again is no change");
    let event = events.last().unwrap();
    assert_by_admin(event, &scene, "user", &id);
    assert_eq!(event["metadata"]["role_name"], "Auditor");
    assert_eq!(
        event["changes"],
        json!([{"field": "role", "old": "Member", "new": "Auditor"}])
    );

    let given = json!({"role": "organization_admin"});
    scene.admin("PATCH", &path(&id), &given).expect(200);
    let event = scene.recorded("organisation.user.role.changed");
    assert_by_admin(&event, &scene, "user", &id);
    for (role, code) in [
        ("project_admin", "role_of_other_level"),
        ("x", "unknown_role"),
    ] {
        let given = json!({ "role": role });
        scene.admin("PATCH", &path(&id), &given).problem(422, code);
    }
    let nobody = path("usr_nobody");
    scene
        .admin("PATCH", &nobody, &given)
        .problem(404, "not_found");
}

#[test]
fn many_members_are_changed_together_or_not_at_all() {
    let scene = scene();
    let a = scene.member("a", "member");
    let b = scene.member("b", "auditor");
    let before = scene.record("organisation.user.role.assigned").len();
    let bulk = |user_ids: Value, role: &str| {
        let sent = json!({"user_ids": user_ids, "role": role});
        scene.admin("POST", "/v1/members/bulk", &sent)
    };
    let reply = bulk(json!([a, "usr_nobody", b]), "auditor");
    let problem = reply.problem(422, "invalid_document");
    assert_eq!(problem["errors"][0]["pointer"], "/user_ids/1");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1);
    bulk(json!([a, b, a]), "auditor").problem(422, "invalid_document");
    bulk(json!(vec!["usr_1"; 1001]), "auditor").problem(422, "invalid_document");
    bulk(json!([scene.founder, a]), "auditor").problem(409, "last_admin");
    assert_eq!(role_of(&scene, &a), "member");
    assert_eq!(role_of(&scene, &scene.founder), "organization_admin");

    let role = scene.role("Reviewer", "organization", &["events.read"]);
    assert_eq!(
        bulk(json!([a, b]), &role).expect(200),
        json!({"changed": 2})
    );
    assert_eq!(
        bulk(json!([a, b]), &role).expect(200),
        json!({"changed": 0})
    );
    assert_eq!(role_of(&scene, &a), role.as_str());
    assert_eq!(role_of(&scene, &b), role.as_str());
    let assigned = scene.record("organisation.user.role.assigned");
    assert_eq!(assigned.len(), before + 1, "a was a plain member");
    assert_by_admin(assigned.last().unwrap(), &scene, "user", &a);
    let changed = scene.recorded("organisation.user.role.changed");
    assert_by_admin(&changed, &scene, "user", &b);
}

#[test]
fn the_last_admin_is_neither_removed_nor_demoted() {
    let scene = scene();
    let founder = path(&scene.founder);
    let given = json!({"role": "auditor"});
    scene
        .admin("PATCH", &founder, &given)
        .problem(409, "last_admin");
    scene
        .admin("DELETE", &founder, &Value::Null)
        .problem(409, "last_admin");
    // A role that allows as much makes no admin.
    let all = scene.get("/v1/roles/organization_admin")["permissions"].clone();
    let all: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p.as_str().unwrap())
        .collect();
    let role = scene.role("Nearly", "organization", &all);
    scene.member("grace", &role);
    scene
        .admin("PATCH", &founder, &given)
        .problem(409, "last_admin");
    scene.member("kay", "organization_admin");
    scene.admin("PATCH", &founder, &given).expect(200);
    assert!(scene.record("organisation.user.removed").is_empty());
}

#[test]
fn of_two_admins_who_go_at_once_one_stays() {
    const ROUNDS: usize = 5;
    let scene = scene();
    let other = scene.member("kay", "organization_admin");
    for round in 0..ROUNDS {
        let targets = [path(&scene.founder), path(&other)];
        let outcomes: Vec<u16> = thread::scope(|scope| {
            let threads = targets.each_ref().map(|target| {
                let client = scene.server.client();
                let demoted = json!({"role": "auditor"});
                scope.spawn(move || client.change("PATCH", target, &demoted).unwrap().status)
            });
            threads.map(|thread| thread.join().unwrap()).into()
        });
        let mut sorted = outcomes.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [200, 409], "round {round}: {outcomes:?}");
        let admin = json!({"role": "organization_admin"});
        for target in &targets {
            scene.admin("PATCH", target, &admin).expect(200);
        }
    }
}

#[test]
fn a_removed_member_has_nothing_left() {
    let scene = scene();
    let id = scene.project_member("grace", "project_admin");
    let removed = scene.admin("DELETE", &path(&id), &Value::Null);
    assert_eq!(removed.status, 204);
    scene
        .admin("GET", &path(&id), &Value::Null)
        .problem(404, "not_found");
    scene
        .admin("DELETE", &path(&id), &Value::Null)
        .problem(404, "not_found");
    let members = scene.get(&format!("/v1/projects/{PROJECT}/members"));
    assert_eq!(members["data"], json!([]));
    let event = scene.recorded("organisation.user.removed");
    assert_by_admin(&event, &scene, "user", &id);
    assert_eq!(event["metadata"]["removed_user_ids"], json!([id]));
    let event = scene.recorded("project_member.removed");
    assert_by_admin(&event, &scene, "user", &id);
    assert_eq!(event["project_id"], PROJECT);
    assert_eq!(
        scene.recorded("project_role.removed")["project_id"],
        PROJECT
    );
    // The account stays, and whoever comes back must sign in to it.
    let token = scene.invite(&json!({"email": "grace@example.com"}));
    scene.accept(&token, "grace").problem(401, "sign_in_needed");
}

#[test]
fn a_role_in_a_project_is_given_changed_and_taken_each_on_the_record() {
    let scene = scene();
    let id = scene.member("grace", "member");
    let member = format!("/v1/projects/{PROJECT}/members/{id}");
    let given = json!({"role": "auditor"});
    let answer = scene
        .ask(&scene.project_admin, "PUT", &member, &given)
        .expect(200);
    assert_eq!(answer["user_id"], id.as_str());
    assert_eq!(answer["role"], "auditor");
    scene
        .ask(&scene.project_admin, "PUT", &member, &given)
        .expect(200);
    let added = scene.recorded("project_member.added");
    assert_eq!(added["targets"][0]["id"], id.as_str());
    assert_eq!(added["project_id"], PROJECT);
    let assigned = scene.recorded("project_role.assigned");
    assert_eq!(assigned["metadata"]["role_name"], "Auditor");

    let given = json!({"role": "project_admin"});
    scene.admin("PUT", &member, &given).expect(200);
    let removed = scene.recorded("project_role.removed");
    assert_by_admin(&removed, &scene, "user", &id);
    assert_eq!(removed["metadata"]["role_name"], "Auditor");
    assert_eq!(scene.record("project_role.assigned").len(), 2);
    let list = scene.get(&format!("/v1/projects/{PROJECT}/members"));
    assert_eq!(ids(&list), [id.as_str()]);
    assert_eq!(list["data"][0]["role"], "project_admin");

    assert_eq!(scene.admin("DELETE", &member, &Value::Null).status, 204);
    scene
        .admin("DELETE", &member, &Value::Null)
        .problem(404, "not_found");
    scene.recorded("project_member.removed");
    assert_eq!(scene.record("project_role.removed").len(), 2);
    assert_eq!(
        role_of(&scene, &id),
        "member",
        "still one of the organization"
    );
}

#[test]
fn who_manages_a_project_meets_nothing_beyond_it() {
    let scene = scene();
    let inside = scene.project_member("inside", "auditor");
    let outside = scene.member("outside", "auditor");
    let elsewhere = format!("/v1/projects/prj_2/members/{inside}");
    scene
        .admin("PUT", &elsewhere, &json!({"role": "auditor"}))
        .expect(200);
    for key in [&scene.project_admin, &scene.project_reader] {
        let list = scene
            .ask(key, "GET", "/v1/members", &Value::Null)
            .expect(200);
        assert_eq!(ids(&list), [inside.as_str()]);
        let member = scene
            .ask(key, "GET", &path(&inside), &Value::Null)
            .expect(200);
        assert_eq!(
            member["projects"],
            json!({PROJECT: "auditor"}),
            "no other project"
        );
        scene
            .ask(key, "GET", &path(&outside), &Value::Null)
            .problem(404, "not_found");
        for project in ["prj_2", "prj_nowhere"] {
            let members = format!("/v1/projects/{project}/members");
            scene
                .ask(key, "GET", &members, &Value::Null)
                .problem(404, "not_found");
        }
        let given = json!({"role": "organization_admin"});
        scene
            .ask(key, "PATCH", &path(&inside), &given)
            .problem(403, "forbidden");
        scene
            .ask(key, "DELETE", &path(&inside), &Value::Null)
            .problem(403, "forbidden");
        let bulk = json!({"user_ids": [inside], "role": "member"});
        scene
            .ask(key, "POST", "/v1/members/bulk", &bulk)
            .problem(403, "forbidden");
    }
    let key = &scene.project_admin;
    let given = json!({"role": "auditor"});
    scene
        .ask(key, "PUT", &elsewhere, &given)
        .problem(404, "not_found");
    scene
        .ask(key, "DELETE", &elsewhere, &Value::Null)
        .problem(404, "not_found");
    let own = format!("/v1/projects/{PROJECT}/members/{inside}");
    let admin = json!({"role": "organization_admin"});
    scene
        .ask(key, "PUT", &own, &admin)
        .problem(422, "role_of_other_level");
    let reader = &scene.project_reader;
    scene
        .ask(reader, "PUT", &own, &given)
        .problem(403, "forbidden");
    scene
        .ask(reader, "DELETE", &own, &Value::Null)
        .problem(403, "forbidden");
}

#[test]
fn members_of_another_organization_are_not_there() {
    let mut other = None;
    let scene = scene_with(|directory| other = Some(directory.add_organization("org_other")));
    let other = other.unwrap();
    let id = scene.project_member("grace", "auditor");
    let key = other.admin.as_str();
    let given = json!({"role": "auditor"});
    scene
        .ask(key, "GET", &path(&id), &Value::Null)
        .problem(404, "not_found");
    scene
        .ask(key, "PATCH", &path(&id), &given)
        .problem(404, "not_found");
    scene
        .ask(key, "DELETE", &path(&id), &Value::Null)
        .problem(404, "not_found");
    let member = format!("/v1/projects/{PROJECT}/members/{id}");
    scene
        .ask(key, "PUT", &member, &given)
        .problem(404, "not_found");
    scene
        .ask(key, "DELETE", &member, &Value::Null)
        .problem(404, "not_found");
    let bulk = json!({"user_ids": [id], "role": "auditor"});
    scene
        .ask(key, "POST", "/v1/members/bulk", &bulk)
        .problem(422, "invalid_document");
    let list = scene
        .ask(key, "GET", "/v1/members", &Value::Null)
        .expect(200);
    assert_eq!(list["data"], json!([]));
    assert_eq!(role_of(&scene, &id), "member");
}
