"""What goes wrong is named by a condition, so that a person knows where to look."""

import cluster
import postgres
import release
from cluster import Scenario, apply, condition, get, kubectl
from migrations import migration, scripts, wait_for_reason, wait_ready


def setUpModule():
    release.ensure()
    postgres.start()


class Failures(Scenario):
    def test_broken_sql_stalls_and_names_file_line_and_column(self):
        postgres.create_database("broken", self.namespace)
        apply(migration(self.namespace, "broken", "broken", {"0001_a.up.sql": "SELECT 1;\nSELECT nonsense;\n"}))
        found = wait_for_reason(self.namespace, "broken", "ScriptFailed")
        self.assertIn("0001_a.up.sql:2:8", found["message"])
        self.assertEqual("True", condition(get("pgmig", "broken", self.namespace), "Stalled")["status"])

    def test_a_wrong_password_is_access_denied_and_heals_when_it_is_put_right(self):
        postgres.create_database("locked", self.namespace)
        apply(postgres.secret(self.namespace, "locked-db", postgres.url("locked", password="wrong")))
        apply(migration(self.namespace, "locked", "locked", scripts(1), retry={"initialDelay": "1s", "maxDelay": "2s"}))
        found = wait_for_reason(self.namespace, "locked", "AccessDenied")
        self.assertIn("refuses the user name or password", found["message"])
        self.assertNotIn("wrong", found["message"])
        apply(postgres.secret(self.namespace, "locked-db", postgres.url("locked")))
        wait_ready(self.namespace, "locked")

    def test_a_missing_secret_is_named_and_heals_when_it_is_there(self):
        apply(migration(self.namespace, "secretless", "secretless", scripts(1), retry={"initialDelay": "1s", "maxDelay": "2s"}))
        found = wait_for_reason(self.namespace, "secretless", "SecretNotFound")
        self.assertIn("secretless-db", found["message"])
        postgres.create_database("secretless", self.namespace)
        wait_ready(self.namespace, "secretless")

    def test_a_quota_that_is_exceeded_is_named(self):
        postgres.create_database("poor", self.namespace)
        apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none", "namespace": self.namespace}, "spec": {"hard": {"pods": "0"}}})
        apply(migration(self.namespace, "poor", "poor", scripts(1), retry={"initialDelay": "1s", "maxDelay": "2s"}))
        found = wait_for_reason(self.namespace, "poor", "QuotaExceeded")
        self.assertIn("exceeded quota: none", found["message"])
        kubectl("delete", "resourcequota", "none", "--namespace", self.namespace)
        wait_ready(self.namespace, "poor")

    def test_an_image_that_cannot_be_pulled_is_named(self):
        postgres.create_database("pictureless", self.namespace)
        source = {"image": {"reference": "registry.invalid/shop:1", "path": "/migrations"}}
        apply(migration(self.namespace, "pictureless", "pictureless", source, retry={"initialDelay": "1s", "maxDelay": "2s"}))
        found = wait_for_reason(self.namespace, "pictureless", "ImagePullFailed")
        self.assertIn("registry.invalid/shop:1", found["message"])


if __name__ == "__main__":
    cluster.main()
