//! Somebody guesses a password, hundreds of times in twelve minutes, until the account is locked.
//!
//! `action=user.login&result=failed&filter=user:is:ingrid.dahl@quillmere.example` shows the guesses, and a histogram
//! of it the burst.

use serde_json::json;

use super::super::clock::{MINUTE, SECOND};
use super::super::draft::{Change, Draft, Party};
use super::{Incident, Scene, on};

const VICTIM: &str = "Ingrid Dahl";
const HELPER: &str = "Helena Price";
const GUESSES: i64 = 412;
const SPAN: i64 = 12 * MINUTE;
const DAYS_BEFORE: i64 = 6;
/// Addresses that nobody else comes from.
const ADDRESSES: [&str; 6] = [
    "192.0.2.201",
    "192.0.2.202",
    "192.0.2.203",
    "192.0.2.204",
    "2001:db8:bad::17",
    "2001:db8:bad::2a",
];

pub(super) fn plant(scene: &mut Scene<'_>) -> Incident {
    let victim = scene.people.named(VICTIM);
    let helper = scene.people.named(HELPER);
    let begin = scene.local(DAYS_BEFORE, victim, 6 * 60 + 3);
    for guess in 0..GUESSES {
        let at = scene.jitter(begin + guess * SPAN / GUESSES, SECOND);
        let mut draft = Draft::new(at, "user.login", victim.party());
        let address = scene.random.below(ADDRESSES.len() as u64) as usize;
        draft.context.ip = Some(ADDRESSES[address].to_owned());
        draft.context.user_agent = Some("Mozilla/5.0 (compatible)");
        draft
            .metadata
            .insert("login_method".into(), json!("password"));
        scene.add(draft.ended("failed", Some("The password is wrong")));
    }
    let end = begin + SPAN + 5 * SECOND;
    let monitor = Party::new("system", "job_anomaly_monitor", "Anomaly monitor");
    let alarm = on(
        Draft::new(end, "security.suspicious_activity", monitor.clone()),
        victim.party(),
    );
    scene.add(alarm.ended(
        "warning",
        Some("412 failed sign-ins in 12 minutes from 6 addresses"),
    ));
    let account = |mut draft: Draft, old: &str, new: &str| {
        draft.changes = vec![Change {
            field: "sign_in",
            old: json!(old),
            new: json!(new),
        }];
        on(draft, victim.party())
    };
    let locked = Draft::new(end + 2 * SECOND, "settings.changed", monitor);
    scene.add(account(locked, "open", "locked"));
    let reset = scene.by(helper, end + 174 * MINUTE, "settings.changed");
    let mut reset = account(reset, "locked", "open, with a new password");
    reset.reason = Some("Ingrid called; it was not her");
    scene.add(reset);
    let mut back = scene.by(victim, end + 181 * MINUTE, "user.login");
    back.metadata
        .insert("login_method".into(), json!("password"));
    scene.add(back);
    Incident {
        title: "A burst of failed sign-ins",
        story: "412 guesses at the password of Ingrid Dahl in 12 minutes, from six addresses. The account was locked; \
                Helena Price opened it again after a call.",
        parameters: vec![
            ("action", "user.login"),
            ("result", "failed"),
            ("filter", "user:is:ingrid.dahl@quillmere.example"),
            ("filter", "context.user_agent:is:Mozilla/5.0 (compatible)"),
        ],
        events: GUESSES as u64,
    }
}
