"""Mapping by several workers, a study at a time; the result is that of one process.

Workers map and check; the one process that was started writes the studies in their order, so that
what two studies share is there once, and what goes to a server goes in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from labkit.common.errors import DataError, UsageError
from labkit.common.scale import Farm, Job, Progress, Tally, Unit, WorkLedger, run_job
from labkit.common.scale.worker import Act
from labkit.dicom.indexing import NO_STUDY, FileIndex, Found, identify
from labkit.fhir.mapping import MappedStudy, MappingTable, Row, Site
from labkit.fhir.mapping.frozen import engine
from labkit.fhir.mapping.output import Output
from labkit.fhir.mapping.run import Run
from labkit.fhir.mapping.sources import Header, LeftOut, Report, Selection, Source, open_source
from labkit.fhir.mapping.sources.files import FileSource, is_json
from labkit.fhir.mapping.telling import tell
from labkit.fhir.mapping.trail import Trail

_READER = "labkit.fhir.mapping.scale:identify_any"


@dataclass(frozen=True)
class Settings:
    """What a worker maps by; all of it can be written down.

    Attributes
    ----------
    where
        The address of an archive or DICOMweb server, or ``""`` for files.
    options
        Of the source.
    """

    table: MappingTable
    site: Site
    selection: Selection
    fhir: str = "R4"
    endpoint: str = ""
    where: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    explain: bool = False
    provenance: str = ""

    def spec(self) -> dict[str, Any]:
        """As JSON."""
        rest = {name: getattr(self, name) for name in
                ("fhir", "endpoint", "where", "options", "explain", "provenance")}  # fmt: skip
        return {
            "rows": [asdict(row) for row in self.table], "site": asdict(self.site),
            "selection": asdict(self.selection), "engine": engine(), **rest,
        }  # fmt: skip

    @classmethod
    def of(cls, spec: dict[str, Any]) -> Settings:
        """Back from JSON."""
        chosen: dict[str, Any] = {
            k: v if isinstance(v, str) else tuple(v) for k, v in spec["selection"].items()
        }
        rest = {k: v for k, v in spec.items() if k not in ("rows", "site", "selection", "engine")}
        table = MappingTable(Row(**row) for row in spec["rows"])
        return cls(table, Site(**spec["site"]), Selection(**chosen), **rest)


def scalable(where: Sequence[str], retrieve: str, site: Site, to: str) -> str:
    """Return the address, ``""`` for files; refuse what workers cannot do alike.

    Raises
    ------
    UsageError
        It is one of these.
    """
    remedy = "Leave --scheduler out."
    if retrieve == "move":
        raise UsageError("C-MOVE brings everything to one address, not to several workers",
                         remedy="--retrieve get, or leave --scheduler out.")  # fmt: skip
    if to and "lookup" in site.policy.values():
        raise UsageError("what the policy `lookup` finds depends on the studies sent before",
                         remedy=remedy)  # fmt: skip
    address = where[0] if "://" in where[0] else ""
    if address.startswith("http") and "@" in address.split("/")[2]:
        raise UsageError(
            "a password would be written to the state folder and sent to workers",
            remedy="Set LABKIT_DICOMWEB_TOKEN where the workers run.",
        )
    return address


# -- on a worker --


def identify_any(path: str) -> Found:
    """Identify a file, or all that a file of DICOM JSON holds."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(512)
    except OSError:
        return [("", "")]
    if not is_json(start):
        return identify(path)
    found = {str(h.ds.get("StudyInstanceUID") or "").strip(" \0") for h in FileSource(path)}
    return [(uid, "") for uid in sorted(found)] or [("", "")]


class _OfStudy(FileSource):
    """The files of a study; a file of DICOM JSON may have others in it."""

    def __init__(self, paths: Sequence[str], selection: Selection, study: str) -> None:
        super().__init__(list(paths), selection)
        self._study = study

    def __iter__(self) -> Iterator[Header]:
        for header in super().__iter__():
            uid = str(header.ds.get("StudyInstanceUID") or "").strip(" \0")
            if "#" not in header.origin or uid == self._study:
                yield header


def worker(spec: dict[str, Any]) -> Act:
    """Make what maps a study on a worker.

    Raises
    ------
    UsageError
        The code that maps is another here.
    """
    if spec["engine"] != engine():
        raise UsageError(
            "a worker has other code that maps, under the same version of labkit",
            remedy="Install the same on every worker.",
        )
    return partial(_study, Settings.of(spec))


def _study(settings: Settings, payload: dict[str, Any]) -> dict[str, Any]:
    chosen = settings.selection
    source: Source
    if settings.where:
        only = Selection((payload["study"],), chosen.accession, chosen.date, chosen.modality)
        options = {**settings.options, "slice_days": 0}
        source = open_source(settings.where, only, **options)
    else:
        source = _OfStudy(payload["files"], chosen, payload["study"])
    run = Run(source, (settings.table,), settings.site, settings.fhir, settings.endpoint or None)
    studies = []
    for (mapped,) in run:
        if settings.provenance:
            mapped = _with_provenance(mapped, settings)
        said = tell(mapped, settings.fhir, explain=settings.explain)
        studies.append({"uid": mapped.uid, "resources": mapped.resources, "said": said})
    if source.incomplete:
        raise DataError(next((left.reason for left in source.report.first), "it is incomplete"))
    report = source.report
    return {"studies": studies, "headers": run.headers, "left": report.first,
            "counts": report.counts}  # fmt: skip


def _with_provenance(mapped: MappedStudy, settings: Settings) -> MappedStudy:
    from datetime import datetime

    from labkit.fhir.mapping.provenance import with_provenance

    return with_provenance(mapped, settings.table, datetime.fromisoformat(settings.provenance))


# -- in the process that was started --


@dataclass
class Scaled:
    """What came of a run.

    Attributes
    ----------
    ok
        Whether there was nothing to complain about.
    """

    tally: Tally
    report: Report = field(default_factory=Report)
    headers: int = 0
    studies: int = 0
    ok: bool = True


def run_scaled(
    settings: Settings, where: Sequence[str], farm: Farm, ledger: WorkLedger, progress: Progress
) -> Scaled:
    """Map what there is with the workers of a farm; `written` then gives the result.

    Parameters
    ----------
    where
        Files and folders; of an archive, its address alone.
    """
    payload: Callable[[str], dict[str, Any]]
    if settings.where:
        source = open_source(settings.where, settings.selection, **settings.options)
        ledger.plan(Unit(uid) for uid in source.studies())

        def payload(name: str) -> dict[str, Any]:
            return {"study": name}
    else:
        index = FileIndex(ledger, _READER)
        index.update(farm, enumerate(FileSource(where).files(), 1), progress)
        index.group(apart=True)
        ledger.plan(_wanted(index.units(), settings.selection))

        def payload(name: str) -> dict[str, Any]:
            study = "" if name.startswith(NO_STUDY) else name
            return {"study": study, "files": [path for _, path in index.files(name)]}

    job = Job("labkit.fhir.mapping.scale:worker", settings.spec())
    return Scaled(run_job(farm, ledger, job, payload, progress))


def _wanted(units: Iterator[Unit], selection: Selection) -> Iterator[Unit]:
    return (unit for unit in units if not selection.study or unit.name in selection.study)


def written(
    scaled: Scaled, settings: Settings, ledger: WorkLedger, output: Output,
    say: Callable[[str], None], *, once: bool = False,
) -> None:  # fmt: skip
    """Write all that is done, in its order.

    Parameters
    ----------
    once
        What was written before is not written again: it went to a server.
    """
    scaled.report.counts.update({"failed": len(scaled.tally.opens)} if scaled.tally.opens else {})
    for name, part in ledger.results(unpassed=once):
        scaled.headers += part["headers"]
        for left in part["left"]:
            scaled.report.first.append(LeftOut(*left))
        scaled.report.counts.update(part["counts"])
        for study in part["studies"]:
            lines, ok = study["said"]
            for line in lines:
                say(line)
            output.write(MappedStudy(study["uid"], study["resources"], [], settings.site, Trail))
            scaled.studies += 1
            scaled.ok = scaled.ok and ok
        if once:
            ledger.passed(name)
