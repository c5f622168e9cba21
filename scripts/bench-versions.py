#!/usr/bin/env python3
"""Parsing and comparing a million PEP 440 pairs: Lockstep beside Python's `packaging`, in one run.

    cargo build --release && scripts/bench-versions.py [PATH-OF-LOCKSTEP]

Needs `pip install packaging`. Both read the same pairs from memory or a pipe and answer each one.
"""

import os
import random
import subprocess
import sys
import time

from packaging.version import Version

PAIRS = 1_000_000


def pairs():
    """The same pseudo-random pairs at every run."""
    dice = random.Random(440)
    suffixes = ["", "", "", "rc1", "a2", ".post1", ".dev3"]
    for _ in range(PAIRS):
        one = f"{dice.randrange(9)}.{dice.randrange(30)}.{dice.randrange(9)}{dice.choice(suffixes)}"
        other = one if dice.random() < 0.5 else f"{dice.randrange(9)}.{dice.randrange(30)}"
        yield one, f"v{other}" if dice.random() < 0.1 else other


def main():
    built = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release/lockstep")
    program = sys.argv[1] if len(sys.argv) > 1 else built
    if not os.path.exists(program):
        sys.exit(f"{program}: not there; run `cargo build --release` first")
    drawn = list(pairs())
    start = time.perf_counter()
    equal = sum(Version(one) == Version(other) for one, other in drawn)
    python = time.perf_counter() - start
    text = "".join(f"{one}\t{other}\n" for one, other in drawn).encode()
    start = time.perf_counter()
    ran = subprocess.run(
        [program, "version", "compare", "-", "--scheme", "pep440"],
        input=text, stdout=subprocess.PIPE, check=True,
    )
    lockstep = time.perf_counter() - start
    found = ran.stdout.count(b'"result":"equal"')
    if found != equal:
        sys.exit(f"they disagree: packaging finds {equal} equal pairs, lockstep {found}")
    print(f"{PAIRS} pairs, {equal} equal, both agree")
    print(f"packaging  {python:6.2f} s   (in process)")
    print(f"lockstep   {lockstep:6.2f} s   (a process with a pipe, a reason written for each pair)")
    print(f"ratio      {python / lockstep:6.1f}")


if __name__ == "__main__":
    main()
