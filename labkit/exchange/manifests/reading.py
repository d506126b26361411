"""From a Key Object Selection Document, whoever wrote it, to what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import KeyObjectSelectionDocumentStorage

from labkit.common.errors import DataError
from labkit.dicom.reading import read as read_file
from labkit.exchange.manifests.content import Library, read_content
from labkit.exchange.manifests.model import (
    Instance,
    Location,
    Manifest,
    Problem,
    Request,
    Series,
    Subject,
)
from labkit.exchange.manifests.terms import Code
from labkit.exchange.manifests.values import (
    accession_of,
    coded,
    codes_of,
    first,
    integer,
    issued,
    items,
    patient_id_of,
    text,
)
from labkit.exchange.manifests.writing import PRIVATE_CREATOR, PRIVATE_DISPLAY, PRIVATE_GROUP

_DISPLAY_URI = 0x0040E012  # CP-2595; pydicom 3.0.2 does not know it
_REQUEST_NUMBERS = (
    ("PlacerOrderNumberImagingServiceRequest", "OrderPlacerIdentifierSequence"),
    ("FillerOrderNumberImagingServiceRequest", "OrderFillerIdentifierSequence"),
)


def read(source: Dataset | str | Path | bytes) -> Manifest:
    """Read a manifest, a rejection note, or any other key object selection.

    What is odd about it is told in `Manifest.problems`, not raised: a consumer cannot choose who
    writes.

    Raises
    ------
    DataError
        It is no DICOM file, or another kind of object.
    """
    ds = source if isinstance(source, Dataset) else read_file(source)
    kind = text(ds, "SOPClassUID")
    if kind != KeyObjectSelectionDocumentStorage:
        name = getattr(ds.get("SOPClassUID"), "name", kind) or "no SOP class"
        raise DataError(
            f"This is no key object selection but {name}.",
            remedy="A manifest has SOP class 1.2.840.10008.5.1.4.1.1.88.59; is it another part of "
            "the answer?",
        )
    problems: list[Problem] = []
    content = read_content(ds, problems)
    title = coded(ds, "ConceptNameCodeSequence")
    if title is None:
        problems.append(Problem("(0040,A043)", "there is no document title", "PS3.16 TID 2010"))
    study = text(ds, "StudyInstanceUID")
    manifest = Manifest(
        uid=text(ds, "SOPInstanceUID"), title=title or Code("", "", ""), study_uid=study,
        patient=_subject(ds), series=tuple(_evidence(ds, study, content.library, problems)),
        study_date=text(ds, "StudyDate"), study_time=text(ds, "StudyTime"),
        timezone=text(ds, "TimezoneOffsetFromUTC"),
        study_description=text(ds, "StudyDescription"), study_id=text(ds, "StudyID"),
        referrer=text(ds, "ReferringPhysicianName"), accession=accession_of(ds),
        requests=tuple(_request(item) for item in items(ds, "ReferencedRequestSequence")),
        procedures=content.procedures, regions=content.library.regions,
        description=content.description,
        created_date=text(ds, "ContentDate"), created_time=text(ds, "ContentTime"),
        manufacturer=text(ds, "Manufacturer"), institution=text(ds, "InstitutionName"),
        series_uid=text(ds, "SeriesInstanceUID"), series_number=integer(text(ds, "SeriesNumber")),
        series_description=text(ds, "SeriesDescription"), display_url=_display(ds),
        identical=tuple(
            text(reference, "ReferencedSOPInstanceUID")
            for other in items(ds, "IdenticalDocumentsSequence")
            for series in items(other, "ReferencedSeriesSequence")
            for reference in items(series, "ReferencedSOPSequence")
        ),
    )  # fmt: skip
    _compare(manifest, content.referenced, content.library, problems)
    return replace(manifest, problems=tuple(problems))


def _subject(ds: Dataset) -> Subject:
    others = (patient_id_of(item) for item in items(ds, "OtherPatientIDsSequence"))
    return Subject(
        patient_id_of(ds), text(ds, "PatientName"), text(ds, "PatientBirthDate"),
        text(ds, "PatientSex"), tuple(other for other in others if other),
    )  # fmt: skip


def _request(item: Dataset) -> Request:
    placer, filler = (
        issued(text(item, keyword), first(item, by)) for keyword, by in _REQUEST_NUMBERS
    )
    return Request(
        accession_of(item), placer, filler, text(item, "RequestedProcedureID"),
        text(item, "RequestedProcedureDescription"),
        codes_of(item, "RequestedProcedureCodeSequence"),
    )  # fmt: skip


def _evidence(ds: Dataset, own: str, library: Library, problems: list[Problem]) -> list[Series]:
    """Read (0040,A375), and (0040,A385) where objects of other studies are listed."""
    found: dict[tuple[str, str], Series] = {}
    for keyword in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence"):
        for study in items(ds, keyword):
            uid = text(study, "StudyInstanceUID")
            for item in items(study, "ReferencedSeriesSequence"):
                series = _series(item, uid if uid != own else "", library, problems)
                before = found.get((uid, series.uid))
                if before is not None:
                    problems.append(
                        Problem(
                            "(0008,1115)", f"series {series.uid} is listed twice", "PS3.3 C.17.2.1"
                        )
                    )
                    series = replace(before, instances=before.instances + series.instances)
                found[uid, series.uid] = series
    if not found:
        problems.append(Problem(
            "(0040,A375)", "the evidence lists no series: nothing can be retrieved by it",
            "PS3.3 Table C.17.6-2"))  # fmt: skip
    return list(found.values())


def _series(item: Dataset, study: str, library: Library, problems: list[Problem]) -> Series:
    uid = text(item, "SeriesInstanceUID")
    instances: dict[str, Instance] = {}
    for reference in items(item, "ReferencedSOPSequence"):
        name = text(reference, "ReferencedSOPInstanceUID")
        kind = text(reference, "ReferencedSOPClassUID")
        if not name or name in instances:
            what = f"instance {name} is listed twice" if name else "a reference names no instance"
            problems.append(Problem("(0008,1199)", what, "PS3.3 Table 10-11"))
            continue
        described = library.instances.get(name)
        instances[name] = replace(described, sop_class=kind) if described else Instance(name, kind)
    aes = text(item, "RetrieveAETitle")
    location = Location(
        text(item, "RetrieveURL"), text(item, "RetrieveLocationUID"),
        tuple(part.strip() for part in aes.split("\\") if part.strip()),
    )  # fmt: skip
    described_series = library.series.get(uid, Series(uid, ()))
    return replace(
        described_series, uid=uid, instances=tuple(instances.values()), location=location,
        study_uid=study,
    )  # fmt: skip


def _display(ds: Dataset) -> str:
    """Return the Display URI: of General Study (CP-2595), or MADO's temporary private element."""
    found = text(ds, _DISPLAY_URI)
    for study in items(ds, "CurrentRequestedProcedureEvidenceSequence"):
        found = found or text(study, _DISPLAY_URI)
        for element in study:
            private = element.tag.group == PRIVATE_GROUP and element.tag.element & 0xFF
            if not found and private == PRIVATE_DISPLAY and element.tag.element > 0xFF:
                creator = text(study, PRIVATE_GROUP << 16 | element.tag.element >> 8)
                found = text(study, int(element.tag)) if creator == PRIVATE_CREATOR else found
    return found


def _compare(
    manifest: Manifest, referenced: tuple[str, ...], library: Library, problems: list[Problem]
) -> None:
    """Hold the evidence against the content tree: they say the same things twice."""
    evidence = set(manifest.instance_uids)
    rule = "PS3.3 C.17.6.2.1"
    for uid in dict.fromkeys(referenced):
        if uid not in evidence:
            problems.append(
                Problem("(0040,A730)", f"refers to {uid}, which the evidence does not list", rule)
            )
    for uid in manifest.instance_uids:
        if uid not in referenced:
            problems.append(Problem(
                "(0040,A375)", f"lists {uid}, to which the content does not refer",
                "PS3.16 TID 2010"))  # fmt: skip
    for series in manifest.series:
        said = library.counts.get(series.uid)
        if said is not None and said != len(series.instances):
            problems.append(Problem(
                "Image Library", f"says that series {series.uid} has {said} instances; "
                f"{len(series.instances)} are listed", "MADO 6.X.2.9"))  # fmt: skip
    if library.series_count not in (None, len(manifest.series)):
        problems.append(Problem(
            "Image Library", f"says {library.series_count} series; {len(manifest.series)} are "
            "listed", "MADO 6.X.2.9"))  # fmt: skip
