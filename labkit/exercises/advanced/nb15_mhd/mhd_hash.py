"""Two words about the bytes.

ITI-65 wants size and hash of a document in its DocumentReference. Write what says both.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from labkit.common import cite
from labkit.exchange.mhd import digest
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def said(content):
        sha1 = hashlib.sha1(content).digest()
        return {"size": len(content), "hash": base64.b64encode(sha1).decode()}
"""

EXERCISE = Exercise(
    given="""
    import base64
    import hashlib
    """,
    blank="""
    def said(content):
        ...  # {"size": …, "hash": …} of these bytes, as Attachment has them
    """,
    answer="said",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        size counts the bytes of the document; hash is their SHA-1, twenty bytes, and base64 is how
        JSON carries twenty bytes. Both are of the document and not of Binary.data, which is the
        document in base64 and a third longer. IHE's examples of MHD 4.2.3 print the base64 of the
        forty hexadecimal digits: a slip of the examples, and common among products since.
    """,
    hints=(
        "Of which bytes: those of the document, or those of the text in Binary.data?",
        "hashlib.sha1(content) has a digest of 20 bytes and a hexdigest of 40 characters.",
        "base64.b64encode(hashlib.sha1(content).digest()).decode()",
    ),
    wrong=(
        Wrong(
            "hexadecimal",
            _RIGHT.replace(
                "base64.b64encode(sha1).decode()", "hashlib.sha1(content).hexdigest()"
            ),
            """Your hash is in hexadecimal, as git and sha1sum print it. Attachment.hash is
            base64Binary: the same twenty bytes in 28 characters.""",
        ),
        Wrong(
            "digits-in-base64",
            _RIGHT.replace("hashlib.sha1(content).digest()",
                           "hashlib.sha1(content).hexdigest().encode()"),
            """You encoded the forty hexadecimal digits once more, as IHE's own examples of 4.2.3
            do. Who decodes it finds forty bytes where SHA-1 has twenty.""",
        ),
        Wrong(
            "of-the-base64",
            """
    def said(content):
        data = base64.b64encode(content)
        return {"size": len(data), "hash": base64.b64encode(hashlib.sha1(data).digest()).decode()}
""",
            """You took size and hash of Binary.data. A consumer gets the document itself (ITI-68),
            and neither fits it.""",
        ),
        Wrong(
            "sha-256",
            _RIGHT.replace("sha1(", "sha256("),
            """SHA-256 is the better hash and not this one: R4 says SHA-1 here, and a consumer that
            checks finds every document damaged.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("IHE ITI MHD", "ITI-65 2:3.65.4.1.2.1"), cite("FHIR R4", "datatypes"))


def check(work: Work) -> Verdict:
    """Have it speak of three documents, one of which is not text."""
    for content in (b"a report", bytes(range(256)), b"%PDF-1.4 \x00\xff"):
        got = work.call(content)
        if got in (None, ...):
            return blank("It says nothing yet.")
        right = {"size": len(content), "hash": digest(content)}
        if got == right:
            continue
        sha1 = hashlib.sha1(content, usedforsecurity=False)
        said = str(got.get("hash", "")) if isinstance(got, dict) else ""
        mistake = {
            sha1.hexdigest(): "hexadecimal",
            base64.b64encode(sha1.hexdigest().encode()).decode(): "digits-in-base64",
            digest(base64.b64encode(content)): "of-the-base64",
            base64.b64encode(hashlib.sha256(content).digest()).decode(): "sha-256",
        }.get(said, "")
        return failed(expected=right, got=got, rule=RULE, mistake=mistake)
    return passed("Size and hash of the document's own bytes.", rule=RULE)
