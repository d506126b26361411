"""Key objects, presentation states and segmentations: instances that point at others (R5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.links import Context, Copy
from labkit.fhir.mapping.trail import Omit
from labkit.fhir.mapping.transforms.codes import concept_of, sop_class
from labkit.fhir.mapping.transforms.plain import clean, is_uid


def selections(fields: Sequence[Field], ctx: Context) -> list[dict[str, Any]] | Omit:
    """Return an ImagingSelection for each series that a key object note refers to (R5).

    A note may refer to instances of other studies; each series says which study it is of.
    """
    ds = _dataset(fields)
    code = _concept(ds.get("ConceptNameCodeSequence"), ctx)
    if not code:
        return Omit("no-code", "the note has no document title")
    found = []
    for study in ds.get("CurrentRequestedProcedureEvidenceSequence") or ():
        uid = str(study.get("StudyInstanceUID") or "")
        found += _of_series(study, "ReferencedSOPSequence", uid, code, ctx)
    return found or Omit("absent", "the note refers to nothing")


def presented(fields: Sequence[Field], ctx: Context) -> list[dict[str, Any]] | Omit:
    """Return an ImagingSelection for each series that a presentation state shows (R5).

    Its images are of the state's own study (PS3.3 C.11.11). The purpose is its coded name, or the
    words of Content Description or Content Label (PS3.3 C.11.10, 10-12).
    """
    ds = _dataset(fields)
    words = clean(str(ds.get("ContentDescription") or ds.get("ContentLabel") or ""))
    code = _concept(ds.get("ConceptNameCodeSequence"), ctx) or ({"text": words} if words else {})
    if not code:
        return Omit("no-code", "the presentation state has no name and no label")
    found = _of_series(ds, "ReferencedImageSequence", ctx.study_uid, code, ctx)
    return found or Omit("absent", "the presentation state refers to no image")


def segments(fields: Sequence[Field], ctx: Context) -> list[dict[str, Any]] | Omit:
    """Return an ImagingSelection for each segment of a segmentation (R5; PS3.3 C.8.20.2).

    ``subset`` has the Segment Number, ``category`` what was segmented: Segmented Property Type.
    """
    ds = _dataset(fields)
    series, place = str(ds.get("SeriesInstanceUID") or ""), str(ds.get("FrameOfReferenceUID") or "")
    name = codes.DCM.ReferencedSegment
    code = {"coding": [{"system": "http://dicom.nema.org/resources/ontology/DCM",
                        "code": name.value, "display": name.meaning}]}  # fmt: skip
    found = []
    for segment in ds.get("SegmentSequence") or ():
        number = segment.get("SegmentNumber")
        if not isinstance(number, int):
            continue
        kind = _concept(segment.get("SegmentedPropertyTypeCodeSequence"), ctx)
        found.append({
            **_selection(code, ctx.study_uid, series, ctx),
            **({"category": [kind]} if kind else {}),
            **({"frameOfReferenceUid": place} if is_uid(place) else {}),
            "instance": [{**_instance(str(ds.get("SOPInstanceUID")), ds.get("SOPClassUID"), ctx),
                          "subset": [str(number)]}],
        })  # fmt: skip
    return found or Omit("absent", "the segmentation has no segment")


def _of_series(
    parent: Dataset, below: str, study: str, code: dict[str, Any], ctx: Context
) -> list[dict[str, Any]]:
    """Make a selection of each item of Referenced Series Sequence (0008,1115) that names any."""
    found = []
    for series in parent.get("ReferencedSeriesSequence") or ():
        uid = str(series.get("SeriesInstanceUID") or "")
        instances = list(_instances(series.get(below) or (), ctx))
        if is_uid(uid) and is_uid(study) and instances:
            found.append({**_selection(code, study, uid, ctx), "instance": instances})
    return found


def _selection(code: dict[str, Any], study: str, series: str, ctx: Context) -> dict[str, Any]:
    own = {"derivedFrom": [ctx.study()]} if study == ctx.study_uid else {}
    return {"status": "available", "subject": Copy("subject"), "code": code,
            "studyUid": study, **own, "seriesUid": series}  # fmt: skip


def _instances(items: Iterable[Dataset], ctx: Context) -> Iterator[dict[str, Any]]:
    for item in items:
        uid = str(item.get("ReferencedSOPInstanceUID") or "")
        if not is_uid(uid):
            continue
        frames = item.get("ReferencedFrameNumber")
        several = [frames] if isinstance(frames, int) else list(frames or ())
        subset = {"subset": [str(int(frame)) for frame in several]} if several else {}
        yield {**_instance(uid, item.get("ReferencedSOPClassUID"), ctx), **subset}


def _instance(uid: str, kind: Any, ctx: Context) -> dict[str, Any]:
    coding = sop_class(((str(kind or ""),),), ctx)
    return {"uid": uid, **({"sopClass": coding} if isinstance(coding, dict) else {})}


def _concept(sequence: Any, ctx: Context) -> dict[str, Any]:
    return concept_of(sequence[0], ctx) if sequence else {}


def _dataset(fields: Sequence[Field]) -> Dataset:
    found = (fields[0] or (Dataset(),))[0]
    return found if isinstance(found, Dataset) else Dataset()


TRANSFORMS = (selections, presented, segments)
