"""What helm and kustomize make of the chart and the manifests. Needs helm and kubectl, and no cluster."""

import json
import os
import re
import unittest

import rendering
from readme import leaves, readme, schema, value_at, values
from rendering import CHART, HERE, ROOT, VALUE_SETS, find, helm, manifests, rendered, template_with

METRIC = re.compile(r"\b(?:lockkeeper|controller_runtime|workqueue|rest_client|process)_[a-z_]+\b")


def controller_arguments(documents):
    return find(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"]


class Rendering(unittest.TestCase):
    maxDiff = None

    def test_helm_lint_finds_nothing(self):
        for value_set in VALUE_SETS:
            rendering.run(helm(), "lint", "--strict", CHART, "--values", HERE / f"values/{value_set}.yaml")

    def test_each_value_set_renders_as_its_golden(self):
        for value_set in VALUE_SETS:
            with self.subTest(value_set):
                golden = (HERE / f"golden/{value_set}.yaml").read_text()
                self.assertEqual(golden, rendering.without_crd_spec(rendering.template(value_set)), "hack/chart writes it anew")

    def test_the_readme_is_made_from_the_values(self):
        self.assertEqual((CHART / "README.md").read_text(), readme(), "hack/chart writes it anew")

    def test_the_kubelet_waits_until_what_was_cancelled_is_rolled_back(self):
        self.assertIn("ten seconds longer", template_with("terminationGracePeriodSeconds=29").stderr)
        self.assertEqual(0, template_with("terminationGracePeriodSeconds=30").returncode)

    def test_several_pods_without_an_election_are_refused(self):
        self.assertIn("set replicaCount to 1", template_with("leaderElection.enabled=false").stderr)
        alone = rendering.objects(template_with("leaderElection.enabled=false", "replicaCount=1").stdout)
        self.assertEqual("Recreate", find(alone, "Deployment")["spec"]["strategy"]["type"])
        self.assertEqual([], [each for each in alone if each["kind"] in ("Role", "PodDisruptionBudget")])

    def test_one_value_decides_between_all_namespaces_and_some(self):
        def roles(documents):
            bound = [each for each in documents if each["kind"].endswith("RoleBinding")]
            return sorted((each["roleRef"]["kind"], each["roleRef"]["name"], each["metadata"].get("namespace")) for each in bound)

        lease = ("Role", "lockkeeper-lease", rendering.NAMESPACE)
        self.assertEqual([("ClusterRole", "lockkeeper", None), lease], roles(rendered("default")))
        some = rendering.objects(template_with("watchNamespaces={shop,billing}").stdout)
        self.assertEqual([("Role", "lockkeeper", "billing"), ("Role", "lockkeeper", "shop"), lease], roles(some))
        self.assertLessEqual({"--namespace=shop", "--namespace=billing"}, set(controller_arguments(some)))
        self.assertEqual(find(rendered("default"), "ClusterRole", "lockkeeper")["rules"], [each for each in some if each["kind"] == "Role"][0]["rules"])

    def test_the_lease_is_the_one_that_the_controller_may_write(self):
        for value_set in ("default", "everything"):
            documents = rendered(value_set)
            name = next(each for each in documents if each["kind"] == "Role" and each["metadata"]["name"].endswith("-lease"))["rules"][1]["resourceNames"]
            self.assertIn(f"--leader-elect-name={name[0]}", controller_arguments(documents))

    def test_pods_are_spread_by_their_own_labels_unless_a_constraint_has_others(self):
        pod = find(rendered("everything"), "Deployment")["spec"]["template"]
        own, other = pod["spec"]["topologySpreadConstraints"]
        self.assertLessEqual(own["labelSelector"]["matchLabels"].items(), pod["metadata"]["labels"].items())
        self.assertEqual({"example.com/pod": "yes"}, other["labelSelector"]["matchLabels"])

    def test_secrets_are_read_by_name_alone(self):
        for value_set in VALUE_SETS:
            for document in rendered(value_set):
                for rule in document.get("rules", []):
                    if "secrets" in rule["resources"]:
                        self.assertEqual(["get"], rule["verbs"])
                    self.assertNotIn("*", rule["resources"] + rule["verbs"] + rule["apiGroups"])

    def test_every_argument_is_an_option_of_the_controller(self):
        known = rendering.run(os.environ["LOCKKEEPER_TEST_BINARY"], "controller", "--help")
        for value_set in VALUE_SETS:
            for argument in controller_arguments(rendered(value_set))[1:]:
                self.assertRegex(known, rf"(?<![\w-]){argument.split('=')[0]}(?![\w-])")


class Values(unittest.TestCase):
    def used(self):
        text = "\n".join(path.read_text() for path in (CHART / "templates").rglob("*") if path.is_file())
        return {tuple(match.split(".")) for match in re.findall(r"\.Values\.([A-Za-z][A-Za-z0-9.]*[A-Za-z0-9])", text)}

    def test_every_used_value_is_in_the_schema(self):
        paths = {path for path, _ in leaves(schema())}
        parts = {path[:length] for path in paths for length in range(1, len(path) + 1)}
        self.assertEqual(set(), self.used() - parts)

    def test_every_value_of_the_schema_is_used(self):
        # An image is given to a template as a whole, which takes these three from it.
        used = self.used() | {("image", name) for name in ("repository", "tag", "digest")}
        self.assertEqual({("global",)}, {path for path, _ in leaves(schema())} - used)

    def test_every_value_is_in_a_golden_with_another_value_than_its_default(self):
        defaults = values()
        given = [rendering.objects((HERE / f"values/{value_set}.yaml").read_text())[0] for value_set in VALUE_SETS[1:]]

        def differs(path):
            for each in given:
                try:
                    if value_at(each, path) != value_at(defaults, path):
                        return True
                except KeyError:
                    pass
            return False

        untried = {".".join(path) for path, _ in leaves(schema()) if path != ("global",) and not differs(path)}
        self.assertEqual(set(), untried - {"rbac.create", "serviceAccount.create"})

    def test_rights_and_their_holder_can_be_someone_elses(self):
        text = template_with("rbac.create=false", "serviceAccount.create=false", "serviceAccount.name=given").stdout
        documents = rendering.objects(text)
        self.assertEqual([], [each for each in documents if "Role" in each["kind"] or each["kind"] == "ServiceAccount"])
        self.assertEqual("given", find(documents, "Deployment")["spec"]["template"]["spec"]["serviceAccountName"])

    def test_a_value_that_does_not_exist_is_refused(self):
        self.assertIn("replicas", template_with("replicas=3").stderr)

    def test_a_value_of_a_wrong_kind_is_refused(self):
        for setting in ("replicaCount=two", "logFormat=xml", "image.digest=abc", "workers=65", "metrics.port=0", "watchNamespaces={Shop}", "podDisruptionBudget.maxUnavailable=half"):
            self.assertNotEqual(0, template_with(setting).returncode, setting)


class Copies(unittest.TestCase):
    maxDiff = None

    def test_chart_and_manifests_have_the_crd(self):
        source = (ROOT / "crds/lockkeeper.dev_migrations.yaml").read_text()
        for copy in (CHART / "files", ROOT / "manifests"):
            self.assertEqual(source, (copy / "lockkeeper.dev_migrations.yaml").read_text(), "hack/chart copies it")
        for documents in (rendered("default"), manifests()):
            crd = find(documents, "CustomResourceDefinition")
            self.assertEqual(rendering.objects(source)[0]["spec"], crd["spec"])

    def test_the_crd_stays_when_the_release_goes_unless_asked_otherwise(self):
        policy = "helm.sh/resource-policy"
        self.assertEqual("keep", find(rendered("default"), "CustomResourceDefinition")["metadata"]["annotations"][policy])
        self.assertNotIn(policy, find(rendered("everything"), "CustomResourceDefinition")["metadata"]["annotations"])

    def test_the_manifests_are_what_the_chart_renders(self):
        def comparable(documents):
            found = {}
            for document in documents:
                metadata = document["metadata"]
                if "helm.sh/hook" in metadata.get("annotations", {}) or document["kind"] == "Namespace":
                    continue
                pod = document["spec"]["template"]["metadata"] if document["kind"] == "Deployment" else {}
                for each in (metadata, pod):
                    for label in ("helm.sh/chart", "app.kubernetes.io/managed-by"):
                        each.get("labels", {}).pop(label, None)
                if metadata.get("annotations", {}).pop("helm.sh/resource-policy", None) and not metadata["annotations"]:
                    del metadata["annotations"]
                found[(document["kind"], metadata["name"])] = document
            return found

        chart, plain = comparable(rendered("default")), comparable(manifests())
        self.assertEqual(sorted(chart), sorted(plain))
        for key, document in chart.items():
            with self.subTest(key):
                self.assertEqual(document, plain[key])

    def test_chart_image_and_manifests_have_the_version_of_the_project(self):
        version = re.search(r"project\(lockkeeper VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        chart = rendering.objects((CHART / "Chart.yaml").read_text())[0]
        self.assertEqual((version, version), (chart["version"], str(chart["appVersion"])))
        self.assertIn(f"ARG VERSION={version}\n", (ROOT / "Dockerfile").read_text())
        self.assertEqual(version, find(manifests(), "Deployment")["metadata"]["labels"]["app.kubernetes.io/version"])


class Monitoring(unittest.TestCase):
    """The kinds of the Prometheus operator, whose CRDs the API server of the tests does not have."""

    def setUp(self):
        self.documents = rendered("monitoring")
        self.rules = find(self.documents, "PrometheusRule")["spec"]["groups"][0]["rules"]
        self.dashboard = json.loads(find(self.documents, "ConfigMap")["data"]["lockkeeper.json"])

    def expressions(self):
        return [rule["expr"] for rule in self.rules] + [
            target["expr"] for panel in self.dashboard["panels"] for target in panel["targets"]
        ]

    def test_alerts_and_dashboard_ask_for_metrics_that_exist(self):
        source = "\n".join(path.read_text() for path in (ROOT / "controller").rglob("*.cpp"))
        exposed = set(re.findall(r'"((?:lockkeeper|controller_runtime|workqueue|rest_client|process)_[a-z_]+)"', source))
        for expression in self.expressions():
            asked = {re.sub(r"_bucket$", "", metric) for metric in METRIC.findall(expression)}
            self.assertTrue(asked, expression)
            self.assertEqual(set(), asked - exposed, expression)

    def test_expressions_close_what_they_open(self):
        for expression in self.expressions():
            bare = re.sub(r'"[^"]*"', "", expression)
            self.assertNotIn('"', bare)
            for opening, closing in ("()", "{}", "[]"):
                self.assertEqual(bare.count(opening), bare.count(closing), expression)

    def test_every_reason_that_needs_a_person_is_in_the_alert(self):
        documented = (ROOT / "docs/api.md").read_text().split("These are `Stalled`")[1].split("`SourceDigestMismatch` is")[0]
        reasons = set(re.findall(r"^\| `(\w+)` \|", documented, flags=re.MULTILINE))
        expression = next(rule["expr"] for rule in self.rules if rule["alert"] == "LockkeeperMigrationStalled")
        self.assertEqual(reasons, set(re.search(r'reason=~"([^"]+)"', expression)[1].split("|")))

    def test_rules_have_the_fields_that_prometheus_knows(self):
        for rule in self.rules:
            self.assertEqual({"alert", "expr", "for", "labels", "annotations"}, set(rule))
            self.assertRegex(rule["for"], r"^\d+[smhd]$")

    def test_monitors_find_the_port_that_they_scrape(self):
        service = find(self.documents, "Service")
        pod = find(self.documents, "Deployment")["spec"]["template"]
        for kind, endpoints, target, ports in (
            ("ServiceMonitor", "endpoints", service["metadata"], service["spec"]["ports"]),
            ("PodMonitor", "podMetricsEndpoints", pod["metadata"], pod["spec"]["containers"][0]["ports"]),
        ):
            monitor = find(self.documents, kind)
            self.assertEqual("monitoring.coreos.com/v1", monitor["apiVersion"])
            self.assertEqual({"selector", endpoints}, set(monitor["spec"]))
            self.assertLessEqual(monitor["spec"]["selector"]["matchLabels"].items(), target["labels"].items())
            for endpoint in monitor["spec"][endpoints]:
                self.assertEqual({"port", "interval", "honorLabels"}, set(endpoint))
                self.assertIn(endpoint["port"], [port["name"] for port in ports])

    def test_the_policy_lets_the_scraper_and_helm_test_through(self):
        sources = find(self.documents, "NetworkPolicy")["spec"]["ingress"][1]["from"]
        labels = find(self.documents, "Pod")["metadata"]["labels"]
        self.assertEqual(2, len(sources))
        self.assertLessEqual(sources[1]["podSelector"]["matchLabels"].items(), labels.items())


if __name__ == "__main__":
    rendering.skip_without("LOCKKEEPER_TEST_HELM", "LOCKKEEPER_SERVICES")
    unittest.main()
