"""Who may knock

An archive's side of mutual TLS: the client shows a certificate, or there is no connection.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import datetime, timezone

from labkit.access.nodes.practice import Practice
from labkit.common import cite
from labkit.dimse import client_context
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb09_node_authentication._nodes import IMPORTS, authorities, showing

_RIGHT = """
    def asking(own, authority):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(own.certificate, own.key)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority)
        return context
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def asking(own, authority):
        ...  # an ssl.SSLContext for an SCP: shows `own` (.certificate and .key are PEM files),
             # TLS 1.2 or later, and lets nobody in without a certificate of the authority

    # with Python's ssl alone
    """,
    answer="asking",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A server asks for no certificate unless it is told to. CERT_OPTIONAL asks, and lets in who
        has none. CERT_REQUIRED ends the handshake without one, before a single byte of DICOM. Whose
        signature counts is the second half: an authority that signs for nodes of this hospital, and
        for nothing else. In TLS 1.3 the client may believe for a moment that it is connected; it
        hears the alert with its first answer.
    """,
    hints=(
        "PROTOCOL_TLS_SERVER begins without a demand on the client. Which attribute of the context "
        "makes one?",
        "verify_mode has three values: CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED. And whose "
        "signature is to count?",
        "load_cert_chain(own.certificate, own.key), verify_mode = ssl.CERT_REQUIRED, "
        "load_verify_locations(authority), minimum_version = TLSv1_2.",
    ),
    wrong=(
        Wrong(
            "asks-nobody",
            _RIGHT.replace("        context.verify_mode = ssl.CERT_REQUIRED\n", ""),
            """You load an authority and ask nobody for a certificate. That is TLS of the server
            alone: encrypted, and open to all.""",
        ),
        Wrong(
            "optional",
            _RIGHT.replace("CERT_REQUIRED", "CERT_OPTIONAL"),
            """CERT_OPTIONAL takes a certificate, and takes none. Who has none has nothing to fear
            here.""",
        ),
        Wrong(
            "signed-by-itself",
            _RIGHT.replace("context.load_verify_locations(authority)",
                           "context.load_verify_locations(own.certificate)"),
            """You trust the archive's own certificate as the signer of others. It has signed none,
            so no node gets in.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.15", "B.12"), cite("RFC 8446", "4.4.2"))


def check(work: Work) -> Verdict:
    """Listen with it, and let five callers come."""
    with authorities() as (ours, theirs):
        context = work.call(ours.credential("ARCHIVE"), str(ours.certificate))
        if context is None or context is ...:
            return blank()
        if not isinstance(context, ssl.SSLContext):
            return failed(expected="an ssl.SSLContext", got=context, rule=RULE)
        ours.credential("OLD", not_after=datetime(2020, 1, 1, tzinfo=timezone.utc))
        with Practice(tls=context) as archive:
            got = archive.call("MR1", tls=showing(ours, "MR1"))
            if got != "accepted":
                return failed(expected="MR1 with its certificate: accepted", got=got, rule=RULE,
                              mistake="signed-by-itself")  # fmt: skip
            for what, shown in (
                ("no certificate", client_context(ours.certificate)),
                ("a stranger's certificate", showing(theirs, "MR1", trusting=ours)),
                ("one that has ended", showing(ours, "OLD")),
                ("no TLS", None),
            ):
                got = archive.call("MR1", tls=shown)
                if got == "accepted":
                    none = context.verify_mode == ssl.CERT_NONE
                    return failed(expected=f"{what}: no connection", got=got, rule=RULE,
                                  mistake="asks-nobody" if none else
                                  "optional" if what.startswith("no ") else "")  # fmt: skip
        if context.minimum_version not in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            return failed(expected="TLS 1.2 or later", got=context.minimum_version.name, rule=RULE)
    return passed("One caller of five gets through, and it is the right one.", rule=RULE)
