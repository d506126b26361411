"""Attempts at the secure lab's DICOM nodes: titles, certificates, destinations."""

from __future__ import annotations

from dataclasses import replace

from labkit.common.errors import LabkitError
from labkit.dimse import Peer, identifier
from labkit.dimse.tls import client_context
from labkit.lab.bypass.attempt import attempt, found_in
from labkit.lab.bypass.dimse import MOVE, got, matched, moved
from labkit.lab.bypass.doors import Doors, Known
from labkit.lab.bypass.secure_tokens import at
from labkit.lab.workspace import Workspace

NODES = "certificates"


def _finds(d: Doors, *peers: Peer) -> bool:
    """Whether the study is found, or had, at any of these."""

    def tells(peer: Peer) -> bool:
        try:
            return d.tells(lambda k: matched(d, peer, "STUDY", StudyInstanceUID=k.study)) or (
                d.tells(lambda k: got(d, identifier("STUDY", StudyInstanceUID=k.study), peer))
            )
        except LabkitError:
            return False

    return any(tells(peer) for peer in peers)


@attempt("node-title-of-another", NODES)
def title_of_another(d: Doors) -> bool:
    """Call with one's own certificate, as a node that may see it."""
    own = at(d).seat.archive
    peers = [at(d).peer(node, title, shown=own) for node in ("ARCHIVE", "LEGACY")
             for title in ("LEARNER", "WORKSTN")]  # fmt: skip
    return _finds(d, *peers)


@attempt("node-title-spelt-otherwise", NODES)
def spelt_otherwise(d: Doors) -> bool:
    """Call as that node, spelt in another way."""
    own = at(d).seat.archive
    titles = ("LEARNER",) if at(d).seat.allowed else ("learner", "LEARNER.", "Learner")
    return _finds(d, *(at(d).peer("ARCHIVE", title, shown=own) for title in titles))


@attempt("node-no-certificate", NODES)
def no_certificate(d: Doors) -> bool:
    """Call as a node that may see it, and show no certificate; and without TLS."""
    ca = Workspace(at(d).lab.workspace).certificates / "ca.pem"
    known = at(d).peer("ARCHIVE", "LEARNER")
    if at(d).seat.allowed:
        return _finds(d, known)
    return _finds(d, replace(known, tls=client_context(ca)), replace(known, tls=None))


@attempt("node-health", NODES)
def health(d: Doors) -> bool:
    """Search with the certificate that is there for C-ECHO alone."""
    from labkit.lab.health import HEALTH_AE

    title = "LEARNER" if at(d).seat.allowed else HEALTH_AE
    return _finds(d, *(at(d).peer(node, title) for node in ("ARCHIVE", "LEGACY")))


@attempt("node-every-lakeside", NODES)
def every_node(d: Doors) -> bool:
    """Search at every node with every certificate of one's own organisation."""
    from labkit.lab.secure.story import STATIONS

    site = at(d).seat.name
    own = [title for title, of in STATIONS.items() if of == site]
    nodes = ("ARCHIVE", "LEGACY", "WORKSTN")
    return _finds(d, *(at(d).peer(node, title) for title in own for node in nodes))


def _sent(d: Doors, peer: Peer, to: str) -> bool:
    def ask(known: Known) -> object:
        return [moved(d, identifier(level, **keys), peer, to) for level, keys in (
            ("STUDY", {"StudyInstanceUID": known.study}),
            ("SERIES", {"StudyInstanceUID": known.study, "SeriesInstanceUID": known.series}),
            ("STUDY", {"StudyInstanceUID": [d.own.study, known.study]}),
        )]  # fmt: skip

    return d.tells(ask)


def _destinations(d: Doors) -> tuple[str, ...]:
    return ("WORKSTN",) if at(d).seat.allowed else ("LEGACY", "ROUTER", "PROXY", "US1")


@attempt("move-to-the-denied", MOVE)
def to_the_denied(d: Doors) -> bool:
    """Have one who may see it send it to each node of those who may not."""
    return any(_sent(d, d.by_colleague, to) for to in _destinations(d))


@attempt("move-to-the-denied-behind-facade", MOVE)
def behind_to_the_denied(d: Doors) -> bool:
    """The same at the old PACS."""
    peer = at(d).peer("LEGACY", at(d).seat.colleague)
    return any(_sent(d, peer, to) for to in _destinations(d))


@attempt("move-to-third", MOVE)
def to_third(d: Doors) -> bool:
    """Have it sent to a node that is not one's own."""
    third = "WORKSTN"
    return _sent(d, d.archive, third) or _sent(d, d.legacy, third)


@attempt("move-to-newcomer", MOVE)
def to_newcomer(d: Doors) -> bool:
    """Have one who may see it send it to a title that no Consent knows."""
    to = "LEARNER" if at(d).seat.allowed else "NEWCOMER"
    if not at(d).seat.allowed:
        at(d).lab.add_node("NEWCOMER", "127.0.0.1", d.receiver.peer.port)
    return _sent(d, d.by_colleague, to)


ATTEMPTS = found_in(globals())
