"""Modality Performed Procedure Step (PS3.4 F.7): IN PROGRESS, then COMPLETED or DISCONTINUED."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from labkit.common.errors import DataError
from labkit.pacs.exchange import NOT_AUTHORISED, PROCESSING_FAILURE, SUCCESS, Exchange
from labkit.pacs.keys import tag_of
from labkit.pacs.mpps import FINAL, IN_PROGRESS, MppsStore

DUPLICATE_INSTANCE = 0x0111
NO_SUCH_INSTANCE = 0x0112
INVALID_VALUE = 0x0106
MISSING_ATTRIBUTE = 0x0120
MISSING_VALUE = 0x0121
NO_LONGER_UPDATED = 0xA710  # Error ID (0000,0903), PS3.4 Table F.7.2-2
STATUS = "PerformedProcedureStepStatus"

# Type 1 in N-CREATE; not to be changed by N-SET; needed for a final state (PS3.4 Table F.7.2-1).
_NEEDED = (
    "ScheduledStepAttributesSequence", "PerformedProcedureStepID", "PerformedStationAETitle",
    "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime", "Modality",
)  # fmt: skip
_FIXED = (*_NEEDED, "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyID")
_NEEDED_AT_END = (
    "PerformedProcedureStepEndDate", "PerformedProcedureStepEndTime", "PerformedSeriesSequence",
)  # fmt: skip
# What the step means for the one that was scheduled (PS3.3 C.4.10).
_SCHEDULED = {IN_PROGRESS: "STARTED", "COMPLETED": "COMPLETED", "DISCONTINUED": "DISCONTINUED"}


class _Refused(DataError):
    def __init__(self, status: int, why: str, *keywords: str, error_id: int = 0) -> None:
        super().__init__(why)
        self.status, self.error_id = status, error_id
        self.tags = [tag_of(keyword) for keyword in keywords]


def serve_create(x: Exchange) -> None:
    """Answer an N-CREATE."""
    uid = str(x.request.AffectedSOPInstanceUID or generate_uid(prefix=None))
    try:
        _ask_policy(x, "N-CREATE")
        ds = x.decode(x.request.AttributeList)
        _check_new(ds)
        if not x.may("N-CREATE", _whose(ds)):
            raise _Refused(NOT_AUTHORISED, "not for this patient")
        with _store(x).lock:
            if _store(x).get(uid) is not None:
                raise _Refused(DUPLICATE_INSTANCE, f"step {uid} exists already")
            _store(x).put(uid, ds)
    except DataError as error:
        _refuse(x, "N-CREATE", error)
        return
    _tell_worklist(x, ds)
    x.info(f"N-CREATE: procedure step {uid} is IN PROGRESS")
    x.respond(SUCCESS, AffectedSOPInstanceUID=uid)


def serve_set(x: Exchange) -> None:
    """Answer an N-SET."""
    uid = str(x.request.RequestedSOPInstanceUID)
    try:
        _ask_policy(x, "N-SET")
        changes = x.decode(x.request.ModificationList)
        with _store(x).lock:
            held = _store(x).get(uid)
            if held is None or not x.may("N-SET", _whose(held)):
                raise _Refused(NO_SUCH_INSTANCE, f"there is no step {uid}")
            ds = Dataset(held)
            _check_change(ds, changes)
            ds.update(changes)
            _check_end(ds)
            _store(x).put(uid, ds)
    except DataError as error:
        _refuse(x, "N-SET", error)
        return
    _tell_worklist(x, ds)
    x.info(f"N-SET: procedure step {uid} is {ds[STATUS].value}")
    x.respond(SUCCESS)


def _store(x: Exchange) -> MppsStore:
    if x.around.mpps is None:
        raise _Refused(PROCESSING_FAILURE, "this node keeps no procedure steps")
    return x.around.mpps


def _ask_policy(x: Exchange, action: str) -> None:
    decision = x.may(action, {})
    if not decision:
        raise _Refused(NOT_AUTHORISED, decision.reason)


def _whose(ds: Dataset) -> dict[str, str]:
    items = ds.get("ScheduledStepAttributesSequence") or [Dataset()]
    study = str(items[0].get("StudyInstanceUID") or "")
    return {"PatientID": str(ds.get("PatientID") or ""), "StudyInstanceUID": study}


def _check_new(ds: Dataset) -> None:
    for keyword in (STATUS, *_NEEDED):
        if keyword not in ds:
            raise _Refused(MISSING_ATTRIBUTE, f"{keyword} is missing", keyword)
        if ds[keyword].is_empty:
            raise _Refused(MISSING_VALUE, f"{keyword} has no value", keyword)
    if ds[STATUS].value != IN_PROGRESS:
        raise _Refused(
            INVALID_VALUE, f"a new step is IN PROGRESS, not {ds[STATUS].value} (F.7.2.1.2)", STATUS
        )


def _check_change(ds: Dataset, changes: Dataset) -> None:
    if ds[STATUS].value in FINAL:
        raise _Refused(
            PROCESSING_FAILURE,
            "Performed Procedure Step Object may no longer be updated",
            error_id=NO_LONGER_UPDATED,
        )
    status = changes.get(STATUS, IN_PROGRESS)
    if status not in (IN_PROGRESS, *FINAL):
        raise _Refused(INVALID_VALUE, f"{status!r} is no state of a step (F.7.2.2.2)", STATUS)
    for keyword in _FIXED:
        if keyword in changes and (
            keyword not in ds or changes[keyword].value != ds[keyword].value
        ):
            raise _Refused(PROCESSING_FAILURE, f"{keyword} cannot be changed by N-SET", keyword)


def _check_end(ds: Dataset) -> None:
    """A final state lists what was made: at least one series, and when it ended."""
    if ds[STATUS].value not in FINAL:
        return
    for keyword in _NEEDED_AT_END:
        if keyword not in ds or ds[keyword].is_empty:
            raise _Refused(MISSING_VALUE, f"a final state needs {keyword}", keyword)


def _tell_worklist(x: Exchange, ds: Dataset) -> None:
    if x.around.worklist is None:
        return
    status = _SCHEDULED[str(ds[STATUS].value)]
    for item in ds.get("ScheduledStepAttributesSequence", ()):
        step_id = str(item.get("ScheduledProcedureStepID") or "")
        study = str(item.get("StudyInstanceUID") or "")
        if step_id and x.around.worklist.set_status(step_id, study, status):
            x.info(f"scheduled step {step_id} is {status}")


def _refuse(x: Exchange, verb: str, error: DataError) -> None:
    refused = error if isinstance(error, _Refused) else _Refused(PROCESSING_FAILURE, error.message)
    fields: dict[str, Any] = {"ErrorID": refused.error_id} if refused.error_id else {}
    x.warn(f"{verb} refused ({refused.status:04X}): {refused.message}")
    x.respond(refused.status, comment=refused.message, offending=refused.tags, **fields)
