"""Putting an archive in order after a crash, and making a lost index again.

The objects are the truth. The index may be behind them: a power cut may take the last commits away,
or come between the object and its entry. It is never ahead of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from labkit.common.errors import DataError
from labkit.pacs.entering import Arrival
from labkit.pacs.header import read_header
from labkit.pacs.index import Index
from labkit.pacs.objects import ObjectStore
from labkit.pacs.part10 import read_object


def recover(objects: ObjectStore, index: Index) -> None:
    """Delete half-written objects, forget entries without object, enter objects without entry."""
    objects.clean()
    known = {objects.path(uid): uid for uid in index.uids()}
    found = set(objects.files())
    for path in known.keys() - found:
        index.remove(known[path])
    index.add_many(_arrivals(objects, found - known.keys()))


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
