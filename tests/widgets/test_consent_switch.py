"""ConsentSwitch: what is chosen is a valid Consent, and the doors are what the callable says."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.access.consent import Question, decide_consent
from labkit.common.errors import LabError, UsageError
from labkit.fhir.validation import validate
from labkit.lab.bypass.practice import Door
from labkit.widgets import ConsentSwitch
from tests.access.consent.making import ASKED


class Doors:
    """Decides for two doors, and keeps the consents that it was given."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []

    def __call__(self, consent: dict[str, Any]) -> list[Any]:
        self.given.append(consent)
        assert validate(consent) == []
        eve = frozenset({"Practitioner/eve"})
        out: list[Any] = []
        for name, is_resource in (("FHIR", True), ("WADO-RS", False)):
            asked = Question("p1", "ImagingStudy", "ImagingStudy/s1", ASKED.now,
                             is_resource=is_resource, actors=eve)  # fmt: skip
            ruling = decide_consent([consent], asked)
            out.append(Door(name, ruling.allowed, ruling.reason))
        return [out[0], out[1].to_dict()]  # objects and plain data


def switch(ask: Any, **chosen: str) -> ConsentSwitch:
    return ConsentSwitch(ask, patient="p1", actors=["Practitioner/eve", "Organization/north"],
                         studies=["s1"], **chosen)  # fmt: skip


def test_a_choice_opens_and_shuts_doors() -> None:
    doors = Doors()
    shown = switch(doors, actor="Practitioner/eve", study="s1", meaning="instance")
    assert shown.opened == ["WADO-RS"], "the resource alone is denied"
    assert shown.summary() == "1 of 2 doors open"
    rows = shown.choose(meaning="related")
    assert [row["open"] for row in rows] == [False, False]
    assert "Consent.provision.provision[0]" in rows[0]["reason"]
    shown.choose(actor="Organization/north")
    assert shown.opened == ["FHIR", "WADO-RS"]
    assert len(doors.given) == 3 and shown.consent == doors.given[-1]


def test_every_choice_is_valid_fhir() -> None:
    doors = Doors()
    shown = switch(doors)
    for name, values in shown._offered.items():
        for value in values:
            shown.choose(**{name: value})
    shown.choose(base="OPTOUT", decision="permit", start="2026", end="2026-12-31")
    assert len(doors.given) > 15 and not shown._problem


def test_what_the_page_sends_is_tried_too() -> None:
    doors = Doors()
    shown = switch(doors)
    shown.choices = {**shown.choices, "actor": "Practitioner/eve"}
    assert shown.opened == []
    shown.choices = {**shown.choices, "actor": "Practitioner/nobody"}
    assert shown.opened == [] and "cannot be" in shown._problem["text"]
    assert len(doors.given) == 2, "what is no choice goes to no door"
    shown.choices = {**shown.choices, "actor": ""}
    assert not shown._problem and shown.rows


@pytest.mark.parametrize(
    "wrong", [{"decision": "maybe"}, {"start": "tomorrow"}, {"end": "2026-1"}, {"colour": "red"}]
)
def test_a_choice_that_is_none_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        switch(Doors(), **wrong)
    with pytest.raises(UsageError):
        switch(Doors()).choose(**wrong)


def test_doors_that_cannot_be_tried_are_not_shown_as_shut() -> None:
    def down(consent: dict[str, Any]) -> list[Any]:
        raise LabError("the hospital is down", remedy="start it")

    shown = switch(down)
    assert shown.rows == [] and "the hospital is down" in shown._problem["text"]


def test_pages_without_widgets_get_a_table() -> None:
    shown = switch(Doors(), actor="Practitioner/eve")
    html = str(shown.fallback()["text/html"])
    assert "WADO-RS" in html and "shut" in html and "Practitioner/eve" in html
    assert shown.digest == switch(Doors(), actor="Practitioner/eve").digest
    assert shown.digest != switch(Doors()).digest
