"""The settings of every node and modality: what there is to configure, and what it is set to now.

These are the pages of a PACS's administration and of a modality's service menu. What a learner may
set is what a fault may have changed: a repair is a configuration, as in a hospital.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.common.errors import LabError, UsageError
from labkit.lab import settings_checks as c
from labkit.lab.cast import SYNTAXES
from labkit.lab.nodes import PROXY, UnknownNode
from labkit.pacs.durable import replace_synced

COPIED = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
    "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
"""What a modality takes over from its order (IHE RAD TF-2, appendix A)."""


@dataclass(frozen=True)
class Setting:
    """One thing to set.

    Attributes
    ----------
    default
        What it is in a new lab.
    check
        Returns a value as it is kept, or raises `UsageError`.
    says
        What it is, in a sentence.
    """

    default: Any
    check: c.Check
    says: str


_PORT = c.number(1, 65535, "a TCP port")
_NODE: Mapping[str, Setting] = {
    "ae_title": Setting("", c.title, "its own AE title; it answers to no other"),
    "accept_calling": Setting(None, c.maybe(c.titles), "calling AE titles it takes; None: any"),
    "known_hosts": Setting(
        {}, c.by_title(c.text, "{'MR1': '127.0.0.1'}"),
        "the address that it expects a calling AE title to have; others of that title are refused",
    ),
    "permissions": Setting(
        {}, c.by_title(c.services, "{'MR1': ['echo', 'store']}"),
        "the services that a calling AE title may use; a title that is not named may use all",
    ),
    "max_pdu": Setting(131072, c.number(1024, 1 << 24, "bytes"), "the largest PDU it announces"),
    "max_associations": Setting(
        100, c.number(1, 1000, "associations"), "how many it serves at once"
    ),
    "firewall": Setting(
        "open", c.choice("open", "reject", "drop"),
        "what the firewall before it does with connections: lets them in, refuses, drops them",
    ),
    "large_packets": Setting(
        "pass", c.choice("pass", "lose"), "whether the network before it carries full-size packets"
    ),
    "pdu_limit": Setting(
        None, c.maybe(c.number(1024, 1 << 24, "bytes")),
        "the largest PDU that the security gateway before it lets through; None: there is none",
    ),
    "tls": Setting(False, c.flag, "whether its port speaks TLS"),
}  # fmt: skip
_STORAGE: Mapping[str, Setting] = {
    "refused_classes": Setting([], c.storage, "storage SOP classes that it does not take"),
    "transfer_syntaxes": Setting(
        None, c.maybe(c.syntaxes), "transfer syntaxes that it takes; None: all"
    ),
    "store_seconds": Setting(
        0, c.number(0, 60, "seconds", whole=False), "how long it works on an object"
    ),
    "room": Setting(
        None, c.maybe(c.number(0, 1 << 40, "bytes")), "what its storage has left; None: enough"
    ),
    "required": Setting([], c.keywords, "attributes without which it stores no object"),
    "coerce": Setting({}, c.values, "attributes that it overwrites in each object that it stores"),
    "duplicates": Setting(
        "refuse", c.choice("refuse", "discard"),
        "another object with a SOP Instance UID that it holds: refuse with 0111, or discard it",
    ),
    "blocked_to": Setting(
        [], c.titles, "AE titles that the firewall does not let it open connections to"
    ),
}  # fmt: skip
_MODALITY: Mapping[str, Setting] = {
    "ae_title": Setting("", c.title, "the calling AE title it uses"),
    "sends_to": Setting("ARCHIVE", c.choice("ARCHIVE", "ROUTER"), "the node it sends images to"),
    "called": Setting("", c.title, "the called AE title it uses there"),
    "port": Setting(None, c.maybe(_PORT), "the port it uses there; None: the node's own"),
    "timeout": Setting(
        3, c.number(0.1, 60, "seconds", whole=False), "how long it waits for an answer"
    ),
    "tls": Setting(False, c.flag, "whether it sends by TLS"),
    "transfer_syntax": Setting(
        None, c.maybe(c.uncompressed), "the one it sends in; None: as its detector makes them"
    ),
    "station": Setting("", c.title, "the station AE title it asks the worklist for"),
    "worklist": Setting(True, c.flag, "whether patient and order come from the worklist"),
    "copies": Setting(
        list(COPIED), c.keywords, "attributes that it copies from the worklist into its images"
    ),
    "study_uid": Setting(
        "worklist", c.choice("worklist", "own"), "where the Study Instance UID comes from"
    ),
    "sop_uids": Setting("new", c.choice("new", "fixed"), "whether each image gets a new UID"),
    "character_set": Setting(
        None, c.maybe(c.text), "Specific Character Set it writes, true or not; None: the order's"
    ),
    "clock_minutes": Setting(0, c.number(-10000, 10000, "minutes"), "how far its clock is ahead"),
    "commitment": Setting(False, c.flag, "whether it asks the archive to commit to what it sent"),
    "mpps": Setting(False, c.flag, "whether it tells WORKLIST what it does, by MPPS"),
}  # fmt: skip
_WORKLIST: Mapping[str, Setting] = {
    "stations": Setting(
        {}, c.by_title(c.title, "{'MR1': 'MR2'}"),
        "AE titles under which it lists the steps of a station, where not under its own",
    ),
}  # fmt: skip
_VIEWER: Mapping[str, Setting] = {
    "retrieve_keys": Setting(
        "all", c.choice("all", "lowest"),
        "the unique keys in its queries and retrievals: of all levels, or of the lowest alone",
    ),
}  # fmt: skip
_ROUTER: Mapping[str, Setting] = {
    "forward_to": Setting(
        ["ARCHIVE"], c.titles, "AE titles that it forwards everything to while it has no rules"
    ),
    "rules": Setting("", c.rules, "what goes where: the text of a rule file; empty: no rules"),
}
_FACADE: Mapping[str, Setting] = {
    "retrieve": Setting(
        "auto", c.choice("auto", "c-get", "c-move"),
        "how it fetches from LEGACY: by C-GET and, what cannot be had so, by C-MOVE; or one alone",
    ),
    "associations": Setting(4, c.number(1, 64, "associations"), "how many it opens at once"),
    "timeout": Setting(
        30, c.number(0.5, 300, "seconds", whole=False), "how long LEGACY may be silent"
    ),
    "slow_after": Setting(
        20, c.number(0.1, 300, "seconds", whole=False),
        "how long a request waits for the first object before it is answered 503",
    ),
    "trust": Setting(
        0, c.number(0, 86400, "seconds", whole=False),
        "for how long it gives what is in its cache without asking LEGACY whether it has changed",
    ),
    "cache_bytes": Setting(
        1 << 30, c.number(1 << 10, 1 << 40, "bytes"), "how much its cache may hold"
    ),
    "cache_seconds": Setting(
        7 * 86400, c.number(0.1, 1e8, "seconds", whole=False), "for how long its cache keeps it"
    ),
}  # fmt: skip

MODALITIES = ("MR1", "US1", "US2")
"""What makes images in this lab: MR1 and US2 at North General, US1 at Lakeside Clinic."""
_STORES = ("ARCHIVE", "WORKSTN", "LEGACY")
_OWN: Mapping[str, Mapping[str, Any]] = {
    "US1": {"sends_to": "ROUTER", "called": "ROUTER"},
    "MR1": {"called": "ARCHIVE"},
    "US2": {"called": "ARCHIVE"},
}


def table(name: str) -> dict[str, Setting]:
    """Return what can be set of a node or modality, with its defaults.

    Raises
    ------
    UnknownNode
        There is none of this name.
    """
    if name in MODALITIES:
        own = {"ae_title": name, "station": name, **_OWN[name]}
        found = dict(_MODALITY)
    elif name in (*_STORES, "WORKLIST", "ROUTER"):
        own = {"ae_title": name}
        if name in SYNTAXES:
            own["transfer_syntaxes"] = sorted(SYNTAXES[name])
        found = dict(_NODE)
        found |= _STORAGE if name in _STORES else {}
        found |= {"WORKLIST": _WORKLIST, "WORKSTN": _VIEWER, "ROUTER": _ROUTER}.get(name, {})
        if name == "ROUTER":
            del found["known_hosts"], found["permissions"]
    elif name == PROXY:
        own, found = {}, dict(_FACADE)
    else:
        raise UnknownNode(name, (*_STORES, "WORKLIST", "ROUTER", PROXY, *MODALITIES))
    return {key: Setting(own.get(key, s.default), s.check, s.says) for key, s in found.items()}


class Settings:
    """What everything is set to; kept in a file, so that it survives a restart.

    Parameters
    ----------
    path
        ``settings.json`` of the workspace; holds what differs from a new lab.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed: dict[str, dict[str, Any]] = _read(path)

    def of(self, name: str) -> dict[str, Any]:
        """Return every setting of a node or modality."""
        return self.with_defaults(name, self._changed.get(name, {}))

    def change(self, name: str, values: Mapping[str, Any]) -> None:
        """Set some of them.

        Raises
        ------
        UsageError
            There is no such setting, or it cannot be this; then nothing is changed.
        """
        known = table(name)
        checked = {}
        for key, value in values.items():
            if key not in known:
                raise UsageError(
                    f"{name} has no setting {key!r}", remedy=f"It has {', '.join(known)}."
                )
            try:
                checked[key] = known[key].check(value)
            except UsageError as error:
                raise UsageError(f"{name}, {key}: {error.message}", remedy=error.remedy) from error
        mine = {**self._changed.get(name, {}), **checked}
        mine = {key: value for key, value in mine.items() if value != known[key].default}
        self._changed = {**self._changed, name: mine}
        self._save()

    def changed(self) -> dict[str, dict[str, Any]]:
        """Return what differs from a new lab, by node or modality."""
        return {name: dict(values) for name, values in self._changed.items() if values}

    def with_defaults(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return every setting of a node: `values`, and what a new lab has for the others."""
        return {key: values.get(key, setting.default) for key, setting in table(name).items()}

    def forget(self) -> None:
        """Have everything as in a new lab."""
        self._changed = {}
        self._path.unlink(missing_ok=True)

    def _save(self) -> None:
        replace_synced(self._path, json.dumps(self.changed(), indent=1, sort_keys=True).encode())


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: {key: table(name)[key].check(value) for key, value in values.items()}
            for name, values in found.items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError, KeyError, UsageError) as error:
        raise LabError(
            f"{path.name} cannot be used ({type(error).__name__}).",
            remedy="Delete that file and run `labkit up`: all settings are then as in a new lab.",
        ) from error
