"""A letter, its size and its hash.

Whoever fetches the document has to be able to tell that it is the one that was sent.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def attachment(doc):
        data = doc.EncapsulatedDocument[:doc.get("EncapsulatedDocumentLength")]
        return {
            "contentType": doc.MIMETypeOfEncapsulatedDocument,
            "size": len(data),
            "hash": base64.b64encode(hashlib.sha1(data).digest()).decode(),
            "data": base64.b64encode(data).decode(),
        }
"""

EXERCISE = Exercise(
    given="""
        import base64
        import hashlib
    """,
    blank="""
        def attachment(doc):
            ...  # {"contentType": …, "size": …, "hash": …, "data": …} of an encapsulated document
    """,
    answer="attachment",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        hash is the SHA-1 of the document itself, before base64, and then its twenty bytes in
        base64 (FHIR R4 datatypes, Attachment). Most tools print a digest in hexadecimal; that
        text in base64 is a legal value too, and never matches. Both size and hash are of the
        document, without the byte that pads it to an even length (PS3.5 7.1.1, PS3.3 C.24.2). SHA-1
        is here to find a broken transfer, not to keep out a forger.
    """,
    hints=(
        "Four values of the same bytes. Which bytes are the document? Compare "
        "EncapsulatedDocumentLength with the length of the value.",
        "An encapsulated document may be CDA too: the media type is in the header. "
        "hashlib.sha1(data).digest() are the raw bytes, hexdigest() a text.",
        "data = doc.EncapsulatedDocument[:doc.get('EncapsulatedDocumentLength')]; hash is "
        "base64.b64encode(hashlib.sha1(data).digest()).decode()",
    ),
    wrong=(
        Wrong(
            "with-padding",
            _REFERENCE.replace('[:doc.get("EncapsulatedDocumentLength")]', ""),
            """The byte that pads the value is in your document. Size and hash are then of
            something that nobody wrote.""",
        ),
        Wrong(
            "hex-digest",
            _REFERENCE.replace("base64.b64encode(hashlib.sha1(data).digest()).decode()",
                               "hashlib.sha1(data).hexdigest()"),
            """hash is base64Binary, and a hexadecimal text is not the base64 of the digest. The
            server takes it, since 40 such letters are legal base64; no client can verify it.""",
        ),
        Wrong(
            "hash-of-base64",
            _REFERENCE.replace("hashlib.sha1(data)", "hashlib.sha1(base64.b64encode(data))"),
            """You hashed the base64 text. The hash is of the document before that encoding, so
            that it holds however the bytes travel.""",
        ),
        Wrong(
            "sha-256",
            _REFERENCE.replace("sha1", "sha256"),
            """SHA-256 is the better hash, but Attachment.hash is SHA-1 by definition: a client
            that compares finds every document broken.""",
        ),
        Wrong(
            "always-pdf",
            _REFERENCE.replace("doc.MIMETypeOfEncapsulatedDocument", '"application/pdf"'),
            """You wrote application/pdf. This one is a CDA, text/xml: (0042,0012) says it.""",
        ),
        Wrong(
            "bytes-not-text",
            _REFERENCE.replace(".digest()).decode()", ".digest())"),
            """hash or data is of type bytes. JSON has no bytes, so it cannot be sent like this:
            base64.b64encode(…).decode() is the text.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.3", "C.24.2"), cite("FHIR R4", "datatypes"))
CASES: tuple[tuple[str, str, bytes, int | None], ...] = (
    ("a PDF of even length", "application/pdf", b"%PDF-1.4 letters", 16),
    ("a PDF of odd length", "application/pdf", b"%PDF-1.4 letters.", 17),
    ("a CDA", "text/xml", b"<ClinicalDocument/>", 19),
    ("a PDF without (0042,0015)", "application/pdf", b"%PDF-1.4 ok.", None),
)


def check(work: Work) -> Verdict:
    """Call the function with documents that the learner has not seen."""
    for what, kind, data, length in CASES:
        doc = Dataset()
        doc.MIMETypeOfEncapsulatedDocument = kind
        doc.EncapsulatedDocument = data + b"\0" * (len(data) % 2)
        if length is not None:
            doc.EncapsulatedDocumentLength = length
        got = work.call(doc)
        if got is None or got is ...:
            return blank()
        right = _attachment(kind, data)
        if not isinstance(got, dict):
            return failed(expected=f"a dictionary for {what}", got=got, rule=RULE)
        for name, expected in right.items():
            if got.get(name) != expected:
                return failed(expected=f"{name} {expected!r} for {what}", got=got.get(name, "none"),
                              rule=RULE, mistake=_mistake(name, got, doc))  # fmt: skip
    return passed("Size and hash of the document itself, PDF and CDA.", rule=RULE)


def _attachment(kind: str, data: bytes) -> dict[str, Any]:
    digest = hashlib.sha1(data, usedforsecurity=False).digest()
    return {"contentType": kind, "size": len(data), "hash": base64.b64encode(digest).decode(),
            "data": base64.b64encode(data).decode()}  # fmt: skip


def _mistake(name: str, got: dict[str, Any], doc: Dataset) -> str:
    if name == "contentType":
        return "always-pdf" if got.get(name) == "application/pdf" else ""
    if isinstance(got.get(name), bytes):
        return "bytes-not-text"
    padded = _attachment("", doc.EncapsulatedDocument)
    if got.get(name) == padded[name]:
        return "with-padding"
    data = doc.EncapsulatedDocument[: doc.get("EncapsulatedDocumentLength")]
    text = base64.b64encode(data)
    named = {
        hashlib.sha1(data, usedforsecurity=False).hexdigest(): "hex-digest",
        _attachment("", text)["hash"]: "hash-of-base64",
        base64.b64encode(hashlib.sha256(data).digest()).decode(): "sha-256",
    }
    return named.get(str(got.get("hash")), "")
