"""Lockkeeper on the node, as the Helm chart installs it."""

import yaml

from cluster import CHART, SYSTEM, attempt, get, helm, kubectl, list_of, until

NAME = "lockkeeper"


def install(*options, namespace=SYSTEM, name=NAME):
    """Installs or upgrades, and returns when the Deployment is available."""
    helm("upgrade", "--install", name, CHART, "--namespace", namespace, "--create-namespace", "--wait", "--timeout=180s", *options)


def uninstall(namespace=SYSTEM, name=NAME):
    helm("uninstall", name, "--namespace", namespace, "--wait", "--ignore-not-found")
    until("the controller's pods are gone", lambda: not all_pods(namespace))


def ensure():
    """Installs with the chart's defaults, unless that is done."""
    if attempt("kubectl", "rollout", "status", f"deployment/{NAME}", "--namespace", SYSTEM, "--timeout=1s").returncode != 0:
        install()


def pods(namespace=SYSTEM):
    """The controllers, without those that are on their way out."""
    return [each for each in all_pods(namespace) if "deletionTimestamp" not in each["metadata"]]


def all_pods(namespace):
    return list_of("pods", namespace, "app.kubernetes.io/component=controller")


def leader():
    """The pod whose controller holds the Lease."""
    lease = get("lease", NAME, SYSTEM)
    holder = lease["spec"].get("holderIdentity", "") if lease else ""
    return next((each for each in pods() if holder and each["metadata"]["name"] in holder), None)


def log(namespace=SYSTEM):
    return kubectl("logs", "--namespace", namespace, "--selector=app.kubernetes.io/component=controller", "--tail=-1")


def version():
    """The version of the application, which is the tag of its image."""
    return yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
