"""With CI set, why each step failed is kept, and `.ci/run` ends with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tooling import checks
from tooling.checks import FAILURES, Step
from tooling.told import LAST, LINES, WIDTH, reasons

ROOT = Path(__file__).resolve().parents[1]
PYTEST = """print('..F')
print('E       assert 1 == 2')
print('FAILED tests/test_x.py::test_y - assert 1 == 2')
raise SystemExit(1)"""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(checks, "set_up", lambda profile: Path(sys.executable))
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    return tmp_path


def test_what_failed_is_kept_and_still_shown(
    here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    steps = [Step("good", ("-c", "print('FAILED no')")), Step("unit: bad", ("-c", PYTEST))]
    assert checks._run(steps) == 1
    assert (here / "artifacts" / FAILURES).read_text().splitlines() == [
        "-- unit: bad --",
        "FAILED tests/test_x.py::test_y - assert 1 == 2",
        "E       assert 1 == 2",
    ]
    said = capfd.readouterr().out
    assert "..F" in said and "FAILED no" in said


def test_without_ci_nothing_is_kept(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert checks._run([Step("bad", ("-c", PYTEST))]) == 1
    assert not (here / "artifacts").exists()


def test_a_step_that_says_nothing_telling_shows_its_end_and_much_is_cut(tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    assert reasons(said) == []
    said.write_text("\n".join(f"line {n}" for n in range(100)))
    assert reasons(said) == [f"line {n}" for n in range(100 - LAST, 100)]
    said.write_text("FAILED x" + "y" * 1000 + "\n" + "E   z\n" * 1000)
    found = reasons(said)
    assert len(found) == LINES and max(map(len, found)) == WIDTH


def test_ci_ends_with_it() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.index(f"rm -f artifacts/{FAILURES}") < script.index("\npython3 lab.py test ")
    assert f"artifacts/{FAILURES}" in script[script.index("CI passed.") - 300 :]
