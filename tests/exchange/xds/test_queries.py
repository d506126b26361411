"""The parameters of stored queries: how they are written, and what is refused by which code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import labkit.exchange.xds as package
from labkit.common.errors import UsageError
from labkit.exchange.soap import xml
from labkit.exchange.xds import APPROVED, Code, StoredQuery, XdsError
from labkit.exchange.xds.definitions import DEFINITIONS
from labkit.exchange.xds.finding import find
from labkit.exchange.xds.matching import like
from labkit.exchange.xds.names import rim, table
from labkit.exchange.xds.query import parse_value, quoted, read_query, write_query
from tests.exchange.xds.conftest import MARIGOLD, OTHER, Domain, document, uuid

E = "$XDSDocumentEntry"
FIND = {f"{E}PatientId": ((MARIGOLD.cx,),), f"{E}Status": ((APPROVED,),)}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("'one'", ["one"]),
        ("20260115", ["20260115"]),
        ("('a','b')", ["a", "b"]),
        (" ( 'a' ,\n 'b' ) ", ["a", "b"]),
        ("(1, 'b')", ["1", "b"]),
        ("'it''s'", ["it's"]),
        ("('it''s','(x)')", ["it's", "(x)"]),
        ("''", [""]),
    ],
)
def test_values_are_read(text: str, values: list[str]) -> None:
    assert parse_value("$x", text) == values


@pytest.mark.parametrize(
    "text", ["", "one", "'one", "one'", "()", "('a'", "'a','b'", "('a',)", "('a''b",
             "('a' 'b')", "('a',b)", "1.5", "(('a'))"]
)  # fmt: skip
def test_values_that_are_not_written_so_are_refused(text: str) -> None:
    with pytest.raises(XdsError, match="XDSRegistryError"):
        parse_value("$x", text)


def test_a_very_long_list_is_no_work() -> None:
    with pytest.raises(XdsError):
        parse_value("$x", "(" + "'a'," * 200_000 + "'a')")


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs"]), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(words, min_size=1, max_size=4))
@example(["'", "''", "','", "a'('b"])
def test_what_is_quoted_is_read_back(values: list[str]) -> None:
    assert parse_value("$x", "(" + ",".join(quoted(each) for each in values) + ")") == values


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="'(), a1\n", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        values = parse_value("$x", text)
    except XdsError:
        return
    assert values


def test_a_query_is_read_as_it_was_written() -> None:
    for name, definition in DEFINITIONS.items():
        wanted = {"one": (("it's",),), "many": (("a", "b"),), "all": (("a", "b"), ("c",))}
        time = (("20260115",),)
        asked = StoredQuery(
            name, {p: wanted.get(kind, time) for p, kind in definition.parameters.items()}
        )
        assert read_query(xml.parse(xml.to_bytes(write_query(asked)))) == asked


def test_every_name_that_is_used_is_in_the_generated_table() -> None:
    known = table()
    assert set(DEFINITIONS) <= set(known["queries"])
    used = {name for definition in DEFINITIONS.values() for name in definition.parameters}
    assert used <= set(known["parameters"])
    assert known["documentEntryTypes"]["stable"] == "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"


def test_the_errors_that_are_used_are_in_the_generated_table() -> None:
    text = "".join(p.read_text("utf-8") for p in Path(package.__file__).parent.glob("*.py"))
    used = set(re.findall(r'"(XDS[A-Z][A-Za-z]+|[A-Z][A-Za-z]+Exception)"', text))
    assert len(used) > 15
    assert used <= set(table()["errors"]) | {"XDSRegistryError"}


REFUSED = [
    (StoredQuery("GetAll", {"$patientId": ((MARIGOLD.cx,),)}), "XDSUnknownStoredQuery"),
    (StoredQuery("FindDocuments", {}), "XDSStoredQueryMissingParam"),
    (
        StoredQuery("FindDocuments", {f"{E}PatientId": FIND[f"{E}PatientId"]}),
        "XDSStoredQueryMissingParam",
    ),
    (StoredQuery("GetDocuments", {}), "XDSStoredQueryMissingParam"),
    (
        StoredQuery("GetDocuments", {f"{E}EntryUUID": (("a",),), f"{E}UniqueId": (("b",),)}),
        "XDSStoredQueryParamNumber",
    ),
    (
        StoredQuery("FindDocuments", {**FIND, f"{E}PatientId": ((MARIGOLD.cx, OTHER.cx),)}),
        "XDSStoredQueryParamNumber",
    ),
    (
        StoredQuery("FindDocuments", {**FIND, f"{E}Status": ((APPROVED,), (APPROVED,))}),
        "XDSStoredQueryParamNumber",
    ),
    (StoredQuery("FindDocuments", {**FIND, f"{E}FormatCode": (("x",),)}), "XDSRegistryError"),
    (
        StoredQuery("FindDocuments", {**FIND, f"{E}CreationTimeFrom": (("2026-01",),)}),
        "XDSRegistryError",
    ),
    (
        StoredQuery("GetRelatedDocuments", {f"{E}EntryUUID": ((uuid(1),),)}),
        "XDSStoredQueryMissingParam",
    ),
]


@pytest.mark.parametrize(("asked", "code"), REFUSED)
def test_a_query_that_is_refused(domain: Domain, asked: StoredQuery, code: str) -> None:
    with pytest.raises(XdsError) as caught:
        domain.consumer.query(asked)
    assert caught.value.codes == (code,)


def test_a_parameter_that_a_query_does_not_have_is_ignored(domain: Domain) -> None:
    """EbRS 3.0, 6.3.2.1: so a filter that is not of this query filters nothing."""
    domain.provide(document(entryUUID=uuid(1)))
    asked = {f"{E}EntryUUID": ((uuid(1),),), f"{E}Status": (("none",),), "$Unknown": (("x",),)}
    assert len(domain.consumer.query(StoredQuery("GetDocuments", asked))) == 1
    more = {**FIND, "$XDSDocumentEntryReferenceIdList": (("nothing",),)}
    assert len(domain.consumer.query(StoredQuery("FindDocuments", more))) == 1


def test_metadata_of_two_patients_is_not_in_one_answer(domain: Domain) -> None:
    domain.provide(document(1, entryUUID=uuid(1)))
    domain.provide(document(2, entryUUID=uuid(2), patientId=OTHER), number=2, patient=OTHER)
    with pytest.raises(XdsError, match="XDSResultNotSinglePatient"):
        domain.consumer.get_documents([uuid(1), uuid(2)])
    asked = StoredQuery("GetDocuments", {f"{E}EntryUUID": ((uuid(1), uuid(2)),)})
    assert len(domain.consumer.references(asked)) == 2


def test_an_answer_has_a_limit(domain: Domain) -> None:
    domain.provide(document(1), document(2), document(3))
    with pytest.raises(XdsError, match="XDSTooManyResults"):
        find(domain.registry.store, StoredQuery("FindDocuments", FIND), most=2)


def test_an_unknown_parameter_of_the_client_is_named(domain: Domain) -> None:
    with pytest.raises(UsageError, match="formatcode") as caught:
        domain.consumer.find_documents(MARIGOLD, formatcode="x")
    assert "formatCode" in caught.value.remedy


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("%a%", "bab", True),
        ("a_c", "abc", True),
        ("a_c", "ac", False),
        ("a*", "ab", False),
        ("[ab]", "a", False),
        ("100!%", "100!x", True),
        ("%", "", True),
    ],
)
def test_wildcards_are_those_of_sql(pattern: str, text: str, found: bool) -> None:
    assert bool(like(pattern).fullmatch(text)) == found


def test_a_wildcard_pattern_is_no_work() -> None:
    assert not like("%a" * 40 + "%b").fullmatch("a" * 4000)


def test_a_code_is_written_with_its_scheme() -> None:
    assert Code.parse("CT^^1.2.3") == Code("CT", "1.2.3")
    for bad in ("CT", "CT^^", "^^1.2", "CT^x^1.2", "a^^b^^c"):
        with pytest.raises(UsageError):
            Code.parse(bad)


def test_one_value_has_no_brackets_and_a_time_no_quotes() -> None:
    asked = StoredQuery("FindDocuments", {**FIND, f"{E}CreationTimeFrom": (("2026",),)})
    values = [xml.text_of(each) for each in write_query(asked).iter(rim("Value"))]
    assert values == [f"'{MARIGOLD.cx}'", f"('{APPROVED}')", "2026"]
