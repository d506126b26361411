"""What differs between two data sets, element by element."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pydicom.dataset import Dataset

from labkit.dicom.header import HeaderRow, iter_elements
from labkit.dicom.paths import ancestors, canonical_path, sort_key

_NONE = (None, None)
SAME, CHANGED, ADDED, REMOVED = "same", "changed", "added", "removed"


@dataclass(frozen=True)
class Difference:
    """One element of either data set.

    Attributes
    ----------
    path
        As `labkit.dicom.paths` spells it; the same on both sides.
    status
        ``"same"``, ``"changed"``, ``"added"`` (only right) or ``"removed"`` (only left). A sequence
        or item is changed when anything in it is.
    left, right
        The rows, ``None`` where there is none.
    """

    path: str
    status: str
    left: HeaderRow | None
    right: HeaderRow | None

    @property
    def row(self) -> HeaderRow:
        """The row of the side that has one, left first."""
        row = self.left or self.right
        assert row is not None
        return row


def compare(
    left: Dataset, right: Dataset, *, ignore: Collection[str | int] = ()
) -> list[Difference]:
    """Compare two data sets, File Meta Information included, in tag order.

    Items of sequences are compared by their number. Values are compared as values, so the same
    number written as ``1.0`` and ``1`` is the same, and so is text in two character sets.

    Parameters
    ----------
    ignore
        Tags, keywords or paths to leave out, with what is below them: ``["SOPInstanceUID"]``.
    """
    mine = {row.path: (row, holder) for row, holder in iter_elements(left)}
    if left is right:
        return [Difference(path, SAME, row, row) for path, (row, _) in mine.items()]
    theirs = {row.path: (row, holder) for row, holder in iter_elements(right)}
    skip = tuple(canonical_path(path) for path in ignore)
    status: dict[str, str] = {}
    for path in mine.keys() | theirs.keys():
        if path not in theirs:
            status[path] = REMOVED
        elif path not in mine:
            status[path] = ADDED
        else:
            status[path] = CHANGED if _differs(*mine[path], *theirs[path]) else SAME
    for path in [path for path, what in status.items() if what != SAME]:
        for above in ancestors(path):
            if status[above] == SAME:
                status[above] = CHANGED
    return [
        Difference(path, status[path], mine.get(path, _NONE)[0], theirs.get(path, _NONE)[0])
        for path in sorted(status, key=sort_key)
        if not path.startswith(skip or ("-",))
    ]


def differences(
    left: Dataset, right: Dataset, *, ignore: Collection[str | int] = ()
) -> list[Difference]:
    """List only what is not the same."""
    return [row for row in compare(left, right, ignore=ignore) if row.status != SAME]


def _differs(a: HeaderRow, mine: Dataset, b: HeaderRow, theirs: Dataset) -> bool:
    if a.is_item or (a.vr, b.vr) == ("SQ", "SQ"):
        return False  # decided by what is in them
    if a.problem or b.problem or a.vr != b.vr:
        return (a.vr, a.value, a.problem) != (b.vr, b.value, b.problem)
    tag = int(a.tag[1:5] + a.tag[6:10], 16)
    return bool(mine[tag].value != theirs[tag].value)
