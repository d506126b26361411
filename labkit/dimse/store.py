"""C-STORE: send objects, and know of each whether it arrived (PS3.4 B, PS3.7 9.1.1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID, ImplicitVRLittleEndian
from pynetdicom import build_context
from pynetdicom.dimse_primitives import C_STORE

from labkit.common.errors import (
    AssociationError,
    DataError,
    DimseError,
    NoPresentationContext,
    UsageError,
)
from labkit.dimse.association import Tls, associate
from labkit.dimse.link import Link
from labkit.dimse.outgoing import UNREADABLE, Objects, Outgoing, Source, gather
from labkit.dimse.peer import Peer
from labkit.dimse.status import Status
from labkit.dimse.trace import AssociationTrace

ATTEMPTS = 2  # an object whose answer was lost is sent once more
MUTE = 3  # answers lost one after the other, after which the rest is not tried


@dataclass(frozen=True)
class SentItem:
    """One object, and what became of it.

    Attributes
    ----------
    SOPInstanceUID, SOPClassUID
        Of the object; empty where it could not be read.
    status
        What the peer answered; ``None`` if it never answered, and then it does not count as sent.
    source
        The data set, path or bytes it came from.
    problem
        Why there is no status, in words.
    attempts
        How often it went over the wire.
    """

    SOPInstanceUID: str
    SOPClassUID: str
    status: Status | None
    source: Source = field(repr=False)
    problem: str = ""
    attempts: int = 1

    @property
    def stored(self) -> bool:
        """Whether the peer acknowledged it, with success or with a warning."""
        return self.status is not None and bool(self.status)

    def __str__(self) -> str:
        what = self.SOPInstanceUID or Outgoing(self.source).name
        return f"{what}: {self.status if self.status is not None else self.problem}"


@dataclass
class StoreResult:
    """What became of the objects, in the order given.

    Attributes
    ----------
    items
        One `SentItem` for each object.
    traces
        One trace for each association it took.
    """

    items: list[SentItem] = field(default_factory=list)
    traces: list[AssociationTrace] = field(default_factory=list, repr=False)

    @property
    def stored(self) -> list[SentItem]:
        """Those the peer acknowledged."""
        return [item for item in self.items if item.stored]

    @property
    def failed(self) -> list[SentItem]:
        """Those it refused, that could not be read, or whose answer never came."""
        return [item for item in self.items if not item.stored]

    @property
    def trace(self) -> AssociationTrace:
        """The trace of the last association."""
        return self.traces[-1] if self.traces else AssociationTrace()

    def raise_for_status(self) -> None:
        """Raise `DimseError` if not every object was stored."""
        if self.failed:
            first = self.failed[0]
            raise DimseError(
                f"{len(self.failed)} of {len(self.items)} objects were not stored; {first}",
                status=first.status.code if first.status is not None else 0x0110,
                remedy="Go through result.failed: each says its status or its problem.",
            )

    def __repr__(self) -> str:
        lines = [f"<StoreResult: {len(self.stored)} stored, {len(self.failed)} failed>"]
        shown = self.failed[:10]
        lines += [f"  {item}" for item in shown]
        if len(self.failed) > len(shown):
            lines.append(f"  … and {len(self.failed) - len(shown)} more")
        return "\n".join(lines)


def store(
    peer: Peer,
    objects: Objects,
    *,
    ae_title: str = "LEARNER",
    timeout: float = 30.0,
    tls: Tls = None,
) -> StoreResult:
    """Send objects, each in its own transfer syntax.

    For each SOP class it proposes the transfer syntaxes that the objects have, one presentation
    context each so that the peer cannot swap them, and Implicit VR Little Endian beside the
    uncompressed ones (PS3.5 10.1). When an answer is lost it opens a new association and sends
    that object again; what was not acknowledged is never counted as sent.

    Parameters
    ----------
    peer, ae_title, timeout, tls
        As of `labkit.dimse.associate`.
    objects
        A data set, a path, the bytes of a Part 10 file, a folder, or an iterable of these.

    Raises
    ------
    AssociationError
        The first association was not had. Later failures are in the result.
    UsageError
        There is nothing to send.

    References
    ----------
    PS3.4 Annex B (the Storage service), PS3.7 9.1.1 (the C-STORE messages)
    """
    items = list(gather(objects))
    if not items:
        raise UsageError(
            "there is nothing to send", remedy="Check the folder or the list: it holds no file."
        )
    result = StoreResult()
    done: dict[int, SentItem] = {
        id(item): _failed(item, item.problem) for item in items if item.problem
    }
    for batch in _batches([item for item in items if not item.problem]):
        options: dict[str, Any] = {"ae_title": ae_title, "timeout": timeout, "tls": tls}
        _send_batch(peer, batch, done, result, options)
    result.items = [done[id(item)] for item in items]
    return result


def _send_batch(
    peer: Peer,
    batch: deque[Outgoing],
    done: dict[int, SentItem],
    result: StoreResult,
    options: dict[str, Any],
) -> None:
    lost = 0
    contexts = [build_context(sop, syntax) for sop, syntax in _proposals(batch)]
    while batch:
        link = None
        try:
            with associate(peer, contexts, **options) as link:
                while batch:
                    done[id(batch[0])] = _send_one(link, batch[0])
                    batch.popleft()
                    lost = 0
        except AssociationError as error:
            if link is None and not result.traces:
                raise
            lost += 1
            give_up = link is None or lost >= MUTE
            while batch and (give_up or batch[0].attempts >= ATTEMPTS):
                item = batch.popleft()
                what = "not acknowledged" if item.attempts else "not sent"
                done[id(item)] = _failed(item, f"{what}: {error.message}")
        finally:
            if link is not None:
                result.traces.append(link.trace)


def _send_one(link: Link, item: Outgoing) -> SentItem:
    """Send one object; raises `AssociationError` when its answer is lost."""
    try:
        context = _context_for(link, item)
        data = item.encoded(str(context.transfer_syntax[0]))
    except NoPresentationContext as error:
        return _failed(item, error.message)
    except DataError as error:
        return _failed(item, error.message)
    except UNREADABLE as error:
        return _failed(item, f"cannot be read: {error}")
    request = C_STORE()
    request.MessageID = link.next_id()
    request.Priority = 0  # medium
    request.AffectedSOPClassUID = item.sop_class
    request.AffectedSOPInstanceUID = item.sop_instance
    # Fragments have an even length (PS3.8 E.1); a deflated data set may need its pad (PS3.5 A.5).
    request.DataSet = BytesIO(data + b"\x00" * (len(data) % 2))
    item.attempts += 1
    answer: Dataset = link.exchange(request, context, "C-STORE-RSP")
    status = Status.of(answer, "C-STORE")
    return SentItem(item.sop_instance, item.sop_class, status, item.source, attempts=item.attempts)


def _context_for(link: Link, item: Outgoing) -> Any:
    """Find the context of the object's own transfer syntax, or one it can be re-encoded for."""
    fits = [
        context
        for context in link.assoc.accepted_contexts
        if context.abstract_syntax == item.sop_class and context.as_scu
    ]
    for context in fits:
        if context.transfer_syntax[0] == item.transfer_syntax:
            return context
    if _can_convert(item.transfer_syntax):
        for context in fits:
            if _can_convert(context.transfer_syntax[0]):
                return context
    raise link.no_context(item.sop_class, item.transfer_syntax)


def _batches(items: list[Outgoing]) -> Iterator[deque[Outgoing]]:
    """Cut the items so that each batch needs at most 128 presentation contexts (PS3.8 9.3.2.2)."""
    batch: deque[Outgoing] = deque()
    pairs: set[tuple[str, str]] = set()
    for item in items:
        needed = set(_proposals([item]))
        if len(pairs | needed) > 128:
            yield batch
            batch, pairs = deque(), set()
        pairs |= needed
        batch.append(item)
    if batch:
        yield batch


def _proposals(items: Iterable[Outgoing]) -> list[tuple[str, str]]:
    """List the (SOP class, transfer syntax) pairs to propose, in a stable order."""
    pairs = dict.fromkeys((item.sop_class, item.transfer_syntax) for item in items)
    for sop_class, syntax in list(pairs):
        if _can_convert(syntax):
            pairs[(sop_class, str(ImplicitVRLittleEndian))] = None
    return list(pairs)


def _can_convert(syntax: str) -> bool:
    """Whether writing it anew changes only the VRs: neither compressed pixels nor swapped bytes."""
    return not UID(syntax).is_compressed and UID(syntax).is_little_endian


def _failed(item: Outgoing, why: str) -> SentItem:
    return SentItem(
        item.sop_instance, item.sop_class, None, item.source, why, attempts=item.attempts
    )
