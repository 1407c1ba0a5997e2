"""The release is upgraded in the middle of a run, and taken away. Comes last: after it there is none."""

import cluster
import postgres
import release
from cluster import Scenario, apply, get, kubectl, list_of, until
from migrations import SLOW, history, hurry, migration, runs, scripts, wait_ready


def setUpModule():
    release.ensure()
    postgres.start()


class Upgrade(Scenario):
    def test_an_upgrade_in_the_middle_of_a_run_neither_repeats_nor_loses_it(self):
        postgres.create_database("upgraded", self.namespace)
        apply(migration(self.namespace, "upgraded", "upgraded", {"0001_slow.up.sql": SLOW, "0002_last.up.sql": "CREATE TABLE last (id bigint);"}))
        until("the script runs", lambda: runs("upgraded"), 240)
        (job,) = list_of("jobs", self.namespace)
        release.install("--set", "image.tag=next")
        images = {container["image"] for pod in release.pods() for container in pod["spec"]["containers"]}
        self.assertEqual({"lockkeeper:next"}, images)
        self.assertTrue(runs("upgraded"))
        hurry("upgraded")
        wait_ready(self.namespace, "upgraded")
        self.assertEqual(["0001_slow", "0002_last"], history("upgraded"))
        self.assertEqual([job["metadata"]["uid"]], [each["metadata"]["uid"] for each in list_of("jobs", self.namespace)])


class Uninstall(Scenario):
    def test_what_is_uninstalled_leaves_the_crd_the_migrations_and_the_data(self):
        postgres.create_database("kept", self.namespace)
        apply(migration(self.namespace, "kept", "kept", scripts(2)))
        wait_ready(self.namespace, "kept")
        release.uninstall()
        self.assertIsNone(get("deployment", release.NAME, cluster.SYSTEM))
        kubectl("get", "customresourcedefinition/migrations.lockkeeper.dev")
        self.assertIsNotNone(get("pgmig", "kept", self.namespace))
        self.assertEqual(2, len(history("kept")))
        release.install()
        wait_ready(self.namespace, "kept")
        self.assertEqual(2, len(history("kept")))


if __name__ == "__main__":
    cluster.main()
