"""De-identification by several workers, a study at a time.

Nothing is shared between workers but the key: each pseudonym, each new UID and the days by which a
patient's dates move come of it and of the original value alone (`labkit.deid.key`). So the files
are those of one process, byte for byte, whichever worker made them.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from labkit.common.errors import UsageError
from labkit.common.scale import Farm, Job, Progress, Tally, WorkLedger, run_job
from labkit.common.scale.worker import Act
from labkit.deid.deidentifier import Deidentifier
from labkit.deid.files import Summary, report_at, sources
from labkit.deid.key import Key
from labkit.deid.private import SafePrivate
from labkit.deid.profile import Profile
from labkit.deid.rules import edition
from labkit.deid.run import JSON, Told, one, resources_of
from labkit.dicom.indexing import FileIndex


@dataclass(frozen=True)
class Settings:
    """What a worker makes its de-identifier of; all of it can be written down, and no secret.

    Attributes
    ----------
    options
        Names of the profile's options.
    key
        Path of the key file, which workers read themselves: the key is not sent.
    safe_private, rules
        Paths of TOML files, or ``""``.
    regions
        Left, top, width, height of what is blanked in every image.
    """

    target: str
    options: list[str]
    key: str
    safe_private: str = ""
    rules: str = ""
    regions: list[list[int]] = field(default_factory=list)
    reviewed: list[str] = field(default_factory=list)
    strict: bool = False
    reversible: bool = False
    report: bool = False

    def spec(self) -> dict[str, Any]:
        """As JSON, with what says whether a worker reads the same key and files."""
        seen = Key.read(Path(self.key)).digest("scale", "check").hex()[:16]
        texts = {name: _text(name) for name in (self.safe_private, self.rules) if name}
        return {**vars(self), "check": seen, "texts": texts}

    def deidentifier(self, surveyed: list[Path]) -> Deidentifier:
        """Make the de-identifier; the cleaner of pixels looks at the heads of these files."""
        safe = SafePrivate.read(Path(self.safe_private)) if self.safe_private else None
        profile = Profile.of(*self.options, safe_private=safe)
        cleaner = None
        if profile.has("clean-pixel-data") or profile.has("clean-visual-features"):
            from labkit.deid.pixels import Cleaner, Region, SiteRules

            rules = SiteRules.read(Path(self.rules)) if self.rules else None
            regions = [Region(*region) for region in self.regions]
            cleaner = Cleaner(rules=rules, regions=regions).survey(surveyed)
        return Deidentifier(
            profile, Key.read(Path(self.key)), pixels=cleaner, reviewed=self.reviewed,
            strict=self.strict, reversible=self.reversible,
        )  # fmt: skip


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read ({type(error).__name__})",
            remedy="Every worker has to see it under the same path.",
        ) from error


def worker(spec: dict[str, Any]) -> Act:
    """Make what de-identifies a study on a worker.

    Raises
    ------
    UsageError
        This worker reads another key, or another file, than the user's process.
    """
    names = Settings.__dataclass_fields__
    settings = Settings(**{name: value for name, value in spec.items() if name in names})
    if settings.spec() != spec:
        raise UsageError(
            "a worker reads another key file or another TOML file",
            remedy="Give the key a path that every worker shares.",
        )
    return partial(_study, settings)


def _study(settings: Settings, payload: dict[str, Any]) -> dict[str, Any]:
    paths = [Path(name) for name in payload["files"]]
    deidentifier = settings.deidentifier(paths)
    summary = Summary(str(deidentifier.profile), edition())
    log = io.StringIO() if settings.report else None
    told: list[tuple[str, tuple[str, ...]]] = []
    for at, path in enumerate(paths):
        one(deidentifier, path, Path(settings.target), at, log, summary,
            lambda path, reasons: told.append((str(path), reasons)))  # fmt: skip
    rows = [json.loads(line) for line in log.getvalue().splitlines()] if log else []
    return {
        "summary": summary.to_json(), "rows": rows, "told": told,
        "patients": sorted(deidentifier.patients),
    }  # fmt: skip


def run_scaled(
    settings: Settings,
    source: Path,
    farm: Farm,
    ledger: WorkLedger,
    progress: Progress,
    *,
    fhir: Path | None = None,
    report: Path | None = None,
    told: Told = lambda path, reasons: None,
) -> tuple[Summary, Tally]:
    """De-identify a folder with the workers of a farm.

    Parameters
    ----------
    told
        As of `labkit.deid.run.run`.

    Returns
    -------
    Summary
        Of all that is done.
    Tally
        What is not done is named there. FHIR resources are done last, and only when nothing is
        missing: who the patients are is learned from all objects.
    """
    target = Path(settings.target)
    if source.is_dir() and source.resolve() == target.resolve():
        raise UsageError("IN and OUT are the same folder.", remedy="Name another folder for OUT.")
    index = FileIndex(ledger)
    resources: list[Path] = []

    def objects() -> Any:
        for number, path in enumerate(sources(source, beside=target), 1):
            if path.suffix.lower() in JSON:
                resources.append(path)
            else:
                yield number, path

    index.update(farm, objects(), progress)
    index.group(apart=False)
    ledger.plan(index.units())
    job = Job("labkit.deid.scale:worker", settings.spec())
    tally = run_job(farm, ledger, job, lambda name: {"files": [p for _, p in index.files(name)]},
                    progress)  # fmt: skip
    deidentifier = settings.deidentifier([])
    summary = Summary(str(deidentifier.profile), edition())
    with report_at(report) as log:
        _together(ledger, index, summary, deidentifier, told, log)
        if not tally.opens:
            if fhir is not None:
                resources += [p for p in sources(fhir) if p.suffix.lower() in JSON]
            resources_of(deidentifier, resources, target / "fhir", summary, told, log)
    return summary, tally


def _together(
    ledger: WorkLedger, index: FileIndex, summary: Summary, deidentifier: Deidentifier,
    told: Told, log: IO[str] | None,
) -> None:  # fmt: skip
    """Add the parts up, and write the rows of the report in the order of the files."""
    db = ledger.file.db
    db.execute("CREATE TEMP TABLE row (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    for name, part in ledger.results():
        summary.merge(part["summary"])
        deidentifier.patients.update(part["patients"])
        for path, reasons in part["told"]:
            told(Path(path), tuple(reasons))
        if part["rows"]:
            numbers = [number for number, _ in index.files(name)]
            lines = [{**row, "file": numbers[row["file"]]} for row in part["rows"]]
            db.executemany(
                "INSERT INTO row VALUES (?, ?)",
                [(line["file"], json.dumps(line) + "\n") for line in lines],
            )
    if log is not None:
        for (text,) in db.execute("SELECT text FROM row ORDER BY number"):
            log.write(text)
    db.execute("DROP TABLE row")
