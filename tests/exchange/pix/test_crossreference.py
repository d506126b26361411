"""Whose ID is whose: links, collisions, unlinking, and rules that never go by the number."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.parties import LAKESIDE, NORTH, PatientId
from labkit.exchange.pix import (
    CrossReference,
    Domain,
    Rule,
    UnknownAuthority,
    UnknownPatientId,
    from_patients,
)

DOMAINS = (Domain.of(NORTH, "https://north.example/id"), Domain.of(LAKESIDE))
MARIGOLD = (NORTH.patient("NG-100457"), LAKESIDE.patient("LK-20871"))
POSY, IGNATIUS = NORTH.patient("1001234"), LAKESIDE.patient("1001234")
THIRD = PatientId("T-1", "2.25.3")


@pytest.fixture
def pix() -> CrossReference:
    return CrossReference.from_table(DOMAINS, [MARIGOLD, [POSY], [IGNATIUS]])


def test_an_id_leads_to_the_other(pix: CrossReference) -> None:
    assert pix.corresponding(MARIGOLD[0]) == [MARIGOLD[1]]
    assert pix.corresponding(MARIGOLD[1], [NORTH.authority]) == [MARIGOLD[0]]
    assert pix.corresponding(MARIGOLD[1], [LAKESIDE.authority]) == []


def test_the_same_number_of_two_issuers_is_two_people(pix: CrossReference) -> None:
    assert pix.corresponding(POSY) == []
    assert pix.collisions() == {"1001234": [POSY, IGNATIUS]}


def test_unknown_is_told_by_kind(pix: CrossReference) -> None:
    with pytest.raises(UnknownPatientId, match="NG-0"):
        pix.corresponding(NORTH.patient("NG-0"))
    with pytest.raises(UnknownAuthority, match=r"2\.25\.3"):
        pix.corresponding(THIRD)
    with pytest.raises(UnknownAuthority):
        pix.corresponding(MARIGOLD[0], ["2.25.3"])
    with pytest.raises(UnknownAuthority):
        pix.register(THIRD)


def test_links_go_through() -> None:
    third = Domain("2.25.3", "Third")
    pix = CrossReference.from_table((*DOMAINS, third), [MARIGOLD])
    pix.link(MARIGOLD[1], THIRD, why="a letter")
    assert pix.corresponding(THIRD) == sorted(MARIGOLD, key=lambda p: p.authority)


def test_what_was_told_apart_stays_apart(pix: CrossReference) -> None:
    pix.unlink(MARIGOLD[1], why="another birth date on the card")
    assert pix.corresponding(MARIGOLD[0]) == []
    with pytest.raises(UsageError, match="told apart"):
        pix.link(*MARIGOLD, why="the rule again")
    pix.together(*MARIGOLD)
    pix.link(*MARIGOLD, why="the card was wrong")
    assert pix.corresponding(MARIGOLD[0]) == [MARIGOLD[1]]
    assert [entry.act for entry in pix.journal] == ["link", "unlink", "link"]
    assert pix.journal[1].why == "another birth date on the card"


def test_the_others_stay_together() -> None:
    pix = CrossReference.from_table((*DOMAINS, Domain("2.25.3", "Third")), [(*MARIGOLD, THIRD)])
    pix.unlink(THIRD, why="it was her sister")
    assert pix.corresponding(MARIGOLD[0]) == [MARIGOLD[1]]
    assert pix.corresponding(THIRD) == []


def test_two_ids_of_one_authority_need_a_word(pix: CrossReference) -> None:
    with pytest.raises(UsageError, match=r"1001234, NG-100457"):
        pix.link(MARIGOLD[1], POSY, why="same bed")
    assert pix.corresponding(POSY) == []
    pix.link(MARIGOLD[1], POSY, why="registered twice", duplicates=True)
    assert len(pix.corresponding(POSY)) == 2


@pytest.mark.parametrize("ids", [MARIGOLD[:1], MARIGOLD[:1] * 2])
def test_a_link_needs_two(pix: CrossReference, ids: tuple[PatientId, ...]) -> None:
    with pytest.raises(UsageError, match="two IDs"):
        pix.link(*ids, why="x")


def test_no_link_without_a_reason(pix: CrossReference) -> None:
    with pytest.raises(UsageError):
        pix.link(POSY, LAKESIDE.patient("LK-1"), why=" ")
    assert not pix.known(LAKESIDE.patient("LK-1"))


def test_nothing_to_unlink(pix: CrossReference) -> None:
    with pytest.raises(UsageError, match="linked to nothing"):
        pix.unlink(POSY, why="x")


def test_one_uri_cannot_stand_for_two() -> None:
    with pytest.raises(UsageError, match="two authorities"):
        CrossReference([Domain.of(NORTH, "urn:x"), Domain.of(LAKESIDE, "urn:x")])


# --- by a rule


def patient(id_: str, system: str, value: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": system, "value": value}],
        "name": [{"family": "Thistlewick", "given": ["Marigold"]}],
        "birthDate": "1951-07-19",
        "gender": "female",
        **more,
    }


N, L = "https://north.example/id", f"urn:oid:{LAKESIDE.authority}"


def built(*patients: dict[str, Any]) -> CrossReference:
    return from_patients(DOMAINS, patients, Rule(), server="http://fhir.example/r4/")


def test_the_rule_links_whatever_the_case() -> None:
    shouted = [{"family": "THISTLEWICK", "given": ["MARIGOLD", "ANNE"]}]
    pix = built(patient("m", N, "NG-100457"), patient("ml", L, "LK-20871", name=shouted))
    assert pix.corresponding(MARIGOLD[0]) == [MARIGOLD[1]]
    assert pix.reference(MARIGOLD[1]) == "http://fhir.example/r4/Patient/ml"
    assert "birthDate" in pix.journal[0].why


@pytest.mark.parametrize(
    "other",
    [
        {"birthDate": "1951"},
        {"birthDate": ""},
        {"gender": "unknown"},
        {"name": [{"text": "Marigold Thistlewick"}]},
        {"active": False},
    ],
    ids=["year only", "none", "gender unknown", "no family", "merged away"],
)
def test_what_is_missing_agrees_with_nothing(other: dict[str, Any]) -> None:
    pix = built(patient("m", N, "NG-100457", **other), patient("ml", L, "LK-20871", **other))
    assert all(len(person) == 1 for person in pix.people())


@pytest.mark.parametrize(
    "other",
    [
        {"birthDate": "1951-07-20"},
        {"gender": "male"},
        {"name": [{"family": "Thistlewick", "given": ["Anne"]}]},
    ],
)
def test_what_differs_does_not_agree(other: dict[str, Any]) -> None:
    pix = built(patient("m", N, "NG-100457"), patient("ml", L, "LK-20871", **other))
    assert pix.corresponding(MARIGOLD[0]) == []


def test_the_same_number_is_no_reason() -> None:
    pix = built(patient("p", N, "1001234"), patient("i", L, "1001234", birthDate="1947-02-22"))
    assert pix.corresponding(POSY) == []
    assert list(pix.collisions()) == ["1001234"]


def test_two_candidates_are_left_apart() -> None:
    pix = built(
        patient("m", N, "NG-100457"), patient("ml", L, "LK-20871"), patient("m2", L, "LK-9")
    )
    assert pix.corresponding(MARIGOLD[0]) == []
    assert pix.journal[-1].act == "doubt"
    assert len(pix.journal[-1].ids) == 3


@pytest.mark.parametrize("elements", [("identifier",), ("family",), ("birthDate", "gender")])
def test_a_rule_that_would_take_strangers_is_refused(elements: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        Rule(elements)


def test_other_systems_are_not_taken_in() -> None:
    pix = built(patient("m", "https://else.example/id", "NG-100457"))
    assert pix.people() == []
