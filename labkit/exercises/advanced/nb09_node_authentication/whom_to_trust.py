"""Is it the archive?

Before a modality sends a patient's images, it has to know to whom.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from labkit.access.nodes.practice import Practice
from labkit.common import cite
from labkit.dimse import Authority, server_context
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb09_node_authentication._nodes import IMPORTS, authorities

_RIGHT = """
    def trusting(authority):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(authority)
        return context
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def trusting(authority):
        ...  # an ssl.SSLContext for an SCU: TLS 1.2 or later, and only archives that
             # the authority (a PEM file) has signed, in date, under the name that is called

    # with Python's ssl alone, so that you see each decision
    """,
    answer="trusting",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        PROTOCOL_TLS_CLIENT begins with both checks on: CERT_REQUIRED, and the name. What remains is
        whom to trust (one authority, not all of the machine's), and from which version on
        (PS3.15 B.12: TLS 1.2). labkit.dimse.client_context does that, and takes ciphers with
        forward secrecy alone. Encryption without a check of the certificate protects against who
        only listens. Who answers in the archive's place gets the image, well encrypted.
    """,
    hints=(
        "Which of ssl's protocols is for a client, and what does it check without being told?",
        "ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) checks both, and trusts nobody yet.",
        "context.load_verify_locations(authority) says whom; "
        "context.minimum_version = ssl.TLSVersion.TLSv1_2 from when on.",
    ),
    wrong=(
        Wrong(
            "encrypted-to-anybody",
            """
    def trusting(authority):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context
""",
            """It checks no certificate. The false archive has one too, made a minute ago, and gets
            the image over the best cipher there is.""",
        ),
        Wrong(
            "any-name",
            _RIGHT.replace(
                "context.load_verify_locations(authority)",
                "context.check_hostname = False\n        "
                "context.load_verify_locations(authority)",
            ),
            """You do not check the name. Every node of the hospital has a certificate of that
            authority, so each of them can be the archive.""",
        ),
        Wrong(
            "whom-the-machine-trusts",
            _RIGHT.replace("context.load_verify_locations(authority)",
                           "context.load_default_certs()"),
            """You trust whom the operating system trusts: a hundred authorities of the web, and not
            the hospital's own, so not even the archive gets through.""",
        ),
        Wrong(
            "the-machine-too",
            """
    def trusting(authority):
        context = ssl.create_default_context()
        context.load_verify_locations(authority)
        return context
""",
            """You trust the hospital's authority, and beside it whom the operating system trusts:
            create_default_context() loads those too where no cafile is given. Whoever gets one of
            a hundred authorities to sign is your archive.""",
        ),
        Wrong(
            "old-versions-too",
            _RIGHT.replace("ssl.TLSVersion.TLSv1_2", "ssl.TLSVersion.TLSv1"),
            """You take TLS 1.0. BCP 195 forbids it and 1.1 (RFC 8996), and PS3.15 B.12 with it.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.15", "B.12"), cite("RFC 9325", "3.1.1"))


def check(work: Work) -> Verdict:
    """Call an archive that is right, and three that are not."""
    with authorities() as (ours, theirs):
        with _machine_that_trusts(theirs):
            context = work.call(str(ours.certificate))
        if context is None or context is ...:
            return blank()
        if not isinstance(context, ssl.SSLContext):
            return failed(expected="an ssl.SSLContext", got=context, rule=RULE)
        if context.verify_mode != ssl.CERT_REQUIRED:
            return failed(expected="a false archive is refused", got="it gets the image", rule=RULE,
                          mistake="encrypted-to-anybody")  # fmt: skip
        old = datetime(2020, 1, 1, tzinfo=timezone.utc)
        for what, authority, name, accepted in (
            ("the archive", ours, "ARCHIVE", True),
            ("one that a stranger has signed", theirs, "ARCHIVE", False),
            ("one whose certificate has ended", ours, "OLD", False),
        ):
            ends = old if name == "OLD" else None
            shown = server_context(authority.credential(name, not_after=ends))
            with Practice(tls=shown) as archive:
                got = archive.call("MR1", tls=context)
            if (got == "accepted") is not accepted:
                return failed(expected=f"{what}: {'accepted' if accepted else 'refused'}", got=got,
                              rule=RULE,
                              mistake="whom-the-machine-trusts" if accepted
                              else "the-machine-too" if authority is theirs else "")  # fmt: skip
        if not _checks_name(context, ours):
            return failed(expected="another name than the certificate's is refused", got="accepted",
                          rule=RULE, mistake="any-name")  # fmt: skip
        if context.minimum_version not in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            return failed(expected="TLS 1.2 or later", got=context.minimum_version.name, rule=RULE,
                          mistake="old-versions-too")  # fmt: skip
    return passed("One archive is let in, and three others are not.", rule=RULE)


@contextmanager
def _machine_that_trusts(stranger: Authority) -> Iterator[None]:
    """Have OpenSSL's default authorities be the stranger's, on whichever machine this is."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(stranger.certificate)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SSL_CERT_FILE"]
        else:
            os.environ["SSL_CERT_FILE"] = before


def _checks_name(context: ssl.SSLContext, ours: Authority) -> bool:
    """Call the right archive by a name that its certificate has not."""
    with Practice(tls=server_context(ours.credential("ARCHIVE"))) as archive:
        return archive.call("MR1", tls=(context, "archive.example")) != "accepted"
