#!/bin/sh
# Installs the Python programs that the tests use as real counterparts, in exactly these versions,
# into a virtual environment of their own: $LOCKSTEP_TEST_PEERS, else target/test-peers. Running it
# again changes nothing.
set -eu
cd "$(dirname "$0")/.."
peers=${LOCKSTEP_TEST_PEERS:-target/test-peers}
wanted="simple-repository-server==0.10.0 pypiserver==2.4.2"

if [ ! -x "$peers/bin/python" ]; then
    python3 -m venv "$peers"
fi
missing=""
installed=$("$peers/bin/python" -m pip freeze --disable-pip-version-check)
for package in $wanted; do
    if ! printf '%s\n' "$installed" | grep -qx "$package"; then
        missing="$missing $package"
    fi
done
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # one word for each package
    "$peers/bin/python" -m pip install --quiet --disable-pip-version-check $missing
fi
echo "test peers in $peers: $wanted"
