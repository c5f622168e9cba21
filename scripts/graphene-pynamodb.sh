#!/usr/bin/env bash
# The case that Lockstep began with, on real input: the public index as it is today, and the git
# tags of the repository as of 2024-03, served by git's own http-backend on loopback.
#
#   scripts/graphene-pynamodb.sh [OPTION of `lockstep check`]…
#
# Asks the public index: run by choice, never by the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

# Five tags, five commits. What the commits hold does not matter here: the tags' names do.
git init -q --bare "$work/serve/yfilali/graphql-pynamodb.git"
export GIT_AUTHOR_NAME=fixture GIT_AUTHOR_EMAIL=fixture@example.invalid
export GIT_COMMITTER_NAME=fixture GIT_COMMITTER_EMAIL=fixture@example.invalid
export GIT_AUTHOR_DATE='2024-03-01T00:00:00Z' GIT_COMMITTER_DATE='2024-03-01T00:00:00Z'
tree=$(git --git-dir "$work/serve/yfilali/graphql-pynamodb.git" hash-object -t tree -w /dev/null)
parent=
for tag in 0.8.1 0.9.0 1.0.0 1.1.0 2.1.0; do
  parent=$(git --git-dir "$work/serve/yfilali/graphql-pynamodb.git" \
    commit-tree "$tree" ${parent:+-p "$parent"} -m "release $tag")
  git --git-dir "$work/serve/yfilali/graphql-pynamodb.git" tag "$tag" "$parent"
done

python3 scripts/git-http-server.py "$work/serve" >"$work/address" &
server=$!
for _ in $(seq 50); do [ -s "$work/address" ] && break; sleep 0.1; done
sed "s|https://github.com/|$(cat "$work/address")|" policies/graphene-pynamodb.toml \
  >"$work/graphene-pynamodb.toml"

cargo build --quiet
code=0
"${CARGO_TARGET_DIR:-target}/debug/lockstep" check "$work/graphene-pynamodb.toml" --all "$@" || code=$?
exit "$code"
