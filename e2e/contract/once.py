"""Operations that are asked once each, by hand, and held against the document.

These take away what other operations stand on (a session, a password, a second factor), or need a
secret that is shown once, so generated requests would never succeed at them, or be throttled.
"""

import base64
import hmac
import struct
import time

import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import stage

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
STEP_SECONDS = 30
# What is refused must be answered as the document says as well.
NOT_A_TOKEN = "x" * 43
OTHER_PASSWORD = "four loud windmills nap"

# By their ids, in the order in which they are asked.
ASKED_ONCE = [
    "sign_in",
    "end_other_sessions",
    "change_password",
    "begin_second_factor",
    "confirm_second_factor",
    "renew_recovery_codes",
    "end_second_factor",
    "sign_out",
    "reset_password",
    "look_up_invitation",
    "accept_invitation",
    "start_sso",
    "finish_sso",
    "set_up",
]


def code_of(secret, now):
    """The code of an authenticator app (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(now) // STEP_SECONDS), "sha1")
    at = digest[-1] & 15
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


class Asked:
    """Asks, and keeps what was wrong, by operation."""

    def __init__(self, document, url, patience_seconds):
        schema = schemathesis.openapi.from_dict(document)
        self.url, self.patience_seconds = url, patience_seconds
        self.operations = {}
        for result in schema.get_all_operations():
            operation = result.ok()
            self.operations[operation.definition.raw["operationId"]] = operation
        self.wrong = {}
        # Whatever proxy a developer has, it is not for a server on this machine.
        self.http = requests.Session()
        self.http.trust_env = False

    def ask(self, operation_id, status, body=None, query=None, session=None, **headers):
        """The answer's document, if it is of this status and such as the document says."""
        operation = self.operations[operation_id]
        more = {} if body is None else {"body": body, "media_type": "application/json"}
        cookies = {} if session is None else {stage.SESSION_COOKIE: session}
        case = operation.Case(
            query=query or {},
            cookies=cookies,
            **more,
        )
        self.http.cookies.clear()
        answer = case.call(
            base_url=self.url,
            session=self.http,
            headers={**stage.FROM_OWN_PAGE, **headers},
            timeout=self.patience_seconds,
            allow_redirects=False,
        )
        wrong = self.wrong.setdefault(operation.label, [])
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            wrong += [f"{failure.title}: {failure.message}" for failure in failures.exceptions]
        except Failure as failure:
            wrong.append(f"{failure.title}: {failure.message}")
        if answer.status_code != status:
            said = answer.content.decode(errors="replace")
            raise stage.Failed(
                f"{operation_id} was answered {answer.status_code} instead of {status}: {said}"
            )
        return answer

    def in_vain(self, operation_id, body, session):
        """What every one of them refuses: what is no JSON of its, other pages, and nobody."""
        if body is not None:
            self.ask(operation_id, 422, {**body, "nonsense": 1}, session=session)
        if session is not None:
            self.ask(operation_id, 401, body)
            cross = {"sec-fetch-site": "cross-site"}
            self.ask(operation_id, 403, body, session=session, **cross)


def token_of(link):
    return link.partition("#")[2]


def session_of(answer):
    for header in answer.headers["set-cookie"]:
        name, _, value = header.partition(";")[0].partition("=")
        if name == stage.SESSION_COOKIE:
            return value
    raise stage.Failed("the answer begins no session")


def ask_with_session(asked, made, credentials):
    """What somebody does with the own password and second factor, from signing in to signing out."""
    made.nobody.sign_in(**credentials)
    session = session_of(asked.ask("sign_in", 200, credentials))
    asked.in_vain("end_other_sessions", None, session)
    asked.ask("end_other_sessions", 200, session=session)

    change = {"current": credentials["password"], "new": stage.CHANGED}
    asked.in_vain("change_password", change, session)
    asked.ask("change_password", 403, {**change, "current": OTHER_PASSWORD}, session=session)
    asked.ask("change_password", 422, {**change, "new": "password1234"}, session=session)
    asked.ask("change_password", 204, change, session=session)

    own = {"password": stage.CHANGED}
    asked.ask("renew_recovery_codes", 409, {**own, "code": "123456"}, session=session)
    asked.in_vain("begin_second_factor", own, session)
    secret = asked.ask("begin_second_factor", 200, own, session=session).json()["secret"]
    now = time.time()
    first = {"code": code_of(secret, now)}
    asked.in_vain("confirm_second_factor", first, session)
    codes = asked.ask("confirm_second_factor", 200, first, session=session).json()
    asked.ask("begin_second_factor", 409, own, session=session)
    asked.ask("sign_in", 401, {**credentials, **own})

    codes = codes["recovery_codes"]
    by_code = {**own, "code": codes[0]}
    asked.in_vain("renew_recovery_codes", by_code, session)
    renewed = asked.ask("renew_recovery_codes", 200, by_code, session=session).json()
    by_code = {**own, "code": renewed["recovery_codes"][0]}
    asked.in_vain("end_second_factor", by_code, session)
    asked.ask("end_second_factor", 403, {**own, "code": codes[1]}, session=session)
    asked.ask("end_second_factor", 204, by_code, session=session)

    asked.in_vain("sign_out", None, session)
    asked.ask("sign_out", 204, session=session)
    asked.ask("sign_out", 401, session=session)


def ask_with_tokens(asked, made, user_id):
    """What whoever has a link does."""
    link = made.key.post(f"/v1/members/{user_id}/password-reset")["link"]
    chosen = {"token": token_of(link), "new_password": OTHER_PASSWORD}
    asked.in_vain("reset_password", chosen, None)
    asked.ask("reset_password", 403, {**chosen, "token": NOT_A_TOKEN})
    asked.ask("reset_password", 204, chosen)

    _, _, token = made.invited()
    shown = {"token": token}
    asked.in_vain("look_up_invitation", shown, None)
    asked.ask("look_up_invitation", 404, {"token": NOT_A_TOKEN})
    asked.ask("look_up_invitation", 200, shown)
    joining = {**shown, "name": "Person", "password": stage.JOINING}
    asked.in_vain("accept_invitation", joining, None)
    asked.ask("accept_invitation", 422, shown)
    asked.ask("accept_invitation", 200, joining)
    asked.ask("accept_invitation", 404, joining)


def ask_sign_on(asked, made):
    """Single sign-on without a provider: what a browser is answered that cannot go on."""
    page = {"Accept": "text/html"}
    mine = {"organization_id": made.organization}
    elsewhere = {"organization_id": "org_" + "0" * 32}
    asked.ask("start_sso", 404, query=elsewhere)
    asked.ask("start_sso", 303, query=elsewhere, **page)
    asked.ask("start_sso", 400, query={**mine, "return_to": "//elsewhere.example"})
    asked.ask("finish_sso", 400, query={"state": NOT_A_TOKEN, "code": "x"})
    asked.ask("finish_sso", 303, query={"state": NOT_A_TOKEN, "code": "x"}, **page)


def ask_set_up(asked):
    """Setting up a server that has been: tests/server/setup.rs sees it succeed."""
    wanted = {
        "token": NOT_A_TOKEN,
        "organization": "Acme AI",
        "name": "Ada Obi",
        "email": "ada@acme.example",
        "password": OTHER_PASSWORD,
    }
    asked.ask("set_up", 409, wanted)


def ask_all(made, document, url, patience_seconds):
    """Asks them all, and returns what is wrong, by operation."""
    asked = Asked(document, url, patience_seconds)
    user_id, email = made.joined()
    credentials = {"email": email, "password": stage.JOINING}
    asked.in_vain("sign_in", credentials, None)
    asked.ask("sign_in", 401, {**credentials, "password": OTHER_PASSWORD})
    ask_with_session(asked, made, credentials)
    ask_with_tokens(asked, made, user_id)
    ask_sign_on(asked, made)
    ask_set_up(asked)
    # Generated requests have a key, which no owner of the instance has.
    everything = {"all": "true"}
    asked.ask("list_organizations", 403, query=everything, authorization=f"Bearer {made.key.key}")
    asked.ask("list_organizations", 200, query=everything, session=made.session)
    left = {asked.operations[one].label for one in ASKED_ONCE} - set(asked.wrong)
    if left:
        raise stage.Failed(f"of the operations that are asked once were not: {sorted(left)}")
    return asked.wrong
