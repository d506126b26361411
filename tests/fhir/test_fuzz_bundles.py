"""Bundles of anything: an answer or a clear refusal, never a 500; a transaction whole or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.common import ALLOW_ALL
from labkit.fhir import FhirStore, fhir_app, validate
from tests.effort import effort
from tests.fhir.conftest import BASE, AsgiTransport

MANY = settings(
    max_examples=effort(60, 5_000), deadline=None, suppress_health_check=list(HealthCheck)
)
Resource = dict[str, Any]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirStore]:
    store = FhirStore(tmp_path_factory.mktemp("fuzz") / "fhir.sqlite")
    yield store
    store.close()


@pytest.fixture(scope="module")
def http(store: FhirStore) -> httpx.Client:
    app = fhir_app(store, ALLOW_ALL, base_url=BASE)
    return httpx.Client(transport=AsgiTransport(app), base_url=BASE)


URNS = [f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in range(4)]
LINKS = st.sampled_from([*URNS, "Patient/a", "Patient?_id=a", "Patient?gender=male", "#x", "x", ""])
IDS = st.sampled_from(["a", "b", "c"])
NAMES = st.sampled_from(["male", "female", "F"])  # the last is no code: fails the transaction


@st.composite
def resources(draw: st.DrawFn) -> Resource:
    if draw(st.booleans()):
        made: Resource = {"resourceType": "Patient", "gender": draw(NAMES)}
    else:
        reference = {"reference": draw(LINKS)}
        made = {"resourceType": "ImagingStudy", "status": "available", "subject": reference}
    if draw(st.booleans()):
        made["id"] = draw(IDS)
    return made


@st.composite
def entries(draw: st.DrawFn) -> Resource:
    """Something that may well be carried out, or nearly so."""
    resource = draw(resources())
    kind = resource["resourceType"]
    method = draw(st.sampled_from(["POST", "PUT", "DELETE", "GET", "HEAD", "PATCH"]))
    by_id = f"{kind}/{resource.get('id', draw(IDS))}"
    url = draw(st.sampled_from([kind, by_id, f"{kind}?_id={draw(IDS)}", f"{kind}/_history", ""]))
    if method == "POST" and draw(st.integers(0, 3)):
        url = kind
    request: Resource = {"method": method, "url": url}
    for name in ("ifNoneExist", "ifMatch", "ifNoneMatch"):
        if not draw(st.integers(0, 4)):
            request[name] = draw(st.sampled_from(["_id=a", 'W/"1"', "*", "gender=male", ""]))
    made: Resource = {"request": request}
    if method in ("POST", "PUT") or not draw(st.integers(0, 5)):
        made["resource"] = resource
    if draw(st.booleans()):
        made["fullUrl"] = draw(st.sampled_from([*URNS, f"{BASE}/{by_id}"]))
    return made


@st.composite
def acts(draw: st.DrawFn) -> Resource:
    """Something that can be carried out, if nothing else in the Bundle hinders."""
    id_, link = draw(IDS), draw(st.sampled_from([*URNS[:2], "Patient/a", "Patient?_id=a"]))
    patient: Resource = {"resourceType": "Patient", "gender": draw(st.sampled_from(["male", "F"]))}
    study = {"resourceType": "ImagingStudy", "status": "available", "subject": {"reference": link}}
    method = draw(st.sampled_from(["POST", "POST", "PUT", "PUT", "DELETE", "GET"]))
    if method == "POST":
        resource = draw(st.sampled_from([patient, study]))
        request = {"method": method, "url": resource["resourceType"]}
        return {"resource": resource, "request": request}
    made: Resource = {"request": {"method": method, "url": f"Patient/{id_}"}}
    return {**made, "resource": {**patient, "id": id_}} if method == "PUT" else made


@st.composite
def transactions(draw: st.DrawFn) -> list[Resource]:
    """A few acts, now and then with something odd among them; every entry has its own name."""
    sent = [
        draw(acts() if draw(st.integers(0, 9)) else entries())
        for _ in range(draw(st.integers(0, 4)))
    ]
    return [{**entry, "fullUrl": urn} for entry, urn in zip(sent, URNS, strict=False)]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["request", "resource", "resourceType", "method", "url", "fullUrl"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


def everything(store: FhirStore) -> list[tuple[Any, ...]]:
    """All that a half-applied transaction could have changed."""
    tables = ("version", "resource", "ix_token", "ix_reference", "ix_date", "ix_string", "notice")
    counted = " UNION ALL ".join(f"SELECT count(*), max(rowid) FROM {t}" for t in tables[1:])
    return store.query(f"SELECT count(*), max(pk) FROM version UNION ALL {counted}", [])


def send(http: httpx.Client, bundle: Resource) -> httpx.Response:
    answer = http.post("/", json=bundle)
    assert answer.status_code < 500, answer.text
    body = answer.json()
    assert validate(body) == [], body
    if answer.status_code != 200:
        assert body["resourceType"] == "OperationOutcome"
    return answer


@MANY
@given(transactions() | st.lists(entries(), max_size=6))
def test_a_transaction_of_anything_is_whole_or_not_at_all(
    http: httpx.Client, store: FhirStore, sent: list[Resource]
) -> None:
    before = everything(store)
    answer = send(http, {"resourceType": "Bundle", "type": "transaction", "entry": sent})
    if answer.status_code != 200:
        assert everything(store) == before
        return
    rows = answer.json().get("entry", [])
    assert len(rows) == len(sent)
    for row in rows:
        assert row["response"]["status"][0] in "23", row
        where = row["response"].get("location", "")
        assert not where or http.get(f"/{where}").status_code == 200


@MANY
@given(st.lists(entries(), max_size=6))
def test_a_batch_of_anything_answers_each_entry(http: httpx.Client, sent: list[Resource]) -> None:
    answer = send(http, {"resourceType": "Bundle", "type": "batch", "entry": sent})
    if answer.status_code == 200:
        rows = answer.json().get("entry", [])
        assert len(rows) == len(sent)
        for row in rows:
            assert row["response"]["status"][0] in "234", row


@MANY
@given(st.sampled_from(["batch", "transaction", "history", ""]), st.lists(JUNK, max_size=4) | JUNK)
def test_a_bundle_of_junk(
    http: httpx.Client, store: FhirStore, kind: str, sent: list[Any] | Any
) -> None:
    before = everything(store)
    send(http, {"resourceType": "Bundle", "type": kind, "entry": sent})
    if kind != "batch":
        assert everything(store) == before
