"""Puts products in the place of the lab's own nodes, and tells each where the others are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.common.errors import UsageError
from labkit.common.serving import HOST
from labkit.dimse import AssociationTrace, Peer
from labkit.lab.containers.dcmtk import Keeper, ServedWorklist
from labkit.lab.containers.doorman import Doorman
from labkit.lab.containers.hapi import HapiNode
from labkit.lab.containers.mirror import Mirror
from labkit.lab.containers.orthanc import Orthanc
from labkit.lab.containers.porch import Porch
from labkit.lab.containers.products import Products
from labkit.lab.containers.reach import beyond
from labkit.lab.containers.tap import Address, Tap
from labkit.lab.front import Front, Rules
from labkit.lab.managed import calling_titles
from labkit.lab.nodes import FHIR

if TYPE_CHECKING:
    from labkit.lab.managed import StationWorklist
    from labkit.lab.secure.guarding import Guarding
    from labkit.pacs import Archive, EventLog, ObjectSink, PacsNode

_MPPS = b"1.2.840.10008.3.1.2.3.3"
"""Modality Performed Procedure Step SOP Class, as it stands in an A-ASSOCIATE-RQ."""


class Supply:
    """The products of one lab.

    Parameters
    ----------
    products
        Where they are.
    password
        Of guarded Orthancs; ``""`` where they are open.
    """

    guarded = False
    """Whether nobody reaches the products but through the lab's own services."""

    def __init__(self, products: Products, password: str = "") -> None:
        self.products = products
        self.porch = Porch(products.callback)
        self._taps: dict[str, Tap] = {}
        self._admin: dict[str, Orthanc | Keeper] = {}
        self._known: Mapping[str, Peer] = {}
        self._told: dict[str, Mapping[str, Peer]] = {}  # what one archive knows beside these
        self._said: dict[str, Mapping[str, Peer]] = {}
        self._blocked: dict[str, Collection[str]] = {}
        self._telling = threading.Lock()
        for name, placed in products.placed.items():
            if placed.kind == "orthanc":
                self._admin[name] = Orthanc(name, placed.admin, password)
            elif placed.kind in ("dcmqrscp", "wlmscpfs"):
                self._admin[name] = Keeper(name, placed.admin)

    def prove(self) -> None:
        """Find out that the products are guarded, where they have to be: here they are open."""

    @property
    def kinds(self) -> Mapping[str, str]:
        """Which product stands in the place of which node."""
        return {name: placed.kind for name, placed in self.products.placed.items()}

    def admin(self, name: str) -> Orthanc | Keeper:
        """Return the administrator's side of a product."""
        return self._admin[name]

    @property
    def dicomweb_url(self) -> str:
        """DICOMweb of ARCHIVE, as Orthanc's plugin has it; empty where the product has none."""
        placed = self.products.placed.get("ARCHIVE")
        return f"{placed.admin}/dicom-web" if placed and placed.kind == "orthanc" else ""

    def __contains__(self, name: object) -> bool:
        return name in self.products.placed

    def archive(self, name: str, folder: Path) -> Archive | None:
        """Return the mirror of a product, or ``None`` where the lab has its own archive."""
        admin = self._admin.get(name)
        return Mirror(folder, admin) if admin is not None else None

    def sinks(self) -> Mapping[str, ObjectSink]:
        """Return where the lab's own nodes put objects for a product; here products take them."""
        return {}

    def worklist(self, folder: Path) -> StationWorklist | None:
        """Return the worklist that a product lists, or ``None``."""
        keeper = self._admin.get("WORKLIST")
        return ServedWorklist(folder, keeper) if isinstance(keeper, Keeper) else None

    def fhir(self, log: EventLog, guarding: Guarding) -> HapiNode | None:
        """Return the FHIR server, or ``None`` where the lab has its own."""
        placed = self.products.placed.get(FHIR)
        return HapiNode(placed.admin, log, self.porch) if placed is not None else None

    def tap(
        self,
        name: str,
        own: PacsNode,
        log: EventLog,
        traces: Callable[[AssociationTrace], None],
    ) -> Tap | None:
        """Return the door before a product.

        Parameters
        ----------
        own
            The lab's node of this name; of WORKLIST it goes on serving MPPS behind the same door,
            since wlmscpfs lists and does no more.
        """
        placed = self.products.placed.get(name)
        if placed is None:
            return None
        there = placed.host, placed.port

        def upstream(request: bytes) -> Address:
            if name == "WORKLIST" and _MPPS in request:
                if not own.running:
                    own.start()
                return HOST, own.port
            return there

        self._taps[name] = Tap(name, upstream, log, traces)
        return self._taps[name]

    def check(self, name: str, values: Mapping[str, Any]) -> None:
        """Refuse settings that a product cannot be given from here.

        Raises
        ------
        UsageError
            Names them.
        """
        kind = self.kinds.get(name)
        unable = beyond(kind, values) if kind else []
        if unable:
            raise UsageError(
                f"{name} is {kind} in a container here: {', '.join(unable)} cannot be set.",
                remedy="Do this on the embedded lab: `labkit up`, without --backend.",
            )

    def apply(
        self,
        name: str,
        front: Front,
        values: Mapping[str, Any],
        *,
        hung: bool,
        certificates: Path,
    ) -> None:
        """Have the door of a product, which is closed now, do what the settings say."""
        tap = self._taps[name]
        tap.doorman = Doorman(
            calling_titles(values["accept_calling"]),
            values["known_hosts"],
            {ae: frozenset(may) for ae, may in values["permissions"].items()},
            values["max_associations"],
            values["ae_title"] if values["ae_title"] != name else "",
            name,
        )
        tap.tls = _context(name, certificates) if values["tls"] else None
        front.rules = Rules(values["firewall"], hung, values["large_packets"], values["pdu_limit"])
        admin = self._admin[name]
        if isinstance(admin, Orthanc) and "transfer_syntaxes" in values:
            admin.take(values["transfer_syntaxes"])
        blocked = values.get("blocked_to", ())
        if set(blocked) != set(self._blocked.get(name, ())):
            self._blocked[name] = blocked
            self.know(self._known)

    def tell(self, name: str, more: Mapping[str, Peer]) -> None:
        """Have one archive know more destinations than all do, from the next `know` on."""
        self._told[name] = dict(more)

    def settle(self) -> None:
        """Tell everybody, where there was no reason yet to do so since the last `tell`."""
        if self._said != self._told:
            self.know(self._known)

    def know(self, destinations: Mapping[str, Peer]) -> None:
        """Tell every archive the C-MOVE destinations, at the addresses that it can reach."""
        with self._telling:
            self._known, self._said = dict(destinations), dict(self._told)
            reached = self._reached(destinations)
            more = {name: self._reached(known) for name, known in self._told.items()}
            all_of_them = [at for known in (reached, *more.values()) for at in known.values()]
            self.porch.keep({port for host, port in all_of_them if host == self.callback})
            for name, admin in self._admin.items():
                if name == "WORKLIST":
                    continue
                nowhere = self.callback or "127.0.0.1", 9  # discard: nobody listens there
                blocked = self._blocked.get(name, ())
                hosts = {**reached, **more.get(name, {})}
                admin.know({t: nowhere if t in blocked else at for t, at in hosts.items()})

    def _reached(self, destinations: Mapping[str, Peer]) -> dict[str, Address]:
        found = {title: self._from_inside(title, peer) for title, peer in destinations.items()}
        return {title: at for title, at in found.items() if at is not None}

    @property
    def callback(self) -> str:
        """The host by which containers reach the lab; empty where they cannot."""
        return self.products.callback

    def _from_inside(self, title: str, peer: Peer) -> Address | None:
        """Where a container finds a peer; ``None`` where it cannot."""
        if peer.host not in (HOST, "localhost"):
            return peer.host, peer.port
        through = self.porch.open(peer.port)
        if through is None and title in self.products.placed:
            return self.products.placed[title].inside
        return through

    def refuse_unreachable(self, ae_title: str, host: str) -> None:
        """Refuse a C-MOVE destination on loopback where no container can call the lab back.

        Raises
        ------
        UsageError
            Says where to work instead.
        """
        if not self.callback and host in (HOST, "localhost"):
            raise UsageError(
                f"The containers cannot reach {ae_title} on this machine's loopback.",
                remedy="Use the destination WORKSTN, or open the workbook that runs in the "
                "container: docker compose up workbook.",
            )

    def close(self) -> None:
        """Close every connection."""
        self.porch.close()
        for admin in self._admin.values():
            admin.close()


def _context(name: str, certificates: Path) -> Any:
    from labkit.dimse.tls import Authority, server_context

    return server_context(Authority(certificates).credential(name))
