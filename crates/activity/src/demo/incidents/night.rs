//! What people did with what they may do, at times at which nobody was looking.

use serde_json::json;

use super::super::clock::{MINUTE, SECOND};
use super::super::draft::{Change, Draft, Party};
use super::{Incident, Scene, on};

const OFF_DAYS: i64 = 33;
const ROLES_DAYS: i64 = 47;
/// How many people were made organization admins.
const PROMOTED: usize = 86;

/// A guardrail is taken out of service before midnight and put back before the others come to work.
///
/// `filter=metadata.guardrail_id:is:grd_pii_filter` shows both, and who.
pub(super) fn guardrail_off(scene: &mut Scene<'_>) -> Incident {
    let person = scene.people.named("Carlos Vargas");
    let off = scene.local(OFF_DAYS, person, 23 * 60 + 48);
    let on_again = scene.local(OFF_DAYS - 1, person, 5 * 60 + 12);
    let guardrail = Party::new("guardrail", "grd_pii_filter", "PII filter");
    let act = |mut draft: Draft| {
        draft
            .metadata
            .insert("guardrail_name".into(), json!("PII filter"));
        draft
            .metadata
            .insert("guardrail_id".into(), json!("grd_pii_filter"));
        draft
            .metadata
            .insert("hardware_type".into(), json!("gpu-l4"));
        draft.project_id = Some("prj_support");
        on(draft, guardrail.clone())
    };
    let mut undeployed = act(scene.by(person, off, "guardrail.undeployed"));
    undeployed
        .metadata
        .insert("time_of_usage".into(), json!("2140h"));
    undeployed.reason = Some("Slows the load test down");
    scene.add(undeployed);
    let deployed = act(scene.by(person, on_again, "guardrail.deployed"));
    scene.add(deployed);
    Incident {
        title: "A guardrail off at night",
        story: "Carlos Vargas took the PII filter out of service at 23:48 and put it back at 5:12. In between nothing \
                kept personal data out of the answers.",
        parameters: vec![("filter", "metadata.guardrail_id:is:grd_pii_filter")],
        events: 2,
    }
}

/// Somebody from Operations makes most of the company admins, in four minutes.
///
/// `action=organisation.user.role.changed&filter=user:is:Oscar Lund` shows all of them, each with its change.
pub(super) fn mass_role_change(scene: &mut Scene<'_>) -> Incident {
    let person = scene.people.named("Oscar Lund");
    let begin = scene.local(ROLES_DAYS, person, 12 * 60 + 31);
    let others = scene
        .people
        .all
        .iter()
        .filter(|other| other.id != person.id);
    for (number, other) in others.take(PROMOTED).enumerate() {
        let at = scene.jitter(begin + number as i64 * 4 * MINUTE / PROMOTED as i64, SECOND);
        let mut draft = scene.by(person, at, "organisation.user.role.changed");
        draft.context.user_agent = Some("quillmere-cli/3.8.1 (darwin; arm64)");
        draft
            .metadata
            .insert("role_name".into(), json!("Organization admin"));
        draft.changes = vec![Change {
            field: "role",
            old: json!("Builder"),
            new: json!("Organization admin"),
        }];
        scene.add(on(draft, other.party()));
    }
    Incident {
        title: "A mass change of roles",
        story: "Oscar Lund, of Operations, made 86 people organization admins in four minutes, with a script.",
        parameters: vec![
            ("action", "organisation.user.role.changed"),
            ("filter", "user:is:Oscar Lund"),
        ],
        events: PROMOTED as u64,
    }
}
