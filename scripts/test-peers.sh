#!/bin/sh
# Installs the programs that the tests use as real counterparts, in exactly these versions, into a
# folder of their own: $LOCKSTEP_TEST_PEERS, else target/test-peers. Those in Python go into a virtual
# environment there, a registry of the OCI distribution specification is built by cargo. Running it
# again changes nothing.
set -eu
cd "$(dirname "$0")/.."
peers=${LOCKSTEP_TEST_PEERS:-target/test-peers}
registry="ferro-oci-server 1.0.0"
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
case "$(cargo install --list --root "$peers")" in
*"${registry% *} v${registry#* }:"*) ;;
*)
    cargo install --quiet --locked --debug --root "$peers" --target-dir "$peers/build" \
        "${registry% *}@${registry#* }"
    rm -rf "$peers/build"
    ;;
esac
echo "test peers in $peers: $wanted $registry"
