"""The lab of a user's own servers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.common.errors import LabkitError, UsageError
from labkit.lab.health import Health, NodeHealth
from labkit.lab.nodes import DICOMWEB, FHIR, Node, Nodes
from labkit.lab.own.config import NAME, VARIABLE, OwnConfig, WebPart, find_config, load
from labkit.lab.own.connect import headers_of, node_of, transport_of, web_client
from labkit.lab.own.privacy import MARK, join
from labkit.lab.own.refused import RefusedVerbs
from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from labkit.dicom.samples import SampleStudy
    from labkit.dicomweb import DicomwebClient
    from labkit.dimse import Receiver
    from labkit.fhir import FhirClient
    from labkit.lab.owndata.study import Study

HOW = "Write it as docs/own-servers.md shows; `labkit doctor` then checks it."
PATIENCE = 5.0
"""Seconds that a server may take to say that it is well."""


@dataclass(frozen=True)
class OwnWeb:
    """A web server of the user's; shown without its address.

    Attributes
    ----------
    url
        Its base; holds no secret.
    """

    url: str = field(repr=False)
    _part: WebPart = field(repr=False)
    _read_only: bool = field(repr=False)

    def http(self) -> httpx.Client:
        """Return an HTTP client for paths below the base, logged in."""
        return web_client(self._part, read_only=self._read_only)


class OwnFhir(OwnWeb):
    """The user's FHIR server."""

    def client(self, *, timeout: float = 30.0) -> FhirClient:
        """Return a client for it, logged in."""
        from labkit.fhir import FhirClient

        return FhirClient(
            self.url,
            transport=transport_of(self._part, read_only=self._read_only),
            headers=headers_of(self._part),
            timeout=timeout,
        )


class OwnDicomweb(OwnWeb):
    """The user's DICOMweb server."""

    def client(self, *, timeout: float = 60.0) -> DicomwebClient:
        """Return a client for it, logged in."""
        from labkit.dicomweb import DicomwebClient

        return DicomwebClient(
            self.url,
            transport=transport_of(self._part, read_only=self._read_only),
            headers=headers_of(self._part),
            timeout=timeout,
        )


class OwnLab(RefusedVerbs):
    """A user's own servers; implements what of `labkit.lab.Lab` makes sense there.

    Parameters
    ----------
    workspace
        Where this learner's progress is kept; nothing of the servers is.
    config
        What ``labkit.toml`` says.
    """

    def __init__(self, workspace: Workspace, config: OwnConfig) -> None:
        self._workspace = workspace
        self._config = config

    @property
    def workspace(self) -> Path:
        """The folder in which this learner's work is kept."""
        return self._workspace.root

    @property
    def config(self) -> OwnConfig:
        """What ``labkit.toml`` says; shown without secrets."""
        return self._config

    @property
    def nodes(self) -> Nodes:
        """The DICOM nodes that ``labkit.toml`` names."""
        found: dict[str, Node] = {}
        if self._config.archive is not None:
            found["ARCHIVE"] = node_of(self._config.archive, self._config, role="PACS archive")
        if self._config.worklist is not None:
            found["WORKLIST"] = node_of(self._config.worklist, self._config, role="worklist (RIS)")
        return Nodes(found)

    @property
    def archive(self) -> Node:
        """The PACS of ``[archive]``."""
        return self._node("ARCHIVE")

    @property
    def worklist(self) -> Node:
        """The worklist of ``[worklist]``."""
        return self._node("WORKLIST")

    @property
    def legacy(self) -> Node:
        """There is none among a user's own servers."""
        return self._node("LEGACY")

    @property
    def workstn(self) -> Node:
        """There is none among a user's own servers."""
        return self._node("WORKSTN")

    @property
    def router(self) -> Node:
        """There is none among a user's own servers."""
        return self._node("ROUTER")

    @property
    def fhir(self) -> OwnFhir:
        """The FHIR server of ``[fhir]``."""
        part = self._web("fhir", self._config.fhir)
        return OwnFhir(part.url, part, self._config.limits.read_only)

    @property
    def dicomweb(self) -> OwnDicomweb:
        """The DICOMweb server of ``[dicomweb]``."""
        part = self._web("dicomweb", self._config.dicomweb)
        return OwnDicomweb(part.url, part, self._config.limits.read_only)

    def receiver(self, folder: str | Path | None = None) -> Receiver:
        """Return the receiver of ``[receive]``, for a ``with`` block; C-MOVE may send to it.

        What comes is kept in memory; with a `folder` it is written there too.
        """
        from labkit.dimse import Receiver

        part = self._config.receive
        if part is None:
            raise self._missing("receive")
        return Receiver(
            part.ae_title, part.port, folder, bind=part.bind, accept_calling=self.callers
        )

    @property
    def callers(self) -> tuple[str, ...]:
        """The calling AE titles from which `receiver` takes objects."""
        part, archive = self._config.receive, self._config.archive
        return (part.allow if part else ()) or ((archive.ae_title,) if archive else ())

    def health(self) -> Health:
        """Ask every server whether it is well; `labkit doctor` says far more."""
        probes: dict[str, tuple[NodeHealth, Callable[[], object]]] = {}
        for name, node in self.nodes.items():
            row = NodeHealth(name, node.ae_title, node.role, node.site)
            probes[name] = row, _echo(node)
        if self._config.dicomweb is not None:
            row = NodeHealth(DICOMWEB, "", "DICOMweb server", "yours")
            probes[DICOMWEB] = row, self._ask_dicomweb
        if self._config.fhir is not None:
            probes[FHIR] = NodeHealth(FHIR, "", "FHIR server", "yours"), self._ask_fhir
        with ThreadPoolExecutor(max_workers=len(probes)) as pool:
            return Health(tuple(pool.map(_asked, probes.values())))

    def sample(self, slug: str) -> SampleStudy:
        """Return a sample study by its slug; it is of the workbook, not of your servers."""
        from labkit.dicom.samples import sample

        return sample(slug)

    def study(self, slug: str) -> Study:
        """Return the same sample as lessons take it."""
        from labkit.lab.owndata.study import of_sample

        return of_sample(self.sample(slug))

    def __repr__(self) -> str:
        return repr(self.health())

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """Show the table, with the mark by which the notebook is known (`privacy`)."""
        health = self.health()
        return {
            "text/plain": repr(health),
            "text/html": health._repr_html_(),
            MARK: {"own": True},
        }

    def _node(self, name: str) -> Node:
        try:
            return self.nodes[name]
        except KeyError:
            raise self._missing(name.lower()) from None

    def _web(self, name: str, part: WebPart | None) -> WebPart:
        if part is None:
            raise self._missing(name)
        return part

    def _missing(self, name: str) -> UsageError:
        known = name in ("archive", "worklist", "dicomweb", "fhir", "receive")
        return UsageError(
            f"{self._config.path.name} names no {name}.",
            remedy=f"Add [{name}] to it." if known else "Use lab.archive, or the embedded lab.",
        )

    def _ask_fhir(self) -> None:
        with self.fhir.client(timeout=PATIENCE) as client:
            client.capabilities()

    def _ask_dicomweb(self) -> None:
        import httpx

        try:
            with self.dicomweb.http() as client:
                answer = client.get("studies", params={"limit": "1"}, timeout=PATIENCE)
        except httpx.HTTPError as error:
            raise LabkitError(f"does not answer ({type(error).__name__}).") from error
        if answer.is_error:
            raise LabkitError(f"answers HTTP {answer.status_code}.")


def open_own(workspace: Workspace, config: str | Path | None = None) -> OwnLab:
    """Join the servers of ``labkit.toml``.

    Parameters
    ----------
    config
        The file; else ``LABKIT_OWN``, else the nearest ``labkit.toml``.

    Raises
    ------
    UsageError
        There is no such file, or it says what cannot be.
    LabError
        This notebook would be saved with what the servers show (`labkit.lab.own.privacy`).
    """
    lab = OwnLab(workspace, read_config(config))
    join(workspace)
    return lab


def read_config(config: str | Path | None = None) -> OwnConfig:
    """Find and read the file.

    Raises
    ------
    UsageError
        There is none, or it says what cannot be.
    """
    path = find_config(config)
    if path is None:
        raise UsageError(f"There is no {NAME} here, and {VARIABLE} names none.", remedy=HOW)
    return load(path)


def _echo(node: Node) -> Callable[[], object]:
    def probe() -> None:
        from labkit.dimse import echo

        status = echo(node, timeout=PATIENCE).status
        if status.code != 0x0000:  # PS3.7 9.1.5: C-ECHO knows no warning
            raise LabkitError(f"answers C-ECHO with {status}.")

    return probe


def _asked(each: tuple[NodeHealth, Callable[[], object]]) -> NodeHealth:
    row, probe = each
    try:
        probe()
    except LabkitError as error:
        remedy = "Run `labkit doctor`: it says what to change, and who."
        return NodeHealth(row.name, row.ae_title, row.role, row.site, error.message, remedy)
    return row
