"""What a lab is to a notebook, whichever back end fills it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pydicom import Dataset

    from labkit.dicom.samples import SampleStudy
    from labkit.dimse import AssociationTrace, Peer
    from labkit.fhir import FhirClient
    from labkit.lab.certificates import Certificates
    from labkit.lab.faults import Faults
    from labkit.lab.health import Health
    from labkit.lab.logtext import LogText
    from labkit.lab.nodes import Node, NodeName, Nodes
    from labkit.lab.owndata.study import Study
    from labkit.lab.performed import Performed
    from labkit.lab.proxy.verbs import EmbeddedProxy
    from labkit.lab.queue import Routing
    from labkit.lab.settings_view import SettingsView
    from labkit.lab.workflow_verbs import Acknowledgement, Hl7Service


@dataclass(frozen=True)
class Mark:
    """A moment: ``lab.log(name, since=mark)`` gives what came after it.

    It counts what is there rather than telling the time, so that no clock can blur it.
    """

    epoch: str = field(repr=False)
    logs: Mapping[str, int] = field(repr=False)
    traces: Mapping[str, int] = field(repr=False)
    objects: Mapping[str, int] = field(repr=False)


class FhirService(Protocol):
    """The FHIR server of a lab."""

    @property
    def url(self) -> str:
        """Its base URL."""
        ...

    def client(self) -> FhirClient:
        """Return a client for it."""
        ...


class Lab(Protocol):
    """An imaging enterprise: named nodes, a FHIR server, and the means to look into both.

    ``labkit.open_lab()`` returns one. Its ``repr`` is a table of health, without host and port.
    """

    @property
    def workspace(self) -> Path:
        """The folder in which this learner's work is kept."""
        ...

    @property
    def nodes(self) -> Nodes:
        """Every DICOM node by name."""
        ...

    @property
    def archive(self) -> Node:
        """The PACS of North General."""
        ...

    @property
    def legacy(self) -> Node:
        """The old PACS of Lakeside Clinic; DIMSE only."""
        ...

    @property
    def workstn(self) -> Node:
        """A workstation: the usual destination of a C-MOVE."""
        ...

    @property
    def router(self) -> Node:
        """Forwards what it receives to ARCHIVE."""
        ...

    @property
    def worklist(self) -> Node:
        """Modality Worklist and MPPS."""
        ...

    @property
    def fhir(self) -> FhirService:
        """The FHIR server."""
        ...

    @property
    def proxy(self) -> EmbeddedProxy:
        """The façade: DICOMweb in front of LEGACY."""
        ...

    def health(self) -> Health:
        """Ask every service whether it is well."""
        ...

    def reset(self) -> None:
        """Put everything back to the first state and start what was stopped."""
        ...

    @property
    def faults(self) -> Faults:
        """The faults that can be injected, and what is active."""
        ...

    def settings(self, name: NodeName) -> SettingsView:
        """Return what a node or modality is set to."""
        ...

    def configure(self, name: NodeName, **values: Any) -> SettingsView:
        """Change settings of a node or modality, as its administrator does."""
        ...

    def examine(self, modality: str, *, discontinued: str = "") -> Performed:
        """Have a modality do the examination that is scheduled for it, and send the images."""
        ...

    def open_study(self, **keys: str) -> Performed:
        """Open a study at the workstation: C-FIND, then C-MOVE to it."""
        ...

    def withdraw(self, name: NodeName, what: str | Dataset | Iterable[Dataset]) -> int:
        """Delete objects of an archive, as a PACS administrator may; how many there were."""
        ...

    def stop_node(self, name: NodeName) -> None:
        """Switch a node off, as a power cut would."""
        ...

    def start_node(self, name: NodeName) -> None:
        """Switch it on again."""
        ...

    def listen_tls(self, name: NodeName, *, mutual: bool = False) -> Node:
        """Have a node listen on a second port, with TLS; return it as it is found there."""
        ...

    @property
    def certificates(self) -> Certificates:
        """What the learner needs for TLS: three files."""
        ...

    def add_node(self, ae_title: str | Peer, host: str = "", port: int = 0) -> None:
        """Register a C-MOVE destination with every archive of the lab; a `Peer` has all three."""
        ...

    def remove_node(self, ae_title: str) -> None:
        """Take such a destination away."""
        ...

    def destinations(self) -> Mapping[str, Peer]:
        """Return every C-MOVE destination that the archives know, by AE title."""
        ...

    @property
    def hl7(self) -> Hl7Service:
        """Where the RIS takes HL7 v2 messages over MLLP."""
        ...

    def send_hl7(self, message: str | bytes) -> Acknowledgement:
        """Send one HL7 v2 message to the RIS and return what it answered."""
        ...

    @property
    def routing(self) -> Routing:
        """The queue of ROUTER: what waits for whom, and why."""
        ...

    def mark(self) -> Mark:
        """Remember this moment, for `log`, `traces` and `received`."""
        ...

    def log(self, name: NodeName, since: Mark | None = None) -> LogText:
        """Return the event log of a node."""
        ...

    def traces(self, name: NodeName, since: Mark | None = None) -> list[AssociationTrace]:
        """Return what a node recorded of its associations, newest last."""
        ...

    def received(self, name: NodeName = "WORKSTN", since: Mark | None = None) -> list[Dataset]:
        """Return the objects that a node holds, in the order in which it got them."""
        ...

    def sample(self, slug: str) -> SampleStudy:
        """Return a sample study by its slug."""
        ...

    def use(self, name: str | None) -> Study | None:
        """Have lessons work on a study that ``labkit import`` brought in; ``None``: the samples."""
        ...

    @property
    def in_use(self) -> str:
        """Name of the study of the user's that is in use; empty for the samples."""
        ...

    def study(self, slug: str) -> Study:
        """Return the study that a lesson is about: the sample `slug`, or the one in use."""
        ...
