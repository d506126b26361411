"""What the rooms cost in memory, as Linux counts it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.lab.lock import FileLock
from labkit.workshop.release import Workshop
from labkit.workshop.rooms import jupyter
from labkit.workshop.rooms.record import Record
from labkit.workshop.rooms.serve import LOCK

PROC = Path("/proc")


@dataclass(frozen=True)
class Cost:
    """Memory in MiB: proportional set size, where a page that n processes share counts 1/n each.

    Attributes
    ----------
    name
        The learner; ``""`` for the page and the process that starts labs.
    lab, jupyter, kernels
        Of each; `kernels` with everything else that JupyterLab has started, such as terminals.
    count
        How many processes `kernels` counts.
    """

    name: str
    lab: float
    jupyter: float
    kernels: float
    count: int

    @property
    def total(self) -> float:
        """All of it."""
        return self.lab + self.jupyter + self.kernels


def costs(workshop: Workshop, proc: Path = PROC) -> list[Cost]:
    """Measure every open room, and last the page with the process that starts labs.

    Raises
    ------
    UsageError
        This system does not tell (``/proc/PID/smaps_rollup`` is Linux).
    """
    if not (proc / "self" / "smaps_rollup").exists():
        raise UsageError("This system does not say what memory is shared.", remedy="Use Linux.")
    record, children = Record.read(workshop.rooms), _children(proc)
    found = []
    for name, room in record.rooms.items():
        workspace = workshop.workspace(name)
        labs = [FileLock(one.lock).holder() for one in (workspace, workspace.beside)]
        servers = jupyter.servers(workspace, room.token, record.bind)
        tops = [server.pid for server in servers if server.answers()]
        below = [pid for top in tops for pid in _below(top, children)]
        running = [pid for pid in labs if pid is not None]
        lab, server, kernels = (_pss(pids, proc) for pids in (running, tops, below))
        found.append(Cost(name, lab, server, kernels, len(below)))
    page = FileLock(workshop.folder / LOCK).holder()
    if page is not None:
        # The nursery is its child; the labs are the nursery's, and were counted above.
        own = [page, *children.get(page, ())]
        found.append(Cost("", _pss(own, proc), 0.0, 0.0, 0))
    return found


def _children(proc: Path) -> Mapping[int, list[int]]:
    found = defaultdict(list)
    for stat in proc.glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):  # it has just ended
            # proc(5): the name, in brackets, may hold anything; the parent is second after it.
            text = stat.read_text(encoding="utf-8", errors="replace")
            found[int(text.rpartition(")")[2].split()[1])].append(int(stat.parent.name))
    return found


def _below(pid: int, children: Mapping[int, Iterable[int]]) -> Iterator[int]:
    for child in children.get(pid, ()):
        yield child
        yield from _below(child, children)


def _pss(pids: Iterable[int], proc: Path) -> float:
    total = 0
    for pid in pids:
        with suppress(OSError):  # it has just ended
            text = (proc / str(pid) / "smaps_rollup").read_text(encoding="ascii")
            lines = [line.split() for line in text.splitlines()]
            total += sum(int(words[1]) for words in lines if words[0] == "Pss:")
    return total / 1024  # given in KiB
