"""The same studies with one worker and with two, in one run.

The workers are started before the clock is; what is measured is the work, the ledger and the
result. The ratio says how near to linear it is: 2 would be, and needs a third core for the
scheduler and for what puts results together.
"""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from pydicom.uid import UID

from benchmarks.measure import Row, alternate
from benchmarks.report import GROWTH
from labkit.common.scale import Farm, Progress, WorkLedger, farm_of
from labkit.deid import Key
from labkit.deid import scale as deid
from labkit.dicom import encoded, read, sample
from labkit.fhir.mapping import MappingTable, Site
from labkit.fhir.mapping import scale as mapping
from labkit.fhir.mapping.sources import Selection

NEAR = 1.6  # times as fast with two workers, on two cores


def archive(folder: Path, studies: int, images: int) -> Path:
    """Write studies of one CT slice, over and over."""
    ds = read(sample("ct-chest").files[0])
    for study in range(studies):
        for image in range(images):
            ds.StudyInstanceUID = UID(f"2.25.1{study:06d}")
            ds.SeriesInstanceUID = UID(f"2.25.2{study:06d}")
            ds.SOPInstanceUID = UID(f"2.25.3{study:06d}{image:04d}")
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
            place = folder / f"{study:06d}" / f"{image:04d}.dcm"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(encoded(ds))
    return folder


def scaling(folder: Path, rounds: int, studies: int, images: int) -> list[Row]:
    """Map and de-identify the same studies with one worker and with two."""
    source = archive(folder / "in", studies, images)
    Key.new().save(folder / "key")
    (folder / "one").mkdir()
    (folder / "two").mkdir()
    rows = []
    with farm_of("local:1", folder / "one") as one, farm_of("local:2", folder / "two") as two:
        for name, work in (("labkit map", _map), ("labkit deid", _deid)):
            acts = {
                "1": _timed(work, one, folder, source),
                "2": _timed(work, two, folder, source),
            }
            seconds = alternate(acts, rounds, warm=rounds > 1)
            figures = round(seconds["2"], 2), round(seconds["1"], 2)
            ratio = round(seconds["1"] / seconds["2"], 2)
            what = f"{GROWTH}{name} --scheduler, {studies} studies of {images}, 2 workers"
            rows.append(Row(what, "s", *figures, "1 worker", ratio, NEAR))
    return rows


def _timed(
    work: Callable[[Farm, WorkLedger, Path, Path], int], farm: Farm, folder: Path, source: Path
) -> Callable[[int], object]:
    def act(turn: int) -> float:
        state, out = folder / f"state-{id(farm)}-{turn}", folder / "out"
        began = time.perf_counter()
        ledger = WorkLedger(state, {})
        missing = work(farm, ledger, source, out)
        ledger.close()
        seconds = time.perf_counter() - began
        if missing:
            raise RuntimeError(f"{missing} studies are missing")
        shutil.rmtree(state)
        shutil.rmtree(out, ignore_errors=True)
        return seconds

    return act


def _map(farm: Farm, ledger: WorkLedger, source: Path, out: Path) -> int:
    from labkit.fhir.mapping.output import NdjsonOutput

    settings = mapping.Settings(MappingTable.load(), Site(), Selection())
    found = mapping.run_scaled(settings, [str(source)], farm, ledger, Progress(io.StringIO()))
    mapping.written(found, settings, ledger, NdjsonOutput(io.StringIO()), lambda text: None)
    return len(found.tally.opens)


def _deid(farm: Farm, ledger: WorkLedger, source: Path, out: Path) -> int:
    settings = deid.Settings(str(out), [], str(source.parent / "key"))
    _, tally = deid.run_scaled(settings, source, farm, ledger, Progress(io.StringIO()))
    return len(tally.opens)
