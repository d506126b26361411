"""A new certificate

A certificate ends, and another node's is as good to TLS. The list has to know whose is whose.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from labkit.access.nodes import AllowList, NodeEntry
from labkit.access.nodes.practice import Practice
from labkit.common import cite
from labkit.dimse import Authority, Credential, client_context, server_context
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb09_node_authentication._nodes import IMPORTS, authorities, showing

_RIGHT = """
    def entry(old, new):
        return NodeEntry(
            "MR1", services=("C-ECHO",),
            fingerprints=(describe(old).fingerprint, describe(new).fingerprint),
        )
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def entry(old, new):
        ...  # a NodeEntry for MR1, which may C-ECHO, from any address. Its certificate ends soon:
             # it shows the one in the file `old` still, and one night the one in `new`

    # describe(file) says what is in a certificate
    """,
    answer="entry",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Mutual TLS proves that somebody has a certificate of the authority; every node has.
        Only the list ties a certificate to a title. By fingerprint it is this very certificate, and
        a renewal has two of them for a while, so that nobody has to change both ends in the same
        minute. By subject it outlives a renewal, and is as good as the authority's care for names.
    """,
    hints=(
        "What has CT1 got that MR1 has too, and what has MR1 alone?",
        "describe(file).fingerprint is the SHA-256 of a certificate; NodeEntry takes several.",
        'NodeEntry("MR1", services=("C-ECHO",), fingerprints=(…, …)), one of each file.',
    ),
    wrong=(
        Wrong(
            "only-the-new",
            _RIGHT.replace("describe(old).fingerprint, ", "").replace(
                "(describe(new).fingerprint)", "(describe(new).fingerprint,)"),
            """MR1 is out until somebody has changed its certificate, in the middle of the day.""",
        ),
        Wrong(
            "only-the-old",
            _RIGHT.replace(", describe(new).fingerprint)", ",)"),
            """On the night of the change MR1 is out, and somebody is called.""",
        ),
        Wrong(
            "any-certificate",
            """
    def entry(old, new):
        return NodeEntry("MR1", addresses=ANYWHERE, services=("C-ECHO",))
""",
            """Any certificate of the authority will do. CT1 calls by MR1's title, shows its own,
            and is MR1.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.15", "B.12"), cite("RFC 5280", "4.1.2"))


def _kept(credential: Credential, folder: Path) -> Credential:
    folder.mkdir()
    copies = [Path(shutil.copy(each, folder)) for each in (credential.certificate, credential.key)]
    return Credential(*copies)


def check(work: Work) -> Verdict:
    """Call with the old one, the new one and another node's."""
    with authorities() as (ours, _):
        old = _kept(ours.credential("MR1"), ours.folder / "old")
        ours.revoke("MR1")
        new = ours.credential("MR1")
        entry = work.call(old.certificate, new.certificate)
        if entry is None or entry is ...:
            return blank()
        if not isinstance(entry, NodeEntry):
            return failed(expected="a NodeEntry", got=entry, rule=RULE)
        return _tried(AllowList([entry]), ours, old, new)


def _tried(nodes: AllowList, ours: Authority, old: Credential, new: Credential) -> Verdict:
    context = server_context(ours.credential("ARCHIVE"), clients=ours.certificate)
    with Practice(nodes, tls=context) as archive:
        other = archive.call("MR1", tls=showing(ours, "CT1"))
        if other == "accepted":
            return failed(expected="MR1's title with CT1's certificate: rejected", got=other,
                          rule=RULE, mistake="any-certificate")  # fmt: skip
        for what, credential, mistake in (
            ("the old", old, "only-the-new"), ("the new", new, "only-the-old"),
        ):  # fmt: skip
            got = archive.call("MR1", tls=client_context(ours.certificate, credential))
            if got != "accepted":
                return failed(expected=f"MR1 with {what} certificate: accepted", got=got, rule=RULE,
                              mistake=mistake)  # fmt: skip
        if archive.call("CT1", tls=showing(ours, "CT1")) == "accepted":
            return failed(expected="CT1 is not on the list", got="accepted", rule=RULE)
    return passed("MR1 works before and after the night, and CT1 is not MR1.", rule=RULE)
