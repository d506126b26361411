"""What a learner is told where no verdict could be reached."""

from __future__ import annotations

import sys

from labkit.common.errors import LabkitError, NetworkError
from labkit.exercises.model import Verdict
from labkit.exercises.words import words


def unchecked(error: Exception, *, title: str, got: str = "") -> Verdict:
    """Say that no verdict could be reached, and what to do about it.

    Parameters
    ----------
    error
        What was in the way: a lab that is down, a server that does not answer, a bug of the check.
    got
        The learner's answer in words, which a bug report needs.
    """
    if _no_answer(error):  # FHIR, DICOMweb
        started = 'Start it: lab.start_node("FHIR")'
        error = NetworkError(words("why.no-http"), remedy=started)
    if isinstance(error, LabkitError):
        remedy = error.remedy or words("next.run-again")
        if isinstance(error, NetworkError):
            remedy += f"; {words('next.is-it-well')}"
        return Verdict("unchecked", why=error.message, then=remedy, title=title)
    return Verdict(
        "unchecked",
        got=got,
        why=words("why.check-failed", error=f"{type(error).__name__}: {error}"),
        then=words("next.report-bug"),
        title=title,
    )


def _no_answer(error: Exception) -> bool:
    """Whether `requests` got no answer; only notebooks about HTTP have loaded it."""
    requests = sys.modules.get("requests")
    if requests is None:
        return False
    return isinstance(error, (requests.ConnectionError, requests.Timeout))
