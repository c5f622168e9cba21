"""Two registries on loopback: one without the referrers API (fallback tag), one with it."""

import os
import shutil
from pathlib import Path

from services import answers, free_ports

REPOSITORY = Path(__file__).resolve().parent.parent.parent

# Debian's docker-registry keeps what it gets in memory, and may delete nothing here.
DISTRIBUTION = """version: 0.1
log: {{level: warn}}
storage: {{inmemory: {{}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def test_peers():
    """Where scripts/test-peers.sh has put the registry with referrers."""
    return Path(os.environ.get("LOCKSTEP_TEST_PEERS", REPOSITORY / "target/test-peers"))


def start(processes, state):
    """Starts both; gives {name: host}."""
    with_tag, with_referrers = free_ports(2)
    if not shutil.which("docker-registry"):
        raise SystemExit("interop: docker-registry is needed: the Debian package of that name")
    program = test_peers() / "bin/ferro-oci-server"
    if not program.exists():
        raise SystemExit(f"interop: {program} is needed: run scripts/test-peers.sh")
    config = state / "docker-registry.yml"
    config.write_text(DISTRIBUTION.format(port=with_tag))
    processes.start("docker-registry", ["docker-registry", "serve", config])
    processes.start("ferro-oci-server", [program], {"FERRO_OCI_LISTEN": f"127.0.0.1:{with_referrers}"}, folder=state)
    for name, port in (("docker-registry", with_tag), ("ferro-oci-server", with_referrers)):
        processes.wait_until(name, answers(f"http://127.0.0.1:{port}/v2/"))
    return {"fallback tag": f"127.0.0.1:{with_tag}", "referrers": f"127.0.0.1:{with_referrers}"}
