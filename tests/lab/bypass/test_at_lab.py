"""The attempts at the secure lab, through its real doors: none succeeds, and each could."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import LabError, UsageError
from labkit.lab import launch
from labkit.lab.bypass import Attempt, Doors, attempts, run
from labkit.lab.bypass.at_lab import at_lab, secure_lab
from labkit.lab.bypass.seats import LAKESIDE, NORTH, Seat
from labkit.lab.secure.facets import SecureLab
from labkit.lab.workspace import Workspace

NOBODY = {
    "fhir-total": "totals are told to nobody where a policy rules",
    "fhir-subscription": "the secure lab has no notices for anybody",
    "fhir-own-consent": "only its patient and the registrar write a Consent; see consent-create",
    "fhir-whose": "two ImagingStudies of one UID make a study nobody's to see",
    "other-facade": "the façade is Lakeside's: whose token it is does not help",
    "method-options": "says which methods there are, of every path the same",
    "method-preflight": "the same, before a token is asked for",
    "method-trace": "is not served",
    "method-override": "no header changes the method",
    "method-propfind": "is not served",
    "path-dots": "paths are read as they are written",
    "path-dots-encoded": "paths are read as they are written",
    "path-dot": "paths are read as they are written",
    "path-slashes": "an empty part of a path is one",
    "path-backslash": "is a character of an id that no id has",
    "path-parameter": "path parameters are part of the id, which is none then",
    "path-parameter-inside": "path parameters are part of the id, which is none then",
    "path-null": "is a character of an id that no id has",
    "path-suffix": "formats are asked for by Accept and _format",
    "path-case": "paths have small and large letters",
    "path-absolute": "the lab is no proxy",
    "path-fragment": "is a character of an id that no id has",
}
"""Attempts that nobody succeeds with at the secure lab, and why."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureLab]:
    with secure_lab(tmp_path_factory.mktemp("bypass") / "lab") as lab:
        yield lab


def succeed(lab: SecureLab, seat: Seat, todo: list[Attempt], *, given: bool) -> set[str]:
    """Have the consent stay as it is while `todo` is tried; return what succeeds."""
    lab.reset()
    with at_lab(lab, seat) as doors:
        consent = doors.consent
        consent(given)
        doors.consent = lambda agreed: None
        tried = run(doors, todo)
        doors.consent = consent
    return {each.name for each in tried if each.succeeded}


def test_none_succeeds_by_the_command(lab: SecureLab) -> None:
    """Also: nothing is left out, and the lab that ran goes on running."""
    folder = str(lab.workspace)
    result = CliRunner().invoke(app, ["bypass", "--json", "--workspace", folder])
    rows = json.loads(result.stdout)
    assert [row["name"] for row in rows if row["succeeded"]] == []
    assert result.exit_code == 0
    assert [row["name"] for row in rows] == [each.name for each in attempts(secure=True)]
    assert all(set(row) == {"name", "target", "succeeded"} for row in rows)
    assert launch.find(Workspace.at(folder)) is not None


def test_each_could_succeed_at_this_lab(lab: SecureLab) -> None:
    """With the consent given; the rest as North General, who may, while Lakeside is denied."""
    todo = list(attempts(secure=True))
    given = succeed(lab, LAKESIDE, todo, given=True)
    rest = [each for each in todo if each.name not in given]
    as_north = succeed(lab, NORTH, rest, given=False)
    assert {each.name for each in todo} - given - as_north == set(NOBODY)


def test_names_are_of_one_attempt_each() -> None:
    names = [each.name for each in attempts(secure=True)]
    assert len(set(names)) == len(names)
    assert set(NOBODY) <= set(names) and all(NOBODY.values())
    assert {each.name for each in attempts()} < set(names), "what the house has is tried here too"
    assert all(each.says.endswith((".", "?")) for each in attempts(secure=True))


def test_what_is_lakesides_to_see_it_sees_all_the_while(lab: SecureLab) -> None:
    """Else the attempts would fail at a lab that shows Lakeside nothing."""
    lab.reset()
    with at_lab(lab) as doors:
        doors.consent(False)
        for base in (doors.web, doors.facade):
            url = f"{base}/studies/{doors.own.study}/metadata"
            assert doors.get(url).status_code == 200
        assert doors.get(f"{doors.fhir}/ImagingStudy/{doors.own.fhir_id}").status_code == 200
        assert doors.lab is not None
        other = f"{doors.fhir}/ImagingStudy/{doors.own.fhir_id}"
        assert doors.lab.other.get(other).status_code == 200


def test_leave_that_an_attempt_was_given_ends_with_it(lab: SecureLab) -> None:
    lab.reset()

    def fails(doors: Doors) -> bool:
        doors.consent(True)
        raise LabError("the connection was lost", remedy="none")

    def looks(doors: Doors) -> bool:
        return doors.get(f"{doors.fhir}/ImagingStudy/{doors.target.fhir_id}").status_code == 200

    with at_lab(lab) as doors:
        tried = run(doors, [Attempt(name, "x", "Try.", act)
                            for name, act in (("fails", fails), ("looks", looks))])  # fmt: skip
    assert [each.succeeded for each in tried] == [False, False]


def test_a_lab_is_named_or_the_house_is_tried() -> None:
    result = CliRunner().invoke(app, ["bypass", "--house", "--workspace", "x"])
    assert isinstance(result.exception, UsageError) and "--workspace" in str(result.exception)
