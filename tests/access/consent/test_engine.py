"""One Consent, one question: every element decides, and what is not understood refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from labkit.access.consent import Question, decide_consent
from labkit.fhir.validation import validate
from tests.access.consent.making import ASKED, V3, actor, concept, consent, data


def only(type_: str, **axes: Any) -> dict[str, Any]:
    """Make a Consent that permits all but what is denied, or denies all but what is permitted."""
    base = "OPTIN" if type_ == "deny" else "OPTOUT"
    return consent(base, provision=[{"type": type_, **axes}])


AXES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # axes of the provision, a question that it is about, one that it is not about
    ({"actor": [actor("Practitioner/chen")]}, {}, {"actors": frozenset({"Practitioner/wu"})}),
    ({"action": [concept(V3 + "consentaction", "access")]}, {}, {"action": "disclose"}),
    ({"purpose": [{"system": V3 + "v3-ActReason", "code": "HRESCH"}]}, {"purpose": "HRESCH"}, {}),
    ({"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "ImagingStudy"}]}, {},
     {"kind": "DiagnosticReport"}),
    ({"code": [concept("http://loinc.org", "24558-9")]},
     {"codes": frozenset({("http://loinc.org", "24558-9")})}, {}),
    ({"securityLabel": [{"system": V3 + "v3-ActCode", "code": "PSY"}]},
     {"labels": frozenset({(V3 + "v3-ActCode", "PSY")})}, {}),
    ({"period": {"start": "2026-01-01", "end": "2026-12-31"}}, {},
     {"now": datetime(2027, 1, 1, tzinfo=timezone.utc)}),
    ({"dataPeriod": {"start": "2026-01"}}, {}, {"dates": (0.0, 86400.0)}),
    ({"data": [data("instance", "ImagingStudy/s1")]}, {}, {"is_resource": False}),
    ({"data": [data("related", "ImagingStudy/s1")]}, {"is_resource": False},
     {"reference": "ImagingStudy/s2", "study": "1.2.4"}),
    ({"data": [data("related", "DiagnosticReport/r1")]}, {}, {"referred_by": frozenset()}),
    ({"data": [data("dependents", "ServiceRequest/o1")]}, {}, {"refers_to": frozenset()}),
    ({"data": [{"meaning": "related", "reference": {
        "identifier": {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}}}]}, {},
     {"reference": "ImagingStudy/s2", "study": "1.2.4"}),
]  # fmt: skip


@pytest.mark.parametrize("type_", ["deny", "permit"])
@pytest.mark.parametrize(("axes", "about", "not_about"), AXES)
def test_each_axis_decides(
    type_: str, axes: dict[str, Any], about: dict[str, Any], not_about: dict[str, Any]
) -> None:
    said = only(type_, **axes)
    assert validate(said) == []
    assert bool(decide_consent([said], replace(ASKED, **about))) is (type_ == "permit")
    ruling = decide_consent([said], replace(ASKED, **not_about))
    assert bool(ruling) is (type_ == "deny"), ruling.reason
    assert ruling.decided_by and ruling.decided_by.element == "Consent.policyRule"


@pytest.mark.parametrize(
    ("axes", "unknown"),
    [
        ({"actor": [actor("Organization/south")]}, {"actors": frozenset()}),
        ({"actor": [actor("CareTeam/t1")]}, {}),
        ({"dataPeriod": {"start": "2020"}}, {"dates": None}),
        ({"code": [concept("http://loinc.org", "1")]}, {"known": False}),
        ({"securityLabel": [{"system": V3 + "v3-Confidentiality", "code": "R"}]},
         {"known": False}),
        ({"data": [data("related", "List/l1")]}, {"unreadable": frozenset({"List/l1"})}),
        ({"data": [data("dependents", "ServiceRequest/o9")]}, {"known": False}),
    ],
)  # fmt: skip
def test_what_cannot_be_known_counts_against_the_asker(
    axes: dict[str, Any], unknown: dict[str, Any]
) -> None:
    asked = replace(ASKED, **unknown)
    assert not decide_consent([only("deny", **axes)], asked)
    assert not decide_consent([only("permit", **axes)], asked)


def test_a_level_of_confidentiality_denies_upwards_and_permits_downwards() -> None:
    def labelled(level: str) -> Question:
        return replace(ASKED, labels=frozenset({(V3 + "v3-Confidentiality", level)}))

    restricted = [{"system": V3 + "v3-Confidentiality", "code": "R"}]
    deny, permit = (only(t, securityLabel=restricted) for t in ("deny", "permit"))
    assert [bool(decide_consent([deny], labelled(c))) for c in "LNRV"] == [True, True, False, False]
    assert [bool(decide_consent([permit], labelled(c))) for c in "LNRV"] == [True] * 3 + [False]
    assert decide_consent([deny], ASKED), "data without a label are normal"


def test_the_deepest_provision_that_matches_wins() -> None:
    said = consent(
        "OPTIN",
        type="permit",
        provision=[
            {
                "type": "deny",
                "actor": [actor("Organization/north")],
                "provision": [{"type": "permit", "actor": [actor("Practitioner/chen")]}],
            }
        ],
    )
    assert validate(said) == []
    ruling = decide_consent([said], ASKED)
    assert ruling.allowed and ruling.decided_by
    assert ruling.decided_by.element == "Consent.provision.provision[0].provision[0]"
    assert [step.outcome for step in ruling.trail] == ["permit", "permit", "deny", "permit"]
    colleague = replace(ASKED, actors=frozenset({"Organization/north"}))
    ruling = decide_consent([said], colleague)
    assert not ruling and ruling.decided_by
    assert ruling.decided_by.element == "Consent.provision.provision[0]"
    assert ruling.reason == "Consent/c1 denies it: Consent.provision.provision[0]"
    assert decide_consent([said], replace(ASKED, actors=frozenset({"Organization/x"})))


def test_of_equally_deep_ones_a_deny_wins() -> None:
    both = [{"type": "permit"}, {"type": "deny"}]
    for nested in (both, both[::-1]):
        assert not decide_consent([consent("OPTIN", type="permit", provision=nested)], ASKED)


def test_an_exception_in_a_provision_that_does_not_match_does_not_count() -> None:
    wu = {"type": "deny", "actor": [actor("Practitioner/wu")], "provision": [{"type": "permit"}]}
    assert not decide_consent([consent("OPTOUT", provision=[wu])], ASKED)


def test_an_exception_to_what_cannot_be_known_does_not_permit() -> None:
    nested = {"type": "deny", "actor": [actor("Group/g1")], "provision": [{"type": "permit"}]}
    assert not decide_consent([consent("OPTIN", provision=[nested])], ASKED)


@pytest.mark.parametrize(
    "status", ["draft", "proposed", "rejected", "inactive", "entered-in-error"]
)
def test_only_an_active_consent_counts(status: str) -> None:
    said = {**consent("OPTIN"), "status": status}
    assert not decide_consent([said], ASKED)
    assert decide_consent([said], ASKED, default="permit"), "the site's default decides"


def test_a_consent_that_has_ended_no_longer_permits() -> None:
    said = consent("OPTIN", type="permit", period={"end": "2026-02-28"})
    ruling = decide_consent([said], ASKED)
    assert not ruling and ruling.decided_by is None
    assert ruling.trail[0].outcome == "not in force"
    assert decide_consent([consent("OPTIN", type="permit", period={"end": "2026-03-01"})], ASKED)


def test_all_consents_have_to_agree_and_others_do_not_count() -> None:
    yes, no = consent("OPTIN"), consent("OPTOUT", id="c2")
    assert decide_consent([yes], ASKED)
    assert not decide_consent([yes, no], ASKED) and not decide_consent([no, yes], ASKED)
    theirs = {**no, "patient": {"reference": "Patient/p2"}}
    assert decide_consent([yes, theirs], ASKED)
    dying = {**no, "scope": concept(V3 + "consentscope", "adr")}
    assert decide_consent([yes, dying], ASKED), "an advance directive is about treatment"


def test_consent_to_research_is_about_research() -> None:
    study = {**consent("OPTIN"), "scope": concept(V3 + "consentscope", "research")}
    assert not decide_consent([study], ASKED)
    assert decide_consent([study], replace(ASKED, purpose="HRESCH"))


def test_without_any_consent_the_default_decides() -> None:
    assert not decide_consent([], ASKED)
    assert decide_consent([], ASKED, default="permit")
    assert not decide_consent([], ASKED, default="Permit"), "a default that is none denies"


def test_breaking_the_glass_needs_a_reason_and_is_marked() -> None:
    no = consent("OPTOUT")
    emergency = replace(ASKED, purpose="BTG")
    assert "needs a reason" in decide_consent([no], emergency).reason
    assert not decide_consent([no], replace(emergency, reason=" "))
    ruling = decide_consent([no], replace(emergency, reason="unconscious, head injury"))
    assert ruling.allowed and ruling.glass_broken
    assert "unconscious, head injury" in ruling.reason and "Consent/c1 denies" in ruling.reason
    assert not decide_consent([no], replace(ASKED, reason="unconscious")), "TREAT breaks no glass"


def test_a_patient_may_deny_the_emergency_too() -> None:
    asked = replace(ASKED, purpose="BTG", reason="unconscious")
    never = {"type": "deny", "purpose": [{"system": V3 + "v3-ActReason", "code": "BTG"}]}
    assert not decide_consent([consent("OPTIN", provision=[never])], asked)
    both = consent("OPTIN", provision=[{"type": "deny"}, never])
    assert not decide_consent([both], asked)
    assert not decide_consent([consent("OPTOUT"), consent("OPTIN", id="c2", provision=[never])],
                              asked)  # fmt: skip


def test_who_denies_treatment_denies_emergency_treatment() -> None:
    treat = [{"system": V3 + "v3-ActReason", "code": "TREAT"}]
    asked = replace(ASKED, purpose="ETREAT")
    assert not decide_consent([only("deny", purpose=treat)], asked)
    assert not decide_consent([only("permit", purpose=treat)], asked)
