"""What goes beyond one artifact and one bundle: several subjects, roots by TUF, and what a registry gives back."""

import hashlib
import json

import divergences
from peers import IDENTITY, PROVENANCE, Signed
from stage import CaseFailed, expect_refusal, expect_success


def several_subjects(world):
    """One statement about several files, which everyone takes for each of them and for no other."""
    ours, table = world.lockstep, world.table
    for log in (1, 2):
        case = f"several files, keyless attestation, Rekor v{log}"
        files = [world.artifact(f"several-{log}-{which}") for which in ("first", "second", "third")]
        bundle = world.folder / f"several-{log}.sigstore.json"
        about = ("--predicate", world.predicate, "--type", PROVENANCE, "--bundle", bundle)
        table.run(case, ours.name, "(signing)", lambda f=files, a=about, v=log: expect_success(ours.attest(*f, *a, log=v)))
        for reader in (world.cosign, world.python, world.npm, world.gh, ours, world.library):
            reason = divergences.of(case, ours.name, reader.name)
            for file in files:
                signed = Signed(
                    case=case, signer=ours.name, artifact=file, bundle=bundle, kind="dsse", log=log, issuer=world.issuer
                )
                table.run(f"{case}: {file.stem}", ours.name, reader.name,
                          lambda r=reader, s=signed: expect_success(r.verify(s)), reason)
            if reason is None:
                wrong = signed.but(artifact=world.other)
                table.run(f"{case}: another artifact", ours.name, reader.name,
                          lambda r=reader, s=wrong: expect_refusal(r.verify(s), r.refusals))


def roots_by_tuf(world):
    """The trusted root as the instance's repository hands it out, from a first root that is trusted."""
    ours, table, path = world.lockstep, world.table, world.services.path
    case, repository = "trusted root by TUF", world.services.urls["tuf"]
    updated = world.folder / "updated_root.json"

    def same():
        expect_success(ours.update_trust(repository, path("root.json"), updated))
        if json.loads(updated.read_text()) != json.loads(path("trusted_root.json").read_text()):
            raise CaseFailed(f"{updated} is another root than the instance's")

    def serves():
        artifact, bundle = world.artifact("tuf"), world.folder / "tuf.sigstore.json"
        expect_success(world.cosign.sign(artifact, bundle, "dsse", 2, world.predicate))
        signed = Signed(case=case, signer="tuf", artifact=artifact, bundle=bundle, kind="dsse", log=2, issuer=world.issuer)
        expect_success(ours.verify(signed, trusted_root=updated))

    def refuses():
        root = json.loads(path("root.json").read_text())
        root["signed"]["expires"] = "2999-01-01T00:00:00Z"
        forged = world.write("forged_root.json", json.dumps(root).encode())
        kept = world.folder / "forged_trusted_root.json"
        expect_refusal(ours.update_trust(repository, forged, kept), (1, 2))
        if kept.exists():
            raise CaseFailed(f"{kept} was written although its chain was refused")

    table.run(case, "tuf", "cosign", lambda: expect_success(world.cosign.initialize(repository, path("root.json"), world.folder)))
    table.run(case, "tuf", ours.name, same)
    table.run(f"{case}: verifies", "cosign", ours.name, serves)
    table.run(f"{case}: a changed first root", "tuf", ours.name, refuses)


def downloaded(world, case, signer, image):
    """What Lockstep saves of an image is what was attached, byte for byte, and verifies by itself."""
    folder = world.folder / image[0].rsplit("/", 1)[1].replace(":", "-").replace("@", "-") if image else None

    def check():
        if not image:
            raise CaseFailed("nothing is attached")
        expect_success(world.lockstep.download(image[0], folder))
        saved = list(folder.iterdir())
        if [file.name for file in saved] != [f"sha256-{hashlib.sha256(file.read_bytes()).hexdigest()}.json" for file in saved]:
            raise CaseFailed(f"names and contents differ: {saved}")
        if len(saved) != 1:
            raise CaseFailed(f"one attestation was attached, saved were {saved}")
        signed = Signed(
            case=case, signer=signer.name, artifact=image[0].rsplit("@", 1)[1], bundle=saved[0], kind="dsse", log=1,
            issuer=world.issuer, identity=IDENTITY,
        )
        expect_success(world.lockstep.verify(signed))

    world.table.run(f"{case}: downloaded", signer.name, world.lockstep.name, check)
