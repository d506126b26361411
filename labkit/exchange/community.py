"""A community: its registry, repository and imaging document source, and its gateways to others.

::

    with Community(NORTH, folder, images, ALLOW_ALL) as north:
        north.publish()                       # a manifest of each study, by RAD-68
        north.introduce(lakeside)             # its Initiating Gateway knows Lakeside's Responding one
        entries = north.beyond().find_documents(NORTH.patient("NG-100457"))
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from labkit.access.audit import AuditedPolicy, AuditTrail
from labkit.common.access import DENY_ALL, AccessPolicy
from labkit.common.errors import UsageError
from labkit.common.serving import HOST, HttpService
from labkit.exchange.images import ImageSource, ImagingConsumer, ImagingDocumentSource
from labkit.exchange.images import operations as of_images
from labkit.exchange.parties import Party
from labkit.exchange.soap import Exchanged, Message, Observer, Operation, SoapClient, soap_app, xml
from labkit.exchange.xca import InitiatingGateway, Neighbour, Patients, RespondingGateway

_Self = TypeVar("_Self", bound="Community")
KEPT = 500
"""Messages that a community remembers."""
REGISTRY, REPOSITORY, IMAGES = "registry", "repository", "imaging source"
RESPONDING, INITIATING = "responding gateway", "initiating gateway"
SERVICES = (REGISTRY, REPOSITORY, IMAGES, RESPONDING, INITIATING)
CONSUMER, SOURCE = "consumer", "document source"


def now() -> datetime:
    """Tell the time of day."""
    return datetime.now(timezone.utc)


class Community:
    """One community's services, each on a loopback port of its own.

    Parameters
    ----------
    party
        Who it is.
    folder
        Where registry and repository keep what they have.
    images
        Its images.
    policy
        Asked by each service for each request. Without one, all is refused.
    trail
        Where each decision goes on record (ITI-20); ``None`` for no record.
    patients
        Tells its Initiating Gateway what a patient's ID is elsewhere.
    observer
        Told of each message that its clients send and receive; with the names of both sides.
    secure, sign
        Hooks of SOAP: what checks a message's header blocks (`soap_app`), and what makes them
        (`SoapClient`).
    replies_to
        Addresses that its services answer to asynchronously, each with the client that does it.
    clock
        Gives the time of submissions, with its zone.
    patience
        Seconds that a service is waited for.
    """

    def __init__(
        self,
        party: Party,
        folder: Path,
        images: ImageSource,
        policy: AccessPolicy = DENY_ALL,
        *,
        trail: AuditTrail | None = None,
        patients: Patients | None = None,
        observer: Observer | None = None,
        secure: Callable[[Message], Message] | None = None,
        sign: Callable[[Message], Sequence[xml.Element]] | None = None,
        replies_to: Mapping[str, SoapClient] | None = None,
        clock: Callable[[], datetime] = now,
        patience: float = 20.0,
    ) -> None:
        self.party, self.folder, self.images = party, folder, images
        self._policy = AuditedPolicy(policy, trail) if trail is not None else policy
        self._patients, self._observer, self._clock = patients, observer, clock
        self._secure, self._sign, self._replies_to = secure, sign, replies_to
        self._patience = patience
        self._services = {name: HttpService(f"{party.name} {name}") for name in SERVICES}
        self.seen: deque[Exchanged] = deque(maxlen=KEPT)
        """What its services received and answered, oldest first."""

    # -- its services --

    def __enter__(self: _Self) -> _Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self, *names: str) -> None:
        """Start services, all by default; one that was stopped is found where it was before."""
        chosen = self._chosen(names)
        for name in chosen:
            service = self._services[name]
            if not service.running:
                service.bind(service.port)
        apps = self._apps()
        for name in chosen:
            if not self._services[name].running:
                self._services[name].start(apps[name]())

    def stop(self, *names: str) -> None:
        """Stop services, all by default: nobody reaches them then."""
        for name in self._chosen(names):
            self._services[name].stop()

    def close(self) -> None:
        """Stop all services, and close what they keep."""
        self.stop()

    @property
    def urls(self) -> Mapping[str, str]:
        """Where its services answer, by name."""
        return {name: f"http://{HOST}:{s.port}/" for name, s in self._services.items() if s.port}

    def _chosen(self, names: Sequence[str]) -> Sequence[str]:
        for name in names:
            if name not in SERVICES:
                raise UsageError(
                    f"A community has no service {name!r}.", remedy=f"One of: {', '.join(SERVICES)}."
                )
        return names or SERVICES

    def named(self, what: str) -> str:
        """Return what a part of it is called in records: ``North General registry``."""
        return f"{self.party.name} {what}"

    # -- other communities --

    def introduce(self, other: Community) -> None:
        """Let its Initiating Gateway know another community's Responding Gateway; one way."""
        self.initiating.know(Neighbour(other.party, other.urls[RESPONDING]))

    def __repr__(self) -> str:
        running = [name for name in SERVICES if self._services[name].running]
        what = ", ".join(running) if running else "nothing"
        return f"{self.party.name} ({self.party.home}): {what} runs"
