"""What a fault is, and what a second try of the work tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from labkit.common import Citation

if TYPE_CHECKING:
    from labkit.lab.faults.world import World

Layer = Literal["network", "association", "configuration", "data"]
LAYERS: tuple[Layer, ...] = ("network", "association", "configuration", "data")
"""In the order in which an engineer goes through them."""


@dataclass(frozen=True)
class Trial:
    """The work done once more.

    Attributes
    ----------
    ok
        Whether it came to what it should.
    said
        What those who did it saw; never why.
    """

    ok: bool
    said: str


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way in which images do not appear where they should.

    Attributes
    ----------
    name
        In small letters with hyphens.
    title
        What is wrong, in a few words.
    layer
        Where: see `LAYERS`.
    level
        How hard it is to find: 1, 2 or 3.
    complaint
        What the caller says on the telephone.
    who
        Who calls: a modality, or ``"WORKSTN"``.
    cause
        What is wrong, in a sentence or two.
    look
        The step that finds it.
    repair
        What mends it, in the verbs of the lab.
    rule
        Where the standard (or an RFC) has it.
    again
        Does the work once more.
    settings
        What to change, by node or modality.
    act
        What to do besides, after the settings.
    lasting
        What to do after a restart of the lab too, since it holds no longer than its process.
    evidence
        Patterns; what a learner hands in as evidence has to match one of them.
    tries
        What to try to see it, for the record of symptoms: names of `labkit.lab.faults.record`.
    not_with
        Products in the place of ARCHIVE with which it is another thing, or nothing.
    """

    name: str
    title: str
    layer: Layer
    level: int
    complaint: str
    who: str
    cause: str
    look: str
    repair: str
    rule: Citation | str
    again: Callable[[World], Trial]
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    act: Callable[[World], None] | None = None
    lasting: Callable[[World], None] | None = None
    evidence: tuple[str, ...] = ()
    tries: tuple[str, ...] = ("store",)
    not_with: tuple[str, ...] = ()

    def public(self) -> dict[str, Any]:
        """Return what a list shows."""
        return {
            "name": self.name,
            "title": self.title,
            "layer": self.layer,
            "level": self.level,
            "complaint": self.complaint,
            "cause": self.cause,
            "look": self.look,
            "repair": self.repair,
            "rule": str(self.rule),
        }
