"""Exercises about the secure lab: which lab they get, and where progress is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labkit.exercises import engine
from labkit.lab.workspace import VARIABLE


class Named:
    """As much of a lab as is looked at."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    @property
    def workspace(self) -> Path:
        """Its folder."""
        return self._workspace

    def health(self) -> None:
        """Be one."""


def place(lab: Any) -> Path:
    return engine._journal({"lab": lab}).path.parent


def test_progress_in_the_secure_lab_is_kept_with_that_in_the_open_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "lab"))
    root = tmp_path.resolve()
    assert place(Named(root / "lab")) == root / "lab"
    assert place(Named(root / "lab-secure")) == root / "lab"
    assert place(Named(root / "other-secure")) == root / "other-secure"


def test_an_exercise_about_it_is_given_the_secure_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def opened(*, secure: bool) -> object:
        asked.append(secure)
        return object()

    monkeypatch.setattr("labkit.lab.open_lab", opened, raising=False)
    engine._lab({}, secure=True)
    engine._lab({})
    assert asked == [True, False]
