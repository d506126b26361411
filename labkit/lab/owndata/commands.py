"""``labkit import``; thin."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labkit.common.errors import UsageError
from labkit.lab.backends import chosen, not_own
from labkit.lab.printing import print_json

if TYPE_CHECKING:
    from labkit.lab.embedded import EmbeddedLab
    from labkit.lab.owndata.importing import Import
    from labkit.lab.owndata.index import Index

OPTIONS = "retain-modified-dates"
NODES = ("ARCHIVE", "LEGACY")


def import_(
    source: Annotated[str, typer.Argument(
        help="A file or folder; aet://CALLED@host:port; https://… (DICOMweb); own:archive or "
        "own:dicomweb, of labkit.toml.", show_default=False)] = "",
    name: Annotated[str, typer.Option(
        "--as", metavar="NAME", help="What it is called here.", show_default=False)] = "",
    study: Annotated[str, typer.Option(
        metavar="UID", help="This study alone.", show_default=False)] = "",
    patient: Annotated[str, typer.Option(
        metavar="ID", help="The studies of this patient.", show_default=False)] = "",
    accession: Annotated[str, typer.Option(
        metavar="NUMBER", help="The studies of this order.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(
        metavar="N", min=0, help="At most so many studies, by date; 0: all.")] = 0,
    options: Annotated[str, typer.Option(
        metavar="NAMES", help="Of labkit deid, parted by commas, in place of the usual one; "
        "basic: the Basic Profile alone.")] = OPTIONS,
    key: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Of the pseudonyms; made where there is none. By default the "
        "workspace has one.", show_default=False)] = None,
    reviewed: Annotated[Path | None, typer.Option(
        metavar="FILE", help="SOP Instance UIDs of images that a person found without text and "
        "face.", show_default=False)] = None,
    review: Annotated[Path | None, typer.Option(
        metavar="DIR", help="Where cleaned images wait for a person; then labkit review DIR.",
        show_default=False)] = None,
    strict: Annotated[bool, typer.Option(
        "--strict", help="Hold too what may show text or a face, for all one knows.")] = False,
    keep_identity: Annotated[bool, typer.Option(
        "--keep-identity", help="Do not de-identify; asks for a sentence.")] = False,
    confirm: Annotated[str, typer.Option(
        metavar="SENTENCE", help="What --keep-identity asks for.", show_default=False)] = "",
    to: Annotated[str, typer.Option(
        metavar="ARCHIVE", help="Who gets it: ARCHIVE or LEGACY.")] = "ARCHIVE",
    web: Annotated[bool, typer.Option(
        "--web", help="Store by STOW-RS in place of C-STORE.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List what is here.")] = False,
    remove: Annotated[str, typer.Option(
        metavar="NAME", help="Take one away, from workspace and archive.", show_default=False,
    )] = "",
    workspace: Annotated[Path | None, typer.Option(
        "--workspace", metavar="DIR", help="The lab's folder.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:  # fmt: skip
    """Bring studies of your own into the lab, de-identified; then lab.use(NAME).

    The source is only read. Exit code 2 if something was held for review, was unreadable or did
    not come.
    """
    from labkit.lab.owndata.index import Index, check_name
    from labkit.lab.owndata.shown import list_lines
    from labkit.lab.workspace import Workspace

    if workspace is None:
        not_own(chosen())
    where = Workspace.at(workspace)
    index = Index(where)
    if list_:
        if as_json:
            print_json([asdict(entry) for entry in index])
        else:
            _say(list_lines(index))
        return
    if remove:
        _remove(index, workspace, remove)
        _done(f"{remove} is gone.", {"removed": remove}, as_json)
        return
    if not source or not name:
        raise UsageError(
            "Bring in what, under which name?", remedy="labkit import SOURCE --as my-study"
        )
    from labkit.lab.owndata.address import is_remote, origin_of
    from labkit.lab.owndata.found import Asked

    asked = Asked(study.strip(), patient.strip(), accession.strip(), limit)
    if is_remote(source) and not asked:
        raise UsageError(
            "All of a server would be brought in.",
            remedy="Say what of it: --study UID, --patient ID, --accession NUMBER or --limit N.",
        )
    check_name(name)
    origin = origin_of(source, where)
    with index.alone(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's warnings quote values
        lab = _lab(workspace)
        found = origin.survey(asked)
        how = _import(index, lab, to, web, None if keep_identity else options, key)
        how.strict, how.reviewed = strict, _uids(reviewed)
        jobs = how.jobs(found, name)
        _ask(found, jobs, yes=yes, kept=keep_identity, sentence=confirm)
        if not keep_identity:
            how.pixels = _cleaner(how, source, review)
        _run(how, origin, found, jobs, source, options, as_json)


def _run(
    how: Import, origin: Any, found: Any, jobs: Any, source: str, options: str, as_json: bool
) -> None:
    from labkit.lab.owndata.shown import outcome_lines, places

    everything, good = [], not found.unreadable
    for line in places(found.unreadable, "unreadable"):
        typer.echo(line, err=True)
    for job in jobs:
        with _progress(job.name, job.study.instances) as watch:
            brought = how.run(origin, job, watch)
        good = good and brought.whole
        everything.append(brought)
        for line in [
            *places(brought.staged.unreadable, "unreadable"),
            *places(brought.staged.lacking, "did not come"),
            *outcome_lines(brought, source, options),
        ]:
            typer.echo(line, err=True)
    if as_json:
        print_json({
            "studies": [asdict(b.entry) for b in everything if b.entry is not None],
            "held": {b.name: b.staged.held for b in everything if b.staged.held},
            "unreadable": len(found.unreadable) + sum(len(b.staged.unreadable) for b in everything),
            "lacking": sum(len(b.staged.lacking) for b in everything),
        })  # fmt: skip
    else:
        used = next((b.name for b in everything if b.entry and b.entry.complete), "")
        if used:
            typer.echo(f'In a notebook: lab.use("{used}")')
    if not good:
        raise typer.Exit(2)


def _import(
    index: Index, lab: EmbeddedLab, to: str, web: bool, options: str | None, key: Path | None
) -> Import:
    from labkit.deid import Key, Profile
    from labkit.lab.owndata.delivery import by_dimse, by_web
    from labkit.lab.owndata.importing import Import

    node = to.strip().upper()
    if node not in NODES or (web and node != "ARCHIVE"):
        raise UsageError(
            f"Nothing is imported into {to}{' by STOW-RS' if web else ''}.",
            remedy=f"--to {' or '.join(NODES)}; --web is for ARCHIVE.",
        )
    profile = None
    if options is not None:
        names = [word.strip() for word in options.split(",")]
        profile = Profile.of(*(word for word in names if word not in ("", "basic")))
    place = key or index.key
    if place.exists():
        known = Key.read(place)
    else:
        known = Key.new()
        known.save(place)
    peer = lab.nodes[node]
    return Import(
        index, peer, node, by_web(lab.dicomweb.client()) if web else by_dimse(peer), known, profile
    )


def _lab(workspace: Path | None) -> EmbeddedLab:
    from labkit.lab.embedded import EmbeddedLab
    from labkit.lab.open import open_lab

    lab = open_lab(workspace)
    if not isinstance(lab, EmbeddedLab) or lab.secure:
        raise UsageError(
            "Studies are brought into an open lab, not into a secure one.",
            remedy="Leave --workspace out, or name the folder of an open lab.",
        )
    return lab


def _remove(index: Index, workspace: Path | None, name: str) -> None:
    """Take a study out of the archive first, so that a failure leaves its line in the index."""
    with index.alone():
        entry = index.named(name)
        _lab(workspace).withdraw(entry.node, entry.StudyInstanceUID)
        index.remove(name)


def _ask(found: Any, jobs: Any, *, yes: bool, kept: bool, sentence: str) -> None:
    """Show what is there, and go on only where the user says so."""
    from labkit.lab.owndata.shown import MEANS, PHRASE, found_lines

    for line in found_lines(found, jobs):
        typer.echo(line, err=True)
    interactive = sys.stdin.isatty()
    if kept:
        typer.echo(MEANS, err=True)
        if not sentence and interactive:
            sentence = typer.prompt(f"To go on, type: {PHRASE}\n", err=True)
        if sentence.strip() != PHRASE:
            raise UsageError(
                "Nothing was imported: keeping identities was not confirmed.",
                remedy=f'Without --keep-identity they are removed. Else: --confirm "{PHRASE}"',
            )
    if yes:
        return
    if not interactive:
        raise UsageError("Nothing was imported: nobody is here to ask.", remedy="Add --yes.")
    if not typer.confirm("Import?", err=True):
        raise typer.Exit(1)


def _cleaner(how: Import, source: str, review: Path | None) -> Any:
    """Make the cleaner of pixels where an option asks for it; it has to see all slices first."""
    profile = how.profile
    if profile is None or not any(
        profile.has(one) for one in ("clean-pixel-data", "clean-visual-features")
    ):
        if review is not None:
            raise UsageError(
                "--review is for images that were cleaned.",
                remedy="Add --options clean-pixel-data,clean-visual-features.",
            )
        return None
    if not Path(source).exists():
        raise UsageError(
            "Pixels are cleaned only of files: all slices of a head are looked at beforehand.",
            remedy="Export the study into a folder, import that, and delete it.",
        )
    from labkit.deid.files import sources
    from labkit.deid.pixels import Cleaner, Review

    return Cleaner(review=Review(review) if review else None).survey(sources(Path(source)))


def _uids(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        return path.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read.", remedy="A text file, a SOP Instance UID on each line."
        ) from error


@contextmanager
def _progress(name: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal; a pipe or a file gets none."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total)
        yield lambda: bar.advance(task)


def _say(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo(line)


def _done(sentence: str, value: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(value)
    else:
        typer.echo(sentence)
