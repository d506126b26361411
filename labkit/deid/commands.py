"""``labkit deid``; thin."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labkit.common.errors import UsageError
from labkit.common.scale.options import Dashboard, Scheduler
from labkit.common.wording import counted

if TYPE_CHECKING:
    from labkit.deid.files import Summary
    from labkit.deid.key import Key
    from labkit.deid.pixels import Cleaner


def deid(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A file or a folder.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="A folder; may exist.")],
    options: Annotated[
        str, typer.Option("--options", metavar="NAMES", help="Names or codes, parted by commas.")
    ] = "",
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Made where there is none.", show_default=False),
    ] = None,
    fhir: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="FHIR JSON, a file or a folder.", show_default=False),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Each change and why, JSON Lines.", show_default=False),
    ] = None,
    reviewed: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="SOP Instance UIDs of images that a person found without text and face.",
            show_default=False,
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML: where devices burn in text.", show_default=False),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            metavar="L,T,W,H",
            help="Blank it in every image; may be repeated.",
            show_default=False,
        ),
    ] = None,
    review: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where cleaned images wait for a person; then labkit review DIR.",
            show_default=False,
        ),
    ] = None,
    safe_private: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML: private attributes to keep.", show_default=False),
    ] = None,
    reversible: Annotated[
        bool, typer.Option("--reversible", help="Keep originals, encrypted for the key.")
    ] = False,
    reidentify: Annotated[
        bool, typer.Option("--reidentify", help="Put encrypted originals back.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Hold too what may show text or a face, for all one knows."),
    ] = False,
    scheduler: Scheduler = "",
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="With --scheduler: what is done; else KEY.work.", show_default=False
        ),
    ] = None,
    dashboard: Dashboard = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """De-identify DICOM files, and FHIR resources with them, by PS3.15 Annex E.

    No options is the Basic Profile. What is likely to show a name or a face is held for review;
    then the exit code is 2.
    """
    from labkit.deid.deidentifier import Deidentifier
    from labkit.deid.private import SafePrivate
    from labkit.deid.profile import Profile
    from labkit.deid.run import run

    if reidentify:
        _reidentify(source, target, key)
        return
    names = [name.strip() for name in options.split(",") if name.strip()]
    if scheduler:
        from labkit.deid.scale_command import deid_scaled

        made = deid_scaled(
            source, target, names, scheduler, key=key, state=state, dashboard=dashboard, fhir=fhir,
            report=report, reviewed=reviewed, rules=rules, regions=region or [], review=review,
            safe_private=safe_private, reversible=reversible, strict=strict,
        )  # fmt: skip
        _tell(made.summary, as_json)
        raise typer.Exit(1 if made.tally.opens else 2 if made.summary.untouched else 0)
    if state is not None:
        raise UsageError(
            "--state is for --scheduler", remedy="--scheduler local:2, or leave it out."
        )
    safe = SafePrivate.read(safe_private) if safe_private else None
    profile = Profile.of(*names, safe_private=safe)
    known = key_of(key, reversible)
    uids = reviewed.read_text("utf-8").split() if reviewed else []
    cleaner = None
    if profile.has("clean-pixel-data") or profile.has("clean-visual-features"):
        cleaner = _cleaner(source, target, rules, region or [], review)
    deidentifier = Deidentifier(
        profile, known, pixels=cleaner, reviewed=uids, strict=strict, reversible=reversible
    )

    def told(path: Path, reasons: tuple[str, ...]) -> None:
        sys.stderr.write(f"not written: {path}: {'; '.join(reasons)}\n")

    summary = run(deidentifier, source, target, fhir=fhir, report=report, told=told)
    _tell(summary, as_json)
    if summary.held and review is not None:
        typer.echo(f"To decide on what was held: labkit review {review}")
    if summary.untouched:
        raise typer.Exit(2)


def _tell(summary: Summary, as_json: bool) -> None:
    found = summary.to_json()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        typer.echo(f"{found['profile']} (PS3.15 {found['edition']})")
        typer.echo(
            f"{counted(found['written'], 'object')} and "
            f"{counted(found['resources'], 'resource')} written, "
            f"{found['held']} held for review, {found['unreadable']} unreadable"
        )
        for reason, number in sorted(summary.unseen.items()):
            typer.echo(f"{number} of those written: {reason}. Look at them; --strict holds them.")


def _cleaner(
    source: Path, target: Path, rules: Path | None, regions: list[str], review: Path | None
) -> Cleaner:
    """Make the cleaner of pixels, which has to know all slices of a head beforehand."""
    from labkit.deid.files import sources
    from labkit.deid.pixels import Cleaner, Region, Review, SiteRules

    places = [Region(*place) for place in regions_of(regions)]
    known = SiteRules.read(rules) if rules else None
    folder = Review(review) if review else None
    cleaner = Cleaner(rules=known, regions=places, review=folder)
    return cleaner.survey(sources(source, beside=target))


def regions_of(texts: list[str]) -> list[list[int]]:
    """Read what ``--region`` says: left, top, width, height.

    Raises
    ------
    UsageError
        It is no region.
    """
    places = []
    for text in texts:
        parts = text.split(",")
        if len(parts) != 4 or not all(part.strip().isdigit() for part in parts):
            raise UsageError(
                f"{text!r} is no region.", remedy="--region LEFT,TOP,WIDTH,HEIGHT, in pixels"
            )
        places.append([int(part) for part in parts])
    return places


def key_of(path: Path | None, reversible: bool) -> Key:
    """Read the key file, or make it; without one, a key that is forgotten."""
    from labkit.deid.key import Key

    if path is None:
        if reversible:
            raise UsageError(
                "Nobody could open the originals: there is no key file.",
                remedy="labkit deid IN OUT --reversible --key FILE",
            )
        return Key.new()
    if path.exists():
        return Key.read(path)
    made = Key.new(recovery=reversible)
    made.save(path)
    return made


def _reidentify(source: Path, target: Path, key: Path | None) -> None:
    from labkit.deid.files import sources, written
    from labkit.deid.key import Key
    from labkit.dicom.reading import read

    recovery = Key.read(key).recovery if key else None
    if recovery is None:
        raise UsageError(
            "Re-identification needs the key file of a reversible run.",
            remedy="labkit deid --reidentify IN OUT --key FILE",
        )
    count = 0
    for path in sources(source, beside=target):
        if path.suffix.lower() == ".dcm":
            written(recovery.restored(read(path)), target)
            count += 1
    typer.echo(f"{counted(count, 'object')} written")
