"""Putting an archive in order after a crash, and making a lost index again.

The objects are the truth. The index may be behind them: a power cut may take the last commits away,
or come between the object and its entry. It is never ahead of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from labkit.common.errors import DataError
from labkit.pacs.entering import Arrival
from labkit.pacs.header import Header, read_header
from labkit.pacs.index import Index
from labkit.pacs.objects import ObjectStore
from labkit.pacs.part10 import read_object


def recover(
    objects: ObjectStore, index: Index, seen: Callable[[Header], Header | None] = lambda h: h
) -> None:
    """Delete half-written objects, forget entries without object, enter objects without entry.

    `seen` gives the header to enter an object with, or ``None`` if it is to stay hidden.
    """
    objects.clean()
    known = {objects.path(uid): uid for uid in index.uids()}
    found = set(objects.files())
    for path in known.keys() - found:
        index.remove(known[path])
    entering = ((a, seen(a.header)) for a in _arrivals(objects, found - known.keys()))
    index.add_many(replace(a, header=header) for a, header in entering if header is not None)


def _arrivals(objects: ObjectStore, paths: set[Path]) -> Iterator[Arrival]:
    # In the order received, as far as the clock tells.
    for path in sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path)):
        try:
            meta, data = read_object(path)
            header = read_header(data, meta.transfer_syntax)
        except DataError:
            continue  # not ours: it stays where it is, and is not seen
        if objects.path(header["SOPInstanceUID"]) == path:
            yield Arrival(header, meta.transfer_syntax, len(data), meta.source)
