"""A controller as a process, and what it costs."""
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

from cluster import cpu_seconds


class Program:
    """Ended with its `with`. The log is kept for the message when it ends too early."""

    def __init__(self, command, cluster, name):
        self.log = f"{cluster.folder}/log/{name}.log"
        self.started = time.monotonic()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, env=cluster.env, stdout=log, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def age(self):
        return time.monotonic() - self.started

    def check(self):
        if self.process.poll() is not None:
            with open(self.log) as log:
                raise RuntimeError(f"{self.process.args[0]} has ended: {log.read()[-2000:]}")

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)[0]

    def memory(self, field):
        """VmRSS now, or VmHWM at most, in MB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(next(line for line in file if line.startswith(field)).split()[1]) / 1024

    def wait_until_quiet(self, quiet_for=3.0, limit=900.0):
        """How old it was when it last used more than a moment of CPU in a tenth of a second."""
        last_cpu, last_busy = self.cpu_seconds(), self.age()
        while self.age() - last_busy < quiet_for:
            if self.age() > limit:
                raise RuntimeError(f"{self.process.args[0]} is still busy after {limit:.0f} s")
            time.sleep(0.1)
            self.check()
            cpu = self.cpu_seconds()
            if cpu - last_cpu > 0.02:
                last_busy = self.age()
            last_cpu = cpu
        return last_busy


class Lockkeeper(Program):
    """With its metrics, which cost little to read."""

    def __init__(self, command, cluster, name):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        super().__init__([*command, "--metrics-address", self.address, "--health-address", "0"], cluster, name)

    def metrics(self):
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def sum(self, name, labels=""):
        """Of all series with this name and these labels; 0 while nobody answers yet."""
        try:
            text = self.metrics()
        except OSError:
            return 0.0
        series = re.findall(rf"^{name}(\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE)
        return sum(float(value) for found, value in series if labels in found)

    def requests(self):
        text = self.metrics()
        found = re.findall(r'^rest_client_requests_total\{.*method="(\w+)".*\} (\S+)$', text, re.MULTILINE)
        counts = {}
        for method, value in found:
            counts[method] = counts.get(method, 0) + int(float(value))
        return counts

    def wait_for_reconciles(self, count, limit=900.0):
        """How old it was when so many reconciles had succeeded."""
        while self.sum("controller_runtime_reconcile_total", 'result="success"') < count:
            self.check()
            if self.age() > limit:
                raise RuntimeError(f"fewer than {count} reconciles after {limit:.0f} s")
            time.sleep(0.02 if count == 1 else 0.2)
        return self.age()
