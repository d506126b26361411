"""Which back end is meant."""

from __future__ import annotations

import pytest

import labkit
from labkit.common.errors import UsageError
from labkit.lab.open import VARIABLE, chosen


def test_without_a_word_the_lab_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert chosen() == "embedded"


def test_the_argument_comes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "nonsense")
    assert chosen(" Embedded ") == "embedded"


def test_a_back_end_that_is_none_names_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "cloud")
    with pytest.raises(UsageError, match="no back end 'cloud'") as caught:
        labkit.open_lab()
    assert "embedded" in caught.value.remedy
