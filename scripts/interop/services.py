#!/usr/bin/env python3
"""Sigstore on loopback: a real Rekor v2, a real timestamp authority, and around them an OIDC issuer, a
provider where people sign in, Fulcio with a certificate log, Rekor v1 and a TUF repository (services/main.js).

    scripts/interop/services.py FOLDER

starts them on free ports, writes into FOLDER what clients need (see services/main.js), says so, and runs until it is
interrupted; then it ends what it started, and nothing else. `scripts/interop/install.sh` comes first.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
# Seconds until a service must answer.
PATIENCE = 60


def peers_folder():
    """Where install.sh has put the peers."""
    told = os.environ.get("LOCKSTEP_INTEROP_PEERS")
    return pathlib.Path(told).resolve() if told else HERE.parent.parent / "target" / "interop-peers"


def free_ports(count):
    """Ports that nobody listens on now; held open together, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


class Processes:
    """Programs in the background, each with its log file; all are ended together."""

    def __init__(self, logs):
        self.logs = logs
        self.running = []

    def start(self, name, command, environment=None, folder=None):
        log = self.logs / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, **(environment or {})},
            )
        self.running.append((name, process, log))
        return process

    def wait_until(self, name, is_up):
        process, log = next((one[1], one[2]) for one in self.running if one[0] == name)
        until = time.monotonic() + PATIENCE
        while not is_up(log):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"interop: {name} did not start:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.05)

    def stop(self):
        for _, process, _ in reversed(self.running):
            if process.poll() is None:
                process.terminate()
        for _, process, _ in self.running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()


def answers(url):
    """Whether a server answers there, whatever it says."""

    def is_up(_log):
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    return is_up


class Services:
    """The services, as long as the `with` block lasts. `path(name)` is one of the files that they have written."""

    def __init__(self, state, peers=None):
        self.state = pathlib.Path(state).resolve()
        self.peers = peers or peers_folder()
        self.urls = {}

    def __enter__(self):
        logs = self.state / "logs"
        shutil.rmtree(self.state / "rekor-v2", ignore_errors=True)
        logs.mkdir(parents=True, exist_ok=True)
        self.processes = Processes(logs)
        try:
            self._start()
        except BaseException:
            self.processes.stop()
            raise
        return self

    def __exit__(self, *_):
        self.processes.stop()

    def _start(self):
        http, grpc, metrics, timestamps = free_ports(4)
        key, public = self.state / "rekor-v2.key", self.state / "rekor-v2.pub"
        run_quietly("openssl", "genpkey", "-algorithm", "ed25519", "-out", key)
        run_quietly("openssl", "pkey", "-in", key, "-pubout", "-out", public)
        self.processes.start("rekor-v2", [
            self.peers / "bin/posix", "serve", "--hostname", "127.0.0.1", "--http-port", http, "--grpc-port", grpc,
            "--http-metrics-port", metrics, "--signer-filepath", key, "--storage-dir", self.state / "rekor-v2",
            "--checkpoint-interval", "1s", "--batch-max-age", "50ms",
            # Pure Ed25519 is not among the algorithms of the public instance either.
        ])
        # The authority would ask public time servers every minute.
        self.processes.start("timestamp-authority", [
            self.peers / "bin/timestamp-server", "serve", "--timestamp-signer", "memory", "--host", "127.0.0.1",
            "--port", timestamps, "--disable-ntp-monitoring",
        ])
        rekor_v2, authority = f"http://127.0.0.1:{http}", f"http://127.0.0.1:{timestamps}"
        self.processes.wait_until("rekor-v2", answers(f"{rekor_v2}/healthz"))
        self.processes.wait_until("timestamp-authority", answers(f"{authority}/ping"))
        self.processes.start(
            "services",
            [
                "node", HERE / "services/main.js", "--state", self.state, "--rekor-v2", rekor_v2,
                "--rekor-v2-key", public, "--timestamp-authority", authority,
            ],
            {"NODE_PATH": str(self.peers / "node/node_modules")},
        )
        self.processes.wait_until("services", lambda log: "ready\n" in log.read_text(errors="replace"))
        self.urls = json.loads(self.path("urls.json").read_text())

    def path(self, name):
        return self.state / name

    def token(self, **claims):
        """An identity token as GitHub's issuer gives it; claims replace its own."""
        request = urllib.request.Request(f"{self.urls['issuer']}/token", json.dumps(claims).encode(), method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)["value"]


def run_quietly(*command):
    subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL, capture_output=True)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    with Services(sys.argv[1]) as services:
        for name, url in services.urls.items():
            print(f"{name:20} {url}")
        print(f"what clients need is in {services.state}; interrupt to stop", flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
