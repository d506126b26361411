"""Targets and operations in few words."""

from __future__ import annotations

import re

from labkit.widgets.proxy_trace.records import Request, Step

_UID = re.compile(r"(?<![0-9.])[0-9]+(?:\.[0-9]+){2,}(?![0-9.])")
_KEPT = 8
_KINDS = {"C-FIND": "find", "C-MOVE": "move", "C-GET": "get", "C-STORE": "store"}


def short_target(target: str, most: int = 64) -> str:
    """Shorten a target in the middle: first the UIDs of it, of which the end tells most.

    Parameters
    ----------
    most
        Characters above which anything is shortened; the result may be longer by the last segment.
    """
    short = short_uids(target, most)
    if len(short) <= most:
        return short
    tail = most // 3
    return f"{short[: most - tail - 1]}…{short[-tail:]}"


def short_uids(target: str, most: int = 64) -> str:
    """Shorten the UIDs of a target of more than `most` characters, and nothing else."""
    return target if len(target) <= most else _UID.sub(lambda found: _end(found[0]), target)


def _end(uid: str) -> str:
    return uid if len(uid) <= _KEPT + 4 else f"…{uid[-_KEPT:]}"


def kind_of(step: Step) -> str:
    """Return the kind that has a colour: find, move, get, store or other."""
    return _KINDS.get(step.service, "other")


def step_text(step: Step) -> str:
    """Say what an operation did, without times: ``"C-FIND STUDY at LEGACY: Success, 3"``."""
    level = f" {step.level}" if step.level else ""
    return f"{step.service}{level} at {step.pacs}: {step.said}, {step.count}"


def steps_text(request: Request, most: int = 4) -> str:
    """Say what a request caused; equal operations in a row are counted."""
    said: list[tuple[str, int]] = []
    for step in request.steps:
        text = step_text(step)
        if said and said[-1][0] == text:
            said[-1] = (text, said[-1][1] + 1)
        else:
            said.append((text, 1))
    parts = [f"{count} × {text}" if count > 1 else text for text, count in said[:most]]
    more = len(said) - len(parts)
    return "; ".join([*parts, *([f"and {more} more"] if more else [])])
