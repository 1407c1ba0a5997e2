"""The chart and the manifests, rendered by helm and kustomize, and what the tests ask of the objects that come out."""

import functools
import os
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/lockkeeper"
HERE = ROOT / "tests/chart"
NAMESPACE = "lockkeeper-system"
VALUE_SETS = ["default", "minimal", "monitoring", "everything"]


def run(*command, stdin=None):
    """Standard output of a command that must succeed."""
    done = attempt(*command, stdin=stdin)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} failed: {done.stderr}")
    return done.stdout


def attempt(*command, stdin=None):
    return subprocess.run([str(word) for word in command], input=stdin, capture_output=True, text=True, check=False)


def helm():
    return os.environ["LOCKKEEPER_TEST_HELM"]


def skip_without(*variables):
    """Ends the test program where a variable is not set; in CI that is a failure."""
    missing = [name for name in variables if not os.environ.get(name)]
    if missing:
        print(f"LOCKKEEPER_SKIPPED: not set: {', '.join(missing)}")
        sys.exit(1 if os.environ.get("CI") else 0)


@functools.cache
def template(value_set):
    return run(helm(), "template", "lockkeeper", CHART, "--namespace", NAMESPACE, "--values", HERE / f"values/{value_set}.yaml")


def template_with(*settings):
    """An attempt to render the default with values of `--set`."""
    arguments = [word for setting in settings for word in ("--set", setting)]
    return attempt(helm(), "template", "lockkeeper", CHART, "--namespace", NAMESPACE, *arguments)


def objects(text):
    return [document for document in yaml.safe_load_all(text) if document]


def rendered(value_set):
    return objects(template(value_set))


def find(documents, kind, name=None):
    found = [each for each in documents if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    assert len(found) == 1, f"{len(found)} objects of kind {kind}, name {name}"
    return found[0]


def without_crd_spec(text):
    """A rendering in which the CRD ends with its metadata: the rest is the file in crds/, which is compared with it elsewhere."""
    documents = re.split(r"^---\n", text, flags=re.MULTILINE)
    return "---\n".join(
        document.split("\nspec:\n")[0] + "\n" if "kind: CustomResourceDefinition" in document else document for document in documents
    )


def manifests():
    return objects(run("kubectl", "kustomize", ROOT / "manifests"))
