"""Private attributes that may stay: PS3.15 Table E.3.10-1, and what a site's own file adds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.common.toml_file import TomlFile
from labkit.deid.rules import table

#: A bulk value of unknown make may hold anything; Table E.3.10-1 only thinks it safe. A site that
#: knows better names it in its own file.
_OPAQUE = frozenset({"OB", "OW", "OF", "OD", "OL", "OV", "UN", "SQ"})
_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),\s*(?:xx|XX)([0-9A-Fa-f]{2})\)?")


@dataclass(frozen=True)
class SafePrivate:
    """A list of private attributes.

    Attributes
    ----------
    attributes
        (private creator, group, element's lower byte) → VR; ``""`` where the file does not say.
    trust_declared
        Whether (0008,0300) is believed: an object's own word that a private block is SAFE, or that
        elements of it are not identifying (PS3.15 E.3.10). Off unless a site says so.
    """

    attributes: dict[tuple[str, int, int], str] = field(default_factory=dict, hash=False)
    trust_declared: bool = False

    @classmethod
    def standard(cls) -> SafePrivate:
        """Table E.3.10-1, without values of unknown make (OB, OW, UN …)."""
        return cls(
            {
                (creator, int(group, 16), int(element, 16)): vr
                for creator, group, element, vr, _ in table("private")["attributes"]
                if vr[:2] not in _OPAQUE
            }
        )

    @classmethod
    def read(cls, path: Path) -> SafePrivate:
        r"""Read a TOML file, which adds to the standard's list.

        ::

            trust_declared = false

            [[safe]]
            creator = "ACME 1.1"
            elements = ["(0029,xx10)", "(0029,xx11)"]

        Raises
        ------
        UsageError
            The file cannot be read, or says what cannot be.
        """
        read = TomlFile.read(path, missing="Name the file with the safe private attributes.")
        trust = read.data.pop("trust_declared", False)
        if not isinstance(trust, bool):
            raise UsageError(f"{path.name}: trust_declared is true or false.", remedy="Mend it.")
        read.sections(["safe"], lists=["safe"])
        found = dict(cls.standard().attributes)
        for index, entry in enumerate(read.data.get("safe", [])):
            safe: _Safe = read.section(_Safe, "safe", entry, index)
            for text in safe.elements:
                match = _TAG.fullmatch(text.strip())
                if match is None or int(match[1], 16) % 2 == 0:
                    raise UsageError(
                        f"{path.name}: {text!r} is no private attribute.",
                        remedy='It is written "(0029,xx10)": the group is odd (PS3.5 7.8.1).',
                    )
                found[safe.creator, int(match[1], 16), int(match[2], 16)] = ""
        return cls(found, trust)

    def declared(self, ds: Dataset) -> set[tuple[str, int, int]]:
        """Read which elements (0008,0300) declares not identifying; empty unless it is believed.

        An element's lower byte of -1 stands for the whole block.
        """
        found: set[tuple[str, int, int]] = set()
        if not self.trust_declared:
            return found
        for item in ds.get("PrivateDataElementCharacteristicsSequence") or []:
            group = item.get("PrivateGroupReference")
            creator = str(item.get("PrivateCreatorReference", "")).strip()
            if group is None or not creator:
                continue
            if item.get("BlockIdentifyingInformationStatus") == "SAFE":
                found.add((creator, int(group), -1))
            named: Any = item.get("NonidentifyingPrivateElements") or []
            for element in [named] if isinstance(named, int) else named:
                found.add((creator, int(group), int(element) & 0xFF))
        return found


@dataclass(frozen=True)
class _Safe:
    creator: str
    elements: tuple[str, ...]
