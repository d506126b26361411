"""An archive of one's own in this process, to try a list, a certificate or a user identity on."""

from __future__ import annotations

import ssl
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pydicom.dataset import Dataset

from labkit.access.nodes.allow_list import AllowList
from labkit.access.nodes.policy import NodePolicy
from labkit.common.access import ALLOW_ALL, AccessPolicy
from labkit.common.errors import AssociationError, AssociationRejected
from labkit.common.scope import Closes
from labkit.dimse import Peer, echo, store
from labkit.dimse.admission import AdmissionPolicy
from labkit.dimse.identity import UserIdentity
from labkit.dimse.tls import Tls
from labkit.pacs import Archive, Destinations, EventLog, NodeConfig, PacsNode

_REJECTED = "association rejected"


class Practice(Closes):
    """An archive that listens until it is closed; everything of it is gone then.

    Parameters
    ----------
    nodes
        Who may associate, and for what; ``None``: everybody, for everything.
    tls
        Its port speaks TLS (`labkit.dimse.server_context`).
    images
        What it holds.
    admission
        In place of the list's own decision about associations.

    Attributes
    ----------
    peer
        Where it listens; without TLS and user identity.
    """

    def __init__(
        self,
        nodes: AllowList | NodePolicy | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        images: Iterable[Dataset] = (),
        admission: AdmissionPolicy | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="labkit-practice-")
        folder = Path(self._folder.name)
        policy = NodePolicy(nodes) if isinstance(nodes, AllowList) else nodes
        self._archive, self._log = Archive(folder / "archive"), EventLog(folder / "log")
        self._destinations = Destinations(folder / "destinations.json")
        asked: AccessPolicy = policy if policy is not None else ALLOW_ALL
        self._fill(images)
        self._node = PacsNode(
            NodeConfig("ARCHIVE", timeout=5, tls=tls), self._archive,
            policy=asked, admission=admission or policy,
            log=self._log, destinations=self._destinations,
        )  # fmt: skip
        self.peer = Peer("ARCHIVE", "127.0.0.1", self._node.start())

    def close(self) -> None:
        """End it."""
        self._node.stop()
        self._archive.close()
        self._log.close()
        self._folder.cleanup()

    def sends_to(self, peer: Peer) -> None:
        """Let C-MOVE send there, as far as the list allows it."""
        self._destinations.add(peer.ae_title, peer.host, peer.port)

    def as_seen(
        self, *, tls: Tls = None, identity: UserIdentity | None = None, source: str = ""
    ) -> Peer:
        """Give the archive as somebody calls it who has what is given."""
        host, port = self.peer.host, self.peer.port
        return Peer("ARCHIVE", host, port, tls=tls, identity=identity, source=source)

    def call(
        self,
        calling: str,
        *,
        tls: Tls = None,
        identity: UserIdentity | None = None,
        source: str = "",
    ) -> str:
        """Ask for an association and send a C-ECHO.

        Returns
        -------
        str
            ``"accepted"``, ``"accepted, echo refused"``, ``"rejected 1/1/3"`` or
            ``"no connection"`` (TLS was not agreed on).
        """
        before = len(self.reasons())
        try:
            peer = self.as_seen(tls=tls, identity=identity, source=source)
            status = echo(peer, ae_title=calling, timeout=5).status
        except AssociationRejected as error:
            self._await_reason(before)
            return f"rejected {error.result}/{error.source}/{error.reason}"
        except AssociationError:
            return "no connection"
        return "accepted" if status == 0x0000 else "accepted, echo refused"

    def reasons(self) -> list[str]:
        """Why it has rejected associations, as its log says, oldest first."""
        lines = (line for line in self._log.lines() if _REJECTED in line)
        return [line.partition(_REJECTED)[2].partition(": ")[2] for line in lines]

    @property
    def log(self) -> list[str]:
        """Its log, one text an event: without time and numbers."""
        return [line.split(" ", 4)[4] for line in self._log.lines()]

    def _await_reason(self, before: int) -> None:
        """Wait for the line; the log is written after the answer has gone out."""
        deadline = time.monotonic() + 5
        while len(self.reasons()) == before and time.monotonic() < deadline:
            time.sleep(0.01)

    def _fill(self, images: Iterable[Dataset]) -> None:
        given = list(images)
        if not given:
            return
        config = NodeConfig("ARCHIVE", timeout=30)
        open_node = PacsNode(config, self._archive, policy=ALLOW_ALL)
        try:
            with suppress(AssociationError):
                store(Peer("ARCHIVE", "127.0.0.1", open_node.start()), given)
        finally:
            open_node.stop()
