"""The layers of a DICOM node: association, and each service that it offers."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

from pydicom.dataset import Dataset
from pynetdicom import build_context
from pynetdicom.sop_class import (
    ModalityWorklistInformationFind,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from labkit.common.errors import (
    AssociationAborted,
    AssociationError,
    AssociationRejected,
    LabkitError,
    ResponseTimeout,
)
from labkit.dimse import (
    Receiver,
    associate,
    echo,
    find,
    get,
    identifier,
    move,
    worklist,
)
from labkit.dimse.association import query_context
from labkit.dimse.find import FindResult
from labkit.lab.doctor import net
from labkit.lab.doctor.blame import not_moved, rejected
from labkit.lab.doctor.entries import entry
from labkit.lab.doctor.finding import Check, LayerFails, LayerSkipped
from labkit.lab.nodes import Node

TIMEOUT = 15.0
MOST = 100
"""More matches than this are not waited for."""
ARRIVES = 5.0
"""Seconds that an object may come after the archive has said that it sent it."""

_SERVICES = {
    "C-ECHO": Verification,
    "C-FIND": StudyRootQueryRetrieveInformationModelFind,
    "C-GET": StudyRootQueryRetrieveInformationModelGet,
    "C-MOVE": StudyRootQueryRetrieveInformationModelMove,
    "worklist": ModalityWorklistInformationFind,
}


@dataclass(frozen=True)
class Inbox:
    """Where we take what a C-MOVE sends.

    Attributes
    ----------
    open
        Returns a receiver that listens while its ``with`` block runs.
    address
        How the archive has to know us: AE title, host, port; before it listens, where known.
    """

    open: Callable[[], AbstractContextManager[Receiver]]
    ae_title: str
    address: str
    port: int


@dataclass
class DicomChecks:
    """What is asked of one node, layer by layer.

    Attributes
    ----------
    node
        Whom to ask.
    needs
        What it must offer: ``"C-FIND"``, ``"worklist"`` …; the rest is used where offered.
    inbox
        Where C-MOVE may send to; ``None``: there is no such place.
    product
        As of `entry`.
    """

    node: Node
    needs: tuple[str, ...] = ()
    inbox: Inbox | None = None
    product: str = ""
    _offers: dict[str, bool] = field(default_factory=dict)
    _image: Dataset | None = None

    @property
    def layers(self) -> list[Check]:
        """Every layer, from below."""
        node = self.node
        found: list[Check] = [
            ("name", partial(net.resolve, node.host)),
            ("TCP", partial(net.reach, node.host, node.port)),
        ]
        if node.tls is not None:
            found.append(("TLS", self._tls))
        found += [("association", self._association), ("C-ECHO", self._echo)]
        services: list[Check] = []
        if self._wanted("worklist"):
            services.append(("worklist", self._worklist))
        if self._wanted("C-FIND"):
            services += [("C-FIND", self._find), ("C-GET", self._get), ("C-MOVE", self._move)]
        return found + [(name, partial(self._served, name, act)) for name, act in services]

    def _served(self, name: str, act: Callable[[], str]) -> str:
        """Use a service; some products abort where an AE title has no right to it."""
        if not self._offers.get(name):
            raise LayerSkipped("not offered")
        try:
            return act()
        except AssociationAborted as error:
            raise LayerFails(
                f"{error.message}",
                remedy=f"The administrator of {self.node.ae_title}: mostly {self._calling} has no "
                f"right to {name} there; its log says so. It is given where AE titles are entered.",
                entry=self._entry(self._calling),
            ) from error

    def _wanted(self, service: str) -> bool:
        return not self.needs or service in self.needs

    def _tls(self) -> str:
        tls = self.node.tls
        context, name = tls if isinstance(tls, tuple) else (tls, "")
        assert isinstance(context, ssl.SSLContext)
        return net.shake_hands(self.node.host, self.node.port, context, name)

    def _association(self) -> str:
        node = self.node
        contexts = [build_context(Verification), *map(query_context, list(_SERVICES.values())[1:])]
        try:
            with associate(node, contexts, timeout=TIMEOUT) as link:
                accepted = {
                    str(context.abstract_syntax) for context in link.assoc.accepted_contexts
                }
        except AssociationRejected as error:
            raise self._rejected(error) from error
        except ResponseTimeout as error:
            raise LayerFails(
                "something listens there, and does not answer as DICOM does",
                remedy=f"You: is {node.port} its DICOM port? If it is the one for TLS: tls = true.",
            ) from error
        except AssociationError as error:
            raise LayerFails(error.message, remedy=f"You: {error.remedy}") from error
        self._offers = {name: str(uid) in accepted for name, uid in _SERVICES.items()}
        for name in self.needs:
            if not self._offers[name]:
                raise LayerFails(
                    f"accepted, but without {name}",
                    remedy=f"The administrator of {node.ae_title}: allow {self._calling} to use "
                    f"{name}. Or you: another ae_title may offer it.",
                )
        offered = [name for name, offers in self._offers.items() if offers]
        return (
            f"{self._calling} is accepted; offered: {', '.join(offered) or 'nothing that we use'}"
        )

    def _rejected(self, error: AssociationRejected) -> LayerFails:
        known = (error.source, error.reason) != (1, 3)
        return rejected(
            error,
            called=self.node.ae_title,
            calling=self._calling,
            address=net.address_towards(self.node.host, self.node.port),
            entry=() if known else self._entry(self._calling),
        )

    @property
    def _calling(self) -> str:
        return self.node.called_by("LEARNER")

    def _echo(self) -> str:
        if not self._offers["C-ECHO"]:
            raise LayerSkipped("not offered")
        result = echo(self.node, timeout=TIMEOUT)
        result.raise_for_status()
        return str(result.status)

    def _worklist(self) -> str:
        return _count(worklist(self.node, limit=MOST, timeout=TIMEOUT), "scheduled step")

    def _find(self) -> str:
        found = self._ask("STUDY", "StudyInstanceUID")
        said = _count(found, "study")
        self._image = next(self._images(found), None)
        return said

    def _ask(self, level: str, key: str, limit: int = MOST, **above: str) -> FindResult:
        limit = min(limit, self.node.most or limit)
        keys = identifier(level, **{key: None, **above})
        found = find(self.node, keys, limit=limit, timeout=TIMEOUT)
        if found.status.category == "Failure":
            raise LayerFails(
                f"answers {found.status}",
                remedy=f"The administrator of {self.node.ae_title}: its log says why; some want a "
                "date or a patient in each query.",
            )
        return found

    def _images(self, studies: FindResult) -> Iterator[Dataset]:
        """Look for one object that we may ask for, in the first few studies."""
        for study in [study for study in studies if study.get("StudyInstanceUID")][:3]:
            above = {"StudyInstanceUID": str(study.StudyInstanceUID)}
            for series in self._ask("SERIES", "SeriesInstanceUID", 1, **above):
                above["SeriesInstanceUID"] = str(series.SeriesInstanceUID)
                for image in self._ask("IMAGE", "SOPInstanceUID", 1, **above):
                    yield identifier("IMAGE", **above, SOPInstanceUID=str(image.SOPInstanceUID))

    def _get(self) -> str:
        result = get(self.node, self._one(), timeout=TIMEOUT)
        if not result.datasets:
            raise LayerFails(
                f"answers {result.status}, and nothing came",
                remedy=f"The administrator of {self.node.ae_title}: may {self._calling} retrieve? "
                "Many products allow it by AE title.",
            )
        return f"{_objects(len(result.datasets))} came"

    def _one(self) -> Dataset:
        if self._image is None:
            raise LayerSkipped("there is no object to ask for")
        return self._image

    def _move(self) -> str:
        wanted = self._one()
        if self.inbox is None:
            raise LayerSkipped("there is no [receive] to send to")
        with self.inbox.open() as receiver:
            result = move(self.node, wanted, self.inbox.ae_title, timeout=TIMEOUT)
            came = receiver.wait(1, timeout=ARRIVES if result.completed else 0.0)
        if came:
            return f"{_objects(len(receiver.received))} came to {self.inbox.ae_title}"
        turned_away = [t.requestor.ae_title for t in receiver.traces if t.end == "rejected"]
        ours = self.inbox.ae_title
        raise not_moved(result, turned_away, self.node.ae_title, ours, self._entry(ours))

    def _entry(self, ae_title: str) -> tuple[str, ...]:
        if self.inbox is None:
            return ()
        return entry(self.product, ae_title, self.inbox.address, self.inbox.port)


def _count(found: FindResult, what: str) -> str:
    if found.status.category == "Failure":
        raise LabkitError(f"answers {found.status}", remedy="Its administrator: read its log.")
    number = len(found)
    plural = {"study": "studies"}.get(what, f"{what}s")
    more = " and more" if found.status.category == "Cancel" else ""
    empty = " (or none that this AE title may see)" if not number else ""
    return f"{number} {what if number == 1 else plural}{more}{empty}"


def _objects(number: int) -> str:
    return f"{number} object" + ("" if number == 1 else "s")
