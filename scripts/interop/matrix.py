"""The cases: everyone signs, everyone reads, and every reader is also shown what it must refuse."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import divergences
import further
from peers import IDENTITY, PERSON, PROVENANCE, SUMMARY, VERIFIER, Signed
from stage import CaseFailed, expect_refusal, expect_success

COMMIT = "0123456789012345678901234567890123456789"
STRANGER = "https://github.com/stranger/app/.github/workflows/release.yml@refs/tags/v1.2.3"
WHEEL = "acme_app-1.2.3-py3-none-any.whl"

# What GitHub Actions says of the same run in provenance (https://actions.github.io/buildtypes/workflow/v1).
PREDICATE = {
    "buildDefinition": {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {
            "workflow": {
                "ref": "refs/tags/v1.2.3",
                "repository": "https://github.com/acme/app",
                "path": ".github/workflows/release.yml",
            }
        },
        "internalParameters": {
            "github": {
                "event_name": "push",
                "repository_id": "1",
                "repository_owner_id": "2",
                "runner_environment": "github-hosted",
            }
        },
        "resolvedDependencies": [
            {"uri": "git+https://github.com/acme/app@refs/tags/v1.2.3", "digest": {"gitCommit": COMMIT}}
        ],
    },
    "runDetails": {
        "builder": {"id": IDENTITY},
        "metadata": {"invocationId": "https://github.com/acme/app/actions/runs/10/attempts/1"},
    },
}

# A library on git tags and PyPI.
POLICY = """[component]
name = "lib"
source = "https://git.example/acme/lib"
announced-by = "tag"
[line.release]
scheme = "pep440"
[channel.tag]
kind = "git-tag"
tag = "{version}"
[channel.pypi]
kind = "pypi"
"""

# The variables of that run, as GitHub's runner sets them.
GITHUB_VARIABLES = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "maintainer",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_JOB": "release",
    "GITHUB_REF": "refs/tags/v1.2.3",
    "GITHUB_REF_NAME": "v1.2.3",
    "GITHUB_REF_TYPE": "tag",
    "GITHUB_REPOSITORY": "acme/app",
    "GITHUB_REPOSITORY_ID": "1",
    "GITHUB_REPOSITORY_OWNER": "acme",
    "GITHUB_REPOSITORY_OWNER_ID": "2",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_RUN_ID": "10",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_SHA": COMMIT,
    "GITHUB_WORKFLOW": "release",
    "GITHUB_WORKFLOW_REF": IDENTITY.removeprefix("https://github.com/"),
    "GITHUB_WORKFLOW_SHA": COMMIT,
    "RUNNER_ENVIRONMENT": "github-hosted",
}


class World:
    """The files and the programs that the cases share."""

    def __init__(self, folder, services, table, peers):
        self.folder = folder
        self.services = services
        self.table = table
        for name, peer in peers.items():
            setattr(self, name, peer)
        folder.mkdir(parents=True, exist_ok=True)
        self.predicate = self.write("predicate.json", json.dumps(PREDICATE).encode())
        self.other = self.write("other.tar.gz", b"another artifact\n")

    @property
    def issuer(self):
        return self.services.urls["issuer"]

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def artifact(self, name):
        """A file of this case alone: a log takes an equal entry only once."""
        return self.write(f"{name}.tar.gz", f"the artifact of {name}\n".encode())

    def statement(self, artifact):
        digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": artifact.name, "digest": {"sha256": digest}}],
            "predicateType": PROVENANCE,
            "predicate": PREDICATE,
        }
        return self.write(f"{artifact.name}.statement.json", json.dumps(statement).encode())

    def cosign_key(self, name="cosign"):
        """A key pair in cosign's own encrypted format: (private, public)."""
        prefix = self.folder / name
        if not prefix.with_suffix(".key").exists():
            expect_success(self.cosign.generate_key(prefix))
        return prefix.with_suffix(".key"), prefix.with_suffix(".pub")

    def strangers_key(self):
        """A public key that has signed nothing."""
        return self.cosign_key("stranger")[1]


def sign(world, case, signer, make, **facts):
    """Signs, as a case of its own; gives what was signed, or nothing."""
    name = f"{signer.name}-{case}".replace(" ", "-").replace(",", "").replace("+", "-")
    artifact = world.artifact(name)
    bundle = world.folder / f"{name}.sigstore.json"
    done = []

    def check():
        expect_success(make(artifact, bundle))
        if not bundle.exists():
            raise CaseFailed(f"{signer.name} says that it has signed, and there is no {bundle.name}")
        facts.setdefault("issuer", world.issuer)
        done.append(Signed(case=case, signer=signer.name, artifact=artifact, bundle=bundle, **facts))

    divergence = divergences.of(case, signer.name, "(signing)")
    world.table.run(case, signer.name, "(signing)", check, divergence)
    return done[0] if done else None


def everything_signed(world):
    """Each signer with all that it can do."""
    out = []

    def add(case, signer, make, **facts):
        out.append((case, signer, sign(world, case, signer, make, **facts)))

    for log in (1, 2):
        for kind, word in (("dsse", "attestation"), ("message", "signature")):
            facts = {"kind": kind, "log": log}
            case = f"keyless {word}, Rekor v{log}"
            for signer in (world.cosign, world.python):
                add(case, signer, lambda a, b, s=signer, k=kind, v=log: s.sign(a, b, k, v, world.predicate), **facts)
            add(case, world.npm, lambda a, b, k=kind, v=log: world.npm.sign(a, b, k, v, world.statement(a)), **facts)
        key, public = world.cosign_key()
        facts = {"kind": "dsse", "log": log, "key": public}
        add(f"cosign key attestation, Rekor v{log}", world.cosign,
            lambda a, b, v=log: world.cosign.sign(a, b, "dsse", v, world.predicate, key=key), **facts)
        facts["kind"] = "message"
        add(f"cosign key signature, Rekor v{log}", world.cosign,
            lambda a, b, v=log: world.cosign.sign(a, b, "message", v, world.predicate, key=key), **facts)
    add("keyless attestation, timestamp only", world.cosign,
        lambda a, b: world.cosign.sign(a, b, "dsse", 0, world.predicate), kind="dsse", log=0)
    out += ours_signed(world)
    return out


def ours_signed(world):
    """What Lockstep signs: always into a log, or with --no-log and a key, which nobody else reads."""
    ours, out = world.lockstep, []

    def add(case, make, **facts):
        out.append((case, ours, sign(world, case, ours, make, kind="dsse", **facts)))

    for log in (1, 2):
        add(f"keyless attestation, Rekor v{log}", lambda a, b, v=log: ours.sign(a, b, "dsse", v, world.predicate), log=log)
        add(f"keyless provenance of the run, Rekor v{log}",
            lambda a, b, v=log: ours.attest(a, "--bundle", b, log=v, environment=GITHUB_VARIABLES), log=log)
        add(f"signed-in keyless attestation, Rekor v{log}", lambda a, b, v=log: ours.sign_as_person(a, b, v, world.predicate),
            log=log, issuer=world.services.urls["people"], identity=PERSON)
        key, public = world.cosign_key()
        add(f"cosign key attestation, Rekor v{log}",
            lambda a, b, v=log, k=key: ours.sign(a, b, "dsse", v, world.predicate, key=k), log=log, key=public)
        for algorithm in ("ecdsa-p256", "ed25519"):
            if algorithm == "ed25519" and log == 2:
                continue  # Rekor v2 takes no pure Ed25519
            prefix = world.folder / f"lockstep-{algorithm}"
            private, public = prefix.with_suffix(".key"), prefix.with_suffix(".pub")

            def make(artifact, bundle, version=log, algorithm=algorithm, prefix=prefix, private=private):
                if not private.exists():
                    expect_success(ours.generate_key(prefix, algorithm))
                return ours.sign(artifact, bundle, "dsse", version, world.predicate, key=private)

            add(f"{algorithm} key attestation, Rekor v{log}", make, log=log, key=public)
        for whose, private, public in (("keyless", None, None), ("cosign key", *world.cosign_key())):
            add(f"{whose} verdict attestation, Rekor v{log}",
                lambda a, b, v=log, k=private: ours.summarise(*judged(world, a), b, v, key=k),
                log=log, key=public, predicate_type=SUMMARY)
    return out


def judged(world, artifact):
    """A policy, and evidence that allows a release which has this artifact."""
    policy = world.write("verdict.toml", POLICY.encode())
    asked = {"at": "2026-01-01T00:00:05Z", "round": "2026-01-01T00:00:00Z", "credential": "anonymous", "query": "listing"}
    file = {"digest": f"sha256:{hashlib.sha256(artifact.read_bytes()).hexdigest()}", "uploaded": "2025-12-01T00:00:00Z"}
    seen = {"tag": {"commit": COMMIT}, "pypi": {"files": {artifact.name: file}}}
    observations = [
        {
            **asked, "channel": channel, "endpoint": f"https://{channel}.example/",
            "answer": {"seen": {"facts": {"listing": {"entries": {"1.0": facts}}}, "coverage": "complete"}},
        }
        for channel, facts in seen.items()
    ]
    evidence = {
        "schema": "lockstep-evidence/1", "component": "lib", "decided-at": "2026-01-01T00:00:10Z", "observations": observations,
    }
    return policy, world.write(f"{artifact.name}.evidence.json", json.dumps(evidence).encode())


def readers(world, signed):
    """Who can be asked about it."""
    everyone = [world.cosign, world.python, world.npm, world.gh, world.lockstep, world.library]
    if not signed.log:
        everyone.remove(world.library)  # its protocol has no word for doing without a log
    if signed.key:
        everyone.remove(world.python)  # it verifies certificates only
    if signed.key or signed.kind != "dsse":
        everyone.remove(world.gh)  # it verifies statements, and certificates only
    return everyone


def read_all(world, everything):
    """Everyone reads everything, and refuses it for another artifact, identity, issuer or key."""
    table = world.table
    for case, signer, signed in everything:
        if signed is None:
            table.run(case, signer.name, "(everyone)", not_signed, divergences.of(case, signer.name, "(everyone)"))
            continue
        for reader in readers(world, signed):
            reason = divergences.of(case, signer.name, reader.name)
            table.run(case, signer.name, reader.name, lambda r=reader, s=signed: expect_success(r.verify(s)), reason)
            if reason is None:
                for wrong, changed in wrong_expectations(world, signed):
                    table.run(f"{case}: {wrong}", signer.name, reader.name,
                              lambda r=reader, c=changed: expect_refusal(r.verify(c), r.refusals))


def not_signed():
    raise CaseFailed("nothing was signed, so nobody could read it")


def wrong_expectations(world, signed):
    """What must be refused of a good bundle."""
    yield "another artifact", signed.but(artifact=world.other)
    if signed.key:
        yield "another key", signed.but(key=world.strangers_key())
        return
    yield "another identity", signed.but(identity=STRANGER)
    yield "another issuer", signed.but(issuer="https://issuer.example")


def read_as_verdicts(world, everything):
    """Lockstep also takes a signed verdict for what it is, and only as the verifier that is expected."""
    for case, signer, signed in everything:
        if signed is None or signed.predicate_type != SUMMARY:
            continue
        ours, stranger = world.lockstep, f"{VERIFIER}-of-others"
        world.table.run(f"{case}: as a verdict", signer.name, ours.name,
                        lambda s=signed: expect_success(ours.verify_summary(s, VERIFIER)))
        world.table.run(f"{case}: another verifier", signer.name, ours.name,
                        lambda s=signed: expect_refusal(ours.verify_summary(s, stranger), ours.refusals))


def read_by_source(world, everything):
    """Lockstep also holds a certificate's claims against the source that is expected."""
    for case, signer, signed in everything:
        if signed is None or signed.key or signed.kind != "dsse":
            continue
        ours, right, wrong = world.lockstep, signed.but(commit=COMMIT), signed.but(commit="f" * 40)
        world.table.run(f"{case}: of a commit", signer.name, ours.name, lambda s=right: expect_success(ours.verify(s)))
        world.table.run(f"{case}: another commit", signer.name, ours.name, lambda s=wrong: expect_refusal(ours.verify(s), ours.refusals))


def images(world, registries):
    """Attestations beside an image, in a registry that lists referrers and in one that needs the fallback tag."""
    for how, host in registries.items():
        for log in (1, 2):
            for signer in (world.cosign, world.lockstep):
                case = f"image attestation by {how}, Rekor v{log}"
                name = f"{signer.name}-{log}"
                image = []

                def attest(signer=signer, host=host, name=name, version=log, image=image):
                    image.append(push_image(world, f"{host}/acme/{name}:v1.2.3", f"{name} for {host}"))
                    expect_success(signer.attest_image(image[0], version, world.predicate))

                world.table.run(case, signer.name, "(signing)", attest)
                for reader in (world.cosign, world.lockstep):
                    read_image(world, case, signer, reader, image)
                further.downloaded(world, case, signer, image)


def read_image(world, case, signer, reader, image):
    """One reader of one attested image."""
    signed = Signed(case=case, signer=signer.name, artifact=Path(), bundle=Path(), kind="dsse", log=0, issuer=world.issuer)

    def accepts():
        if not image:
            not_signed()
        expect_success(reader.verify_image(image[0], signed))

    def refuses():
        if not image:
            not_signed()
        expect_refusal(reader.verify_image(image[0], signed.but(identity=STRANGER)), reader.refusals)

    world.table.run(case, signer.name, reader.name, accepts)
    world.table.run(f"{case}: another identity", signer.name, reader.name, refuses)


def push_image(world, reference, content):
    """Pushes an image of one layer; gives its reference by digest."""
    layer = world.folder / f"{hashlib.sha256(reference.encode()).hexdigest()[:12]}.tar"
    with tarfile.open(layer, "w") as archive:
        entry = tarfile.TarInfo("content.txt")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content.encode()))
    crane = world.services.peers / "bin/crane"
    run = world.cosign.shell.run
    expect_success(run(crane, "append", "--insecure", "--oci-empty-base", "-f", layer, "-t", reference))
    digest = expect_success(run(crane, "digest", "--insecure", reference)).output.split()[-1]
    return f"{reference.rsplit(':', 1)[0]}@{digest}"


def distributions(world):
    """PEP 740, both ways."""
    case = "PEP 740 attestation, Rekor v1"
    for signer in (world.pypi, world.lockstep):
        wheel = world.write(f"{signer.name}/{WHEEL}", f"a wheel for {signer.name}\n".encode())
        beside = wheel.with_name(f"{WHEEL}.publish.attestation")
        make = signer.sign if signer is world.pypi else signer.attest_distribution

        def attest(make=make, wheel=wheel, beside=beside):
            ran = expect_success(make(wheel))
            if not beside.exists():
                raise CaseFailed(f"there is no {beside.name}:\n{ran}")

        world.table.run(case, signer.name, "(signing)", attest)
        signed = Signed(
            case=case, signer=signer.name, artifact=wheel, bundle=beside, kind="dsse", log=1, issuer=world.issuer,
            predicate_type="https://docs.pypi.org/attestations/publish/v1",
        )
        for reader in (world.pypi, world.lockstep):
            world.table.run(case, signer.name, reader.name, lambda r=reader, s=signed: expect_success(r.verify(s)))
            wrong = {"another identity": signed.but(identity=STRANGER), "another artifact": tampered(world, signed)}
            for what, changed in wrong.items():
                world.table.run(f"{case}: {what}", signer.name, reader.name, lambda r=reader, c=changed: refuses(r, c))


def refuses(reader, signed):
    """A missing file is no refusal of what it says."""
    if not signed.bundle.exists():
        not_signed()
    expect_refusal(reader.verify(signed), reader.refusals)


def tampered(world, signed):
    """The same attestation beside other bytes under the same name."""
    wheel = world.write(f"{signed.signer}-tampered/{WHEEL}", b"other bytes\n")
    beside = wheel.with_name(f"{WHEEL}.publish.attestation")
    if signed.bundle.exists():
        beside.write_bytes(signed.bundle.read_bytes())
    return signed.but(artifact=wheel, bundle=beside)
