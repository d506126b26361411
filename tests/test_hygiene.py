"""No committed file speaks of the machine it was written on, or carries a secret."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Put together here so that this file does not hold what it looks for.
PATTERNS = {
    "a path of somebody's machine": r"(?<![\w.-])/(root|work)" + r"/"
    r"|(?<![\w.])/home/(?!ada\b)" + r"[a-z]{2}|(?<![\w.])/Users/[A-Z]" + r"[a-z]|[A-Z]:\\Users\\",
    "the folder of a test run": r"/tmp/" + r"(pytest|bash|tmp)[-_\w]",
    "a package index": r"\b(pypi|registry|index|mirror|proxy|nexus)\.[\w.-]+/(simple|npm)"
    r"|files\." + r"pythonhosted",
    "a certificate or a private key": "-----" + "BEGIN",
    "a password in an address": r"https?://[^/\s:@]+:[^/\s@]+@",
}  # fmt: skip
BINARY = {".png", ".dcm", ".gz", ".zip", ".ico", ".woff2", ".jpg", ".pdf", ".sqlite"}


def files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git clone")
    named = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in named if path.is_file()]


@pytest.mark.parametrize("what", PATTERNS)
def test_no_file_holds(what: str) -> None:
    found = []
    for path in files():
        if path.suffix in BINARY:
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        for match in re.finditer(PATTERNS[what], text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(ROOT)}:{line}: {match.group()}")
    assert found == []


def test_what_is_made_while_working_is_not_committed() -> None:
    made = {".lab", ".venv", "artifacts", "__pycache__", ".ipynb_checkpoints", ".coverage"}
    for path in files():
        assert not made & set(path.relative_to(ROOT).parts), path


def test_no_file_is_big() -> None:
    for path in files():
        assert path.stat().st_size <= 2_000_000, path


def test_line_ends_and_spaces() -> None:
    ours = {".py", ".js", ".css", ".md", ".toml", ".yml", ".ipynb", ".cfg"}
    for path in files():
        if path.suffix in ours:
            assert b"\r" not in path.read_bytes(), path
