"""OperationOutcome: how FHIR says what went wrong (R4 operationoutcome)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.common.errors import HttpError

#: What a client sent may be quoted in an answer, but not as a control character (R4 string).
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Issue:
    """One thing to say about a request or a resource.

    Attributes
    ----------
    code
        A code of the value set issue-type: ``"required"``, ``"code-invalid"``, ``"not-found"`` …
    diagnostics
        What is wrong and what to do, for a person.
    expression
        Where, as a FHIRPath: ``"ImagingStudy.series[0].uid"``; empty if it is about the request.
    severity
        ``"fatal"``, ``"error"``, ``"warning"`` or ``"information"``.
    """

    code: str
    diagnostics: str
    expression: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.expression}: {self.diagnostics}" if self.expression else self.diagnostics


class FhirError(HttpError):
    """A FHIR interaction failed: the server raises it to answer, the client on such an answer.

    Attributes
    ----------
    status
        The HTTP status code.
    issues
        What the OperationOutcome says.
    headers
        Headers that belong to the answer (``Allow`` of a 405).
    """

    def __init__(
        self,
        status: int,
        issues: Sequence[Issue],
        *,
        headers: Mapping[str, str] | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__("; ".join(map(str, issues)), status=status, remedy=remedy)
        self.issues = list(issues)
        self.headers = dict(headers or {})


def refuse(status: int, code: str, diagnostics: str, expression: str = "") -> FhirError:
    """Make the error for a single issue; the caller raises it."""
    return FhirError(status, [Issue(code, diagnostics, expression)])


def located(error: FhirError, where: str) -> FhirError:
    """Say of an error about a resource which entry of a Bundle it is about."""
    issues = []
    for issue in error.issues:
        _, dot, rest = issue.expression.partition(".")
        at = f"{where}.resource{dot}{rest}" if issue.expression else where
        issues.append(Issue(issue.code, issue.diagnostics, at, issue.severity))
    return FhirError(error.status, issues, headers=error.headers)


def operation_outcome(issues: Sequence[Issue]) -> dict[str, Any]:
    """Return the OperationOutcome resource that says `issues`."""
    rows: list[dict[str, Any]] = []
    for issue in issues:
        row: dict[str, Any] = {
            "severity": issue.severity,
            "code": issue.code,
            "diagnostics": _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", issue.diagnostics),
        }
        if issue.expression:
            row["expression"] = [issue.expression]
        rows.append(row)
    return {"resourceType": "OperationOutcome", "issue": rows}


def issues_of(body: Any) -> list[Issue]:
    """Read the issues of an OperationOutcome; anything else has none."""
    if not isinstance(body, dict) or body.get("resourceType") != "OperationOutcome":
        return []
    out = []
    for row in body.get("issue", []):
        text = row.get("diagnostics") or row.get("details", {}).get("text") or row.get("code", "")
        where = (row.get("expression") or row.get("location") or [""])[0]
        out.append(Issue(row.get("code", ""), text, where, row.get("severity", "error")))
    return out
