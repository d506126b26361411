"""A joined secure lab: the verbs of every lab, with the learner's identity behind them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from labkit.dimse import Receiver, server_context
from labkit.dimse.peer import LEARNER
from labkit.dimse.tls import Credential
from labkit.lab.embedded import EmbeddedLab
from labkit.lab.health import HEALTH_AE
from labkit.lab.nodes import AUTH, Node, NodeName, Nodes
from labkit.lab.secure.facets.audit import AuditFacet
from labkit.lab.secure.facets.auth import AuthFacet
from labkit.lab.secure.facets.consents import ConsentsFacet
from labkit.lab.secure.facets.peer import keycloak
from labkit.lab.secure.tls import learner_tls
from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    import ssl

    from labkit.lab.description import Description


class SecureLab(EmbeddedLab):
    """A lab whose doors are guarded.

    Its nodes are called as LEARNER, with the certificate that the lab has issued; its clients for
    FHIR and DICOMweb carry a token that the lab has given to the client ``workbook``.
    """

    secure = True

    def __init__(self, workspace: Workspace, description: Description) -> None:
        super().__init__(workspace, description)
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def nodes(self) -> Nodes:
        """Every DICOM node by name, with TLS."""
        return self._nodes_as(LEARNER)

    @property
    def auth(self) -> AuthFacet:
        """The authorization server: ``issuer``, ``clients``, ``users``, ``token`` …"""
        described = self._described()
        beside = partial(keycloak, self._workspace)
        return AuthFacet(described.auth_url, described.fhir_url, self._call, beside)

    @property
    def audit(self) -> AuditFacet:
        """The audit trail: ``records``, ``follow``, ``verify``."""
        return AuditFacet(self._call)

    @property
    def consents(self) -> ConsentsFacet:
        """What patients have agreed to: ``of``, ``put``, ``withdraw``."""
        return ConsentsFacet(self._call)

    def _nodes_as(self, ae_title: str) -> Nodes:
        plain: dict[str, Node] = dict(super().nodes)
        tls = self._tls(ae_title)
        return Nodes({name: replace(node, tls=tls) for name, node in plain.items()})

    def _nodes_for_health(self) -> Nodes:
        return self._nodes_as(HEALTH_AE)

    def receiver(self, ae_title: str = LEARNER) -> Receiver:
        """Make a storage SCP that the lab's archives can send to: with TLS, as LEARNER."""
        folder = self._workspace.certificates
        shown = Credential(folder / f"{LEARNER}.pem", folder / f"{LEARNER}.key")
        return Receiver(ae_title, tls=server_context(shown, clients=folder / "ca.pem"))

    def token(self) -> str:
        """Return a token of the client ``workbook``; a new one each time, so that it lasts."""
        return self.auth.token()

    def _name(self, name: NodeName) -> str:
        if str(name).strip().upper() == AUTH:
            return AUTH
        return super()._name(name)

    def _hl7_tls(self) -> ssl.SSLContext:
        return self._tls(LEARNER)

    def _tls(self, ae_title: str) -> ssl.SSLContext:
        """Return what to call with; made once, since a lab keeps its authority."""
        if ae_title not in self._contexts:
            self._contexts[ae_title] = learner_tls(self._workspace.certificates, ae_title)
        return self._contexts[ae_title]
