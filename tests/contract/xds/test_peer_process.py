"""Without Java or Maven nothing is tried against IPF: that is said, and in CI it is a failure."""

from __future__ import annotations

import pytest

from tests.contract.xds import peer_process


def jar(monkeypatch: pytest.MonkeyPatch, *, ci: bool) -> None:
    monkeypatch.delenv("LABKIT_IPF_JAR", raising=False)
    monkeypatch.setattr(peer_process, "TOOLS", ("java-that-nobody-has",))
    if ci:
        monkeypatch.setenv("CI", "true")
    else:
        monkeypatch.delenv("CI", raising=False)
    peer_process.jar()


def test_elsewhere_it_is_skipped_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pytest.skip.Exception, match="java-that-nobody-has not found: NOTHING"):
        jar(monkeypatch, ci=False)


def test_in_ci_it_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pytest.fail.Exception, match="NOTHING WAS TRIED AGAINST IPF"):
        jar(monkeypatch, ci=True)
