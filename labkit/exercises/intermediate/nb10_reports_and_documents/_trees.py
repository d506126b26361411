"""Reports and documents that the checks of this notebook hand to what the learner wrote."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset


def coded(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    """One item of a code sequence (PS3.3 8.8)."""
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, scheme, meaning
    return ds


def item(kind: str, concept: Dataset, *children: Dataset, **elements: Any) -> Dataset:
    """One content item of a value type, with its children (PS3.3 C.17.3)."""
    ds = Dataset()
    ds.RelationshipType, ds.ValueType = "CONTAINS", kind
    ds.ConceptNameCodeSequence = [concept]
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    if children:
        ds.ContentSequence = list(children)
    return ds


def number(
    value: str, meaning: str, measured: str, unit: str, *children: Dataset, scheme: str = "DCM"
) -> Dataset:
    """A NUM item; without `measured` its Measured Value Sequence is empty (PS3.3 C.18.1)."""
    values = []
    if measured:
        one = Dataset()
        one.NumericValue = measured
        one.MeasurementUnitsCodeSequence = [coded(unit, unit, "UCUM")]
        values = [one]
    concept = coded(value, meaning, scheme)
    return item("NUM", concept, *children, MeasuredValueSequence=values)


def container(value: str, meaning: str, *children: Dataset) -> Dataset:
    """A heading with what stands under it."""
    return item("CONTAINER", coded(value, meaning), *children)
