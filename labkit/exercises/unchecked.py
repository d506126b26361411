"""What a learner is told where no verdict could be reached."""

from __future__ import annotations

import sys

from labkit.common.errors import LabkitError, NetworkError
from labkit.exercises.model import Verdict


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
        error = NetworkError("A server of the lab does not answer over HTTP.", remedy=started)
    if isinstance(error, LabkitError):
        remedy = error.remedy or "run the cell again"
        if isinstance(error, NetworkError):
            remedy += "; is the lab well? `labkit status` says, `labkit up` starts it"
        return Verdict("unchecked", why=error.message, then=remedy, title=title)
    return Verdict(
        "unchecked",
        got=got,
        why=f"The check itself failed: {type(error).__name__}: {error}",
        then="go on with the next cell, and please report this line as a bug: it is ours",
        title=title,
    )


def _no_answer(error: Exception) -> bool:
    """Whether `requests` got no answer; only notebooks about HTTP have loaded it."""
    requests = sys.modules.get("requests")
    if requests is None:
        return False
    return isinstance(error, (requests.ConnectionError, requests.Timeout))
