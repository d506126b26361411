"""Ways into an archive: C-STORE and STOW-RS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydicom.dataset import Dataset

from labkit.common.errors import NetworkError
from labkit.dicomweb.client import DicomwebClient
from labkit.dimse import Peer, store
from labkit.exchange.manifests.values import items, text
from labkit.exchange.media.importing import Deliver


def by_dimse(peer: Peer, *, ae_title: str = "LEARNER") -> Deliver:
    """Store by C-STORE (RAD-61; PS3.4 B)."""

    def deliver(objects: Sequence[Dataset]) -> Mapping[str, str]:
        try:
            result = store(peer, list(objects), ae_title=ae_title)
        except NetworkError as error:
            return {str(ds.SOPInstanceUID): error.message for ds in objects}
        return {
            item.SOPInstanceUID: str(item.status if item.status is not None else item.problem)
            for item in result.failed
        }

    return deliver


def by_web(client: DicomwebClient) -> Deliver:
    """Store by STOW-RS (RAD-108; PS3.18 10.5)."""

    def deliver(objects: Sequence[Dataset]) -> Mapping[str, str]:
        try:
            told = client.store(objects)
        except NetworkError as error:
            return {str(ds.SOPInstanceUID): error.message for ds in objects}
        stored = {text(i, "ReferencedSOPInstanceUID") for i in items(told, "ReferencedSOPSequence")}
        reasons = {
            text(i, "ReferencedSOPInstanceUID"): f"Failure Reason {text(i, 'FailureReason')}"
            for i in items(told, "FailedSOPSequence")
        }
        # What the server says nothing of is not stored either.
        return {
            uid: reasons.get(uid, "the server did not say that it is stored")
            for uid in (str(ds.SOPInstanceUID) for ds in objects)
            if uid not in stored
        }

    return deliver
