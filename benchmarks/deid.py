"""Instances a second through de-identification: ours, and both peers in their own interpreter.

All read files and write files; each says itself how long it took, so that nobody pays for the start
of Python. Ours does the Basic Profile, as dicom-anonymizer does; deid follows its default recipe.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from benchmarks import data
from benchmarks.measure import Row
from labkit.deid import Deidentifier, Key, Profile
from labkit.deid.attack.peers import PEERS, environment, peer
from labkit.dicom import encoded, read

OURS = "labkit"
#: How many times as fast as each peer we want to be at least.
TARGET = 2.0


def deid(folder: Path, rounds: int, images: int, peers: Path | None = None) -> list[Row]:
    """De-identify a CT series of the chest.

    Parameters
    ----------
    rounds
        Medians are of as many.
    images
        Of the series.
    peers
        Virtual environment of the peers; made in `folder` by default.
    """
    home = folder / "deid"
    for path in data.series(home, images, 7000)[1]:
        ds = read(path)
        ds.BodyPartExamined = "CHEST"  # nobody has to look for a face
        path.write_bytes(encoded(ds))
    python = environment(peers or folder / "deid-venv")
    names = [OURS, *PEERS]
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names if turn % 2 == 0 else names[::-1]:
            out = folder / f"deid-{name}"
            times[name].append(_one(name, python, home, out, images))
            shutil.rmtree(out)
    medians = {name: sorted(seen)[len(seen) // 2] for name, seen in times.items()}
    rate = {name: round(images / seconds, 1) for name, seconds in medians.items()}
    return [
        Row(f"de-identifying {images} CT slices, file to file", "instances/s", rate[OURS],
            rate[name], f"{name} {version}", round(rate[OURS] / rate[name], 2), TARGET)
        for name, version in PEERS.items()
    ]  # fmt: skip


def _one(name: str, python: Path, home: Path, out: Path, images: int) -> float:
    if name != OURS:
        found = peer(name, python, home, out)
        if found["failed"] or found["files"] != images:
            raise RuntimeError(f"{name}: {found}")
        return found["seconds"]
    began = time.perf_counter()
    summary = Deidentifier(Profile(), Key.new()).folder(home, out)
    seconds = time.perf_counter() - began
    if summary.written != images:
        raise RuntimeError(f"ours wrote {summary.written} of {images}")
    return seconds
