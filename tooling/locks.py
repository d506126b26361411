"""Renews the locks: one version of each package for every platform and Python we support."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tooling.console import Trouble, say
from tooling.environment import ROOT, set_up
from tooling.installer import clean_environment

# Lines above are for people; the resolver must see the same environments each time.
_HEAD = "# Made by `python3 lab.py lock` from pyproject.toml; do not edit.\n"
# True wherever lab.py runs. Left in, an unsupported Python would install nothing and say nothing.
_EVERYWHERE = (
    " ; python_full_version < '3.14' and (sys_platform == 'darwin' or sys_platform == 'linux'"
    " or sys_platform == 'win32')"
)


def renew(*, upgrade: bool = False) -> int:
    """Write requirements/test.lock, then requirements/learn.lock as a part of it.

    What is locked keeps its version, unless `upgrade` asks for the newest of everything.
    """
    python = set_up("test")
    folder = ROOT / "requirements"
    _compile(python, folder / "test.lock", ["--all-extras"], upgrade)
    _compile(python, folder / "learn.lock", ["--extra", "setup", "-c", str(folder / "test.lock")],
             upgrade)  # fmt: skip
    say("Renewed. Now run: python3 lab.py test")
    return 0


def _compile(python: Path, lock: Path, what: list[str], upgrade: bool) -> None:
    say(f"Resolving {lock.name} ...")
    fresh = lock.with_suffix(".new")
    if lock.exists() and not upgrade:  # uv keeps the versions of a file that is there
        shutil.copyfile(lock, fresh)
    command = [
        *(str(python), "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", "--no-header"),
        *("--universal", "--python-version", "3.10", "--fork-strategy", "fewest"),
        *("--only-binary", ":all:", "--generate-hashes", "--no-annotate"),
        *("--output-file", str(fresh), *what),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True
    )
    if done.returncode:
        fresh.unlink(missing_ok=True)
        raise Trouble(f"No lock could be made:\n{done.stderr.strip()}", "Mend pyproject.toml.")
    text = fresh.read_text(encoding="utf-8").replace(_EVERYWHERE, "")
    fresh.write_text(_HEAD + text, encoding="utf-8", newline="\n")
    fresh.replace(lock)
