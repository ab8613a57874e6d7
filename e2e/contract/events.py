"""What is on the log before the tests begin: enough that whatever is read finds something.

Ids are fixed, so that every run asks for the same ones.
"""

from datetime import UTC, datetime, timedelta

OWN_TYPE = {
    "action": "contract.own_type",
    "name": "Contract event",
    "aliases": ["Contract alias"],
    "category": "Contract",
    "event_type": "Policy Changes",
    "badge": "Contract",
    "level": "project",
    "description": "An event type of the organization's own.",
    "template": "{actor} ran [model {metadata.model_id}|a model]",
    "metadata": [
        {"key": "model_id", "label": "Model ID", "type": "string", "required": True},
        {"key": "tokens", "label": "Tokens", "type": "integer"},
        {"key": "token", "label": "Token", "type": "string", "secret": True},
    ],
}

# More than a tile of the log has, so that there is a full one.
COUNT = 264
IDS = [f"0198c5f0-7c1e-7a3b-9f52-{number:012x}" for number in range(COUNT)]

ACTIONS = [
    "user.login",
    "role.created",
    "guardrail.updated",
    "agent.created",
    OWN_TYPE["action"],
    "invoice.paid",
]
RESULTS = ["success", "failed", "denied", "warning", "approved", "allowed"]
ACTORS = [
    {"type": "user", "id": "usr_1", "name": "Ada Obi", "email": "ada@example.com"},
    {"type": "user", "id": "usr_2", "email": "straße@example.com", "metadata": {"team": "core"}},
    {"type": "agent", "id": "agt_1", "name": "Ω agent 🤖"},
    {"type": "api_key", "id": "key_1"},
]
DETAILS = [
    {},
    {
        "project_id": "prj_checkout",
        "metadata": {"model_id": "m-1", "tokens": 12, "token": "s3cret"},
    },
    {
        "project_id": "prj_search",
        "metadata": {"model_id": "m-2", "nested": {"deep": [True, None, 1.5, "x"]}, "a.b": "c"},
        "on_behalf_of": [{"type": "user", "id": "usr_9"}, {"type": "agent", "id": "agt_9"}],
        "reason": "asked for",
    },
    {
        "targets": [
            {"type": "guardrail", "id": "g_7", "name": "No secrets", "metadata": {"version": 3}},
            {"type": "user", "id": "usr_3", "email": "grace@example.com"},
        ],
        "changes": [{"field": "threshold", "old": 0.4, "new": 0.7}, {"field": "owner", "old": None}],
        "context": {"ip": "203.0.113.7", "user_agent": "curl/8", "session_id": "s", "run_id": "r"},
    },
    {
        "request": {"method": "PUT", "path": "/a?token=b", "status": 200, "body": {"a": [1]}},
        "context": {"ip": "2001:db8::1", "trace_id": "t", "span_id": "p"},
        "description": "Line one\nline two, \u202eturned\u202c",
    },
]


def event(number):
    """One event; together they have every member and every combination that a query asks for."""
    made = {
        "id": IDS[number],
        "action": ACTIONS[number % len(ACTIONS)],
        "actor": ACTORS[number % len(ACTORS)],
        "result": RESULTS[(number // 2) % len(RESULTS)],
        "occurred_at": (datetime.now(UTC) - timedelta(hours=11 * number)).isoformat(),
        **DETAILS[number % len(DETAILS)],
    }
    # Attempts, every other one with its outcome.
    if number % 8 < 2:
        made["attempt_id"] = f"attempt-{number // 8}"
        made["phase"] = "outcome" if number % 8 else "attempt"
    elif number % 8 == 4:
        made["attempt_id"] = f"open-{number // 8}"
        made["phase"] = "attempt"
    return made


EVENTS = [event(number) for number in range(COUNT)]
