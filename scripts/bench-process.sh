#!/usr/bin/env bash
# `lockstep check` of one component from saved evidence, as a process, beside `git --version` in
# the same run: what starting and judging costs.
#
#   cargo build --release && scripts/bench-process.sh
set -euo pipefail
cd "$(dirname "$0")/.."
program="${CARGO_TARGET_DIR:-target}/release/lockstep"
[ -x "$program" ] || { echo "$program is not there: run cargo build --release" >&2; exit 2; }
python3 - "$program" <<'PYTHON'
import statistics, subprocess, sys, time

incident = "fixtures/incidents/graphene-pynamodb"
import glob
evidence = sorted(glob.glob(f"{incident}/*.json"))[0]
commands = {
    "lockstep check": [sys.argv[1], "check", f"{incident}/policy.toml", "--all", "--evidence", evidence],
    "git --version": ["git", "--version"],
}
times = {name: [] for name in commands}
for turn in range(55):
    for name, command in commands.items():
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if turn >= 5:
            times[name].append(time.perf_counter() - start)
medians = {name: statistics.median(values) for name, values in times.items()}
for name, median in medians.items():
    print(f"{name:15} {median * 1e3:6.2f} ms (median of 50, in turn)")
print(f"ratio           {medians['lockstep check'] / medians['git --version']:6.2f}")
PYTHON
