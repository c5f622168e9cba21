#!/usr/bin/env python3
"""Interoperability with the real programs of the field, in both directions, on this machine alone.

    scripts/interop/run.py [--lockstep PROGRAM] [--library PROGRAM] [--state FOLDER] [--only WORDS]

Starts Sigstore's services and two registries on loopback, lets every program sign what it can sign, and every program
read it; each reader is also shown what it must refuse. A table ends it; where a case fails, it shows the command and
what that said. `scripts/interop/install.sh` and `scripts/test-peers.sh` come first. docs/interop.md says more.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import further
import github
import matrix
import peers
import registries
from services import Services
from stage import Shell, Table

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    built = REPOSITORY / "target/debug"
    parser.add_argument("--lockstep", type=Path, default=built / "lockstep", help="the program (default: %(default)s)")
    parser.add_argument(
        "--library", type=Path, default=built / "examples/sigstore-conformance", help="the conformance client (default: %(default)s)"
    )
    parser.add_argument("--state", type=Path, help="keep keys, bundles and logs in this folder (default: a temporary one)")
    parser.add_argument("--only", default="", help="only cases with these words in case, signer or reader")
    return parser.parse_args()


def main():
    told = arguments()
    # What was started ends with this, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for program in (told.lockstep, told.library):
        if not program.exists():
            raise SystemExit(f"interop: {program} is needed: cargo build --bin lockstep --example sigstore-conformance")
    state = told.state or Path(tempfile.mkdtemp(prefix="lockstep-interop-"))
    state.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        passed = run(told, state.resolve())
    finally:
        if not told.state:
            shutil.rmtree(state, ignore_errors=True)
    print(f"interop took {time.monotonic() - began:.0f} s")
    return 0 if passed else 1


def run(told, state):
    # A log takes an equal entry once, and a fresh log knows none: a state folder serves one run.
    work = state / "work"
    shutil.rmtree(work, ignore_errors=True)
    table = Table(only=told.only)
    with Services(state) as services:
        hosts = registries.start(services.processes, state)
        shell = Shell(state / "home")
        programs = {
            "cosign": peers.Cosign(shell, services),
            "python": peers.SigstorePython(shell, services),
            "npm": peers.SigstoreNpm(shell, services),
            "pypi": peers.PypiAttestations(shell, services),
            "gh": peers.Gh(shell, services),
            "lockstep": peers.Lockstep(shell, services, told.lockstep.resolve()),
            "library": peers.ConformanceClient(shell, services, told.library.resolve()),
        }
        world = matrix.World(work, services, table, programs)
        everything = matrix.everything_signed(world)
        matrix.read_all(world, everything)
        matrix.read_by_source(world, everything)
        matrix.read_as_verdicts(world, everything)
        matrix.images(world, hosts)
        matrix.distributions(world)
        further.several_subjects(world)
        further.roots_by_tuf(world)
        github.store(world)
    return table.print()


if __name__ == "__main__":
    sys.exit(main())
