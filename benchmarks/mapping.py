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
from benchmarks.golden import CASES, run
from benchmarks.golden.ours import Labkit
from benchmarks.golden.peer import SCRIPT, Dicom2Fhir, environment
from benchmarks.measure import Row
from benchmarks.report import GROWTH
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
    rows = [
        Row(f"mapping to FHIR R4 from {source}, {what}", "instances/s", rate[source], rate[PEER],
            PEER, round(rate[source] / rate[PEER], 1), target)
        for source, target in (("files", 20.0), ("headers", 100.0))
    ]  # fmt: skip
    return [*rows, _truth(python), *_growth(home, files, headers, rounds)]


def _truth(python: Path) -> Row:
    """How much of the golden suite each has right: speed alone says nothing."""
    ours, theirs = (
        100 * sum(not one.problem for one in run(adapter, CASES)) / len(CASES)
        for adapter in (Labkit(), Dicom2Fhir(python))
    )
    return Row(f"mapping to FHIR, right in the golden suite of {len(CASES)} cases", "%",
               round(ours, 1), round(theirs, 1), PEER, round(ours / theirs, 2),
               round(100 / theirs, 2))  # fmt: skip


def _growth(home: Path, files: list[Path], headers: list[FileDataset], rounds: int) -> list[Row]:
    """The same with a tenth of the studies: what is left of the speed with all of them."""
    tenth = len(files) // 10
    acts = {
        "files": (lambda: map_folder(home / "0"), lambda: map_folder(home)),
        "headers": (lambda: _built(headers[:tenth], 1), lambda: _built(headers, 10)),
    }
    rows = []
    for source, (few, many) in acts.items():
        times = [(_seconds(few), _seconds(many)) for _ in range(rounds)]
        low, high = (sorted(column)[rounds // 2] for column in zip(*times, strict=True))
        rates = round(len(files) / high, 1), round(tenth / low, 1)
        rows.append(Row(f"{GROWTH}mapping to FHIR R4 from {source}, {len(files)} instances",
                        "instances/s", *rates, f"{tenth} instances",
                        round(rates[0] / rates[1], 2), 0.8))  # fmt: skip
    return rows


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
