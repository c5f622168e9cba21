#!/bin/sh
# Installs the programs that the tests use as real counterparts, in exactly these versions, into a
# folder of their own: $LOCKSTEP_TEST_PEERS, else target/test-peers. Those in Python go into a virtual
# environment there, a registry of the OCI distribution specification is built by cargo. Running it
# again changes nothing.
set -eu
cd "$(dirname "$0")/.."
peers=${LOCKSTEP_TEST_PEERS:-target/test-peers}
# moto answers for AWS. Its extra `server` would bring 180 MB of validators that nothing here needs.
moto="moto==5.2.5 boto3==1.44.5 Flask==3.1.3 flask-cors==6.0.5 docker==7.2.0 PyYAML==6.0.3 py-partiql-parser==0.6.3"
wanted="simple-repository-server==0.10.0 pypiserver==2.4.2 $moto"
registry="ferro-oci-server 1.0.0"

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
