//! The shape of a record, as tables: which members an object may have and what each must be.
//!
//! Members of a shape are sorted by name, like those of a parsed object, so that checking one
//! against the other is a single walk; a test holds the tables to it.

use super::limits::{
    MAX_CHANGES, MAX_DESCRIPTION_BYTES, MAX_ON_BEHALF_OF, MAX_PATH_BYTES, MAX_REASON_BYTES,
    MAX_TARGETS, MAX_TERM_BYTES,
};

/// What a member must be.
#[derive(Debug)]
pub(super) enum Rule {
    /// A string that is not empty, of at most [`MAX_TERM_BYTES`].
    Term,
    /// A string of at most that many bytes.
    Text(usize),
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A UUID; normalized.
    Id,
    /// A dotted action.
    Action,
    /// An RFC 3339 time; normalized.
    Time,
    /// The organization of the door.
    Organization,
    /// An IP address; normalized.
    Ip,
    /// An HTTP status.
    Status,
    /// An object of anything, whose leaves count.
    Metadata,
    /// Any value; null is one.
    Any,
    /// An object of that shape.
    Object(&'static Shape),
    /// An array of objects of that shape, of at most that many.
    List(&'static Shape, usize),
}

/// A member that an object may have.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) rule: Rule,
}

/// The members that an object may have; it may have no others.
#[derive(Debug)]
pub(super) struct Shape {
    /// What the object is, with its article, for messages.
    pub(super) what: &'static str,
    pub(super) members: &'static [Member],
}

const fn required(name: &'static str, rule: Rule) -> Member {
    Member {
        name,
        required: true,
        rule,
    }
}

const fn optional(name: &'static str, rule: Rule) -> Member {
    Member {
        name,
        required: false,
        rule,
    }
}

/// Members of the record that the server sets, so that a client must not.
pub(super) const SET_BY_SERVER: [&str; 8] = [
    "badge",
    "catalog_version",
    "category",
    "event_type",
    "index",
    "level",
    "name",
    "received_at",
];

/// The results that an event may have.
pub const RESULTS: [&str; 6] = [
    "success", "failed", "denied", "warning", "approved", "allowed",
];
pub(super) const PHASES: &[&str] = &["attempt", "outcome"];

pub(super) static EVENT: Shape = Shape {
    what: "an event",
    members: &[
        required("action", Rule::Action),
        required("actor", Rule::Object(&ACTOR)),
        optional("attempt_id", Rule::Term),
        optional("changes", Rule::List(&CHANGE, MAX_CHANGES)),
        optional("context", Rule::Object(&CONTEXT)),
        optional("description", Rule::Text(MAX_DESCRIPTION_BYTES)),
        optional("id", Rule::Id),
        optional("metadata", Rule::Metadata),
        optional("occurred_at", Rule::Time),
        optional("on_behalf_of", Rule::List(&AUTHORITY, MAX_ON_BEHALF_OF)),
        optional("organization_id", Rule::Organization),
        optional("phase", Rule::OneOf(PHASES)),
        optional("project_id", Rule::Term),
        optional("reason", Rule::Text(MAX_REASON_BYTES)),
        optional("request", Rule::Object(&REQUEST)),
        optional("result", Rule::OneOf(&RESULTS)),
        optional("targets", Rule::List(&TARGET, MAX_TARGETS)),
    ],
};

/// Actors, those they act for, and targets are named alike.
const PARTY: &[Member] = &[
    optional("email", Rule::Text(MAX_TERM_BYTES)),
    required("id", Rule::Term),
    optional("metadata", Rule::Metadata),
    optional("name", Rule::Text(MAX_TERM_BYTES)),
    required("type", Rule::Term),
];

static ACTOR: Shape = Shape {
    what: "an actor",
    members: PARTY,
};
static AUTHORITY: Shape = Shape {
    what: "a link of on_behalf_of",
    members: PARTY,
};
static TARGET: Shape = Shape {
    what: "a target",
    members: PARTY,
};

static CHANGE: Shape = Shape {
    what: "a change",
    members: &[
        required("field", Rule::Term),
        optional("new", Rule::Any),
        optional("old", Rule::Any),
    ],
};

static CONTEXT: Shape = Shape {
    what: "context",
    members: &[
        optional("ip", Rule::Ip),
        optional("run_id", Rule::Term),
        optional("session_id", Rule::Term),
        optional("span_id", Rule::Term),
        optional("trace_id", Rule::Term),
        optional("user_agent", Rule::Text(MAX_TERM_BYTES)),
    ],
};

static REQUEST: Shape = Shape {
    what: "request",
    members: &[
        optional("body", Rule::Any),
        optional("method", Rule::Text(MAX_TERM_BYTES)),
        optional("path", Rule::Text(MAX_PATH_BYTES)),
        optional("response", Rule::Any),
        optional("status", Rule::Status),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_sorted(shape: &Shape) {
        let names: Vec<&str> = shape.members.iter().map(|member| member.name).collect();
        assert!(
            names.is_sorted_by(|a, b| a < b),
            "{}: {names:?}",
            shape.what
        );
        for member in shape.members {
            if let Rule::Object(inner) | Rule::List(inner, _) = &member.rule {
                assert_sorted(inner);
            }
        }
    }

    #[test]
    fn members_are_sorted_by_name() {
        assert_sorted(&EVENT);
        assert!(SET_BY_SERVER.is_sorted());
    }

    #[test]
    fn the_server_sets_nothing_that_clients_send() {
        for name in SET_BY_SERVER {
            assert!(
                EVENT.members.iter().all(|member| member.name != name),
                "{name}"
            );
        }
    }
}
