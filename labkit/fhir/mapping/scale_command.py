"""``labkit map --scheduler``; thin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import typer

from labkit.common.errors import UsageError
from labkit.common.scale.options import scaled, tell_open
from labkit.fhir.mapping.scale import Settings, run_scaled, written

Outputs = Callable[[Path | None], AbstractContextManager[Any]]


def map_scaled(
    settings: Settings, where: Sequence[str], scheduler: str, *, dashboard: bool,
    state: Path | None, out: Path | None, to: str, outputs: Outputs,
    tell: Callable[[Any, int, int], None], strict: bool,
) -> int:  # fmt: skip
    """Map with workers, write the result, and return the exit code.

    Parameters
    ----------
    state
        The state folder; by default OUT with ``.work`` behind it, which goes when all is done.
    outputs
        Makes the output that writes to a file, or to what the user named if it is handed none.
    """
    if state is None and out is None:
        raise UsageError(
            "workers need a folder where they leave what they made",
            remedy="--state DIR, or --out FILE: then it is FILE.work.",
        )
    folder = state or Path(f"{out}.work")
    about = {
        "work": "map", "table": settings.table.frozen, "to": to,
        "site": sha256(repr(settings.site).encode()).hexdigest(),
        "selection": asdict(settings.selection), "endpoint": settings.endpoint,
        "fhir": settings.fhir, "explain": settings.explain,
        "provenance": bool(settings.provenance), "options": settings.options,
        "where": [settings.where] if settings.where else [str(Path(w).absolute()) for w in where],
    }  # fmt: skip
    import json

    about = json.loads(json.dumps(about))
    with scaled(scheduler, folder, about, dashboard=dashboard, keep=state is not None) as (
        farm, ledger, progress,
    ):  # fmt: skip
        if settings.provenance:
            # One moment for all of a run, and for what goes on with it.
            began = ledger.mark("began") or datetime.now(timezone.utc).isoformat()
            ledger.set_mark("began", began)
            settings = replace(settings, provenance=began)
        found = run_scaled(settings, where, farm, ledger, progress)
        part = out.with_name(f".part-{out.name}") if out else None
        with outputs(part) as output:
            written(found, settings, ledger, output, _say, once=bool(to))
        if out and part:
            part.replace(out)
    for problem in output.problems:
        _say(problem)
    found.ok = found.ok and not output.problems and not found.report.failures
    tell(found.report, found.headers, found.studies)
    tell_open(found.tally, folder)
    nothing = found.tally.done == 0 or (found.studies == 0 and not to)
    return int(nothing or bool(found.tally.opens) or (strict and not found.ok))


def _say(text: str) -> None:
    typer.echo(text, err=True)
