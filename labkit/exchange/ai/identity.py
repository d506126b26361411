"""Names of results: UIDs that follow from the input and the algorithm, and from nothing else.

The same series through the same version has the same UIDs on every machine, so that a second run
finds the first one's results in place of making others.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import UID

from labkit.exchange.ai.bleed import BleedFinder

_NAMESPACE = uuid.UUID("5d0f3a52-6b1e-4c8a-9a57-0c1f2e7d4b90")


def derived(*parts: str) -> UID:
    """Return a UID for a name in parts, below 2.25 (PS3.5 B.2)."""
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, chr(10).join(parts)).int}")


@dataclass(frozen=True)
class Identity:
    """The UIDs of everything that one run makes of one series.

    Attributes
    ----------
    input
        Digest of the SOP Instance UIDs that were read: a slice more is another input.
    """

    input: str
    algorithm: str

    @classmethod
    def of(cls, instances: Sequence[str], finder: BleedFinder) -> Identity:
        """Return the names for a series of instances, in any order, and an algorithm."""
        digest = uuid.uuid5(_NAMESPACE, "\n".join(sorted(instances))).hex
        return cls(digest, f"{finder.name} {finder.version}")

    def uid(self, *what: str) -> UID:
        """Return the UID of a part: ``uid("seg")``, ``uid("sr", "series")``."""
        return derived(self.input, self.algorithm, *what)


def instance_uids(headers: Sequence[Dataset]) -> list[str]:
    """Return the SOP Instance UIDs of headers or QIDO matches."""
    return [str(ds.SOPInstanceUID) for ds in headers]
