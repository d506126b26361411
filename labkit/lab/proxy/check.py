"""``labkit proxy --check``: is every PACS as the file says, and what has it to know of us?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from labkit.common.errors import PortTaken
from labkit.dicomweb.proxy.service.build import peer_of
from labkit.dimse import Receiver
from labkit.dimse.receiver import is_loopback
from labkit.lab.doctor import net
from labkit.lab.doctor.dicom import DicomChecks, Inbox
from labkit.lab.doctor.entries import entry
from labkit.lab.doctor.finding import FAILED, OK, SKIPPED, Finding, LayerFails, examined
from labkit.lab.doctor.finding import LayerSkipped as Skipped
from labkit.lab.nodes import Node

if TYPE_CHECKING:
    from labkit.dicomweb.proxy.service.config import ServiceConfig
    from labkit.dicomweb.proxy.service.parts import PacsPart


def checked(config: ServiceConfig) -> Iterator[Finding]:
    """Examine one PACS after the other, and say of each how it has to know the façade."""
    for pacs in config.pacs:
        yield from _checked(config, pacs)


def _checked(config: ServiceConfig, pacs: PacsPart) -> Iterator[Finding]:
    calling = pacs.our_ae_title or config.proxy.ae_title
    peer = peer_of(pacs)
    node = Node(
        peer.ae_title, peer.host, peer.port, tls=peer.tls, calling=calling, identity=peer.identity
    )
    moves = pacs.retrieve != "c-get" and config.receive is not None
    inbox = _inbox(config, pacs) if moves else None
    found: dict[str, str] = {}
    for finding in examined(pacs.name, DicomChecks(node, ("C-FIND",), inbox, pacs.product).layers):
        found[finding.layer] = finding.state
        yield finding
    if found.get("C-MOVE") == found.get("C-GET") == SKIPPED:
        yield _nothing_to_retrieve(pacs, found, moves)
    yield _to_enter(config, pacs, calling, inbox)


def _nothing_to_retrieve(pacs: PacsPart, found: dict[str, str], moves: bool) -> Finding:
    """Of a PACS that does not send: because it holds nothing, or because there is no way."""
    return Finding(
        pacs.name, "retrieve", SKIPPED if moves else FAILED,
        "no object came: it holds none, or offers no way that this file allows",
        "" if moves else "You: if it offers no C-GET, add [receive], and leave retrieve out.",
    )  # fmt: skip


def _to_enter(config: ServiceConfig, pacs: PacsPart, calling: str, inbox: Inbox | None) -> Finding:
    here = net.address_towards(pacs.host, pacs.port)
    lines = [f"It is called by {calling} from {here}, for C-ECHO, C-FIND, C-GET, C-MOVE, C-STORE."]
    if inbox is not None:
        lines += entry(pacs.product, inbox.ae_title, inbox.address, inbox.port)
    return Finding(
        pacs.name, "to enter", OK, f"what the administrator of {pacs.ae_title} has to enter",
        entry=tuple(lines),
    )  # fmt: skip


def _inbox(config: ServiceConfig, pacs: PacsPart) -> Inbox:
    part = config.receive
    assert part is not None
    towards = net.address_towards(pacs.host, pacs.port)
    one = part.bind not in ("0.0.0.0", "::") and not is_loopback(part.bind)  # nosec B104
    address = part.address or (part.bind if one else towards)

    @contextmanager
    def receiving() -> Iterator[Receiver]:
        if is_loopback(part.bind) and not is_loopback(towards):
            raise LayerFails(
                f"[receive] listens on {part.bind}, and the PACS is another machine",
                remedy=f'You: bind = "{towards}", the address of this machine on that network.',
            )
        if part.certificate is not None:
            raise Skipped("what it sends by TLS is not tried here")
        receiver = Receiver(
            config.proxy.ae_title, part.port, bind=part.bind,
            accept_calling=config.senders,
        )  # fmt: skip
        try:
            receiver.__enter__()
        except PortTaken as error:
            raise Skipped(
                f"port {part.port} of [receive] is in use here; if that is the façade, all is well"
            ) from error
        try:
            yield receiver
        finally:
            receiver.__exit__(None, None, None)

    return Inbox(receiving, config.proxy.ae_title, address, part.port)
