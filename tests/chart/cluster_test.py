"""What a real kube-apiserver says of what helm and kustomize make. Everything is a dry run, but for namespaces of the test's own."""

import json
import textwrap
import unittest
import uuid

import rendering
from rendering import CHART, HERE, NAMESPACE, VALUE_SETS, attempt, find, manifests, rendered, run

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

    def test_the_notes_name_the_next_commands(self):
        for value_set in ("default", "minimal"):
            notes = run(
                rendering.helm(), "install", "lockkeeper", CHART, "--namespace", NAMESPACE, "--dry-run=client", "--values", HERE / f"values/{value_set}.yaml"
            ).split("NOTES:")[1]
            self.assertIn("kubectl wait --for=condition=Ready pgmig/shop", notes)
            self.assertEqual(value_set != "minimal", "helm --namespace lockkeeper-system test lockkeeper" in notes)

    def test_the_notes_have_a_migration_that_can_be_read(self):
        notes = run(rendering.helm(), "install", "lockkeeper", CHART, "--namespace", NAMESPACE, "--dry-run=client")
        migration = find(rendering.objects(textwrap.dedent(notes.split("<<EOF\n")[1].split("  EOF")[0])), "Migration")
        self.assertEqual("shop", migration["metadata"]["name"])
        self.assertEqual(["database", "source"], sorted(migration["spec"]))

    def test_who_may_edit_a_namespace_may_edit_its_migrations_alone(self):
        edit = find(rendered("default"), "ClusterRole", "lockkeeper-edit")
        self.assertEqual([["migrations"]], [rule["resources"] for rule in self.accepted(edit)["rules"]])


if __name__ == "__main__":
    rendering.skip_without("LOCKKEEPER_TEST_HELM", "LOCKKEEPER_SERVICES")
    unittest.main()
