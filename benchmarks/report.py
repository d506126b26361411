"""The page docs/performance.md, made of rows and of the notes in ``benchmarks/notes``.

A row's group is found by how its work begins, see `GROUPS`. A row whose work begins with `GROWTH`
compares us with ourselves: `Row.ours` is the figure of the larger load, `Row.peer` that of the
smaller one, which `Row.peer_name` names; `Row.ratio` is how much of the speed is left.

Each note is of one part (``dimse.md``), begins with a heading of the third level, and is put on the
page as it is: links lead from ``docs/``.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import Row

NOTES = Path(__file__).with_name("notes")
GROWTH = "growth: "
OTHER = "Other work"
#: Heading → how the work of its rows begins.
GROUPS = {
    "DIMSE, storing and retrieving": ("storescu", "getscu", "movescu"),
    "DIMSE, finding": ("C-FIND",),
    "DICOMweb": ("WADO-RS", "QIDO-RS", "STOW-RS"),
    "Façade": ("façade",),
    "Mapping to FHIR": ("mapping",),
    "De-identification": ("de-identif", "leaks"),
    "What a learner waits for": ("import", "lab ready", "kernel", "all notebooks"),
    "Widgets": ("ImageViewer",),
}

HEAD = """# Performance

Written by `python -m benchmarks` (part of `python3 lab.py test long`). Each line is of one run, on
the machine named below, each peer measured beside us in alternating order; figures are medians of
several rounds. Read the ratio, never the figure: above 1 we are faster. TCP_NODELAY is set on both
ends. Ours is ARCHIVE as a learner has it: it syncs each object before it answers, writes an event
log and records every PDU. Orthanc, its plugin and dcmqrscp run as their packages have them.
"""
BEHIND = "## Where ours is behind, and what was tried"
GROWS = """## Growth

The same work with ten or more times the data, the clients or the processes, beside ourselves with
fewer. The ratio is how much of the speed of the smaller load is left: 1 is all of it. With more
processes, it is how many times as fast the larger number is.
"""


def page(rows: list[Row], where: str, versions: str, notes: Path = NOTES) -> str:
    """Write the page: rows by group, what is behind with the notes, growth.

    Parameters
    ----------
    where, versions
        The machine, and what was measured; without a stop at their end.
    notes
        Folder of the notes.
    """
    parts = [HEAD.strip(), f"{where}. {versions}.", _count(rows)]
    for name, its in grouped(rows).items():
        parts += [f"## {name}", _table(its)]
    late = [row for row in rows if row.ratio < row.target]
    parts += [BEHIND, _behind(late), *texts(notes)]
    growth = [row for row in rows if row.work.startswith(GROWTH)]
    if growth:
        parts += [GROWS.strip(), _table(growth)]
    return "\n\n".join(parts) + "\n"


def grouped(rows: list[Row]) -> dict[str, list[Row]]:
    """Sort the rows that are not about growth into their groups; groups without rows are left out.

    Rows that no group knows come last, under `OTHER`.
    """
    found: dict[str, list[Row]] = {name: [] for name in (*GROUPS, OTHER)}
    for row in (row for row in rows if not row.work.startswith(GROWTH)):
        name = next((n for n, starts in GROUPS.items() if row.work.startswith(starts)), OTHER)
        found[name].append(row)
    return {name: its for name, its in found.items() if its}


def texts(folder: Path) -> list[str]:
    """Read the notes, in the order of their names.

    Raises
    ------
    ValueError
        One does not begin with a heading of the third level: the page would be out of order.
    """
    found = []
    for path in sorted(folder.glob("*.md")):
        text = path.read_text(encoding="utf-8").strip()
        if not text.startswith("### "):
            raise ValueError(f"{path} does not begin with '### ' and the name of its part")
        found.append(text)
    return found


def machine_of(text: str) -> tuple[str, str]:
    """Find the machine and the versions on a page that `page` wrote.

    Raises
    ------
    ValueError
        It is not such a page.
    """
    paragraphs = text.split("\n\n")
    if text.startswith(HEAD.strip()):
        line = paragraphs[HEAD.strip().count("\n\n") + 1].rstrip(".")
        where, _, versions = line.partition(". labkit ")
        if versions:
            return where, f"labkit {versions}"
    raise ValueError("the page is not one of `python -m benchmarks`")


def _count(rows: list[Row]) -> str:
    behind = sum(row.ratio < row.target for row in rows)
    return f"{behind} of {len(rows)} lines are behind their target; those are named below."


def _table(rows: list[Row]) -> str:
    growth = rows[0].work.startswith(GROWTH)
    names = ("more", "fewer") if growth else ("ours", "peer")
    lines = [f"| work | unit | {names[0]} | {names[1]} | | ratio | target |", "|---" * 7 + "|"]
    for row in rows:
        peer = "" if row.peer is None else f"{row.peer:g}"
        mark = "**" if row.ratio < row.target else ""
        lines.append(
            f"| {row.work.removeprefix(GROWTH)} | {row.unit} | {row.ours:g} | {peer} | "
            f"{row.peer_name or 'what we allow'} | {mark}{row.ratio:g}{mark} | {row.target:g} |"
        )
    return "\n".join(lines)


def _behind(late: list[Row]) -> str:
    if not late:
        return "No line is behind its target."
    return "\n".join(
        f"- {row.work}: {row.ratio:g} of {row.target:g}, beside {row.peer_name or 'what we allow'}"
        for row in late
    )
