"""What runs is hit in the middle of a script: the run goes on or begins anew, and nothing is done twice."""

import json
import os
import time

import cluster
import postgres
import release
from cluster import ROOT, SYSTEM, Scenario, apply, get, kubectl, list_of, run, until
from migrations import SLOW, history, hurry, migration, runs, wait_ready

HOLDERS = "SELECT string_agg(DISTINCT pid::text, ' ') FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"


def setUpModule():
    release.ensure()
    postgres.start()


def on_node(*command):
    return run(ROOT / "hack/node", "exec", os.environ["LOCKKEEPER_TEST_NODE"], *command)


def container_ids(pod, namespace):
    """Nothing until the kubelet has told all of them."""
    statuses = get("pod", pod, namespace)["status"].get("containerStatuses", [])
    names = [each.get("containerID", "").removeprefix("containerd://") for each in statuses]
    return names if all(names) else []


def kill_containers_of(pod, namespace):
    for container in until(f"the kubelet knows the containers of {pod}", lambda: container_ids(pod, namespace)):
        on_node("ctr", "--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", container)


class Disruption(Scenario):
    def begin(self, name):
        """A Migration whose second script runs, and goes on for as long as it is not told to hurry."""
        postgres.create_database(name, self.namespace)
        files = {"0001_first.up.sql": "CREATE TABLE first (id bigint);", "0002_slow.up.sql": SLOW, "0003_last.up.sql": "CREATE TABLE last (id bigint);"}
        apply(migration(self.namespace, name, name, files, retry={"initialDelay": "1s", "maxDelay": "2s"}))
        until("the script runs", lambda: runs(name), 240)
        self.holders = self.holders_of(name)
        self.assertTrue(self.holders, "the run holds the lock")
        (pod,) = list_of("pods", self.namespace)
        return pod["metadata"]["name"]

    def holders_of(self, name):
        return set(postgres.sql(name, HOLDERS).split())

    def wait_for_free_lock(self, name):
        """Free of the session that held it: the next run may have it at once."""
        started = time.monotonic()
        until("the lock is free", lambda: not self.holders & self.holders_of(name), 30)
        print(f"    the lock was free after {time.monotonic() - started:.1f} s", flush=True)

    def expect_done_once(self, name):
        hurry(name)
        wait_ready(self.namespace, name)
        self.assertEqual(["0001_first", "0002_slow", "0003_last"], history(name))

    def test_the_leader_is_killed_and_the_job_is_neither_repeated_nor_lost(self):
        self.begin("leaderless")
        (job,) = list_of("jobs", self.namespace)
        killed = until("there is a leader", release.leader)
        kill_containers_of(killed["metadata"]["name"], SYSTEM)
        self.assertTrue(runs("leaderless"), "the Job goes on without a leader")
        self.expect_done_once("leaderless")
        self.assertEqual([job["metadata"]["uid"]], [each["metadata"]["uid"] for each in list_of("jobs", self.namespace)])

    def test_the_runners_pod_is_deleted_in_the_middle_of_a_script(self):
        pod = self.begin("deleted")
        kubectl("delete", "pod", pod, "--namespace", self.namespace, "--wait=false")
        self.wait_for_free_lock("deleted")
        self.expect_done_once("deleted")

    def test_the_runners_pod_is_evicted_in_the_middle_of_a_script(self):
        pod = self.begin("evicted")
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": self.namespace}}
        kubectl("create", "--raw", f"/api/v1/namespaces/{self.namespace}/pods/{pod}/eviction", "--filename=-", stdin=json.dumps(eviction))
        self.wait_for_free_lock("evicted")
        self.expect_done_once("evicted")

    def test_the_runner_is_killed_in_the_middle_of_a_script(self):
        pod = self.begin("killed")
        kill_containers_of(pod, self.namespace)
        self.wait_for_free_lock("killed")
        self.expect_done_once("killed")

    def test_a_job_that_is_deleted_by_hand_is_started_again(self):
        self.begin("by-hand")
        kubectl("delete", "jobs", "--all", "--namespace", self.namespace, "--wait=false")
        self.wait_for_free_lock("by-hand")
        self.expect_done_once("by-hand")

    def test_a_migration_that_is_deleted_during_its_job_ends_it_and_frees_the_lock(self):
        self.begin("unwanted")
        kubectl("delete", "pgmig/unwanted", "--namespace", self.namespace, "--wait=false")
        self.wait_for_free_lock("unwanted")
        until("its Job and pod are gone", lambda: not list_of("jobs", self.namespace) and not list_of("pods", self.namespace))
        self.assertEqual(["0001_first"], history("unwanted"))


if __name__ == "__main__":
    cluster.main()
