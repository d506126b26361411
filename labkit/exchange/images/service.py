"""The Imaging Document Source: answers RAD-69 with the objects themselves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING

from labkit.common.access import DENY_ALL, AccessPolicy, AccessRequest, decide
from labkit.common.errors import DataError, LabkitError
from labkit.exchange.images.answer import answered
from labkit.exchange.images.encoding import in_one_of
from labkit.exchange.images.request import RAD69, RAD69_ANSWER, ImageRequest, ImagingRequest
from labkit.exchange.images.source import ImageSource
from labkit.exchange.soap import Message, Operation
from labkit.exchange.xds.messages import Retrieved
from labkit.exchange.xds.problems import RegistryError

if TYPE_CHECKING:
    from labkit.exchange.parties import Party

LARGEST = 1 << 30
"""Bytes of objects in one answer at most, since it is put together in memory."""
DICOM = "application/dicom"
_Groups = Callable[[ImageRequest], tuple[str, str]]


class ImagingDocumentSource:
    """The actor (RAD TF-2 4.69): one site's images, to whoever the policy lets have them.

    Parameters
    ----------
    party
        Whose it is: its `images` is the repositoryUniqueId that it answers to, its `home` the
        homeCommunityId that may stand in a request (RAD TF-2 4.69.4.1.2).
    images
        Where the objects are.
    policy
        Asked for each study, action ``"RAD-69"``.
    largest
        Bytes of objects in one answer at most.
    """

    def __init__(
        self,
        party: Party,
        images: ImageSource,
        policy: AccessPolicy = DENY_ALL,
        *,
        largest: int = LARGEST,
    ) -> None:
        self.party = party
        self._images, self._policy, self._largest = images, policy, largest

    def __call__(self, message: Message) -> Message:
        """Answer one request: what can be had, and an error for each object that cannot."""
        try:
            request = ImagingRequest.read(message.body)
        except DataError as error:
            wrong = RegistryError("XDSRepositoryError", error.message)
            return answered(message, RAD69_ANSWER, [], [wrong])
        documents: list[Retrieved] = []
        errors = [self._misdirected(one) for one in request.images]
        ours = [one for one, wrong in zip(request.images, errors, strict=True) if wrong is None]
        said = [error for error in errors if error is not None]
        by_series: _Groups = lambda one: (one.study, one.series)  # noqa: E731
        for (study, series), group in groupby(sorted(set(ours)), key=by_series):
            wanted = {one.instance: one for one in group}
            room = self._largest - sum(len(one.data) for one in documents)
            found, wrongs = self._series(message.actor, study, series, wanted, request, room)
            documents += found
            said += wrongs
        return answered(message, RAD69_ANSWER, documents, said)

    def _misdirected(self, one: ImageRequest) -> RegistryError | None:
        if one.home and one.home != self.party.home:
            return RegistryError(
                "XDSUnknownCommunity", f"{one.home} is not this community", one.instance
            )
        if one.repository != self.party.images:
            return RegistryError(
                "XDSUnknownRepositoryId", f"{one.repository} is not this source", one.instance
            )
        return None

    def _series(
        self,
        actor: str,
        study: str,
        series: str,
        wanted: dict[str, ImageRequest],
        request: ImagingRequest,
        room: int,
    ) -> tuple[list[Retrieved], list[RegistryError]]:
        """Fetch what is wanted of one series."""
        asked = AccessRequest(actor, "RAD-69", self.party.name, {"StudyInstanceUID": study})
        if not decide(self._policy, asked):
            # As of an object that is not there: whether it is, is nobody's business (ITI TF-3
            # Table 4.2.4.1-2 has one code for both).
            return [], [_missing(uid) for uid in wanted]
        documents: list[Retrieved] = []
        errors: dict[str, RegistryError] = {}
        try:
            for uid, data in self._images.files(study, series, list(wanted)):
                if uid not in wanted or uid in errors:
                    continue
                try:
                    sent = in_one_of(data, request.transfer_syntaxes)
                except LabkitError as error:
                    errors[uid] = RegistryError("XDSRepositoryError", error.message, uid)
                    continue
                if len(sent) > room:
                    errors[uid] = RegistryError("XDSRepositoryError", _TOO_MUCH, uid)
                    continue
                room -= len(sent)
                one = wanted[uid]
                documents.append(Retrieved(one.document, DICOM, sent))
        except LabkitError as error:
            there = {one.uniqueId for one in documents} | set(errors)
            for uid in wanted.keys() - there:
                errors[uid] = RegistryError("XDSRepositoryError", error.message, uid)
        there = {one.uniqueId for one in documents} | set(errors)
        return documents, [*errors.values(), *(_missing(u) for u in wanted if u not in there)]


_TOO_MUCH = "the answer is full; ask for fewer objects at once"


def _missing(uid: str) -> RegistryError:
    return RegistryError(
        "XDSDocumentUniqueIdError", "there is no such object for this request", uid
    )


def operations(source: ImagingDocumentSource) -> dict[str, Operation]:
    """Return what a SOAP service of the source does: ``soap_app(operations(source), policy)``."""
    return {RAD69: Operation(source, "RAD-69")}
