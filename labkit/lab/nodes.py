"""The cast: which nodes there are, at which site, and in which role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from labkit.common.errors import UsageError
from labkit.dimse.peer import Peer


@dataclass(frozen=True, repr=False)
class Node(Peer):
    """One application entity of the enterprise: a peer that has a place in it.

    Parameters
    ----------
    ae_title, host, port
        As of any `Peer`.
    role
        What it is: ``"PACS archive"``.
    site
        Where it stands: ``"North General"``.
    """

    role: str = field(default="", kw_only=True)
    site: str = field(default="", kw_only=True)

    def __repr__(self) -> str:
        place = ", ".join(filter(None, (self.role, self.site)))
        return f"Node({self.ae_title}: {place})" if place else f"Node({self.ae_title})"


class UnknownNode(UsageError, KeyError):
    """The lab has no node of this name; the remedy names those that it has."""

    def __init__(self, name: object, known: Iterable[str]) -> None:
        super().__init__(f"There is no node {name!r}.", remedy=f"There is {', '.join(known)}.")


class Nodes(Mapping[str, Node]):
    """The nodes of a lab by name, in the order of the story."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = dict(nodes)

    def __getitem__(self, name: str) -> Node:
        try:
            return self._nodes[name]
        except KeyError:
            raise UnknownNode(name, self) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._nodes.values()))


NodeName = str | Node
"""A node may stand for its name; letters may be of either case."""


@dataclass(frozen=True)
class Part:
    """What a node is in the story; its address comes when it starts."""

    role: str
    site: str


NORTH, LAKESIDE = "North General", "Lakeside Clinic"

CAST = {
    "ARCHIVE": Part("PACS archive", NORTH),
    "WORKSTN": Part("workstation", NORTH),
    "WORKLIST": Part("worklist (RIS)", NORTH),
    "LEGACY": Part("old PACS", LAKESIDE),
    "ROUTER": Part("router", LAKESIDE),
}
"""By name, which is also the AE title (docs/architecture.md)."""

FHIR = "FHIR"
"""The name by which the FHIR server is stopped, started and looked up; it has no AE title."""

DICOMWEB = "DICOMWEB"
"""The same for the DICOMweb service of ARCHIVE (PS3.18)."""

AUTH = "AUTH"
"""The same for the authorization server of a secure lab."""

PROXY = "PROXY"
"""The same for the façade before LEGACY; also its AE title, which LEGACY alone knows."""
