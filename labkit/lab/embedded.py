"""The lab that runs in one background process of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from labkit.common.errors import LabError, LabNotRunning, UsageError
from labkit.dimse import AssociationTrace, Peer
from labkit.lab.certificates import Certificates
from labkit.lab.description import Description, read
from labkit.lab.dicomweb import EmbeddedDicomweb
from labkit.lab.exchange.verbs import ExchangeVerbs
from labkit.lab.fhirservice import EmbeddedFhir
from labkit.lab.floor_verbs import FloorVerbs
from labkit.lab.health import HEALTH_AE, TIMEOUT, Health, NodeHealth, examine
from labkit.lab.launch import find, joined
from labkit.lab.logtext import LogText
from labkit.lab.nodes import DICOMWEB, FHIR, PROXY, Node, NodeName, Nodes, UnknownNode
from labkit.lab.owndata.verbs import OwnDataVerbs
from labkit.lab.protocol import Mark
from labkit.lab.proxy.verbs import ProxyVerbs
from labkit.lab.remote import Control
from labkit.lab.settings import MODALITIES
from labkit.lab.workflow_verbs import WorkflowVerbs
from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    from pydicom import Dataset

    from labkit.dicom.samples import SampleStudy

_JOIN = "Run `lab = labkit.open_lab()` again: it starts the lab where needed."


class EmbeddedLab(FloorVerbs, WorkflowVerbs, ProxyVerbs, ExchangeVerbs, OwnDataVerbs):
    """A joined lab; implements `labkit.lab.Lab`.

    It holds no connection: it goes on working when the lab is restarted under it.

    Parameters
    ----------
    workspace
        Whose lab it is.
    description
        Where it runs now.
    """

    secure = False
    """Whether every door of it is guarded."""

    def __init__(self, workspace: Workspace, description: Description) -> None:
        self._workspace = workspace
        self._known = description

    @classmethod
    def joined(cls, workspace: Workspace) -> EmbeddedLab:
        """Join the running lab of `workspace`, secure or open; start nothing.

        Raises
        ------
        LabNotRunning
            There is none.
        """
        return lab_of(workspace, joined(workspace))

    @property
    def workspace(self) -> Path:
        """The folder in which this learner's work is kept."""
        return self._workspace.root

    @property
    def nodes(self) -> Nodes:
        """Every DICOM node by name."""
        described = self._described().nodes
        return Nodes(
            {
                name: Node(node.ae_title, node.host, node.port, role=node.role, site=node.site)
                for name, node in described.items()
            }
        )

    @property
    def archive(self) -> Node:
        """The PACS of North General."""
        return self.nodes["ARCHIVE"]

    @property
    def legacy(self) -> Node:
        """The old PACS of Lakeside Clinic; DIMSE only."""
        return self.nodes["LEGACY"]

    @property
    def workstn(self) -> Node:
        """A workstation: the usual destination of a C-MOVE."""
        return self.nodes["WORKSTN"]

    @property
    def router(self) -> Node:
        """Forwards what it receives to ARCHIVE."""
        return self.nodes["ROUTER"]

    @property
    def worklist(self) -> Node:
        """Modality Worklist and MPPS."""
        return self.nodes["WORKLIST"]

    @property
    def fhir(self) -> EmbeddedFhir:
        """The FHIR server."""
        return EmbeddedFhir(self._described().fhir_url, self._headers)

    @property
    def dicomweb(self) -> EmbeddedDicomweb:
        """The DICOMweb service of ARCHIVE."""
        return EmbeddedDicomweb(self._described().dicomweb_url, self._headers)

    def health(self) -> Health:
        """Ask every service whether it is well: a C-ECHO to each node, ``/metadata`` of FHIR."""
        try:
            self._call("GET", "/ping")
        except LabError as error:
            parts = self._known.nodes.items()
            rows = [
                NodeHealth(n, p.ae_title, p.role, p.site, error.message, error.remedy)
                for n, p in parts
            ]
            return Health(tuple(rows))
        return examine(self._nodes_for_health(), self._ask_fhir)

    def _nodes_for_health(self) -> Nodes:
        return self.nodes

    def token(self) -> str:
        """Return what opens the lab's doors over HTTP; ``""``: an open lab wants none."""
        return ""

    def _headers(self) -> dict[str, str]:
        token = self.token()
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _ask_fhir(self) -> None:
        from labkit.fhir import FhirClient

        who = {"User-Agent": HEALTH_AE, **self._headers()}
        with FhirClient(self.fhir.url, headers=who, timeout=TIMEOUT) as client:
            client.capabilities()

    def reset(self) -> None:
        """Put everything back to the first state and start what was stopped; progress is kept."""
        self._call("POST", "/reset")

    def stop_node(self, name: NodeName) -> None:
        """Switch a node off, as a power cut would: connections to it are refused."""
        self._call("POST", f"/nodes/{self._name(name)}/stop")

    def start_node(self, name: NodeName) -> None:
        """Switch it on again, at the same port where it is still free."""
        self._call("POST", f"/nodes/{self._name(name)}/start")

    def listen_tls(self, name: NodeName, *, mutual: bool = False) -> Node:
        """Have a node listen on a second port, with TLS (PS3.15 B.12), until the lab is reset.

        Parameters
        ----------
        mutual
            Take only clients that show a certificate too (node authentication).

        Returns
        -------
        Node
            The node at that port. It has no TLS context of its own: give the verbs yours, `tls=…`.
        """
        whose = self._name(name)
        port = self._call("POST", f"/nodes/{whose}/tls", {"mutual": bool(mutual)})["port"]
        return replace(self.nodes[whose], port=port)

    @property
    def certificates(self) -> Certificates:
        """What the learner needs for TLS: the authority's certificate, and a pair of one's own."""
        files = self._call("GET", "/certificates")
        return Certificates(**{kind: self._workspace.root / path for kind, path in files.items()})

    def add_node(self, ae_title: str | Peer, host: str = "", port: int = 0) -> None:
        """Register a C-MOVE destination with every archive of the lab (PS3.4 C.4.2).

        Give AE title, host and port, or a `labkit.dimse.Peer` that has all three.
        """
        peer = ae_title if isinstance(ae_title, Peer) else Peer(ae_title, host, port)
        body = {"ae_title": peer.ae_title, "host": peer.host, "port": peer.port}
        self._call("POST", "/destinations", body)

    def remove_node(self, ae_title: str) -> None:
        """Take such a destination away."""
        self._call("POST", "/destinations/remove", {"ae_title": ae_title})

    def destinations(self) -> dict[str, Peer]:
        """Return every C-MOVE destination that the archives know, by AE title."""
        found = self._call("GET", "/destinations")
        return {ae_title: Peer(ae_title, host, port) for ae_title, (host, port) in found.items()}

    def mark(self) -> Mark:
        """Remember this moment, for `log`, `traces` and `received`."""
        return Mark(**self._call("GET", "/mark"))

    def log(self, name: NodeName, since: Mark | None = None) -> LogText:
        """Return the event log of a node, or what came after `since`."""
        whose = self._name(name)
        lines = self._call("GET", f"/nodes/{whose}/log?{since_mark(since, 'logs', whose)}")["lines"]
        return LogText(whose, tuple(lines))

    def traces(
        self, name: NodeName, since: Mark | None = None, last: int | None = None
    ) -> list[AssociationTrace]:
        """Return what a node recorded of its associations, newest last.

        The newest `last` of them; without it all since the mark, or else the newest 20.
        """
        whose = self._name(name)
        most = last if last is not None else 20 if since is None else 0
        query = f"{since_mark(since, 'traces', whose)}&last={most}"
        found = self._call("GET", f"/nodes/{whose}/traces?{query}")
        return [AssociationTrace.from_json(trace) for trace in found]

    def received(self, name: NodeName = "WORKSTN", since: Mark | None = None) -> list[Dataset]:
        """Return the objects that a node holds, in the order in which it got them.

        Of WORKLIST these are the performed procedure steps, of ROUTER what waits to be forwarded.
        """
        from labkit.dicom import read as read_object

        whose = self._name(name)
        found = self._call("GET", f"/nodes/{whose}/objects?{since_mark(since, 'objects', whose)}")
        return [read_object(self._workspace.root / item["path"]) for item in found]

    def sample(self, slug: str) -> SampleStudy:
        """Return a sample study by its slug."""
        from labkit.dicom.samples import sample

        return sample(slug)

    def __repr__(self) -> str:
        return repr(self.health())

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Ask once for both forms that a notebook stores."""
        health = self.health()
        return {"text/plain": repr(health), "text/html": health._repr_html_()}

    def _name(self, name: NodeName) -> str:
        """Return the name of a node as the lab spells it."""
        title = name.ae_title if isinstance(name, Node) else str(name).strip().upper()
        known = [*self._described().nodes, *MODALITIES, FHIR, DICOMWEB, PROXY]
        if title not in known:
            raise UnknownNode(title, known)
        return title

    def _described(self) -> Description:
        """Return the description as it stands now: a node may have moved to another port."""
        with suppress(LabError):  # damaged while the lab runs: what we know is still right
            self._known = read(self._workspace.description) or self._known
        return self._known

    def _call(self, method: str, path: str, body: object = None) -> Any:
        """Ask the lab; if it has been restarted since, ask the new one."""
        try:
            return Control(self._described()).call(method, path, body)
        except LabNotRunning:
            found = find(self._workspace)
            if found is None:
                raise LabNotRunning(
                    f"The lab in {self._workspace.root.name} is not running.", remedy=_JOIN
                ) from None
            self._known = found
            return Control(found).call(method, path, body)


def lab_of(workspace: Workspace, description: Description) -> EmbeddedLab:
    """Return the joined lab that a description tells of."""
    if not description.secure:
        return EmbeddedLab(workspace, description)
    from labkit.lab.secure.facets import SecureLab

    return SecureLab(workspace, description)


def since_mark(mark: Mark | None, kind: str, name: str) -> str:
    """Return the part of a query string that says where to begin."""
    if mark is None:
        return ""
    if not isinstance(mark, Mark):
        raise UsageError("`since` takes what lab.mark() returned.", remedy="mark = lab.mark()")
    counts: Mapping[str, int] = getattr(mark, kind)
    return urlencode({"epoch": mark.epoch, "since": counts.get(name, 0)})
