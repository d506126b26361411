"""`.ci/run` with stubs for its programs: what it runs beside what, and what it makes of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STUB = """#!/bin/sh
echo "$(basename "$0") $*" >>"{said}"
echo "ran $*"
case "$*" in {fails}) exit 1 ;; esac
case "$*" in {kills}) kill -9 $PPID ;; esac
"""
NOTHING = "nothing-of-this-kind"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a bash script")


def ci(folder: Path, fails: str = NOTHING, kills: str = NOTHING) -> tuple[int, str, list[str]]:
    """Run it in a folder where every program is a stub: exit code, output, and what was called."""
    for name in (".ci", "bin", ".venv/bin", "containers/hub"):
        (folder / name).mkdir(parents=True)
    shutil.copy2(ROOT / ".ci" / "run", folder / ".ci" / "run")
    for name in ("package.json", "package-lock.json"):
        (folder / "containers" / "hub" / name).write_text("{}", encoding="utf-8")
    said = folder / "said.txt"
    stubs = [folder / "bin" / name for name in ("python3", "npm", "sleep")]
    for stub in (*stubs, folder / ".venv" / "bin" / "python"):
        stub.write_text(STUB.format(said=said, fails=fails, kills=kills), encoding="utf-8")
        stub.chmod(0o755)
    whoami = folder / "bin" / "id"  # nobody who may install packages
    whoami.write_text("#!/bin/sh\necho 1000\n", encoding="utf-8")
    whoami.chmod(0o755)
    path = f"{folder / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    done = subprocess.run(
        ["bash", str(folder / ".ci" / "run")], env={"PATH": path, "HOME": str(folder)},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, said.read_text(encoding="utf-8").splitlines()


def test_everything_is_run_and_told(tmp_path: Path) -> None:
    code, out, called = ci(tmp_path)
    assert code == 0 and out.endswith("CI passed.\n"), out
    for what in (
        "lab.py test --but-browser", "lab.py test browser", "lab.py test long --share 0.005",
        "-m pytest tests/test_setup_install.py", "lab.py test containers --with-engine",
    ):  # fmt: skip
        assert sum(what in line for line in called) == 1, what
        assert f"ran {what}" in out
    first = next(n for n, line in enumerate(called) if "--but-browser" in line)
    later = [n for n, line in enumerate(called) if re.search("st browser|long|install|with-", line)]
    assert first < min(later), "what measures lines has the processors for itself"


@pytest.mark.parametrize(
    ("fails", "named"),
    [
        ("*but-browser*", ["lab.py test"]),
        ("*'test browser'", ["lab.py test browser"]),
        ("*long*", ["lab.py test long, a slice"]),
        ("*install*", ["set-up on every Python"]),
        ("*with-engine*", ["lab.py test containers"]),
        ("*long*|*install*", ["lab.py test long, a slice", "set-up on every Python"]),
    ],
)
def test_what_fails_fails_it_all(fails: str, named: list[str], tmp_path: Path) -> None:
    code, out, called = ci(tmp_path, fails)
    assert code == 1 and "CI passed" not in out
    assert re.findall(r"(?m)^FAILED: (.*)$", out) == named
    assert sum("lab.py test containers --with-engine" in line for line in called) == 1


def test_what_ran_beside_and_broke_off_is_no_pass(tmp_path: Path) -> None:
    code, out, _ = ci(tmp_path, kills="*'test long'*")
    assert code == 1
    assert "FAILED: what ran beside the containers did not come to its end" in out
