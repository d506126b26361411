"""The Responding Gateway: what a community answers to others (ITI-38, ITI-39, RAD-75)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from labkit.common.errors import LabkitError, UsageError
from labkit.exchange.images.answer import answered, came
from labkit.exchange.parties import Party
from labkit.exchange.soap import Message, Operation, SoapClient, xml
from labkit.exchange.xca.query import (
    ITI18,
    ITI38,
    GatewayQuery,
    found_by,
    found_response,
    stamp,
)
from labkit.exchange.xca.retrieval import DOCUMENTS, IMAGES, KINDS, Asked, Kind, Request
from labkit.exchange.xds.messages import Retrieved
from labkit.exchange.xds.problems import RegistryError

ClientOf = Callable[[str], SoapClient]


class RespondingGateway:
    """Stands before a community's registry, repositories and imaging document sources.

    What it passes on inside are the transactions of XDS; what it gives out names the community in
    each element, and in the location of each error (ITI TF-2 3.38.4.1.3, 3.39; RAD TF-2 4.75).

    Parameters
    ----------
    party
        The community.
    registry
        URL of its Document Registry.
    repositories, sources
        repositoryUniqueId → URL, of its Document Repositories and Imaging Document Sources.
    client
        Makes a client of a URL.
    """

    def __init__(
        self,
        party: Party,
        registry: str,
        repositories: Mapping[str, str],
        sources: Mapping[str, str],
        *,
        client: ClientOf = SoapClient,
    ) -> None:
        self.party, self._registry, self._client = party, registry, client
        self._places = {DOCUMENTS: dict(repositories), IMAGES: dict(sources)}

    def operations(self) -> dict[str, Operation]:
        """Return what a SOAP service of it does."""
        about = {"community": self.party.home}
        found = {ITI38: Operation(self.query, "ITI-38", lambda message: about)}
        for kind in KINDS:
            found[kind.across] = Operation(
                partial(self.retrieve, kind), kind.between, lambda message: about
            )
        return found

    def query(self, message: Message) -> Message:
        """Answer ITI-38 by asking the registry (ITI-18)."""
        objects: list[xml.Element] = []
        errors: list[RegistryError] = []
        try:
            asked = GatewayQuery.read(message.body)
            refused = self._refused(asked)
            if refused:
                errors = [refused]
            else:
                inside = Message(ITI18, asked.addressed(""))
                with self._client(self._registry) as client:
                    objects, errors = found_by(client.call(inside))
                stamp(objects, self.party.home)
        except LabkitError as error:
            objects, errors = [], [RegistryError("XDSRegistryError", error.message)]
        return found_response(message, f"{ITI38}Response", objects, self._located(errors))

    def _refused(self, asked: GatewayQuery) -> RegistryError | None:
        if asked.home and asked.home != self.party.home:
            return RegistryError("XDSUnknownCommunity", f"{asked.home} is not this community")
        if asked.patient is None and not asked.home:
            why = "a query without a patient's ID needs a homeCommunityId"
            return RegistryError("XDSMissingHomeCommunityId", why)
        if asked.patient is not None and asked.patient.authority != self.party.authority:
            # The same number of another authority is another patient.
            why = f"patient IDs of {asked.patient.authority} are not used in this community"
            return RegistryError("XDSUnknownPatientId", why)
        return None

    def retrieve(self, kind: Kind, message: Message) -> Message:
        """Answer ITI-39 or RAD-75 by asking repositories (ITI-43) or sources (RAD-69)."""
        documents: list[Retrieved] = []
        errors: list[RegistryError] = []
        try:
            request = kind.read(message.body)
        except UsageError as error:
            errors = [RegistryError("XDSRepositoryError", error.message)]
            return answered(message, kind.across_answer, [], self._located(errors))
        places: dict[str, list[Asked]] = {}
        for one in request.asked:
            wrong = self._misdirected(kind, one)
            if wrong:
                errors.append(wrong)
            else:
                places.setdefault(one.repository, []).append(one)
        for repository, asked in places.items():
            found, said = self._inside(kind, request, repository, asked)
            documents += found
            errors += said
        stamped = [_at(one, self.party.home) for one in documents]
        return answered(message, kind.across_answer, stamped, self._located(errors))

    def _misdirected(self, kind: Kind, one: Asked) -> RegistryError | None:
        if not one.home:
            why = f"the request for {one.unique_id} has no homeCommunityId"
            return RegistryError("XDSMissingHomeCommunityId", why)
        if one.home != self.party.home:
            return RegistryError("XDSUnknownCommunity", f"{one.home} is not this community")
        if one.repository not in self._places[kind]:
            why = f"{one.repository} is not in this community ({one.unique_id})"
            return RegistryError("XDSUnknownRepositoryId", why)
        return None

    def _inside(
        self, kind: Kind, request: Request, repository: str, asked: list[Asked]
    ) -> tuple[list[Retrieved], list[RegistryError]]:
        # RAD-69 has the homeCommunityId here too (RAD TF-2 4.69.4.1.2); in ITI-43 it is not needed.
        home = self.party.home if kind is IMAGES else ""
        try:
            with self._client(self._places[kind][repository]) as client:
                answer = client.call(Message(kind.action, request.body(asked, home)))
            return came(answer)
        except LabkitError as error:
            return [], [
                RegistryError("XDSRepositoryError", f"{error.message} ({one.unique_id})")
                for one in asked
            ]

    def _located(self, errors: list[RegistryError]) -> list[RegistryError]:
        """Put the community in the place of what was in it; that goes with the text."""
        return [
            replace(
                one,
                context=f"{one.context} ({one.location})" if one.location else one.context,
                location=self.party.home,
            )
            for one in errors
        ]


def _at(one: Retrieved, home: str) -> Retrieved:
    return replace(one, request=replace(one.request, homeCommunityId=home))
