"""A PostgreSQL server in a pod, and the databases that the tests make in it."""

import base64

from cluster import apply, get, kubectl, run, until

NAMESPACE = "databases"
PASSWORD = "correct-horse"
IMAGE = "localhost/lockkeeper-e2e-postgres:1"


def restricted(**more):
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, **more}


def start():
    """Starts the server, where there is none yet, and returns when it answers."""
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    pod = {
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "fsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {
                "name": "postgres",
                "image": IMAGE,
                "imagePullPolicy": "Never",
                "env": [{"name": "POSTGRES_PASSWORD", "value": PASSWORD}],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                "readinessProbe": {"tcpSocket": {"port": 5432}, "periodSeconds": 1},
                "securityContext": restricted(),
            }
        ],
        "volumes": [{"name": "data", "emptyDir": {}}],
    }
    apply(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "postgres", "namespace": NAMESPACE, "labels": {"app": "postgres"}}, "spec": pod},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "postgres", "namespace": NAMESPACE},
            "spec": {"selector": {"app": "postgres"}, "ports": [{"port": 5432}]},
        },
    )
    kubectl("wait", "--for=condition=Ready", "pod/postgres", "--namespace", NAMESPACE, "--timeout=180s", seconds=200)
    until("PostgreSQL answers", lambda: sql("postgres", "SELECT 1") == "1", 60)


def sql(database, text):
    """What psql prints, unaligned; statements through standard input."""
    psql = ("psql", "--host=/tmp", "--username=postgres", f"--dbname={database}", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align")
    words = ("exec", "--stdin", "postgres", "--namespace", NAMESPACE, "--", *psql, "--set=ON_ERROR_STOP=1")
    return kubectl(*words, stdin=text).strip()


def url(database, password=PASSWORD):
    address = get("service", "postgres", NAMESPACE)["spec"]["clusterIP"]
    return f"postgresql://postgres:{password}@{address}:5432/{database}?sslmode=disable"


def secret(namespace, name, text):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": {"uri": base64.b64encode(text.encode()).decode()},
    }


def create_database(database, namespace):
    """An empty database, and the Secret `NAME-db` with its connection string in the namespace."""
    sql("postgres", f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    sql("postgres", f'CREATE DATABASE "{database}"')
    apply(secret(namespace, f"{database}-db", url(database)))
