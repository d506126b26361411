"""An object that comes over the association that it was asked for on (C-GET, PS3.4 C.4.3)."""

from __future__ import annotations

import logging
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.status import STORAGE_SERVICE_CLASS_STATUS

from labkit.dimse.codec import put_uid

# Below pynetdicom's logger: quiet in a notebook, and shown by pynetdicom.debug_logger().
_LOG = logging.getLogger("pynetdicom.labkit.suboperation")
_FAILED, _NO_STATUS, _NOT_A_STATUS = 0xC211, 0xC001, 0xC002  # pynetdicom's


def take_object(assoc: Any, request: Any) -> None:
    """Have the handler of ``EVT_C_STORE`` take an object, and answer with its status.

    It does what pynetdicom's ``Association._c_store_scp`` does. That one checks the UIDs of each
    answer, which are those of the request, four times over: more than all else in it takes.
    """
    context = assoc._accepted_cx.get(request._context_id)
    sop_class = request.AffectedSOPClassUID
    if context is None or not context.as_scp or context.abstract_syntax != sop_class:
        assoc._c_store_scp(request)  # which knows how to refuse it
        return
    answer = C_STORE()
    answer.MessageIDBeingRespondedTo = request.MessageID
    put_uid(answer, "AffectedSOPInstanceUID", request.AffectedSOPInstanceUID)
    put_uid(answer, "AffectedSOPClassUID", sop_class)
    try:
        status = evt.trigger(
            assoc, evt.EVT_C_STORE, {"request": request, "context": context.as_tuple}
        )
    except Exception:
        _LOG.exception("the handler of EVT_C_STORE failed")
        status = _FAILED
    _put_status(answer, status)
    assoc.dimse.send_msg(answer, context.context_id)


def _put_status(answer: Any, status: Any) -> None:
    """A handler may give a number, or a data set with elements that belong to it (PS3.7 C)."""
    if isinstance(status, int):
        answer.Status = status
    elif not isinstance(status, Dataset):
        _LOG.error("the handler of EVT_C_STORE gave no status")
        answer.Status = _NOT_A_STATUS
    elif "Status" not in status:
        _LOG.error("the handler of EVT_C_STORE gave a data set without Status")
        answer.Status = _NO_STATUS
    else:
        for element in status:
            if hasattr(answer, element.keyword):
                setattr(answer, element.keyword, element.value)
            else:
                _LOG.warning("a status has the element %s, which C-STORE has not", element.keyword)
    if answer.Status not in STORAGE_SERVICE_CLASS_STATUS:
        _LOG.warning("a status that C-STORE does not know: 0x%04X", answer.Status)
