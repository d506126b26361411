"""``labkit map``: thin. Standard output holds what was made, all that is said goes beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from labkit.common.errors import UsageError
from labkit.common.scale.options import Dashboard, Scheduler

_FORMATS = ("bundle", "ndjson", "transaction")

map_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@map_app.command()
def map_command(
    sources: Annotated[list[str] | None, typer.Argument(
        metavar="SOURCE...", show_default=False,
        help="Files, folders, aet://[CALLING:]CALLED@host:port, or https://… (DICOMweb).")] = None,
    fhir: Annotated[str, typer.Option(
        help="R4 (where nothing is said) or R5.", show_default=False)] = "",
    table: Annotated[Path | None, typer.Option(
        help="Mapping table (TOML) in place of the package's.", show_default=False)] = None,
    site: Annotated[Path | None, typer.Option(
        help="Site file (TOML): zone, issuers, local codes.", show_default=False)] = None,
    endpoint: Annotated[str, typer.Option(
        metavar="URL", help="DICOMweb base of these studies, for Endpoint.")] = "",
    frozen: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Map by this file of --freeze, which holds the four above.",
        show_default=False)] = None,
    freeze: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Write the four above into one file for a service; map nothing.",
        show_default=False)] = None,
    out: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Write here, not to standard output.", show_default=False)] = None,
    form: Annotated[str, typer.Option(
        "--format", help="bundle, ndjson, or transaction (a Bundle to post).")] = "bundle",
    to: Annotated[str, typer.Option(
        metavar="URL", help="Send each study as a transaction to this FHIR server.")] = "",
    explain: Annotated[bool, typer.Option(
        "--explain", help="Say of each element where it comes from, or why it is empty.")] = False,
    provenance: Annotated[bool, typer.Option(
        "--provenance", help="Add a Provenance: which table made it of what, and when.")] = False,
    compare: Annotated[Path | None, typer.Option(
        metavar="TABLE", help="Show only what this table makes otherwise.",
        show_default=False)] = None,
    study: Annotated[list[str] | None, typer.Option(
        metavar="UID", help="Only this study; may be repeated.", show_default=False)] = None,
    accession: Annotated[list[str] | None, typer.Option(
        help="Only studies with this accession number.", show_default=False)] = None,
    date: Annotated[str, typer.Option(
        metavar="RANGE", help="Only of these days: 20260115, 20260101-20260131.")] = "",
    modality: Annotated[list[str] | None, typer.Option(
        help="Only studies with a series of this modality.", show_default=False)] = None,
    retrieve: Annotated[str, typer.Option(
        metavar="get|move", help="aet://: have the instances, not C-FIND alone.")] = "",
    destination: Annotated[str, typer.Option(
        metavar="AE", help="With move: our AE title, as the archive knows it.")] = "",
    listen: Annotated[str, typer.Option(
        metavar="HOST:PORT", help="With move: where to listen.")] = "",
    slice_days: Annotated[int, typer.Option(
        "--slice", min=0, help="Days in one query of a date range; 0: all at once.")] = 31,
    state: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Note what is done here, to go on from it (--scheduler: a folder).",
        show_default=False)] = None,
    scheduler: Scheduler = "",
    dashboard: Dashboard = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and map nothing.")] = False,
    strict: Annotated[bool, typer.Option(
        "--strict", help="Exit code 1 if anything was broken, contradictory or invalid.")] = False,
) -> None:  # fmt: skip
    """Map DICOM headers to FHIR: ImagingStudy, Patient and what they refer to.

    Standard output holds the result and nothing else. The exit code is not 0 when nothing could be
    mapped.
    """
    from labkit.fhir.mapping.folder import load_table
    from labkit.fhir.mapping.freezing import chosen
    from labkit.fhir.mapping.run import Run, State
    from labkit.fhir.mapping.sources import Selection, open_source

    rules = chosen(frozen, table, site, fhir, endpoint)
    if freeze is not None:
        typer.echo(f"{rules.save(freeze)}  sha256:{rules.digest}")
        return
    if not sources:
        raise UsageError("what is to be mapped?", remedy="Name a folder; labkit map --help.")

    selection = Selection(tuple(study or ()), tuple(accession or ()), date, tuple(modality or ()))
    where = list(sources)
    options = _options(where[0], retrieve, destination, listen, slice_days)
    source = open_source(where if len(where) > 1 else where[0], selection, **options)
    if dry_run:
        typer.echo(str(source.count()))
        return
    if scheduler:
        if compare:
            raise UsageError("a comparison is one process's work", remedy="Leave --scheduler out.")
        _check(form, to, out, None, None)
        raise typer.Exit(
            _scaled(
                where, selection, options, scheduler, dashboard, state, out, to, form, rules,
                explain, provenance, strict,
            )
        )  # fmt: skip
    _check(form, to, out, state, compare)
    loaded = [rules.table, *([load_table(compare)] if compare else [])]
    settings = {"table": loaded[0].frozen, "fhir": rules.fhir, "to": to, "format": form}
    kept = State(state, settings) if state else None
    if kept is not None:
        source.done = kept.done
    with ExitStack() as stack:
        watch = stack.enter_context(_progress(source))
        lookup = stack.enter_context(_lookup(to))
        run = Run(
            source, tuple(loaded), rules.site, rules.fhir, rules.endpoint, watch, lookup
        )  # fmt: skip
        if compare:
            ok = _compare(run)
        else:
            append = kept.cut(out) if kept else False
            output = stack.enter_context(_output(form, to, out, append))
            ok = _write(run, output, explain, kept, provenance)
    _tell(run.source.report, run.headers, run.studies)
    if run.studies == 0 and not (kept and kept.done):
        raise typer.Exit(1)
    if strict and not ok:
        raise typer.Exit(1)


def _scaled(
    where: list[str], selection: Any, options: dict[str, Any], scheduler: str, dashboard: bool,
    state: Path | None, out: Path | None, to: str, form: str, rules: Any,
    explain: bool, provenance: bool, strict: bool,
) -> int:  # fmt: skip
    from labkit.fhir.mapping.scale import Settings, scalable
    from labkit.fhir.mapping.scale_command import map_scaled

    address = scalable(where, options["retrieve"], rules.site, to)
    settings = Settings(
        rules.table, rules.site, selection, rules.fhir, rules.endpoint or "", address, options,
        explain, "now" if provenance else "",
    )  # fmt: skip
    return map_scaled(
        settings, where, scheduler, dashboard=dashboard, state=state, out=out, to=to,
        outputs=lambda file: _output(form, to, file, False), tell=_tell, strict=strict,
    )  # fmt: skip


def _write(run: Any, output: Any, explain: bool, state: Any, provenance: bool) -> bool:
    """Write all studies; return whether there was nothing to complain about."""
    from labkit.fhir.mapping.output import NdjsonOutput
    from labkit.fhir.mapping.provenance import with_provenance
    from labkit.fhir.mapping.telling import tell

    ok = True
    for (mapped,) in run:
        if provenance:
            mapped = with_provenance(mapped, run.tables[0], datetime.now(timezone.utc))
        lines, good = tell(mapped, run.fhir, explain=explain)
        for line in lines:
            _say(line)
        ok = ok and good
        output.write(mapped)
        if state is not None:
            state.mark(mapped.uid, output.end() if isinstance(output, NdjsonOutput) else None)
    for problem in output.problems:
        _say(problem)
    return ok and not output.problems and not run.source.report.failures


def _compare(run: Any) -> bool:
    from labkit.fhir.mapping.difference import Differences

    found = Differences()
    for before, after in run:
        found.add(before.resources, after.resources)
    typer.echo(str(found))
    return not run.source.report.failures


def _options(
    where: str, retrieve: str, destination: str, listen: str, slice_days: int
) -> dict[str, Any]:
    if "://" not in where:
        return {"retrieve": retrieve}
    options: dict[str, Any] = {"retrieve": retrieve, "slice_days": slice_days}
    if retrieve == "move":
        host, _, port = listen.rpartition(":")
        if not port.isdigit():
            raise UsageError(
                "C-MOVE needs an address of ours that the archive knows",
                remedy="Name it: --listen 127.0.0.1:11113 --destination LABKIT.",
            )
        options |= {"destination": destination, "host": host or "127.0.0.1", "port": int(port)}
    return options


def _check(form: str, to: str, out: Path | None, state: Path | None, compare: Path | None) -> None:
    if form not in _FORMATS:
        raise UsageError(f"there is no format {form!r}", remedy=f"One of {', '.join(_FORMATS)}.")
    if to and out:
        raise UsageError("the result goes to a server or to a file", remedy="Give one of them.")
    if state and not (to or (form == "ndjson" and out)):
        raise UsageError(
            "one Bundle cannot be gone on with",
            remedy="With --state, send it (--to URL), or write lines (--format ndjson --out FILE).",
        )
    if state and compare:
        raise UsageError("a comparison is not gone on with", remedy="Leave --state out.")


@contextmanager
def _output(form: str, to: str, out: Path | None, append: bool) -> Iterator[Any]:
    from labkit.fhir.mapping.output import BundleOutput, NdjsonOutput, ServerOutput

    if to:
        from labkit.fhir import FhirClient

        output: Any = ServerOutput(FhirClient(to))
        yield output
        output.close()
        return
    with _file(out, append) as file:
        if form == "ndjson":
            before = out.read_text("utf-8").splitlines() if append and out else ()
            output = NdjsonOutput(file, before)
        else:
            output = BundleOutput(file, "collection" if form == "bundle" else form)
        yield output
        output.close()


@contextmanager
def _lookup(to: str) -> Iterator[Callable[[str, str, str], str] | None]:
    """Give what finds a reference by identifier on the server: one match counts, several do not."""
    if not to:
        yield None
        return
    from labkit.fhir import FhirClient

    with FhirClient(to) as client:

        def find(kind: str, system: str, value: str) -> str:
            found = list(islice(client.search(kind, identifier=f"{system}|{value}"), 2))
            return f"{kind}/{found[0]['id']}" if len(found) == 1 else ""

        yield find


@contextmanager
def _file(out: Path | None, append: bool) -> Iterator[TextIO]:
    if out is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        yield sys.stdout
        return
    try:
        with out.open("a" if append else "w", encoding="utf-8", newline="\n") as file:
            yield file
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}",
                         remedy="Name a file in a folder that is there.") from error  # fmt: skip


@contextmanager
def _progress(source: Any) -> Iterator[Callable[[int], None] | None]:
    """Show a bar on a terminal; a pipe or a file gets none."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("headers"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None if source.grouped else source.count().files)
        yield lambda number: bar.update(task, completed=number)


def _tell(report: Any, headers: int, studies: int) -> None:
    for left in report.first:
        if left.kind in ("broken", "failed"):
            _say(f"{left.origin}: {left.reason}")
    left_out = ", ".join(f"{number} {kind}" for kind, number in sorted(report.counts.items()))
    made = f"{studies} {'study' if studies == 1 else 'studies'}"
    read = f"{headers} header{'s' * (headers != 1)}"
    _say(f"{made} from {read}" + (f"; {left_out}" if left_out else ""))


def _say(text: str) -> None:
    typer.echo(text, err=True)
