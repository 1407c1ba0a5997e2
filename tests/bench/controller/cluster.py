"""A PostgreSQL and an API server of their own for one measurement, and fast requests to the latter."""
import base64
import concurrent.futures
import http.client
import json
import os
import shlex
import shutil
import ssl
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
NAMESPACE = "bench"
MIGRATIONS = f"/apis/lockkeeper.dev/v1alpha1/namespaces/{NAMESPACE}/migrations"


def cpu_seconds(pid):
    """Of a process, and of its children that have ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0, 0.0
    own, waited_for = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return own / os.sysconf("SC_CLK_TCK"), waited_for / os.sysconf("SC_CLK_TCK")


class Cluster:
    """Starts `hack/services` in a folder of its own; everything is gone at the end of a `with`."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="lockkeeper-bench.")
        os.chmod(self.folder, 0o755)
        self.services = f"{ROOT}/hack/services"
        base = {key: value for key, value in os.environ.items() if key not in ("KUBECONFIG", "KUBEBUILDER_ASSETS")}
        try:
            subprocess.run([self.services, "up", self.folder], check=True, env=base, stderr=subprocess.DEVNULL)
            script = f'eval "$({shlex.quote(self.services)} env {shlex.quote(self.folder)})"; env -0'
            text = subprocess.run(["bash", "-c", script], check=True, env=base, stdout=subprocess.PIPE).stdout.decode()
            self.env = dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
            self.database_url = self.env.pop("LOCKKEEPER_TEST_POSTGRES_URL")
            self._skip_passwords()
            self._read_kubeconfig()
            self._install()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run([self.services, "down", self.folder], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def cpu_seconds(self):
        """What each server has used so far; PostgreSQL's with all sessions, those that have ended too."""
        used = {}
        for name in ("postgres", "etcd", "apiserver"):
            with open(f"{self.folder}/run/{name}.pid") as file:
                pid = int(file.readline().split()[0])  # and when it was started
            own, waited_for = cpu_seconds(pid)
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                used[name] = own + waited_for + sum(cpu_seconds(int(child))[0] for child in file.read().split())
        return used

    def wait_for_events(self):
        """Until no more of them come; a program may write none."""
        connection, known, since = self.connect(), -1, time.monotonic()
        while time.monotonic() - since < 3:
            time.sleep(0.5)
            connection.request("GET", f"/apis/events.k8s.io/v1/namespaces/{NAMESPACE}/events?limit=1")
            answer = json.load(connection.getresponse())
            count = len(answer["items"]) + (answer["metadata"].get("remainingItemCount") or 0)
            if count != known:
                known, since = count, time.monotonic()

    def kubectl(self, *arguments, text=None):
        return subprocess.run(["kubectl", *arguments], check=True, env=self.env, input=text, text=True,
                              stdout=subprocess.PIPE).stdout

    def _skip_passwords(self):
        """SCRAM costs client and server some milliseconds of CPU a connection each, whatever the client: it is made slow on
        purpose, and would hide what is measured."""
        path = f"{self.folder}/postgres/data/pg_hba.conf"
        with open(path) as file:
            rules = file.read()
        with open(path, "w") as file:
            file.write(f"host all postgres 127.0.0.1/32 trust\n{rules}")
        self.psql("SELECT pg_reload_conf()")

    def psql(self, sql):
        subprocess.run(["psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output=/dev/null", self.database_url],
                       check=True, input=sql, text=True)

    def _read_kubeconfig(self):
        config = json.loads(self.kubectl("config", "view", "--raw", "--minify", "--flatten", "--output", "json"))
        self.host = config["clusters"][0]["cluster"]["server"].removeprefix("https://")
        authority = base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
        self.tls = ssl.create_default_context(cadata=authority)
        user = config["users"][0]["user"]
        pair = f"{self.folder}/client.pem"
        with open(os.open(pair, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(base64.b64decode(user["client-certificate-data"]) + b"\n" + base64.b64decode(user["client-key-data"]))
        self.tls.load_cert_chain(pair)

    def _install(self):
        self.kubectl("apply", "--filename", f"{ROOT}/crds/lockkeeper.dev_migrations.yaml")
        # Of a CRD that has no conditions yet, which it has not at once, a wait for one ends in an error.
        for condition in ("jsonpath={.status.acceptedNames.plural}=migrations", "condition=Established"):
            self.kubectl("wait", f"--for={condition}", "crd/migrations.lockkeeper.dev", "--timeout=30s")
        self.kubectl("create", "namespace", NAMESPACE)
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": NAMESPACE},
                  "stringData": {"uri": self.database_url}}
        self.kubectl("create", "--filename", "-", text=json.dumps(secret))

    def connect(self):
        return http.client.HTTPSConnection(self.host, context=self.tls, timeout=120)

    def make_schemas(self, numbers):
        """One small database each: a schema."""
        self.psql("".join(f"CREATE SCHEMA s_{number};\n" for number in numbers))

    def make_migrations(self, numbers):
        parts = [list(numbers)[start::6] for start in range(6)]
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            list(pool.map(self._make_some, parts))

    def _make_some(self, numbers):
        connection = self.connect()
        for number in numbers:
            post(connection, migration(number))
        connection.close()


def migration(number):
    """With two scripts, as a small service would have. Schema and table both have the number: programs that know only one
    of the two find their own history too."""
    return {"apiVersion": "lockkeeper.dev/v1alpha1", "kind": "Migration",
            "metadata": {"name": f"m{number:05}", "namespace": NAMESPACE},
            "spec": {"database": {"urlFrom": {"secretKeyRef": {"name": "db", "key": "uri"}}},
                     "execution": {"mode": "InProcess"},
                     "history": {"schema": f"s_{number}", "table": f"h_{number}"},
                     "source": {"inline": {"0001_a.up.sql": f"CREATE TABLE s_{number}.t (id int);",
                                           "0002_b.up.sql": f"ALTER TABLE s_{number}.t ADD COLUMN v text;"}}}}


def post(connection, body):
    connection.request("POST", MIGRATIONS, json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise RuntimeError(f"the API server refuses a Migration: {answer.decode()[:500]}")


def is_ready(item):
    conditions = item.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


class Watch:
    """All changes of Migrations from now on."""

    def __init__(self, cluster):
        self.connection = cluster.connect()
        self.connection.request("GET", f"{MIGRATIONS}?limit=1")
        version = json.load(self.connection.getresponse())["metadata"]["resourceVersion"]
        self.connection.request("GET", f"{MIGRATIONS}?watch=true&resourceVersion={version}")
        self.lines = self.connection.getresponse()

    def wait_until_ready(self, names):
        """Returns when each of these Migrations has been seen Ready."""
        left = set(names)
        while left:
            line = self.lines.readline()
            if not line:
                raise RuntimeError(f"the watch ended with {len(left)} Migrations not Ready")
            item = json.loads(line)["object"]
            if is_ready(item):
                left.discard(item["metadata"]["name"])
