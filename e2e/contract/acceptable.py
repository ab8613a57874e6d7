"""Makes generated bodies of the control plane ones that the server may accept.

What a schema cannot say is chosen here: ids that are there, roles and permissions of the right
level, times to come, networks, origins, and members that go only together or not at all.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta

MAX_TEXT_BYTES = 200
NETWORKS = ["192.0.2.7", "198.51.100.0/24", "2001:db8::/32"]
ORIGINS = ["https://app.example.com", "http://localhost:5173", "https://a.example:8443"]
DOMAINS = ["example.com", "Example.org"]
ISSUERS = ["https://login.example.com/realm", "https://id.example.org"]
COLUMNS = ["occurred_at", "action", "actor.email", "result", "metadata.model_id"]
QUERIES = [
    None,
    {},
    {"action": ["role.*"], "result": ["failed", "denied"]},
    {"q": "ada", "event_type": "User Actions"},
]
RANGES = [None, "last_7_days", {"from": "2026-01-01", "to": None}]
ZONES = [None, "UTC", "Europe/Berlin"]
# Longer than the tests take.
LATER = (datetime.now(UTC) + timedelta(days=300)).isoformat()


def short(value):
    """A few characters that are others for another value."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def one_of(options, seed):
    return options[int(short(seed), 16) % len(options)]


def some_of(options, seed):
    """A few of them, each once, and at least one."""
    start = int(short(seed), 16) % len(options)
    return (options[start:] + options[:start])[: 1 + len(repr(seed)) % 3]


def within(text, limit=MAX_TEXT_BYTES):
    """The text, cut to this many bytes of UTF-8."""
    return text.encode()[:limit].decode(errors="ignore").strip() or "x"


class Bodies:
    """The bodies that the server may accept where these things are there."""

    def __init__(self, there):
        self.there = there

    def acceptable(self, operation_id, body):
        make = getattr(self, operation_id, None)
        if make is None or not isinstance(body, dict):
            return body
        body = {
            name: within(value) if name in ("name", "description") and value else value
            for name, value in body.items()
        }
        return make(body)

    def role(self, level, seed):
        return one_of(self.there["roles"][level], seed)

    def with_times(self, body):
        if body.get("expires_at") is not None:
            body["expires_at"] = LATER
            body.pop("expires_in_days", None)
        if body.get("allowed_addresses"):
            body["allowed_addresses"] = some_of(NETWORKS, body)
        return body

    def with_origins(self, body):
        if body.get("origins"):
            body["origins"] = some_of(ORIGINS, body)
        return body

    def create_api_key(self, body):
        if body.get("project_id") is not None:
            body["project_id"] = one_of(self.there["projects"], body)
            # An administrator's key is for the whole organization.
            body["kind"] = "read" if body["kind"] == "admin" else body["kind"]
        return self.with_times(body)

    change_api_key = rotate_api_key = with_times
    create_viewer_issuer = change_viewer_issuer = with_origins

    def issue_viewer_token(self, body):
        body["issuer_id"] = one_of(self.there["issuers"], body)
        for name in ("actor_id", "target_id"):
            if name in body:
                body[name] = within(body[name])
        if "project_id" in body:
            body["project_id"] = one_of(self.there["projects"], body)
        return body

    def create_role(self, body):
        body["name"] = f"{within(body['name'], MAX_TEXT_BYTES // 2)} {short(body)}"
        body["permissions"] = some_of(self.there["permissions"][body["level"]], body)
        return body

    def change_role(self, body):
        if "name" in body:
            body["name"] = f"{within(body['name'], MAX_TEXT_BYTES // 2)} {short(body)}"
        if "permissions" in body:
            body["permissions"] = some_of(self.there["permissions"]["project"], body)
        return body

    def set_default_role(self, body):
        return {"role": self.role("organization", body)}

    change_member = set_default_role

    def set_project_member(self, body):
        return {"role": self.role("project", body)}

    def change_members(self, body):
        members = self.there["members"] if body["user_ids"] else []
        return {"user_ids": members, "role": self.role("organization", body)}

    def create_invitation(self, body):
        body["email"] = f"invited-{short(body)}@example.com"
        if "role" in body:
            body["role"] = self.role("organization", body)
        if "project_id" in body or "project_role" in body:
            body["project_id"] = one_of(self.there["projects"], body)
            body["project_role"] = self.role("project", body)
        return body

    def create_project(self, body):
        if "id" in body:
            body["id"] = f"{body['id'][:100]}-{short(body)}"
        return body

    def change_project(self, body):
        # Of an archived one nothing else could be changed.
        body.pop("archived", None)
        return body

    def add_instance_owner(self, body):
        return {"email": one_of(self.there["emails"], body)}

    def create_view(self, body):
        body["definition"] = self.definition(body["definition"])
        return body

    def change_view(self, body):
        if "definition" in body:
            body["definition"] = self.definition(body["definition"])
        return body

    def create_export(self, body):
        made = {"name": body["name"], "format": body["format"], **(one_of(QUERIES, body) or {})}
        if body.get("columns") is not None:
            made["columns"] = some_of(COLUMNS, body)
        return made

    def definition(self, generated):
        made = {**generated, "columns": some_of(COLUMNS, generated)}
        for name, options in (("query", QUERIES), ("range", RANGES), ("tz", ZONES)):
            if name in made:
                made[name] = one_of(options, generated)
        return made

    def set_retention(self, body):
        # Days go with "days" alone. Nothing that the tests record is so old that it would go.
        if body["keep"] != "days":
            body.pop("days", None)
        elif body.get("days") is None:
            body["days"] = 1 + len(repr(body))
        return body

    set_project_retention = set_retention

    def preview_retention(self, body):
        if "rule" in body:
            body["rule"] = self.set_retention(body["rule"])
        if body.get("projects"):
            supposed = self.set_retention(body["projects"][0])
            supposed["project_id"] = one_of(self.there["projects"], body)
            body["projects"] = [supposed]
        return body

    def set_sso(self, body):
        body["issuer"] = one_of(ISSUERS, body)
        for name in ("client_id", "client_secret", "groups_claim"):
            if body.get(name) is not None:
                body[name] = short(body[name])
        body.setdefault("client_secret", None)
        body["domains"] = some_of(DOMAINS, body)
        if body.get("scopes"):
            body["scopes"] = some_of(["email", "profile", "groups"], body)
        if body.get("group_roles"):
            listed = enumerate(body["group_roles"])
            body["group_roles"] = [
                {"group": f"group-{at}", "role": self.role("organization", one)}
                for at, one in listed
            ]
        return body
