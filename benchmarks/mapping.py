"""Instances a second from files to FHIR: ours, and PyPI dicom2fhir in its own interpreter.

Each converter says itself how long it took, so that neither pays for the start of Python.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from pydicom.dataset import FileDataset

from benchmarks import data
from benchmarks.golden.peer import SCRIPT, environment
from benchmarks.measure import Row
from labkit.dicom import read
from labkit.fhir.mapping import MappingTable, Site, StudyBuilder
from labkit.fhir.mapping.folder import map_folder

OURS, PEER = "labkit", "dicom2fhir 0.1.25"


def mapping(folder: Path, rounds: int, studies: int, images: int) -> list[Row]:
    """Map a folder of CT studies; then the same headers, read already, as from an index."""
    home = folder / "map"
    files = [
        path
        for number in range(studies)
        for path in data.series(home / str(number), images, 5000 + number)[1]
    ]
    python = environment(folder / "venv")
    headers = [read(path) for path in files]
    for header in headers:
        del header.PixelData
    acts: dict[str, Callable[[], float]] = {
        "files": lambda: _seconds(lambda: _checked(map_folder(home), studies)),
        "headers": lambda: _seconds(lambda: _built(headers, studies)),
        PEER: lambda: _peer(python, home, studies),
    }
    times: dict[str, list[float]] = {name: [] for name in acts}
    for turn in range(rounds):
        for name in acts if turn % 2 == 0 else reversed(acts):
            times[name].append(acts[name]())
    medians = {name: sorted(seen)[len(seen) // 2] for name, seen in times.items()}
    rate = {name: round(len(files) / seconds, 1) for name, seconds in medians.items()}
    what = f"{studies} CT studies of {images}"
    return [
        Row(f"mapping to FHIR R4 from {source}, {what}", "instances/s", rate[source], rate[PEER],
            PEER, round(rate[source] / rate[PEER], 1), target)
        for source, target in (("files", 20.0), ("headers", 100.0))
    ]  # fmt: skip


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _built(headers: list[FileDataset], studies: int) -> None:
    builder = StudyBuilder(MappingTable.load(), Site(zone="UTC"), "R4", None)
    for number, header in enumerate(headers):
        builder.add(header, str(number))
    if len(builder.studies()) != studies:
        raise RuntimeError("not every study was mapped")


def _checked(bundle: dict[str, object], studies: int) -> None:
    found = json.dumps(bundle).count('"resourceType": "ImagingStudy"')
    if found != studies:
        raise RuntimeError(f"{found} of {studies} studies were mapped")


def _peer(python: Path, home: Path, studies: int) -> float:
    jobs = home.with_suffix(".json")
    each = [
        {"folder": str(home / str(number)), "fhir": "R4", "zone": "UTC"}
        for number in range(studies)
    ]
    jobs.write_text(json.dumps(each), encoding="utf-8")
    done = subprocess.run(
        [str(python), str(SCRIPT), str(jobs)], capture_output=True, text=True, check=True
    )
    answers = json.loads(Path(f"{jobs}.out").read_text(encoding="utf-8"))
    for answer in answers:
        if not any(r.get("resourceType") == "ImagingStudy" for r in answer):
            raise RuntimeError(f"dicom2fhir made no ImagingStudy: {answer}")
    return float(done.stdout)
