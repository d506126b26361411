"""One exchange from beginning to end: a prior comes from Lakeside to North General by XCA-I."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydicom.dataset import Dataset

from labkit.common.errors import LabError
from labkit.dicom.samples import sample
from labkit.dicomweb import DicomwebClient
from labkit.exchange.community import CONSUMER
from labkit.exchange.images.adopt import adopted
from labkit.exchange.manifests import read
from labkit.exchange.parties import NORTH
from labkit.exchange.transcript import Said, ToldTransport

if TYPE_CHECKING:
    from labkit.lab.embedded import EmbeddedLab
    from labkit.lab.exchange.communities import Communities

PRIOR = "cr-chest-prior"
PATIENT = NORTH.patient("NG-100457")
"""Marigold Thistlewick, as North General knows her."""
ARCHIVE = "North General archive"


@dataclass(frozen=True)
class Shown:
    """What a demonstration did.

    Attributes
    ----------
    messages
        Every message, in order.
    images
        What came, as North General's archive has it now.
    """

    messages: list[Said]
    images: list[Dataset]


def demonstrate(lab: EmbeddedLab) -> Shown:
    """Fetch Marigold Thistlewick's prior from Lakeside, and store it at North General.

    Raises
    ------
    LabError
        Something on the way did not come, or was not stored.
    """
    with lab.communities(studies=[]) as communities:
        communities.lakeside.publish([sample(PRIOR).study_uid])
        images = stored(lab, communities, fetched(communities))
        return Shown(communities.transcript.messages, images)


def fetched(communities: Communities) -> list[Dataset]:
    """Find the patient's documents elsewhere, and fetch what their manifests list."""
    north = communities.north
    beyond = north.beyond()
    images: list[Dataset] = []
    entries = beyond.find_documents(PATIENT)
    for entry, document in zip(entries, beyond.retrieve(entries), strict=True):
        manifest = read(document.data)
        got = north.imaging().retrieve(manifest, home=entry.homeCommunityId)
        if got.errors:
            raise LabError(f"Not all came: {got!r}", remedy="Run it again: labkit exchange demo")
        images += got.datasets()
    if not images:
        raise LabError(
            "Lakeside has no manifest of the prior.",
            remedy="Its images are gone: `labkit reset`, then run it again.",
        )
    return images


def stored(lab: EmbeddedLab, communities: Communities, images: list[Dataset]) -> list[Dataset]:
    """Take images in at North General, under the ID that the patient has there (STOW-RS).

    Returns
    -------
    list of pydicom.dataset.Dataset
        As they were sent to the archive.
    """
    north = communities.north
    at = north.clock()
    ours = [adopted(ds, PATIENT, NORTH, at=at) for ds in images]
    way = ToldTransport("RAD-108", north.named(CONSUMER), ARCHIVE, communities.transcript)
    token = lab.token()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with DicomwebClient(lab.dicomweb.url, headers=headers, transport=way) as web:
        failed = web.store(ours).get("FailedSOPSequence")
    if failed:
        raise LabError(
            f"{len(failed)} images were not stored at North General.",
            remedy="Read the archive's log: labkit log ARCHIVE",
        )
    return ours
