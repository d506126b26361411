"""Make ``docs/reliability.md`` and ``.json`` of the figures that a long run noted.

``python -m tests.resilience.report FIGURES FOLDER``; see `tests.effort.record`.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from labkit.common.wording import counted
from tests.resilience import report_faults as faults

Figures = dict[str, list[dict[str, Any]]]

HEAD = """# Reliability

Written by `python3 lab.py test long`{share}; each figure is of that run. How it is done:
`tests/resilience/`, every test that hypothesis feeds, and `tests/fuzz/`, which spoils a corpus.
"""


def read(path: Path) -> Figures:
    """Read figures by kind."""
    figures: Figures = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        figures[row.pop("kind")].append(row)
    return figures


def summary(figures: Figures) -> dict[str, int]:
    """Return kills, objects and resources lost, random inputs, and crashes by them."""
    killed = [*figures["kills"], *figures["fhir-kills"], *figures["map-kills"]]
    broken = [row for kind in ("disk-full", "read-only") for row in figures[kind]]
    return {
        "kills": sum(row["kills"] for row in killed),
        "lost": sum(row["lost"] for row in (*killed, *broken)),
        "inputs": sum(row["inputs"] for row in figures["fuzz"]),
        "crashes": sum(row["failed"] for row in figures["fuzz"]),
    }


def page(figures: Figures, share: float) -> str:
    """Write the page."""
    part = "" if share == 1 else f", and a share of {share:g} of it"
    return "\n\n".join([HEAD.format(share=part).strip(), *_sections(figures)]) + "\n"


def _sections(figures: Figures) -> list[str]:
    made = [row["text"] for row in figures["note"]]
    for row in figures["kills"]:
        by = ", ".join(f"{number} by {what}" for what, number in row.get("by", {}).items())
        made.append(
            f"## Killed with -9\n\nThe lab was killed {row['kills']} times at random moments, "
            "while five clients wrote: C-STORE into ARCHIVE, STOW-RS, C-STORE into ROUTER (which "
            "forwards to ARCHIVE), Patients created one by one, and studies mapped and sent as "
            f"transactions. {row['acknowledged']} objects and resources had been acknowledged"
            f"{f' ({by})' if by else ''}. After the last start {row['lost']} of them were missing "
            "or changed; every object on disk was whole."
        )
    for row in figures["fhir-kills"]:
        made.append(
            "## The FHIR server killed with -9\n\n"
            f"The server alone was killed {row['kills']} times while three clients sent "
            "transactions (a Patient, its studies, an update). "
            f"{row['acknowledged']} had been acknowledged, of which {row['lost']} were missing "
            f"after the last start; {row['unanswered']} more were there whose answer never came. "
            f"{row['half']} were there in part."
        )
    if figures["map-kills"]:
        made.append(faults.map_kills(figures["map-kills"]))
    for row in figures["tracking-kills"]:
        made.append(
            "## The tracking service killed with -9\n\n"
            f"It was killed {row['kills']} times while a FHIR server was written to; on the way to "
            f"it {row['notices_lost']} notices were dropped and {row['notices_doubled']} doubled. "
            f"Of {row['changes']} changes {row['lost']} were missing after the last poll, and "
            f"{row['twice']} were counted twice."
        )
    for row in figures["soak"]:
        before, after = row["before"], row["after"]
        lines = ["| the lab's process | before | after |", "|---|---|---|"]
        lines += [
            f"| memory, MiB | {before['memory'] >> 20} | {after['memory'] >> 20} |",
            f"| threads | {before['threads']} | {after['threads']} |",
            f"| open files | {before['files']} | {after['files']} |",
        ]
        text = (
            f"{row['requests']} requests (C-ECHO, C-STORE, C-FIND, FHIR search and error) by four "
            "clients, after a warm-up:"
        )
        made.append("\n\n".join(["## Soak", text, "\n".join(lines)]))
    made += faults.sections(figures)
    if figures["fuzz"]:
        made.append(_fuzz(figures["fuzz"]))
    if figures["find"]:
        made.append(_finds(figures["find"]))
    return made


def _fuzz(rows: list[dict[str, Any]]) -> str:
    lines = ["| test | inputs |", "|---|---|"]
    for row in sorted(rows, key=lambda row: str(row["test"])):
        lines.append(f"| `{row['test'].removeprefix('tests/')}` | {row['inputs']} |")
    total, failed = sum(row["inputs"] for row in rows), sum(row["failed"] for row in rows)
    text = f"{total:,} random inputs in {counted(len(rows), 'test')}; {failed} failed."
    return "\n\n".join(["## Random inputs", text, "\n".join(lines)])


def _finds(rows: list[dict[str, Any]]) -> str:
    sizes = sorted({row["studies"] for row in rows})
    by_size = {(row["what"], row["studies"]): row["milliseconds"] for row in rows}
    head = " | ".join(f"{size:,} studies" for size in sizes)
    lines = [f"| C-FIND by | {head} | ratio |", "|---" * (len(sizes) + 2) + "|"]
    for what in dict.fromkeys(row["what"] for row in rows):
        times = [by_size[what, size] for size in sizes]
        cells = " | ".join(f"{time:.1f} ms" for time in times)
        lines.append(f"| {what} | {cells} | {times[-1] / times[0]:.1f} |")
    text = "Median time of a query with its association, in one run; the machine was not reserved."
    return "\n\n".join(["## A very large archive", text, "\n".join(lines)])


def main(source: str, folder: str, share: float) -> None:
    """Write both files."""
    figures = read(Path(source))
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    (target / "reliability.md").write_text(page(figures, share), encoding="utf-8")
    text = json.dumps(summary(figures), indent=1) + "\n"
    (target / "reliability.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
