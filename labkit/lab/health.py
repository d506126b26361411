"""Is the lab well? One question to each service, and what to do where the answer is no."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from labkit.common.errors import LabkitError
from labkit.common.html_table import html_table
from labkit.lab.nodes import FHIR, Node

HEALTH_AE = "LABHEALTH"
"""Calls itself so; logs and traces shown to a learner leave it out."""
TIMEOUT = 5.0
"""Seconds until a silent node counts as ill."""

Probe = Callable[[], None]
"""Returns when the service is well, else raises a `LabkitError`."""


@dataclass(frozen=True)
class NodeHealth:
    """One row of the table.

    Attributes
    ----------
    problem
        What is wrong, ``""`` if nothing.
    remedy
        What to do next.
    """

    name: str
    ae_title: str
    role: str
    site: str
    problem: str = ""
    remedy: str = ""

    @property
    def healthy(self) -> bool:
        """Whether it answered as it should."""
        return not self.problem


@dataclass(frozen=True)
class Health:
    """The state of a lab; true if all of it is well. Shows neither host nor port."""

    rows: Sequence[NodeHealth]

    def __bool__(self) -> bool:
        return all(row.healthy for row in self.rows)

    def __iter__(self) -> Iterator[NodeHealth]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> NodeHealth:
        return next(row for row in self.rows if row.name == name)

    @property
    def summary(self) -> str:
        """One sentence."""
        ill = [row.name for row in self.rows if not row.healthy]
        if not ill:
            return f"All {len(self.rows)} services are healthy."
        return f"{len(ill)} of {len(self.rows)} services not healthy: {', '.join(ill)}."

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data, by name."""
        return {row.name: {"healthy": row.healthy, **asdict(row)} for row in self.rows}

    def cells(self) -> list[tuple[str, ...]]:
        """Return the table, head first."""
        table: list[tuple[str, ...]] = [("node", "AE title", "role", "site", "state")]
        for r in self.rows:
            state = "healthy" if r.healthy else "NOT HEALTHY"
            table.append((r.name, r.ae_title or "–", r.role, r.site, state))
        return table

    def _advice(self) -> list[str]:
        ill = [row for row in self.rows if not row.healthy]
        said = {f"{row.problem} -> {row.remedy}" for row in ill}
        if len(ill) == len(self.rows) and len(said) == 1:
            return list(said)  # one cause: say it once
        return [f"{row.name}: {row.problem} -> {row.remedy}" for row in ill]

    def __repr__(self) -> str:
        cells = self.cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]
        return "\n".join([*lines, self.summary, *self._advice()])

    def _repr_html_(self) -> str:
        head, *rows = self.cells()
        lines = [self.summary, *self._advice()]
        return html_table(head, rows) + "".join(f"<p>{html.escape(line)}</p>" for line in lines)


def examine(nodes: Mapping[str, Node], fhir: Probe) -> Health:
    """Send a C-ECHO to every node and `fhir` to the FHIR server, all at once."""
    probes: dict[str, Probe] = {name: _echo(node) for name, node in nodes.items()}
    probes[FHIR] = fhir
    with ThreadPoolExecutor(max_workers=len(probes)) as pool:
        answers = dict(zip(probes, pool.map(_ask, probes.items()), strict=True))
    rows = [
        NodeHealth(name, node.ae_title, node.role, node.site, *answers[name])
        for name, node in nodes.items()
    ]
    rows.append(NodeHealth(FHIR, "", "FHIR R4 server", "shared", *answers[FHIR]))
    return Health(tuple(rows))


def _echo(node: Node) -> Probe:
    def probe() -> None:
        from labkit.dimse import echo

        result = echo(node, ae_title=HEALTH_AE, timeout=TIMEOUT)
        if result.status.code != 0x0000:  # PS3.7 9.1.5: C-ECHO knows no warning
            raise LabkitError(f"answers C-ECHO with {result.status}.")

    return probe


def _ask(named: tuple[str, Probe]) -> tuple[str, str]:
    name, probe = named
    try:
        probe()
    except LabkitError as error:
        remedy = f'Start it with lab.start_node("{name}"), or put all back with lab.reset().'
        return error.message, remedy
    return "", ""
