"""Publishing a site's studies: a manifest of each, submitted by RAD-68 (RAD TF-2 4.68).

What a registry is told of a manifest, and how it gets there, is
`labkit.exchange.manifests.documents`; here is which studies are published, and when again.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from labkit.common.errors import UsageError
from labkit.exchange.images.source import ImageSource
from labkit.exchange.manifests import Maker, Manifest, documents, gather
from labkit.exchange.parties import Party
from labkit.exchange.xds.model import DocumentEntry
from labkit.exchange.xds.problems import XdsError
from labkit.exchange.xds.source import DocumentSource

_AT_ONCE = 3


class ImagingPublisher:
    """Publishes the studies of a site, and remembers what it has published.

    Parameters
    ----------
    party
        Whose site it is.
    images
        Where the studies are.
    """

    def __init__(self, party: Party, images: ImageSource) -> None:
        self._party, self._images = party, images
        self._published: dict[str, tuple[tuple[str, ...], DocumentEntry]] = {}
        self.withheld: dict[str, str] = {}
        """Study Instance UIDs of what could not be published, and why."""

    def publish_all(
        self, studies: Iterable[str], source: DocumentSource, at: datetime
    ) -> list[DocumentEntry]:
        """Publish studies; one that cannot be described is left out, and why is in `withheld`.

        Parameters and further errors are those of `publish`.
        """

        def one(study: str) -> DocumentEntry | None:
            try:
                self.withheld.pop(study, None)
                return self.publish(study, source, at)
            except XdsError:
                raise
            except UsageError as error:
                self.withheld[study] = error.message
                return None

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [entry for entry in pool.map(one, studies) if entry is not None]

    def publish(self, study: str, source: DocumentSource, at: datetime) -> DocumentEntry:
        """Submit a manifest of a study.

        A study that was published before and has changed gets a new manifest, which replaces the
        old one (RPLC); one that has not is not submitted again.

        Parameters
        ----------
        source
            Submits to the repository.
        at
            When, with its zone.

        Returns
        -------
        DocumentEntry
            As it was submitted.

        Raises
        ------
        UsageError
            Nothing of the study is left to list, or it is of a patient with a foreign ID.
        XdsError, SoapFault, NetworkError
            The repository refused, or was not reached.
        """
        manifest = gather(
            self._images.headers(study), "xds-i.b", maker=Maker.of(self._party), when=at
        )
        listed, entry = self._published.get(study, (None, None))
        if entry is not None and listed == manifest.instance_uids:
            return entry
        self._check_whose(manifest)
        entry = documents.publish(source, manifest, self._party, at, replaces=entry)
        self._published[study] = manifest.instance_uids, entry
        return entry

    def _check_whose(self, manifest: Manifest) -> None:
        """Refuse a patient whose ID is not one of the party's: it would be another patient's here.

        Raises
        ------
        UsageError
            It is not.
        """
        subject = manifest.patient.id
        if subject is None or subject.authority != self._party.authority:
            who = subject.value if subject else "nobody"
            raise UsageError(
                f"The manifest is of patient {who}, and that is no ID of {self._party.name}.",
                remedy="Reconcile the ID first; the number alone may be somebody else's here.",
            )
