"""The rules of a router: a small file that says what goes where (TOML).

::

    match = "first"                     # or "all": which of the rules that fit are obeyed

    [[rule]]
    name = "mammography at night"
    when.modality = ["MG"]
    when.hours = "20:00-06:00"
    send = ["ARCHIVE", "WORKSTN"]
    transfer_syntax = "1.2.840.10008.1.2.4.90"
    set.InstitutionName = "Lakeside Clinic"

    [[rule]]
    name = "no localisers"
    when.description = "*LOCALI[SZ]ER*"
    drop = "localisers are not kept"

A rule without ``when`` fits everything. What no rule fits goes nowhere, and the log says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from fnmatch import fnmatchcase

from pydicom.dataset import Dataset

from labkit.pacs.header import Header
from labkit.pacs.keys import KEYS
from labkit.pacs.matching import element_text

ATTRIBUTES: Mapping[str, str] = {
    "modality": "Modality",
    "body_part": "BodyPartExamined",
    "station": "StationName",
    "institution": "InstitutionName",
    "issuer": "IssuerOfPatientID",
    "sop_class": "SOPClassUID",
}
"""Conditions that look at one attribute."""
CONDITIONS = ("calling", "description", "hours", *ATTRIBUTES)
"""All conditions of ``when``."""
_DESCRIPTIONS = ("StudyDescription", "SeriesDescription")


@dataclass(frozen=True)
class Window:
    """A part of the day; one that ends before it begins goes over midnight."""

    start: time
    end: time

    def __contains__(self, moment: time) -> bool:
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True)
class Arrived:
    """What a rule looks at.

    Attributes
    ----------
    calling
        AE title of the sender.
    header
        The object's attributes.
    at
        Time of day, by the router's clock.
    """

    calling: str
    header: Header
    at: time


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes
    ----------
    when
        Condition to patterns, any of which is to fit; ``*``, ``?`` and ``[…]`` as in file names,
        letters of either case.
    hours
        When it holds, or ``None`` for always.
    send
        AE titles of the destinations.
    calling_ae
        The AE title to call them as; ``""`` for the router's own.
    changes
        Keyword to the value that it gets on the way.
    transfer_syntax
        What the objects are encoded in on the way; ``""`` for as they are.
    drop
        Why they go nowhere; then nothing else is done.
    """

    name: str
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hours: Window | None = None
    send: tuple[str, ...] = ()
    calling_ae: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    transfer_syntax: str = ""
    drop: str = ""

    def misfit(self, arrived: Arrived) -> str:
        """Why it does not fit, in words; ``""`` if it does."""
        if self.hours is not None and arrived.at not in self.hours:
            return f"it is {arrived.at:%H:%M}, not within {self.hours}"
        for condition, patterns in self.when.items():
            values = _values(arrived, condition)
            if not any(_fits(value, pattern) for value in values for pattern in patterns):
                found = " and ".join(repr(value) for value in values)
                return f"{condition} is {found}, not {' or '.join(patterns)}"
        return ""


@dataclass(frozen=True)
class RuleBook:
    """All rules of a router.

    Attributes
    ----------
    match
        ``"first"`` obeys the first rule that fits; ``"all"`` every one, except that of several
        that send to one destination the first counts, and that a rule that drops ends it.
    """

    rules: tuple[Rule, ...]
    match: str = "first"

    def decide(self, arrived: Arrived) -> Decision:
        """Which rules are obeyed for an object, and why the others are not."""
        reasons: list[tuple[str, str]] = []
        obeyed: list[Rule] = []
        ended = ""
        for rule in self.rules:
            why = ended or rule.misfit(arrived)
            reasons.append((rule.name, why))
            if why:
                continue
            obeyed.append(rule)
            if rule.drop or self.match == "first":
                ended = f"{rule.name!r} came first"
        return Decision(tuple(obeyed), tuple(reasons), arrived.calling)


@dataclass(frozen=True)
class Decision:
    """What the rules say of one object.

    Attributes
    ----------
    obeyed
        The rules that fit.
    reasons
        Every rule by name, and why it is not obeyed, ``""`` if it is.
    calling
        Whom the object came from: it never goes back there.
    """

    obeyed: tuple[Rule, ...]
    reasons: tuple[tuple[str, str], ...]
    calling: str = ""

    @property
    def dropped(self) -> Rule | None:
        """The rule that drops it."""
        return next((rule for rule in self.obeyed if rule.drop), None)

    @property
    def routes(self) -> dict[str, Rule]:
        """Destination to the rule that sends there; empty if it is dropped."""
        found: dict[str, Rule] = {}
        for rule in () if self.dropped else self.obeyed:
            for destination in rule.send:
                if destination != self.calling:
                    found.setdefault(destination, rule)
        return found

    @property
    def back(self) -> bool:
        """Whether a rule would send it back to where it came from: a loop, and not done."""
        return not self.dropped and any(self.calling in rule.send for rule in self.obeyed)

    def __str__(self) -> str:
        lines = [f"{name}: {why or 'obeyed'}" for name, why in self.reasons]
        if self.dropped:
            lines.append(f"-> dropped: {self.dropped.drop}")
        elif self.routes:
            lines += [f"-> {where}{_manner(rule)}" for where, rule in self.routes.items()]
        else:
            lines.append("-> nowhere")
        if self.back:
            lines.append(f"(not back to {self.calling}, where it came from)")
        return "\n".join(lines)


def header_of(ds: Dataset) -> Header:
    """What rules look at, of a data set in memory."""
    found = {key.keyword: element_text(ds[key.tag]) for key in KEYS if key.tag in ds}
    return Header(found, "")


def _manner(rule: Rule) -> str:
    parts = [f"{keyword} = {value!r}" for keyword, value in rule.changes.items()]
    parts += [f"in {rule.transfer_syntax}"] if rule.transfer_syntax else []
    parts += [f"calling as {rule.calling_ae}"] if rule.calling_ae else []
    return f" with {', '.join(parts)}" if parts else ""


def _values(arrived: Arrived, condition: str) -> list[str]:
    if condition == "calling":
        return [arrived.calling]
    if condition == "description":
        return [arrived.header[keyword] for keyword in _DESCRIPTIONS]
    return [arrived.header[ATTRIBUTES[condition]]]


def _fits(value: str, pattern: str) -> bool:
    return fnmatchcase(value.upper(), pattern.upper())
