"""A whole run: files in, files out, a report, and a summary without PHI."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from labkit.common.errors import DataError, UsageError
from labkit.deid.fhir import FhirDeidentifier
from labkit.deid.files import Summary, report_at, row, sources, writing
from labkit.deid.rules import edition

if TYPE_CHECKING:
    from labkit.deid.deidentifier import Deidentifier

Told = Callable[[Path, tuple[str, ...]], None]
JSON = frozenset({".json", ".ndjson"})
"""Suffixes of what is taken for FHIR."""


def run(
    deidentifier: Deidentifier,
    source: Path,
    target: Path,
    *,
    fhir: Path | None = None,
    report: Path | None = None,
    told: Told = lambda path, reasons: None,
) -> Summary:
    """De-identify `source` into `target`.

    Parameters
    ----------
    told
        Is called with each file that was not written, and why. The name may hold PHI.
    """
    if source.is_dir() and source.resolve() == target.resolve():
        raise UsageError("IN and OUT are the same folder.", remedy="Name another folder for OUT.")
    summary = Summary(str(deidentifier.profile), edition())
    resources: list[Path] = []
    with (
        warnings.catch_warnings(),
        report_at(report) as log,
    ):
        warnings.simplefilter("ignore")  # pydicom's warnings quote values
        number = 0
        for number, path in enumerate(sources(source, beside=target), 1):
            if path.suffix.lower() in JSON:
                resources.append(path)
                continue
            one(deidentifier, path, target, number, log, summary, told)
        if fhir is not None:
            resources += [p for p in sources(fhir) if p.suffix.lower() in JSON]
        resources_of(deidentifier, resources, target / "fhir", summary, told, log)
    return summary


def one(
    deidentifier: Deidentifier,
    path: Path,
    target: Path,
    number: int,
    log: IO[str] | None,
    summary: Summary,
    told: Told,
) -> None:
    """De-identify one file, count it, and write its line of the report."""
    try:
        outcome = deidentifier.file(path, target)
    except DataError as error:
        summary.unreadable += 1
        told(path, (error.message,))
        return
    summary.add(outcome)
    if outcome.held:
        told(path, outcome.held)
    _note(log, row(number, outcome))


def resources_of(
    deidentifier: Deidentifier,
    paths: list[Path],
    target: Path,
    summary: Summary,
    told: Told,
    log: IO[str] | None,
) -> None:
    """De-identify FHIR resources: first learn who the patients are, then write."""
    fhir = FhirDeidentifier(deidentifier)
    for path in paths:
        for resource in _read(path):
            fhir.learn(resource)
    for path in paths:
        for resource in _read(path):
            made = fhir.resource(resource)
            if made is None:
                summary.held += 1
                reason = "nothing is known of this resource type"
                summary.reasons[reason] = summary.reasons.get(reason, 0) + 1
                told(path, (reason,))
                continue
            name = f"{made['resourceType']}-{made.get('id') or _name(deidentifier, resource)}.json"
            part = target / f".part-{name}"
            with writing(target):
                target.mkdir(parents=True, exist_ok=True)
                try:
                    part.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
                    part.replace(target / name)
                finally:
                    part.unlink(missing_ok=True)
            summary.resources += 1
            _note(log, {"resource": name, "held": []})


def _note(log: IO[str] | None, line: dict[str, Any]) -> None:
    if log is not None:
        with writing(Path(getattr(log, "name", "the report"))):
            log.write(json.dumps(line) + "\n")


def _name(deidentifier: Deidentifier, resource: dict[str, Any]) -> str:
    return deidentifier.key.digest("file", json.dumps(resource, sort_keys=True)).hex()[:24]


def _read(path: Path) -> Iterator[dict[str, Any]]:
    """Read the resources of a file; one that is no FHIR JSON gives none."""
    try:
        text = path.read_text("utf-8-sig")
        texts = text.splitlines() if path.suffix.lower() == ".ndjson" else [text]
        for one in filter(str.strip, texts):
            resource = json.loads(one)
            if isinstance(resource, dict) and resource.get("resourceType"):
                yield resource
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{path.name} is no FHIR JSON.", remedy="Take it out of the folder, or mend it."
        ) from error
