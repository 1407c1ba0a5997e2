"""The chart with its defaults, on a real node."""

import unittest

import cluster
import postgres
import release
from cluster import RELEASE, SYSTEM, Scenario, helm, kubectl
from migrations import history, migration, scripts, wait_ready
from cluster import apply


def setUpModule():
    release.install()
    postgres.start()


class Install(unittest.TestCase):
    def test_the_controllers_are_available_and_stay_up(self):
        self.assertEqual([0] * len(release.pods()), [each["status"]["containerStatuses"][0]["restartCount"] for each in release.pods()])

    def test_helm_test_passes_with_no_image_but_ours(self):
        self.assertIn("Succeeded", helm("test", RELEASE, "--namespace", SYSTEM, "--timeout=120s"))

    def test_what_the_notes_say_next_is_so(self):
        kubectl("rollout", "status", f"deployment/{RELEASE}", "--namespace", SYSTEM, "--timeout=60s")


class InProcess(Scenario):
    def test_a_migration_is_applied_by_the_controller_itself(self):
        postgres.create_database("inprocess", self.namespace)
        apply(migration(self.namespace, "shop", "inprocess", scripts(3), execution={"mode": "InProcess"}))
        wait_ready(self.namespace, "shop")
        self.assertEqual(["0001_t1", "0002_t2", "0003_t3"], history("inprocess"))


if __name__ == "__main__":
    cluster.main()
