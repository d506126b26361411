"""Which node may do what at which: the allow lists of the secure lab.

A node is known by its certificate, one for each AE title; the title alone proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from labkit.access.nodes import AllowList, NodeEntry
from labkit.dimse.certificate import describe
from labkit.lab.health import HEALTH_AE
from labkit.lab.secure import story


class May(NamedTuple):
    """What one node may do at another.

    Attributes
    ----------
    services
        Actions, as ``labkit.access.nodes`` names them.
    destinations
        Where it may have C-MOVE send to; itself alone where empty.
    """

    services: tuple[str, ...]
    destinations: tuple[str, ...] = ()


_USERS = "LEARNER"
_ECHO = ("C-ECHO",)
_SENDS = (*_ECHO, "C-STORE")
_ASKS = (*_ECHO, "C-FIND", "C-MOVE", "C-GET")
_WORKS = (*_ECHO, "C-FIND", "N-CREATE", "N-SET")
RIGHTS: Mapping[str, Mapping[str, May]] = {
    "ARCHIVE": {
        "LEARNER": May((*_ASKS, "C-STORE", "N-ACTION"), ("LEARNER", "WORKSTN")),
        "WORKSTN": May(_ASKS),
        "MR1": May((*_SENDS, "N-ACTION")),
        "US2": May((*_SENDS, "N-ACTION")),
        "ROUTER": May(_SENDS),
        "LEGACY": May(_ASKS),  # Lakeside asks North General for earlier studies
    },
    "WORKSTN": {
        "ARCHIVE": May(_SENDS),
        "LEGACY": May(_SENDS),
        "LEARNER": May((*_SENDS, "C-FIND")),
    },
    "WORKLIST": dict.fromkeys(("MR1", "US1", "US2", "LEARNER"), May(_WORKS)),
    "LEGACY": {
        "PROXY": May((*_ASKS, "C-STORE")),
        "ARCHIVE": May(_SENDS),
        "LEARNER": May((*_ASKS, "C-STORE"), ("LEARNER", "WORKSTN")),
    },
    "ROUTER": dict.fromkeys(("US1", "MR1", "US2", "LEARNER"), May(_SENDS)),
    "PROXY": {"LEGACY": May(_SENDS)},
}
"""Node that is called, node that calls, what that may do. Who is not here may nothing."""


def allow_list(door: str, certificate: Callable[[str], Path]) -> AllowList:
    """Make the list of one node.

    Parameters
    ----------
    certificate
        Gives the file with the certificate of an AE title.
    """
    known = {**RIGHTS[door], HEALTH_AE: May(_ECHO)}
    entries = [_entry(title, may, certificate(title)) for title, may in known.items()]
    # With a token the notebook's node is its user, and has what the token gives: one more entry.
    entries += [replace(e, identity="token", actors=()) for e in entries if e.ae_title == _USERS]
    return AllowList(entries)


def _entry(title: str, may: May, certificate: Path) -> NodeEntry:
    return NodeEntry(
        title,
        fingerprints=(describe(certificate).fingerprint,),
        services=may.services,
        destinations=may.destinations,
        actors=tuple(sorted(story.actors(title))),
    )
