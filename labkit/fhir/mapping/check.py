"""Is this output right? Structure, required bindings, invariants, and a second opinion.

``fhir.resources`` takes ``status: "foo"`` (its models do not know the codes of required bindings),
and its default import is R5. So three judges are asked: our tables of the version, the invariants,
and the models of that version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from labkit.common.errors import UsageError
from labkit.fhir.mapping.invariants import INVARIANTS, Finding
from labkit.fhir.mapping.r5 import validate_r5
from labkit.fhir.validation import validate

_MODULES = {"R4": "fhir.resources.R4B", "R5": "fhir.resources"}


@dataclass(frozen=True)
class CheckIssue:
    """One thing that is wrong.

    Attributes
    ----------
    path
        FHIRPath of the element.
    rule
        ``"structure"``, ``"code-invalid"`` …, the key of an invariant such as ``"bdl-7"``, or
        ``"model"`` where only `fhir.resources` objects.
    severity
        ``"error"`` or ``"warning"``.
    """

    path: str
    rule: str
    severity: str
    words: str

    def __str__(self) -> str:
        return f"{self.path}: {self.words} ({self.rule})"


def check_resource(resource: Mapping[str, Any], fhir: str = "R4") -> list[CheckIssue]:
    """Check one resource, or a Bundle with all that is in it.

    Parameters
    ----------
    resource
        JSON as Python values.
    fhir
        ``"R4"`` or ``"R5"``.

    Returns
    -------
    list of CheckIssue
        Empty if nothing is wrong.

    Raises
    ------
    UsageError
        Another version.
    """
    if fhir not in _MODULES:
        raise UsageError(f"no tables of FHIR {fhir!r}", remedy="fhir='R4' or fhir='R5'")
    issues = [
        CheckIssue(i.expression, i.code, i.severity, i.diagnostics)
        for i in (validate if fhir == "R4" else validate_r5)(dict(resource))
    ]
    issues += [CheckIssue(f.path, f.rule, f.severity, f.words) for f in _invariants(resource, fhir)]
    if not any(issue.severity == "error" for issue in issues):
        issues += _model(resource, fhir)
    return issues


def _invariants(resource: Mapping[str, Any], fhir: str) -> Iterator[Finding]:
    kind = str(resource.get("resourceType"))
    for name, rule in INVARIANTS:
        if name in (kind, "*"):
            yield from rule(resource, fhir)
    if kind == "Bundle":
        for number, entry in enumerate(resource.get("entry", ())):
            inner = entry.get("resource")
            if isinstance(inner, dict):
                for found in _invariants(inner, fhir):
                    yield Finding(f"Bundle.entry[{number}].{found.path}", found.rule, found.words,
                                  found.severity)  # fmt: skip


def _model(resource: Mapping[str, Any], fhir: str) -> list[CheckIssue]:
    """Ask the pydantic model of the version."""
    kind = str(resource.get("resourceType"))
    try:
        module = import_module(f"{_MODULES[fhir]}.{kind.lower()}")
        getattr(module, kind).model_validate(resource)
    except (ValueError, TypeError, AttributeError, ImportError) as error:
        first = str(error).splitlines()
        return [CheckIssue(kind, "model", "error", " ".join(first[1:3] or first[:1]).strip())]
    return []
