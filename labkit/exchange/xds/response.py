"""``rs:RegistryResponse``, and what it says in the responses that contain it (ITI TF-3 4.2.4)."""

from __future__ import annotations

from collections.abc import Iterable

from labkit.exchange.soap import xml
from labkit.exchange.xds.names import (
    FAILURE,
    NSMAP,
    PARTIAL_SUCCESS,
    RS,
    SUCCESS,
    WARNING,
    rs,
)
from labkit.exchange.xds.problems import RegistryError, XdsError


def status_of(errors: Iterable[RegistryError], *, something: bool) -> str:
    """Say how it went: Failure, or PartialSuccess where there is `something` all the same."""
    if all(error.warning for error in errors):
        return SUCCESS
    return PARTIAL_SUCCESS if something else FAILURE


def registry_response(
    errors: Iterable[RegistryError] = (),
    *,
    something: bool = False,
    name: str = rs("RegistryResponse"),
) -> xml.Element:
    """Write a response: success without errors (or only warnings), else failure.

    Parameters
    ----------
    something
        Whether there is something in the response in spite of errors.
    name
        Of the element, where it is a response that has the same parts.
    """
    found = list(errors)
    status = status_of(found, something=something)
    response = xml.make(name, NSMAP, status=status)
    if found:
        highest = WARNING if status == SUCCESS else found[0].severity
        if status != SUCCESS:
            highest = next(error.severity for error in found if not error.warning)
        listed = xml.add(response, rs("RegistryErrorList"), highestSeverity=highest)
        for error in found:
            element = xml.add(
                listed,
                rs("RegistryError"),
                errorCode=error.code,
                codeContext="".join(c if c.isprintable() else "?" for c in error.context),
                severity=error.severity,
            )
            if error.location:
                element.set("location", xml.writable(error.location))
    return response


def read_response(
    element: xml.Element | None, name: str = "RegistryResponse"
) -> tuple[RegistryError, ...]:
    """Read what a response says besides its content.

    Returns
    -------
    tuple of RegistryError
        Warnings, and errors of a partial success.

    Raises
    ------
    XdsError
        It is a failure, or no response at all.
    """
    if element is None or element.tag.rpartition("}")[2] != name:
        raise XdsError(
            [RegistryError("XDSRegistryError", f"the answer has no {name}")],
            remedy="Look at what the service answers to this transaction.",
        )
    listed = element.find(rs("RegistryErrorList"))
    errors = tuple(
        RegistryError(
            each.get("errorCode", ""),
            each.get("codeContext", ""),
            each.get("location", ""),
            each.get("severity", "") == WARNING,
        )
        for each in ([] if listed is None else listed.iterchildren(f"{{{RS}}}RegistryError"))
    )
    status = element.get("status", "")
    if status not in (SUCCESS, PARTIAL_SUCCESS):
        said = errors or (RegistryError("XDSRegistryError", f"the status is {status!r}"),)
        raise XdsError(said)
    return errors
