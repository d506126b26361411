"""Encapsulated documents: nothing of a PDF or a CDA can be told to be safe; a dummy replaces it."""

from __future__ import annotations

from pydicom.dataset import Dataset

from labkit.deid.work import Work, put

_DOCUMENT = 0x00420011
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 50]/Contents 4 0 R"
    b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
    b"4 0 obj<</Length 40>>stream\nBT /F 12 Tf 10 20 Td (Removed) Tj ET    \nendstream endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
_CDA = (
    b'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Removed</title>'
    b"</ClinicalDocument>"
)


def replace(work: Work, ds: Dataset) -> str:
    """D: a document of the same kind that says nothing; of another kind, none."""
    kind = str(ds.get("MIMETypeOfEncapsulatedDocument", "")).lower()
    if kind == "application/pdf":
        dummy = _PDF
    elif "xml" in kind:
        dummy = _CDA
    else:
        work.held.append("an encapsulated document of a kind that has no dummy")
        dummy = b"\0\0"
    length = len(dummy)
    put(ds, _DOCUMENT, "OB", dummy + b"\0" * (length % 2))
    if 0x00420015 in ds:
        ds.EncapsulatedDocumentLength = length
    return "D"
