"""What a real kube-apiserver says of what helm and kustomize make. Everything is a dry run, but for namespaces of the test's own."""

import contextlib
import json
import os
import subprocess
import tempfile
import textwrap
import unittest
import uuid

import rendering
from rendering import CHART, HERE, NAMESPACE, ROOT, VALUE_SETS, attempt, find, manifests, rendered, run

OPERATOR_OF_PROMETHEUS = {"ServiceMonitor", "PodMonitor", "PrometheusRule"}  # chart_test.py looks at these


class Cluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.namespace = f"chart-{uuid.uuid4().hex[:10]}"
        run("kubectl", "create", "namespace", cls.namespace)
        run("kubectl", "label", "namespace", cls.namespace, "pod-security.kubernetes.io/enforce=restricted")

    @classmethod
    def tearDownClass(cls):
        run("kubectl", "delete", "namespace", cls.namespace, "--wait=false")

    def dry_run(self, document):
        """The object as the server would store it, in the test's namespace where it is in one."""
        document = json.loads(json.dumps(document))
        if "namespace" in document["metadata"]:
            document["metadata"]["namespace"] = self.namespace
        return attempt("kubectl", "apply", "--dry-run=server", "--validate=strict", "--output=json", "--filename=-", stdin=json.dumps(document))

    def accepted(self, document):
        done = self.dry_run(document)
        self.assertEqual(0, done.returncode, f"{document['kind']} {document['metadata']['name']}: {done.stderr}")
        return json.loads(done.stdout)

    def test_the_api_server_takes_everything_that_the_chart_renders(self):
        for value_set in VALUE_SETS:
            for document in rendered(value_set):
                if document["kind"] not in OPERATOR_OF_PROMETHEUS:
                    with self.subTest(value_set=value_set, kind=document["kind"]):
                        self.accepted(document)

    def test_the_api_server_takes_the_manifests(self):
        for document in manifests():
            with self.subTest(document["kind"]):
                self.accepted(document)

    def test_a_field_that_kubernetes_does_not_know_would_be_noticed(self):
        document = find(rendered("default"), "Deployment")
        document["spec"]["template"]["spec"]["priority_class"] = "high"
        self.assertIn("unknown field", self.dry_run(document).stderr)

    def pods(self):
        for value_set in VALUE_SETS:
            for document in rendered(value_set):
                if document["kind"] == "Pod":
                    yield value_set, document
                if document["kind"] == "Deployment":
                    pod = {"apiVersion": "v1", "kind": "Pod", **document["spec"]["template"]}
                    pod["metadata"] |= {"name": "controller", "namespace": self.namespace}
                    yield value_set, pod

    def test_the_pods_are_let_into_a_restricted_namespace(self):
        for value_set, pod in self.pods():
            with self.subTest(value_set=value_set, pod=pod["metadata"]["name"]):
                self.accepted(pod)

    def test_a_pod_without_its_security_context_is_not(self):
        for _, pod in self.pods():
            del pod["spec"]["containers"][0]["securityContext"]
            self.assertIn('violates PodSecurity "restricted', self.dry_run(pod).stderr)

    def notes(self, *options):
        install = ["install", "lockkeeper", CHART, "--namespace", NAMESPACE, "--dry-run=client", "--take-ownership", *options]
        return run(rendering.helm(), *install).split("NOTES:")[1]

    def test_the_notes_name_the_next_commands(self):
        for value_set in ("default", "minimal"):
            notes = self.notes("--values", HERE / f"values/{value_set}.yaml")
            self.assertIn("kubectl wait --for=condition=Ready pgmig/shop", notes)
            self.assertEqual(value_set != "minimal", "helm --namespace lockkeeper-system test lockkeeper" in notes)

    def test_the_notes_say_where_and_on_what_the_controller_works(self):
        self.assertIn("watches Migrations in all namespaces.", self.notes())
        notes = self.notes("--set", "watchNamespaces={shop,billing}", "--set", "labelSelector=team=shop")
        self.assertIn("watches Migrations with team=shop in shop, billing.", notes)
        self.assertIn("namespace: shop", notes)

    def test_the_notes_have_a_migration_that_can_be_read(self):
        notes = self.notes()
        migration = find(rendering.objects(textwrap.dedent(notes.split("<<EOF\n")[1].split("  EOF")[0])), "Migration")
        self.assertEqual("shop", migration["metadata"]["name"])
        self.assertEqual(["database", "source"], sorted(migration["spec"]))

    def test_the_rights_are_enough_for_a_controller_of_all_namespaces(self):
        with self.installed("InProcess", "--set", "inProcess.enabled=true") as kubeconfig:
            self.assert_may(kubeconfig, "list", "migrations.lockkeeper.dev", "--all-namespaces")
            self.controller_reaches("SecretNotFound", kubeconfig)

    def test_roles_alone_are_enough_for_a_controller_of_one_namespace(self):
        with self.installed("InProcess", "--set", "inProcess.enabled=true", "--set", f"watchNamespaces={{{self.namespace}}}") as kubeconfig:
            for question in (("get", "secrets"), ("list", "migrations.lockkeeper.dev"), ("list", "configmaps")):
                self.assert_may(kubeconfig, *question, "--namespace", self.namespace)
                self.assert_may_not(kubeconfig, *question, "--namespace", "default")
            log = self.controller_reaches("SecretNotFound", kubeconfig, f"--namespace={self.namespace}")
            self.assertNotIn("Forbidden", log)

    def test_roles_are_enough_for_a_job_and_hold_none_on_secrets(self):
        with self.installed("Job", "--set", f"watchNamespaces={{{self.namespace}}}") as kubeconfig:
            self.assert_may_not(kubeconfig, "get", "secrets", "--namespace", self.namespace)
            options = [f"--namespace={self.namespace}", "--runner-image=lockkeeper", "--execution-modes=Job"]
            log = self.controller_reaches("Progressing", kubeconfig, *options)
            self.assertNotIn("Forbidden", log)
            self.assertIn("Job made", log)
            made = run("kubectl", "get", "jobs,configmaps", "--namespace", self.namespace, "--selector=lockkeeper.dev/run=1", "--output=name")
            self.assertEqual(3, len(made.split()), made)

    @contextlib.contextmanager
    def installed(self, mode, *options):
        """A kubeconfig with exactly the rights of the chart's service account, beside a Migration whose Secret is missing: where that is told, the
        Migration has been listed, its ConfigMap read, the Secret asked for, and the status written."""
        run("kubectl", "apply", "--filename", ROOT / "crds")
        # Of a CRD that has no conditions yet, which it has not at once, a wait for one ends in an error.
        for condition in ("jsonpath={.status.acceptedNames.plural}=migrations", "condition=Established"):
            run("kubectl", "wait", f"--for={condition}", "crd/migrations.lockkeeper.dev")
        template = ["template", "lockkeeper", CHART, "--namespace", self.namespace, "--set", f"fullnameOverride={self.namespace}", *options]
        text = run(rendering.helm(), *template)
        rights = [each for each in rendering.objects(text) if "Role" in each["kind"] or each["kind"] == "ServiceAccount"]
        about = {"name": "rights", "namespace": self.namespace}
        scripts = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": {"0001_a.up.sql": "SELECT 1"}}
        spec = {"database": {"urlFrom": {"secretKeyRef": {"name": "missing"}}}, "source": {"configMaps": [{"name": "rights"}]}, "execution": {"mode": mode}}
        migration = {"apiVersion": "lockkeeper.dev/v1alpha1", "kind": "Migration", "metadata": about, "spec": spec}
        objects = [*rights, scripts, migration]
        for each in objects:
            run("kubectl", "apply", "--filename=-", stdin=json.dumps(each))
        try:
            with rendering.kubeconfig_of(self.namespace, self.namespace) as kubeconfig:
                self.assert_may_not(kubeconfig, "list", "secrets", "--namespace", self.namespace)
                self.assert_may_not(kubeconfig, "update", "leases.coordination.k8s.io/another", "--namespace", self.namespace)
                yield kubeconfig
        finally:
            for each in reversed(objects):
                run("kubectl", "delete", "--filename=-", stdin=json.dumps(each))

    def assert_may(self, kubeconfig, *question):
        self.assertEqual("yes", attempt("kubectl", "--kubeconfig", kubeconfig, "auth", "can-i", *question).stdout.strip(), question)

    def assert_may_not(self, kubeconfig, *question):
        self.assertEqual("no", attempt("kubectl", "--kubeconfig", kubeconfig, "auth", "can-i", *question).stdout.strip(), question)

    def controller_reaches(self, reason, kubeconfig, *options):
        """What the controller, with a lease to hold, logs until then and until its end in order."""
        lease = ["--leader-elect", f"--leader-elect-namespace={self.namespace}", f"--leader-elect-name={self.namespace}"]
        arguments = ["--kubeconfig", kubeconfig, "--metrics-address=0", "--health-address=0", *lease, *options]
        command = [os.environ["LOCKKEEPER_TEST_BINARY"], "controller", *arguments]
        with tempfile.TemporaryFile("w+") as log, subprocess.Popen(command, stderr=log) as controller:
            try:
                condition = '{.status.conditions[?(@.type=="Ready")].reason}'
                reached = attempt("kubectl", "wait", f"--for=jsonpath={condition}={reason}", "pgmig/rights", "--namespace", self.namespace, "--timeout=30s")
            finally:
                controller.terminate()
                controller.wait()
            log.seek(0)
            text = log.read()
            self.assertEqual(0, reached.returncode, reached.stderr + text)
            self.assertIn("released the lease", text)
            return text

    def test_who_may_edit_a_namespace_may_edit_its_migrations_alone(self):
        edit = find(rendered("default"), "ClusterRole", "lockkeeper-edit")
        self.assertEqual([["migrations"]], [rule["resources"] for rule in self.accepted(edit)["rules"]])


if __name__ == "__main__":
    rendering.skip_without("LOCKKEEPER_TEST_HELM", "LOCKKEEPER_SERVICES")
    unittest.main()
