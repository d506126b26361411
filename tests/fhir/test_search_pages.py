"""Pages that hold while others write, and searches that an index answers."""

import pytest

from labkit.fhir import FhirClient, FhirStore, validate
from labkit.fhir.definitions import definitions
from labkit.fhir.search import parse_search


@pytest.mark.parametrize("sort", ["", "_id", "-_id", "gender,-_id", "-birthdate"])
def test_pages_hold_while_others_write(store: FhirStore, fhir: FhirClient, sort: str) -> None:
    for number in range(23):
        gender = ("male", "female", "other")[number % 3]
        store.put({"resourceType": "Patient", "id": f"p{number:02}", "gender": gender})
    whole = [p["id"] for p in fhir.search("Patient", **({"_sort": sort} if sort else {}))]
    seen: list[str] = []
    for number, page in enumerate(
        fhir.pages("Patient", _count=5, **({"_sort": sort} if sort else {}))
    ):
        assert validate(page) == []
        seen += [entry["resource"]["id"] for entry in page["entry"]]
        store.delete("Patient", seen[0])  # already seen: the rest must not move up
        store.put({"resourceType": "Patient", "id": f"q{number}", "gender": "unknown"})
    assert [id_ for id_ in seen if id_[0] == "p"] == whole
    assert len(seen) == len(set(seen))


SAMPLES = {"token": "s|v", "string": "v", "reference": "Patient/1", "date": "ge2026", "uri": "u:v"}


def test_every_search_parameter_is_answered_by_an_index(store: FhirStore) -> None:
    for kind, parameters in definitions().search.items():
        for code, parameter in parameters.items():
            pairs = [(code, SAMPLES[parameter.type]), ("_count", "5")]
            search = parse_search(
                kind, pairs, lenient=False, now=store.clock(), base_url="http://fhir.test"
            )
            for sql, args in (search.page_sql(), search.count_sql()):
                plan = [row[3] for row in store.query(f"EXPLAIN QUERY PLAN {sql}", args)]
                assert not [step for step in plan if step.startswith("SCAN")], (code, plan)
                assert any(f"ix_{parameter.type}" in step for step in plan), (code, plan)


def test_a_chain_is_answered_by_indexes(store: FhirStore) -> None:
    pairs = [("patient.identifier", "urn:north|NG-1")]
    search = parse_search("ImagingStudy", pairs, lenient=False, now=store.clock(), base_url="")
    sql, args = search.page_sql()
    plan = [row[3] for row in store.query(f"EXPLAIN QUERY PLAN {sql}", args)]
    assert not [step for step in plan if step.startswith("SCAN")], plan
