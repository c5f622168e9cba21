#!/usr/bin/env python3
"""`lockstep verify` as a process beside cosign and sigstore-python: the same bundle, offline, in turn, in one run.

    cargo build --release --bin lockstep && scripts/interop/install.sh && scripts/bench-verify.py [TURNS]

The bundle is sigstore-python's keyless signature of a small file, with a certificate and an entry in a log, made for the
run by the services of scripts/interop; once with Rekor v1 and once with Rekor v2 and a timestamp. Each program is told
the same identity, issuer and trusted root. A program's time is that from its start to its end; its output goes to a file.
What is printed is the least and the median of the turns, and how many times Lockstep's least each of the others' is: what
else runs on the machine lengthens the median.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "scripts/interop"))

import peers  # noqa: E402
from services import Services  # noqa: E402
from stage import Ran, Shell, expect_success  # noqa: E402

WARM_UP = 3
# How many times slower than Lockstep each must be.
GOALS = {"cosign": 10, "sigstore-python": 100}


class Stopwatch(Shell):
    """Runs programs one after the other, and knows how long the last of them took."""

    def run(self, *command, environment=None):
        command = [str(part) for part in command]
        surroundings = {**self.environment, **(environment or {})}
        with tempfile.TemporaryFile() as output:
            ends = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
            ends += [(os.POSIX_SPAWN_DUP2, output.fileno(), end) for end in (1, 2)]
            began = time.perf_counter()
            process = os.posix_spawn(command[0], command, surroundings, file_actions=ends)
            _, status = os.waitpid(process, 0)
            self.taken = time.perf_counter() - began
            output.seek(0)
            return Ran(command, os.waitstatus_to_exitcode(status), output.read().decode(errors="replace"))


def main():
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    program = target / "release/lockstep"
    if not program.exists():
        raise SystemExit(f"{program} is not there: run cargo build --release --bin lockstep")
    reached = True
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-") as folder, Services(folder) as services:
        folder = Path(folder)
        shell = Stopwatch(folder / "home")
        python = peers.SigstorePython(shell, services)
        readers = [peers.Lockstep(shell, services, program), peers.Cosign(shell, services), python]
        artifact = folder / "artifact.txt"
        artifact.write_text("what is signed\n")
        for log, name in ((1, "Rekor v1"), (2, "Rekor v2 and a timestamp")):
            bundle = folder / f"artifact.v{log}.json"
            expect_success(python.sign(artifact, bundle, "message", log, None))
            signed = peers.Signed(
                case=name, signer=python.name, artifact=artifact, bundle=bundle, kind="message", log=log,
                issuer=services.urls["issuer"],
            )
            reached &= compare(name, readers, signed, turns, shell)
    print("\nreproduce: cargo build --release --bin lockstep && scripts/interop/install.sh && scripts/bench-verify.py")
    return 0 if reached else 1


def compare(name, readers, signed, turns, shell):
    """Times each reader in turn; whether every goal is reached."""
    times = {reader.name: [] for reader in readers}
    for turn in range(WARM_UP + turns):
        for reader in readers:
            expect_success(reader.verify(signed))
            if turn >= WARM_UP:
                times[reader.name].append(shell.taken)
    ours = min(times["lockstep"])
    print(f"\n{name}: the least of {turns} and the median, in turn")
    reached = True
    for reader, taken in times.items():
        goal = GOALS.get(reader)
        ratio = f"  {min(taken) / ours:6.1f} x (goal: at least {goal} x)" if goal else ""
        reached &= goal is None or min(taken) / ours >= goal
        print(f"  {reader:16} {min(taken) * 1e3:8.2f} ms {statistics.median(taken) * 1e3:8.2f} ms{ratio}")
    return reached


if __name__ == "__main__":
    sys.exit(main())
