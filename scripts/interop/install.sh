#!/usr/bin/env bash
# Installs the peers of the interoperability stage, in exactly these versions, into a folder of their
# own: $LOCKSTEP_INTEROP_PEERS, else target/interop-peers. Those in Go come through the Go module
# proxy, those for Node by the lock file beside services/, those in Python into a virtual environment.
# Running it again changes nothing.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here/../.."
peers="${LOCKSTEP_INTEROP_PEERS:-target/interop-peers}"
mkdir -p "$peers/bin"
peers="$(cd "$peers" && pwd)"

# The newest that Go 1.26 builds: the next ones of Rekor and the timestamp server ask for Go 1.27.
go_programs=(
    "cosign github.com/sigstore/cosign/v3 cmd/cosign v3.1.3"
    "posix github.com/sigstore/rekor-tiles/v2 cmd/rekor-server/posix v2.3.0"
    "crane github.com/google/go-containerregistry cmd/crane v0.22.1"
    "timestamp-server github.com/sigstore/timestamp-authority/v2 cmd/timestamp-server v2.1.3"
)

need() {
    command -v "$1" >/dev/null || {
        printf 'interop: %s is needed: %s\n' "$1" "$2" >&2
        exit 1
    }
}
need go "Go 1.26 or newer, see https://go.dev/dl/"
need node "Node.js 20.17 or newer"
need npm "it comes with Node.js"
need python3 "Python 3.10 or newer, with the module venv"
need cargo "see https://rustup.rs"
need openssl "the Debian package openssl"

# Says how long an installation took.
timed() {
    local name="$1" began="$SECONDS"
    shift
    "$@"
    printf 'interop: installed %s in %d s\n' "$name" "$((SECONDS - began))"
}

for program in "${go_programs[@]}"; do
    read -r binary module folder version <<<"$program"
    if go version -m "$peers/bin/$binary" 2>/dev/null | grep -qP "\tmod\t\Q$module\E\t\Q$version\E\t"; then
        continue
    fi
    timed "$binary $version" env GOBIN="$peers/bin" GOFLAGS=-buildvcs=false go install "$module/$folder@$version"
done

# What is installed is remembered by the SHA-256 of the lists it was installed from.
node_wanted="$(cat "$here"/services/package.json "$here"/services/package-lock.json | openssl sha256)"
if [ "$(cat "$peers/node/installed" 2>/dev/null)" != "$node_wanted" ]; then
    rm -rf "$peers/node"
    mkdir -p "$peers/node"
    cp "$here"/services/package.json "$here"/services/package-lock.json "$peers/node/"
    timed "the npm packages" npm ci --prefix "$peers/node" --ignore-scripts --no-audit --no-fund --loglevel=error
    printf '%s\n' "$node_wanted" >"$peers/node/installed"
fi

python_wanted="$(openssl sha256 <"$here/python.txt")"
if [ "$(cat "$peers/python/installed" 2>/dev/null)" != "$python_wanted" ]; then
    rm -rf "$peers/python"
    python3 -m venv "$peers/python"
    timed "the Python packages" "$peers/python/bin/python" -m pip install \
        --quiet --disable-pip-version-check --requirement "$here/python.txt"
    printf '%s\n' "$python_wanted" >"$peers/python/installed"
fi

printf 'interop: the peers are in %s\n' "$peers"
