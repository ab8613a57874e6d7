"""The contract test: a server of its own, events on it, and Schemathesis over all that it serves.

What must hold: no answer of 5xx, none that the document does not describe, no refusal of what it
allows and none the other way round; every operation is asked, and has succeeded at least once; the
server is alive afterwards, ends as it is told to, and has logged no failure of its own.

    run.py <evident>

A few operations that generated requests would never succeed at, or that take away what the others
stand on, are asked by hand instead: once.py names them.

    CONTRACT_SEED       the seed of what is generated
    CONTRACT_EXAMPLES   how many requests are generated for each operation in the fuzzing phase; for
                        those of the control plane a quarter of it, since there are so many
    CONTRACT_SHRINK     if set, requests that fail are made smaller, which takes minutes
"""

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import events
import once
import stage
from stage import Failed

HERE = Path(__file__).parent
# Whatever proxy a developer has, it is not for a server on this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SEED = os.environ.get("CONTRACT_SEED") or "1"
EXAMPLES = os.environ.get("CONTRACT_EXAMPLES") or "100"
# Of events, logs and catalogs there are few operations, with many parameters. All others change or
# show one row of the control database.
CONTROL_EXAMPLES = max(1, int(EXAMPLES) // 4)
CONTROL_PATHS = "^/v1/(?!events|log|catalog)"
SHRINK = bool(os.environ.get("CONTRACT_SHRINK"))

# How long the server may take for a request, to be ready, and to end.
PATIENCE_SECONDS = 60
# Far more than the tests take: only what hangs is ended by it. Long runs take as long as they do.
TESTS_SECONDS = None if SHRINK or os.environ.get("CONTRACT_EXAMPLES") else 600
# What never ends cannot be asked here.
STREAM = "text/event-stream"


def environment(**more):
    """The environment without the server's configuration, in which a developer may have anything."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVIDENT_")}
    return {**kept, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **more}


class Server:
    """`evident serve` on a directory that `evident init` has just made."""

    def __init__(self, evident, scratch):
        data = scratch / "data"
        organization = ["--organization", "Contract", "--email", stage.EMAIL]
        founded = subprocess.run(
            [evident, "init", "--data", data, *organization, "--password-stdin", "--json"],
            input=f"{stage.PASSWORD}\n",
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=PATIENCE_SECONDS,
            env=environment(),
        )
        founded = json.loads(founded.stdout)
        self.organization = founded["organization_id"]
        self.key = founded["keys"]["admin"]
        self.log = scratch / "server.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [evident, "serve", "--data", data, "--listen", "127.0.0.1:0"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # Else each request that reads would make a record, which waits for the disk. The
                # URL is where single sign-on would send people back to.
                env=environment(
                    EVIDENT_AUDIT_READS="false", EVIDENT_PUBLIC_URL="http://127.0.0.1"
                ),
            )
        self.url = None

    def wait_until_it_listens(self):
        said, _, _ = select.select([self.process.stdout], [], [], PATIENCE_SECONDS)
        line = self.process.stdout.readline() if said else ""
        address = re.search(r"127\.0\.0\.1:\d+", line)
        if not address:
            raise Failed(f"the server does not say where it listens: {line!r}")
        self.url = f"http://{address[0]}"

    def ask(self, path, body=None):
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {self.key}", "content-type": "application/json"},
        )
        try:
            with DIRECT.open(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            detail = error.read().decode(errors="replace")
            raise Failed(f"{path} was answered {error.code}: {detail}") from None

    def end(self):
        """Ends the server, and says what was wrong with it."""
        wrong = []
        try:
            if self.ask("/healthz") != b"ok\n":
                wrong.append("the server is not healthy after the tests")
        except (Failed, OSError) as error:
            wrong.append(f"the server does not answer after the tests: {error}")
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE_SECONDS)
            if code != 0:
                wrong.append(f"the server ended with {code} on SIGTERM")
        except subprocess.TimeoutExpired:
            wrong.append("the server did not end on SIGTERM")
        wrong += [f"the server's log: {line}" for line in self.failures()]
        return wrong

    def failures(self):
        """Lines of the log that tell of a failure, and those that are no line of it, as a panic's."""
        for line in self.log.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
                if entry["level"] == "ERROR" or "panicked" in entry["message"]:
                    yield line
            except (ValueError, KeyError, TypeError):
                yield line

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def operations(document):
    """The operations of the document: those to be generated requests for, those that are asked once,
    and, by their ids, those that never end."""
    asked, by_hand, streams = [], [], []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            contents = [answer.get("content", {}) for answer in operation["responses"].values()]
            if any(STREAM in content for content in contents):
                streams.append(operation["operationId"])
            elif operation["operationId"] in once.ASKED_ONCE:
                by_hand.append(f"{method.upper()} {path}")
            else:
                asked.append(f"{method.upper()} {path}")
    return asked, by_hand, streams


def configuration(scratch):
    """The configuration, with what depends on this run behind it: the first that fits decides."""
    few = f"include-path-regex = '{CONTROL_PATHS}'\ngeneration.max-examples = {CONTROL_EXAMPLES}\n"
    path = scratch / "schemathesis.toml"
    path.write_text(f"{(HERE / 'schemathesis.toml').read_text()}\n[[operations]]\n{few}")
    return path


def run_schemathesis(server, document, streams, made, scratch):
    """Runs Schemathesis to its end and returns its report."""
    # From a file, or it would leave out the operation that serves the document.
    described = scratch / "openapi.json"
    described.write_bytes(document)
    there = scratch / "there.json"
    there.write_text(json.dumps(made.set()))
    report = scratch / "report.json"
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color"]
    command += ["--config-file", configuration(scratch)]
    command += ["run", described, "--url", server.url]
    command += ["--seed", SEED, "--max-examples", EXAMPLES]
    command += ["--report", "json", "--report-json-path", report]
    if not SHRINK:
        command.append("--no-shrink")
    for operation_id in streams:
        print(f"not asked, since it never ends: {operation_id}", flush=True)
        command += ["--exclude-operation-id", operation_id]
    for operation_id in once.ASKED_ONCE:
        command += ["--exclude-operation-id", operation_id]
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            timeout=TESTS_SECONDS,
            cwd=scratch,
            env=environment(
                CONTRACT_KEY=server.key,
                CONTRACT_ORGANIZATION=server.organization,
                CONTRACT_SESSION=made.session,
                CONTRACT_THERE=str(there),
                PYTHONPATH=str(HERE),
            ),
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"the tests did not end within {TESTS_SECONDS} s") from None
    if not report.exists():
        raise Failed("Schemathesis ended without a report")
    return ended.returncode, json.loads(report.read_text())


def judge(asked, code, report):
    """Prints a line for each operation, and returns what does not hold, by operation."""
    wrong = {}
    for failure in report["failures"]:
        for label in failure["operations"]:
            wrong.setdefault(label, []).append(failure["title"])
    for label in asked:
        phases = report["valid_rates"].get(label, {}).values()
        succeeded = sum(rate["accepted"] for rate in phases)
        sent = sum(sum(rate.values()) for rate in phases)
        if succeeded == 0:
            wrong.setdefault(label, []).append("has not succeeded once, so it was hardly tested")
        outcome = "FAILED" if label in wrong else "ok"
        print(f"test {label} ... {outcome} ({succeeded} of {sent} valid requests succeeded)")
    # Requests without an answer, and mistakes of the tests.
    beside = [f"{error['title']} ({error['count']} times)" for error in report["errors"]]
    tested = report["operations"]["tested"]
    if tested != len(asked):
        beside.append(f"{tested} of {len(asked)} operations were tested")
    if beside:
        wrong["all"] = beside
    if code != 0 and not wrong:
        wrong["all"] = [f"Schemathesis ended with {code}: see above"]
    return wrong


def main(evident):
    asked, wrong = [], {}
    with tempfile.TemporaryDirectory(prefix="evident-contract-") as scratch:
        server = None
        try:
            server = Server(evident, Path(scratch))
            server.wait_until_it_listens()
            server.ask("/v1/catalog", events.OWN_TYPE)
            server.ask("/v1/events?wait=checkpoint", {"events": events.EVENTS})
            document = server.ask("/openapi.json")
            made = stage.Stage(server.url, server.key, server.organization, PATIENCE_SECONDS)
            generated, by_hand, streams = operations(json.loads(document))
            asked = generated + by_hand
            wrong_by_hand = once.ask_all(made, json.loads(document), server.url, PATIENCE_SECONDS)
            code, report = run_schemathesis(server, document, streams, made, Path(scratch))
            wrong = judge(generated, code, report)
            for label in by_hand:
                outcome = "FAILED" if wrong_by_hand[label] else "ok"
                print(f"test {label} ... {outcome} (asked by hand, with no generated requests)")
            for label, reasons in wrong_by_hand.items():
                wrong.setdefault(label, []).extend(reasons)
            about_server = server.end()
            if about_server:
                wrong["the server"] = about_server
        except (Failed, OSError, ValueError, subprocess.SubprocessError) as error:
            wrong["the test itself"] = [str(error)]
            if server is not None:
                wrong["the server"] = [f"the server's log: {line}" for line in server.failures()]
        finally:
            if server is not None:
                server.kill()
    wrong = {label: reasons for label, reasons in wrong.items() if reasons}
    for label, reasons in wrong.items():
        for reason in reasons:
            print(f"failed: {label}: {reason}")
    failed = len(wrong)
    passed = 0 if {"all", "the test itself"} & set(wrong) else len(set(asked) - set(wrong))
    outcome = "FAILED" if failed else "ok"
    print(f"\ntest result: {outcome}. {passed} passed; {failed} failed; 0 ignored; contract", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # So that the server is ended with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main(sys.argv[1]))
