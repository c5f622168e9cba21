"""The programs, each with the same two verbs: `sign` makes a bundle of an artifact, `verify` judges one."""

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

IDENTITY = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3"
# Who signs in where people do: an address, which certificates of @sigstore/mock hold alone.
PERSON = "https://people.example/ada"
PROVENANCE = "https://slsa.dev/provenance/v1"
SUMMARY = "https://slsa.dev/verification_summary/v1"
VERIFIER = "https://acme.example/release-gate"
PASSWORD = "interop"


@dataclass(frozen=True)
class Signed:
    """A bundle, with what somebody who verifies it expects of it."""

    case: str
    signer: str
    artifact: Path
    bundle: Path
    kind: str  # "dsse" or "message"
    log: int  # Rekor's version; 0 for none
    issuer: str
    identity: str = IDENTITY
    key: Path | None = None
    predicate_type: str = PROVENANCE
    commit: str | None = None  # the source, where somebody expects one

    def but(self, **changes):
        """The same with a wrong expectation."""
        return replace(self, **changes)


class Peer:
    """A program of somebody else, or ours."""

    name = ""
    # Exit statuses that mean a refusal; None where the program does not tell them from others.
    refusals = None

    def __init__(self, shell, services):
        self.shell = shell
        self.services = services

    def config(self, log):
        name = {0: "timestamp", 1: "v1", 2: "v2"}[log]
        return self.services.path(f"signing_config.{name}.json")

    @property
    def trusted_root(self):
        return self.services.path("trusted_root.json")


class Cosign(Peer):
    """cosign 3: `sign-blob` and `attest-blob`, keyless and with its own keys."""

    name = "cosign"

    @property
    def program(self):
        return self.services.peers / "bin/cosign"

    def generate_key(self, prefix):
        return self.shell.run(
            self.program, "generate-key-pair", "--output-key-prefix", prefix, environment={"COSIGN_PASSWORD": PASSWORD}
        )

    def initialize(self, repository, first_root, home):
        """Reads a TUF repository, in a home of its own."""
        return self.shell.run(
            self.program, "initialize", "--mirror", repository, "--root", first_root, environment={"HOME": str(home)}
        )

    def identity(self, key):
        return ["--key", key] if key else ["--identity-token", self.services.token()]

    def sign(self, artifact, bundle, kind, log, predicate, key=None):
        verb = ["attest-blob", "--predicate", predicate, "--type", "slsaprovenance1"] if kind == "dsse" else ["sign-blob"]
        return self.shell.run(
            self.program, *verb, "--signing-config", self.config(log), "--trusted-root", self.trusted_root,
            *self.identity(key), "--bundle", bundle, "--yes", artifact, environment={"COSIGN_PASSWORD": PASSWORD},
        )

    def expectations(self, signed):
        if signed.key:
            return ["--key", signed.key]
        return ["--certificate-identity", signed.identity, "--certificate-oidc-issuer", signed.issuer]

    def verify(self, signed):
        verb = ["verify-blob-attestation", "--type", signed.predicate_type] if signed.kind == "dsse" else ["verify-blob"]
        # A bundle without a log entry needs these two words of cosign; what its signature says is judged all the same.
        logless = [] if signed.log else ["--insecure-ignore-tlog", *([] if signed.key else ["--use-signed-timestamps"])]
        return self.shell.run(
            self.program, *verb, "--bundle", signed.bundle, "--trusted-root", self.trusted_root,
            *self.expectations(signed), *logless, signed.artifact,
        )

    def attest_image(self, image, log, predicate, key=None):
        return self.shell.run(
            self.program, "attest", "--predicate", predicate, "--type", "slsaprovenance1", "--signing-config", self.config(log),
            "--trusted-root", self.trusted_root, *self.identity(key), "--yes", image, environment={"COSIGN_PASSWORD": PASSWORD},
        )

    def verify_image(self, image, signed):
        return self.shell.run(
            self.program, "verify-attestation", "--type", signed.predicate_type, "--trusted-root", self.trusted_root,
            *self.expectations(signed), image,
        )


class SigstorePython(Peer):
    """sigstore-python: `sign` and `attest`, keyless."""

    name = "sigstore-python"

    @property
    def program(self):
        return self.services.peers / "python/bin/sigstore"

    def run(self, log, *arguments):
        return self.shell.run(self.program, "--trust-config", self.services.path(f"client_trust_config.v{log or 2}.json"), *arguments)

    def sign(self, artifact, bundle, kind, log, predicate):
        verb = ["attest", "--predicate", predicate, "--predicate-type", PROVENANCE] if kind == "dsse" else ["sign"]
        return self.run(log, *verb, "--identity-token", self.services.token(), "--bundle", bundle, artifact)

    def verify(self, signed):
        return self.run(
            signed.log, "verify", "identity", "--offline", "--bundle", signed.bundle, "--cert-identity", signed.identity,
            "--cert-oidc-issuer", signed.issuer, signed.artifact,
        )


class SigstoreNpm(Peer):
    """npm's packages `@sigstore/sign` and `@sigstore/verify`, through clients/npm.js."""

    name = "sigstore-npm"

    def run(self, verb, order):
        client = Path(__file__).parent / "clients/npm.js"
        modules = {"NODE_PATH": str(self.services.peers / "node/node_modules")}
        return self.shell.run("node", client, verb, json.dumps(order, default=str), environment=modules)

    def sign(self, artifact, bundle, kind, log, statement):
        urls = self.services.urls
        return self.run("sign", {
            "kind": kind, "payload": statement if kind == "dsse" else artifact, "bundle": bundle, "fulcio": urls["fulcio"],
            "rekor": urls["rekorV1"] if log == 1 else urls["rekorV2"], "rekorVersion": log,
            "timestamps": urls["timestampAuthority"] if log == 2 else None, "token": self.services.token(),
        })

    def verify(self, signed):
        return self.run("verify", {
            "artifact": signed.artifact, "bundle": signed.bundle, "trustedRoot": self.trusted_root,
            "identity": signed.identity, "issuer": signed.issuer, "key": signed.key, "logEntries": 1 if signed.log else 0,
        })


class PypiAttestations(Peer):
    """pypi-attestations: PEP 740 attestations of distributions, beside them as `NAME.publish.attestation`."""

    name = "pypi-attestations"

    def run(self, *arguments, environment=None):
        return self.shell.run(
            self.services.peers / "python/bin/python", Path(__file__).parent / "clients/pypi.py", *arguments,
            environment={"CLIENT_TRUST_CONFIG": str(self.services.path("client_trust_config.v1.json")), **(environment or {})},
        )

    def sign(self, distribution):
        return self.run("sign", distribution, environment=self.ambient())

    def ambient(self):
        """GitHub Actions' way to an identity token."""
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "interop",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.services.urls['issuer']}/request-token?api-version=2.0",
        }

    def verify(self, signed):
        return self.run("verify", "attestation", "--offline", "--identity", signed.identity, signed.artifact)


class Gh(Peer):
    """GitHub's CLI: `gh attestation verify`, by a bundle in a file or by what GitHub's store has."""

    name = "gh"

    @property
    def program(self):
        return self.services.peers / "python/bin/gh"

    def verify(self, signed, *more, environment=None):
        # It reads trusted roots as JSON Lines.
        root = self.trusted_root.with_suffix(".jsonl")
        root.write_text(json.dumps(json.loads(self.trusted_root.read_text())) + "\n")
        more = more or ("--bundle", signed.bundle, "--owner", "acme")
        return self.shell.run(
            self.program, "attestation", "verify", signed.artifact, *more, "--custom-trusted-root", root,
            "--cert-identity", signed.identity, "--cert-oidc-issuer", signed.issuer, "--predicate-type", signed.predicate_type,
            environment={"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", **(environment or {})},
        )

    def verify_from_store(self, signed, store):
        """By the digest alone: the CLI asks the interface of a host of GitHub's, which stands behind a proxy here."""
        host = {"GH_HOST": "github.localhost", "GH_TOKEN": "interop", "http_proxy": store, "HTTP_PROXY": store}
        return self.verify(signed, "--repo", "acme/app", environment={**host, "no_proxy": "", "NO_PROXY": ""})


class Lockstep(Peer):
    """Ours."""

    name = "lockstep"
    refusals = (1,)

    def __init__(self, shell, services, program):
        super().__init__(shell, services)
        self.program = program

    def attest(self, *arguments, log, key=None, environment=None):
        """`lockstep attest`, with what says where to sign."""
        identity = ["--key", key] if key else ["--identity-token", self.services.token()]
        return self.shell.run(
            self.program, "attest", *arguments, *identity, "--signing-config", self.config(log), "--trusted-root", self.trusted_root,
            environment={"COSIGN_PASSWORD": PASSWORD, "LOCKSTEP_KEY_PASSWORD": PASSWORD, **(environment or {})},
        )

    def sign(self, artifact, bundle, kind, log, predicate, key=None):
        assert kind == "dsse"
        return self.attest(artifact, "--predicate", predicate, "--type", PROVENANCE, "--bundle", bundle, log=log, key=key)

    def sign_as_person(self, artifact, bundle, log, predicate):
        """Signs in by a browser, at a terminal, and agrees to be published."""
        browser = Path(__file__).parent / "clients/browser.py"
        return self.shell.run_at_terminal(
            self.program, "attest", artifact, "--predicate", predicate, "--type", PROVENANCE, "--bundle", bundle,
            "--oidc-issuer", self.services.urls["people"], "--signing-config", self.config(log),
            "--trusted-root", self.trusted_root, typed="y\n",
            environment={"BROWSER": f"{sys.executable} {browser} %s", "INTEROP_PERSON": PERSON},
        )

    def summarise(self, policy, evidence, bundle, log, key=None):
        """`lockstep check --emit-vsa`: the verdict on what a file says, signed."""
        identity = ["--key", key] if key else ["--identity-token", self.services.token()]
        return self.shell.run(
            self.program, "check", policy, "--version", "1.0", "--evidence", evidence, "--unsafe-unsigned-evidence",
            "--emit-vsa", bundle, "--vsa-verifier", VERIFIER, *identity, "--signing-config", self.config(log),
            "--trusted-root", self.trusted_root, environment={"COSIGN_PASSWORD": PASSWORD},
        )

    def verify_summary(self, signed, verifier):
        return self.shell.run(
            self.program, "verify", signed.artifact, "--bundle", signed.bundle, "--trusted-root", self.trusted_root,
            *self.expectations(signed), "--vsa", "--vsa-verifier", verifier, "--vsa-resource", "pkg:generic/lib@1.0",
        )

    def generate_key(self, prefix, algorithm):
        return self.shell.run(
            self.program, "key", "generate", "--algorithm", algorithm, "--output-prefix", prefix,
            environment={"LOCKSTEP_KEY_PASSWORD": PASSWORD},
        )

    def attest_distribution(self, distribution):
        """PEP 740: `NAME.publish.attestation` beside the distribution."""
        return self.attest(distribution, "--pep740", log=1)

    def attest_image(self, image, log, predicate):
        return self.attest(f"oci:{image}", "--predicate", predicate, "--type", PROVENANCE, "--to", "registry", log=log)

    def expectations(self, signed):
        if signed.key:
            return ["--key", signed.key]
        source = []
        if signed.commit:
            source = ["--source-repository", "https://github.com/acme/app", "--source-commit", signed.commit]
        return ["--certificate-identity", signed.identity, "--certificate-oidc-issuer", signed.issuer, *source]

    def verify(self, signed, trusted_root=None):
        kind = signed.predicate_type if signed.kind == "dsse" else "signature"
        logless = [] if signed.log else ["--unsafe-no-log"]
        return self.shell.run(
            self.program, "verify", signed.artifact, "--bundle", signed.bundle, "--trusted-root", trusted_root or self.trusted_root,
            *self.expectations(signed), "--predicate-type", kind, *logless,
        )

    def attest_to_store(self, artifact, log, environment):
        """SLSA provenance of the run, into GitHub's store."""
        return self.attest(artifact, "--to", "github", log=log, environment=environment)

    def verify_from_store(self, signed, environment):
        return self.shell.run(
            self.program, "verify", signed.artifact, "--repo", "acme/app", "--trusted-root", self.trusted_root,
            *self.expectations(signed), "--predicate-type", signed.predicate_type, environment=environment,
        )

    def update_trust(self, repository, first_root, output):
        return self.shell.run(self.program, "trust", "update", "--mirror", repository, "--root", first_root, "--output", output)

    def download(self, image, folder):
        folder.mkdir(parents=True, exist_ok=True)
        return self.shell.run(self.program, "download", f"oci:{image}", "--output", folder)

    def verify_image(self, image, signed):
        return self.shell.run(
            self.program, "verify", f"oci:{image}", "--trusted-root", self.trusted_root, *self.expectations(signed),
            "--predicate-type", signed.predicate_type,
        )


class ConformanceClient(Peer):
    """Our library behind the protocol of sigstore-conformance (examples/sigstore-conformance.rs)."""

    name = "library"

    def __init__(self, shell, services, program):
        super().__init__(shell, services)
        self.program = program

    def verify(self, signed):
        if signed.key:
            expectations = ["--key", signed.key]
        else:
            expectations = ["--certificate-identity", signed.identity, "--certificate-oidc-issuer", signed.issuer]
        return self.shell.run(
            self.program, "verify-bundle", "--bundle", signed.bundle, *expectations, "--trusted-root", self.trusted_root, signed.artifact,
        )
