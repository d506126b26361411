"""A joined secure lab: the verbs of every lab, with the learner's identity behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.dimse.peer import LEARNER
from labkit.lab.embedded import EmbeddedLab
from labkit.lab.health import HEALTH_AE
from labkit.lab.nodes import Node, Nodes
from labkit.lab.secure.facets.consents import ConsentsFacet
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
    def consents(self) -> ConsentsFacet:
        """What patients have agreed to: ``of``, ``put``, ``withdraw``."""
        return ConsentsFacet(self._call)

    def _nodes_as(self, ae_title: str) -> Nodes:
        plain: dict[str, Node] = dict(super().nodes)
        tls = self._tls(ae_title)
        return Nodes({name: replace(node, tls=tls) for name, node in plain.items()})

    def _nodes_for_health(self) -> Nodes:
        return self._nodes_as(HEALTH_AE)

    def _hl7_tls(self) -> ssl.SSLContext:
        return self._tls(LEARNER)

    def _tls(self, ae_title: str) -> ssl.SSLContext:
        """Return what to call with; made once, since a lab keeps its authority."""
        if ae_title not in self._contexts:
            self._contexts[ae_title] = learner_tls(self._workspace.certificates, ae_title)
        return self._contexts[ae_title]
