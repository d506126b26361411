"""A piece of an event log, as a notebook shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import overload

from labkit.common.html_table import preformatted

_ADDRESS = re.compile(r"\b(?:\d{1,3}(?:\.\d{1,3}){3}|localhost)(?::\d{1,5})?\b")
_PORT = re.compile(r"\bport \d{1,5}\b")
_TIME = re.compile(r"^\S*\d{2}:\d{2}:\d{2}\S*\s+")
_DURATION = re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|s)\b")
_NUMBER = re.compile(r"#\d+\b")


def stable(line: str) -> str:
    """Take out of a log line what differs from run to run: time, address, association number."""
    line = _TIME.sub("", line)
    line = _ADDRESS.sub("<address>", line)
    line = _PORT.sub("port <port>", line)
    line = _DURATION.sub("<time>", line)
    return _NUMBER.sub("#n", line)


@dataclass(frozen=True)
class LogText:
    """Log lines, oldest first: iterate, index, search, or let the notebook print them.

    The ``repr`` leaves out time stamps and addresses, so that a saved notebook stays the same;
    ``.lines`` and ``.text`` have everything.

    Attributes
    ----------
    node
        Whose log it is.
    lines
        As they stand in the file, without line ends.
    """

    node: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Everything, one line an event."""
        return "\n".join(self.lines)

    def having(self, *words: str) -> LogText:
        """Return the lines in which all of `words` occur, in any case of letters."""
        wanted = [word.casefold() for word in words]
        kept = (line for line in self.lines if all(word in line.casefold() for word in wanted))
        return LogText(self.node, tuple(kept))

    def __contains__(self, words: object) -> bool:
        return bool(self.having(str(words)).lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> LogText: ...
    def __getitem__(self, index: int | slice) -> str | LogText:
        if isinstance(index, slice):
            return LogText(self.node, self.lines[index])
        return self.lines[index]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return "\n".join(map(stable, self.lines)) or f"(nothing new in the log of {self.node})"

    def _repr_html_(self) -> str:
        return preformatted(repr(self))
