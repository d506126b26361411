"""The one answer for what is not there and for what may not be seen."""

from __future__ import annotations

from labkit.common.errors import AccessDenied, HttpError
from labkit.fhir import FhirError

_GONE = (404, 410)


class refusals:  # noqa: N801 - used as a statement
    """Turns what a server refuses, or has not, into the one answer that tells nothing."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        status = error.status if isinstance(error, (HttpError, FhirError)) else 0
        if status == 401:
            raise ended() from error
        if status == 403 or status in _GONE:
            raise nothing() from error


def nothing() -> AccessDenied:
    """Make the refusal that is the same for what is not there and what may not be seen."""
    return AccessDenied(
        "There is nothing of this name that you may see.",
        remedy="Begin again from the list of studies.",
    )


def ended() -> AccessDenied:
    """Make the refusal of a token that is no longer good."""
    return AccessDenied("The access has ended.", remedy="Log in again.")
