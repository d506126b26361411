"""Hand over a report that is a PDF inside a DICOM file.

The MR of the head has an Encapsulated PDF. An app cannot open DICOM; it can open a PDF.
"""

import base64
import binascii
import hashlib

import requests

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.beginner.nb09_fhir_from_nothing._server import reference_of, stored

_REFERENCE = """
    pdf = doc.EncapsulatedDocument[:doc.EncapsulatedDocumentLength]
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": "Patient/quillfeather"},
        "content": [{"attachment": {
            "contentType": "application/pdf",
            "title": doc.DocumentTitle,
            "size": len(pdf),
            "data": base64.b64encode(pdf).decode(),
        }}],
    }
    response = requests.post(f"{base}/DocumentReference", json=document)
"""

EXERCISE = Exercise(
    given="""
        import base64
        import requests
        from labkit.dicom import sample
        base = lab.fhir.url
        doc = sample("mr-brain").datasets("DOC")[0]
    """,
    blank="""
        pdf = ...       # the bytes of the PDF in doc, and no byte more
        document = ...  # a DocumentReference for Tobias Quillfeather, with the PDF in an attachment
        response = ...
        if document is not ...:
            response = requests.post(f"{base}/DocumentReference", json=document)
    """,
    answer="response",
    expects=requests.Response,
    reference=_REFERENCE,
    explanation="""
        Every DICOM value has an even length (PS3.5 7.1.1), so a PDF of 1105 bytes is stored as
        1106, with a zero byte behind it. Encapsulated Document Length (0042,0015) says where the
        document ends. Most PDF readers forgive the extra byte; a signature or a hash does not. In
        FHIR, data is base64, and size counts the bytes before that encoding.
    """,
    hints=(
        "Look at len(doc.EncapsulatedDocument), at its last bytes, and at "
        "doc.EncapsulatedDocumentLength.",
        "DICOM pads a value to an even length. Cut the bytes at the length that the header tells.",
        "attachment has contentType application/pdf, size (the length of the PDF) and data: "
        "base64.b64encode(pdf).decode(). DocumentReference needs status current, subject, content.",
    ),
    wrong=(
        Wrong(
            "padding-kept",
            _REFERENCE.replace("[:doc.EncapsulatedDocumentLength]", ""),
            """The zero byte that DICOM put behind the PDF is still there. It makes the value
            even; it is no part of the document. Cut at Encapsulated Document Length
            (0042,0015).""",
        ),
        Wrong(
            "whole-dicom-file",
            _REFERENCE.replace(
                "doc.EncapsulatedDocument[:doc.EncapsulatedDocumentLength]",
                'sample("mr-brain").paths("DOC")[0].read_bytes()',
            ),
            """You attached the whole DICOM file and called it a PDF. A PDF begins with the
            bytes %PDF.""",
        ),
        Wrong(
            "size-of-the-base64",
            _REFERENCE.replace("len(pdf)", "len(base64.b64encode(pdf))"),
            """size is the number of bytes of the document itself. Base64 makes four characters of
            three bytes, so yours is a third too large.""",
        ),
    ),
)

RULE = cite("FHIR R4", "datatypes")


def check(work: Work) -> Verdict:
    """Read the document back from the server and compare its bytes with the DICOM object's."""
    document = stored(work, "DocumentReference")
    if isinstance(document, Verdict):
        return document
    doc = sample("mr-brain").datasets("DOC")[0]
    pdf = doc.EncapsulatedDocument[: doc.EncapsulatedDocumentLength]
    expected = f"the PDF, {len(pdf)} bytes, as application/pdf"
    attachment = document["content"][0]["attachment"]
    try:
        data = base64.b64decode(attachment.get("data", ""), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if data != pdf:
        if data == doc.EncapsulatedDocument:
            mistake, got = "padding-kept", f"{len(data)} bytes, the last one 00"
        elif data[128:132] == b"DICM":
            mistake, got = "whole-dicom-file", f"{len(data)} bytes, with DICM at byte 128"
        else:
            mistake, got = "", f"{len(data)} bytes, beginning with {data[:8]!r}"
        return failed(expected=expected, got=got, rule=cite("PS3.5", "7.1.1"), mistake=mistake)
    if attachment.get("contentType") != "application/pdf":
        return failed(expected="contentType application/pdf",
                      got=f"contentType {attachment.get('contentType')}", rule=RULE)  # fmt: skip
    size = attachment.get("size", len(pdf))
    if size != len(pdf):
        mistake = "size-of-the-base64" if size == len(base64.b64encode(pdf)) else ""
        return failed(expected=f"size {len(pdf)}", got=f"size {size}", rule=RULE, mistake=mistake)
    wanted = base64.b64encode(hashlib.sha1(pdf, usedforsecurity=False).digest()).decode()
    if attachment.get("hash", wanted) != wanted:
        return failed(expected=f"hash {wanted}, the SHA-1 of the PDF in base64",
                      got=f"hash {attachment['hash']}", rule=RULE)  # fmt: skip
    subject = reference_of(document.get("subject"))
    if subject != "Patient/quillfeather":
        return failed(expected="subject Patient/quillfeather", got=subject or "no subject",
                      rule=cite("FHIR R4", "documentreference"))  # fmt: skip
    return passed("The PDF came out of DICOM byte for byte.", rule=RULE)
