#!/bin/sh
# Holds the action and every workflow, the worked ones too, to zizmor and actionlint, in exactly these
# versions. They are installed into a folder of their own ($LOCKSTEP_LINTERS, else target/linters).
set -eu
cd "$(dirname "$0")/.."
linters=${LOCKSTEP_LINTERS:-target/linters}
zizmor=1.32.0
actionlint=v1.7.7

mkdir -p "$linters"
linters=$(cd "$linters" && pwd)
if [ ! -x "$linters/python/bin/zizmor" ]; then
    python3 -m venv "$linters/python"
    "$linters/python/bin/python" -m pip install --quiet --disable-pip-version-check "zizmor==$zizmor"
fi
if [ ! -x "$linters/actionlint" ]; then
    GOBIN="$linters" go install "github.com/rhysd/actionlint/cmd/actionlint@$actionlint"
fi
"$linters/python/bin/zizmor" --offline --no-progress action.yml .github/workflows/*.yml docs/workflows/*.yml
"$linters/actionlint" .github/workflows/*.yml docs/workflows/*.yml
bash -n scripts/action.sh
echo "action and workflows: nothing found"
