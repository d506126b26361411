"""The suite: every attack, on whatever a de-identifier has made of the study."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.deid.attack.images import image_attacks
from labkit.deid.attack.loot import read_loot
from labkit.deid.attack.model import Attack, Loot, Planted, Row
from labkit.deid.attack.texts import text_attacks
from labkit.deid.attack.values import value_attacks


def attacks(names: Iterable[str] = ()) -> list[Attack]:
    """Return all attacks, or those named.

    Raises
    ------
    UsageError
        If there is none of a name.
    """
    everything = [*text_attacks(), *value_attacks(), *image_attacks()]
    wanted = list(names)
    known = {attack.name: attack for attack in everything}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UsageError(
            f"there is no attack called {unknown[0]!r}",
            remedy="labkit attack --list names them all",
        )
    return [known[name] for name in wanted] if wanted else everything


def attack(planted: Planted, out: Path, target: str, names: Iterable[str] = ()) -> list[Row]:
    """Run attacks on a folder that a de-identifier has made of the study.

    Parameters
    ----------
    planted
        The study that it was given.
    out
        What it has given out. Nothing else is looked at.
    target
        Name for the rows.
    names
        Of attacks; all by default.

    Raises
    ------
    UsageError
        The folder has no file: nothing was attacked, which is not the same as nothing found.
    """
    loot = read_loot(out)
    if not loot.files:
        raise UsageError(
            f"{target} has given out nothing that could be attacked",
            remedy="look at what it said; a de-identifier that gives nothing out is of no use",
        )
    return [_row(one, planted, loot, target) for one in attacks(names)]


def _row(one: Attack, planted: Planted, loot: Loot, target: str) -> Row:
    tried = True
    if one.carrier == "fhir":
        tried = any(file.ds is None and file.raw[:1] in b"{[" for file in loot.files)
    elif one.carrier in planted.carriers:
        tried = bool(loot.carried(planted.carriers[one.carrier]))
    # A directory has no image to know it by; whatever came out may be it.
    found = one.run(planted, loot)
    return Row(one.name, target, bool(found), found, tried or bool(found))
