"""Structured reports and encapsulated documents: instances that say something."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sr.codedict import Collection, codes

from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.links import Context, Copy, Link
from labkit.fhir.mapping.trail import Omit
from labkit.fhir.mapping.transforms.codes import code_value, concept_of
from labkit.fhir.mapping.transforms.identity import study_uid_identifier
from labkit.fhir.mapping.transforms.people import person_links
from labkit.fhir.mapping.transforms.plain import clean
from labkit.fhir.mapping.transforms.times import fhir_date, with_time

_UCUM = "http://unitsofmeasure.org"
_DT = re.compile(r"(\d{8})(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?([+-]\d{4})?")
_DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+")


def report_status(fields: Sequence[Field], ctx: Any) -> str | Omit:
    """Return the status of a report from its flags (PS3.3 C.17.2).

    Complete and verified is ``final``, complete alone ``preliminary``, else ``partial``; a verified
    document that replaces another (0040,A360) is ``amended``. No standard says so: the rule follows
    from R4's definition of ``final``, "complete and verified by an authorized person".
    """
    completion, verification = _first(fields, 0), _first(fields, 1)
    if completion not in ("COMPLETE", "PARTIAL"):
        return Omit("invalid", f"{completion!r} is no Completion Flag (PS3.3 C.17.2)")
    if completion == "PARTIAL":
        return "partial"
    if verification != "VERIFIED" or _first(fields, 3) == "PRELIMINARY":
        return "preliminary"
    return "amended" if len(fields) > 2 and fields[2] else "final"


def document_status(fields: Sequence[Field], ctx: Any) -> str | Omit:
    """Return the status of an encapsulated document from its Verification Flag (PS3.3 C.24.2)."""
    flag = _first(fields, 0)
    if flag not in ("VERIFIED", "UNVERIFIED"):
        return Omit("invalid", f"{flag!r} is no Verification Flag (PS3.3 C.24.2)")
    return "final" if flag == "VERIFIED" else "preliminary"


def titled_report(fields: Sequence[Field], ctx: Any) -> dict[str, Any] | Omit:
    """Return the identifier of a document whose title says that it is an imaging report.

    Consents and referrals are PDF too: the coded title (0040,A043) tells. Those of reports are in
    CID 7000 Diagnostic Imaging Report Document Title (PS3.16 Annex B).
    """
    title = (fields[1] or (Dataset(),))[0] if len(fields) > 1 else Dataset()
    wanted = _report_titles()
    scheme = str(title.get("CodingSchemeDesignator") or "")
    if (code_value(title), scheme) not in wanted:
        return Omit("condition", "no title of an imaging report (PS3.16 CID 7000)")
    found: dict[str, Any] | Omit = study_uid_identifier(fields[:1], ctx)
    return found


@lru_cache(maxsize=1)
def _report_titles() -> frozenset[tuple[str, str]]:
    group = Collection("CID7000")
    return frozenset((c.value, c.scheme_designator) for c in group.concepts.values())


def text_concept(fields: Sequence[Field], ctx: Any) -> dict[str, str]:
    """Return a constant of the table as a CodeableConcept that has text only."""
    return {"text": _first(fields, 0)}


def instant(fields: Sequence[Field], ctx: Context) -> str | Omit:
    """Return a DT, or a DA and a TM, as FHIR instant: nothing less than seconds and a zone."""
    found = _DT.fullmatch(_first(fields, 0))
    if not found:
        return Omit("invalid", f"{_first(fields, 0)!r} is no date and time (PS3.5 6.2, DT)")
    day = fhir_date(found[1])
    time = found[2] or _first(fields, 2)
    if not day or len(time) < 6:
        return Omit("invalid", f"{_first(fields, 0)!r} is no moment: an instant has seconds")
    text = with_time(day, time, found[3] or _first(fields, 1), ctx)
    if "T" not in text:
        return Omit("no-zone", f"{text} has no zone: none in the header, none in the site file")
    return text


def zone_of_site(fields: Sequence[Field], ctx: Context) -> str:
    """Name the zone where neither DT nor header has one and the site file's was taken."""
    found = _DT.fullmatch(_first(fields, 0))
    told = _first(fields, 1) or (found and found[3])
    return "" if told else f"the zone {ctx.site.zone} of the site file"


def verifying_observers(fields: Sequence[Field], ctx: Context) -> list[Link]:
    """Refer to who signed: Verifying Observer Sequence (0040,A073)."""
    links = []
    for item in fields[0] or ():
        person = Dataset()
        person.PersonIdentificationCodeSequence = list(
            item.get("VerifyingObserverIdentificationCodeSequence") or ()
        )
        name = (str(item.get("VerifyingObserverName") or ""),)
        links += person_links((name, (person,)), ctx)
    return links


def conclusion(fields: Sequence[Field], ctx: Any) -> str | Omit:
    """Return the text of the impressions and conclusions of the content tree (PS3.16 TID 2000)."""
    wanted = {codes.DCM.Impression.value, codes.DCM.Conclusion.value, "19005-8", "55110-1"}
    texts = [
        clean(str(item.get("TextValue") or ""))
        for item in _tree(_dataset(fields))
        if item.get("ValueType") == "TEXT" and _concept(item) in wanted
    ]
    return "\n".join(t for t in texts if t) or Omit("absent", "no impression and no conclusion")


def attachment(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Return an encapsulated document as Attachment, with its size and hash (PS3.3 C.24.2).

    With a DICOMweb base there is the URL of the instance rendered, which for a PDF is the PDF
    (PS3.18 8.7.4); without one the bytes go along. The byte that pads to an even length is none of
    the document: (0042,0015) says how long it is.
    """
    ds = _dataset(fields)
    kind = str(ds.get("MIMETypeOfEncapsulatedDocument") or "")
    if not _MIME.fullmatch(kind):
        return Omit("invalid", f"{kind!r} is no media type")
    out: dict[str, Any] = {"contentType": kind}
    data = ds.get("EncapsulatedDocument")
    if ctx.endpoint:
        uids = [str(ds.get(f"{level}InstanceUID")) for level in ("Study", "Series", "SOP")]
        place = "/studies/{}/series/{}/instances/{}/rendered".format(*uids)
        out["url"] = ctx.endpoint + place
    if isinstance(data, bytes) and data:
        length = ds.get("EncapsulatedDocumentLength")
        exact = data[:length] if isinstance(length, int) and 0 < length <= len(data) else data
        if not ctx.endpoint:
            out["data"] = base64.b64encode(exact).decode()
        out["size"] = len(exact) if ctx.fhir == "R4" else str(len(exact))
        out["hash"] = base64.b64encode(hashlib.sha1(exact, usedforsecurity=False).digest()).decode()
    title = clean(str(ds.get("DocumentTitle") or ""))
    return {**out, **({"title": title} if title else {})}


def unnamed_attachment(fields: Sequence[Field], ctx: Any) -> dict[str, str]:
    """Return a constant of the table as the media type of a document that has none."""
    return {"contentType": _first(fields, 0)}


def dose_observations(fields: Sequence[Field], ctx: Context) -> list[dict[str, Any]] | Omit:
    """Return an Observation for each number of the accumulated dose (PS3.16 TID 10011, 10002).

    Each keeps the code and the unit of the report. Values of single irradiation events are not
    taken: their sum is what the report itself says.
    """
    ds = _dataset(fields)
    status = report_status(
        ((str(ds.get("CompletionFlag") or ""),), (str(ds.get("VerificationFlag") or ""),)), ctx
    )
    totals = {codes.DCM.CTAccumulatedDoseData.value, codes.DCM.AccumulatedXRayDoseData.value}
    found = []
    for container in _tree(ds):
        if _concept(container) not in totals:
            continue
        for item in container.get("ContentSequence") or ():
            quantity, code = _quantity(item), _named(item, ctx)
            if quantity and code:
                found.append({
                    "status": {"final": "final", "amended": "amended"}.get(
                        str(status), "preliminary"
                    ),
                    "code": code,
                    "subject": Copy("subject"),
                    "valueQuantity": quantity,
                    "derivedFrom": [ctx.study()],
                })  # fmt: skip
    return found or Omit("absent", "no number in an accumulated dose container")


def _tree(item: Dataset) -> Iterator[Dataset]:
    """Walk a content tree, the root first (PS3.3 C.17.3)."""
    todo = [item]
    while todo:
        item = todo.pop()
        yield item
        todo.extend(reversed(item.get("ContentSequence") or ()))


def _concept(item: Dataset) -> str:
    name = item.get("ConceptNameCodeSequence")
    return code_value(name[0]) if name else ""


def _named(item: Dataset, ctx: Context) -> dict[str, Any]:
    name = item.get("ConceptNameCodeSequence")
    return concept_of(name[0], ctx) if name else {}


def _quantity(item: Dataset) -> dict[str, Any]:
    """Return the Measured Value of a NUM item as Quantity, or ``{}`` (PS3.3 C.18.1)."""
    measured = item.get("MeasuredValueSequence")
    if item.get("ValueType") != "NUM" or not measured:
        return {}
    number = measured[0].get("NumericValue")
    text = str(getattr(number, "original_string", number)).strip()
    if not _DECIMAL.fullmatch(text):
        return {}
    unit = measured[0].get("MeasurementUnitsCodeSequence")
    code = code_value(unit[0]) if unit else ""
    out: dict[str, Any] = {"value": float(text) if "." in text else int(text)}
    if code and str(unit[0].get("CodingSchemeDesignator") or "") == "UCUM":
        out |= {"unit": code, "system": _UCUM, "code": code}
    return out


def _dataset(fields: Sequence[Field]) -> Dataset:
    found = (fields[0] or (Dataset(),))[0]
    return found if isinstance(found, Dataset) else Dataset()


def _first(fields: Sequence[Field], number: int) -> str:
    field = fields[number] if number < len(fields) else None
    return str(field[0]) if field else ""


TRANSFORMS = (
    report_status, text_concept, instant, verifying_observers, conclusion, attachment,
    unnamed_attachment, dose_observations, document_status, titled_report,
)  # fmt: skip

#: Transforms that may add what the site file says → the function that says what.
FROM_SITE = {"instant": zone_of_site}
