"""Makes what Schemathesis generates mean something to the server.

Generated texts alone would hardly ever be a filter, a time zone or an id that is there, so the tests
would not get past the parsers. What is changed here must hold to two rules: a part of a request that
is wrong on purpose stays as it is, and a part that is right stays right.
"""

import json
import os
import re
import uuid
import zlib
from datetime import UTC, datetime
from pathlib import Path

import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

import acceptable
import events

ORGANIZATION = os.environ["CONTRACT_ORGANIZATION"]
# What run.py has made: see stage.py.
THERE = json.loads(Path(os.environ["CONTRACT_THERE"]).read_text())
BODIES = acceptable.Bodies(THERE)
# What the tests stand on, and an id of nothing in its place.
SPARED = set(THERE["spared"])
NOTHING = "0" * 32

# JSON as RFC 8785 carries it: integers up to the one, other numbers also from the other on.
MAX_SAFE_INTEGER = 2**53 - 1
FIRST_EXPONENT = 1e21
# Events of more than a day ahead are refused.
TODAY = datetime.now(UTC).date().isoformat()
NDJSON = "application/x-ndjson"
READ_ACTION = "audit_log.read"
# Of event types: lengths in bytes of UTF-8, actions as they are spelled, keys that are no metadata.
MAX_NAME_BYTES = 200
MAX_SENTENCE_BYTES = 1000
MAX_FIELDS = 64
GOOD_ACTION = re.compile(r"(?=.{1,200}$)[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+")
KEYS_OF_RECORD = {"user_id", "actor_id", "user_name", "email", "email_id", "ip", "ip_address"}

QUERY_TEXTS = {
    "project_id": ["prj_checkout", "prj_search"],
    "tz": ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"],
    "from": ["2020-01-01", "2026-02-13T10:28:22Z", "2025-03-30T01:30:00+02:00"],
    "to": ["2100-01-01", "2026-02-14T12:00:00.5Z"],
    "q": ["ada", '"ada obi"', "guard -result:success", 'action:role.* user:"Ada Obi"', "straße"],
    "around": events.IDS,
    "field": ["category", "action", "user", "metadata.model_id"],
    "split_by": ["category", "result", "user", "metadata.model_id"],
    "prefix": ["", "r", "Ada"],
}
QUERY_LISTS = {
    "filter": [
        "category:is:Guardrails",
        "user:is:ada obi",
        "actor.id:is_not:usr_1",
        "metadata.model_id:is:m-1",
        "metadata.nested.deep:is_not:true",
        "target.id:is:g_7",
        "context.ip:is:203.0.113.7",
        "authority:is:usr_9",
    ],
    "fields": ["category", "action,actor.id", "user", "metadata.model_id"],
    "columns": ["Date and Time", "User/App Name", "occurred_at,action", "metadata.model_id"],
    "action": ["role.*", "*", "*.created", "user.login", "contract.own_type"],
}
# Of those that exclude each other, the later ones are left out.
EXCLUSIVE = [("range", "from"), ("range", "to"), ("cursor", "around")]
# What hides the rest of a request (a made-up cursor is refused before anything else is looked at, a
# taken id is a conflict) is kept once in so many requests.
SELDOM = 8


def digest(value):
    return zlib.crc32(repr(value).encode("utf-8", "surrogatepass"))


def short(value):
    """A few characters that are others for another value."""
    return format(digest(value), "x")


def choose(options, seed):
    """One of the options: the same for the same request, so that a run can be repeated."""
    return options[digest(seed) % len(options)]


def meaningful_query(query):
    """Texts that the query's parsers take, mostly, and no two parameters that exclude each other."""
    chosen = dict(query)
    for name, value in query.items():
        if name in QUERY_TEXTS and isinstance(value, str):
            chosen[name] = choose([*QUERY_TEXTS[name], value], (name, query))
        if name in QUERY_LISTS and isinstance(value, list):
            options = QUERY_LISTS[name]
            items = enumerate(value)
            chosen[name] = [choose([*options, item], (at, name, query)) for at, item in items]
    if choose(range(SELDOM), query) > 0:
        chosen.pop("cursor", None)
        for kept, left_out in EXCLUSIVE:
            if kept in chosen:
                chosen.pop(left_out, None)
    return chosen


def meaningful_record(query):
    """Waits for a checkpoint seldom: that takes the better part of a second."""
    chosen = dict(query)
    if choose(range(SELDOM**2), query) > 0:
        chosen.pop("wait", None)
    return chosen


def meaningful_control(operation_id, query):
    """An organization and a role that are there."""
    chosen = dict(query)
    if "organization_id" in chosen:
        chosen["organization_id"] = ORGANIZATION
    if operation_id == "list_organizations":
        # All of them are for the instance's owners, who have no key: once.py asks for them.
        chosen.pop("all", None)
    if "replace_with" in chosen:
        chosen["replace_with"] = "auditor"
    return chosen


def meaningful_sizes(query):
    """Two sizes that the log has had, the smaller one first."""
    chosen = {**query, "from": choose([0, 1, events.COUNT], query)}
    if str(query.get("to", "")).isdigit():
        chosen["to"] = choose([events.COUNT, chosen["from"] + int(query["to"]) // 2], query)
    return chosen


def meaningful_path(operation_id, path, must_be_there):
    """Ids that are there: always, or mostly."""

    def mostly(name, *there):
        return choose([*there * SELDOM, *[path[name]] * (not must_be_there)], path)

    own = events.OWN_TYPE["action"]
    chosen = dict(path)
    if "organization_id" in path:
        chosen["organization_id"] = mostly("organization_id", ORGANIZATION)
    for name, ids in THERE["paths"].get(operation_id, {}).items():
        chosen[name] = mostly(name, *ids)
    if operation_id == "tile":
        chosen["level"] = mostly("level", 0)
    if operation_id in ("tile", "entry_bundle"):
        # A partial tile's path has a slash, which would be sent as an escape.
        chosen["tile"] = mostly("tile", "000")
    if operation_id in ("get_event", "get_event_proof"):
        chosen["id"] = mostly("id", *events.IDS)
    if operation_id == "get_event_type":
        chosen["action"] = mostly("action", "user.login", own)
    if operation_id == "replace_event_type":
        chosen["action"] = mostly("action", own)
    return chosen


def representable(value):
    """The same, with 0 for each number that RFC 8785 cannot carry."""
    if isinstance(value, dict):
        return {name: representable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [representable(item) for item in value]
    if isinstance(value, int):
        return value if abs(value) <= MAX_SAFE_INTEGER else 0
    if isinstance(value, float):
        return 0 if MAX_SAFE_INTEGER < abs(value) < FIRST_EXPONENT else value
    return value


def acceptable_event(event, may_conflict):
    """The same event as a key of this organization may send it, mostly with an id that is new."""
    event = representable(event)
    if event.get("id") is not None:
        fresh = str(uuid.uuid5(uuid.NAMESPACE_OID, repr(event)))
        event["id"] = choose([fresh] * SELDOM + [event["id"]] * may_conflict, event)
    if event.get("organization_id") is not None:
        event["organization_id"] = ORGANIZATION
    if (event.get("occurred_at") or "") > TODAY:
        event["occurred_at"] = "2026-02-13T10:28:22Z"
    return event


def acceptable_submission(media_type, body, may_conflict):
    if media_type == NDJSON:
        lines = [json.dumps(event) for event in events.EVENTS]
        return "\n".join(choose([lines[:1], lines[:5], lines], body))
    if isinstance(body, dict) and isinstance(body.get("events"), list):
        return {"events": [acceptable_event(event, may_conflict) for event in body["events"]]}
    return acceptable_event(body, may_conflict)


def acceptable_event_type(body, action):
    """The same event type, with names that mean nothing else yet and, mostly, a new action."""
    body = dict(body)
    if body.get("action") is not None:
        fresh = f"{body['action'][: MAX_NAME_BYTES // 2]}-{short(body)}"
        body["action"] = action or choose([fresh] * SELDOM + [body["action"]], body)
    owner = short(action or body["action"])
    body["name"] = within(body["name"], MAX_NAME_BYTES - len(owner) - 1) + " " + owner
    if body.get("aliases"):
        body["aliases"] = [f"Alias {at} of {owner}" for at, _ in enumerate(body["aliases"])]
    body["template"] = choose([events.OWN_TYPE["template"], "{actor} was here"], body["template"])
    fields = {field["key"]: field for field in body.get("metadata") or []}
    # The template names one of them.
    fields["model_id"] = {"key": "model_id", "label": "Model ID", "type": "string"}
    fields = [field for key, field in fields.items() if key not in KEYS_OF_RECORD][:MAX_FIELDS]
    body["metadata"] = [{**field, "secret": field["key"] != "model_id"} for field in fields]
    body["category"] = within(body["category"], MAX_NAME_BYTES)
    body["badge"] = within(body["badge"], MAX_NAME_BYTES)
    body["description"] = within(body["description"], MAX_SENTENCE_BYTES)
    return body


def acceptable_change(body):
    """The same change, but that events of all kinds are still accepted after it, and the log private."""
    body = dict(body)
    if body.get("strict"):
        body["strict"] = False
    if body.get("archived"):
        body["archived"] = False
    if "name" in body:
        body["name"] = within(body["name"], MAX_NAME_BYTES)
    if body.get("log", {}).get("public"):
        body["log"] = {"public": False}
    if body.get("redaction", {}).get("exceptions"):
        exceptions = body["redaction"]["exceptions"]
        simple = [text if text.isalnum() else "request.body.user.token" for text in exceptions]
        body["redaction"] = {**body["redaction"], "exceptions": simple}
    return body


def within(text, limit):
    """The text, cut to this many bytes of UTF-8."""
    return text.encode()[:limit].decode(errors="ignore").strip() or "x"


def acceptable_body(operation_id, case):
    if operation_id == "record_events":
        # With `partial`, a request of which nothing is kept is not acceptable.
        return acceptable_submission(case.media_type, case.body, "partial" not in case.query)
    if operation_id == "add_event_type":
        return acceptable_event_type(case.body, None)
    if operation_id == "replace_event_type":
        return acceptable_event_type(case.body, case.path_parameters["action"])
    if operation_id == "change_organization":
        return acceptable_change(case.body)
    return BODIES.acceptable(operation_id, case.body)


def follow_links(operation_id, case):
    """What a link puts in comes after `map_case`: ids that are taken, and Evident's own action."""
    if operation_id == "record_events" and isinstance(case.body, dict):
        case.query.pop("partial", None)
        if case.body.get("action") == READ_ACTION:
            case.body["action"] = "user.login"


def spare(case):
    """Puts an id of nothing for what the tests stand on, where it could be taken away or changed."""
    operation_id = case.operation.definition.raw.get("operationId")
    if case.method != "GET" and operation_id != "change_organization":
        for name, value in (case.path_parameters or {}).items():
            if isinstance(value, str) and value in SPARED:
                kind = value.partition("_")[0]
                case.path_parameters[name] = f"{kind}_{NOTHING}"
    if isinstance(case.body, dict) and isinstance(case.body.get("user_ids"), list):
        sent = case.body["user_ids"]
        left = [one for one in sent if not isinstance(one, str) or one not in SPARED]
        case.body = {**case.body, "user_ids": left}


def unmasked(operation_id, case):
    """The same wrong body, where nothing else can be what it is refused or accepted for."""
    if operation_id == "record_events":
        # The good events of a batch would be kept.
        case.query.pop("partial", None)
    if operation_id == "add_event_type" and isinstance(case.body, dict):
        action = case.body.get("action")
        if isinstance(action, str) and GOOD_ACTION.fullmatch(action):
            # One that is taken is a conflict, whatever else is wrong.
            fresh = short(case.body)
            case.body = {**case.body, "action": f"contract.{fresh}"}


@schemathesis.hook
def map_case(context, case):
    wrong = case.meta.is_negative_at
    operation_id = case.operation.definition.raw.get("operationId")
    if not wrong(ParameterLocation.PATH):
        must_be_there = case.meta.generation.mode.is_negative
        case.path_parameters = meaningful_path(operation_id, case.path_parameters, must_be_there)
    if not wrong(ParameterLocation.QUERY):
        if operation_id == "record_events":
            case.query = meaningful_record(case.query)
        elif operation_id == "log_consistency":
            case.query = meaningful_sizes(case.query)
        else:
            case.query = meaningful_control(operation_id, meaningful_query(case.query))
    elif isinstance(case.query.get("organization_id"), str):
        # Every text is one, so something else is wrong: which another organization would hide.
        case.query["organization_id"] = ORGANIZATION
    if wrong(ParameterLocation.BODY):
        unmasked(operation_id, case)
    elif case.body is not NOT_SET:
        case.body = acceptable_body(operation_id, case)
    if "Idempotency-Key" in case.headers and not wrong(ParameterLocation.HEADER):
        # The same key makes the same ids.
        case.headers["Idempotency-Key"] = str(uuid.uuid5(uuid.NAMESPACE_OID, repr(case.body)))
    if case.headers.get("Content-Encoding") in ("gzip", "zstd"):
        # Bodies are sent as they are. That compressed ones are read is tested by the server's tests.
        case.headers["Content-Encoding"] = "identity"
    return case


@schemathesis.hook
def before_call(context, case, kwargs):
    operation_id = case.operation.definition.raw.get("operationId")
    if case.meta is not None:
        is_positive = not case.meta.generation.mode.is_negative
        if case.meta.phase.name == TestPhase.STATEFUL and is_positive:
            follow_links(operation_id, case)
        if operation_id == "set_sso" and not case.meta.is_negative_at(ParameterLocation.QUERY):
            # Examples are not mapped. No provider is there to be asked.
            case.query = {**(case.query or {}), "check": "false"}
    if operation_id == "make_password_reset" and case.body is None:
        # The document lets `null` stand for no body; Schemathesis holds it to be right and wrong at once.
        is_wrong = case.meta is not None and case.meta.generation.mode.is_negative
        case.body = [] if is_wrong else {}
    spare(case)
