"""One association for everything that is asked of an archive, opened when it is first needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from labkit.common.errors import AssociationError, NoPresentationContext
from labkit.dimse.association import associate, query_context
from labkit.dimse.identifier import identifier
from labkit.dimse.link import Link
from labkit.dimse.peer import Peer
from labkit.dimse.status import Status


class Session:
    """An association with a peer that carries every query and retrieval of a run.

    Archives count associations, and many allow only a few at a time. It is opened again where the
    archive has closed it in the meantime.

    Parameters
    ----------
    peer, ae_title, timeout
        As of `labkit.dimse.associate`.
    contexts, handlers, negotiation
        What is proposed beside C-FIND (Study Root).

    Attributes
    ----------
    opened
        How many associations it came to; 1 unless the peer ended one.
    """

    def __init__(
        self,
        peer: Peer,
        *,
        ae_title: str,
        timeout: float = 30.0,
        contexts: Sequence[Any] = (),
        handlers: Sequence[Any] = (),
        negotiation: Sequence[Any] = (),
    ) -> None:
        self.peer = peer
        self.opened = 0
        self._proposed = [query_context(StudyRootQueryRetrieveInformationModelFind), *contexts]
        self._options: dict[str, Any] = {
            "ae_title": ae_title, "timeout": timeout, "handlers": handlers,
            "negotiation": negotiation,
        }  # fmt: skip
        self._manager: AbstractContextManager[Link] | None = None
        self._link: Link | None = None

    def find(self, level: str, keys: dict[str, Any]) -> list[Dataset]:
        """Send a C-FIND and collect its matches; once more where the association was lost.

        Raises
        ------
        DimseError
            It ended with a failure.
        AssociationError
            The peer does not answer, also not the second time.
        """
        try:
            return self._find(level, keys)
        except NoPresentationContext:
            raise
        except AssociationError:
            if not self.opened:
                raise
            return self._find(level, keys)

    def run(self, request: Any, asked: Dataset) -> Iterator[tuple[Dataset, Dataset | None]]:
        """Send a request with an identifier, and go through the responses."""
        link = self.link()
        try:
            context = link.require(str(request.AffectedSOPClassUID))
            yield from link.query(request, context, asked)
        except BaseException:
            link.assoc.abort()  # nothing may be left half answered on it
            raise

    def link(self) -> Link:
        """Give the open association, opening it where there is none."""
        if self._link is None or not self._link.assoc.is_established:
            self.close()
            self._manager = associate(self.peer, self._proposed, **self._options)
            self._link = self._manager.__enter__()
            self.opened += 1
        return self._link

    def close(self) -> None:
        """Release the association, if there is one."""
        manager, self._manager, self._link = self._manager, None, None
        if manager is not None:
            manager.__exit__(None, None, None)

    def _find(self, level: str, keys: dict[str, Any]) -> list[Dataset]:
        request = C_FIND()
        request.AffectedSOPClassUID = StudyRootQueryRetrieveInformationModelFind
        matches = []
        status = Status(0xFE00, "C-FIND")
        for answer, match in self.run(request, identifier(level, **keys)):
            status = Status.of(answer, "C-FIND")
            if match is not None:
                matches.append(match)
        status.raise_for_status("C-FIND")
        return matches
