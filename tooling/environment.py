"""The folder .venv: made once from the lock, recognised when whole, remade when it is not.

Its state is in `.venv/labkit-setup.json`. The file is written with ``"state": "started"`` before
anything else goes into .venv and replaced at the very end, so a set-up that was cut short shows.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tooling.console import Trouble, no_space, say, trouble_of
from tooling.installer import clean_environment, pip

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
MARK = "labkit-setup.json"
NEEDED_MB = 900  # .venv itself (about 500), the downloads and pip's cache of them
LOCKS = {"learn": ["learn.lock"], "test": ["learn.lock", "test.lock"]}


def python_of(venv: Path) -> Path:
    """The interpreter inside `venv`."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def fingerprint(profile: str) -> dict[str, str]:
    """What a whole .venv for `profile` (``learn`` or ``test``) was made from."""
    requirements = ROOT / "requirements"
    made_from = {name: requirements / name for name in LOCKS[profile]}
    made_from["pyproject.toml"] = ROOT / "pyproject.toml"
    digests = {k: hashlib.sha256(p.read_bytes()).hexdigest() for k, p in made_from.items()}
    # The folder counts: scripts and the editable install of labkit hold its path.
    return {"python": "{}.{}".format(*sys.version_info), "folder": str(ROOT), **digests}


def _mark() -> dict[str, str]:
    """What .venv says of itself; empty if it does not."""
    try:
        mark = json.loads((VENV / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return mark if isinstance(mark, dict) else {}


KERNELS = """# Written by lab.py.
c = get_config()  # noqa: F821
c.InteractiveShellApp.extensions.append("labkit.exercises.unknown_names")
"""


def is_ready(profile: str) -> bool:
    """Whether .venv is whole and made from what is here now."""
    mark = _mark()
    wanted = {"state": "ready", **fingerprint(profile)}
    return os.access(python_of(VENV), os.X_OK) and all(mark.get(k) == v for k, v in wanted.items())


def set_up(profile: str = "learn") -> Path:
    """Make .venv, or bring it up to date, and return its interpreter.

    Raises
    ------
    Trouble
        If it cannot be done, with what to do about it.
    """
    try:
        if not is_ready(profile):
            with _alone() as lock:
                if not is_ready(profile):
                    _make(profile, lock)
        _teach_kernels()
    except OSError as error:
        raise trouble_of(error, str(ROOT)) from error
    return python_of(VENV)


def _make(profile: str, lock: IO[str]) -> None:
    mark, wanted = _mark(), fingerprint(profile)
    if VENV.exists() and not mark:
        raise Trouble(
            f"There is a folder {VENV} that lab.py did not make.",
            "Rename or delete it and run the same command again.",
        )
    if Path(sys.prefix).resolve() == VENV.resolve():
        base = getattr(sys, "_base_executable", "python3")
        raise Trouble("lab.py must remake the .venv it is run from.", f"Run: {base} lab.py")
    same = all(mark.get(k) == wanted[k] for k in ("python", "folder"))
    if not (mark.get("state") == "ready" and same and os.access(python_of(VENV), os.X_OK)):
        if mark:
            why = "was left half-finished" if mark.get("state") == "started" else "is out of date"
            say(f"The .venv that is here {why}: making it again.")
        _new_venv()
    mark = {**wanted, "state": "started"}
    _write_mark(mark)
    _install(profile, lock)
    _write_mark({**mark, "state": "ready"})


def _new_venv() -> None:
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        package = "python{}.{}-venv".format(*sys.version_info)
        raise Trouble(
            "This Python cannot make a virtual environment: it comes without ensurepip.",
            f"On Debian or Ubuntu: sudo apt install {package}   (then run the same command again)",
        )
    if VENV.is_symlink() or VENV.is_file():
        raise Trouble(f"{VENV} is not a folder.", "Rename or delete it and run again.")
    if VENV.exists():
        shutil.rmtree(VENV)
    free = shutil.disk_usage(ROOT).free // 2**20
    if free < NEEDED_MB:
        raise Trouble(
            f"The set-up needs {NEEDED_MB} MB on this disk; {free} MB are free.",
            f"Free {NEEDED_MB - free} MB and run the same command again.",
        )
    VENV.mkdir()
    _write_mark({"state": "started"})
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    if done.returncode:
        output = (done.stdout + done.stderr).strip()
        if "No space left" in output or shutil.disk_usage(ROOT).free < 2**20:
            raise no_space(str(VENV))
        last = output.splitlines()[-1] if output else "no reason given"
        raise Trouble(
            f"This Python could not make a virtual environment: {last}",
            "Install Python from python.org or your system and run lab.py with it.",
        )


def _install(profile: str, lock: IO[str]) -> None:
    python = python_of(VENV)
    locked = ROOT / "requirements" / LOCKS[profile][-1]
    packages = sum(1 for x in locked.read_text(encoding="utf-8").splitlines() if "==" in x)
    say(f"Setting up in {VENV.name}: {packages} packages, 840 MB. Once only; a minute or two.")
    theirs = ["--require-hashes", "--only-binary", ":all:", "-r", str(locked)]
    pip(python, theirs, venv=VENV, packages=packages, label="packages", holds=lock)
    # The build back end is in the lock: nothing is downloaded for this.
    own = ["--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT)]
    pip(python, own, venv=VENV, packages=1, label="labkit", holds=lock)
    proof = "import jupyterlab, labkit, numpy, pydicom, pynetdicom"
    done = subprocess.run(
        [str(python), "-c", proof],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Trouble(
            f"The packages are installed but do not load here: {last}",
            "Delete the folder .venv and run again; if it stays so, report this line.",
        )


def _teach_kernels() -> None:
    """Have every kernel of .venv say below a NameError what to do: a restarted one knows nothing.

    IPython reads this folder of its environment (ipython.readthedocs.io, Introduction to IPython
    configuration); an account's own settings come after it.
    """
    file = VENV / "etc" / "ipython" / "ipython_config.py"
    if not file.exists() or file.read_text(encoding="utf-8") != KERNELS:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.{os.getpid()}")
        partial.write_text(KERNELS, encoding="utf-8")
        partial.replace(file)


def _write_mark(mark: dict[str, str]) -> None:
    partial = VENV / (MARK + ".part")
    partial.write_text(json.dumps(mark, indent=1), encoding="utf-8")
    partial.replace(VENV / MARK)


@contextlib.contextmanager
def _alone() -> Iterator[IO[str]]:
    """Hold the right to change .venv. The system frees it when this process and its pip end."""
    folder = ROOT / ".lab"
    folder.mkdir(exist_ok=True)
    with (folder / "setup.lock").open("a") as handle:
        try:
            _lock(handle)
        except (BlockingIOError, PermissionError) as error:
            raise Trouble(
                "Another lab.py is setting up this folder at the moment.",
                "Wait until it is done, then run the same command again.",
            ) from error
        yield handle


def _lock(handle: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
