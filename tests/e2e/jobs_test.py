"""Migrations that run as Jobs, and the applications that wait for them."""

import cluster
import postgres
import release
from cluster import ROOT, Scenario, apply, kubectl, list_of, until
from migrations import config_map, history, migration, scripts, status, wait_ready
from postgres import restricted

VERSION = 20


def setUpModule():
    release.ensure()
    postgres.start()


def application(namespace, database):
    """A Deployment whose pods wait for the schema, then use it and end with an error where it is not there."""
    url = {"name": "LOCKKEEPER_DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": f"{database}-db", "key": "uri"}}}
    use = 'psql "$LOCKKEEPER_DATABASE_URL" --quiet --command="SELECT count(*) FROM t20" && exec sleep 3600'
    pod = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "initContainers": [
            {
                "name": "schema",
                "image": "lockkeeper:" + release.version(),
                "imagePullPolicy": "IfNotPresent",
                "args": ["wait", f"--version={VERSION}", "--timeout=10m"],
                "env": [url],
                "securityContext": restricted(readOnlyRootFilesystem=True),
            }
        ],
        "containers": [
            {
                "name": "application",
                "image": postgres.IMAGE,
                "imagePullPolicy": "Never",
                "command": ["/bin/sh", "-c", use],
                "env": [url],
                "securityContext": restricted(readOnlyRootFilesystem=True),
            }
        ],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "application", "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "application"}},
            "template": {"metadata": {"labels": {"app": "application"}}, "spec": pod},
        },
    }


def init_container_runs(pod):
    return any("running" in each.get("state", {}) for each in pod["status"].get("initContainerStatuses", []))


class Jobs(Scenario):
    def test_twenty_scripts_run_as_a_job_and_the_application_starts_only_after(self):
        postgres.create_database("shop", self.namespace)
        apply(application(self.namespace, "shop"))
        until("both pods of the application wait", lambda: [init_container_runs(each) for each in list_of("pods", self.namespace)] == [True] * 2)

        apply(
            config_map(self.namespace, "shop-migrations", scripts(VERSION)),
            migration(self.namespace, "shop", "shop", {"configMaps": [{"name": "shop-migrations"}]}),
        )
        wait_ready(self.namespace, "shop")

        self.assertEqual([name.removesuffix(".up.sql") for name in scripts(VERSION)], history("shop"))
        kubectl("rollout", "status", "deployment/application", "--namespace", self.namespace, "--timeout=120s", seconds=150)
        applied = postgres.sql("shop", "SELECT to_char(max(applied_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM lockkeeper_history")
        for pod in list_of("pods", self.namespace, "app=application"):
            container = pod["status"]["containerStatuses"][0]
            self.assertEqual(0, container["restartCount"], "it started before its schema was there")
            self.assertLessEqual(applied, container["state"]["running"]["startedAt"])

    def test_the_sample_storefront_works_as_it_is_written(self):
        kubectl("apply", "--filename", ROOT / "manifests/samples/storefront/namespace.yaml")
        self.addCleanup(kubectl, "delete", "namespace", "storefront", "--wait=false")
        postgres.create_database("storefront", "storefront")
        kubectl("apply", "--kustomize", ROOT / "manifests/samples/storefront")
        kubectl("rollout", "status", "deployment/storefront", "--namespace", "storefront", "--timeout=240s", seconds=260)
        wait_ready("storefront", "storefront")

    def test_scripts_come_out_of_an_applications_image_that_has_no_shell(self):
        postgres.create_database("notes", self.namespace)
        source = {"image": {"reference": "localhost/lockkeeper-e2e-application:1", "pullPolicy": "Never"}}
        apply(migration(self.namespace, "notes", "notes", source))
        wait_ready(self.namespace, "notes")
        self.assertEqual(["0001_notes", "0002_authors"], history("notes"))
        self.assertRegex(status(self.namespace, "notes")["sourceRevision"], r"sha256:[0-9a-f]{64}$")

    def test_the_job_is_the_migrations_own_and_its_pod_has_no_token(self):
        postgres.create_database("owned", self.namespace)
        apply(migration(self.namespace, "owned", "owned", scripts(1)))
        wait_ready(self.namespace, "owned")
        (job,) = list_of("jobs", self.namespace)
        (owner,) = job["metadata"]["ownerReferences"]
        self.assertEqual(("Migration", "owned", True), (owner["kind"], owner["name"], owner["controller"]))
        self.assertEqual(0, job["spec"]["backoffLimit"])
        (pod,) = list_of("pods", self.namespace, f"job-name={job['metadata']['name']}")
        self.assertEqual("Never", pod["spec"]["restartPolicy"])
        mounted = [each["mountPath"] for container in pod["spec"]["containers"] for each in container.get("volumeMounts", [])]
        self.assertNotIn("/var/run/secrets/kubernetes.io/serviceaccount", mounted)

    def test_what_a_migration_owned_goes_with_it_and_its_database_stays(self):
        postgres.create_database("gone", self.namespace)
        apply(config_map(self.namespace, "gone", scripts(2)), migration(self.namespace, "gone", "gone", {"configMaps": [{"name": "gone"}]}))
        wait_ready(self.namespace, "gone")
        kubectl("delete", "pgmig/gone", "--namespace", self.namespace)
        until("its Jobs, pods and pinned scripts are gone", lambda: not any(self.left()))
        self.assertEqual(2, len(history("gone")))

    def left(self):
        maps = [each["metadata"]["name"] for each in list_of("configmaps", self.namespace)]
        return [list_of("jobs", self.namespace), list_of("pods", self.namespace), set(maps) - {"gone", "kube-root-ca.crt"}]

    def test_a_restarted_controller_starts_no_job_for_what_is_done(self):
        postgres.create_database("done", self.namespace)
        apply(migration(self.namespace, "done", "done", scripts(2)))
        wait_ready(self.namespace, "done")
        before = status(self.namespace, "done")
        kubectl("rollout", "restart", f"deployment/{release.NAME}", "--namespace", cluster.SYSTEM)
        kubectl("rollout", "status", f"deployment/{release.NAME}", "--namespace", cluster.SYSTEM, "--timeout=180s", seconds=200)
        until("the new controller has started", lambda: '"watching"' in release.log())
        self.assertEqual(before, status(self.namespace, "done"))
        self.assertEqual(1, len(list_of("jobs", self.namespace)))


if __name__ == "__main__":
    cluster.main()
