"""``labkit deid --scheduler``; thin."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from labkit.common.errors import UsageError
from labkit.common.scale import Tally
from labkit.common.scale.cluster import checked
from labkit.common.scale.options import scaled, tell_open
from labkit.deid.commands import key_of, regions_of
from labkit.deid.files import Summary
from labkit.deid.profile import Profile
from labkit.deid.scale import Settings, run_scaled


class Made(NamedTuple):
    """What came of it."""

    summary: Summary
    tally: Tally


def deid_scaled(
    source: Path, target: Path, names: list[str], scheduler: str, *, key: Path | None,
    state: Path | None, dashboard: bool, fhir: Path | None, report: Path | None,
    reviewed: Path | None, rules: Path | None, regions: list[str], review: Path | None,
    safe_private: Path | None, reversible: bool, strict: bool,
) -> Made:  # fmt: skip
    """De-identify with workers.

    Raises
    ------
    UsageError
        There is no key file: workers, and a second run, must make the same pseudonyms. Or a review
        folder is named, which one process has to write.
    """
    if key is None:
        raise UsageError(
            "Several workers make the same pseudonyms only with the same key file.",
            remedy="labkit deid IN OUT --scheduler local:2 --key FILE",
        )
    if review is not None:
        raise UsageError(
            "Workers cannot write one review folder together.",
            remedy="Leave --scheduler or --review out; what needs a person is held.",
        )
    folder = state or Path(f"{key}.work")
    if target.absolute() in (folder.absolute(), *folder.absolute().parents):
        raise UsageError(
            "The state folder holds original names and UIDs: it must not lie in OUT.",
            remedy="--state DIR, elsewhere.",
        )
    checked(scheduler)
    Profile.of(*names)  # what there is no option of is said before a key is made
    key_of(key, reversible)
    settings = Settings(
        str(target.absolute()), names, str(key.absolute()),
        str(safe_private.absolute()) if safe_private else "",
        str(rules.absolute()) if rules else "", regions_of(regions),
        reviewed.read_text("utf-8").split() if reviewed else [], strict, reversible,
        report is not None,
    )  # fmt: skip
    about: dict[str, Any] = {"work": "deid", "in": str(source.absolute()), **settings.spec()}
    about["reviewed"] = sha256("\n".join(settings.reviewed).encode()).hexdigest()
    with scaled(scheduler, folder, about, dashboard=dashboard, keep=state is not None) as (
        farm, ledger, progress,
    ):  # fmt: skip
        summary, tally = run_scaled(
            settings, source, farm, ledger, progress, fhir=fhir, report=report, told=_told
        )
    tell_open(tally, folder)
    return Made(summary, tally)


def _told(path: Path, reasons: tuple[str, ...]) -> None:
    sys.stderr.write(f"not written: {path}: {'; '.join(reasons)}\n")
