"""What was asked, for the record: keys and identifiers as they were, what else says who, marked.

A query may hold a patient's name, birth date or address, and an audit trail needs more of a
patient than the id only to answer "who looked for this name": so such values stand there as marks
(HMAC with a key of the trail), which the holder of the key can compare and nobody can read.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from urllib.parse import parse_qsl, quote, urlencode

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

Mark = Callable[[str], str]

_PLAIN_VR = {"UI", "CS", "TM", "IS", "US", "UL", "SS", "SL", "AE"}
_PLAIN = {
    "PatientID", "IssuerOfPatientID", "AccessionNumber", "StudyID", "StudyDate", "SeriesDate",
    "AcquisitionDate", "ContentDate", "ScheduledProcedureStepStartDate", "ScheduledProcedureStepID",
    "RequestedProcedureID", "limit", "offset", "includefield", "fuzzymatching", "accept", "level",
    "quality", "viewport", "window", "requestType", "contentType", "studyUID", "seriesUID",
    "objectUID", "transferSyntax", "frameNumber",
    "_id", "_count", "_lastUpdated", "_sort", "_include", "_revinclude", "_total", "_format",
    "_summary", "_elements", "_pretty", "_since", "_type", "identifier", "patient", "subject",
    "status", "modality", "started", "date", "code", "category", "based-on", "basedon", "result",
    "endpoint", "encounter", "period", "type", "intent", "authored",
}  # fmt: skip
_NOT_PLAIN = {"PatientSex", "PatientBirthTime"}
MOST = 20_000
"""Most bytes of a query that are kept."""


def masked_url(query: str, mark: Mark) -> str:
    """Return the query of a URL; values that may say more of a patient than the id are marked."""
    pairs = parse_qsl(query[:MOST], keep_blank_values=True)
    return urlencode(
        [(name, value if _plain(name) or not value else mark(value)) for name, value in pairs],
        quote_via=quote,
        safe="~:/|,.*",
    )


def masked_identifier(data: bytes, transfer_syntax: str, mark: Mark) -> bytes:
    """Return an identifier as it was encoded, with such values marked.

    Returns
    -------
    bytes
        In the same transfer syntax; empty if it cannot be read, or is larger than `MOST`.
    """
    if not data or len(data) > MOST:
        return b""
    try:
        ds = _decoded(data, transfer_syntax)
        _mask(ds, mark)
        out = DicomBytesIO()
        out.is_implicit_VR = transfer_syntax == ImplicitVRLittleEndian
        out.is_little_endian = transfer_syntax != ExplicitVRBigEndian
        write_dataset(out, ds)
    except Exception:  # whatever is wrong with it: the query is decided about, and not kept
        return b""
    return out.getvalue()


def _decoded(data: bytes, transfer_syntax: str) -> Dataset:
    return read_dataset(
        BytesIO(data),
        is_implicit_VR=transfer_syntax == ImplicitVRLittleEndian,
        is_little_endian=transfer_syntax != ExplicitVRBigEndian,
    )


def _mask(ds: Dataset, mark: Mark) -> None:
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                _mask(item, mark)
        elif element.value and not _plain(element.keyword or "", element.VR):
            element.VR, element.value = "LO", mark(str(element.value))


def _plain(name: str, vr: str = "") -> bool:
    stem = name.split(":")[0].rsplit(".", 1)[-1]  # modifiers of FHIR; chains, and paths of QIDO-RS
    if not vr:
        tag = tag_for_keyword(stem) or _tag(stem)
        if tag is not None:
            try:
                stem, vr = keyword_for_tag(tag) or stem, dictionary_VR(tag)
            except KeyError:
                return False
    return stem in _PLAIN or (vr in _PLAIN_VR and stem not in _NOT_PLAIN)


def _tag(text: str) -> int | None:
    """Return the tag that QIDO-RS may name by its eight digits (PS3.18 8.3.4.1)."""
    try:
        return int(text, 16) if len(text) == 8 else None
    except ValueError:
        return None
