"""A learner's first evening on every Python of this machine: fresh copy, install, open, close.

Slow, and needs the package index: asked for with ``LABKIT_TEST_INSTALL=1`` (CI does).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ["3.10", "3.11", "3.12", "3.13"]

pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif("LABKIT_TEST_INSTALL" not in os.environ, reason="LABKIT_TEST_INSTALL=1"),
    pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals"),
]


def python(version: str) -> str:
    """A Python of that version that works; the test is skipped without one."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places = [str(folder / "bin") for folder in sorted(pyenv.glob(f"{version}.*"))]
    for place in [*places, os.environ.get("PATH", "")]:
        path = shutil.which(f"python{version}", path=place)
        works = path and subprocess.run([path, "-m", "ensurepip", "--version"], capture_output=True)
        if path and works and works.returncode == 0:
            return path
    pytest.skip(f"no Python {version} on this machine")


def fresh_copy(folder: Path) -> Path:
    """What a clone would have: the files that git knows, and those about to be added."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    return folder


def evening(interpreter: str, folder: Path) -> tuple[float, str]:
    """Open, read, press Ctrl-C; return the seconds to the address, and the page."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LABKIT_", "COVERAGE_"))}
    started = time.monotonic()
    process = subprocess.Popen(
        [interpreter, "lab.py", "--no-browser"],
        cwd=folder, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said, url = "", ""
    for line in process.stdout or ():
        said += line
        if found := re.search(r"https?://\S+", line):
            url = found.group()
            break
    seconds = time.monotonic() - started
    assert url, said
    with urllib.request.urlopen(url, timeout=20) as response:
        page = response.read().decode()
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0, said + rest
    return seconds, page


def left_running(folder: Path) -> str:
    """What still runs of a copy, a moment after it was closed."""
    for _ in range(50):
        look = ["pgrep", "-a", "-f", str(folder)]
        left = subprocess.run(look, capture_output=True, text=True).stdout
        if not left:
            break
        time.sleep(0.1)
    return left


@pytest.mark.parametrize("version", VERSIONS)
def test_first_evening(version: str, tmp_path: Path) -> None:
    interpreter = python(version)
    folder = fresh_copy(tmp_path / "with a space")
    seconds, page = evening(interpreter, folder)
    assert "JupyterLab" in page
    print(f"Python {version}: first start {seconds:.0f} s")
    again = min(evening(interpreter, folder)[0] for _ in range(2))
    print(f"Python {version}: second start {again:.1f} s")
    assert again < seconds / 2  # nothing is installed again
    assert left_running(folder) == ""
    own = folder / ".venv" / "bin" / "python"
    done = subprocess.run([str(own), "-m", "pip", "check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_set_up_that_was_killed_is_made_again(tmp_path: Path) -> None:
    interpreter = python("{}.{}".format(*sys.version_info))
    folder = fresh_copy(tmp_path / "copy")
    command = [interpreter, "lab.py", "setup"]
    first = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    for line in first.stdout or ():
        if "unpacking" in line:
            break
    first.kill()
    first.wait()
    for _ in range(120):  # until the pip of the killed one has ended
        second = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if "Another lab.py" not in second.stderr:
            break
        time.sleep(1)
    assert second.returncode == 0, second.stderr
    assert "half-finished: making it again" in second.stdout
    third = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert third.stdout == "Everything is set up. Open the workbook: python3 lab.py\n"
