"""Twenty Migrations of one database at once."""

import cluster
import postgres
import release
from cluster import Scenario, apply, list_of, until
from migrations import SLOW, history, hurry, migration, scripts, wait_ready

def setUpModule():
    release.ensure()
    postgres.start()


class Concurrency(Scenario):
    def test_twenty_migrations_of_one_database_are_each_applied_exactly_once(self):
        postgres.create_database("crowd", self.namespace)
        shared = {"0000_slow.up.sql": SLOW, **scripts(5, "shared")}
        together = [f"together-{number}" for number in range(10)]
        apart = [f"apart-{number}" for number in range(10)]
        apply(
            *[migration(self.namespace, name, "crowd", shared) for name in together],
            *[
                migration(self.namespace, name, "crowd", scripts(5, name.replace("-", "_")), history={"table": name.replace("-", "_")})
                for name in apart
            ],
        )
        holder = until("one that waits shows who holds the lock", self.holder, 240)
        self.assertGreater(holder["pid"], 0)
        self.assertIn("lockkeeper", holder["application"])

        hurry("crowd")
        wait_ready(self.namespace, *together, *apart, seconds=420)
        self.assertEqual([name.removesuffix(".up.sql") for name in shared], history("crowd"))
        for name in apart:
            self.assertEqual("5", postgres.sql("crowd", f'SELECT count(*) FROM "{name.replace("-", "_")}"'))
        for each in list_of("pgmig", self.namespace):
            self.assertNotIn("lock", each["status"], "it waits no more")
            self.assertNotIn("lastError", each["status"])
            self.assertEqual(1, each["status"]["run"], "one Job each")

    def holder(self):
        found = [each.get("status", {}).get("lock", {}).get("holder") for each in list_of("pgmig", self.namespace)]
        return next(filter(None, found), None)


if __name__ == "__main__":
    cluster.main()
