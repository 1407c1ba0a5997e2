"""The chart with its defaults, on a real node."""

import unittest

import cluster
import release
from cluster import RELEASE, SYSTEM, helm, until


def setUpModule():
    release.install()


class Install(unittest.TestCase):
    def test_two_controllers_are_available_and_stay_up(self):
        restarts = [each["status"]["containerStatuses"][0]["restartCount"] for each in release.pods()]
        self.assertEqual([0, 0], restarts)

    def test_helm_test_passes_with_no_image_but_ours(self):
        self.assertIn("Succeeded", helm("test", RELEASE, "--namespace", SYSTEM, "--timeout=120s"))

    def test_one_of_them_leads(self):
        leading = until("a controller holds the Lease", release.leader)
        self.assertIn(leading["metadata"]["name"], [each["metadata"]["name"] for each in release.pods()])


if __name__ == "__main__":
    cluster.main()
