"""North General and Lakeside Clinic as communities, with a cross-reference manager between them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.common.access import AccessPolicy
from labkit.common.scope import Closes
from labkit.common.serving import HOST, HttpService
from labkit.dicom.samples import SamplePatient, patients
from labkit.exchange.community import INITIATING, Community
from labkit.exchange.images import DicomwebImages
from labkit.exchange.parties import LAKESIDE, NORTH, Party, PatientId
from labkit.exchange.pix import CrossReference, Domain, PixClient, pix_app
from labkit.exchange.transcript import ToldTransport, Transcript

if TYPE_CHECKING:
    from labkit.dicomweb import DicomwebClient

_PARTIES = {"NORTHGEN": NORTH, "LAKESIDE": LAKESIDE}
PIX = "cross-reference manager"
PUBLISHED = datetime(2026, 1, 16, 9, 0, tzinfo=timezone.utc)
"""When the sites published, in the stories: so a manifest has the same UID in every lab."""


def people() -> CrossReference:
    """Return who of the patient stories is known under two IDs: what a manager has been told."""
    known = {patient.slug: patient for patient in patients()}
    pix = CrossReference([Domain.of(NORTH), Domain.of(LAKESIDE)])
    for patient in known.values():
        pix.register(_id(patient))
    for patient in known.values():
        if patient.same_person_as > patient.slug:
            other = known[patient.same_person_as]
            pix.link(_id(patient), _id(other), why="the same name and date of birth, looked at")
    return pix


def _id(patient: SamplePatient) -> PatientId:
    return _PARTIES[patient.issuer].patient(patient.patient_id)


class Communities(Closes):
    """The lab's two communities, running: ``north, lakeside = lab.communities()``.

    Parameters
    ----------
    folder
        Each start keeps its registries in a new folder in it, which goes when it is closed.
    north_images, lakeside_images
        Make clients of the DICOMweb services of the two sites.
    policy
        Asked by every service.

    Attributes
    ----------
    north, lakeside
        The communities.
    people
        The cross-reference manager's knowledge: who is known under which IDs.
    transcript
        Every message between their services and clients, in order.
    """

    def __init__(
        self,
        folder: Path,
        north_images: Callable[[], DicomwebClient],
        lakeside_images: Callable[[], DicomwebClient],
        policy: AccessPolicy,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True)
        self.people, self.transcript = people(), Transcript()
        self._pix = HttpService(PIX)
        self._pix.start(pix_app(self.people, policy, base_url=self._url_of_pix()))
        make = partial(self._community, policy)
        self.north = make(NORTH, north_images)
        self.lakeside = make(LAKESIDE, lakeside_images)

    def _url_of_pix(self) -> str:
        return f"http://{HOST}:{self._pix.port or self._pix.bind()}"

    def _community(
        self, policy: AccessPolicy, party: Party, images: Callable[[], DicomwebClient]
    ) -> Community:
        way = ToldTransport("ITI-83", f"{party.name} {INITIATING}", PIX, self.transcript)
        return Community(
            party,
            Path(self._folder.name) / party.issuer.lower(),
            DicomwebImages(images),
            policy,
            patients=PixClient(self._url_of_pix(), transport=way),
            observer=self.transcript,
            clock=lambda: PUBLISHED,
        )

    def start(self, studies: Iterable[str] | None = None) -> None:
        """Start both, introduce them to each other, and publish studies (all by default)."""
        wanted = None if studies is None else list(studies)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Community.start, self))
            self.north.introduce(self.lakeside)
            self.lakeside.introduce(self.north)
            list(pool.map(lambda community: community.publish(wanted), self))

    def close(self) -> None:
        """Stop everything, and delete what was kept."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Community.close, self))
        self._pix.stop()
        self._folder.cleanup()

    def __iter__(self) -> Iterator[Community]:
        yield from (self.north, self.lakeside)

    def __repr__(self) -> str:
        return "\n".join(repr(community) for community in self)
