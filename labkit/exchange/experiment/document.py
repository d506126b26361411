"""The published run: what one command runs and keeps, and the page that is made of it.

The data is part of the package: the lessons show it wherever labkit is installed, with or without
a clone of the repository beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from labkit.common.errors import DataError, UsageError
from labkit.exchange.experiment.model.stored import FITTED, stored_model
from labkit.exchange.experiment.report import report
from labkit.exchange.experiment.running import (
    FORMAT,
    QUIET,
    experiment,
    load,
    machine,
    times,
    work_for,
)

SIZES = (3, 10)
PAGE = Path("docs") / "experiment.md"
DATA = Path("labkit") / "exchange" / "experiment" / "published.json"
"""Both in a clone of the repository."""
_EACH = {3: 2, 10: 1}
_MBIT, _MS = 100.0, 10.0


def published() -> dict[str, Any]:
    """Return the run that the documentation shows.

    Raises
    ------
    DataError
        It cannot be read: labkit is not installed whole.
    """
    path = Path(__file__).with_name(DATA.name)
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"{DATA} cannot be read: {error.strerror}",
            remedy="Install labkit again; in a clone of the repository, make it: "
            "labkit exchange experiment --write",
        ) from error
    return data


def run_all(
    sizes: Sequence[int] = SIZES, *, with_times: bool | None = None,
    told: Callable[[str], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run the experiment in these sizes, all styles.

    Parameters
    ----------
    sizes
        Numbers of hospitals.
    with_times
        Whether times are measured too; left out: if the machine is quiet.
    told
        Gets a line before each style is tried.
    """
    data: dict[str, Any] = {"format": FORMAT, "sites": {}, "times": None}
    runs = {}
    for hospitals in sizes:
        work = work_for(hospitals)
        tried = experiment(hospitals, work=work, each=_EACH.get(hospitals, 1), told=told)
        runs[hospitals] = {style: one.measured for style, one in tried.items()}
        data["sites"][str(hospitals)] = {
            "workload": {
                "seed": work.seed,
                "patients": len(work.patients),
                **{kind: work.count(kind) for kind in ("acquire", "own", "prior")},
            },
            "styles": {style: one.to_json() for style, one in tried.items()},
        }
    busy = load()
    quiet = busy is not None and busy < QUIET if with_times is None else with_times
    if quiet:
        data["times"] = {
            "machine": machine(), "load": round(busy or 0.0, 2), "mbit": _MBIT, "ms": _MS,
            "sites": {str(n): times(n, work_for(n), mbit=_MBIT, ms=_MS) for n in sizes},
        }  # fmt: skip
    data["model"] = stored_model(runs) if FITTED in runs else None
    return data


def write(data: dict[str, Any], root: Path) -> list[Path]:
    """Write the data and the page made of it into a clone of the repository.

    Parameters
    ----------
    root
        The folder of the clone.

    Raises
    ------
    UsageError
        It is no clone: a folder is not there.
    """
    written = [root / DATA, root / PAGE]
    for path in written:
        if not path.parent.is_dir():
            raise UsageError(
                f"There is no folder {path.parent.relative_to(root).as_posix()} here.",
                remedy="Run it in a clone of the repository.",
            )
    text = json.dumps(data, indent=1, sort_keys=False) + "\n"
    for path, content in zip(written, (text, report(data)), strict=True):
        path.write_text(content, encoding="utf-8", newline="\n")
    return written
