"""The images of several archives as those of one community."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError
from labkit.exchange.images.source import ImageSource


class Joined:
    """The images of several archives as one source; one that does not answer has nothing."""

    def __init__(self, sources: Collection[ImageSource]) -> None:
        self._sources = tuple(sources)

    def studies(self) -> list[Dataset]:
        """As of each."""
        return [ds for source in self._sources for ds in _given(source.studies)]

    def headers(self, study: str) -> list[Dataset]:
        """Of the first that has the study."""
        for source in self._sources:
            found = _given(lambda source=source: source.headers(study))  # type: ignore[misc]
            if found:
                return found
        return []

    def files(
        self, study: str, series: str, instances: Collection[str]
    ) -> Iterator[tuple[str, bytes]]:
        """Of each what the ones before had not."""
        left = set(instances)
        for source in self._sources:
            if left:
                for uid, data in source.files(study, series, frozenset(left)):
                    left.discard(uid)
                    yield uid, data


def _given(ask: Callable[[], list[Dataset]]) -> list[Dataset]:
    try:
        return ask()
    except LabkitError:
        return []
