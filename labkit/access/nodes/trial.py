"""Each measure against each attacker, by doing it: what is stopped, and what is not.

``python -m labkit.access.nodes.trial`` prints the table.
"""

from __future__ import annotations

import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.access.nodes.measures import HOST, MEASURES, NODE, PATIENT, Measure, Site, guarded_by
from labkit.access.nodes.wire import WireTap
from labkit.common.access import ALLOW_ALL
from labkit.common.errors import AssociationError, LabError, UsageError
from labkit.common.html_table import html_table
from labkit.dimse import Peer, find, identifier, server_context, store
from labkit.pacs import Archive, NodeConfig, PacsNode

ELSEWHERE = "127.0.0.2"
"""The address of the attacker's machine; on Linux and Windows all of 127/8 is this machine."""

Attack = Callable[[Site], str]
"""Returns what it got; ``""`` where it was stopped."""


@dataclass(frozen=True)
class Outcome:
    """One trial.

    Attributes
    ----------
    measure, attacker
        Their names.
    got
        What the attacker had in the end; ``""`` where he was stopped.
    """

    measure: str
    attacker: str
    got: str

    @property
    def stopped(self) -> bool:
        """Whether the measure held."""
        return not self.got


class Outcomes(tuple[Outcome, ...]):
    """All trials, shown as a table of measures and attackers."""

    __slots__ = ()

    def rows(self) -> list[list[str]]:
        """The table as texts, with its head."""
        attackers = list(dict.fromkeys(each.attacker for each in self))
        rows = [["", *attackers]]
        for measure in dict.fromkeys(each.measure for each in self):
            by = {each.attacker: each for each in self if each.measure == measure}
            cells = ["stopped" if by[name].stopped else by[name].got for name in attackers]
            rows.append([measure, *cells])
        return rows

    def to_markdown(self) -> str:
        """The table for a page."""
        head, *rest = self.rows()
        lines = [head, ["---"] * len(head), *rest]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def __repr__(self) -> str:
        return self.to_markdown()

    def _repr_html_(self) -> str:
        head, *rest = self.rows()
        return html_table(head, rest)


def wrong_title(site: Site) -> str:
    """Knows where the archive is, and calls by a title of his own."""
    return _query(site.as_caller(None, source=ELSEWHERE), "GUEST")


def right_title_elsewhere(site: Site) -> str:
    """Knows the node's title too; it stands on a sticker on the machine."""
    return _query(site.as_caller(None, source=ELSEWHERE), NODE)


def sniffer(site: Site) -> str:
    """Reads what the node sends, and changes nothing."""
    return "reads the name" if PATIENT.encode() in _recorded(site) else ""


def replay(site: Site) -> str:
    """Sends again, from his own machine, what the sniffer has recorded."""
    recorded = _recorded(site)
    with (
        suppress(OSError),
        socket.create_connection(
            (site.peer.host, site.peer.port), timeout=5, source_address=(ELSEWHERE, 0)
        ) as sock,
    ):
        # A recording of TLS goes out whole; of an A-ASSOCIATE-RQ, this first (PS3.8 9.3.2).
        plain = recorded[:1] == b"\x01"
        sock.sendall(recorded[: 6 + int.from_bytes(recorded[2:6], "big")] if plain else recorded)
        if sock.recv(1) == b"\x02":  # A-ASSOCIATE-AC
            return "is accepted"
    return ""


def false_archive(site: Site) -> str:
    """Answers in the archive's place, at its address, with a certificate of his own making."""
    context = server_context(site.stranger.credential("ARCHIVE")) if site.measure.tls else None
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder))
        node = PacsNode(NodeConfig("ARCHIVE", timeout=5, tls=context), archive, policy=ALLOW_ALL)
        try:
            there = replace(site.peer, port=node.start())
            with suppress(AssociationError):
                store(there, [site.image], ae_title=NODE, timeout=5)
            return "has the image" if list(archive.stored()) else ""
        finally:
            node.stop()
            archive.close()


def certificate_of_another(site: Site) -> str:
    """Works at another node, with its certificate, and calls by this one's title."""
    mine = site.authority.credential("CT1") if site.measure.tls else None
    return _query(site.as_caller(mine, source=ELSEWHERE), NODE)


def stolen_certificate(site: Site) -> str:
    """Has a copy of the node's certificate and key, on his own machine."""
    return _query(site.as_caller(site.stolen, source=ELSEWHERE), NODE)


def node_taken_over(site: Site) -> str:
    """Sits at the node itself, and has all that it has."""
    return _query(site.peer, NODE)


ATTACKERS: dict[str, Attack] = {
    "wrong title": wrong_title,
    "right title, another machine": right_title_elsewhere,
    "sniffer": sniffer,
    "replay of a recording": replay,
    "false archive": false_archive,
    "another node's certificate": certificate_of_another,
    "stolen certificate": stolen_certificate,
    "node taken over": node_taken_over,
}


def run_trials(
    folder: str | Path,
    *,
    measures: Iterable[Measure] = MEASURES,
    attackers: Sequence[str] = tuple(ATTACKERS),
) -> Outcomes:
    """Try each attacker on an archive under each measure.

    Parameters
    ----------
    folder
        For archives and certificates.
    measures, attackers
        Which; all of them unless said.

    Raises
    ------
    UsageError
        This machine has no second loopback address, or an attacker is unknown.
    """
    for name in attackers:
        if name not in ATTACKERS:
            raise UsageError(f"no attacker is called {name!r}", remedy=f"{', '.join(ATTACKERS)}.")
    try:
        socket.create_server((ELSEWHERE, 0)).close()
    except OSError as error:
        raise UsageError(
            f"this machine does not have the address {ELSEWHERE}: {error.strerror}",
            remedy=f"macOS: sudo ifconfig lo0 alias {ELSEWHERE}.",
        ) from error
    done: list[Outcome] = []
    for measure in measures:
        with guarded_by(measure, Path(folder)) as site:
            if not store(site.peer, [site.image], ae_title=NODE).stored:
                raise LabError(
                    f"under {measure.name!r} not even the node itself gets in",
                    remedy="A measure that stops everybody shows nothing.",
                )
            done += [Outcome(measure.name, name, ATTACKERS[name](site)) for name in attackers]
    return Outcomes(done)


def _query(peer: Peer, calling: str) -> str:
    """Ask for the archive's patients, the shortest way to somebody's data."""
    try:
        found = find(
            peer, identifier("STUDY", StudyInstanceUID=None, PatientName=None),
            ae_title=calling, timeout=5,
        )  # fmt: skip
    except AssociationError:  # rejected, or no TLS
        return ""
    return "lists patients" if any(str(ds.PatientName) == PATIENT for ds in found) else ""


def _recorded(site: Site) -> bytes:
    with WireTap(HOST, site.peer.port) as tap:
        store(replace(site.peer, port=tap.port), [site.image], ae_title=NODE, timeout=5)
    return bytes(tap.sent)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        sys.stdout.write(run_trials(place).to_markdown() + "\n")
