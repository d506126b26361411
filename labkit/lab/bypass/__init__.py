"""Other ways to see a study that its patient has denied: each tried, none may succeed.

::

    with house(folder) as doors:
        run(doors, attempts())

An attempt succeeds too if it learns only that the study is there: an answer that is not the one
which a study that is nowhere gets. Against an enterprise without consents every attempt succeeds,
so each is known to look where there is something to be seen.
"""

from __future__ import annotations

from labkit.lab.bypass.attempt import Attempt, Tried, run
from labkit.lab.bypass.doors import Doors, Known
from labkit.lab.bypass.house import house


def attempts(*, secure: bool = False) -> tuple[Attempt, ...]:
    """Return all attempts, by door; with those that need a secure lab, or without."""
    from labkit.lab.bypass import dicomweb, dimse, fhir, fhir_writing

    all_ = (*fhir.ATTEMPTS, *fhir_writing.ATTEMPTS, *dicomweb.ATTEMPTS, *dimse.ATTEMPTS)
    if not secure:
        return all_
    from labkit.lab.bypass import secure_changing, secure_http, secure_nodes, secure_tokens

    more = (secure_tokens, secure_http, secure_changing, secure_nodes)
    return (*all_, *(each for module in more for each in module.ATTEMPTS))


__all__ = ["Attempt", "Doors", "Known", "Tried", "attempts", "house", "run"]
