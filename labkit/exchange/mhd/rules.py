"""The rules of MHD's profiles, as data: what the generated table says, parents included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

CANONICAL = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/"
LIST_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
PREFIX = {"minimal": "IHE.MHD.Minimal.", "comprehensive": "IHE.MHD.Comprehensive.",
          "uncontained": "IHE.MHD.UnContained.Comprehensive."}  # fmt: skip
"""How each level of metadata begins the names of its profiles (ITI TF-1 33.2)."""
LEVELS = tuple(PREFIX)


@dataclass(frozen=True)
class Said:
    """One constraint, and the profile that makes it."""

    value: Any
    profile: str


@dataclass(frozen=True)
class Profile:
    """A profile with what it inherits.

    Attributes
    ----------
    name
        Its id, the end of its canonical URL.
    type
        The resource or datatype that it is about.
    rules
        Path → kind of constraint (``card``, ``fixed``, ``codes``, ``only``, ``targets``,
        ``contained``, ``obeys``, ``closed``) → what is said.
    extensions
        Slice name → (URL, the JSON name of its value).
    """

    name: str
    type: str
    rules: Mapping[str, Mapping[str, Said]]
    extensions: Mapping[str, tuple[str, str]]

    def fixed(self, path: str) -> str:
        """Return the fixed value at a path, or ``""``."""
        said = self.rules.get(path, {}).get("fixed")
        return str(said.value) if said else ""


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = (files(__package__) / "tables" / "profiles.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def is_profile(name: str) -> bool:
    """Whether MHD defines a profile of this name."""
    return name in _table()["profiles"]


@lru_cache(maxsize=64)
def profile(name: str) -> Profile:
    """Return a profile; what a child says of a path replaces what its parent says."""
    table = _table()
    own = table["profiles"][name]
    rules: dict[str, dict[str, Said]] = {}
    extensions: dict[str, tuple[str, str]] = {}
    kind = own["parent"]
    if is_profile(kind):
        above = profile(kind)
        kind = above.type
        rules = {path: dict(said) for path, said in above.rules.items()}
        extensions = dict(above.extensions)
    for path, row in own["rules"].items():
        said = rules.setdefault(path, {})
        said |= {word: Said(v, name) for word, v in row.items() if word not in ("min", "max")}
        if "min" in row:
            said["card"] = Said((row["min"], row["max"]), name)
    for slice_, id_ in own["extensions"].items():
        extensions[slice_] = (table["extensions"][id_]["url"], table["extensions"][id_]["value"])
    return Profile(name, kind, rules, extensions)


def attributes_of_xds(name: str = "IHE.MHD.Minimal.DocumentReference") -> dict[str, list[str]]:
    """Return which attributes of XDS the elements of a profile hold (MHD's mappings).

    Examples
    --------
    >>> attributes_of_xds()["content.format"]
    ['formatCode']
    """
    return {path: list(names) for path, names in _table()["mappings"][name].items()}
