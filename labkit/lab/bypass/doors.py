"""The doors of an enterprise as one who must not see a study finds them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from pydicom import Dataset

from labkit.access.consent import Ruling
from labkit.dimse import Peer, Receiver

if TYPE_CHECKING:
    from labkit.lab.bypass.seats import AtLab

Resource = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What somebody outside may know of a study: its identifiers, from a letter or an old answer.

    Attributes
    ----------
    study, series, instance
        UIDs; of one series with images, and of one image in it.
    sop_class
        Of that image.
    accession
        Accession Number.
    fhir_id
        Id of the ImagingStudy; other resources about it are named after it.
    patient, patient_id
        Id of the Patient, and Patient ID (0010,0020).
    instances
        How many objects it has.
    """

    study: str
    series: str
    instance: str
    sop_class: str
    accession: str
    fhir_id: str
    patient: str
    patient_id: str
    instances: int = 0

    @property
    def path(self) -> str:
        """The DICOMweb path of the image."""
        return f"/studies/{self.study}/series/{self.series}/instances/{self.instance}"

    def names(self) -> tuple[str, ...]:
        """What gives it away, the longest first."""
        named = (self.study, self.series, self.instance, self.accession, self.fhir_id)
        return tuple(sorted(named, key=len, reverse=True))


@dataclass
class Doors:
    """Where to try, and as whom.

    Attributes
    ----------
    fhir, web, wado, facade, facade_wado
        Base URLs: FHIR, DICOMweb and WADO-URI of the archive, and of the façade.
    archive, legacy, worklist
        Peers. LEGACY is the PACS behind the façade.
    target
        The study that must not be seen.
    own
        Another study, which may be: of the same patient where that is denied alone.
    nothing
        A study that is nowhere: what is hidden has to look like it.
    ae_title
        The AE title of the one who tries. What each peer is called as is in the peer.
    by_colleague, by_storing
        The archive as called by one who may see the target, and by one who may store there and
        may not see it; `archive` where these are not others.
    receiver
        Listens as `ae_title`; the archives know its address.
    http, writer
        Sends as the one who tries, and as one who may not see the target but write.
    consent
        Puts the patient's Consent in force, or out of it.
    write
        Stores a resource as the hospital would.
    put
        Stores a Consent, as the registrar would.
    why
        From an action and the data to the ruling of the consents for the one who tries.
    told
        From the id of a Subscription to the references of what it was told of.
    lab
        What only attempts at a secure lab need.
    memory
        What attempts saw while they were allowed to: entity tags, links.
    """

    fhir: str
    web: str
    wado: str
    facade: str
    facade_wado: str
    archive: Peer
    legacy: Peer
    worklist: Peer
    target: Known
    own: Known
    nothing: Known
    receiver: Receiver
    http: httpx.Client
    consent: Callable[[bool], None]
    write: Callable[[Resource], None]
    told: Callable[[str], list[str]]
    put: Callable[[Resource], None]
    why: Callable[[str, dict[str, str]], Ruling]
    by_colleague: Peer
    by_storing: Peer
    writer: httpx.Client
    ae_title: str = "EVE"
    lab: AtLab | None = None
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether everything of the patient is denied, not the one study alone."""
        return self.own.patient != self.target.patient

    def get(self, url: str, **headers: str) -> httpx.Response:
        """Send a GET; ``_`` in the name of a header is a hyphen."""
        return self.http.get(url, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def send(self, method: str, url: str, body: Any, **headers: str) -> httpx.Response:
        """Send a FHIR resource."""
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        named = {"Content-Type": "application/fhir+json", **named}
        return self.writer.request(method, url, json=body, headers=named)

    def tells(self, ask: Callable[[Known], Any]) -> bool:
        """Whether the target is answered otherwise than a study that is nowhere.

        Then the answer tells that it is there, whatever else it says.
        """
        return plain(ask(self.target), self.target) != plain(ask(self.nothing), self.nothing)

    def shows(self, answer: httpx.Response | str) -> bool:
        """Whether an answer to a question that did not name the target holds one of its names."""
        text = answer if isinstance(answer, str) else answer.text
        known = self.target
        return any(n in text for n in (known.study, known.series, known.instance, known.accession))


def plain(answer: Any, known: Known) -> tuple[Any, ...]:
    """Return an answer without the names that the question had, and without what always differs."""
    if isinstance(answer, httpx.Response):
        told = [answer.headers.get(h, "") for h in ("content-type", "warning", "allow", "location")]
        content: Any = _clean(answer.text, known)
        return answer.status_code, content, [_clean(text, known) for text in told]
    if isinstance(answer, Dataset):
        return (_clean(answer.to_json(), known),)
    return (_clean(repr(answer), known),)


def _clean(text: str, known: Known) -> str:
    for name in known.names():
        text = text.replace(name, "{}")
    # a boundary, an id that was just given, and moments
    text = re.sub(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "{hex}", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "{now}", text)
