#!/usr/bin/env bash
# What action.yml runs: turns its inputs (INPUT_…) into one `lockstep` command. Inputs are arguments and
# never parts of a script.
set -euo pipefail

# Ends with an error. What it says may hold an input, which must stay one line: a second one could be a
# command to the runner.
fail() {
    local said="${1//'%'/%25}"
    said="${said//$'\r'/%0D}"
    printf '::error title=Lockstep::%s\n' "${said//$'\n'/%0A}"
    exit 2
}

output() {
    if [ -n "${GITHUB_OUTPUT:-}" ]; then
        case "$2" in
        *$'\n'*) fail "the value of the output $1 has more than one line" ;;
        esac
        printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
    fi
}

is_true() {
    case "$2" in
    true) return 0 ;;
    false | '') return 1 ;;
    *) fail "the input $1 is neither true nor false" ;;
    esac
}

# Adds an option with its value to the command where the input is given.
option() {
    if [ -n "$2" ]; then
        command+=("$1" "$2")
    fi
}

# Adds each line of an input as an argument of its own.
lines() {
    local line
    while IFS= read -r line; do
        line="${line#"${line%%[![:space:]]*}"}"
        line="${line%"${line##*[![:space:]]}"}"
        if [ -n "$line" ]; then
            subjects+=("$line")
        fi
    done <<<"$1"
}

# The binary: the one that is named, else built from the source beside this script.
binary() {
    if [ -n "${INPUT_BINARY:-}" ]; then
        [ -x "$INPUT_BINARY" ] || fail "the input binary names no executable file: $INPUT_BINARY"
        lockstep="$INPUT_BINARY"
        return
    fi
    local source root
    source="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
    root="${RUNNER_TEMP:-/tmp}/lockstep"
    lockstep="$root/bin/lockstep"
    if [ ! -x "$lockstep" ]; then
        command -v cargo >/dev/null || fail "there is no cargo to build lockstep with; install Rust or give the input binary"
        echo "::group::Building lockstep from the source of this action"
        cargo install --locked --profile quick --path "$source" --root "$root"
        echo "::endgroup::"
    fi
}

# Empty, `"${subjects[@]}"` is an error in the old bash of macOS: hence the longer form below.
subjects=()
case "${INPUT_MODE:-}" in
attest | verify)
    lines "${INPUT_SUBJECT_PATH:-}"
    if [ -n "${INPUT_SUBJECT_DIGEST:-}" ]; then
        [ -n "${INPUT_SUBJECT_NAME:-}" ] || fail "subject-digest needs subject-name"
    fi
    ;;
check)
    [ -n "${INPUT_POLICY:-}" ] || fail "mode check needs the input policy"
    ;;
*) fail "the input mode is attest, verify or check" ;;
esac
binary

case "$INPUT_MODE" in
attest)
    command=("$lockstep" attest)
    bundle="${INPUT_BUNDLE:-}"
    if is_true push-to-registry "${INPUT_PUSH_TO_REGISTRY:-}"; then
        [ -n "${INPUT_SUBJECT_DIGEST:-}" ] || fail "push-to-registry needs subject-name and subject-digest"
        subjects+=("oci:$INPUT_SUBJECT_NAME@$INPUT_SUBJECT_DIGEST")
        command+=(--to registry)
    elif [ -n "${INPUT_SUBJECT_DIGEST:-}" ]; then
        subjects+=("$INPUT_SUBJECT_DIGEST")
        command+=(--subject-name "$INPUT_SUBJECT_NAME")
    fi
    case "$bundle" in
    *$'\n'*) fail "the input bundle has more than one line" ;;
    esac
    option --checksums "${INPUT_SUBJECT_CHECKSUMS:-}"
    option --type "${INPUT_PREDICATE_TYPE:-}"
    option --predicate "${INPUT_PREDICATE_PATH:-}"
    option --key "${INPUT_KEY:-}"
    if is_true no-log "${INPUT_NO_LOG:-}"; then
        command+=(--no-log)
    fi
    if is_true push-to-github "${INPUT_PUSH_TO_GITHUB:-}"; then
        command+=(--to github)
    fi
    if [ -z "$bundle" ]; then
        bundle="$(mktemp -d "${RUNNER_TEMP:-/tmp}/attestation.XXXXXX")/attestation.sigstore.json"
    fi
    command+=(--to file --bundle "$bundle" --)
    "${command[@]}" ${subjects[@]+"${subjects[@]}"}
    output bundle-path "$bundle"
    ;;
verify)
    bundle="${INPUT_BUNDLE:-}"
    if [ -n "${INPUT_SUBJECT_DIGEST:-}" ]; then
        subjects+=("$INPUT_SUBJECT_DIGEST")
        if [ -z "$bundle" ]; then
            # What is attached to the image; what of it counts is for verify to say.
            bundle="$(mktemp "${RUNNER_TEMP:-/tmp}/attached.XXXXXX")"
            "$lockstep" download --output - -- "$INPUT_SUBJECT_NAME@$INPUT_SUBJECT_DIGEST" >"$bundle"
        fi
    fi
    command=("$lockstep" verify)
    option --bundle "$bundle"
    option --key "${INPUT_KEY:-}"
    option --predicate-type "${INPUT_PREDICATE_TYPE:-}"
    repository="${INPUT_SOURCE_REPOSITORY:-}"
    if [[ "$repository" =~ ^[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+$ ]]; then
        repository="${GITHUB_SERVER_URL:-https://github.com}/$repository"
    fi
    option --source-repository "$repository"
    option --source-tag "${INPUT_SOURCE_TAG:-}"
    option --source-commit "${INPUT_SOURCE_COMMIT:-}"
    workflow="${INPUT_WORKFLOW:-}"
    case "$workflow" in
    '' | */*) ;;
    *) workflow=".github/workflows/$workflow" ;;
    esac
    option --workflow "$workflow"
    if is_true unsafe-no-log "${INPUT_UNSAFE_NO_LOG:-}"; then
        command+=(--unsafe-no-log)
    fi
    if [ -z "${INPUT_KEY:-}" ]; then
        command+=(--certificate-oidc-issuer https://token.actions.githubusercontent.com)
    fi
    command+=(--)
    "${command[@]}" ${subjects[@]+"${subjects[@]}"}
    ;;
check)
    command=("$lockstep" check)
    if is_true local "${INPUT_LOCAL:-}"; then
        command+=(--local)
    fi
    option --version "${INPUT_VERSION:-}"
    option --environment "${INPUT_ENVIRONMENT:-}"
    option --wait "${INPUT_WAIT:-}"
    option --fail-on "${INPUT_FAIL_ON:-}"
    option --save-evidence "${INPUT_SAVE_EVIDENCE:-}"
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
        command+=("--summary=$GITHUB_STEP_SUMMARY")
    fi
    status=0
    if [ -n "${INPUT_SARIF_FILE:-}" ]; then
        # A shell that cannot open it would end with 1, which is a deny.
        { : >"$INPUT_SARIF_FILE"; } 2>/dev/null ||
            fail "the input sarif-file names no file that can be written: $INPUT_SARIF_FILE"
        "${command[@]}" --format sarif -- "$INPUT_POLICY" >"$INPUT_SARIF_FILE" || status=$?
    else
        "${command[@]}" -- "$INPUT_POLICY" || status=$?
    fi
    case "$status" in
    0) output verdict allow ;;
    1) output verdict deny ;;
    3) output verdict indeterminate ;;
    esac
    exit "$status"
    ;;
esac
