"""One C-FIND over an association of the façade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from labkit.dimse import Link
from labkit.dimse.status import Status

FIND = str(StudyRootQueryRetrieveInformationModelFind)
_CANCEL = 0xFE00


def asked_over(
    link: Link, asked: Dataset, brief: Mapping[int, str] | None, most: int | None
) -> tuple[Status, list[Any]]:
    """Send it, and collect what matches.

    Parameters
    ----------
    asked
        The identifier.
    brief
        As of `labkit.dimse.link.Link.query`.
    most
        Cancel it after so many matches.
    """
    request = C_FIND()
    request.AffectedSOPClassUID = FIND
    matches: list[Any] = []
    status, before = Status(0x0110, "C-FIND"), None
    context = link.require(FIND)
    for answer, match in link.query(request, context, asked, brief):
        if answer is not before:  # that of one match is mostly that of the next
            status, before = Status.of(answer, "C-FIND"), answer
        if match is not None:
            matches.append(match)
            if len(matches) == most:
                link.cancel(request, context)
    if status.code == _CANCEL and most is not None:
        status = Status(0x0000, "C-FIND")
    return status, matches
