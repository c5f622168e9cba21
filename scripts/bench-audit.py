#!/usr/bin/env python3
"""Audits many components of four channels each against servers on loopback, twice.

    scripts/bench-audit.py [--components 500] [--lockstep target/release/lockstep]

Serves git (smart HTTP, protocol 2), GitHub releases, a Python index and an image registry for as
many components as wanted, from this one process, and runs `lockstep check` over a folder of their
policies: a first pass with an empty cache, a second one in which nothing has changed, and a third
with a tenth of the components, whose peak memory is to be compared with that of the first. Prints
requests by status, wall time and peak memory of each pass. Standard library alone.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

VERSIONS = [f"1.{minor}.{patch}" for minor in range(5) for patch in range(4)]
DAY = "2026-01-%02dT12:00:00Z"

POLICY = """\
[component]
name = "{name}"
source = "{base}/acme/{name}"
announced-by = "tag"

[line.release]
scheme = "semver"

[channel.tag]
kind = "git-tag"
tag = "v{{version}}"

[channel.release]
kind = "github-release"
tag = "v{{version}}"

[channel.index]
kind = "pypi"
index = "{base}/simple/"

[channel.image]
kind = "oci"
image = "{registry}/acme/{name}"
tag = "{{version}}"
"""


def commit(name, version):
    return hashlib.sha1(f"{name} {version}".encode()).hexdigest()


def packet(line):
    return b"%04x%s" % (len(line) + 4, line)


def manifest(name, version):
    blank = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 2}
    blank["digest"] = "sha256:" + hashlib.sha256(b"{}").hexdigest()
    body = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blank,
        "layers": [],
        "annotations": {"org.opencontainers.image.title": f"{name} {version}"},
    }
    return json.dumps(body).encode()


class Answers(BaseHTTPRequestHandler):
    """Every answer has an ETag; what the client has already costs it a 304."""

    protocol_version = "HTTP/1.1"
    counts = Counter()
    lock = threading.Lock()

    def log_message(self, *_):
        pass

    def count(self, status):
        kind = f"{self.command} {status}"
        with self.lock:
            self.counts[kind] += 1

    def answer(self, media, body, headers=(), status=200):
        etag = '"%s"' % hashlib.sha256(body).hexdigest()[:32]
        if self.headers.get("if-none-match") == etag:
            status, body = 304, b""
        self.count(status)
        self.send_response(status)
        self.send_header("etag", etag)
        if status != 304:
            self.send_header("content-type", media)
            self.send_header("content-length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def nothing(self):
        self.answer("application/json", b'{"message":"Not Found"}', status=404)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        name = self.path.split("/")[2].removesuffix(".git")
        lines = [b"%s refs/tags/v%s\n" % (commit(name, v).encode(), v.encode()) for v in VERSIONS]
        body = b"".join(packet(line) for line in lines) + b"0000"
        self.answer("application/x-git-upload-pack-result", body)

    def do_GET(self):
        path = self.path.split("?")[0].strip("/").split("/")
        match path:
            case [_, _, "info", "refs"]:
                body = packet(b"# service=git-upload-pack\n") + b"0000"
                body += packet(b"version 2\n") + packet(b"ls-refs=unborn\n") + b"0000"
                self.answer("application/x-git-upload-pack-advertisement", body)
            case ["api", "v3", "repos", "acme", name]:
                self.json({"id": int(name[1:]) + 1, "name": name, "full_name": f"acme/{name}"})
            case ["api", "v3", "repos", "acme", name, "releases"]:
                self.json([release(name, at) for at in range(len(VERSIONS))])
            case ["simple", name]:
                self.json(project(name), "application/vnd.pypi.simple.v1+json")
            case ["pypi", name, "json"]:
                releases = {version: [] for version in VERSIONS}
                for at, version in enumerate(VERSIONS):
                    file = project(name)["files"][at]
                    releases[version] = [
                        {
                            "filename": file["filename"],
                            "digests": file["hashes"],
                            "size": file["size"],
                            "upload_time_iso_8601": file["upload-time"],
                            "yanked": False,
                        }
                    ]
                self.json({"info": {"name": name}, "releases": releases, "urls": []})
            case ["v2"]:
                self.json({})
            case ["v2", "acme", name, "tags", "list"]:
                self.json({"name": f"acme/{name}", "tags": VERSIONS})
            case ["v2", "acme", name, "manifests", reference]:
                self.manifest(name, reference)
            case ["v2", "acme", _, "blobs", _]:
                self.answer("application/octet-stream", b"{}")
            case _:
                self.nothing()

    do_HEAD = do_GET

    def json(self, value, media="application/json"):
        self.answer(media, json.dumps(value).encode())

    def manifest(self, name, reference):
        for version in VERSIONS:
            body = manifest(name, version)
            digest = "sha256:" + hashlib.sha256(body).hexdigest()
            if reference in (version, digest):
                media = "application/vnd.oci.image.manifest.v1+json"
                return self.answer(media, body, [("docker-content-digest", digest)])
        return self.nothing()


def release(name, at):
    version, day = VERSIONS[at], DAY % (at + 1)
    return {
        "id": at + 1,
        "tag_name": f"v{version}",
        "target_commitish": "main",
        "draft": False,
        "prerelease": False,
        "immutable": True,
        "created_at": day,
        "published_at": day,
        "author": {"login": "acme-bot", "id": 1},
        "assets": [],
    }


def project(name):
    files = []
    for at, version in enumerate(VERSIONS):
        files.append(
            {
                "filename": f"{name}-{version}-py3-none-any.whl",
                "url": f"/files/{name}-{version}-py3-none-any.whl",
                "hashes": {"sha256": hashlib.sha256(f"{name}{version}".encode()).hexdigest()},
                "size": 1000,
                "upload-time": DAY % (at + 1),
                "yanked": False,
            }
        )
    return {"meta": {"api-version": "1.1"}, "name": name, "versions": VERSIONS, "files": files}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def run(lockstep, folder, cache, title, components):
    Answers.counts.clear()
    environment = {"PATH": os.environ["PATH"], "HOME": cache, "LOCKSTEP_CACHE_DIR": cache}
    begun = time.monotonic()
    process = subprocess.Popen(
        [lockstep, "check", folder, "--format", "json"],
        stdout=subprocess.PIPE,
        env=environment,
    )
    outcomes = Counter(json.loads(line)["verdict"] for line in process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - begun
    counts = ", ".join(f"{kind}: {count}" for kind, count in sorted(Answers.counts.items()))
    total = sum(Answers.counts.values())
    print(f"{title}: {components} components, {took:.1f} s, {usage.ru_maxrss // 1024} MiB at the peak")
    print(f"    {total} requests ({counts})")
    print(f"    verdicts {dict(outcomes)}, exit code {os.waitstatus_to_exitcode(status)}", flush=True)
    return Counter(Answers.counts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--components", type=int, default=500)
    built = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "release/lockstep"
    parser.add_argument("--lockstep", type=Path, default=built)
    arguments = parser.parse_args()
    if not arguments.lockstep.is_file():
        sys.exit(f"{arguments.lockstep}: not there; run `cargo build --release` first")
    lockstep = str(arguments.lockstep.resolve())
    # As many connections as there are turns; files of the cache beside them.
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    server = Server(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    registry = f"127.0.0.1:{server.server_address[1]}"
    with tempfile.TemporaryDirectory() as work:
        for part, count in [("all", arguments.components), ("tenth", arguments.components // 10)]:
            folder = Path(work, part)
            folder.mkdir()
            for number in range(count):
                name = f"c{number}"
                text = POLICY.format(name=name, base=f"http://{registry}", registry=registry)
                (folder / f"{name}.toml").write_text(text)
        everything, cache = str(Path(work, "all")), str(Path(work, "cache"))
        run(lockstep, everything, cache, "first pass", arguments.components)
        second = run(lockstep, everything, cache, "nothing changed", arguments.components)
        tenth, other = str(Path(work, "tenth")), str(Path(work, "other-cache"))
        run(lockstep, tenth, other, "a tenth, empty cache", arguments.components // 10)
    whole = sum(count for kind, count in second.items() if kind.startswith("GET 200"))
    print(f"whole GET answers when nothing had changed: {whole}")


if __name__ == "__main__":
    sys.exit(main())
