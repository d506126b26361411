"""``labkit workshop collect``, ``mark``, ``report`` and ``nbgrader``: thin."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from labkit.common.errors import UsageError
from labkit.exercises.find import folder as exercises_folder
from labkit.workshop.options import AsJson, InWorkshop
from labkit.workshop.release import Release, Workshop, read_release


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("collect")(collect)
    app.command("mark")(mark)
    app.command("report")(report)
    app.command("nbgrader")(nbgrader)


def collect(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FOLDER|ZIP|NOTEBOOK]...", show_default=False),
    ] = None,
    workshop: InWorkshop = Path("workshop"),
    name: Annotated[str, typer.Option(help="The learner, where there is one source.")] = "",
    as_json: AsJson = False,
) -> None:
    """Collect notebooks: from learners/ of the workshop, or from what was sent in."""
    from labkit.workshop.marks.collecting import collect as run

    release, place = _release(workshop)
    chosen = sources or sorted(path for path in place.learners.glob("*") if path.is_dir())
    if not chosen:
        raise UsageError(
            f"there is nothing to collect in {place.learners}",
            remedy="name the folders, zip archives or notebooks that were sent in",
        )
    done = run(place.collected, chosen, release.notebooks, name=name)
    if as_json:
        _print_json([asdict(one) for one in done])
        return
    for one in done:
        what = " ".join(filter(None, (one.learner, one.notebook))) or one.where
        typer.echo(f"{one.state:9} {what}" + (f": {one.words}" if one.words else ""))
        if one.state == "refused" and what != one.where:
            typer.echo(f"{'':9} ({one.where})")
    counts = Counter(one.state for one in done)
    typer.echo(", ".join(f"{count} {state}" for state, count in counts.items()))


def mark(
    workshop: InWorkshop = Path("workshop"),
    learners: Annotated[
        list[str] | None, typer.Option("--for", metavar="NAME", help="Only theirs; again for more.")
    ] = None,
    notebooks: Annotated[
        list[str] | None,
        typer.Option("--notebook", metavar="NAME", help="Only this one: beginner/07_send."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Notebooks at a time, each in its lab.")] = 2,
    cell_limit: Annotated[float, typer.Option(min=1, help="Seconds that a cell may take.")] = 60.0,
    what: Annotated[
        bool, typer.Option("--what", help="Show which hidden variant each exercise has; no marks.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run what was collected again, in a new lab, and judge it; goes on where it was stopped."""
    if what:
        _what(as_json)
        return
    from labkit.workshop.marks.marking import Marking
    from labkit.workshop.marks.seating import Limits

    release, place = _release(workshop)
    marking = Marking(
        place.collected, place.marks, _copies(release, place), release.points, release.seed,
        Limits(cell=cell_limit),
    )  # fmt: skip
    wanted = [_released(book, release) for book in notebooks or ()]
    todo = marking.jobs(learners or (), wanted)
    if not todo:
        raise UsageError("there is nothing to mark", remedy="`labkit workshop collect` first")
    sheets = []
    for number, (sheet, before) in enumerate(marking.run(todo, at_a_time=jobs), 1):
        sheets.append(sheet)
        if not as_json:
            again = " (marked before)" if before else ""
            typer.echo(
                f"{number} of {len(todo)}  {sheet.learner}, {sheet.notebook}: "
                f"{sheet.points:g} of {sheet.most:g}{again}"
            )
            for note in sheet.notes:
                typer.echo(f"    {note}")
    if as_json:
        _print_json([asdict(sheet) for sheet in sheets])


def report(
    workshop: InWorkshop = Path("workshop"),
    lessons: Annotated[
        str, typer.Option(metavar="URL", help="Where learners read the notebooks, for links.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Write marks.csv, summary.csv, a page for each learner, and index.html for you."""
    from labkit.workshop.marks.reporting import report as run

    release, place = _release(workshop)
    written = run(place.marks, release.title, _copies(release, place), base=lessons)
    if as_json:
        _print_json([str(path) for path in written])
        return
    for path in written:
        typer.echo(f"wrote {path}")


def nbgrader(
    target: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)],
    workshop: InWorkshop = Path("workshop"),
    as_json: AsJson = False,
) -> None:
    """Write the released notebooks as an nbgrader course, with solution and grade cells."""
    from labkit.workshop.marks.nbgrader import export

    release, place = _release(workshop)
    written = export(target, _copies(release, place), release.points)
    if as_json:
        _print_json([str(path) for path in written])
        return
    for path in written:
        typer.echo(f"wrote {path}")


def _what(as_json: bool) -> None:
    from labkit.workshop.marks.kinds import what

    rows = what()
    if as_json:
        _print_json([asdict(row) for row in rows])
        return
    for row in rows:
        note = f"  {row.note}" if row.note else ""
        typer.echo(f"{row.notebook:42}{row.slug:32}{row.kind:8}{row.where:8}{note}".rstrip())
    counts = Counter(row.kind for row in rows)
    typer.echo(", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items())))


def _release(folder: Path) -> tuple[Release, Workshop]:
    return read_release(folder), Workshop(folder)


def _released(name: str, release: Release) -> str:
    wanted = f"{name.removesuffix('.ipynb')}.ipynb"
    found = [book for book in release.notebooks if book == wanted or book.endswith(f"/{wanted}")]
    if len(found) != 1:
        raise UsageError(
            f"{name} is not released", remedy=f"there is {', '.join(release.notebooks)}"
        )
    return found[0]


def _copies(release: Release, place: Workshop) -> Mapping[str, Path]:
    """Return where a clean copy of each released notebook is."""
    workbook = exercises_folder().parents[1] / "notebooks"
    found = {}
    for book in release.notebooks:
        own = place.release / "notebooks" / book
        found[book] = own if own.is_file() else workbook / book
    return found


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=True))
