"""GitHub's attestation store: what Lockstep puts there, `gh attestation verify` finds by the digest alone.

The store itself cannot be had. `Store` keeps what it is sent and gives it back as GitHub's REST interface documents it
(https://docs.github.com/en/rest/repos/attestations); who writes and who reads are the real programs.
"""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from matrix import COMMIT, GITHUB_VARIABLES
from peers import Signed
from stage import CaseFailed, expect_refusal, expect_success

REPOSITORY = "/repos/acme/app"


class Store:
    """Keeps bundles by the digests of their subjects."""

    def __enter__(self):
        kept = self.kept = {}

        class Handler(BaseHTTPRequestHandler):
            def answer(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                # A proxy is asked with the whole address.
                asked = urlsplit(self.path)
                if asked.path == REPOSITORY:
                    return self.answer(200, {"id": 1, "full_name": "acme/app", "private": False})
                # gh leaves it to the store to tell the types of predicates apart.
                wanted = parse_qs(asked.query).get("predicate_type")
                found = kept.get(asked.path.removeprefix(f"{REPOSITORY}/attestations/"), [])
                found = [it for it in found if not wanted or statement(it)["predicateType"] in wanted]
                if not found:
                    return self.answer(404, {"message": "Not Found", "status": "404"})
                return self.answer(200, {"attestations": [
                    {"bundle": bundle, "repository_id": 1, "initiator": "user"} for bundle in found
                ]})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if urlsplit(self.path).path != f"{REPOSITORY}/attestations" or self.headers["Authorization"] is None:
                    return self.answer(404, {"message": "Not Found", "status": "404"})
                for digest in subjects(body["bundle"]):
                    kept.setdefault(digest, []).append(body["bundle"])
                return self.answer(201, {"id": len(kept)})

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def statement(bundle):
    return json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))


def subjects(bundle):
    return [f"sha256:{subject['digest']['sha256']}" for subject in statement(bundle)["subject"]]


def store(world):
    """What Lockstep attests in a run of GitHub Actions is found in the store of its repository, by it and by gh."""
    ours, gh, table = world.lockstep, world.gh, world.table
    with Store() as github:
        variables = {**GITHUB_VARIABLES, "GITHUB_API_URL": github.url, "GITHUB_TOKEN": "interop"}
        for log in (1, 2):
            case = f"GitHub's store, provenance of the run, Rekor v{log}"
            artifact = world.artifact(f"store-{log}")
            signed = Signed(
                case=case, signer=ours.name, artifact=artifact, bundle=artifact, kind="dsse", log=log, issuer=world.issuer,
                commit=COMMIT,
            )

            def attest(artifact=artifact, log=log):
                expect_success(ours.attest_to_store(artifact, log, variables))
                expect_success(ours.attest_to_store(artifact, log, variables))
                kept = [len(bundles) for bundles in github.kept.values()]
                if kept != [1] * log:
                    raise CaseFailed(f"attested twice, each is kept once; kept were {kept}")

            table.run(case, ours.name, "(signing)", attest)
            for reader, place in ((gh, github.url), (ours, variables)):
                read = reader.verify_from_store
                table.run(case, ours.name, reader.name, lambda r=read, s=signed, p=place: expect_success(r(s, p)))
                for wrong, changed in (
                    ("another artifact", signed.but(artifact=world.other)),
                    ("another identity", signed.but(identity=f"{signed.identity}x")),
                    ("another predicate type", signed.but(predicate_type="https://example.com/other")),
                ):
                    table.run(f"{case}: {wrong}", ours.name, reader.name,
                              lambda r=read, s=changed, p=place: expect_refusal(r(s, p)))
