"""The communities of a network: their services at one site each, asked over the lines (XCA)."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from labkit.common.access import AccessPolicy
from labkit.common.errors import LabkitError, NetworkError, UsageError
from labkit.common.serving import HOST
from labkit.dicomweb import ArchiveSource
from labkit.exchange.community import (
    IMAGES,
    INITIATING,
    REGISTRY,
    REPOSITORY,
    RESPONDING,
    Community,
)
from labkit.exchange.images import DicomwebImages, ImagingConsumer, SourceImages
from labkit.exchange.images.source import ImageSource
from labkit.exchange.manifests import read
from labkit.exchange.manifests.documents import SCHEMES
from labkit.exchange.network.joined import Joined
from labkit.exchange.network.knowing import Patients
from labkit.exchange.network.results import Located
from labkit.exchange.parties import PatientId
from labkit.exchange.soap import SoapClient
from labkit.exchange.xca.initiating import Neighbour
from labkit.exchange.xds import DocumentConsumer, DocumentEntry
from labkit.exchange.xds.names import STUDY
from labkit.exchange.xds.problems import XdsError

if TYPE_CHECKING:
    from labkit.exchange.network.building import Built

SYNTAXES = (
    ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless, JPEGLosslessSV1,
    JPEGLSLossless, RLELossless,
)  # fmt: skip
"""What a site takes of RAD-69: all in which nothing is lost."""


class Gateways:
    """All communities of a network.

    Parameters
    ----------
    network
        Whose sites run already.
    folder
        Of their state.
    """

    def __init__(
        self, network: Built, folder: Path, policy: AccessPolicy, patients: Patients | None
    ) -> None:
        self._network = network
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], DocumentEntry] = {}
        self.heads: dict[str, str] = {}
        self.communities: dict[str, Community] = {}
        for community in network.design.communities:
            members = network.design.members(community.name)
            offering = [site.name for site in members if site.offers("registry", "repository")]
            if not offering:
                continue
            head = self.heads[community.name] = offering[0]
            self.communities[community.name] = Community(
                community.party, folder / head, self._images(head, community.name), policy,
                patients=patients, patience=network.timeout,
            )  # fmt: skip

    def _images(self, head: str, community: str) -> Joined:
        sources: list[ImageSource] = []
        for member in self._network.design.members(community):
            archive = self._network.site(member.name).archive
            if archive is not None and member.name == head:
                sources.insert(0, SourceImages(ArchiveSource(archive)))
            elif archive is not None and member.offers("dicomweb"):
                name = member.name
                sources.append(DicomwebImages(lambda name=name: self._network.web(head, name)))  # type: ignore[misc]
        return Joined(sources)

    def start(self) -> None:
        """Start them, have those with gateways know each other, and register what is there."""
        for name, head in self.heads.items():
            community = self.communities[name]
            community.start()
            for service, url in community.urls.items():
                self._network.wires.serve(head, f"http:{service}", urlsplit(url).port or 0)
        with_gateway = [n for n, h in self.heads.items() if self._offers(h, "gateway")]
        for name in with_gateway:
            for other in with_gateway:
                if other != name:
                    url = self._url(self.heads[name], self.heads[other], RESPONDING)
                    party = self.communities[other].party
                    self.communities[name].initiating.know(Neighbour(party, url))
        for community in self.communities.values():
            community.publish()

    def _offers(self, site: str, service: str) -> bool:
        return self._network.design.site(site).offers(service)

    def stop(self, site: str) -> None:
        """Stop what runs at a site."""
        for name, head in self.heads.items():
            if head == site:
                self.communities[name].stop()

    def restart(self, site: str) -> None:
        """Start again what runs at a site."""
        for name, head in self.heads.items():
            if head == site:
                self.communities[name].start()

    def close(self) -> None:
        """Stop everything."""
        for community in self.communities.values():
            community.close()

    def publish(self, site: str, study: str) -> None:
        """Register a study that was made at a site with its community (RAD-68)."""
        name = self._network.design.site(site).community
        if name in self.communities:
            self.communities[name].publish([study])

    # -- what a site asks --

    def asked(self, at: str) -> list[str]:
        """The sites that a search comes to: that of its registry, and of the other gateways."""
        own = self._head(at)
        beyond = self._offers(own, "gateway")
        others = [
            h for h in self.heads.values() if h != own and beyond and self._offers(h, "gateway")
        ]
        return [own, *others]

    def pairs(self, at: str) -> list[tuple[str, str]]:
        """The sites between which something goes for a search or a retrieve at a site."""
        own, *others = self.asked(at)
        return [(at, own), *((own, other) for other in others)]

    def find(self, at: str, patient: str | PatientId) -> tuple[list[Located], dict[str, str]]:
        """Ask the own registry (ITI-18), and other communities through the gateway (ITI-38).

        Returns
        -------
        tuple
            What was found, and who gave no answer, with the reason.
        """
        community = self._network.design.site(at).community
        party = self.communities[community].party if community in self.communities else None
        own = self._head(at)
        if party is None:
            raise UsageError(f"{community} has no registry.", remedy='Add "registry" to a site.')
        who = party.patient(patient) if isinstance(patient, str) else patient
        found: list[Located] = []
        silent: dict[str, str] = {}
        consumers = [(own, self._consumer(at, beyond=False))]
        if self._offers(own, "gateway"):
            consumers.append((own, self._consumer(at, beyond=True)))
        for site, consumer in consumers:
            answer: Sequence[DocumentEntry] = ()
            try:
                with consumer:
                    answer = found_here = consumer.find_documents(who)
                errors = found_here.errors
            except XdsError as error:  # nobody who was asked gave anything
                errors = error.errors
            except LabkitError as error:
                silent.setdefault(site, error.message)
                errors = ()
            for said in errors:
                if said.code != "XDSUnknownPatientId" and not said.warning:
                    silent[self._site_of(said.location) or site] = said.context
            found += [located for entry in answer if (located := self._located(at, entry))]
        return found, silent

    def fetch(self, at: str, study: str) -> tuple[str, dict[str, bytes]]:
        """Retrieve the manifest that a search at this site has found (ITI-43), and what it lists.

        Returns
        -------
        tuple
            The site whose community has it, and the files (RAD-69, RAD-75).

        Raises
        ------
        NetworkError
            Nobody here has looked for it, or it did not come whole.
        """
        entry = self._known.get((at, study))
        if entry is None:
            raise NetworkError(
                f"Nobody at {at} has found {study} yet.",
                remedy="Between communities one looks for a patient first: find(at=…, patient=…).",
            )
        party = self.communities[self._network.design.site(at).community].party
        try:
            with self._consumer(at, beyond=False) as consumer:
                documents = consumer.retrieve([entry])
        except XdsError as error:
            raise NetworkError(
                f"The manifest of {study} did not come: {error.message}.",
                remedy="Wait until the other community answers.",
            ) from error
        own = self._head(at)
        imaging = ImagingConsumer(
            {party.images: self._url(at, own, IMAGES)}, gateway=self._url(at, own, INITIATING),
            home=party.home, client=self._client,
        )  # fmt: skip
        manifest = read(documents[0].data)
        images = imaging.retrieve(manifest, home=entry.homeCommunityId, transfer_syntaxes=SYNTAXES)
        if images.errors or len(images.files) < len(manifest.instance_uids):
            raise NetworkError(
                f"{len(images.files)} of {len(manifest.instance_uids)} images of {study} came: "
                f"{_first(images.errors)}.",
                remedy="Wait until the other community answers.",
            )
        return self._site_of(entry.homeCommunityId) or own, dict(images.files)

    # -- inside --

    def _head(self, at: str) -> str:
        return self.heads.get(self._network.design.site(at).community, at)

    def _url(self, at: str, of: str, service: str) -> str:
        return f"http://{HOST}:{self._network.wires.port(at, of, f'http:{service}')}/"

    def _client(self, url: str) -> SoapClient:
        return SoapClient(url, timeout=self._network.timeout)

    def _consumer(self, at: str, *, beyond: bool) -> DocumentConsumer:
        own = self._head(at)
        party = self.communities[self._network.design.site(at).community].party
        gateway = self._url(at, own, INITIATING)
        registry = gateway if beyond else self._url(at, own, REGISTRY)
        here = {} if beyond else {party.repository: self._url(at, own, REPOSITORY)}
        return DocumentConsumer(
            registry, here, gateway=gateway, home=party.home, connect=self._client
        )

    def _site_of(self, home: str) -> str:
        for name, community in self.communities.items():
            if home == community.party.home:
                return self.heads[name]
        return ""

    def _located(self, at: str, entry: DocumentEntry) -> Located | None:
        study = next(
            (ref.split("^")[0] for ref in entry.referenceIdList if ref.endswith(STUDY)), ""
        )
        if not study:
            return None
        with self._lock:
            self._known[at, study] = entry
        site = self._site_of(entry.homeCommunityId) or self._head(at)
        kinds = tuple(
            sorted(one.code for one in entry.eventCodeList if one.scheme == SCHEMES["DCM"])
        )
        return Located(
            study, site, entry.patientId.value, entry.serviceStartTime[:8], entry.title, kinds
        )


def _first(errors: Collection[object]) -> str:
    return str(next(iter(errors), "no reason given"))
