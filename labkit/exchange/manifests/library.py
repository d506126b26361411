"""The Image Library of a manifest with description (TID 1600; MADO 6.X.2.9)."""

from __future__ import annotations

from highdicom.sr import (
    CodeContentItem,
    CompositeContentItem,
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    DateContentItem,
    ImageContentItem,
    NumContentItem,
    TextContentItem,
    TimeContentItem,
    UIDRefContentItem,
)
from highdicom.sr.enum import RelationshipTypeValues
from pydicom.dataset import Dataset

from labkit.exchange.manifests import terms
from labkit.exchange.manifests.model import Instance, Manifest, Series
from labkit.exchange.manifests.terms import Code
from labkit.exchange.manifests.values import value_type

_CONTEXT = RelationshipTypeValues.HAS_ACQ_CONTEXT
_CONTAINS = RelationshipTypeValues.CONTAINS


def library(manifest: Manifest) -> Dataset:
    """Make the container: what the study has, a group for each series, an entry for each object."""
    modalities = [_code(terms.MODALITY, Code(m, "DCM", m)) for m in manifest.modalities]
    regions = [_code_or_text(terms.TARGET_REGION, region) for region in manifest.regions]
    count = NumContentItem(
        terms.SERIES_COUNT, len(manifest.series), terms.SERIES_UNIT, relationship_type=_CONTEXT
    )
    found: Dataset = _container(
        terms.IMAGE_LIBRARY,
        [*modalities, *regions, count, *(_group(series) for series in manifest.series)],
    )
    return found


def _group(series: Series) -> ContentItem:
    """One series: descriptors of TID 1602 that hold for all its entries, then the entries."""
    found: list[ContentItem] = []
    if series.modality:
        found.append(_code(terms.MODALITY, Code(series.modality, "DCM", series.modality)))
    if series.date:
        found.append(DateContentItem(terms.SERIES_DATE, series.date, _CONTEXT))
    if series.time:
        found.append(TimeContentItem(terms.SERIES_TIME, series.time, _CONTEXT))
    if series.description:
        found.append(_text(terms.SERIES_DESCRIPTION, series.description))
    if series.number is not None:
        found.append(_text(terms.SERIES_NUMBER, str(series.number)))
    found.append(UIDRefContentItem(terms.SERIES_UID, series.uid, _CONTEXT))
    if series.region:
        found.append(_code_or_text(terms.TARGET_REGION, series.region))
    if series.laterality:
        found.append(_code(terms.LATERALITY, series.laterality))
    # CP-2595 (TID 1602 row 5g) and the units in MADO's own table make it a NUM, though that table
    # says TEXT.
    found.append(
        NumContentItem(
            terms.INSTANCES, len(series.instances), terms.INSTANCES_UNIT, relationship_type=_CONTEXT
        )
    )
    found += [_entry(instance) for instance in series.instances]
    return _container(terms.LIBRARY_GROUP, found)


def _entry(instance: Instance) -> ContentItem:
    """One object; what is said of it is below it (TID 1601), not beside it."""
    item = reference(instance)
    below: list[ContentItem] = []
    if instance.frames is not None:
        below.append(
            NumContentItem(
                terms.FRAMES, instance.frames, terms.FRAMES_UNIT, relationship_type=_CONTEXT
            )
        )
    if instance.number is not None:
        below.append(_text(terms.INSTANCE_NUMBER, str(instance.number)))
    if instance.document_title:
        below.append(_code(terms.DOCUMENT_TITLE, instance.document_title))
    if instance.description:
        below.append(_text(terms.DESCRIPTION, instance.description))
    if below:
        item.ContentSequence = ContentSequence(below)
    return item


def reference(instance: Instance) -> ContentItem:
    """Refer to an object as highdicom does; `bare` makes of it what TID 2010 wants."""
    image = value_type(instance.sop_class) == "IMAGE"
    cls = ImageContentItem if image else CompositeContentItem
    return cls(Code("260753009", "SCT", "Source"), instance.sop_class, instance.uid,
               relationship_type=_CONTAINS)  # fmt: skip


def bare(item: Dataset) -> None:
    """Take the purpose from all references: "shall not be present" (TID 2010, rows 8 to 10).

    highdicom gives each the name (260753009, SCT, "Source"), and calls a waveform COMPOSITE.
    """
    for below in item.get("ContentSequence") or ():
        if "ReferencedSOPSequence" in below:
            if "ConceptNameCodeSequence" in below:
                del below.ConceptNameCodeSequence
            below.ValueType = value_type(str(below.ReferencedSOPSequence[0].ReferencedSOPClassUID))
        bare(below)


def _container(name: Code, content: list[ContentItem]) -> ContainerContentItem:
    item = ContainerContentItem(name, is_content_continuous=False, relationship_type=_CONTAINS)
    item.ContentSequence = ContentSequence(content)
    return item


def _code(name: Code, value: Code) -> CodeContentItem:
    return CodeContentItem(name, value, _CONTEXT)


def _text(name: Code, value: str) -> TextContentItem:
    return TextContentItem(name, value, _CONTEXT)


def _code_or_text(name: Code, value: Code) -> ContentItem:
    if value.scheme_designator:
        return _code(name, value)
    return _text(name, value.meaning or value.value)
