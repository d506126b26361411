"""What PS3.15 Table E.1-1 says of each attribute, under a choice of options."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

TEMPORAL_VRS = frozenset({"DA", "DT", "TM"})


@cache
def table(name: str) -> Any:
    """Read one of the generated tables: ``profile``, ``private`` or ``words``."""
    return json.loads((files("labkit.deid") / "tables" / f"{name}.json").read_text("utf-8"))


def edition() -> str:
    """Edition of PS3.15 that the rules are from: ``2026d``."""
    return str(table("profile")["edition"])


@dataclass(frozen=True)
class Rule:
    """What is to be done with one attribute.

    Attributes
    ----------
    name
        Of the attribute, as in the table.
    vr
        From the data dictionary.
    action
        A code of Table E.1-1a: ``X``, ``Z``, ``D``, ``U``, ``C``, ``K`` or a compound.
    why
        ``Basic Profile``, or the option that overrides it.
    """

    name: str
    vr: str
    action: str
    why: str


def decided(
    basic: str, options: dict[str, str], chosen: frozenset[str], vr: str = ""
) -> tuple[str, str]:
    """Decide between the Basic Profile and the options that override it (PS3.15 E.3).

    A date that a device option would keep is modified where dates are to be modified.

    Returns
    -------
    (action, why)
    """
    found = {name: action for name, action in options.items() if name in chosen}
    if not found:
        return basic, "Basic Profile"
    if vr in TEMPORAL_VRS and found.get("retain-modified-dates") == "C":
        return "C", "retain-modified-dates"
    kept = sorted(name for name, action in found.items() if action == "K")
    return ("K", kept[0]) if kept else ("C", min(found))


def rules_for(chosen: frozenset[str]) -> dict[int, Rule]:
    """Tag → rule, repeating groups and private attributes left out."""
    found = {}
    for tag, (name, vr, basic, options) in table("profile")["attributes"].items():
        if tag != "PRIVATE" and "x" not in tag:
            action, why = decided(basic, options, chosen, vr)
            found[int(tag, 16)] = Rule(name, vr, action, why)
    return found


@dataclass(frozen=True)
class ContentRule:
    """What is to be done with a content item (PS3.15 Table E.3.4-1)."""

    meaning: str
    action: str
    why: str


def content_rules(chosen: frozenset[str]) -> dict[tuple[str, str, str], ContentRule]:
    """(code value, coding scheme designator, value type) → rule."""
    found = {}
    for code, scheme, kind, meaning, basic, options in table("profile")["content"]:
        vr = {"DATE": "DA", "TIME": "TM", "DATETIME": "DT"}.get(kind, "")
        action, why = decided(basic, options, chosen, vr)
        found[code, scheme, kind] = ContentRule(meaning, action, why)
    return found


_MODULES = files("labkit.dicom") / "tables" / "modules.json"


@cache
def types_of(sop_class: str) -> dict[str, str]:
    """Keyword → the strictest Type that a mandatory module of this IOD gives it (PS3.3)."""
    iods, modules = _iods()
    found: dict[str, str] = {}
    for module, usage, _ in iods.get(sop_class, ()):
        if usage != "M":
            continue
        for keyword, kind in modules.get(module, {}).items():
            found[keyword] = min(kind, found.get(keyword, "3"))
    return found


@cache
def _iods() -> tuple[dict[str, Any], dict[str, Any]]:
    tables = json.loads(_MODULES.read_text("utf-8"))
    return (
        {uid: tables["iods"].get(iod, []) for uid, iod in tables["sop_classes"].items()},
        tables["modules"],
    )


def known_iod(sop_class: str) -> bool:
    """Say whether the IOD of a SOP class is known."""
    return sop_class in _iods()[0]


def resolved(action: str, kind: str) -> str:
    """Decide a compound code by the attribute's Type (PS3.15 Table E.1-1a).

    Parameters
    ----------
    action
        ``X/Z/D`` and the like.
    kind
        Type of the attribute in its IOD: ``1``, ``2``, ``3`` …; ``""`` where it is not known, as in
        items of sequences: then the one that a Type 1 attribute needs, which is valid everywhere.
    """
    if "/" not in action:
        return action
    if action == "X/Z/U*":
        return "U"
    choices = action.split("/")
    if not kind or kind.startswith("1"):
        return choices[-1]
    if kind.startswith("2"):
        return "Z" if "Z" in choices else choices[-1]
    return choices[0]
