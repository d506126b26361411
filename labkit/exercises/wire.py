"""What a learner's kernel reports to the board of a workshop, and nothing else.

This is the one place that says what leaves a laptop: `SENT` is what ``labkit workshop join``, the
page of the board and the documentation show, and a report has no member for anything more.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from labkit.common.errors import DataError

FORMAT = "labkit-board/1"
MOST_ACTS = 100
"""Acts of one report."""
MOST_BYTES = 64 << 10
"""Bytes of one report."""
BEAT = 20.0
"""Seconds between two reports where nothing was done."""
EVENTS = ("check", "hint", "solution")
OUTCOMES = ("passed", "failed", "")
STATES = ("well", "ill", "down", "unknown")
NODES = (
    "ARCHIVE", "WORKSTN", "WORKLIST", "LEGACY", "ROUTER", "FHIR", "DICOMWEB", "PROXY", "AUTH"
)  # fmt: skip
"""The services of a lab that a report may name."""
SENT = (
    "a made-up id of this laptop, and your name if you gave one",
    "for each check, hint and solution: when, which exercise, passed or not, and the name of the "
    "mistake where the workbook knows it",
    "whether your lab is well, and which of its services are not",
    f"that your notebook runs: a message every {BEAT:.0f} seconds, with the laptop's clock",
)
NOT_SENT = "Your code, answers, outputs, files and what your lab holds are never sent."

_WHO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REMEDY = "Update labkit on the laptop: docs/workshop.md says what a report holds."


@dataclass(frozen=True)
class Act:
    """One thing that a learner did.

    Attributes
    ----------
    n
        Its number; grows with each act, not by one.
    at
        When: ISO 8601 with an offset.
    event, slug, outcome, mistake
        As in the journal: `EVENTS`, `OUTCOMES`.
    """

    n: int
    at: str
    event: str
    slug: str
    outcome: str = ""
    mistake: str = ""

    def __post_init__(self) -> None:
        _true(type(self.n) is int and 0 < self.n < 1 << 53, "n", "a number above 0")
        moment(self.at)
        _true(self.event in EVENTS, "event", " or ".join(EVENTS))
        _true(_fits(_SLUG, self.slug, 80), "slug", "the name of an exercise")
        _true(self.outcome in OUTCOMES, "outcome", "passed, failed or nothing")
        _true(self.mistake == "" or _fits(_SLUG, self.mistake, 80), "mistake", "a mistake's name")


@dataclass(frozen=True)
class LabState:
    """How a laptop's lab is.

    Attributes
    ----------
    state
        One of `STATES`; ``"down"`` where none runs.
    ill
        Of `NODES`, those that are not well.
    """

    state: str = "unknown"
    ill: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _true(self.state in STATES, "lab.state", " or ".join(STATES))
        known = len(self.ill) <= len(NODES) and all(name in NODES for name in self.ill)
        _true(known, "lab.ill", "names of the lab's services")


@dataclass(frozen=True)
class Report:
    """What is posted.

    Attributes
    ----------
    who
        Of whom: letters, digits, ``._-``, 64 at most. Made up, unless somebody chose it.
    acts
        Oldest first, `MOST_ACTS` at most.
    name
        What the learner wants to be called by the instructor; may be ``""``.
    now
        The laptop's clock, so that one that is wrong does no harm; may be ``""``.
    lab
        ``None`` where nothing is said of it.
    left
        Whether this is the last report: the learner leaves.
    """

    who: str
    acts: tuple[Act, ...] = ()
    name: str = ""
    now: str = ""
    lab: LabState | None = field(default_factory=LabState)
    left: bool = False

    def __post_init__(self) -> None:
        _true(_fits(_WHO, self.who, 64), "who", "1 to 64 letters, digits or ._-")
        _true(self.name == clean_name(self.name), "name", "a name of 40 characters at most")
        _true(len(self.acts) <= MOST_ACTS, "acts", f"{MOST_ACTS} acts at most")
        if self.now:
            moment(self.now)
        _true(isinstance(self.left, bool), "left", "true or false")

    def body(self) -> bytes:
        """Return what goes over the network, all of it."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=True).encode("ascii")


def read_report(body: bytes) -> Report:
    """Read a report; members that it should not have are left out.

    Raises
    ------
    DataError
        It is none.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DataError("The report is not JSON.", remedy=_REMEDY) from error
    _true(isinstance(data, dict) and data.get("format") == FORMAT, "format", FORMAT)
    acts, lab = data.get("acts", []), data.get("lab")
    _true(isinstance(acts, list) and len(acts) <= MOST_ACTS, "acts", f"{MOST_ACTS} acts at most")
    return Report(
        who=data.get("who", ""),
        acts=tuple(_act(each) for each in acts),
        name=data.get("name", ""),
        now=_text(data.get("now", ""), "now"),
        lab=None if lab is None else _lab(lab),
        left=data.get("left", False),
    )


def act_of(line: Mapping[str, Any], n: int) -> Act | None:
    """Return what is told of a line of the journal; ``None`` where it cannot be told."""
    names = ("at", "event", "slug", "outcome", "mistake")
    told = {name: str(line.get(name, "")) for name in names}
    if told["outcome"] != "failed":
        told["mistake"] = ""
    try:
        return Act(n=n, **told)
    except DataError:
        return None


def clean_name(name: object) -> str:
    """Return a name as it may be shown: one line of 40 characters, nothing that is no character."""
    if not isinstance(name, str):
        return ""
    kept = "".join(c for c in name[:400] if unicodedata.category(c)[0] != "C" or c == " ")
    return " ".join(kept.split())[:40].strip()


def moment(text: object) -> datetime:
    """Read a time.

    Raises
    ------
    DataError
        It is none, or has no offset.
    """
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise DataError("A report's time is ISO 8601 with an offset.", remedy=_REMEDY)
    return found


def _act(data: object) -> Act:
    _true(isinstance(data, dict), "acts", "a list of objects")
    assert isinstance(data, dict)
    texts = {name: _text(data.get(name, ""), name) for name in ("at", "event", "slug")}
    more = {name: _text(data.get(name, ""), name) for name in ("outcome", "mistake")}
    return Act(n=data.get("n", 0), **texts, **more)


def _lab(data: object) -> LabState:
    _true(isinstance(data, dict), "lab", "an object")
    assert isinstance(data, dict)
    ill = data.get("ill", [])
    _true(isinstance(ill, list) and len(ill) <= len(NODES), "lab.ill", "a short list")
    return LabState(
        _text(data.get("state", ""), "lab.state"), tuple(_text(name, "lab.ill") for name in ill)
    )


def _text(value: object, name: str) -> str:
    _true(isinstance(value, str) and len(value) <= 400, name, "a short text")
    return str(value)


def _fits(pattern: re.Pattern[str], value: object, most: int) -> bool:
    return isinstance(value, str) and len(value) <= most and bool(pattern.fullmatch(value))


def _true(right: bool, name: str, wanted: str) -> None:
    if not right:
        raise DataError(f"In the report {name} has to be {wanted}.", remedy=_REMEDY)
