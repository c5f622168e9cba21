"""Where two implementations are known not to understand each other, and why. Each must still be so: see stage.Table.run.

The keys are (what is read, who has signed it, who reads it), with "*" for any.
"""

# cosign 3.1.3 writes in-toto Statement v0.1, whose `_type` sigstore-python 4.5.1 refuses.
STATEMENT_V0_1 = "cosign writes in-toto Statement v0.1, sigstore-python takes v1 only"
# https://github.com/sigstore/sigstore-js: its verifier of Rekor v2 entries knows `dsse` 0.0.2; Python, Rust and cosign log
# an envelope as `hashedrekord` 0.0.2.
DSSE_AS_HASHEDREKORD = "npm's verifier does not take a DSSE envelope that Rekor v2 has logged as hashedrekord 0.0.2"

KNOWN = {}


def of(case, signer, verifier):
    """The reason, where there is one."""
    for key in ((case, signer, verifier), (case, "*", verifier), (case, signer, "*")):
        if key in KNOWN:
            return KNOWN[key]
    return None
