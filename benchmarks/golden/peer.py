"""The adapter of PyPI dicom2fhir, which runs in a virtual environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from benchmarks.golden.headers import as_file
from benchmarks.golden.model import Case, Resources
from labkit.fhir.mapping import Site

#: With fhir.resources 8.3 it fails outright.
PINS = ("dicom2fhir==0.1.25", "fhir.resources==8.0.0")
SCRIPT = Path(__file__).with_name("peer_script.py")


class Dicom2Fhir:
    """dicom2fhir 0.1.25 with fhir.resources 8.0.0; R4B only.

    Parameters
    ----------
    python
        Interpreter that has them; one is made by default.
    """

    name = "dicom2fhir 0.1.25"

    def __init__(self, python: Path | None = None) -> None:
        self.python = python

    def convert_all(self, cases: Sequence[Case]) -> list[Resources | str]:
        """Write each case's headers as files, run the peer over all folders, read what it gave."""
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            python = self.python or environment(folder / "venv")
            jobs = [self._files(case, folder / f"case{n}") for n, case in enumerate(cases)]
            (folder / "jobs.json").write_text(json.dumps(jobs), "utf-8")
            done = subprocess.run(
                [str(python), str(SCRIPT), str(folder / "jobs.json")],
                capture_output=True, text=True, encoding="utf-8", check=False,
            )  # fmt: skip
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
            found: list[Resources | str] = json.loads((folder / "jobs.json.out").read_text("utf-8"))
            return found

    def _files(self, case: Case, folder: Path) -> dict[str, str]:
        folder.mkdir()
        for number, ds in enumerate(case.headers()):
            as_file(ds).save_as(folder / f"{number:03d}.dcm", enforce_file_format=False)
        return {"folder": str(folder), "fhir": case.fhir, "zone": Site.parse(case.site).zone}


def environment(folder: Path) -> Path:
    """Make its virtual environment, from PyPI; return the interpreter in it."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PINS], check=True)
    return python
