"""Write the table of attacks into docs/security.md: ours and peers, in one run.

::

    python -m benchmarks.attacks [--peers DIR]

The peers are installed from PyPI into a virtual environment of their own, in DIR or a temporary
folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from labkit.deid.attack import Attack, Row, attack, attacks, build
from labkit.deid.attack.peers import PEERS
from labkit.deid.attack.running import deidentified
from labkit.deid.attack.targets import STANDARD

PAGE = Path(__file__).resolve().parents[1] / "docs" / "security.md"
BEGIN, END = "<!-- attacks: begin -->", "<!-- attacks: end -->"
TARGETS = ("naive", *PEERS, "ours")

INTRODUCTION = """
## Attacks on de-identified output

`labkit attack` plants identity in a made-up study of 72 files, lets a de-identifier work on it, and
tries to get it back. Made by `python -m benchmarks.attacks`; do not edit.

- **naive** blanks Patient's Name and copies the rest. Each attack has to get through it, or through
  one that hashes without a key (h) or one that does nothing (c): an attack that
  nothing fails proves nothing.
- **dicom-anonymizer {anonymizer}** with its defaults, which delete private attributes. It works on
  headers; pixels are not its business.
- **deid {deid}** with its default recipe: pixels cleaned by its rules, then the header replaced,
  with `strip_sequences` and `remove_private`, which are not its defaults. Its recipe is meant to be
  extended by the user.
- **ours** is `labkit deid --options clean-pixel-data,clean-visual-features`. The person who reviews
  accepts every defaced head without looking, and no picture in which text may be left.

**yes**: identity came back. no: it did not. –: the target gave out no such object, so there was
nothing to attack. Neither peer takes FHIR.

The attacks and ours were made side by side: a leak that an attack found in ours was closed, and the
peers had no such round. The columns compare what each does as it comes; they are no independent
test. One plant was taken out again: a name in Software Versions (0018,1020), which Table E.1-1 does
not list, and which ours therefore keeps unless a value of this patient is in it.
"""


def table(rows: dict[str, dict[str, Row]]) -> str:
    """Return the section in Markdown."""
    names = {name: f"{name} {PEERS[name]}" if name in PEERS else name for name in TARGETS}
    lines = [
        INTRODUCTION.format(anonymizer=PEERS["dicom-anonymizer"], deid=PEERS["deid"]).strip(), "",
        f"| attack | what is tried | {' | '.join(names.values())} |",
        f"|---|---|{'---|' * len(names)}",
    ]  # fmt: skip
    everything = attacks()
    groups = sorted({one.group for one in everything}, key=lambda g: _first(everything, g))
    for group in groups:
        lines.append(f"| **{group}** | {'| ' * len(names)}|")
        for one in (a for a in everything if a.group == group):
            cells = " | ".join(_cell(rows[target][one.name]) for target in TARGETS)
            mark = {"hashing": " (h)", "copy": " (c)"}.get(one.proof, "")
            lines.append(f"| `{one.name}`{mark} | {one.what} | {cells} |")
    sums = " | ".join(f"**{_hits(rows[target])}**" for target in TARGETS)
    lines.append(f"| **succeeded, of {len(everything)}** | | {sums} |")
    return "\n".join(lines)


def _first(everything: list[Attack], group: str) -> int:
    return next(n for n, one in enumerate(everything) if one.group == group)


def _cell(row: Row) -> str:
    if not row.tried:
        return "–"
    return "**yes**" if row.succeeded else "no"


def _hits(rows: dict[str, Row]) -> int:
    return sum(row.succeeded for row in rows.values())


def put(page: str, section: str) -> str:
    """Return the page with the section between its marks, or at its end where there are none."""
    whole = f"{BEGIN}\n{section}\n{END}"
    if BEGIN not in page:
        return f"{page.rstrip()}\n\n{whole}\n"
    before, _, rest = page.partition(BEGIN)
    return before + whole + rest.partition(END)[2]


def main() -> None:
    """Attack all targets, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, default=None)
    asked = parser.parse_args()
    rows: dict[str, dict[str, Row]] = {}
    with tempfile.TemporaryDirectory() as place:
        planted = build(Path(place) / "study")
        for target in TARGETS:
            out = Path(place) / target
            venv = asked.peers or Path(place) / "venv"
            deidentified(target, planted, out, options=STANDARD, peers=venv)
            rows[target] = {row.name: row for row in attack(planted, out, target)}
    PAGE.write_text(put(PAGE.read_text("utf-8"), table(rows)), "utf-8")
    for target in TARGETS:
        sys.stdout.write(f"{target}: {_hits(rows[target])} of {len(rows[target])} succeeded\n")


if __name__ == "__main__":
    main()
