"""Whose word counts

Five kinds of user identity, one archive. Decide which of them proves a user.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

from labkit.common import cite
from labkit.dimse.admission import Applicant, ClaimedIdentity, PeerCertificate
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb09_node_authentication._nodes import IMPORTS

_RIGHT = """
    def believed(applicant, passcode_is_right, token_holds):
        claimed = applicant.identity
        if claimed is None:
            return False
        if claimed.kind == 1:
            return applicant.certificate is not None
        if claimed.kind == 2:
            return applicant.encrypted and passcode_is_right(claimed.primary, claimed.secondary)
        if claimed.kind == 5:
            return applicant.encrypted and token_holds(claimed.primary)
        return False
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def believed(applicant, passcode_is_right, token_holds):
        ...  # True if the user is proven

    # applicant.identity: None, or .kind (1 name, 2 name and passcode, 3 Kerberos, 4 SAML, 5 JWT),
    # .primary and .secondary. applicant.encrypted; applicant.certificate: None, or a verified one
    # passcode_is_right(primary, secondary), token_holds(primary): the only two checks you have
    """,
    answer="believed",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A name alone is the node's word, so it is as good as the node: proven by a certificate, or
        not. A passcode or a token is the user's own proof, if it was checked, and if nobody could
        read it on the way. Kerberos and SAML would be proofs too, for an archive that can check
        them; PS3.7 D.3.3.7 lets one accept without, and then it must not believe anything of them.
        What is unknown is not believed.
    """,
    hints=(
        "Go through the kinds: who says it, who could have read it on the way, and what can you "
        "check of it?",
        "Kind 1 needs a node that is proven. Kinds 2 and 5 need their check, and an encrypted "
        "connection. Kinds 3 and 4 have no check here.",
        "Write one if for each of 1, 2 and 5, and return False at the end for all else.",
    ),
    wrong=(
        Wrong(
            "every-name",
            _RIGHT.replace("return applicant.certificate is not None", "return True"),
            """You believe a name from anybody. Type 1 has nothing to check: the node says it, and
            this one has proven nothing of itself.""",
        ),
        Wrong(
            "passcode-in-clear",
            _RIGHT.replace("applicant.encrypted and ", ""),
            """You take a passcode or a token that went over the wire in clear. Whoever recorded it
            sends it again, and is the user.""",
        ),
        Wrong(
            "everything-else-too",
            _RIGHT.replace("        return False\n", "        return True\n").replace(
                "if claimed is None:\n            return True",
                "if claimed is None:\n            return False"),
            """You believe what you cannot check: a Kerberos ticket or a SAML assertion is bytes,
            for who cannot verify it.""",
        ),
        Wrong(
            "encrypted-is-enough",
            _RIGHT.replace("applicant.certificate is not None", "applicant.encrypted"),
            """Encrypted says nothing of who encrypts. TLS of the server alone lets every client
            in; a name needs a node that has shown its certificate.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.7", "D.3.3.7"), cite("PS3.15", "B.4"))
_SHOWN = PeerCertificate("CN=MR1", "ab" * 32)


def check(work: Work) -> Verdict:
    """Ask about every kind, with every proof and without."""
    names = random.Random(9)
    links = ((False, None), (True, None), (True, _SHOWN))
    for kind, (encrypted, shown), right in product((0, 1, 2, 3, 4, 5, 6), links, (True, False)):
        primary, secondary = names.randbytes(8), names.randbytes(8)
        identity = ClaimedIdentity(kind, primary, secondary) if kind else None
        applicant = Applicant("MR1", "ARCHIVE", "10.1.2.3", encrypted, shown, identity)
        got = work.call(
            applicant,
            lambda p, s, pair=(primary, secondary), right=right: right and (p, s) == pair,
            lambda p, mine=primary, right=right: right and p == mine,
        )
        if got is None or got is ...:
            return blank()
        wanted = {1: shown is not None, 2: encrypted and right, 5: encrypted and right}
        if bool(got) is wanted.get(kind, False):
            continue
        what = (f"type {kind}" if kind else "no identity") + (
            ", with a certificate" if shown else ", TLS of the server" if encrypted else ", no TLS"
        )
        what += (", check passed" if right else ", check failed") if kind in (2, 5) else ""
        return failed(expected=f"{what}: {'' if wanted.get(kind) else 'not '}believed",
                      got=repr(got), rule=RULE,
                      mistake=_mistake(kind, encrypted, right, bool(got), work))  # fmt: skip
    return passed("Believed where there is a proof, in 42 cases.", rule=RULE)


def _mistake(kind: int, encrypted: bool, right: bool, got: bool, work: Work) -> str:
    if not got:
        return ""
    if kind == 1:
        return "every-name" if not encrypted else "encrypted-is-enough"
    if kind in (2, 5):
        return "passcode-in-clear" if right and not encrypted else ""
    return "everything-else-too" if kind else ""
