//! What the server and the catalog add to an event, frozen into its canonical bytes.
//!
//! A later edit of the catalog must rewrite no history, so everything a reader needs to name and
//! group the event is written into it now, with the version of the catalog it came from.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::canonical::{Object, Strings, write_plain, write_str};
use crate::catalog::{Entry, EventType, Field, Level};
use crate::id::EventId;
use crate::json::{Json, Members, compare_names, place_of, shown};
use crate::time::Timestamp;

use super::Door;
use super::limits::MAX_DESCRIPTION_BYTES;
use super::refusal::{At, Findings};

const CUSTOM_CATEGORY: &str = "Custom";
const CUSTOM_BADGE: &str = "Custom Event";
const DEFAULT_RESULT: &str = "success";
const DEFAULT_PHASE: &str = "outcome";
const UNKNOWN_ACTOR: &str = "Someone";
const ELLIPSIS: &str = "…";

/// The catalog's entry for the event, whose known metadata is checked.
pub(super) fn look_up<'d>(
    members: &Members<'_>,
    door: &Door<'d>,
    findings: &mut Findings,
) -> Option<&'d Entry> {
    let action = member_text(members, "action")?;
    let Some(entry) = door.catalog.get(action) else {
        if door.strict {
            refuse_unknown(action, door, findings);
        }
        return None;
    };
    let metadata = find(members, "metadata");
    for field in &entry.metadata {
        check_field(
            field,
            metadata.and_then(|all| all.get(&field.key)),
            door.strict,
            findings,
        );
    }
    Some(entry)
}

#[cold]
fn refuse_unknown(action: &str, door: &Door<'_>, findings: &mut Findings) {
    let near = || door.catalog.closest_action(action).map(str::to_owned);
    findings.refuse_suggesting(&At::Member(&At::Event, "action"), "unknown_action", near, || {
        format!(
            "expected an action of the catalog, since the organization is strict, found {:?}: see \
             GET /v1/catalog",
            shown(action)
        )
    });
}

fn check_field(field: &Field, value: Option<&Json<'_>>, strict: bool, findings: &mut Findings) {
    let metadata = At::Member(&At::Event, "metadata");
    let at = At::Member(&metadata, &field.key);
    match value {
        None | Some(Json::Null) if field.required => {
            let message = || {
                format!(
                    "expected metadata.{} ({}), which the catalog requires for this action: add it",
                    field.key, field.label
                )
            };
            if strict {
                findings.refuse(&at, "missing_metadata", message);
            } else {
                findings.warn(&at, "missing_metadata", message());
            }
        }
        Some(value) if !field.kind.accepts(value) => findings.refuse(&at, "wrong_type", || {
            let (expected, found) = (field.kind.expected(), value.kind());
            format!(
                "expected {} to be {expected}, found {found}: send {expected}",
                field.label
            )
        }),
        _ => {}
    }
}

/// Appends the canonical bytes of the event: the members that were sent, and what is missing of them
/// or known to the server. `strings` is what is known of the members.
pub(super) fn write(
    members: &Members<'_>,
    entry: Option<&Entry>,
    door: &Door<'_>,
    id: EventId,
    occurred_at: Timestamp,
    strings: Strings,
    out: &mut Vec<u8>,
) {
    let frozen = Frozen::of(entry, members, door.levels);
    let mut merge = Merge::new(members, strings, out);
    merge.add("badge", |out| write_str(frozen.badge, out));
    merge.add("catalog_version", |out| {
        write_str(door.catalog.version(), out);
    });
    merge.add("category", |out| write_str(frozen.category, out));
    merge.add("description", |out| {
        write_str(&describe(members, entry), out);
    });
    merge.add("event_type", |out| write_str(frozen.event_type, out));
    merge.add("id", |out| write_plain(&id.to_ascii(), out));
    merge.add("level", |out| write_str(frozen.level, out));
    merge.add("name", |out| write_str(frozen.name, out));
    merge.add("occurred_at", |out| {
        write_plain(&occurred_at.to_ascii(), out);
    });
    merge.add("organization_id", |out| {
        write_str(door.organization_id, out);
    });
    merge.add("phase", |out| write_str(DEFAULT_PHASE, out));
    merge.add("received_at", |out| {
        write_plain(&door.received_at.to_ascii(), out);
    });
    merge.add("result", |out| write_str(DEFAULT_RESULT, out));
    merge.finish();
}

/// Members that were sent and members that are added, written in one order. Names are ASCII.
struct Merge<'m, 'a> {
    sent: std::slice::Iter<'m, (Cow<'a, str>, Json<'a>)>,
    object: Object<'m>,
}

impl<'m, 'a> Merge<'m, 'a> {
    fn new(sent: &'m Members<'a>, strings: Strings, out: &'m mut Vec<u8>) -> Self {
        Self {
            sent: sent.iter(),
            object: Object::begin(strings, out),
        }
    }

    /// Adds a member unless it was sent. Calls come in the order of names.
    #[inline]
    fn add(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        while let Some((next, value)) = self.sent.as_slice().first() {
            match compare_names(next, name) {
                Ordering::Less => {
                    self.object.member(next, value);
                    self.sent.next();
                }
                Ordering::Equal => return,
                Ordering::Greater => break,
            }
        }
        write(self.object.plain_name(name));
    }

    fn finish(mut self) {
        for (name, value) in self.sent {
            self.object.member(name, value);
        }
        self.object.end();
    }
}

/// What the catalog says of an event, or what is said of one that it does not know.
struct Frozen<'d> {
    badge: &'d str,
    category: &'d str,
    event_type: &'d str,
    level: &'d str,
    name: &'d str,
}

impl<'d> Frozen<'d> {
    fn of(entry: Option<&'d Entry>, members: &'d Members<'_>, levels: &[(String, Level)]) -> Self {
        if let Some(entry) = entry {
            return Self {
                badge: &entry.badge,
                category: &entry.category,
                event_type: entry.event_type.as_str(),
                level: entry.level.as_str(),
                name: &entry.name,
            };
        }
        Self {
            badge: CUSTOM_BADGE,
            category: CUSTOM_CATEGORY,
            event_type: EventType::SystemEvents.as_str(),
            level: level_by_scope(member_text(members, "project_id"), levels).as_str(),
            name: member_text(members, "action").unwrap_or_default(),
        }
    }
}

/// The level of an event that the catalog does not know: that of its project, or of no project.
fn level_by_scope(project_id: Option<&str>, levels: &[(String, Level)]) -> Level {
    let Some(id) = project_id else {
        return Level::Organization;
    };
    let at = levels.binary_search_by(|(project, _)| project.as_str().cmp(id));
    let registered = at.ok().and_then(|at| levels.get(at));
    registered.map_or(Level::Project, |(_, level)| *level)
}

/// The description of an event whose sender gave none.
fn describe(members: &Members<'_>, entry: Option<&Entry>) -> String {
    let text = match entry {
        Some(entry) => entry.render(&|path| known(members, entry, path)),
        None => {
            let actor = actor(members).unwrap_or(UNKNOWN_ACTOR);
            let action = member_text(members, "action").unwrap_or_default();
            format!("{actor} performed {action}")
        }
    };
    cut(text)
}

/// What a template asks for. A secret is never told, though templates are refused that ask for one.
fn known<'m>(members: &'m Members<'_>, entry: &Entry, path: &str) -> Option<Cow<'m, str>> {
    if let Some(key) = path.strip_prefix("metadata.") {
        if entry.field(key).is_some_and(|field| field.secret) {
            return None;
        }
        return find(members, "metadata")?.get(key)?.scalar_text();
    }
    let text = match path {
        "actor" => actor(members),
        "project_id" => member_text(members, path),
        "result" => member_text(members, path).or(Some(DEFAULT_RESULT)),
        "phase" => member_text(members, path).or(Some(DEFAULT_PHASE)),
        _ => {
            let target = find(members, "targets")?.as_array()?.first()?;
            target.get(path.strip_prefix("target.")?)?.as_str()
        }
    };
    text.filter(|text| !text.is_empty()).map(Cow::Borrowed)
}

/// The actor's name, else e-mail address, else id.
fn actor<'m>(members: &'m Members<'_>) -> Option<&'m str> {
    let actor = find(members, "actor")?;
    ["name", "email", "id"]
        .into_iter()
        .filter_map(|name| actor.get(name)?.as_str())
        .find(|text| !text.is_empty())
}

fn find<'m, 'a>(members: &'m Members<'a>, name: &str) -> Option<&'m Json<'a>> {
    members
        .get(place_of(members, name)?)
        .map(|(_, value)| value)
}

/// The text of a top-level member.
pub(super) fn member_text<'m>(members: &'m Members<'_>, name: &str) -> Option<&'m str> {
    find(members, name)?.as_str()
}

/// Within what a sender's own description may have.
fn cut(mut text: String) -> String {
    if text.len() > MAX_DESCRIPTION_BYTES {
        text.truncate(text.floor_char_boundary(MAX_DESCRIPTION_BYTES - ELLIPSIS.len()));
        text.push_str(ELLIPSIS);
    }
    text
}
