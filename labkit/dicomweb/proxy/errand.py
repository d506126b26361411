"""A C-GET or C-MOVE: how it is stopped, what it came to, what has to be proposed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydicom.uid import AllTransferSyntaxes, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import StoragePresentationContexts

from labkit.dicomweb.proxy.trace import Step
from labkit.dimse.status import Status

PLAIN = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))
_SYNTAXES = tuple(str(uid) for uid in AllTransferSyntaxes)
_MOST_CONTEXTS = 127  # beside that of the C-GET itself (PS3.8 9.3.2.2)
Tell = Callable[[Step], None]


@dataclass(frozen=True)
class Ending:
    """What a C-GET or C-MOVE came to.

    Attributes
    ----------
    status
        The final status.
    failed
        Sub-operations that failed, as the PACS counted them.
    """

    status: Status
    failed: int = 0


@dataclass
class Errand:
    """A C-GET or C-MOVE that may be cancelled while it goes on.

    Attributes
    ----------
    receive
        Takes each object of a C-GET; gives the status of its C-STORE.
    tell
        Takes the step that it makes.
    step
        The step that is under way, in which objects are counted.
    """

    tell: Tell
    receive: Callable[[Any], int] = lambda event: 0x0110
    _cancel: Callable[[], None] | None = None
    _abort: Callable[[], None] | None = None
    cancelled: bool = False
    step: Step | None = None

    def cancel(self) -> None:
        """Send a C-CANCEL (PS3.7 9.3.2.3)."""
        self.cancelled = True
        cancel = self._cancel
        if cancel is not None:
            with suppress(RuntimeError):  # pynetdicom's, where the association has just ended
                cancel()

    def abort(self) -> None:
        """End the association."""
        self.cancelled = True
        abort = self._abort
        if abort is not None:
            abort()


def storage_contexts(classes: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Contexts of the classes: one a transfer syntax, so that each object can come as it is.

    Without classes, since some PACS do not tell them: the usual ones, uncompressed.
    """
    if not classes:
        for context in StoragePresentationContexts[:_MOST_CONTEXTS]:
            yield str(context.abstract_syntax), PLAIN
        return
    chosen = list(classes)[:_MOST_CONTEXTS]
    each = max(1, _MOST_CONTEXTS // max(len(chosen), 1))
    alone = _SYNTAXES[: each - 1] if len(_SYNTAXES) > each else _SYNTAXES
    for uid in chosen:
        for syntax in alone:
            yield uid, (syntax,)
        if len(alone) < len(_SYNTAXES):
            yield uid, _SYNTAXES[len(alone) :]
