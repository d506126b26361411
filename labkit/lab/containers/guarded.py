"""Products behind the doors of a secure lab: what guards each, and who reaches it.

Orthanc lets in the lab's process alone, by its password over HTTP; in front stand the lab's own
node and DICOMweb, over a mirror of what Orthanc holds. HAPI enforces by itself: it asks the lab's
process at each resource. The other nodes of a secure lab are the lab's own: dcmqrscp and wlmscpfs
can neither ask nor keep others out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from labkit.common.errors import LabError
from labkit.lab.containers.guard import PassedOn
from labkit.lab.containers.guarded_hapi import GuardedHapi
from labkit.lab.containers.mirror import Mirror
from labkit.lab.containers.orthanc import Orthanc
from labkit.lab.containers.products import Products
from labkit.lab.containers.secrets import Secrets
from labkit.lab.containers.supply import Supply
from labkit.lab.nodes import FHIR

if TYPE_CHECKING:
    from labkit.dimse import Peer
    from labkit.lab.containers.tap import Tap
    from labkit.lab.managed import StationWorklist
    from labkit.lab.secure.guarding import Guarding
    from labkit.pacs import Archive, EventLog, ObjectSink

KINDS = {"ARCHIVE": "orthanc", "WORKSTN": "orthanc", FHIR: "hapi"}
"""Which product stands behind which door; every other node is the lab's own."""
UNAUTHORIZED = 401


class GuardedSupply(Supply):
    """The products of a secure lab.

    Parameters
    ----------
    products
        Where they are.
    secrets
        What they share with the lab's process.

    Raises
    ------
    LabError
        There is a product that nothing here guards, or one is missing.
    """

    guarded = True

    def __init__(self, products: Products, secrets: Secrets) -> None:
        kinds = {name: placed.kind for name, placed in products.placed.items()}
        if kinds != KINDS:
            raise LabError(
                f"The products of this secure lab are {kinds}, and guarded are {KINDS}.",
                remedy="Run `labkit up --backend containers --secure` again: it writes them anew.",
            )
        super().__init__(products, secrets.password)
        self._secrets = secrets
        self._mirrors: dict[str, Mirror] = {}

    def prove(self) -> None:
        """Find out that no Orthanc answers anybody else.

        Raises
        ------
        LabError
            One does, or does not answer at all.
        """
        for name, placed in self.products.placed.items():
            if placed.kind != "orthanc":
                continue
            self._admin[name].version()
            with httpx.Client(trust_env=False, timeout=30.0) as anybody:
                if anybody.get(f"{placed.admin}/system").status_code != UNAUTHORIZED:
                    raise LabError(
                        f"{name} (Orthanc) answers whoever asks: it is not guarded.",
                        remedy="Run `labkit up --backend containers --secure`, which starts it so.",
                    )

    def __contains__(self, name: object) -> bool:
        """No: what a node does is done by the lab's own, before a product or without one."""
        return False

    @property
    def kinds(self) -> Mapping[str, str]:
        """Which product stands behind which node."""
        return dict(KINDS)

    @property
    def dicomweb_url(self) -> str:
        """Nobody asks Orthanc's own."""
        return ""

    def archive(self, name: str, folder: Path) -> Archive | None:
        """Return the mirror of an Orthanc, or ``None`` where the lab has its own archive."""
        admin = self._admin.get(name)
        if not isinstance(admin, Orthanc):
            return None
        self._mirrors[name] = Mirror(folder, admin)
        return self._mirrors[name]

    def sinks(self) -> Mapping[str, ObjectSink]:
        """Return what has Orthanc keep an object before it is answered."""
        return {name: PassedOn(mirror) for name, mirror in self._mirrors.items()}

    def worklist(self, folder: Path) -> StationWorklist | None:
        """Return none: WORKLIST is the lab's own."""
        return None

    def fhir(self, log: EventLog, guarding: Guarding) -> GuardedHapi:
        """Return the door before HAPI, and what HAPI asks."""
        placed = self.products.placed[FHIR]
        return GuardedHapi(placed.admin, log, guarding, self._secrets)

    def tap(self, name: str, *_: Any, **__: Any) -> Tap | None:
        """Return none: no byte goes from a caller to a product."""
        return None

    def check(self, name: str, values: Mapping[str, Any]) -> None:
        """Let pass: the node is the lab's own, and its guard has been asked."""

    def tell(self, name: str, more: Mapping[str, Peer]) -> None:
        """Tell nothing: no product sends."""

    def know(self, destinations: Mapping[str, Peer]) -> None:
        """Tell nothing: no product sends."""

    def refuse_unreachable(self, ae_title: str, host: str) -> None:
        """Let pass: the lab's own node sends, and reaches loopback."""
