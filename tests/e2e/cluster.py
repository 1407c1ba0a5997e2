"""The cluster as the tests see it: kubectl, helm, waiting with a deadline, and what to show of a namespace when a test fails."""

import json
import os
import pathlib
import subprocess
import sys
import time
import unittest
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/lockkeeper"
RELEASE = "lockkeeper"
SYSTEM = "lockkeeper-system"


class Failed(AssertionError):
    """A command that had to succeed did not."""


def attempt(*command, stdin=None, seconds=120):
    words = [str(word) for word in command]
    return subprocess.run(words, input=stdin, capture_output=True, text=True, check=False, timeout=seconds)


def run(*command, stdin=None, seconds=120):
    done = attempt(*command, stdin=stdin, seconds=seconds)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def kubectl(*words, stdin=None, seconds=120):
    return run("kubectl", *words, stdin=stdin, seconds=seconds)


def helm(*words, seconds=300):
    return run(os.environ["LOCKKEEPER_TEST_HELM"], *words, seconds=seconds)


def apply(*documents):
    kubectl("apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))


def get(kind, name, namespace):
    """The object, or None."""
    text = kubectl("get", kind, name, "--namespace", namespace, "--ignore-not-found", "--output=json")
    return json.loads(text) if text.strip() else None


def list_of(kind, namespace, selector=""):
    return json.loads(kubectl("get", kind, "--namespace", namespace, f"--selector={selector}", "--output=json"))["items"]


def until(claim, answer, seconds=180):
    """The answer as soon as it is true. The claim says what is waited for; what was last seen is in the failure."""
    deadline = time.monotonic() + seconds
    while True:
        found = answer()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s it is not so that {claim}")
        time.sleep(0.3)


def condition(document, kind):
    """A condition, or an empty one."""
    conditions = (document or {}).get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == kind), {"status": "", "reason": "", "message": ""})


def show(*command):
    done = attempt(*command)
    print(f"\n$ {' '.join(command)}\n{done.stdout}{done.stderr}", file=sys.stderr, flush=True)


def show_namespace(namespace):
    show("kubectl", "get", "pgmig,jobs,pods,configmaps", "--namespace", namespace, "--output=wide")
    show("kubectl", "get", "pgmig", "--namespace", namespace, "--output=jsonpath={range .items[*]}{.metadata.name}{'\\t'}{.status}{'\\n'}{end}")
    show("kubectl", "get", "events", "--namespace", namespace, "--sort-by=.metadata.creationTimestamp")
    for pod in list_of("pods", namespace):
        show("kubectl", "logs", pod["metadata"]["name"], "--namespace", namespace, "--all-containers", "--tail=60")


class Scenario(unittest.TestCase):
    """A test with a namespace of its own, which is shown when the test fails and deleted in any case."""

    def setUp(self):
        self.namespace = f"e2e-{uuid.uuid4().hex[:8]}"
        kubectl("create", "namespace", self.namespace)
        kubectl("label", "namespace", self.namespace, "pod-security.kubernetes.io/enforce=restricted")
        self.addCleanup(kubectl, "delete", "namespace", self.namespace, "--wait=false")

    def show(self):
        show_namespace(self.namespace)
        show("kubectl", "logs", "--namespace", SYSTEM, "--selector=app.kubernetes.io/component=controller", "--prefix", "--tail=40")


class Result(unittest.TextTestResult):
    """Shows the cluster as a failed test has left it, before it is cleaned up."""

    def startTest(self, test):
        self.started = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        self.stream.writeln(f"    {time.monotonic() - self.started:.1f} s")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.show(test)

    def addError(self, test, err):
        super().addError(test, err)
        self.show(test)

    def show(self, test):
        if isinstance(test, Scenario):
            self.stream.writeln(self.failures[-1][1] if self.failures else self.errors[-1][1])
            test.show()


def main():
    """Runs the tests of the calling module, unless there is no node; in CI that is a failure."""
    if not os.environ.get("LOCKKEEPER_TEST_NODE"):
        print("LOCKKEEPER_SKIPPED: not set: LOCKKEEPER_TEST_NODE; hack/e2e starts a node")
        sys.exit(1 if os.environ.get("CI") else 0)
    unittest.main(module="__main__", testRunner=unittest.TextTestRunner(verbosity=2, resultclass=Result))
