"""What scanners find in our code and in what it is made of, and what the threat model says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs" / "security").glob("*.md"))
GUARDS = ("labkit/access", "labkit/lab/secure", "labkit/dimse/admission.py")
"""Where access is decided: findings of every severity count."""
OFFLINE = re.compile(
    r"ConnectionError|ConnectTimeout|ReadTimeout|NameResolution|Max retries|ServiceError|HTTPError"
)


def bandit(*arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", "-f", "json", *arguments],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["errors"] == []
    return [
        f"{each['filename']}:{each['line_number']} {each['test_id']} {each['issue_text']}"
        for each in found["results"]
    ]


def test_bandit_finds_nothing_of_medium_or_high_severity() -> None:
    assert bandit("-ll", "-r", "labkit") == []


def test_bandit_finds_nothing_at_all_where_access_is_decided() -> None:
    assert bandit("-r", *(place for place in GUARDS if (ROOT / place).exists())) == []


def test_bandit_is_looking(tmp_path: Path) -> None:
    """A configuration that silences too much would pass for a clean bill."""
    bad = "import hashlib, subprocess\nsubprocess.run('ls ' + x, shell=True)\nhashlib.md5(b'')\n"
    (tmp_path / "bad.py").write_text(bad, encoding="utf-8")
    assert {line.split()[1] for line in bandit(str(tmp_path / "bad.py"))} >= {"B602", "B324"}


@pytest.mark.parametrize("lock", ["learn.lock", "test.lock"])
def test_no_locked_package_has_a_known_vulnerability(lock: str, tmp_path: Path) -> None:
    """Asked of the package index itself, by name and version; skipped where it is not reached."""
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--timeout", "10", "-s", "pypi",
               "--progress-spinner", "off", "-f", "json", "-o", str(report),
               "-r", str(ROOT / "requirements" / lock)]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the service that knows of vulnerabilities does not answer in time")
    if not report.exists():
        lines = done.stderr.strip().splitlines() or ["pip-audit said nothing"]
        if OFFLINE.search(done.stderr):
            pytest.skip(
                f"the service that knows of vulnerabilities is not reached: {lines[-1][:200]}"
            )
        pytest.fail(done.stderr[-2000:])
    found = json.loads(report.read_text(encoding="utf-8"))["dependencies"]
    assert len(found) > 20
    known = {
        f"{each['name']} {each['version']}": [one["id"] for one in each["vulns"]]
        for each in found
        if each.get("vulns")
    }
    assert known == {}


def test_every_component_has_a_page() -> None:
    """A threat model without a page for what guards something has a hole."""
    access = {path.name for path in (ROOT / "labkit" / "access").iterdir() if path.is_dir()}
    wanted = {
        name for name in access if (ROOT / "labkit" / "access" / name / "__init__.py").exists()
    }
    wanted |= {"secure"} | {name for name in ("deid",) if (ROOT / "labkit" / name).is_dir()}
    assert wanted <= {page.stem for page in PAGES}
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert f"(security/{page.name})" in text, "docs/security.md links to each page"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_what_it_has_to(page: Path) -> None:
    text = page.read_text(encoding="utf-8").lower()
    for wanted in ("protect", "trust boundary", "left open"):
        assert wanted in text, wanted
    assert named(page), "it names the test that shows each measure"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_test_that_a_page_names_exists(page: Path) -> None:
    for file, test in named(page):
        named_so = Path(file).name or "test_*.py"  # none: of a file named further up
        places = [p for p in (ROOT / "tests").rglob(named_so) if p.as_posix().endswith(file)]
        assert places, f"{file} is nowhere"
        pattern = re.compile(rf"(?m)^\s*(async )?def {re.escape(test)}\b")
        if test:
            assert any(pattern.search(p.read_text(encoding="utf-8")) for p in places), (file, test)


def named(page: Path) -> list[tuple[str, str]]:
    """The tests that a page names: ``test_x.py::test_y``; ``::test_z`` is of one named before."""
    found = []
    for quoted in re.findall(r"`([^`\s]+)`", page.read_text(encoding="utf-8")):
        match = re.fullmatch(
            r"(?:((?:[\w/]+/)?test_\w+\.py)|…)?(?:::(test_\w+))?(?:\[.*\])?", quoted
        )
        if match and (match[1] or match[2]):
            found.append((match[1] or "", match[2] or ""))
    return found
