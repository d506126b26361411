"""C-FIND in an archive of a million studies, beside the same queries in one of five.

``python -m benchmarks.large FOLDER STUDIES`` is the server: an index with so many studies and no
objects behind it, filled as `tests.resilience.test_big_archive` fills its own. Where it is slow to
answer a query that finds little, an index is missing.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.measure import Row, alternate, grown
from labkit.common import ALLOW_ALL
from labkit.dimse import Peer, find, identifier
from labkit.pacs import Archive, NodeConfig, PacsNode
from tests.resilience.test_big_archive import arrival

SMALL = 5


def large(folder: Path, rounds: int, listed: int, studies: int) -> list[Row]:
    """Ask for one study, by UID, name and date, in a small archive and a large one; then list all.

    Listing all, beside so many as `listed`, is once only: it takes minutes.
    """
    rows = []
    with ExitStack() as stack:
        peers = {size: stack.enter_context(served(folder, size)) for size in (SMALL, studies)}
        for what, expected, keys in (
            ("by UID", 1, {"StudyInstanceUID": "1.2.7.3"}),
            ("by name, wildcard", 4, {"PatientName": "family0000000*"}),
            ("by date range", 2, {"StudyDate": "20160101-20160102", "PatientID": "P0000000"}),
        ):
            acts = {f"{size:,} studies": asks(peers[size], keys, expected) for size in peers}
            small, big = alternate(acts, rounds).items()
            row = grown(f"C-FIND {what}", _ms(big), _ms(small), unit="ms", target=0.5)
            rows.append(row)
        peers[listed] = stack.enter_context(served(folder, listed))
        fewer, more = (_listing(peers[size], size) for size in (listed, studies))
        rows.append(grown("C-FIND all of them", more, fewer, unit="matches/s", target=0.8))
    return rows


def asks(peer: Peer, keys: dict[str, str], expected: int) -> Callable[[int], object]:
    """Return what asks, and makes sure that it finds what it should."""
    query = identifier("STUDY", **{"StudyInstanceUID": "", "PatientName": "", **keys})

    def ask(turn: int) -> None:
        found = len(find(peer, query, timeout=600))
        if found != expected:
            raise RuntimeError(f"{found} in place of {expected} matches")

    return ask


@contextmanager
def served(folder: Path, studies: int) -> Iterator[Peer]:
    """Run the server in a process of its own, as the archive of a lab is."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.large",
        str(folder / f"large-{studies}"),
        str(studies),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield Peer("ARCHIVE", "127.0.0.1", int(process.stdout.readline()))
        finally:
            process.stdin.close()  # which ends it


def serve(folder: Path, studies: int) -> None:
    """Fill an index and answer until the standard input ends; print the port."""
    archive = Archive(folder)
    archive.index.add_many(map(arrival, range(studies)))
    node = PacsNode(NodeConfig("ARCHIVE"), archive, policy=ALLOW_ALL)
    try:
        sys.stdout.write(f"{node.start()}\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        node.stop()
        archive.close()


def _listing(peer: Peer, studies: int) -> tuple[str, float]:
    seconds = alternate({"all": asks(peer, {}, studies)}, 1, warm=False)["all"]
    return f"{studies:,} studies", studies / seconds


def _ms(named: tuple[str, float]) -> tuple[str, float]:
    name, seconds = named
    return name, 1000 * seconds


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
