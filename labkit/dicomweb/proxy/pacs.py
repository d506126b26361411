"""One PACS behind the façade: the DIMSE services that are asked of it, and how it is doing."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, TypeVar

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.dimse_primitives import C_GET, C_MOVE, C_STORE
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from labkit.common.errors import AssociationError, DimseError, LabkitError
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.proxy.asking import FIND, asked_over
from labkit.dicomweb.proxy.breaker import CircuitBreaker
from labkit.dicomweb.proxy.errand import PLAIN, Context, Ending, Errand, Tell
from labkit.dicomweb.proxy.guarded import Guarded
from labkit.dicomweb.proxy.pool import Kind, Lease, Pool
from labkit.dicomweb.proxy.settings import Upstream
from labkit.dicomweb.proxy.trace import Step, current
from labkit.dimse import Link
from labkit.dimse.brief import tags_of
from labkit.dimse.outgoing import Outgoing
from labkit.dimse.permission import ask_destination
from labkit.dimse.status import Status

_T = TypeVar("_T")
_GET = str(StudyRootQueryRetrieveInformationModelGet)
_MOVE = str(StudyRootQueryRetrieveInformationModelMove)


class Pacs:
    """One upstream.

    Parameters
    ----------
    upstream
        What it is.
    calling
        The AE title to call as.
    clock
        Seconds that only grow.
    failures
        As of `CircuitBreaker`.
    patience
        Seconds to wait for a free association.

    Attributes
    ----------
    gets
        Whether it offers C-GET; ``None`` until that is known.
    names_here
        Whether it compares names with regard to case; ``None`` until that is known.
    moved
        Storage classes that it did not give by C-GET.
    """

    def __init__(
        self, upstream: Upstream, calling: str, *, clock: Callable[[], float], failures: int,
        patience: float,
    ) -> None:  # fmt: skip
        self.upstream, self.name = upstream, upstream.name
        self.calling = calling
        self.gets: bool | None = False if upstream.retrieve == "c-move" else None
        self.moved: set[str] = set()
        self.names_here: bool | None = None
        self.breaker = CircuitBreaker(clock, failures)
        self.pool = Pool(
            upstream.peer, calling, upstream.timeout, upstream.associations, patience
        )  # fmt: skip
        self._guarded = Guarded(self.name, self.pool, self.breaker)
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def stats(self) -> dict[str, Any]:
        """How it is doing."""
        with self._lock:
            counts = dict(self._counts)
        requests: dict[str, dict[str, int]] = {}
        for (service, status), number in sorted(counts.items()):
            requests.setdefault(service, {})[status] = number
        return {
            "requests": requests,
            "associations": self.pool.open,
            "idle": self.pool.idle,
            "breaker": self.breaker.state,
        }

    def find(self, level: str, asked: Dataset, most: int | None = None) -> list[Dataset]:
        """Send a C-FIND (PS3.4 C.4.1).

        Parameters
        ----------
        most
            Cancel it after so many matches.

        Raises
        ------
        DimseError
            Its status is a failure.
        AssociationError
            There was no answer.
        WebError
            503: the PACS is busy, or left alone for now.
        """
        return self._search(level, asked, None, most)

    def glance(self, level: str, asked: Dataset, *keywords: str) -> list[dict[str, str]]:
        """Send a C-FIND, and have these attributes alone of what matches, as text.

        They are such as have one word for a value: UIDs, codes, numbers. It costs a third of what
        `find` does.

        Raises
        ------
        DimseError, AssociationError, WebError
            As of `find`.
        """
        return self._search(level, asked, tags_of(*keywords), None)

    def _search(
        self, level: str, asked: Dataset, brief: dict[int, str] | None, most: int | None
    ) -> list[Any]:
        recorder = current()
        with self._step("C-FIND", level, recorder.add if recorder else _nobody) as step:

            def work(lease: Lease) -> tuple[Status, list[Any]]:
                step.association = "reused" if lease.reused else "new"
                return asked_over(lease.link, asked, brief, most)

            status, matches = self._guarded.use(Kind("find", ((FIND, PLAIN),)), work)
            step.count = len(matches)
            self._finish(step, status)
            return matches

    def get(
        self, level: str, asked: Dataset, storage: tuple[Context, ...], errand: Errand
    ) -> Ending:
        """Send a C-GET (PS3.4 C.4.3); its objects go to the errand.

        Parameters
        ----------
        storage
            Presentation contexts of what may come: see `storage_contexts`.

        Raises
        ------
        NoPresentationContext
            It is not offered.
        AssociationError, WebError
            As of `find`. A failure status does not raise.
        """
        served = tuple(dict.fromkeys(uid for uid, _ in storage))
        kind = Kind("get", ((_GET, PLAIN), *storage), served)
        request = C_GET()
        return self._retrieve("C-GET", level, asked, errand, kind, request, _GET)

    def move(self, level: str, asked: Dataset, destination: str, errand: Errand) -> Ending:
        """Send a C-MOVE (PS3.4 C.4.2); its objects go where the destination listens.

        Raises
        ------
        AssociationError, WebError
            As of `find`. A failure status does not raise.
        """
        ask_destination(self.upstream.peer, self.calling, destination)
        request = C_MOVE()
        request.MoveDestination = destination
        kind = Kind("move", ((_MOVE, PLAIN),))
        return self._retrieve("C-MOVE", level, asked, errand, kind, request, _MOVE)

    def _retrieve(
        self, service: str, level: str, asked: Dataset, errand: Errand, kind: Kind,
        request: Any, sop_class: str,
    ) -> Ending:  # fmt: skip
        request.AffectedSOPClassUID = sop_class
        with self._step(service, level, errand.tell) as step:

            def work(lease: Lease) -> Ending:
                link = lease.link
                step.association = "reused" if lease.reused else "new"
                errand.step = step
                lease.receive = errand.receive
                context = link.require(sop_class)
                errand._cancel = lambda: link.cancel(request, context)
                errand._abort = lambda: _abort(link)
                ending, before = Ending(Status(0x0110, service)), None
                if errand.cancelled:
                    raise WebError(503, "the retrieve was cancelled")
                try:
                    for answer, _ in link.query(request, context, asked, counts=False):
                        if answer is before:
                            continue
                        before = answer
                        failed = int(answer.get("NumberOfFailedSuboperations") or 0)
                        ending = Ending(Status.of(answer, service), failed)
                except AssociationError as error:
                    if errand.cancelled:  # ended by us; it says nothing of the PACS
                        raise WebError(503, "the retrieve was cancelled") from error
                    raise
                finally:
                    errand._cancel = errand._abort = None
                lease.spent = ending.status.code != 0x0000
                return ending

            ending = self._guarded.use(kind, work, lambda: step.count == 0)
            self._count(service, f"{ending.status.code:04X}")
            step.end(f"{ending.status.code:04X}", ending.status.text)
            return ending

    def store(self, item: Outgoing) -> Status:
        """Send an object by C-STORE, in its own transfer syntax (PS3.4 B).

        Raises
        ------
        NoPresentationContext
            It does not take the class, or not in this transfer syntax.
        AssociationError, WebError
            As of `find`. A failure status does not raise.
        DataError
            The object cannot be encoded as the PACS takes it.
        """
        own = UID(item.transfer_syntax)
        plain = own.is_little_endian and not own.is_compressed
        contexts = [(item.sop_class, (item.transfer_syntax,))]
        if plain:
            contexts += [(item.sop_class, (uid,)) for uid in PLAIN if uid != item.transfer_syntax]
        recorder = current()
        with self._step("C-STORE", "IMAGE", recorder.add if recorder else _nobody) as step:

            def work(lease: Lease) -> Status:
                step.association = "reused" if lease.reused else "new"
                link = lease.link
                fits = {str(c.transfer_syntax[0]): c for c in link.assoc.accepted_contexts}
                if not fits:
                    raise link.no_context(item.sop_class, item.transfer_syntax)
                context = fits.get(item.transfer_syntax) or next(iter(fits.values()))
                data = item.encoded(str(context.transfer_syntax[0]))
                request = C_STORE()
                request.MessageID, request.Priority = link.next_id(), 0
                request.AffectedSOPClassUID = item.sop_class
                request.AffectedSOPInstanceUID = item.sop_instance
                request.DataSet = BytesIO(data + b"\x00" * (len(data) % 2))
                step.bytes = len(data)
                return Status.of(link.exchange(request, context, "C-STORE-RSP"), "C-STORE")

            status = self._guarded.use(Kind("store", tuple(contexts)), work)
            step.count = 1 if status else 0
            self._count("C-STORE", f"{status.code:04X}")
            step.end(f"{status.code:04X}", status.text)
            return status

    @contextmanager
    def _step(self, service: str, level: str, tell: Tell) -> Iterator[Step]:
        step = Step(self.name, service, level)
        tell(step)
        try:
            yield step
        except LabkitError as error:
            if not step.ended:
                step.end("", error.message)
                self._count(service, type(error).__name__)
            raise
        finally:
            if not step.ended:
                step.end("", "ended")

    def _finish(self, step: Step, status: Status) -> None:
        self._count(step.service, f"{status.code:04X}")
        step.end(f"{status.code:04X}", status.text)
        if not status:
            comment = f" ({status.comment})" if status.comment else ""
            raise DimseError(
                f"{self.name} ended the {step.service} with {status}{comment}",
                status=status.code,
                remedy=f"Read {status.section}, and the log of {self.name}.",
            )

    def _count(self, service: str, status: str) -> None:
        with self._lock:
            self._counts[service, status] += 1


def _abort(link: Link) -> None:
    """End an association from another thread than that which waits for its answers."""
    link.assoc.abort()
    link.assoc.dimse.msg_queue.put((None, None))


def _nobody(step: Step) -> None:
    return
