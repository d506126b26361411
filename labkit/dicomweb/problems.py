"""Errors as HTTP has them: a status, and a body that says what to do (RFC 9457)."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from pydicom.uid import UID
from starlette.responses import Response

from labkit.common.errors import (
    AccessDenied,
    AssociationRejected,
    DataError,
    DimseError,
    LabkitError,
    NetworkError,
    ResponseTimeout,
    UsageError,
)


class WebError(LabkitError):
    """A request that cannot be answered as asked.

    Attributes
    ----------
    status
        HTTP status code.
    headers
        More headers of the answer: ``Allow``, ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        remedy: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.headers = dict(headers or {})


@contextmanager
def only_as_stored(what: str, target: str) -> Iterator[None]:
    """Answer 406 where an object, or a part of it, cannot be had in a transfer syntax."""
    try:
        yield
    except (DataError, UsageError) as error:
        raise WebError(
            406,
            f"{what} cannot be had in {UID(target).name}: {error.message}",
            remedy="Take it as it is stored: transfer-syntax=*.",
        ) from error


def status_of(error: LabkitError) -> int:
    """The HTTP status of an error: whose fault it is, the client's or that of who is behind us."""
    if isinstance(error, WebError):
        return error.status
    if isinstance(error, AccessDenied):
        return HTTPStatus.FORBIDDEN
    if isinstance(error, UsageError):
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, ResponseTimeout):
        return HTTPStatus.GATEWAY_TIMEOUT
    if isinstance(error, (AssociationRejected, DimseError, NetworkError)):
        return HTTPStatus.BAD_GATEWAY
    return HTTPStatus.INTERNAL_SERVER_ERROR


def no_room(error: OSError) -> WebError:
    """What a disk that is full, read-only or broken means to who asked."""
    why = os.strerror(error.errno) if error.errno else str(error)
    if error.errno == errno.ENOSPC:
        return WebError(
            507, f"the service has no room on its disk ({why})",
            remedy="Make room on the disk of the service, then send the request again.",
        )  # fmt: skip
    return WebError(
        500, f"the service cannot use its disk ({why})",
        remedy="See that its folder can be read and written, then send the request again.",
    )  # fmt: skip


def problem(error: LabkitError) -> Response:
    """The answer to a request that failed, as ``application/problem+json``."""
    status = status_of(error)
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": error.message}
    if error.remedy:
        body["remedy"] = error.remedy
    headers = error.headers if isinstance(error, WebError) else {}
    return Response(
        json.dumps(body, ensure_ascii=False).encode(),
        status,
        {"Content-Type": "application/problem+json", **headers},
    )
