"""What is wrong with a design: each finding has a name, a rule of the field, and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from labkit.common.cite import Citation
from labkit.common.html_table import Markup, html_table
from labkit.exchange.network.design import Design


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a design.

    Attributes
    ----------
    name
        Of the kind of finding: ``"single-point-of-failure"``.
    severity
        ``"error"``: it does not work, or is not allowed; ``"warning"``: it will hurt.
    about
        The site, link, community or section.
    says
        What is so, and what follows from it.
    remedy
        What to do.
    at
        Where in the file.
    reference
        Where that is written; ``None`` where it is engineering.
    """

    name: str
    severity: str
    about: str
    says: str
    remedy: str
    at: str = ""
    reference: Citation | None = None

    def __str__(self) -> str:
        place = f" ({self.reference})" if self.reference else ""
        return f"{self.severity}: {self.name}: {self.says}{place}\n  -> {self.remedy}"


Check = Callable[[Design], Iterator[Finding]]


class Findings(Sequence[Finding]):
    """Findings, errors first; printed, a paragraph each."""

    def __init__(self, found: Iterable[Finding] = ()) -> None:
        self._found = sorted(found, key=lambda finding: finding.severity != "error")

    def __getitem__(self, place: int) -> Finding:  # type: ignore[override]
        return self._found[place]

    def __len__(self) -> int:
        return len(self._found)

    @property
    def names(self) -> list[str]:
        """The names that occur, each once, sorted."""
        return sorted({finding.name for finding in self._found})

    @property
    def errors(self) -> list[Finding]:
        """Those that make the design unfit."""
        return [finding for finding in self._found if finding.severity == "error"]

    def named(self, name: str) -> list[Finding]:
        """Those of one name."""
        return [finding for finding in self._found if finding.name == name]

    def __repr__(self) -> str:
        return "\n".join(map(str, self._found)) or "nothing found"

    def _repr_html_(self) -> str:
        rows = [
            (f.severity, f.name, f.about, Markup(escape(f.says) + _place(f)), f.remedy)
            for f in self._found
        ]
        return html_table(("", "finding", "about", "why", "remedy"), rows)


def _place(finding: Finding) -> str:
    return f" ({finding.reference._repr_html_()})" if finding.reference else ""
