"""What stands on the server before the tests begin, made through its own operations.

What must hold: whatever is taken away is one of several that were made for it, and nothing that the
tests stand on is among what an operation may be given: their key, their person and that person's
session, and their organization.
"""

import http.client
import json
import time
import urllib.parse

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery"
# What somebody who joins chooses, and later changes it to: both hard to guess.
JOINING = "seven wet lanterns sing"
CHANGED = "nine dry compasses hum"
SESSION_COOKIE = "evident_session"
FROM_OWN_PAGE = {"sec-fetch-site": "same-origin"}
# A provider that is never asked, since `check` is false.
SSO = {
    "issuer": "https://login.example.com/realm",
    "client_id": "evident",
    "client_secret": "s3cret",
    "domains": ["example.com"],
}
RETENTION = {"keep": "days", "days": 36500}
VIEW = {"name": "Failed", "shared": True, "definition": {"columns": ["occurred_at", "action"]}}
EXPORT = {"format": "ndjson", "range": "all_time"}
POLL_SECONDS = 0.02


class Failed(Exception):
    """Something beside what Schemathesis checks does not hold."""


class Answer:
    """An answer as it came."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def cookie(self):
        """The session that the answer begins."""
        for header in self.headers.get_all("set-cookie") or []:
            name, _, value = header.partition(";")[0].partition("=")
            if name == SESSION_COOKIE:
                return value
        raise Failed("the answer begins no session")


class Client:
    """Requests to the server, with a key, a session, or neither."""

    def __init__(self, url, patience_seconds, key=None, session=None):
        self.host = urllib.parse.urlsplit(url).netloc
        self.url, self.patience_seconds = url, patience_seconds
        self.key, self.session = key, session
        self.headers = dict(FROM_OWN_PAGE)
        if key is not None:
            self.headers["authorization"] = f"Bearer {key}"
        if session is not None:
            self.headers["cookie"] = f"{SESSION_COOKIE}={session}"

    def send(self, method, path, body=None, **headers):
        """Whatever is answered."""
        connection = http.client.HTTPConnection(self.host, timeout=self.patience_seconds)
        headers = {**self.headers, **headers}
        if body is not None:
            body = json.dumps(body)
            headers["content-type"] = "application/json"
        try:
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())
        except http.client.HTTPException as error:
            raise Failed(f"{method} {path} has no answer: {error!r}") from None
        finally:
            connection.close()

    def ask(self, method, path, body=None):
        """The document that is answered, which must be one of success."""
        answer = self.send(method, path, body)
        if not 200 <= answer.status < 300:
            detail = answer.body.decode(errors="replace")
            raise Failed(f"{method} {path} was answered {answer.status}: {detail}")
        return answer.json() if answer.body else None

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body=None):
        return self.ask("POST", path, body)

    def sign_in(self, email, password):
        """Somebody who is signed in."""
        credentials = {"email": email, "password": password}
        answer = self.send("POST", "/v1/auth/login", credentials)
        if answer.status != 200:
            raise Failed(f"{email} cannot sign in: {answer.status} {answer.body!r}")
        return Client(self.url, self.patience_seconds, session=answer.cookie())


class Stage:
    """Makes it all, and says which operation may be given what."""

    def __init__(self, url, key, organization, patience_seconds):
        self.key = Client(url, patience_seconds, key=key)
        self.nobody = Client(url, patience_seconds)
        self.ada = self.nobody.sign_in(EMAIL, PASSWORD)
        self.session = self.ada.session
        self.organization = organization
        self.people = 0
        seen = self.ada.get("/v1/auth/session")
        self.spared = [
            organization,
            seen["user"]["id"],
            seen["session"]["id"],
            *[key["id"] for key in self.key.get("/v1/api-keys")["data"]],
        ]

    def invited(self):
        """A new person's address, and the token of the invitation."""
        self.people += 1
        email = f"person{self.people}@example.com"
        made = self.key.post("/v1/invitations", {"email": email, "role": "auditor"})
        return email, made["id"], made["link"].partition("#")[2]

    def joined(self):
        """A new member: the id and the address."""
        email, _, token = self.invited()
        joining = {"token": token, "name": "Person", "password": JOINING}
        return self.nobody.post("/v1/invitations/accept", joining)["user_id"], email

    def set(self):
        """What there is for operations: ids by operation and parameter, and what bodies may name."""
        key, ada = self.key, self.ada

        def several(count, make):
            return [make(at)["id"] for at in range(count)]

        def api_key(at):
            return key.post("/v1/api-keys", {"name": f"Key {at}", "kind": "read"})

        def role(at):
            level = "project" if at % 2 else "organization"
            permissions = ["events.read"]
            new = {"name": f"Role {at}", "level": level, "permissions": permissions}
            return key.post("/v1/roles", new)

        def project(at):
            return key.post("/v1/projects", {"name": f"Project {at}"})

        def archived(at):
            made = project(at)
            return key.ask("PATCH", f"/v1/projects/{made['id']}", {"archived": True})

        def organization(at):
            made = ada.post("/v1/organizations", {"name": f"Organization {at}"})
            return ada.ask("PATCH", f"/v1/organizations/{made['id']}", {"archived": True})

        def issuer(at):
            return key.post("/v1/viewer-issuers", {"name": f"Issuer {at}"})

        def view(at):
            return key.post("/v1/views", {**VIEW, "name": f"View {at}"})

        def export(at):
            return key.post("/v1/exports", {**EXPORT, "name": f"Export {at}"})

        def session(_):
            return self.nobody.sign_in(EMAIL, PASSWORD).get("/v1/auth/session")["session"]

        keys, roles, projects = several(12, api_key), several(6, role), several(2, project)
        people = [self.joined() for _ in range(7)]
        ids = [user_id for user_id, _ in people]
        invitations = [self.invited()[1] for _ in range(4)]
        issuers, views = several(4, issuer), several(6, view)
        exports = several(8, export)
        self.wait_for(exports)
        for user_id in ids[3:5]:
            member = f"/v1/projects/{projects[0]}/members/{user_id}"
            key.ask("PUT", member, {"role": self.role_of("project")})
        for user_id in ids[4:6]:
            ada.post("/v1/instance/owners", {"user_id": user_id})
        key.ask("PUT", "/v1/sso?check=false", SSO)
        # Whatever is set beside it, there is something that retention can run over.
        key.ask("PUT", f"/v1/retention/projects/{projects[1]}", RETENTION)
        return {
            "paths": {
                "get_api_key": {"id": keys[:2]},
                "change_api_key": {"id": keys[2:4]},
                "rotate_api_key": {"id": keys[4:8]},
                "revoke_api_key": {"id": keys[8:]},
                "end_session": {"id": several(3, session)},
                "remove_instance_owner": {"user_id": ids[4:6]},
                "revoke_invitation": {"id": invitations[:2]},
                "renew_invitation": {"id": invitations[2:]},
                "get_member": {"user_id": ids[:1]},
                "remove_member": {"user_id": ids[1:3]},
                "change_member": {"user_id": ids[:1]},
                "make_password_reset": {"user_id": ids[:1]},
                "end_sessions_of_member": {"user_id": ids[:1]},
                "get_organization": {"id": [self.organization]},
                "change_organization": {"id": [self.organization]},
                "delete_organization": {"id": several(3, organization)},
                "get_project": {"id": projects},
                "change_project": {"id": projects[1:]},
                "delete_project": {"id": several(4, archived)},
                "list_project_members": {"id": projects[:1]},
                "set_project_member": {"id": projects[:1], "user_id": ids[:1]},
                "remove_project_member": {"id": projects[:1], "user_id": ids[3:5]},
                "get_role": {"id": [roles[0], "auditor"]},
                "change_role": {"id": roles[:2]},
                "delete_role": {"id": roles[2:]},
                "revoke_viewer_issuer": {"id": issuers[2:]},
                "change_viewer_issuer": {"id": issuers[:1]},
                "get_project_retention": {"project_id": projects},
                "set_project_retention": {"project_id": projects[:1]},
                "delete_project_retention": {"project_id": projects[:1]},
                "get_view": {"id": views[:2]},
                "delete_view": {"id": views[4:]},
                "change_view": {"id": views[:2]},
                "get_export": {"id": exports[:2]},
                "download_export": {"id": exports[:2]},
                "delete_export": {"id": exports[2:]},
            },
            "spared": self.spared,
            "roles": {level: self.roles_of(level) for level in ("organization", "project")},
            "permissions": {
                level: [
                    one["name"]
                    for one in key.get("/v1/permissions")["data"]
                    if level in one["levels"]
                ]
                for level in ("organization", "project")
            },
            "projects": projects[:1],
            "members": ids[:1],
            "emails": [email for _, email in people[5:]],
            "issuers": issuers[:1],
        }

    def wait_for(self, exports):
        """Their files are there afterwards."""
        deadline = time.monotonic() + self.key.patience_seconds
        for export_id in exports:
            while self.key.get(f"/v1/exports/{export_id}")["status"] != "complete":
                if time.monotonic() > deadline:
                    raise Failed(f"the export {export_id} is not complete")
                time.sleep(POLL_SECONDS)

    def roles_of(self, level):
        """The built-in roles that may be held there."""
        roles = self.key.get("/v1/roles")["data"]
        return [role["id"] for role in roles if role["built_in"] and level in role["levels"]]

    def role_of(self, level):
        return self.roles_of(level)[0]
