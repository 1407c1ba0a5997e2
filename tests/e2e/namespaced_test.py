"""A release that works in one namespace alone: what it may do there, and may not do elsewhere. Takes the other release away."""

import json
import tempfile
import unittest
import uuid

import cluster
import postgres
import release
from cluster import SYSTEM, apply, attempt, kubectl
from migrations import history, migration, scripts, status, wait_ready

ACCOUNT = f"system:serviceaccount:{SYSTEM}:{release.NAME}"
OURS, THEIRS = (f"e2e-{name}-{uuid.uuid4().hex[:6]}" for name in ("ours", "theirs"))


def setUpModule():
    postgres.start()
    release.uninstall()
    for namespace in (OURS, THEIRS):
        kubectl("create", "namespace", namespace)
        apply(postgres.secret(namespace, "shop-db", "postgresql://nobody@nowhere/shop"))
    release.install("--set", f"watchNamespaces={{{OURS}}}", "--set", "inProcess.enabled=true")


def tearDownModule():
    release.uninstall()
    kubectl("delete", "namespace", OURS, THEIRS, "--wait=false")


def may(verb, resource, namespace):
    return attempt("kubectl", "auth", "can-i", verb, resource, "--namespace", namespace, f"--as={ACCOUNT}").stdout.strip()


def as_controller(*words):
    """kubectl with the token of the controller's service account, and no other credentials."""
    config = json.loads(kubectl("config", "view", "--raw", "--flatten", "--minify", "--output=json"))
    config["users"][0]["user"] = {"token": kubectl("create", "token", release.NAME, "--namespace", SYSTEM).strip()}
    with tempfile.NamedTemporaryFile("w", suffix=".kubeconfig") as file:
        json.dump(config, file)
        file.flush()
        return attempt("kubectl", f"--kubeconfig={file.name}", *words)


class Namespaced(unittest.TestCase):
    def test_it_may_read_a_secret_of_its_namespace_and_none_of_another(self):
        self.assertEqual("yes", may("get", "secrets/shop-db", OURS))
        self.assertEqual("no", may("get", "secrets/shop-db", THEIRS))
        self.assertEqual("no", may("list", "secrets", OURS))
        self.assertEqual("no", may("get", "secrets", SYSTEM))

    def test_the_api_server_refuses_it_another_namespaces_secret(self):
        self.assertEqual(0, as_controller("get", "secret", "shop-db", "--namespace", OURS).returncode)
        tried = as_controller("get", "secret", "shop-db", "--namespace", THEIRS)
        self.assertIn("Forbidden", tried.stderr)
        self.assertIn("Forbidden", as_controller("get", "migrations.lockkeeper.dev", "--all-namespaces").stderr)

    def test_where_it_is_allowed_the_controller_runs_a_migration_itself(self):
        postgres.create_database("inprocess", OURS)
        apply(migration(OURS, "inprocess", "inprocess", scripts(3), execution={"mode": "InProcess"}))
        wait_ready(OURS, "inprocess")
        self.assertEqual(3, len(history("inprocess")))
        self.assertNotIn("job", status(OURS, "inprocess"))

    def test_it_works_on_the_migrations_of_its_namespace_alone(self):
        for namespace, database in ((OURS, "ours"), (THEIRS, "theirs")):
            postgres.create_database(database, namespace)
            apply(migration(namespace, database, database, scripts(2)))
        wait_ready(OURS, "ours")
        self.assertEqual(2, len(history("ours")))
        self.assertEqual(-1, status(THEIRS, "theirs")["observedGeneration"])
        self.assertEqual("0", postgres.sql("theirs", "SELECT count(*) FROM pg_tables WHERE tablename = 'lockkeeper_history'"))


if __name__ == "__main__":
    cluster.main()
