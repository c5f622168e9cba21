"""Where two implementations are known not to understand each other, and why.

Each must still be so: a case that passes although it is listed here fails the stage (stage.Table.run), so that this list
and docs/interop.md do not rot. Patterns as of a shell, over what is read, who has signed it, who reads it; signing itself
is read by "(signing)", and what could not be signed by "(everyone)".
"""

from fnmatch import fnmatchcase

STATEMENT_V0_1 = "cosign 3.1.3 writes in-toto Statement v0.1, which sigstore-python 4.5.1 refuses"
DSSE_AS_HASHEDREKORD = (
    "npm's verifier takes a DSSE envelope in Rekor v2 for a dsse entry only; all others log it as hashedrekord 0.0.2"
)
NO_DSSE_IN_REKOR_V2 = "Rekor v2 takes hashedrekord only, npm's signer proposes a dsse entry for an envelope"
NO_LOG_ENTRIES = "sigstore-python demands the field tlogEntries, and a log entry in it"
NO_REPOSITORY = "gh demands the owner of a repository in the certificate, which a person's has not"
LOG_NAMED = "gh demands a log entry where the trusted root names a log"
NAMELESS_SUBJECTS = "sigstore-python demands a name of every subject, and knows no digest of a commit"

KNOWN = [
    ("keyless verdict attestation, Rekor v[12]", "lockstep", "sigstore-python", NAMELESS_SUBJECTS),
    ("keyless attestation, Rekor v[12]", "cosign", "sigstore-python", STATEMENT_V0_1),
    ("*key*attestation, Rekor v2", "*", "sigstore-npm", DSSE_AS_HASHEDREKORD),
    ("*provenance*, Rekor v2", "*", "sigstore-npm", DSSE_AS_HASHEDREKORD),
    ("keyless attestation, Rekor v2", "sigstore-npm", "(*)", NO_DSSE_IN_REKOR_V2),
    ("*timestamp only", "*", "sigstore-python", NO_LOG_ENTRIES),
    ("*timestamp only", "*", "gh", LOG_NAMED),
    ("signed-in *", "*", "gh", NO_REPOSITORY),
]


def of(case, signer, reader):
    """The reason, where there is one."""
    for case_pattern, signer_pattern, reader_pattern, reason in KNOWN:
        if fnmatchcase(case, case_pattern) and fnmatchcase(signer, signer_pattern) and fnmatchcase(reader, reader_pattern):
            return reason
    return None
