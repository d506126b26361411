"""FHIR JSON, search strings and patches, spoilt."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from urllib.parse import parse_qsl

import pytest

from labkit.access.consent.reading import UnreadableConsentError, read_consent
from labkit.common.errors import DataError, LabkitError
from labkit.exchange.manifests import from_fhir
from labkit.fhir import FhirStore, validate
from labkit.fhir.canonical import dumps, loads
from labkit.fhir.definitions import definitions
from labkit.fhir.index import index_rows
from labkit.fhir.outcome import FhirError
from labkit.fhir.patch import patched
from labkit.fhir.search import parse_search
from tests.fuzz.engine import Fuzz, seeds

pytestmark = pytest.mark.fuzz
NOW = datetime(2026, 1, 15, tzinfo=timezone.utc)
MARKS = [
    b'"resourceType":"Bundle",',
    b'"extension":[{"url":"x"}],',
    b'"id":"../x",',
    b"null",
    b"1e400",
    b'"\\ud800"',
    b"[[[[",
    b"1.0",
    b'"contained":[',
    b'"reference":"Patient/a"',
    b"-0",
    b"1E-999999",
]


def test_json_is_fhir_or_refused_and_comes_back_as_it_was(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        try:
            value = loads(data)
        except DataError as error:
            assert error.remedy
            return
        assert loads(dumps(value)) == value
        assert loads(dumps(value, pretty=True)) == value
        if not isinstance(value, dict):
            return
        issues = validate(value)
        assert all(issue.diagnostics for issue in issues)
        if not issues and value["resourceType"] in definitions().search:
            index_rows(value)

    fuzz.run(target, "fhir-json", few=300, many=40_000, marks=MARKS)


def test_other_readers_of_fhir_refuse_it_in_words(fuzz: Fuzz) -> None:
    patient = json.loads(seeds("fhir-json")["patient.json"])

    def target(data: bytes) -> None:
        try:
            value = loads(data)
        except DataError:
            return
        if not isinstance(value, dict) or validate(value):
            return
        try:
            read_consent(value)
        except UnreadableConsentError as error:
            assert str(error)
        try:
            from_fhir(value)
        except LabkitError as error:
            assert error.message
        try:
            patched(copy.deepcopy(patient), value)
        except FhirError as error:
            assert error.status in (400, 422)

    fuzz.run(target, "fhir-json", few=200, many=30_000, marks=MARKS)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirStore]:
    store = FhirStore(tmp_path_factory.mktemp("fuzz") / "fhir.sqlite")
    yield store
    store.close()


def test_a_search_is_sql_that_runs_or_refused(fuzz: Fuzz, store: FhirStore) -> None:
    def target(data: bytes) -> None:
        kind, _, query = data.decode("utf-8", "replace").partition("?")
        kind = kind if kind in ("Patient", "ImagingStudy", "Observation") else "Patient"
        pairs = parse_qsl(query, keep_blank_values=True)
        try:
            search = parse_search(kind, pairs, lenient=False, now=NOW, base_url="http://f")
            where, args = search.where()
        except FhirError as error:
            assert error.status == 400
            return
        store.query(f"SELECT 1 FROM resource r WHERE {where}", args)

    fuzz.run(
        target,
        "fhir-search",
        few=200,
        many=50_000,
        marks=[
            b":exact",
            b":not",
            b"_has:",
            b"%00",
            b"|",
            b",",
            b"ge",
            b"ap",
            b"&_sort=",
            b"&_count=",
            b"9e99",
            b":missing=true",
            b"&_page=WzFd",
            b"%F0%9F%98%80",
        ],
    )
