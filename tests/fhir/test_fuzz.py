"""Garbage in: a clear refusal out, never a failure of ours (a 500)."""

import copy
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.fhir import FhirStore, validate
from labkit.fhir.definitions import definitions
from labkit.fhir.index import index_rows
from labkit.fhir.store import KINDS
from tests.effort import effort

QUIET = settings(
    max_examples=effort(60, 5_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TYPES = definitions().resources
CODES = sorted({code for parameters in definitions().search.values() for code in parameters})
CHAINS = [
    "patient.identifier", "subject:Patient.name", "patient._has:ImagingStudy:patient:modality",
    "_has:ImagingStudy:patient:modality", "_has:ImagingStudy:patient:", "_include", "_revinclude",
    "_include:iterate", "_elements",
]  # fmt: skip
NAMES = st.sampled_from(
    [*CODES, "_count", "_sort", "_page", "_total", "_summary", "subject.name", *CHAINS]
)
MODIFIERS = st.sampled_from(["", ":exact", ":not", ":missing", ":Patient", ":identifier", ":x"])
VALUES = st.text(max_size=20) | st.sampled_from(
    ["Patient/1", "a|b", "|", "ge2026", "2026-01-01T00:00:00Z", "true", "\\", "\\,", "a,b", "-_id"]
)


@QUIET
@given(st.sampled_from(TYPES), st.lists(st.tuples(NAMES, MODIFIERS, VALUES), max_size=4))
def test_any_search(http: httpx.Client, kind: str, parts: list[tuple[str, str, str]]) -> None:
    params = [(name + modifier, value) for name, modifier, value in parts]
    answer = http.get(f"/{kind}", params=params)
    assert answer.status_code in (200, 400), answer.text
    assert validate(answer.json()) == []


@QUIET
@given(st.binary(max_size=200))
def test_any_body(http: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/fhir+json"}
    answer = http.post("/Patient", content=body, headers=headers)
    assert answer.status_code in (400, 422)


@QUIET
@given(st.text(max_size=30), st.sampled_from(["GET", "PUT", "DELETE", "POST", "PATCH"]))
def test_any_path(http: httpx.Client, path: str, method: str) -> None:
    answer = http.request(method, f"http://fhir.test/{quote(path)}")
    assert answer.status_code < 500


LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUE = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["reference", "system", "value", "code", "coding", "start", "_id", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@QUIET
@given(st.data())
def test_any_resource_is_valid_and_stored_or_refused(store: FhirStore, data: st.DataObject) -> None:
    """What the validator lets through, the index can read: whatever is in the elements."""
    kind = data.draw(st.sampled_from(TYPES))
    names = st.sampled_from(sorted(definitions().types[kind]))
    resource: dict[str, Any] = {
        "resourceType": kind,
        **data.draw(st.dictionaries(names, VALUE, max_size=5)),
    }
    before = copy.deepcopy(resource)
    issues = validate(resource)
    assert resource == before
    assert all(issue.diagnostics for issue in issues)
    if not issues:
        index_rows(resource)
        store.create({name: value for name, value in resource.items() if name != "id"})


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_generated_from_the_definitions_is_stored(store: FhirStore, kind: str) -> None:
    """A resource with every search parameter's elements filled in gives a row for each."""
    resource: dict[str, Any] = {"resourceType": kind, **_filled(kind, 0)}
    resource.pop("contained", None)
    assert validate(resource) == [], json.dumps(resource)[:400]
    rows = index_rows(resource)
    found = {row[0] for name in KINDS for row in getattr(rows, name)}
    expected = {
        code
        for code, parameter in definitions().search[kind].items()
        if any(there(resource, path.names) and not path.where for path in parameter.paths)
    }
    assert expected - found == set()
    store.create(resource)


def there(value: Any, names: tuple[str, ...]) -> bool:
    if isinstance(value, list):
        return any(there(item, names) for item in value)
    return not names or there(value.get(names[0], []), names[1:])


SIMPLE: dict[str, Any] = {
    "boolean": True, "integer": 1, "unsignedInt": 1, "positiveInt": 1, "decimal": 1.5,
    "date": "2026-01-15", "dateTime": "2026-01-15", "instant": "2026-01-15T08:00:00Z",
    "time": "08:00:00", "base64Binary": "AAAA", "oid": "urn:oid:1.2",
    "uuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    "xhtml": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>',
}  # fmt: skip


def _filled(kind: str, depth: int) -> dict[str, Any]:
    """Return every element of a type, with the first of each choice; extensions left out."""
    out: dict[str, Any] = {}
    chosen: set[str] = set()
    table = definitions()
    for name, rule in table.types[kind].items():
        if rule.type in ("Extension", "Resource") or rule.choice in chosen or depth > 5:
            continue
        if (kind, name) == ("Reference", "identifier") or rule.type == kind:
            continue  # an Identifier has an assigner, which is a Reference …
        chosen |= {rule.choice} - {""}
        if rule.codes and rule.type == "code":
            value: Any = sorted(next(iter(table.codes[rule.codes].values())))[0]
        elif rule.type in table.primitives:
            value = SIMPLE.get(rule.type, "x")
        elif rule.type == "Reference":
            fits = "Patient" in rule.target or not rule.target
            value = {"reference": "Patient/1" if fits else f"{rule.target[0]}/1"}
        else:
            value = _filled(rule.type, depth + 1)
        out[name] = [value] if rule.repeats else value
    return out
