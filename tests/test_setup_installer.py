"""What pip says becomes one line with a remedy, and its progress a bar."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from tooling import console, installer
from tooling.console import Progress, Trouble, say, trouble_of

# Real last words of pip, shortened.
SAID = {
    "There is no space left": [
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
    ],
    "index cannot be reached": [
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip."
        "_vendor.urllib3.connection.HTTPSConnection object>: Failed to establish a new "
        "connection: [Errno -3] Temporary failure in name resolution')'",
        "ERROR: Could not find a version that satisfies the requirement anyio==4.16.0",
        "ERROR: No matching distribution found for anyio==4.16.0",
    ],
    "could not be trusted": [
        "Could not fetch URL: There was a problem confirming the ssl certificate: SSLError("
        "SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
        "ERROR: No matching distribution found for anyio==4.16.0",
    ],
    "not the one in the lock": [
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
    ],
    "no ready-made package for this kind of machine: ERROR: No matching distribution found for x": [
        "ERROR: No matching distribution found for x==1",
    ],
    "pip may not write": ["ERROR: Could not install packages: [Errno 13] Permission denied: 'a'"],
    "pip failed: ERROR: something new": ["a line", "ERROR: something new"],
}


@pytest.mark.parametrize("words", SAID)
def test_what_pip_says_is_understood(words: str, tmp_path: Path) -> None:
    problem, remedy = str(installer._meaning(SAID[words], tmp_path)).splitlines()
    assert words in problem
    assert remedy.startswith("  -> ")
    assert len(remedy) > 20


def fake_pip(folder: Path, body: str) -> Path:
    """An interpreter whose pip does `body`."""
    if sys.platform == "win32":
        pytest.skip("makes a program out of a script")
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    python.chmod(0o755)
    return python


def run_pip(python: Path, venv: Path) -> None:
    with (venv / "lock").open("a") as lock:
        installer.pip(python, ["-r", "x"], venv=venv, packages=3, label="packages", holds=lock)


def test_progress_counts_what_comes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines = [
        "Ignoring colorama: markers don't match",
        *("Collecting a==1", "Collecting b==2", "Installing collected packages: a, b"),
    ]
    run_pip(fake_pip(tmp_path, "\n".join(f'echo "{line}"' for line in lines)), tmp_path)
    said = capfd.readouterr().out
    assert "packages 2/2" in said
    assert "http" not in said


def test_failure_keeps_the_whole_log(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="pip failed: ERROR: odd") as caught:
        run_pip(fake_pip(tmp_path, "echo first; echo ERROR: odd; exit 2"), tmp_path)
    assert str(tmp_path / "pip.log") in str(caught.value)
    assert (tmp_path / "pip.log").read_text(encoding="utf-8") == "first\nERROR: odd"


def test_settings_that_lead_elsewhere_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    env = installer.clean_environment()
    assert "elsewhere" not in env.values()
    assert env["PIP_USER"] == "0"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "no space left"),
        (errno.EROFS, "cannot be written to"),
        (errno.EACCES, "cannot be written to"),
        (errno.EIO, "refused"),
    ],
)
def test_the_operating_system_is_translated(code: int, words: str) -> None:
    problem, remedy = str(trouble_of(OSError(code, os.strerror(code), "a"), "b")).splitlines()
    assert words in problem
    assert remedy.startswith("  -> ")


def test_a_file_in_use_on_windows() -> None:
    error = PermissionError(errno.EACCES, "in use", "python.exe")
    error.winerror = 32  # type: ignore[attr-defined]
    assert "Another program is using python.exe" in str(trouble_of(error, "b"))


def test_a_pipe_that_nobody_reads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(sys, "stdout", os.fdopen(writer, "w"))
    say("to nobody")
    say("still alive")


def test_a_bar_in_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console.sys.stdout, "isatty", lambda: True)
    bar = Progress("packages", 4)
    bar.show(2, "a-name")
    bar.show(9)
    bar.close()
    first, second = capsys.readouterr().out.strip("\r\n").split("\r")
    assert first.startswith("[############............] packages 2/4")
    assert second.startswith("[########################] packages 4/4")
    assert max(len(first), len(second)) < 80
