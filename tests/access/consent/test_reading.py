"""What is not understood in a Consent refuses, and the reason names the element."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.access.consent import decide_consent
from labkit.access.consent.reading import UnreadableConsentError, read_consent
from tests.access.consent.making import ASKED, V3, actor, concept, consent, data

BROKEN: list[tuple[str, Any, str]] = [
    # where in the Consent, what stands there, the element that the reason names
    ("status", "activ", "Consent.status"),
    ("status", None, "Consent.status"),
    ("scope", concept(V3 + "consentscope", "privacy"), "Consent.scope"),
    ("scope", {"text": "privacy"}, "Consent.scope"),
    ("patient", {"display": "Marigold"}, "Consent.patient"),
    ("patient", {"reference": "http://elsewhere.example/Patient/p1"}, "Consent.patient"),
    ("policyRule", concept(V3 + "consentpolicycodes", "hipaa-auth"), "Consent.policyRule"),
    ("modifierExtension", [{"url": "x"}], "Consent.modifierExtension"),
    ("implicitRules", "https://north.example/rules", "Consent.implicitRules"),
    ("except", [], "Consent.except"),
    ("_provision", {}, "Consent._provision"),
    ("provision", [], "Consent.provision"),
    ("provision.type", "allow", "Consent.provision.type"),
    ("provision.modifierExtension", [], "Consent.provision.modifierExtension"),
    ("provision.provision", [{}], "Consent.provision.provision[0].type"),
    ("provision.provision", [], "Consent.provision.provision"),
    ("provision.period", {"start": "yesterday"}, "Consent.provision.period"),
    ("provision.period", {"start": "2026", "end": "2025"}, "Consent.provision.period"),
    ("provision.actor", [{"role": concept("x", "y"), "reference": {"display": "North"}}],
     "Consent.provision.actor[0].reference"),
    ("provision.actor", [{"reference": {"reference": "Organization/x"}}],
     "Consent.provision.actor[0].role"),
    ("provision.action", [concept(V3 + "consentaction", "look")], "Consent.provision.action[0]"),
    ("provision.purpose", [{"system": "urn:x", "code": "TREAT"}], "Consent.provision.purpose[0]"),
    ("provision.purpose", [{"code": "TREAT"}], "Consent.provision.purpose[0]"),
    ("provision.class", [{"system": "urn:ietf:bcp:13", "code": "application/dicom"}],
     "Consent.provision.class[0]"),
    ("provision.class", {"code": "ImagingStudy"}, "Consent.provision.class"),
    ("provision.code", [{"text": "MRI of the brain"}], "Consent.provision.code[0]"),
    ("provision.data", [data("authoredby", "Practitioner/chen")],
     "Consent.provision.data[0].meaning"),
    ("provision.data", [{"meaning": "related", "reference": {"reference": "#study"}}],
     "Consent.provision.data[0].reference"),
    ("provision.securityLabel", ["R"], "Consent.provision.securityLabel[0]"),
    ("provision.dataPeriod", "2026", "Consent.provision.dataPeriod"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "element"), BROKEN)
def test_what_is_not_understood_refuses_and_is_named(path: str, value: Any, element: str) -> None:
    said = consent("OPTIN", type="permit")
    place: Any = said
    *parents, last = path.split(".")
    for parent in parents:
        place = place[parent]
    place[last] = value
    ruling = decide_consent([consent("OPTIN", id="c2"), said], ASKED, default="permit")
    assert not ruling and ruling.decided_by
    assert ruling.decided_by.element == element
    assert element in ruling.reason and "Consent/c1" in ruling.reason
    emergency = replace(ASKED, purpose="BTG", reason="unconscious")
    assert not decide_consent([said], emergency), "nobody knows what it says of emergencies"


def test_what_is_not_in_force_need_not_be_understood() -> None:
    """Ending a Consent is how one that is not understood is got rid of."""
    said = consent("OPTIN", type="allow") | {"status": "inactive"}
    assert decide_consent([said, consent("OPTIN", id="c2")], ASKED)


def test_conditions_without_a_type_are_not_guessed_at() -> None:
    said = consent("OPTIN", actor=[actor("Practitioner/chen")])
    ruling = decide_consent([said], ASKED)
    assert not ruling and "Consent.provision.type" in ruling.reason
    assert decide_consent([said], replace(ASKED, actors=frozenset({"Practitioner/wu"})))


def test_what_does_not_change_the_meaning_is_passed_over() -> None:
    said = consent("OPTIN", type="permit", extension=[{"url": "https://x.example/note"}])
    said |= {"dateTime": "2026-01-01", "_dateTime": {"id": "d"}, "extension": [{"url": "x"}],
             "language": "en", "meta": {"versionId": "3"}}  # fmt: skip
    assert decide_consent([said], ASKED)


def test_nesting_has_an_end() -> None:
    said: dict[str, Any] = {"type": "permit"}
    for _ in range(40):
        said = {"type": "permit", "provision": [said]}
    assert not decide_consent([consent("OPTIN", **said)], ASKED)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner,
                                                                max_size=3),
    max_leaves=8,
)  # fmt: skip
_PLACES = ["status", "scope", "patient", "policyRule", "provision", "provision.type",
           "provision.period", "provision.actor", "provision.action", "provision.purpose",
           "provision.class", "provision.code", "provision.data", "provision.securityLabel",
           "provision.dataPeriod", "provision.provision"]  # fmt: skip


@given(st.sampled_from(_PLACES), _JSON)
def test_rubbish_never_permits_what_a_deny_denies(path: str, value: Any) -> None:
    """Whatever stands in one element of a Consent, a Consent that denies beside it still does."""
    said = consent("OPTIN", type="permit")
    place: Any = said
    *parents, last = path.split(".")
    for parent in parents:
        place = place[parent]
    place[last] = value
    before = copy.deepcopy(said)
    assert not decide_consent([said, consent("OPTOUT", id="c2")], ASKED)
    decide_consent([said], ASKED)
    assert said == before, "a pure function"


def test_reading_says_which_element() -> None:
    with pytest.raises(UnreadableConsentError) as caught:
        read_consent({"resourceType": "Patient"})
    assert caught.value.element == "Consent"
    assert not decide_consent([{}, consent("OPTIN")], ASKED)
