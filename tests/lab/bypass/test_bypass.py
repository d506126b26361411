"""None of the attempts succeeds where consents rule; each does where they do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import UsageError
from labkit.lab.bypass import Attempt, Doors, Tried, attempts, house, run
from labkit.lab.bypass.report import BEGIN, END, into_page, table

ONLY_OPEN = {"fhir-total", "fhir-own-consent", "fhir-whose"}
"""What nobody does where consents rule: totals are not told, and these two write."""


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with house(tmp_path_factory.mktemp("open") / "house", guarded=False) as doors:
        yield doors


@contextmanager
def allowed(doors: Doors) -> Iterator[None]:
    """Have consent given for as long as the block lasts, whatever the suite does."""
    consent = doors.consent
    doors.consent = lambda given: None
    consent(True)
    yield
    doors.consent = consent


def test_there_are_enough_and_each_is_told_from_the_others() -> None:
    names = [each.name for each in attempts()]
    assert len(names) >= 40 and len(set(names)) == len(names)
    doors = {each.door for each in attempts()}
    assert {"FHIR", "DICOMweb", "façade", "C-FIND", "C-MOVE", "C-GET"} <= doors
    assert all(each.says.endswith((".", "?")) for each in attempts()), "each says what it tries"


def test_each_succeeds_where_nothing_is_guarded(open_house: Doors) -> None:
    tried = run(open_house, attempts())
    assert [each.name for each in tried if not each.succeeded] == []


def test_none_succeeds_where_consents_rule(tmp_path: Path) -> None:
    """First what may be seen is seen, by the same attempts; then it is denied."""
    with house(tmp_path / "house") as doors:
        with allowed(doors):
            seen = run(doors, attempts())
        assert {each.name for each in seen if not each.succeeded} == ONLY_OPEN
    with house(tmp_path / "another") as doors:
        tried = run(doors, attempts())
        assert [each.name for each in tried if each.succeeded] == []
        own = doors.get(f"{doors.web}/studies/{doors.own.study}/metadata")
        assert own.status_code == 200, "the patient's other study may be seen all the while"


def test_a_withdrawal_counts_for_the_next_request_at_every_door(tmp_path: Path) -> None:
    with house(tmp_path / "house") as doors:
        target = doors.target
        urls = [
            f"{doors.fhir}/ImagingStudy/{target.fhir_id}",
            *(f"{base}{target.path}/{form}" for base in (doors.web, doors.facade)
              for form in ("metadata", "rendered", "frames/1")),
        ]  # fmt: skip
        for given, status in ((True, 200), (False, 404), (True, 200), (False, 404)):
            doors.consent(given)
            assert {url: doors.get(url).status_code for url in urls} == dict.fromkeys(urls, status)


def test_an_attempt_that_cannot_be_made_has_not_succeeded(open_house: Doors) -> None:
    def broken(doors: Doors) -> bool:
        raise UsageError("no connection", remedy="none")

    one = Attempt("x", "FHIR", "Try.", broken)
    assert run(open_house, [one]) == [Tried("x", "FHIR", False, "Try.")]

    def wrong(doors: Doors) -> bool:
        raise KeyError("a mistake in the attempt itself")

    with pytest.raises(KeyError):
        run(open_house, [replace(one, act=wrong)])


def test_the_command(tmp_path: Path) -> None:
    page = tmp_path / "security.md"
    page.write_text(f"before\n{BEGIN}\nformer\n{END}\nafter\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["bypass", "--house", "--json", "--page", str(page)])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert len(found) == len(attempts())
    assert all(set(row) == {"name", "target", "succeeded"} for row in found)
    assert not any(row["succeeded"] for row in found)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith(f"{END}\nafter\n") and "former" not in text
    assert f"{len(found)} attempts, 0 succeeded." in text


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(UsageError, match="no place"):
        into_page(page, [])
    assert page.read_text(encoding="utf-8") == "nothing"


def test_a_success_stands_out_in_the_table() -> None:
    assert "| `a` | FHIR | Try \\| this. | **yes** |" in table(
        [Tried("a", "FHIR", True, "Try | this.")]
    )
