"""Migrations and their scripts, as the tests apply and look at them."""

import postgres
from cluster import apply, condition, get, kubectl, until

# A script that runs until somebody makes the table `hurry`.
SLOW = """\
CREATE TABLE done_once (id bigint);
DO $$ BEGIN
  WHILE NOT EXISTS (SELECT FROM pg_tables WHERE tablename = 'hurry') LOOP PERFORM pg_sleep(0.1); END LOOP;
END $$;
"""


def runs(database):
    """Is SLOW running?"""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%hurry%' AND pid <> pg_backend_pid()"
    return postgres.sql(database, query) == "1"


def hurry(database):
    postgres.sql(database, "CREATE TABLE hurry ()")


def scripts(count, prefix="t"):
    """Scripts that fail when they are run twice."""
    return {f"{number:04}_{prefix}{number}.up.sql": f"CREATE TABLE {prefix}{number} (id bigint PRIMARY KEY);\n" for number in range(1, count + 1)}


def config_map(namespace, name, files):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": files}


def migration(namespace, name, database, source, **spec):
    """Of a database whose Secret postgres.create_database has made. The source is scripts by name, or the `source` of the spec."""
    return {
        "apiVersion": "lockkeeper.dev/v1alpha1",
        "kind": "Migration",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "database": {"urlFrom": {"secretKeyRef": {"name": f"{database}-db"}}},
            "source": source if set(source) & {"configMaps", "image", "inline"} else {"inline": source},
            **spec,
        },
    }


def status(namespace, name):
    return (get("pgmig", name, namespace) or {}).get("status", {})


def wait_ready(namespace, *names, seconds=240):
    kubectl("wait", "--for=condition=Ready", *[f"pgmig/{name}" for name in names], "--namespace", namespace, f"--timeout={seconds}s", seconds=seconds + 30)


def wait_for_reason(namespace, name, reason, kind="Ready", seconds=180):
    """The condition, as soon as it has the reason."""
    seen = []

    def answer():
        found = condition(get("pgmig", name, namespace), kind)
        seen[:] = [found]
        return found if found["reason"] == reason else None

    try:
        return until(f"{kind} of {name} has the reason {reason}", answer, seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {seen}") from None


def history(database):
    """Versions that were applied, as the database has them, in order of application."""
    return postgres.sql(database, "SELECT version FROM lockkeeper_history ORDER BY applied_at, version").splitlines()
