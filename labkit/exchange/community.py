"""A community: registry, repository, imaging document source, and gateways to others.

::

    with Community(NORTH, folder, images, ALLOW_ALL) as north:
        north.publish()                       # a manifest of each study, by RAD-68
        north.introduce(lakeside)             # North's gateway knows Lakeside's from now on
        entries = north.beyond().find_documents(NORTH.patient("NG-100457"))
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from starlette.applications import Starlette

from labkit.access.audit import AuditedPolicy, AuditTrail
from labkit.common.access import DENY_ALL, AccessPolicy
from labkit.common.scope import Closes
from labkit.exchange.images import ImageSource, ImagingConsumer, ImagingDocumentSource
from labkit.exchange.images import operations as of_images
from labkit.exchange.images.publishing import ImagingPublisher
from labkit.exchange.parties import Party
from labkit.exchange.services import Services
from labkit.exchange.soap import Exchanged, Message, Observer, SoapClient, soap_app, xml
from labkit.exchange.xca import (
    InitiatingGateway,
    LateAnswers,
    Neighbour,
    Patients,
    RespondingGateway,
)
from labkit.exchange.xca.initiating import LATE_ACTIONS
from labkit.exchange.xds import (
    DocumentConsumer,
    DocumentEntry,
    DocumentSource,
    Registry,
    RegistryClient,
    Repository,
    registry_app,
    repository_app,
)

_Self = TypeVar("_Self", bound="Community")
KEPT = 500
"""Messages that a community remembers."""
REGISTRY, REPOSITORY, IMAGES = "registry", "repository", "imaging source"
RESPONDING, INITIATING = "responding gateway", "initiating gateway"
ANSWERS = "gateway's late answers"
SERVICES = (REGISTRY, REPOSITORY, IMAGES, RESPONDING, INITIATING)
CONSUMER, SOURCE = "consumer", "document source"


def now() -> datetime:
    """Tell the time of day."""
    return datetime.now(timezone.utc)


class Community(Closes):
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
    asynchronous
        Whether its Initiating Gateway has other communities answer later, by messages of their own.
    clock
        Gives the time of submissions, with its zone.
    patience
        Seconds that a service is waited for.

    Attributes
    ----------
    registry, repository, initiating, publisher
        The actors themselves; the others are reached by their URLs.
    seen
        What its services received and answered, oldest first.
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
        asynchronous: bool = False,
        clock: Callable[[], datetime] = now,
        patience: float = 20.0,
    ) -> None:
        self.party, self.images, self.clock = party, images, clock
        self._policy = AuditedPolicy(policy, trail) if trail is not None else policy
        self._observer, self._secure, self._sign = observer, secure, sign
        self._patience = patience
        self.seen: deque[Exchanged] = deque(maxlen=KEPT)
        names = (*SERVICES, ANSWERS) if asynchronous else SERVICES
        self._services = Services(party.name, names)
        urls = self.urls
        self._names = {url: self.named(name) for name, url in urls.items()}
        self._replies: dict[str, SoapClient] = {}
        late = LateAnswers(urls[ANSWERS], patience=patience) if asynchronous else None
        self.publisher = ImagingPublisher(party, images)
        self.registry = Registry(folder / "registry", home=party.home)
        registering = RegistryClient(urls[REGISTRY], connect=self._client_of(REPOSITORY))
        self.repository = Repository(folder / "repository", party.repository, registry=registering)
        self.initiating = InitiatingGateway(
            party, patients=patients, client=self._client_of(INITIATING), late=late
        )
        self._apps = self._made(late)

    def _made(self, late: LateAnswers | None) -> dict[str, Callable[[], Starlette]]:
        """Say how each service is made."""
        urls, party = self.urls, self.party
        responding = RespondingGateway(
            party,
            urls[REGISTRY],
            {party.repository: urls[REPOSITORY]},
            {party.images: urls[IMAGES]},
            client=self._client_of(RESPONDING),
        )
        source = ImagingDocumentSource(party, self.images, self._policy)
        made: dict[str, Callable[[], Starlette]] = {
            REGISTRY: partial(registry_app, self.registry, self._policy, **self._how(REGISTRY)),
            REPOSITORY: partial(
                repository_app, self.repository, self._policy, **self._how(REPOSITORY)
            ),
            IMAGES: partial(soap_app, of_images(source), self._policy, **self._how(IMAGES)),
            RESPONDING: partial(
                soap_app, responding.operations(), self._policy,
                replies_to=self._replies, **self._how(RESPONDING),
            ),
            INITIATING: partial(
                soap_app, self.initiating.operations(), self._policy, **self._how(INITIATING)
            ),
        }  # fmt: skip
        if late is not None:
            taken = late.operations(LATE_ACTIONS)
            made[ANSWERS] = partial(soap_app, taken, self._policy, **self._how(ANSWERS))
        return made

    def _how(self, name: str) -> dict[str, Any]:
        return {"node": self.named(name), "secure": self._secure, "observer": self.seen.append}

    def _client_of(self, name: str) -> Callable[[str], SoapClient]:
        """Make clients for a part of this community; they are watched, and say who they are."""

        def connect(url: str) -> SoapClient:
            return SoapClient(
                url,
                name=self.named(name),
                peer=self._names.get(url, ""),
                secure=self._sign,
                observer=self._observer,
                timeout=self._patience,
            )

        return connect

    # -- its services --

    def __enter__(self: _Self) -> _Self:
        self.start()
        return self

    def start(self, *names: str) -> None:
        """Start services, all by default; one that was stopped is found where it was before."""
        self._services.start(names, lambda name: self._apps[name]())

    def stop(self, *names: str) -> None:
        """Stop services, all by default: whoever calls them is refused by the system."""
        self._services.stop(names)

    def close(self) -> None:
        """Stop all services, and give back what they keep."""
        self._services.close()
        self.registry.close()
        self.repository.close()

    @property
    def urls(self) -> Mapping[str, str]:
        """Where its services answer, by name."""
        return self._services.urls

    def named(self, what: str) -> str:
        """Return what a part of it is called in records: ``North General registry``."""
        return f"{self.party.name} {what}"

    # -- other communities --

    def introduce(self, other: Community) -> None:
        """Let its Initiating Gateway know another community's Responding Gateway; one way."""
        url = other.urls[RESPONDING]
        self._names[url] = other.named(RESPONDING)
        self.initiating.know(Neighbour(other.party, url))
        if ANSWERS in self.urls:
            other.answer_to(self.urls[ANSWERS], self.named(ANSWERS))

    def answer_to(self, url: str, name: str) -> None:
        """Let its Responding Gateway send late answers to an address; to no other it does."""
        self._names[url] = name
        self._replies[url] = self._client_of(RESPONDING)(url)

    # -- what it has, and what it gets --

    def publish(self, studies: Iterable[str] | None = None) -> list[DocumentEntry]:
        """Submit a manifest of each study to the repository (RAD-68), which has it registered.

        Parameters
        ----------
        studies
            Study Instance UIDs; by default all that are there. Those that are not there are left
            out, and so are those that cannot be described: `publisher.withheld` says why.

        Returns
        -------
        list of DocumentEntry
            As they were submitted.

        Raises
        ------
        XdsError, SoapFault, NetworkError
            The repository or the registry refused, or was not reached.
        """
        found = self.images.studies()
        # Whoever has images here is known here, as the Patient Identity Feed (ITI-8) tells it.
        self.registry.admit(*(self.party.patient(one.PatientID) for one in found if one.PatientID))
        there = [str(one.StudyInstanceUID) for one in found]
        wanted = there if studies is None else [uid for uid in studies if uid in there]
        at, url, connect = self.clock(), self.urls[REPOSITORY], self._client_of(SOURCE)
        with DocumentSource(url, connect=connect) as source:
            return self.publisher.publish_all(wanted, source, at)

    def consumer(self) -> DocumentConsumer:
        """Return a consumer of its own registry and repository."""
        repositories = {self.party.repository: self.urls[REPOSITORY]}
        return self._consumer(self.urls[REGISTRY], repositories)

    def beyond(self) -> DocumentConsumer:
        """Return a consumer of all other communities, by the Initiating Gateway."""
        return self._consumer(self.urls[INITIATING], {})

    def _consumer(self, registry: str, repositories: Mapping[str, str]) -> DocumentConsumer:
        return DocumentConsumer(
            registry, repositories, gateway=self.urls[INITIATING], home=self.party.home,
            connect=self._client_of(CONSUMER),
        )  # fmt: skip

    def imaging(self) -> ImagingConsumer:
        """Return a consumer of images, of its own and those of other communities."""
        return ImagingConsumer(
            {self.party.images: self.urls[IMAGES]}, gateway=self.urls[INITIATING],
            home=self.party.home, client=self._client_of(CONSUMER),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"{self.party.name}: {', '.join(self._services.running) or 'nothing'} runs"
