"""Whatever a header holds, the output is valid FHIR, or the instance is refused in words."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from labkit.fhir.mapping import Site, StudyBuilder
from labkit.fhir.mapping.check import check_resource
from tests.effort import effort
from tests.fhir.mapping.headers import ROOT, code, header, item

SITE = Site(zone="Europe/Rome", issuer={"A": "https://a.example"},
            policy={"Practitioner": "create", "ServiceRequest": "create"})  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WORDS = st.one_of(TEXT, st.sampled_from(["", "CT", "L", "CHEST", "20260112", "075218", "+0100",
                                         "A^B=C", "1.2.3", "-1", "99999999999"]))  # fmt: skip
ITEMS = st.builds(
    lambda a, b, c: [code(a, b, c), item(AccessionNumber=a, SpecimenIdentifier=b, PatientID=c)],
    WORDS, st.sampled_from(["SCT", "SRT", "LN", "99X", ""]), WORDS,
)  # fmt: skip
TEXTS = ["Modality", "StudyDate", "StudyTime", "TimezoneOffsetFromUTC", "PatientID", "PatientName",
         "PatientSex", "PatientBirthDate", "IssuerOfPatientID", "AccessionNumber", "StudyID",
         "StudyDescription", "SeriesDescription", "BodyPartExamined", "Laterality", "StationName",
         "Manufacturer", "DeviceSerialNumber", "OperatorsName", "ReferringPhysicianName",
         "ContentLabel", "SOPClassUID", "PatientAddress", "SoftwareVersions"]  # fmt: skip
SEQUENCES = ["RequestAttributesSequence", "ProcedureCodeSequence", "AnatomicRegionSequence",
             "SpecimenDescriptionSequence", "OtherPatientIDsSequence", "ConceptNameCodeSequence",
             "ReferringPhysicianIdentificationSequence",
             "IssuerOfAccessionNumberSequence"]  # fmt: skip
ELEMENTS = st.dictionaries(st.sampled_from(TEXTS), st.one_of(WORDS, st.none()), max_size=8)
SQ = st.dictionaries(st.sampled_from(SEQUENCES), ITEMS, max_size=3)


def made(number: int, texts: dict[str, Any], sequences: dict[str, Any]) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return header(number, **texts, **sequences)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=effort(40, 3000), deadline=None,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(st.lists(st.tuples(ELEMENTS, SQ), min_size=1, max_size=3), st.sampled_from(["R4", "R5"]))
def test_any_header_gives_valid_fhir_in_any_order(headers: list[Any], fhir: str) -> None:
    instances = [made(n, texts, sequences) for n, (texts, sequences) in enumerate(headers, 1)]
    outputs = []
    for order in (instances, instances[::-1]):
        builder = StudyBuilder(site=SITE, fhir=fhir, endpoint="https://p.example/web")
        for ds in order:
            builder.add(ds, str(ds.SOPInstanceUID))
        (study,) = builder.studies()
        outputs.append(json.dumps(study.resources))
        assert study.trail.entries
    assert outputs[0] == outputs[1]
    for resource in study.resources:
        assert [str(i) for i in check_resource(resource, fhir)] == []


CLASSES = [f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("88.11", "88.67", "88.59", "104.1")]
NODES = st.recursive(
    st.just([]),
    lambda inner: st.lists(st.builds(
        lambda kind, concept, text, unit, below: item(
            ValueType=kind, ConceptNameCodeSequence=[code(concept, "DCM", text)], TextValue=text,
            MeasuredValueSequence=[item(MeasurementUnitsCodeSequence=[code(unit, "UCUM", unit)])],
            ContentSequence=below),
        st.sampled_from(["NUM", "TEXT", "CONTAINER", ""]),
        st.sampled_from(["113811", "121077", "113813", ""]), WORDS, WORDS, inner,
    ), max_size=2), max_leaves=6,
)  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=effort(40, 3000), deadline=None,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(st.sampled_from(CLASSES), NODES, st.dictionaries(st.sampled_from([
    "CompletionFlag", "VerificationFlag", "ContentDate", "ContentTime", "DocumentTitle",
    "MIMETypeOfEncapsulatedDocument"]), WORDS), SQ, st.binary(max_size=9),
    st.sampled_from(["R4", "R5"]))  # fmt: skip
def test_any_report_gives_valid_fhir(
    kind: str, nodes: Any, texts: Any, sequences: Any, data: bytes, fhir: str
) -> None:
    ds = made(1, {**texts, "SOPClassUID": kind}, {**sequences, "ContentSequence": nodes})
    ds.EncapsulatedDocument = data
    builder = StudyBuilder(site=SITE, fhir=fhir)
    builder.add(ds)
    (study,) = builder.studies()
    assert study.trail.entries
    for resource in study.resources:
        assert [str(i) for i in check_resource(resource, fhir)] == []


@settings(max_examples=effort(40, 1000), deadline=None)
@given(st.dictionaries(st.sampled_from(["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]),
                       WORDS, min_size=1))  # fmt: skip
def test_a_uid_that_is_none_is_refused_in_words(uids: dict[str, str]) -> None:
    builder = StudyBuilder()
    took = builder.add(made(1, uids, {}), "x")
    assert took == (not builder.problems)
    if not took:
        assert builder.problems[0].words
        assert builder.studies() == []
    assert ROOT
