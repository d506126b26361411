"""C-MOVE destinations that one archive knows beside those that all know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labkit.dimse import Peer


class KnownToo(Mapping[str, Peer]):
    """`known`, and `more` of which only one archive has been told.

    Parameters
    ----------
    known, more
        AE title → peer; looked up anew each time.
    """

    def __init__(self, known: Mapping[str, Peer], more: Mapping[str, Peer]) -> None:
        self._known, self._more = known, more

    def __getitem__(self, ae_title: str) -> Peer:
        return self._more[ae_title] if ae_title in self._more else self._known[ae_title]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._known, *self._more}))

    def __len__(self) -> int:
        return len({*self._known, *self._more})
