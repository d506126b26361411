"""The Initiating Gateway: one door to all other communities (ITI-18, ITI-43, RAD-69)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from labkit.common.errors import LabkitError, NetworkError, UsageError
from labkit.exchange.images.answer import answered, came
from labkit.exchange.parties import Party, PatientId
from labkit.exchange.soap import Message, Operation, SoapClient, xml
from labkit.exchange.xca.late import LateAnswers
from labkit.exchange.xca.query import (
    ITI18,
    ITI38,
    GatewayQuery,
    found_by,
    found_response,
    wrong_in,
)
from labkit.exchange.xca.retrieval import KINDS, Asked, Kind, Request
from labkit.exchange.xds.messages import Retrieved
from labkit.exchange.xds.problems import RegistryError

_T = TypeVar("_T")
_R = TypeVar("_R")
_MOST_AT_ONCE = 8
LATE_ACTIONS = (f"{ITI38}Response", *(kind.across_answer for kind in KINDS))
"""What arrives where communities answer later."""


class Patients(Protocol):
    """Knows a person's IDs elsewhere: `labkit.exchange.pix` has two that do."""

    def corresponding(
        self, pid: PatientId, authorities: Iterable[str] | None = None
    ) -> list[PatientId]:
        """Return the person's other IDs, of those authorities."""
        ...


@dataclass(frozen=True)
class Neighbour:
    """Another community, as the gateway knows it.

    Attributes
    ----------
    party
        Who it is.
    url
        Of its Responding Gateway.
    """

    party: Party
    url: str


class InitiatingGateway:
    """Takes what its own community asks of others, and asks them, all at once.

    What one community cannot give is an error of the answer, and does not keep back what others
    gave. What a community answers is looked at before it is passed on: it must be of that
    community, of the patient who was asked for, and asked for at all.

    Parameters
    ----------
    party
        Whose gateway it is.
    patients
        Tells a patient's IDs in another community. A community where none is known is not asked.
    client
        Makes a client of a URL; its timeout is what a community is waited for.
    late
        Where answers arrive if communities are to answer later; by default each is waited for.
    """

    def __init__(
        self,
        party: Party,
        *,
        patients: Patients | None = None,
        client: Callable[[str], SoapClient] = SoapClient,
        late: LateAnswers | None = None,
    ) -> None:
        self.party, self._patients, self._client, self._late = party, patients, client, late
        self._known: dict[str, Neighbour] = {}

    def know(self, neighbour: Neighbour) -> None:
        """Add a community, or say where it is now."""
        self._known[neighbour.party.home] = neighbour

    def forget(self, home: str) -> None:
        """Ask a community no more."""
        self._known.pop(home, None)

    @property
    def neighbours(self) -> tuple[Neighbour, ...]:
        """The communities that it knows."""
        return tuple(self._known.values())

    def operations(self) -> dict[str, Operation]:
        """Return what a SOAP service of it does."""
        found = {ITI18: Operation(self.query, "ITI-18")}
        for kind in KINDS:
            found[kind.action] = Operation(partial(self.retrieve, kind), kind.within)
        return found

    # -- queries --

    def query(self, message: Message) -> Message:
        """Answer ITI-18 by asking communities (ITI-38)."""
        answer = f"{ITI18}Response"
        try:
            asked = GatewayQuery.read(message.body)
            targets, errors = self._targets(asked)
        except UsageError as error:
            wrong = RegistryError("XDSRegistryError", error.message)
            return found_response(message, answer, [], [wrong])
        ask = partial(self._ask, asked)
        objects: list[xml.Element] = []
        answered = False
        for found, said, well in _at_once(ask, targets):
            objects += found
            errors += said
            answered = answered or well
        return found_response(message, answer, objects, errors, partly=answered)

    def _targets(
        self, asked: GatewayQuery
    ) -> tuple[list[tuple[Neighbour, PatientId | None]], list[RegistryError]]:
        if not asked.home and asked.patient is None:
            why = "a query without a patient's ID needs a homeCommunityId"
            return [], [RegistryError("XDSMissingHomeCommunityId", why)]
        if asked.home and asked.home not in self._known:
            return [], [_unknown(asked.home)]
        chosen = [self._known[asked.home]] if asked.home else list(self._known.values())
        if asked.patient is None:
            return [(one, None) for one in chosen], []
        targets: list[tuple[Neighbour, PatientId | None]] = []
        notes = []
        for one in chosen:
            try:
                there = self._there(asked.patient, one.party)
            except NetworkError as error:
                why = f"the patient's ID in {one.party.name} is not known now: {error.message}"
                notes.append(RegistryError("XDSRegistryError", why, one.party.home))
                continue
            targets += [(one, pid) for pid in there]
            if not there:
                why = f"no ID of this patient is known for {one.party.name}, so it was not asked"
                notes.append(
                    RegistryError("XDSUnknownPatientId", why, one.party.home, warning=True)
                )
        return targets, notes

    def _there(self, patient: PatientId, party: Party) -> list[PatientId]:
        """Return the patient's IDs in a community; never the same number of another authority."""
        if patient.authority == party.authority:
            return [patient]
        if self._patients is None:
            return []
        try:
            found = self._patients.corresponding(patient, [party.authority])
        except NetworkError:
            raise
        except LabkitError:  # it does not know the patient, or the authority
            return []
        return [pid for pid in found if pid.authority == party.authority]

    def _ask(
        self, asked: GatewayQuery, target: tuple[Neighbour, PatientId | None]
    ) -> tuple[list[xml.Element], list[RegistryError], bool]:
        """Ask one community: what it has, what is wrong, and whether it answered at all."""
        one, patient = target
        home = one.party.home
        try:
            with self._client(one.url) as client:
                sent = Message(ITI38, asked.addressed(home, patient))
                objects, errors = found_by(self._call(client, sent))
        except LabkitError as error:
            return [], [_failed(error, one.party, "XDSRegistryError")], False
        kept = []
        for found in objects:
            wrong = wrong_in(found, home, patient)
            if wrong:
                errors.append(RegistryError(*wrong, location=home))
            else:
                kept.append(found)
        refused = not objects and any(not error.warning for error in errors)
        return kept, errors, not refused

    # -- documents and images --

    def retrieve(self, kind: Kind, message: Message) -> Message:
        """Answer ITI-43 or RAD-69 by asking communities (ITI-39, RAD-75)."""
        documents: list[Retrieved] = []
        errors: list[RegistryError] = []
        try:
            request = kind.read(message.body)
        except UsageError as error:
            wrong = RegistryError("XDSRepositoryError", error.message)
            return answered(message, kind.answer, [], [wrong])
        homes: dict[str, list[Asked]] = {}
        for one in request.asked:
            if not one.home:
                why = f"the request for {one.unique_id} has no homeCommunityId"
                errors.append(RegistryError("XDSMissingHomeCommunityId", why, one.unique_id))
            else:
                homes.setdefault(one.home, []).append(one)
        errors += [_unknown(home) for home in homes if home not in self._known]
        known = [(self._known[home], asked) for home, asked in homes.items() if home in self._known]
        for found, said in _at_once(partial(self._fetch, kind, request), known):
            documents += found
            errors += said
        return answered(message, kind.answer, documents, errors)

    def _call(self, client: SoapClient, message: Message) -> Message:
        return self._late.call(client, message) if self._late else client.call(message)

    def _fetch(
        self, kind: Kind, request: Request, target: tuple[Neighbour, list[Asked]]
    ) -> tuple[list[Retrieved], list[RegistryError]]:
        one, asked = target
        home = one.party.home
        try:
            with self._client(one.url) as client:
                sent = Message(kind.across, request.body(asked, home))
                documents, errors = came(self._call(client, sent))
        except LabkitError as error:
            return [], [_failed(error, one.party, "XDSRepositoryError")]
        wanted = {(each.repository, each.unique_id) for each in asked}
        kept = []
        for found in documents:
            one_of = (found.request.repositoryUniqueId, found.uniqueId)
            said = found.request.homeCommunityId
            if said != home:
                code = "XDSUnknownCommunity" if said else "XDSMissingHomeCommunityId"
                why = f"{found.uniqueId} came from {home} and says {said or 'no community'}"
                errors.append(RegistryError(code, why, home))
            elif one_of not in wanted:
                why = f"{found.uniqueId} of {home} was not asked for, or came twice"
                errors.append(RegistryError("XDSRepositoryError", why, home))
            else:
                wanted.discard(one_of)
                kept.append(found)
        return kept, errors


def _unknown(home: str) -> RegistryError:
    return RegistryError("XDSUnknownCommunity", f"no community {home} is known here", home)


def _failed(error: LabkitError, party: Party, code: str) -> RegistryError:
    """Say that a community gave no answer, or none that can be used."""
    away = isinstance(error, NetworkError)
    return RegistryError(
        "XDSUnavailableCommunity" if away else code,
        f"{party.name} was not reached" if away else f"{party.name}: {error.message}",
        party.home,
    )


def _at_once(do: Callable[[_T], _R], what: Sequence[_T]) -> list[_R]:
    """Do it for each, at the same time; results in the order of `what`."""
    if not what:
        return []
    # Threads of a pool do not inherit on whose behalf this is (`labkit.access.grant`).
    contexts = [copy_context() for _ in what]
    with ThreadPoolExecutor(min(len(what), _MOST_AT_ONCE)) as pool:
        return list(pool.map(lambda context, one: context.run(do, one), contexts, what))
