"""What is said of a mapped study, beside the resources themselves."""

from __future__ import annotations

from typing import NamedTuple

from labkit.fhir.mapping import MappedStudy
from labkit.fhir.mapping.check import check_resource
from labkit.fhir.mapping.explanation import explain as explanation


class Told(NamedTuple):
    """Lines for people, and whether there was nothing to complain about."""

    lines: list[str]
    ok: bool


def tell(mapped: MappedStudy, fhir: str, *, explain: bool) -> Told:
    """Check a study, and say what is wrong with it and, if asked, where each value comes from."""
    issues = [i for r in mapped.resources for i in check_resource(r, fhir)]
    lines = [f"study {mapped.uid}: {said}" for said in (*issues, *mapped.problems)]
    if explain:
        lines.append(explanation(mapped))
    return Told(lines, not issues and not mapped.problems)
