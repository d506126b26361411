"""An unannounced case: what it is, what is noted of the learner's work, and what that is worth."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from labkit.lab.faults.catalogue import FAULTS
from labkit.lab.faults.evidence import text_of
from labkit.lab.faults.model import Fault

LEVELS = (1, 2, 3)
_DIAGNOSIS, _EVIDENCE, _REPAIR = 40, 30, 30
_ALWAYS = ("diagnosis", "evidence", "repair")
_WRONG = 5
"""Points off for each diagnosis that was not it."""
_SPARE_STEPS = 3
"""Changes for each fault that cost nothing; each further one costs a point."""

VAGUE: Mapping[str, str] = {
    "MR1": "North General, MRI: something is wrong with the images of MR1 in the PACS, or with "
    "getting them there.",
    "US1": "Lakeside Clinic, ultrasound: the images of US1 do not appear in the PACS.",
    "US2": "North General, cardiology: something is wrong with the images of US2 in the PACS, or "
    "with getting them there.",
    "WORKSTN": "North General, radiology: studies do not open at WORKSTN.",
}
"""What the caller says where the fault is not announced: who, and nothing of why."""


def choose(seed: int, level: int, beyond: Collection[str] = ()) -> list[str]:
    """Choose the faults of a case; the same for the same seed and level, on every machine.

    Parameters
    ----------
    beyond
        Faults that the lab's servers cannot have. Where the choice falls on none of them, the case
        is the same on every back end.
    """
    chance = random.Random(f"labkit case {seed} of level {level}")
    layers = {1: ("network", "association"), 2: ("configuration",), 3: ("data",)}[level]
    first = _one(chance, (n for n, f in FAULTS.items() if f.layer in layers), beyond)
    if level < 3:
        return [first]
    others = (
        name
        for name, fault in FAULTS.items()
        if fault.layer != "data" and not _collide(FAULTS[first], fault)
    )
    return [first, _one(chance, others, beyond)]  # the data first: they have to get through


def _one(chance: random.Random, names: Iterable[str], beyond: Collection[str]) -> str:
    among = sorted(names)
    while (name := chance.choice(among)) in beyond:
        pass
    return name


def _collide(one: Fault, other: Fault) -> bool:
    """Whether two faults change the same setting, so that one would hide the other."""
    return any(
        set(values) & set(other.settings.get(node, {})) for node, values in one.settings.items()
    )


def complaint(names: Sequence[str]) -> str:
    """Return what the callers say."""
    return "\n".join(dict.fromkeys(VAGUE[FAULTS[name].who] for name in names))


def supports(fault: Fault, piece: dict[str, Any]) -> bool:
    """Whether a piece of evidence shows what this fault shows."""
    text = text_of(piece)
    return any(re.search(pattern, text) for pattern in fault.evidence)


def score(
    names: Sequence[str],
    case: Mapping[str, Any],
    trials: Sequence[Mapping[str, Any]],
    minutes: float,
) -> dict[str, Any]:
    """Judge the work on a case.

    Parameters
    ----------
    names
        Its faults.
    case
        As noted: diagnoses with their evidence, and steps.
    trials
        The work of each fault, done again.
    minutes
        How long it took.
    """
    findings, points = [], {"diagnosis": 0, "evidence": 0, "repair": 0}
    for name, trial in zip(names, trials, strict=True):
        noted = [d for d in case["diagnoses"] if d["name"] == name]
        supporting = max((d["supporting"] for d in noted), default=0)
        kinds = sorted({kind for d in noted for kind in d["kinds"]})
        share = len(names)
        points["diagnosis"] += _DIAGNOSIS // share if noted else 0
        points["evidence"] += _EVIDENCE * min(len(kinds), 2) // 2 // share
        points["repair"] += _REPAIR // share if trial["ok"] else 0
        fault = FAULTS[name].public()
        told = ("name", "title", "layer", "cause", "look", "repair", "rule")
        findings.append(
            {
                **{key: fault[key] for key in told},
                "found": bool(noted),
                "supporting": supporting,
                "kinds": kinds,
                "repaired": trial["ok"],
                "said": trial["said"],
            }
        )
    wrong = list(dict.fromkeys(d["name"] for d in case["diagnoses"] if d["name"] not in names))
    extra = max(0, len(case["steps"]) - _SPARE_STEPS * len(names))
    points["wrong diagnoses"] = -_WRONG * len(wrong)
    points["changes beyond the need"] = -min(extra, 20)
    points = {what: number for what, number in points.items() if number or what in _ALWAYS}
    return {
        "score": max(0, sum(points.values())),
        "points": points,
        "findings": findings,
        "minutes": minutes,
        "steps": case["steps"],
        "wrong": wrong,
        "seed": case["seed"],
        "level": case["level"],
    }
