"""The stolen laptop

CT1's service laptop is gone, with certificate and key on it. The scanner is to work on.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable

from labkit.access.nodes.measures import copied
from labkit.access.nodes.practice import Practice
from labkit.common import cite
from labkit.dimse import client_context
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb09_node_authentication._nodes import IMPORTS, authorities, showing

_RIGHT = """
    def after_theft(ca):
        ca.revoke("CT1")
        return server_context(
            ca.credential("ARCHIVE"), clients=ca.certificate, revoked=ca.revocations
        )
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def after_theft(ca):
        ...  # do what is to be done at the authority, and return the server_context with which
             # the archive listens from now on. Whoever has the stolen key is out; MR1, and CT1
             # with the certificate that ca.credential("CT1") gives afterwards, are in

    # ca.revoke(name), ca.revocations
    """,
    answer="after_theft",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A certificate that was signed stays signed. What takes it back is a list that the authority
        signs (RFC 5280 5), and a server that reads it. Both halves are forgotten easily: the list
        that nobody loads, and the list of last week. This server checks its list's own date too,
        and lets nobody in with one that has ended: that is the price of failing closed, and a
        reason to renew it by machine.
    """,
    hints=(
        "Two things have to happen: the authority says so, and the archive knows.",
        "ca.revoke says so. server_context has a parameter for the list.",
        'ca.revoke("CT1"), then server_context(ca.credential("ARCHIVE"), clients=ca.certificate, '
        "revoked=ca.revocations).",
    ),
    wrong=(
        Wrong(
            "nobody-reads-the-list",
            _RIGHT.replace(", revoked=ca.revocations", ""),
            """The authority has a list, and the archive does not read it. The thief is in.""",
        ),
        Wrong(
            "an-empty-list",
            _RIGHT.replace('        ca.revoke("CT1")\n', ""),
            """The archive reads a list with nobody on it. The thief is in.""",
        ),
        Wrong(
            "the-wrong-one",
            _RIGHT.replace('ca.revoke("CT1")', 'ca.credential("MR1")\n        ca.revoke("MR1")'),
            """You revoked MR1's. A scanner that nobody has touched stands still, and the thief is
            in.""",
        ),
        Wrong(
            "nobody-asked",
            _RIGHT.replace(", clients=ca.certificate, revoked=ca.revocations", ""),
            """The archive asks nobody for a certificate now. The thief is in, and everybody
            else.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 5280", "5"), cite("PS3.15", "B.12"))


def check(work: Work) -> Verdict:
    """Copy a key, have the theft noticed, and call as the thief and as the others."""
    with authorities() as (ours, _):
        stolen = copied(ours.credential("CT1"), ours.folder / "thief")
        mine = copied(ours.credential("MR1"), ours.folder / "mr1")
        context = work.call(ours)
        if context is None or context is ...:
            return blank()
        if not isinstance(context, ssl.SSLContext):
            return failed(expected="an ssl.SSLContext", got=context, rule=RULE)
        with Practice(tls=context) as archive:
            untouched = archive.call("MR1", tls=client_context(ours.certificate, mine))
            if untouched != "accepted":
                return failed(expected="MR1 works on", got=untouched, rule=RULE,
                              mistake="the-wrong-one")  # fmt: skip
            if archive.call("MR1", tls=client_context(ours.certificate)) == "accepted":
                return failed(expected="who shows no certificate is out", got="accepted", rule=RULE,
                              mistake="nobody-asked")  # fmt: skip
            thief = archive.call("CT1", tls=client_context(ours.certificate, stolen))
            if thief == "accepted":
                listed = ours.credential("CT1").certificate.read_bytes()
                revoked = listed != stolen.certificate.read_bytes()
                return failed(expected="the thief is out", got=thief, rule=RULE,
                              mistake="nobody-reads-the-list" if revoked else
                              "an-empty-list")  # fmt: skip
            again = archive.call("CT1", tls=showing(ours, "CT1"))
            if again != "accepted":
                return failed(expected="CT1 works with its new certificate", got=again, rule=RULE)
    return passed("The copy is worth nothing, and both scanners work.", rule=RULE)
