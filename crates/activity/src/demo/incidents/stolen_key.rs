//! A key leaks in the text of a script and is used by somebody else at night, until it is revoked.
//!
//! `filter=context.ip:is:192.0.2.66` shows all that the thief did; `q="Reporting export"` the key's whole life.

use serde_json::json;

use super::super::clock::{HOUR, MINUTE, SECOND};
use super::super::draft::{Change, Draft, Party, Request};
use super::{Incident, Scene, on};

const KEY: (&str, &str) = ("key_reporting_export", "Reporting export");
/// An address that nobody else comes from.
const THIEF: &str = "192.0.2.66";
const OWNER: &str = "Dmitri Popov";
const GUARD: &str = "Amara Okafor";
const LISTINGS: i64 = 96;
const EXPORTS: i64 = 23;
const DENIALS: i64 = 61;
/// Days before the end of the year on which the key was made, leaked and stolen.
const MADE: i64 = 40;
const LEAKED: i64 = 12;
const STOLEN: i64 = 11;

pub(super) fn plant(scene: &mut Scene<'_>) -> Incident {
    let secret = format!(
        "sk-rep-{:016x}{:016x}",
        scene.random.next(),
        scene.random.next()
    );
    made_and_used(scene);
    leaked(scene, &secret);
    stolen(scene, &secret);
    closed(scene);
    Incident {
        title: "A leaked API key",
        story: "Dmitri Popov saved a script with a key in it (the log has a placeholder in its place). The next \
                night the key listed and exported from an unknown address until policies said no; then Amara \
                Okafor revoked and replaced it.",
        parameters: vec![("filter", "context.ip:is:192.0.2.66")],
        events: (LISTINGS + EXPORTS + DENIALS) as u64,
    }
}

fn key() -> Party {
    Party::new("api_key", KEY.0, KEY.1)
}

fn used(at: i64, action: &'static str, ip: &str, path: String) -> Draft {
    let mut draft = on(Draft::new(at, action, key()), key());
    draft.context.ip = Some(ip.to_owned());
    draft.request = Some(Request {
        method: "GET",
        path,
        status: 200,
        body: None,
    });
    draft
}

fn made_and_used(scene: &mut Scene<'_>) {
    let owner = scene.people.named(OWNER);
    let at = scene.local(MADE, owner, 10 * 60 + 12);
    let mut draft = on(scene.by(owner, at, "app_api_key.created"), key());
    draft
        .metadata
        .insert("scopes".into(), json!(["customers:read", "exports:write"]));
    scene.add(draft);
    for week in 1..=4 {
        let at = scene.local(MADE - 7 * week, owner, 11 * 60);
        let at = scene.jitter(at, 30 * MINUTE);
        let mut draft = used(
            at,
            "api_key.used",
            "198.51.100.213",
            "/v2/reports/weekly".to_owned(),
        );
        draft.context.user_agent = Some("reporting/1.4 (cron)");
        scene.add(draft);
    }
}

fn leaked(scene: &mut Scene<'_>, secret: &str) {
    let owner = scene.people.named(OWNER);
    let at = scene.local(LEAKED, owner, 16 * 60 + 47);
    let mut draft = on(
        scene.by(owner, at, "custom_script.saved_as_draft"),
        Party::new("custom_script", "scr_pull_customers", "pull_customers"),
    );
    draft
        .metadata
        .insert("custom_script_name".into(), json!("pull_customers"));
    draft.request = Some(Request {
        method: "POST",
        path: "/v2/custom_scripts/scr_pull_customers".to_owned(),
        status: 200,
        body: Some(json!({
            "language": "python",
            "is_shared": true,
            "source": format!(
                "rows = get('/v2/customers', headers={{'Authorization': 'Bearer {secret}'}})\nsave(rows)"
            ),
        })),
    });
    scene.add(draft);
}

fn stolen(scene: &mut Scene<'_>, secret: &str) {
    let begin = scene.utc(STOLEN, 2 * 60 + 41);
    for page in 0..LISTINGS {
        let at = scene.jitter(begin + page * 11 * SECOND, 7 * SECOND);
        // The first call carries the key where it does not belong.
        let path = match page {
            0 => format!("/v2/customers?page=1&api_key={secret}"),
            _ => format!("/v2/customers?page={}", page + 1),
        };
        let mut draft = used(at, "api_key.used", THIEF, path);
        draft.context.user_agent = Some("python-requests/2.32.3");
        scene.add(draft);
    }
    let begin = begin + 24 * MINUTE;
    for number in 0..EXPORTS {
        let at = scene.jitter(begin + number * 20 * SECOND, 9 * SECOND);
        let path = format!("/v2/workflows/wf_onboarding/versions/{}/export", number + 1);
        let mut draft = used(at, "workflow.exported", THIEF, path);
        draft.targets = vec![Party::new(
            "workflow",
            "wf_onboarding",
            "Customer Onboarding",
        )];
        draft.project_id = Some("prj_flow_onboarding");
        draft
            .metadata
            .insert("workflow_id".into(), json!("wf_onboarding"));
        draft
            .metadata
            .insert("version_id".into(), json!(format!("ver_{:04}", number + 1)));
        draft.context.user_agent = Some("python-requests/2.32.3");
        scene.add(draft);
    }
    let begin = begin + 9 * MINUTE;
    for number in 0..DENIALS {
        let at = scene.jitter(begin + number * 13 * SECOND, 8 * SECOND);
        let path = format!(
            "/v2/datasets/dst_claims_with_outcomes/export?part={}",
            number + 1
        );
        let mut draft = used(at, "api_key.used", THIEF, path);
        draft.context.user_agent = Some("python-requests/2.32.3");
        if let Some(request) = &mut draft.request {
            request.status = 403;
        }
        scene.add(draft.ended("denied", Some("Policy: no customer data in exports")));
    }
}

fn closed(scene: &mut Scene<'_>) {
    let guard = scene.people.named(GUARD);
    let noticed = scene.utc(STOLEN, 3 * 60 + 31);
    let monitor = Party::new("system", "job_anomaly_monitor", "Anomaly monitor");
    let alarm = on(
        Draft::new(noticed, "security.suspicious_activity", monitor),
        key(),
    );
    scene.add(alarm.ended(
        "warning",
        Some("61 denied exports from an address that was never seen before"),
    ));
    let revoked = on(
        scene.by(guard, noticed + 21 * MINUTE, "app_api_key.deleted"),
        key(),
    );
    scene.add(revoked.ended("success", Some("Used from an unknown address; revoked")));
    let next = Party::new(
        "api_key",
        "key_reporting_export_2",
        "Reporting export (rotated)",
    );
    let rotated = on(
        scene.by(guard, noticed + 6 * HOUR, "app_api_key.created"),
        next,
    );
    scene.add(rotated);
    let policy = Party::new(
        "policy",
        "pol_api_keys_expire_after_90_days",
        "API keys expire after 90 days",
    );
    let mut changed = on(
        scene.by(guard, noticed + 7 * HOUR, "policy.updated"),
        policy,
    );
    changed.changes = vec![
        Change {
            field: "expires_after_days",
            old: json!(90),
            new: json!(30),
        },
        Change {
            field: "allowed_networks",
            old: json!([]),
            new: json!(["198.51.100.0/24"]),
        },
    ];
    changed.reason = Some("After the leak of the key Reporting export");
    scene.add(changed);
}
